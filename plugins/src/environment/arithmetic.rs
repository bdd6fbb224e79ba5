//! Sums and distances in NumPy's order of operations, because another order rounds differently.

use std::ops::{Add, Mul};

/// The sum of `term(0)` to `term(count - 1)`, computed like `numpy.sum` of up to 128 numbers: in eight partial sums if there
/// are eight numbers or more.
pub(super) fn sum<T>(count: usize, term: impl Fn(usize) -> T) -> T
where
    T: Copy + Default + Add<Output = T>,
{
    const LANES: usize = 8;

    debug_assert!(count <= 128, "NumPy halves longer sums first");
    if count < LANES {
        return (0..count).fold(T::default(), |sum, index| sum + term(index));
    }
    let mut lanes: [T; LANES] = std::array::from_fn(&term);
    let whole = count - count % LANES;
    for index in LANES..whole {
        lanes[index % LANES] = lanes[index % LANES] + term(index);
    }
    let [a, b, c, d, e, f, g, h] = lanes;
    let folded = ((a + b) + (c + d)) + ((e + f) + (g + h));
    (whole..count).fold(folded, |sum, index| sum + term(index))
}

/// `numpy.sum(numpy.square(values))`, in the type of the values.
pub(super) fn sum_of_squares<T>(values: &[T]) -> T
where
    T: Copy + Default + Add<Output = T> + Mul<Output = T>,
{
    sum(values.len(), |index| values[index] * values[index])
}

/// `numpy.linalg.norm(left - right)` of points. OpenBLAS fuses each product with the running sum in one rounding.
pub(super) fn distance(left: &[f64], right: &[f64]) -> f64 {
    let difference = |(left, right): (&f64, &f64)| left - right;
    let squares = left
        .iter()
        .zip(right)
        .map(difference)
        .fold(0.0, |sum: f64, value| value.mul_add(value, sum));
    squares.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_of_eight_or_more_has_eight_partial_sums() {
        // One after the other, the first 1 would be lost in 1e16; its partial sum keeps it with the others.
        let mut values = [1.0; 16];
        values[1] = 1e16;
        values[9] = -1e16;
        assert_eq!(sum(16, |index| values[index]), 14.0);
        let seven = [1e16, 1.0, -1e16, 0.0, 0.0, 0.0, 0.0];
        assert_eq!(sum(7, |index| seven[index]), 0.0);
    }

    #[test]
    fn distances_follow_pythagoras() {
        assert_eq!(distance(&[1.0, 2.0, 3.0], &[4.0, 6.0, 3.0]), 5.0);
        assert_eq!(distance(&[0.3, -0.4], &[0.0, 0.0]), 0.5);
    }
}
