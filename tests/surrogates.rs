//! Every registered surrogate, on numbers and on tensors.

use spikebench::api::{AnySurrogate, Component, FiresAt, Kind};
use spikebench::registry::Registry;
use spikebench::spike::fire;
use spikebench_plugins as _;
use std::sync::Arc;
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

/// By the midpoint rule, which misses a kink by at most one step.
fn area(surrogate: &dyn AnySurrogate) -> f64 {
    let steps = 400_000;
    let width = 8.0 / f64::from(steps);
    (0..steps)
        .map(|i| surrogate.at(-4.0 + (f64::from(i) + 0.5) * width) * width)
        .sum()
}

#[test]
fn the_default_rectangle_triangle_and_trapezoid_have_one_peak_and_one_area() {
    for name in ["rectangular", "triangular", "trapezoidal"] {
        let surrogate = with(name, &[]);
        assert_eq!(surrogate.at(0.0), 1.0, "{name}");
        assert!((area(surrogate.as_ref()) - 1.0).abs() < 1e-4, "{name}");
    }
}

#[test]
fn a_trapezoid_of_unit_area_has_unit_area_whatever_its_shape() {
    for (inner, outer) in [(0.5, 1.0), (0.25, 0.5), (0.0, 2.0), (0.1, 0.11)] {
        let mut component = Component::named("trapezoidal");
        component.parameters.insert("inner".into(), inner.into());
        component.parameters.insert("outer".into(), outer.into());
        component.parameters.insert("unit_area".into(), true.into());
        let surrogate = Registry::linked().unwrap().surrogate(&component).unwrap().0;
        assert!(
            (area(surrogate.as_ref()) - 1.0).abs() < 1e-3,
            "{inner}, {outer}"
        );
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
