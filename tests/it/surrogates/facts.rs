//! Peaks, widths, areas, the options that normalise them, and the integrals.

use std::f64::consts::PI;
use std::sync::Arc;

use spikebench::api::{AnySurrogate, Component, SurrogateProfile, smoothed_step};
use spikebench::registry::Registry;

use super::{every, points, with};

fn facts(name: &str, parameters: &[(&str, f64)]) -> SurrogateProfile {
    SurrogateProfile::of(with(name, parameters).as_ref(), -0.5)
}

fn normalised(name: &str, normalise: &str) -> Result<Arc<dyn AnySurrogate>, String> {
    let mut component = Component::named(name);
    component
        .parameters
        .insert("normalise".into(), normalise.into());
    let made = Registry::linked().unwrap().surrogate(&component);
    made.map(|made| made.0)
        .map_err(|fault| format!("{}: {fault}", fault.field))
}

#[test]
fn presets_have_the_areas_and_peaks_that_they_are_designed_for() {
    for (name, peak, area, at_rest) in [
        ("rectangular", 1.0, 1.0, 0.0),
        ("T-out", 1.0, 1.5, 1.0),
        ("T-eq", 1.0, 1.0, 0.5),
        ("T-in", 1.0, 0.75, 0.0),
        ("T-in-norm", 4.0 / 3.0, 1.0, 0.0),
        ("Tri-h1", 1.0, 0.5, 0.0),
        ("Tri-norm", 2.0, 1.0, 0.0),
        ("Tri-wide", 1.0, 1.0, 0.5),
        ("triangular", 1.0, 1.0, 0.5),
        ("trapezoidal", 1.0, 1.0, 0.5),
    ] {
        let facts = facts(name, &[]);
        assert!((facts.peak - peak).abs() < 1e-12, "{name}: {facts:?}");
        assert!(
            (facts.area.unwrap() - area).abs() < 1e-9,
            "{name}: {facts:?}"
        );
        assert!((facts.at_rest - at_rest).abs() < 1e-12, "{name}: {facts:?}");
    }
}

#[test]
fn areas_peaks_and_half_widths_equal_the_closed_forms() {
    let golden = [0.3, 1.0, 2.0, 4.0, 25.0];
    for a in golden {
        let root = 2f64.sqrt();
        let ln2 = std::f64::consts::LN_2;
        for (name, key, peak, half_width, area) in [
            (
                "sigmoid",
                "alpha",
                a / 4.0,
                (3.0 + 2.0 * root).ln() / a,
                1.0,
            ),
            ("atan", "alpha", a / 2.0, 2.0 / (PI * a), 1.0),
            (
                "atan-unnormalised",
                "k",
                1.0 / PI,
                1.0 / (PI * a),
                1.0 / (PI * a),
            ),
            ("fast-sigmoid", "slope", 1.0, (root - 1.0) / a, 2.0 / a),
            ("superspike", "slope", 1.0, (root - 1.0) / a, 2.0 / a),
            ("superspike-height", "alpha", a, root - 1.0, 2.0 * a),
            ("softsign", "alpha", a / 2.0, (root - 1.0) / a, 1.0),
            ("piecewise-quadratic", "alpha", a, 0.5 / a, 1.0),
            ("piecewise-exponential", "alpha", a / 2.0, ln2 / a, 1.0),
            ("erf", "alpha", a / PI.sqrt(), ln2.sqrt() / a, 1.0),
            (
                "erf-unnormalised",
                "k",
                2.0 / PI.sqrt(),
                ln2.sqrt() / a,
                2.0 / a,
            ),
            (
                "gaussian",
                "sigma",
                1.0 / (a * (2.0 * PI).sqrt()),
                a * (2.0 * ln2).sqrt(),
                1.0,
            ),
            ("tanh", "k", 1.0, (1.0 + root).ln() / a, 2.0 / a),
            (
                "circ",
                "alpha",
                1.0,
                a * (2f64.powf(2.0 / 3.0) - 1.0).sqrt(),
                2.0 * a,
            ),
            ("bellec", "damping", a, 0.5, a),
            ("q-pseudo-spike", "alpha", 1.0, f64::NAN, 1.0),
            ("sign-log-abs", "alpha", a, 1.0 / a, f64::INFINITY),
            (
                "fake-numerical-gradient",
                "alpha",
                a,
                2.0 / a,
                f64::INFINITY,
            ),
        ] {
            if name == "q-pseudo-spike" && a <= 1.0 {
                continue;
            }
            let facts = facts(name, &[(key, a)]);
            let close = |ours: f64, theirs: f64| {
                theirs.is_nan() || ours == theirs || (ours / theirs - 1.0).abs() < 1e-7
            };
            let area_found = facts.area.unwrap_or(f64::INFINITY);
            assert!(
                close(facts.peak, peak)
                    && close(facts.half_width.unwrap(), half_width)
                    && close(area_found, area),
                "{name} {a}: {facts:?}, expected {peak} {half_width} {area}"
            );
        }
    }
    for (name, half_width) in [
        ("straight-through", None),
        ("leaky-relu", Some(0.0)),
        ("one-sided-step", Some(0.5)),
        ("s2nn", Some((3.0 + 8f64.sqrt()).ln() / 4.0)),
        ("spike-gated", Some(0.0)),
        ("leaky-rectangle", Some(1.0)),
        ("log-tailed-relu", Some(0.0)),
        ("fourier-square-wave", Some(4.0 / 3.0)),
    ] {
        let facts = facts(name, &[]);
        assert_eq!(facts.area, None, "{name}: {facts:?}");
        let off = |wanted: f64| (facts.half_width.unwrap() - wanted).abs();
        assert!(half_width.map_or(facts.half_width.is_none(), |wanted| off(wanted) < 1e-9));
    }
    let multi = facts("multi-gaussian", &[]);
    assert!((multi.area.unwrap() - 0.85).abs() < 1e-9, "{multi:?}");
}

#[test]
fn normalisation_makes_the_area_or_the_peak_of_every_surrogate_one() {
    for (name, plain) in every() {
        let before = SurrogateProfile::of(plain.as_ref(), -0.5);
        let peak = SurrogateProfile::of(normalised(name, "peak").unwrap().as_ref(), -0.5);
        assert!((peak.peak - 1.0).abs() < 1e-9, "{name}: {peak:?}");
        match normalised(name, "area") {
            Ok(made) => {
                let after = SurrogateProfile::of(made.as_ref(), -0.5);
                assert!(
                    (after.area.unwrap() - 1.0).abs() < 1e-7,
                    "{name}: {after:?}"
                );
                // The shape is unchanged.
                let ratio = after.peak / before.peak;
                for u in points() {
                    let (ours, theirs) = (made.at(u), plain.at(u) * ratio);
                    let width = after.half_width.unwrap() - before.half_width.unwrap();
                    assert!(width.abs() < 1e-9, "{name}");
                    assert!(
                        (ours - theirs).abs() < 1e-9 * (1.0 + ratio),
                        "{name} at {u}"
                    );
                }
            }
            Err(message) => {
                assert_eq!(before.area, None, "{name}");
                let wanted = format!("{name}.normalise: area is not possible");
                assert!(message.starts_with(&wanted), "{message}");
            }
        }
    }
}

#[test]
fn every_closed_form_is_the_integral_of_its_surrogate() {
    let mut closed = 0;
    for (name, surrogate) in every() {
        if surrogate.primitive_at(0.0).is_none() {
            continue;
        }
        closed += 1;
        let (kinks, step) = (jumps(surrogate.as_ref()), 1e-6);
        for u in points().filter(|u| kinks.iter().all(|kink| (u - kink).abs() > 2.0 * step)) {
            let [above, below] = [u + step, u - step].map(|u| smoothed_step(surrogate.as_ref(), u));
            let (slope, wanted) = ((above - below) / (2.0 * step), surrogate.at(u));
            assert!(
                (slope - wanted).abs() < 1e-5 * (1.0 + wanted.abs()),
                "{name} at {u}: {slope} and {wanted}"
            );
        }
    }
    assert!(closed >= 25, "{closed}");
}

/// The discontinuities: between these points the values differ by more than a slope explains.
fn jumps(surrogate: &dyn AnySurrogate) -> Vec<f64> {
    let fine = |i: i32| f64::from(i) / 10_000.0;
    (-41_000..41_000)
        .map(fine)
        .filter(|&u| {
            let [here, next, beyond] = [0.0, 1e-4, 2e-4].map(|by| surrogate.at(u + by));
            (here - 2.0 * next + beyond).abs() > 1e-4 * (1.0 + here.abs() + next.abs())
        })
        .map(|u| u + 1e-4)
        .collect()
}

#[test]
fn a_smoothed_step_is_integrated_numerically_without_a_closed_form() {
    let sigma = 0.5;
    let gaussian = with("gaussian", &[("sigma", sigma)]);
    assert_eq!(gaussian.primitive_at(0.0), None);
    // The distribution function of the normal distribution, from tables.
    for (deviations, value) in [
        (-3.0, 0.001_349_898_031_630_09),
        (-1.0, 0.158_655_253_931_457),
        (0.0, 0.5),
        (0.5, 0.691_462_461_274_013),
        (1.0, 0.841_344_746_068_543),
        (2.0, 0.977_249_868_051_821),
    ] {
        let ours = smoothed_step(gaussian.as_ref(), deviations * sigma);
        assert!((ours - value).abs() < 1e-12, "{deviations}: {ours}");
    }
}

#[test]
fn a_peak_next_to_a_discontinuity_is_found_to_the_last_digits() {
    for (slope, bound) in [(25.0, 1.0), (3.0, 0.37), (100.0, 0.001)] {
        let found = facts("sparse-fast-sigmoid", &[("slope", slope), ("bound", bound)]).peak;
        let limit = (1.0 + slope * bound).powi(-2);
        assert!((found / limit - 1.0).abs() < 1e-12, "{found} of {limit}");
    }
}
