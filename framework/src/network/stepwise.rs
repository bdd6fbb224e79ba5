//! The neurons of a layer, one time step after the other: for what the kernels, which take all of them at once, do not do.

use tch::Tensor;

use crate::api::Lateral;
use crate::network::layer::Neurons;
use crate::network::spike::fire;

/// Spikes `[R, T, B, N]` from currents `[R, T, B, N]`, or `[R, 1, B, N]` for the same current in every step. `learned`
/// holds what the model declares as learnable, `[R, P, N]`. In each step the spikes of the step before add to the
/// current by way of the `lateral` connections, and `watch` sees how far each neuron is above its threshold,
/// `[R, B, N]`. `noise` is added to the spikes that others see, the lateral connections too.
pub fn run(
    neurons: &Neurons,
    current: &Tensor,
    learned: Option<&Tensor>,
    lateral: Option<&Lateral>,
    noise: Option<&Tensor>,
    watch: &mut dyn FnMut(&Tensor),
) -> Tensor {
    let each_step = current.unbind(1);
    let first = &each_step[0];
    let at_rest = |&value: &f64| first.full_like(value).detach();
    let mut state: Vec<Tensor> = neurons.model.rest_values().iter().map(at_rest).collect();
    let learned: Vec<Tensor> = learned
        .map(|learned| learned.unbind(1))
        .unwrap_or_default()
        .iter()
        .map(|tensor| tensor.unsqueeze(1).expand_as(first))
        .collect();
    let mut spikes: Vec<Tensor> = Vec::new();
    for step in 0..neurons.steps as usize {
        let current = each_step.get(step).unwrap_or(first);
        let current = match lateral {
            None => current.shallow_clone(),
            Some(lateral) => {
                let silent = || first.zeros_like().detach();
                let before = spikes.last().map_or_else(silent, Tensor::shallow_clone);
                current + lateral.current(&before)
            }
        };
        let charged = neurons.model.charge_tensors(&current, &state, &learned);
        let u = neurons.model.u_tensor(&charged, &learned);
        watch(&u);
        let spike = fire(&u, neurons.fires_at, neurons.surrogate.as_ref());
        state = neurons.model.reset_tensors(&spike, &charged, &learned);
        spikes.push(match noise {
            Some(noise) => spike + noise.select(1, step as i64),
            None => spike,
        });
    }
    Tensor::stack(&spikes, 1)
}
