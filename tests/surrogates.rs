//! Every registered surrogate, on numbers and on tensors.

use std::collections::BTreeSet;
use std::f64::consts::PI;
use std::sync::Arc;

use serde_json::{Value, json};
use spikebench::api::{AnySurrogate, Component, Facts, FiresAt, Kind, smoothed_step};
use spikebench::registry::Registry;
use spikebench::schedule::Progress;
use spikebench::spike::fire;
use spikebench_plugins as _;
use tch::{Kind as Number, Tensor};

fn every() -> Vec<(&'static str, Arc<dyn AnySurrogate>)> {
    let registry = Registry::linked().unwrap();
    let made = |name| (name, registry.surrogate(&Component::named(name)).unwrap().0);
    registry
        .of(Kind::Surrogate)
        .map(|entry| made(entry.name))
        .collect()
}

fn with(name: &str, parameters: &[(&str, f64)]) -> Arc<dyn AnySurrogate> {
    let mut component = Component::named(name);
    for &(key, value) in parameters {
        component.parameters.insert(key.into(), value.into());
    }
    Registry::linked().unwrap().surrogate(&component).unwrap().0
}

fn facts(name: &str, parameters: &[(&str, f64)]) -> Facts {
    Facts::of(with(name, parameters).as_ref(), -0.5)
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

fn points() -> impl Iterator<Item = f64> {
    (-400..=400).map(|i| f64::from(i) / 100.0 + 0.001)
}

/// Are they one function, up to a factor?
fn same(one: (&str, &[(&str, f64)]), factor: f64, other: (&str, &[(&str, f64)])) {
    let (ours, theirs) = (with(one.0, one.1), with(other.0, other.1));
    for u in points() {
        let (ours, theirs) = (ours.at(u), factor * theirs.at(u));
        assert!(
            (ours - theirs).abs() < 1e-12 * (1.0 + theirs.abs()),
            "{} and {} at {u}: {ours} and {theirs}",
            one.0,
            other.0
        );
    }
}

#[test]
fn there_are_at_least_25_functions_which_differ_in_more_than_their_scale() {
    let shape = |surrogate: &dyn AnySurrogate| {
        let facts = Facts::of(surrogate, -0.5);
        let width = facts.half_width.filter(|&width| width > 0.0).unwrap_or(1.0);
        let at = |i: i32| surrogate.at(f64::from(i) * width / 7.0) / facts.peak;
        (-40..=40).map(at).collect::<Vec<f64>>()
    };
    let mut shapes: Vec<Vec<f64>> = Vec::new();
    for (_, surrogate) in every() {
        let ours = shape(surrogate.as_ref());
        let close = |theirs: &Vec<f64>| ours.iter().zip(theirs).all(|(a, b)| (a - b).abs() < 1e-6);
        if !shapes.iter().any(close) {
            shapes.push(ours);
        }
    }
    // The definitions are more than the shapes: atan and atan-unnormalised are one shape.
    assert!(
        every().len() >= 35 && shapes.len() >= 20,
        "{}",
        shapes.len()
    );
}

#[test]
fn presets_have_the_areas_and_peaks_of_their_design() {
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
fn areas_peaks_and_half_widths_are_those_of_the_closed_forms() {
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
fn definitions_that_are_one_function_up_to_scale_give_one_function() {
    for a in [0.4, 1.0, 2.0, 7.0] {
        same(
            ("softsign", &[("alpha", a)]),
            a / 2.0,
            ("fast-sigmoid", &[("slope", a)]),
        );
        same(
            ("superspike", &[("slope", a)]),
            1.0,
            ("fast-sigmoid", &[("slope", a)]),
        );
        same(
            ("superspike-height", &[("alpha", a)]),
            a,
            ("fast-sigmoid", &[("slope", 1.0)]),
        );
        same(
            ("tanh", &[("k", a)]),
            2.0 / a,
            ("sigmoid", &[("alpha", 2.0 * a)]),
        );
        same(
            ("atan-unnormalised", &[("k", a)]),
            1.0 / (a * PI),
            ("atan", &[("alpha", 2.0 * a)]),
        );
        let sigma = 1.0 / (a * 2f64.sqrt());
        same(
            ("erf", &[("alpha", a)]),
            1.0,
            ("gaussian", &[("sigma", sigma)]),
        );
        same(
            ("erf", &[("alpha", a)]),
            a / 2.0,
            ("erf-unnormalised", &[("k", a)]),
        );
        same(
            ("piecewise-quadratic", &[("alpha", a)]),
            1.0,
            ("triangular", &[("half_width", 1.0 / a), ("height", a)]),
        );
        same(
            ("bellec", &[("v_threshold", a)]),
            0.3 / a,
            ("triangular", &[("half_width", a)]),
        );
    }
    same(
        ("q-pseudo-spike", &[("alpha", 2.0)]),
        1.0,
        ("softsign", &[("alpha", 2.0)]),
    );
    let atan = with("atan", &[("alpha", 2.0)]);
    for u in points() {
        let of_ilc = 1.0 / (1.0 + (PI * u).powi(2));
        assert!((atan.at(u) - of_ilc).abs() < 1e-15, "at {u}");
    }
}

#[test]
fn surrogates_are_those_of_spikingjelly_snntorch_and_norse() {
    let golden: Value =
        serde_json::from_str(include_str!("golden/surrogates/surrogates.json")).unwrap();
    let row = |value: &Value| -> Vec<f64> { serde_json::from_value(value.clone()).unwrap() };
    let (points, entries) = (
        row(&golden["points"]),
        golden["entries"].as_array().unwrap(),
    );
    let registry = Registry::linked().unwrap();
    let mut names = BTreeSet::new();
    for entry in entries {
        let component = Component {
            name: entry["name"].as_str().unwrap().to_owned(),
            parameters: entry["parameters"].as_object().unwrap().clone(),
        };
        names.insert(component.name.clone());
        let surrogate = registry.surrogate(&component).unwrap().0;
        for (&u, theirs) in points.iter().zip(row(&entry["slopes"])) {
            let ours = surrogate.at(u);
            // S2NN's primitive, which SpikingJelly differentiates, is shifted by 1e-5; single precision is Norse's.
            assert!(
                (ours - theirs).abs() < 1e-7 * (1.0 + theirs.abs()),
                "{entry} at {u}: {ours} and {theirs}"
            );
        }
    }
    assert!(names.len() >= 22, "{names:?}");
}

#[test]
fn a_trapezoid_with_a_steep_flank_is_a_rectangle_but_for_the_flank() {
    let rectangle = with("rectangular", &[]);
    for flank in [0.1, 0.01, 0.001] {
        let trapezoid = with("trapezoidal", &[("inner", 0.5 - flank), ("outer", 0.5)]);
        for u in points().filter(|u| u.abs() <= 0.5 - flank || u.abs() >= 0.5) {
            assert_eq!(trapezoid.at(u), rectangle.at(u), "{flank} at {u}");
        }
    }
}

#[test]
fn an_option_makes_the_area_or_the_peak_of_every_surrogate_one() {
    for (name, plain) in every() {
        let before = Facts::of(plain.as_ref(), -0.5);
        let peak = Facts::of(normalised(name, "peak").unwrap().as_ref(), -0.5);
        assert!((peak.peak - 1.0).abs() < 1e-9, "{name}: {peak:?}");
        match normalised(name, "area") {
            Ok(made) => {
                let after = Facts::of(made.as_ref(), -0.5);
                assert!(
                    (after.area.unwrap() - 1.0).abs() < 1e-7,
                    "{name}: {after:?}"
                );
                // The shape is what it was.
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

/// Where it jumps: between these points its values differ by more than a slope explains.
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
fn a_smoothed_step_is_integrated_where_no_closed_form_is_known() {
    let sigma = 0.5;
    let gaussian = with("gaussian", &[("sigma", sigma)]);
    assert_eq!(gaussian.primitive_at(0.0), None);
    // The normal distribution function, from tables.
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
fn every_surrogate_is_finite_wherever_a_potential_may_be() {
    let points: Vec<f32> = [0.0, 1e-30, 1e-6, 0.5, 1.0, 3.5, 88.0, 89.0, 1e4, 1e10, 1e20]
        .into_iter()
        .flat_map(|u| [u, -u])
        .collect();
    for (name, surrogate) in every() {
        let mut slopes = vec![0.0; points.len()];
        surrogate.on_slice(&points, &mut slopes);
        for (u, slope) in points.iter().zip(slopes) {
            assert!(slope.is_finite(), "{name} at {u}: {slope}");
        }
    }
}

#[test]
fn an_annealed_width_depends_on_the_progress_of_training_alone() {
    let plain = with("triangular", &[]);
    let mut component = Component::named("triangular");
    let anneal = json!({"from": 2.0, "to": 0.5, "until": 0.8, "curve": "exponential"});
    component.parameters.insert("anneal".into(), anneal);
    let registry = Registry::linked().unwrap();
    let annealed = registry.surrogate(&component).unwrap().0;
    let progress = Progress::default();
    let followed = progress.followed_by(annealed);
    // Not in the order of a training, so that no memory of the way could go unnoticed.
    for (step, width) in [
        (400, 1.0),
        (0, 2.0),
        (1000, 0.5),
        (800, 0.5),
        (200, 2f64.sqrt()),
    ] {
        progress.tell(step, 1000);
        let mut slopes = vec![0.0; 1];
        for u in points() {
            let wanted = plain.at(u / width);
            assert!((followed.at(u) - wanted).abs() < 1e-12, "{step} at {u}");
            followed.on_slice(&[u as f32], &mut slopes);
            assert!(
                (f64::from(slopes[0]) - wanted).abs() < 1e-6,
                "{step} at {u}"
            );
        }
        let on_tensor = followed.on_tensor(&Tensor::from_slice(&[0.25f64]));
        let wanted = plain.at(0.25 / width);
        assert!((on_tensor.double_value(&[0]) - wanted).abs() < 1e-12);
    }
    component
        .parameters
        .insert("normalise".into(), "area".into());
    let kept = registry.surrogate(&component).unwrap().0;
    for done in [0.0, 0.3, 1.0] {
        let then = kept.after(done).unwrap();
        let area = Facts::of(then.as_ref(), -0.5).area.unwrap();
        assert!((area - 1.0).abs() < 1e-9, "{done}: {area}");
    }
}

#[test]
fn names_are_found_by_their_aliases_whatever_their_case_and_become_the_one_name() {
    let registry = Registry::linked().unwrap();
    for (given, name) in [
        ("Rect", "rectangular"),
        ("arctan", "atan"),
        ("Fast_Sigmoid", "fast-sigmoid"),
        ("t-in-norm", "T-in-norm"),
    ] {
        let resolved = registry.resolve(Kind::Surrogate, &Component::named(given));
        assert_eq!(resolved.unwrap().name, name);
    }
    let by_alias = with("sigmoid", &[("slope", 25.0)]);
    assert_eq!(by_alias.at(0.0), 6.25);
}

#[test]
fn a_trapezoid_without_a_plateau_is_a_triangle() {
    let trapezoid = with(
        "trapezoidal",
        &[("inner", 0.0), ("outer", 0.5), ("height", 2.0)],
    );
    let triangle = with("triangular", &[("half_width", 0.5), ("height", 2.0)]);
    for i in -100..=100 {
        let u = f64::from(i) / 100.0;
        assert!((trapezoid.at(u) - triangle.at(u)).abs() < 1e-12, "at {u}");
    }
}

#[test]
fn the_rectangle_ends_strictly_before_its_half_width() {
    let rectangle = with("rectangular", &[]);
    assert_eq!((rectangle.at(-0.5), rectangle.at(0.5)), (0.0, 0.0));
    assert_eq!((rectangle.at(-0.4999), rectangle.at(0.4999)), (1.0, 1.0));
}

#[test]
fn every_surrogate_gives_tensors_the_values_it_gives_numbers() {
    let points: Vec<f64> = (-300..=300).map(|i| f64::from(i) / 100.0 + 0.001).collect();
    for (name, surrogate) in every() {
        let on_tensor =
            Vec::<f64>::try_from(surrogate.on_tensor(&Tensor::from_slice(&points))).unwrap();
        for (&u, value) in points.iter().zip(on_tensor) {
            assert!((surrogate.at(u) - value).abs() < 1e-12, "{name} at {u}");
        }
    }
}

#[test]
fn every_spike_is_exactly_the_step_forward_and_exactly_the_surrogate_backward() {
    let mut points: Vec<f32> = (-30_000..=30_000).map(|i| i as f32 / 9_973.0).collect();
    points.extend([1e20, -1e20, f32::MIN_POSITIVE, -f32::MIN_POSITIVE, 0.0]);
    for (name, surrogate) in every() {
        let u = Tensor::from_slice(&points).set_requires_grad(true);
        let spikes = fire(&u, FiresAt::Above, surrogate.as_ref());
        assert!(
            spikes.equal(&u.gt(0.0).to_kind(Number::Float)),
            "{name} forward"
        );
        spikes.sum(Number::Float).backward();
        assert!(
            u.grad().equal(&surrogate.on_tensor(&u.detach())),
            "{name} backward"
        );
    }
}
