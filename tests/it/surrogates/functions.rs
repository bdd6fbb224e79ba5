//! The surrogate functions: definitions, identities, golden values, names.

use std::collections::BTreeSet;
use std::f64::consts::PI;

use serde_json::{Value, json};
use spikebench::api::{AnySurrogate, Component, FiresAt, Kind, SurrogateProfile};
use spikebench::network::anneal::Progress;
use spikebench::network::spike::fire;
use spikebench::registry::Registry;
use tch::{Kind as Number, Tensor};

use super::{every, points, with};

/// Asserts that two surrogates are the same function up to a factor.
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
fn there_are_at_least_25_functions_that_differ_in_more_than_their_scale() {
    let shape = |surrogate: &dyn AnySurrogate| {
        let facts = SurrogateProfile::of(surrogate, -0.5);
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
    // There are more definitions than shapes: atan and atan-unnormalised have the same shape.
    assert!(
        every().len() >= 35 && shapes.len() >= 20,
        "{}",
        shapes.len()
    );
}

#[test]
fn definitions_that_differ_only_in_scale_give_the_same_function() {
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
fn surrogates_equal_those_of_spikingjelly_snntorch_and_norse() {
    let golden: Value =
        serde_json::from_str(include_str!("../../golden/surrogates/surrogates.json")).unwrap();
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
            // S2NN's primitive, which SpikingJelly differentiates, is shifted by 1e-5; Norse computes in single precision.
            assert!(
                (ours - theirs).abs() < 1e-7 * (1.0 + theirs.abs()),
                "{entry} at {u}: {ours} and {theirs}"
            );
        }
    }
    assert!(names.len() >= 22, "{names:?}");
}

#[test]
fn a_trapezoid_with_steep_flanks_equals_a_rectangle_outside_the_flanks() {
    let rectangle = with("rectangular", &[]);
    for flank in [0.1, 0.01, 0.001] {
        let trapezoid = with("trapezoidal", &[("inner", 0.5 - flank), ("outer", 0.5)]);
        for u in points().filter(|u| u.abs() <= 0.5 - flank || u.abs() >= 0.5) {
            assert_eq!(trapezoid.at(u), rectangle.at(u), "{flank} at {u}");
        }
    }
}

#[test]
fn every_surrogate_is_finite_for_every_potential() {
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
fn an_annealed_width_depends_only_on_the_progress_of_training() {
    let plain = with("triangular", &[]);
    let mut component = Component::named("triangular");
    let anneal = json!({"from": 2.0, "to": 0.5, "until": 0.8, "curve": "exponential"});
    component.parameters.insert("anneal".into(), anneal);
    let registry = Registry::linked().unwrap();
    let annealed = registry.surrogate(&component).unwrap().0;
    let progress = Progress::default();
    let followed = progress.followed_by(annealed);
    // Not in the order of training, so that any dependence on earlier calls would show.
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
        let area = SurrogateProfile::of(then.as_ref(), -0.5).area.unwrap();
        assert!((area - 1.0).abs() < 1e-9, "{done}: {area}");
    }
}

#[test]
fn aliases_in_any_case_resolve_to_the_canonical_name() {
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
fn a_parameter_given_under_an_alias_overrides_that_of_the_preset() {
    for name in ["slope", "alpha", "beta", "k"] {
        assert_eq!(
            with("superspike", &[(name, 2.0)]).at(1.0),
            1.0 / 9.0,
            "{name}"
        );
    }
    let by_alias = with("single-exponential", &[("slope", 1.0)]);
    assert_eq!(
        by_alias.at(0.0),
        with("single-exponential", &[("alpha", 1.0)]).at(0.0)
    );
}

#[test]
fn a_parameter_given_under_two_of_its_names_is_rejected() {
    let registry = Registry::linked().unwrap();
    for names in [["slope", "alpha"], ["alpha", "k"]] {
        let parameters = names.map(|name| (name.to_owned(), json!(2.0)));
        let component = Component {
            name: "superspike".to_owned(),
            parameters: parameters.into_iter().collect(),
        };
        let fault = registry.surrogate(&component).unwrap_err();
        assert_eq!(fault.message, "`slope` is given twice, by two of its names");
    }
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
fn the_rectangle_excludes_its_half_width() {
    let rectangle = with("rectangular", &[]);
    assert_eq!((rectangle.at(-0.5), rectangle.at(0.5)), (0.0, 0.0));
    assert_eq!((rectangle.at(-0.4999), rectangle.at(0.4999)), (1.0, 1.0));
}

#[test]
fn every_surrogate_gives_the_same_values_on_tensors_as_on_numbers() {
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
