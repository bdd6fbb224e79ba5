//! The two-sample Kolmogorov–Smirnov test: do the distributions differ in any way at all, spread and shape included?
//!
//! Source: Hodges, "The Significance Probability of the Smirnov Two-Sample Test", Arkiv för Matematik 3 (1958);
//! `scipy.stats.ks_2samp(method="exact")`. The statistic is the largest distance between the two empirical distribution
//! functions. p is exact: the chance that a random lattice path from (0, 0) to (n₁, n₂) strays as far from the
//! diagonal. As in scipy, ties are not part of that count, which makes p too large rather than too small.

use super::describe;
use super::verdict::{Basis, Untestable, Verdict};

/// The test, two-sided. If every run scored the same the distance is 0 and p is 1.
///
/// # Errors
///
/// An empty group, or a value that is no usable number.
pub fn test(a: &[f64], b: &[f64]) -> Result<Verdict, Untestable> {
    if a.is_empty() || b.is_empty() {
        return Err(Untestable::Empty {
            first: a.len(),
            second: b.len(),
        });
    }
    let (Some(sorted_a), Some(sorted_b)) = (describe::sorted(a), describe::sorted(b)) else {
        return Err(Untestable::NotANumber);
    };
    let rounding = describe::rounding_of(a, b);
    let (n1, n2) = (a.len() as u64, b.len() as u64);
    // In units of 1 / (n₁ n₂), so that distances are whole.
    let (mut i, mut j, mut distance) = (0, 0, 0);
    while i < sorted_a.len() && j < sorted_b.len() {
        let value = sorted_a[i].min(sorted_b[j]);
        i += sorted_a[i..]
            .iter()
            .take_while(|&&a| a <= value + rounding)
            .count();
        j += sorted_b[j..]
            .iter()
            .take_while(|&&b| b <= value + rounding)
            .count();
        distance = distance.max((i as u64 * n2).abs_diff(j as u64 * n1));
    }
    Ok(Verdict {
        statistic: Some(distance as f64 / (n1 * n2) as f64),
        df: None,
        p: straying(n1, n2, distance),
        basis: Basis::Exact,
    })
}

/// The chance that a random path strays by at least `distance`. A path ends at (i, j) by a step along the first group
/// with probability i / (i + j), so the chances of shorter paths add up to that of longer ones, all of them positive.
fn straying(n1: u64, n2: u64, distance: u64) -> f64 {
    let mut chances = vec![0.0; n2 as usize + 1];
    for i in 0..=n1 {
        for j in 0..=n2 {
            let place = j as usize;
            chances[place] = if (i * n2).abs_diff(j * n1) >= distance {
                1.0
            } else if i + j == 0 {
                0.0
            } else {
                let (i, j) = (i as f64, j as f64);
                let before = if place > 0 { chances[place - 1] } else { 0.0 };
                (i * chances[place] + j * before) / (i + j)
            };
        }
    }
    chances[n2 as usize].clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;
    use crate::golden::{self, assert_close};

    #[derive(Deserialize)]
    struct Case {
        a: Vec<f64>,
        b: Vec<f64>,
        statistic: f64,
        p: f64,
    }

    #[test]
    fn the_test_agrees_with_scipy() {
        for case in golden::cases::<Case>("kolmogorov_smirnov") {
            let test = test(&case.a, &case.b).unwrap();
            assert_close(test.statistic.unwrap(), case.statistic, 1e-14);
            assert_close(test.p, case.p, 1e-10);
        }
    }

    #[test]
    fn groups_apart_are_as_rare_as_the_labellings_that_part_them() {
        let apart = test(&[1.0, 2.0, 3.0, 4.0, 5.0], &[6.0, 7.0, 8.0, 9.0, 10.0]).unwrap();
        assert_eq!(apart.statistic, Some(1.0));
        assert_close(apart.p, 2.0 / 252.0, 1e-14);
        assert_eq!(test(&[3.0; 4], &[3.0; 9]).unwrap().p, 1.0);
        assert_eq!(test(&[0.1 + 0.2], &[0.3]).unwrap().statistic, Some(0.0));
        assert!(test(&[], &[1.0]).is_err());
        assert_eq!(test(&[f64::NAN], &[1.0]), Err(Untestable::NotANumber));
    }

    proptest! {
        #[test]
        fn only_the_order_counts_and_not_which_group_comes_first(a in vec(-20..20_i8, 1..12), b in vec(-20..20_i8, 1..12)) {
            let floats = |values: &[i8]| values.iter().map(|&value| f64::from(value)).collect::<Vec<_>>();
            let (a, b) = (floats(&a), floats(&b));
            let cubed = |values: &[f64]| values.iter().map(|value| value * value * value).collect::<Vec<_>>();
            let verdict = test(&a, &b).unwrap();
            prop_assert_eq!(verdict, test(&cubed(&a), &cubed(&b)).unwrap());
            let turned = test(&b, &a).unwrap();
            prop_assert!((verdict.p - turned.p).abs() < 1e-12 && (0.0..=1.0).contains(&verdict.p));
            prop_assert_eq!(verdict.statistic, turned.statistic);
        }
    }
}
