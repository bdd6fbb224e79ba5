//! Numbers that should be equal.

use tch::{Kind, Tensor};

pub fn close(ours: f64, theirs: f64, tolerance: f64) -> bool {
    (ours - theirs).abs() <= tolerance * (1.0 + theirs.abs())
}

/// The elements of a tensor.
pub fn values(tensor: &Tensor) -> Vec<f64> {
    let flat = tensor.to_kind(Kind::Double).reshape([-1]);
    (0..flat.numel() as i64)
        .map(|place| flat.double_value(&[place]))
        .collect()
}

/// The largest magnitude in a tensor; zero if it is empty.
pub fn largest(tensor: &Tensor) -> f64 {
    match tensor.numel() {
        0 => 0.0,
        _ => tensor.abs().max().double_value(&[]),
    }
}

/// Fails unless two tensors have one shape and differ by less than the fraction `tolerance` of the largest value.
pub fn assert_close(ours: &Tensor, theirs: &Tensor, tolerance: f64, what: &str) {
    assert_eq!(ours.size(), theirs.size(), "{what}: the shapes differ");
    let off = largest(&(ours - theirs)) / largest(theirs).max(1e-30);
    assert!(
        off <= tolerance,
        "{what}: the difference is {off:e} of the largest value"
    );
}

/// Fails unless every value is finite.
pub fn assert_finite(tensor: &Tensor, what: &str) {
    assert!(
        tensor.isfinite().all().int64_value(&[]) == 1,
        "{what} is not finite"
    );
}
