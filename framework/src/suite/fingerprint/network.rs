//! The behaviour of networks: an encoder, a decoder, and a whole actor.

use tch::{Kind, Tensor, no_grad};

use crate::api::{Actor, Decoder, Encoder, NoiseContext, Real, Surrogate};

use super::sketch::Sketch;
use super::stimulus::{coefficients, gradient, normal, streams, weights};

/// Observations in a measurement.
const BATCH: i64 = 8;
/// Time steps in the measurement of an encoder or decoder.
const TIME: i64 = 4;

/// The surrogate of every actor that is measured, so that an actor's fingerprint does not depend on the surrogates that it is
/// combined with.
#[derive(Debug)]
pub struct Bump;

impl Surrogate for Bump {
    fn derivative<R: Real>(&self, u: R) -> R {
        (u * u + 1.0).recip()
    }
}

/// Adds the output of an encoder of observations with this many values, and its gradient.
pub fn encoder(encoder: &dyn Encoder, features: i64, sketch: &mut Sketch) {
    sketch.count(encoder.width(features) as usize);
    sketch.count(encoder.spiking().into());
    let declared = encoder.learned(features).into_iter();
    let declared: Vec<_> = declared.map(|one| one.below("encoder")).collect();
    let weights = weights(&declared, sketch);
    let observation = normal(&mut streams("observations"), &[1, BATCH, features]);
    let scope = weights.at("encoder");
    let output = encoder.encode(&observation, scope, TIME, &mut streams("draws"));
    sketch.tensor(&output);
    gradient(&loss(&output), &weights, sketch);
}

/// Adds the output of a decoder to this many actions, its gradient, and its connections among the output neurons.
pub fn decoder(decoder: &dyn Decoder, actions: i64, sketch: &mut Sketch) {
    let width = decoder.width(actions);
    let declared = decoder.learned(actions).into_iter();
    let declared: Vec<_> = declared.map(|one| one.below("decoder")).collect();
    let weights = weights(&declared, sketch);
    let scope = weights.at("decoder");
    let shape = [1, TIME, BATCH, width];
    let spikes = streams("spikes").uniform(&shape).lt(0.3);
    let spikes = spikes.to_kind(Kind::Float).set_requires_grad(true);
    let plain = decoder.decode(&spikes, scope, None);
    sketch.tensor(&plain);
    let added = coefficients(&mut streams("added"), &[1, TIME, BATCH, actions]);
    sketch.tensor(&no_grad(|| decoder.decode(&spikes, scope, Some(&added))));
    if let Some(lateral) = decoder.lateral(scope) {
        sketch.tensor(&lateral.current(&spikes.select(1, 0)));
    }
    gradient(&loss(&plain), &weights, sketch);
    let slope = spikes.grad();
    if slope.defined() {
        sketch.tensor(&slope);
    }
}

/// Adds what an actor makes of observations with this many values, without and with its own noise, and the gradient of the
/// latter.
pub fn actor(actor: &dyn Actor, features: i64, sketch: &mut Sketch) {
    sketch.text(&format!("{:?}", actor.normalise()));
    sketch.count(actor.uses_step_keys().into());
    let weights = weights(&actor.learned(), sketch);
    let mut draw = streams("observations");
    let observation = normal(&mut draw, &[1, BATCH, features]);
    let mut draws = streams("draws");
    let calm = no_grad(|| {
        let mut noise = NoiseContext::without_exploration(&mut draws);
        actor.forward(&observation, &weights, &mut noise)
    });
    sketch.tensor(&calm);
    // A penalty on the noise may depend on how well the last episode went.
    let mut noise = NoiseContext::exploring(&mut draws).after_returns(Some(vec![4000.0]));
    let noisy = actor.forward(&observation, &weights, &mut noise);
    sketch.tensor(&noisy);
    let penalised = noise.into_penalty().added_to(loss(&noisy).view([1]));
    gradient(&penalised.sum(Kind::Float), &weights, sketch);
}

/// A scalar that depends on every output.
fn loss(output: &Tensor) -> Tensor {
    let fixed = coefficients(&mut streams("loss"), &output.size());
    (output * fixed).sum(Kind::Float)
}
