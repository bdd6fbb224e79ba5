//! What a surrogate promises.

use std::sync::Arc;

use tch::{Kind as Number, Tensor};

use super::numbers::{close, values};
use super::promise::Promise;
use crate::api::{AnySurrogate, FiresAt, smoothed_step};
use crate::network::spike::fire;

pub fn promises(name: &str, surrogate: Arc<dyn AnySurrogate>) -> Vec<Promise<'_>> {
    type Test = fn(&str, &dyn AnySurrogate);
    let mut tests: Vec<(&'static str, Test)> = vec![
        (
            "loops over slices and tensors give the values of single numbers, position by position",
            is_elementwise,
        ),
        ("it is finite for every potential", is_finite),
        (
            "a spike is exactly the step forward, and exactly the surrogate backward",
            is_the_gradient,
        ),
    ];
    if surrogate.primitive_at(0.0).is_some() {
        tests.push(("its closed form is its integral", has_its_integral));
    }
    let promise = |(words, test): (&'static str, Test)| {
        let surrogate = Arc::clone(&surrogate);
        Promise::new(words, move || test(name, surrogate.as_ref()))
    };
    tests.into_iter().map(promise).collect()
}

fn points() -> Vec<f32> {
    (-3000..=3000).map(|i| i as f32 / 997.0 + 1e-4).collect()
}

fn is_elementwise(name: &str, surrogate: &dyn AnySurrogate) {
    let points = points();
    let mut slopes = vec![0.0; points.len()];
    surrogate.on_slice(&points, &mut slopes);
    let on_tensor = values(&surrogate.on_tensor(&Tensor::from_slice(&points)));
    for ((&u, slope), on_tensor) in points.iter().zip(&slopes).zip(on_tensor) {
        let (slope, wanted) = (*slope as f64, surrogate.at(u as f64));
        let tolerance = 1e-5 * (1.0 + (u.abs() as f64));
        assert!(
            close(slope, wanted, tolerance),
            "{name} at {u}: {slope} on a slice, {wanted} for a single number"
        );
        assert!(
            close(slope, on_tensor, 1e-6),
            "{name} at {u}: {slope} on a slice, {on_tensor} on a tensor"
        );
    }
}

fn is_finite(name: &str, surrogate: &dyn AnySurrogate) {
    let mut far: Vec<f32> = (-40..=20).map(|power| 10f32.powi(power)).collect();
    far.extend(far.clone().iter().map(|u| -u));
    let mut slopes = vec![0.0; far.len()];
    surrogate.on_slice(&far, &mut slopes);
    for (u, slope) in far.iter().zip(slopes) {
        assert!(slope.is_finite(), "{name} at {u}: {slope} is not finite");
    }
}

fn is_the_gradient(name: &str, surrogate: &dyn AnySurrogate) {
    let points = points();
    let u = Tensor::from_slice(&points).set_requires_grad(true);
    let spikes = fire(&u, FiresAt::Above, surrogate);
    let step = u.gt(0.0).to_kind(Number::Float);
    assert!(
        spikes.equal(&step),
        "{name}: the forward pass of a spike is not the step"
    );
    spikes.sum(Number::Float).backward();
    let slopes = surrogate.on_tensor(&u.detach());
    assert!(
        u.grad().equal(&slopes),
        "{name}: the gradient of a spike is not the surrogate"
    );
}

fn has_its_integral(name: &str, surrogate: &dyn AnySurrogate) {
    let midpoint = |low: f64, high: f64| {
        let parts = 2000;
        let width = (high - low) / (parts as f64);
        let at = |part: i32| surrogate.at(low + ((part as f64) + 0.5) * width);
        (0..parts).map(at).sum::<f64>() * width
    };
    for [low, high] in [[-2.0, -0.7], [-0.7, 0.0], [0.0, 0.3], [0.3, 2.5]] {
        let rise = smoothed_step(surrogate, high) - smoothed_step(surrogate, low);
        let area = midpoint(low, high);
        // A discontinuity may lie within one of the parts.
        let tolerance = 2e-3 * (1.0 + surrogate.at(0.0).abs());
        assert!(
            close(rise, area, tolerance),
            "{name}: from {low} to {high} the closed form rises by {rise}, the integral by {area}"
        );
    }
}
