//! Dense products of slices, by LibTorch.

use tch::{Device, Kind, Tensor};

/// A matrix in row-major order, to be taken as it is or transposed.
#[derive(Debug, Clone, Copy)]
pub struct Matrix<'a> {
    values: &'a [f32],
    columns: usize,
    transposed: bool,
}

impl<'a> Matrix<'a> {
    /// Rows of `columns` values.
    pub fn new(values: &'a [f32], columns: usize) -> Self {
        Self {
            values,
            columns,
            transposed: false,
        }
    }

    /// The same, rows for columns.
    pub fn transposed(self) -> Self {
        Self {
            transposed: !self.transposed,
            ..self
        }
    }

    fn tensor(&self) -> Tensor {
        let columns = self.columns as i64;
        let rows = (self.values.len() / self.columns.max(1)) as i64;
        let (shape, strides) = if self.transposed {
            ([columns, rows], [1, columns])
        } else {
            ([rows, columns], [columns, 1])
        };
        assert_eq!(self.values.len() as i64, rows * columns);
        // SAFETY: the shape covers the slice; the tensor does not outlive it, see `product`.
        unsafe {
            let data = self.values.as_ptr().cast();
            Tensor::from_blob(data, &shape, &strides, Kind::Float, Device::Cpu)
        }
    }
}

/// `out = left · right`
pub fn product(left: Matrix<'_>, right: Matrix<'_>, out: &mut [f32]) {
    let (left, right) = (left.tensor(), right.tensor());
    let shape = [left.size()[0], right.size()[1]];
    assert_eq!(out.len() as i64, shape[0] * shape[1]);
    if out.is_empty() {
        return;
    }
    // SAFETY: the shape is that of the slice, which nobody else uses until the tensor is gone.
    let into = unsafe {
        let data = out.as_mut_ptr().cast();
        Tensor::from_blob(data, &shape, &[shape[1], 1], Kind::Float, Device::Cpu)
    };
    let _ = left.mm_out(&into, &right);
}
