//! The diagnostics that agents report.

/// The diagnostics that have a value: a name, and one number per replica.
pub fn known<const N: usize>(
    numbers: [(&'static str, Option<Vec<f64>>); N],
) -> Vec<(&'static str, Vec<f64>)> {
    let known = numbers.into_iter();
    known
        .filter_map(|(name, numbers)| Some((name, numbers?)))
        .collect()
}
