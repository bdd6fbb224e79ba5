//! A slice as a matrix.

/// A view of a slice in row-major order as a matrix, or as the transpose of one.
#[derive(Debug, Clone, Copy)]
pub struct Matrix<'a> {
    values: &'a [f32],
    rows: usize,
    columns: usize,
    transposed: bool,
}

impl<'a> Matrix<'a> {
    /// The slice as rows of `columns` values.
    ///
    /// # Panics
    /// If the slice does not consist of whole rows.
    pub fn new(values: &'a [f32], columns: usize) -> Self {
        let rows = values.len() / columns.max(1);
        assert_eq!(values.len(), rows * columns);
        Self {
            values,
            rows,
            columns,
            transposed: false,
        }
    }

    /// The transpose, of the same slice.
    pub fn transposed(self) -> Self {
        Self {
            transposed: !self.transposed,
            rows: self.columns,
            columns: self.rows,
            ..self
        }
    }

    /// The same matrix, marked as not transposed if it is a vector: its values are in the same order either way.
    pub(super) fn plainly(self) -> Self {
        Self {
            transposed: self.transposed && self.rows > 1 && self.columns > 1,
            ..self
        }
    }

    pub(super) fn values(&self) -> &'a [f32] {
        self.values
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    pub(super) fn columns(&self) -> usize {
        self.columns
    }

    pub(super) fn is_transposed(&self) -> bool {
        self.transposed
    }

    /// The distances between neighbouring rows and between neighbouring columns.
    pub(super) fn strides(&self) -> (usize, usize) {
        if self.transposed {
            (1, self.rows)
        } else {
            (self.columns, 1)
        }
    }
}
