//! Our dense products against LibTorch's, alone and on one core: the table of `docs/dense-products.md`.
//!
//! `cargo bench --bench dense_products` prints it. The shapes are those of the critics in one TD3 update on Hopper; LibTorch's
//! time is the best over all storage orders of the weights and of the result.

use std::hint::black_box;
use std::time::Instant;

use spikebench::api::Streams;
use spikebench::kernel::{Matrix, product};
use tch::{Device, Kind, Tensor};

const BATCH: i64 = 100;
const INPUTS: i64 = 14;
const HIDDEN: i64 = 256;

/// A matrix in which about this fraction of the values is zero, spread evenly.
fn matrix(seed: u64, [rows, columns]: [i64; 2], zeros: f64) -> Tensor {
    let draw = &mut Streams::new(&[seed], "bench", Device::Cpu);
    let kept = draw
        .uniform(&[1, rows, columns])
        .ge(zeros)
        .to_kind(Kind::Float);
    (draw.normal(&[1, rows, columns]) * kept).squeeze_dim(0)
}

/// The shortest time of each work, in microseconds. They take turns in short blocks, so that all of them meet the same
/// disturbances, and some blocks meet none.
fn shortest(works: &mut [Box<dyn FnMut() + '_>]) -> Vec<f64> {
    const ROUNDS: u32 = 2000;
    const BLOCK: u32 = 4;
    let mut best = vec![f64::INFINITY; works.len()];
    for _ in 0..ROUNDS {
        for (work, best) in works.iter_mut().zip(&mut best) {
            let start = Instant::now();
            (0..BLOCK).for_each(|_| work());
            *best = best.min(start.elapsed().as_secs_f64() * 1e6 / f64::from(BLOCK));
        }
    }
    best
}

fn values(tensor: &Tensor) -> &[f32] {
    spikebench::kernel::values(tensor)
}

/// Prints a row for `left · right`, either of which may be stored transposed. If the right side are `weights`, LibTorch may
/// store them in either order; the order of an activation or of an error is given.
fn compare(name: &str, [left, right]: [(&Tensor, bool); 2], weights: bool) {
    let view = |(tensor, transposed): (&Tensor, bool)| {
        if transposed {
            tensor.tr()
        } else {
            tensor.shallow_clone()
        }
    };
    let (theirs_left, theirs_right) = (view(left), view(right));
    let side = |(tensor, transposed): (&'_ Tensor, bool)| (tensor.size()[1] as usize, transposed);
    let (ours_left, ours_right) = (side(left), side(right));
    let shape = [theirs_left.size()[0], theirs_right.size()[1]];
    let multiply = |out: &mut [f32]| {
        let make = |values, (columns, transposed): (usize, bool)| {
            let matrix = Matrix::new(values, columns);
            if transposed {
                matrix.transposed()
            } else {
                matrix
            }
        };
        let left = make(values(left.0), ours_left);
        let right = make(values(right.0), ours_right);
        product(black_box(left), right, out);
    };
    let mut out = vec![0.0; (shape[0] * shape[1]) as usize];
    multiply(&mut out);
    let expected = theirs_left.mm(&theirs_right);
    let found = Tensor::from_slice(&out).view_as(&expected);
    assert!(found.allclose(&expected, 1e-4, 1e-3, false), "{name}");

    let stored_otherwise = theirs_right.tr().contiguous().tr();
    let mut rights = vec![&theirs_right];
    rights.extend(weights.then_some(&stored_otherwise));
    let outs = [
        matrix(0, shape, 0.0),
        matrix(0, [shape[1], shape[0]], 0.0).tr(),
    ];
    let mut works: Vec<Box<dyn FnMut() + '_>> = vec![Box::new(|| multiply(&mut out))];
    for right in rights {
        for out in &outs {
            let left = &theirs_left;
            works.push(Box::new(move || {
                let _ = black_box(left.mm_out(out, right));
            }));
        }
    }
    let times = shortest(&mut works);
    let (ours, theirs) = (
        times[0],
        times[1..].iter().copied().fold(f64::INFINITY, f64::min),
    );
    let ratio = theirs / ours;
    println!("| {name} | {ours:.1} µs | {theirs:.1} µs | {ratio:.2} |");
}

fn main() {
    tch::set_num_threads(1);
    println!("| product | ours | LibTorch | ratio |\n| --- | ---: | ---: | ---: |");
    let input = matrix(1, [BATCH, INPUTS], 0.0);
    let first = matrix(2, [INPUTS, HIDDEN], 0.0);
    let second = matrix(3, [HIDDEN, HIDDEN], 0.0);
    let whole = matrix(4, [BATCH, HIDDEN], 0.0);
    let rectified = matrix(5, [BATCH, HIDDEN], 0.5);
    let errors = matrix(6, [BATCH, HIDDEN], 0.5);
    let sparse = matrix(7, [BATCH, HIDDEN], 0.75);
    compare(
        "first layer: 100 × 14 · 14 × 256",
        [(&input, false), (&first, false)],
        true,
    );
    compare(
        "no zeros: 100 × 256 · 256 × 256",
        [(&whole, false), (&second, false)],
        true,
    );
    compare(
        "second layer, half of the left side zero: 100 × 256 · 256 × 256",
        [(&rectified, false), (&second, false)],
        true,
    );
    compare(
        "gradient of the input, half of the left side zero: 100 × 256 · 256 × 256",
        [(&errors, false), (&second, true)],
        true,
    );
    compare(
        "gradient of the weights, half of both sides zero: 256 × 100 · 100 × 256",
        [(&rectified, true), (&errors, false)],
        false,
    );
    compare(
        "gradient of the weights, three quarters of the right side zero: 256 × 100 · 100 × 256",
        [(&rectified, true), (&sparse, false)],
        false,
    );
    compare(
        "one observation: 1 × 256 · 256 × 256",
        [(&matrix(8, [1, HIDDEN], 0.0), false), (&second, false)],
        true,
    );
}
