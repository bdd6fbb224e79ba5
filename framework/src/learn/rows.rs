//! Minibatches: rows of several tensors at the same places.

use tch::Tensor;

use crate::kernel::{ShapeRef, contiguous, empty, kernel_supports, values, values_mut};

/// The rows `[R, B, W]` of each tensor `[R, H, W]` at `B` places for each replica. Gradients do not flow through.
pub fn rows_at<const N: usize>(all: [&Tensor; N], places: &[Vec<usize>]) -> [Tensor; N] {
    all.map(|rows| {
        if kernel_supports(rows) {
            copied(&contiguous(rows), places)
        } else {
            gathered(rows, places)
        }
    })
}

fn copied(rows: &Tensor, places: &[Vec<usize>]) -> Tensor {
    let [replicas, horizon, width] = *rows.shape() else {
        panic!("rows are [R, H, W], not {:?}", rows.shape())
    };
    let count = places[0].len() as i64;
    let mut chosen = empty(&[replicas, count, width]);
    let (each, width) = ((horizon * width) as usize, width as usize);
    let from = values(rows).chunks_exact(each);
    let mut to = values_mut(&mut chosen).chunks_exact_mut(width);
    for (rows, places) in from.zip(places) {
        for (&place, row) in places.iter().zip(&mut to) {
            row.copy_from_slice(&rows[place * width..][..width]);
        }
    }
    chosen
}

fn gathered(rows: &Tensor, places: &[Vec<usize>]) -> Tensor {
    let flat: Vec<i64> = places.iter().flatten().map(|&place| place as i64).collect();
    let index = Tensor::from_slice(&flat).view([places.len() as i64, -1, 1]);
    let index = index.expand([-1, -1, rows.shape()[2]], false);
    rows.detach()
        .gather(1, &index.to_device(rows.device()), false)
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;
    use crate::api::Streams;
    use crate::kernel::with_reference_ops;

    #[test]
    fn rows_are_those_at_the_places_of_their_replica() {
        let mut draw = Streams::new(&[1, 2], "test", Device::Cpu);
        let (wide, narrow) = (draw.normal(&[2, 9, 3]), draw.normal(&[2, 9, 1]));
        let places = draw.indices(5, 9);
        let run = || rows_at([&wide, &narrow], &places);
        let (ours, theirs) = (run(), with_reference_ops(run));
        for (one, other) in ours.iter().zip(&theirs) {
            assert!(one.equal(other));
        }
        let [wide_rows, _] = ours;
        assert_eq!(wide_rows.size(), [2, 5, 3]);
        let expected = wide.double_value(&[1, places[1][4] as i64, 2]);
        assert_eq!(wide_rows.double_value(&[1, 4, 2]), expected);
    }
}
