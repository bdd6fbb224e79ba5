//! Dense products of slices.
//!
//! `docs/dense-products.md` says why they are not left to LibTorch, with the measurement.

use tch::{Device, Kind, Tensor};

use super::matrix::Matrix;
use super::strategy;
use crate::formula::Instructions;

/// Computes `out = left · right`. On x86-64 with fused multiply-adds the result is the same to the last bit whichever vector
/// instructions the CPU has; elsewhere LibTorch computes it.
///
/// # Panics
/// If the shapes do not match.
pub fn product(left: Matrix<'_>, right: Matrix<'_>, out: &mut [f32]) {
    assert_eq!(left.columns(), right.rows());
    assert_eq!(out.len(), left.rows() * right.columns());
    if out.is_empty() {
        return;
    }
    #[cfg(target_arch = "x86_64")]
    {
        // SAFETY: the CPU has these instructions; the sizes are asserted above.
        #[cfg(avx512)]
        if Instructions::here() == Instructions::Avx512 {
            return unsafe { avx512(left, right, out) };
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            // SAFETY: as above.
            return unsafe { avx2(left, right, out) };
        }
    }
    by_libtorch(left, right, out);
}

#[cfg(all(avx512, target_arch = "x86_64"))]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
unsafe fn avx512(left: Matrix<'_>, right: Matrix<'_>, out: &mut [f32]) {
    // SAFETY: the caller promises the same.
    unsafe { strategy::product::<std::arch::x86_64::__m512>(left, right, out) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2(left: Matrix<'_>, right: Matrix<'_>, out: &mut [f32]) {
    // SAFETY: the caller promises the same.
    unsafe { strategy::product::<std::arch::x86_64::__m256>(left, right, out) }
}

fn by_libtorch(left: Matrix<'_>, right: Matrix<'_>, out: &mut [f32]) {
    let tensor = |matrix: Matrix<'_>| {
        let shape = [matrix.rows() as i64, matrix.columns() as i64];
        let (row, column) = matrix.strides();
        let strides = [row as i64, column as i64];
        let data = matrix.values().as_ptr().cast();
        // SAFETY: the shape covers the slice, which outlives the tensor.
        unsafe { Tensor::from_blob(data, &shape, &strides, Kind::Float, Device::Cpu) }
    };
    let (left, right) = (tensor(left), tensor(right));
    let shape = [left.size()[0], right.size()[1]];
    // SAFETY: the shape is that of the slice, which nothing else uses while the tensor lives.
    let into = unsafe {
        let data = out.as_mut_ptr().cast();
        Tensor::from_blob(data, &shape, &[shape[1], 1], Kind::Float, Device::Cpu)
    };
    let _ = left.mm_out(&into, &right);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A matrix of this shape, whose values are stored by columns if it is `transposed`.
    fn matrix(rows: usize, columns: usize, transposed: bool, values: &[f32]) -> Matrix<'_> {
        if transposed {
            Matrix::new(values, rows).transposed()
        } else {
            Matrix::new(values, columns)
        }
    }

    fn numbers(count: usize, seed: u32) -> Vec<f32> {
        let mut state = seed;
        let mut draw = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 16_777_216.0 - 0.5
        };
        (0..count).map(|_| draw()).collect()
    }

    #[test]
    fn a_sparse_left_side_may_have_more_columns_than_a_list_of_places_can_index() {
        for inner in [65_535, 65_536, 65_600] {
            // Whole numbers, whose sums are exact; one in five is not zero.
            let left: Vec<f32> = (0..9 * inner)
                .map(|at| if at % 5 == 0 { (at % 7) as f32 } else { 0.0 })
                .collect();
            let right: Vec<f32> = (0..inner * 8).map(|at| (at % 3) as f32).collect();
            let mut out = vec![f32::NAN; 9 * 8];
            product(Matrix::new(&left, inner), Matrix::new(&right, 8), &mut out);
            for (place, &found) in out.iter().enumerate() {
                let (row, column) = (place / 8, place % 8);
                let term = |k: usize| left[row * inner + k] * right[k * 8 + column];
                assert_eq!(found, (0..inner).map(term).sum::<f32>(), "{inner}: {place}");
            }
        }
    }

    proptest! {
        #[test]
        fn products_agree_with_double_precision_for_all_shapes_and_storage_orders(
            rows in prop::sample::select(vec![1usize, 2, 5, 7, 8, 10, 11, 23, 100]),
            inner in prop::sample::select(vec![1usize, 3, 14, 16, 30, 65, 256]),
            columns in prop::sample::select(vec![1usize, 2, 15, 16, 17, 32, 33, 63, 256]),
            (left_transposed, right_transposed) in any::<(bool, bool)>(),
            (left_rectified, right_kept) in (any::<bool>(), prop::sample::select(vec![0.0f32, 0.3, 1.0])),
            seed in 0u32..1000,
        ) {
            let (mut left, mut right) = (numbers(rows * inner, seed), numbers(inner * columns, !seed));
            if left_rectified {
                left.iter_mut().for_each(|value| *value = value.max(0.0));
            }
            right.iter_mut().for_each(|value| {
                if value.abs() >= 0.5 * right_kept {
                    *value = 0.0;
                }
            });
            let left = matrix(rows, inner, left_transposed, &left);
            let right = matrix(inner, columns, right_transposed, &right);
            let at = |matrix: &Matrix<'_>, row: usize, column: usize| {
                let (down, across) = matrix.strides();
                f64::from(matrix.values()[row * down + column * across])
            };
            let mut out = vec![f32::NAN; rows * columns];
            product(left, right, &mut out);
            for row in 0..rows {
                for column in 0..columns {
                    let exact: f64 =
                        (0..inner).map(|k| at(&left, row, k) * at(&right, k, column)).sum();
                    let off = (f64::from(out[row * columns + column]) - exact).abs();
                    prop_assert!(off < 1e-5, "{} instead of {exact}", out[row * columns + column]);
                }
            }
            #[cfg(target_arch = "x86_64")]
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                let mut narrower = vec![f32::NAN; rows * columns];
                // SAFETY: the CPU has these instructions; `out` above has the same size.
                unsafe { avx2(left, right, &mut narrower) };
                let bits = |numbers: &[f32]| numbers.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
                prop_assert_eq!(bits(&out), bits(&narrower));
            }
        }
    }
}
