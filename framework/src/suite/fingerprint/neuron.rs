//! The behaviour of a neuron model: its formulas and their derivatives on a grid.

use rand_core::RngCore;

use crate::api::{AnyNeuron, NeuronFormula, generator};

use super::sketch::Sketch;

/// The points at which every formula is measured.
const POINTS: usize = 24;

/// Adds the state at rest, the learned parameters, and all formulas with their derivatives, which show what is detached.
pub fn measure(neuron: &dyn AnyNeuron, sketch: &mut Sketch) {
    let rest = neuron.rest_values();
    sketch.count(rest.len());
    rest.iter().for_each(|value| sketch.formula(*value));
    let learned = neuron.learnables();
    for one in &learned {
        sketch.text(one.name);
        sketch.count(one.per_neuron.into());
        sketch.formula(one.init);
    }
    let mut draw = generator(0, "fingerprint neuron");
    // Multiples of 1/32 between -2 and 2.
    let mut drawn = || f64::from(draw.next_u32() >> 25) / 32.0 - 2.0;
    for point in 0..POINTS {
        let current = drawn();
        let state: Vec<f64> = rest.iter().map(|value| value + drawn()).collect();
        let parameters: Vec<f64> = learned.iter().map(|one| one.init + drawn() / 4.0).collect();
        let spike = [0.0, 1.0, 0.5][point % 3];
        let charge = [vec![current], state.clone(), parameters.clone()].concat();
        let above = [state.clone(), parameters.clone()].concat();
        let reset = [vec![spike], state, parameters].concat();
        for (formula, inputs) in [
            (NeuronFormula::Charge, charge),
            (NeuronFormula::U, above),
            (NeuronFormula::Reset, reset),
        ] {
            let image = neuron.at(formula, &inputs);
            let slopes = neuron.slopes(formula, &inputs).concat();
            image
                .iter()
                .chain(&slopes)
                .for_each(|value| sketch.formula(*value));
        }
    }
}
