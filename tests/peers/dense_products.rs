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
fn matrix(rows: i64, columns: i64, zeros: f64) -> Tensor {
    let draw = &mut Streams::new(&[rows as u64 ^ columns as u64], "bench", Device::Cpu);
    let kept = draw
        .uniform(&[1, rows, columns])
        .ge(zeros)
        .to_kind(Kind::Float);
    (draw.normal(&[1, rows, columns]) * kept).squeeze_dim(0)
}

/// The shortest of some blocks of repetitions, in microseconds for one.
fn time(mut work: impl FnMut()) -> f64 {
    const REPETITIONS: u32 = 100;
    let mut block = || {
        let start = Instant::now();
        (0..REPETITIONS).for_each(|_| work());
        start.elapsed().as_secs_f64() * 1e6 / f64::from(REPETITIONS)
    };
    (0..30).map(|_| block()).fold(f64::INFINITY, f64::min)
}

/// The time of LibTorch's `mm` in the storage order of the right side and of the result that suits it best. Without
/// `weights` on the right its order is given.
fn libtorch(left: &Tensor, right: &Tensor, weights: bool) -> f64 {
    let turned = right.tr().contiguous().tr();
    let rights = if weights {
        vec![right, &turned]
    } else {
        vec![right]
    };
    let (rows, columns) = (left.size()[0], right.size()[1]);
    let mut best = f64::INFINITY;
    for right in rights {
        for out in [matrix(rows, columns, 0.0), matrix(columns, rows, 0.0).tr()] {
            best = best.min(time(|| {
                let _ = black_box(left.mm_out(&out, right));
            }));
        }
    }
    best
}

fn values(tensor: &Tensor) -> &[f32] {
    spikebench::kernel::values(tensor)
}

/// Prints a row for `left · right`, either of which may be stored transposed.
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
    let mut out = vec![0.0; theirs_left.size()[0] as usize * theirs_right.size()[1] as usize];
    let ours = time(|| {
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
        product(black_box(left), right, &mut out);
    });
    let expected = theirs_left.mm(&theirs_right);
    let found = Tensor::from_slice(&out).view_as(&expected);
    assert!(found.allclose(&expected, 1e-4, 1e-3, false), "{name}");
    let theirs = libtorch(&theirs_left, &theirs_right, weights);
    println!(
        "| {name} | {ours:.1} µs | {theirs:.1} µs | {:.2} |",
        theirs / ours
    );
}

fn main() {
    tch::set_num_threads(1);
    println!("| product | ours | LibTorch | ratio |\n| --- | ---: | ---: | ---: |");
    let input = matrix(BATCH, INPUTS, 0.0);
    let first = matrix(INPUTS, HIDDEN, 0.0);
    let second = matrix(HIDDEN, HIDDEN, 0.0);
    let whole = matrix(BATCH, HIDDEN, 0.0);
    let rectified = matrix(BATCH, HIDDEN, 0.5);
    let errors = matrix(BATCH, HIDDEN, 0.5);
    let sparse = matrix(BATCH, HIDDEN, 0.75);
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
        [(&matrix(1, HIDDEN, 0.0), false), (&second, false)],
        true,
    );
}
