//! A few numbers of one neuron, as an array whose length is part of its type.

use super::Real;

/// The variables of one neuron or one element: `[R; N]`.
pub trait Variables<R>: Copy + AsRef<[R]> {
    /// The number of variables.
    const COUNT: usize;

    /// An array of the same length with elements of another type.
    type Many<T: Copy>: AsRef<[T]> + AsMut<[T]>;

    /// An array of the same length, filled with copies of `one`.
    fn many<T: Copy>(one: T) -> Self::Many<T>;

    /// Makes each variable from its index.
    fn from_fn(make: impl FnMut(usize) -> R) -> Self;
}

impl<R: Real, const N: usize> Variables<R> for [R; N] {
    const COUNT: usize = N;
    type Many<T: Copy> = [T; N];

    #[inline(always)]
    fn many<T: Copy>(one: T) -> [T; N] {
        [one; N]
    }

    // The standard library's `array::from_fn` is not always inlined.
    #[inline(always)]
    fn from_fn(mut make: impl FnMut(usize) -> R) -> Self {
        let mut made = [R::from(0.0); N];
        for (index, one) in made.iter_mut().enumerate() {
            *one = make(index);
        }
        made
    }
}
