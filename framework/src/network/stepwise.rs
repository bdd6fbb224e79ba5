//! The neurons of a layer, one time step after the other with LibTorch's operations: the reference for the kernels, and the
//! path for what they cannot do, because they process all time steps at once.

use tch::Tensor;

use crate::api::Lateral;
use crate::network::neurons::Neurons;
use crate::network::spike::fire;

/// Spikes `[R, T, B, N]` from currents `[R, T, B, N]`, or from `[R, 1, B, N]` for the same current in every step.
///
/// `learned` holds the model's learnable parameters in its order, each `[R, N]` or `[R, 1]`. In each step, the previous
/// step's spikes add to the current through the `lateral` connections, and `watch` is shown the distance of each neuron
/// from its threshold, `[R, B, N]`. `noise` `[R, T, B, N]` is added to the spikes as the following layer and the lateral
/// connections see them.
pub fn run(
    neurons: &Neurons,
    current: &Tensor,
    learned: &[Tensor],
    lateral: Option<&Lateral>,
    noise: Option<&Tensor>,
    watch: &mut dyn FnMut(&Tensor),
) -> Tensor {
    let each_step = current.unbind(1);
    let first = &each_step[0];
    let at_rest = |&value: &f64| first.full_like(value).detach();
    let mut state: Vec<Tensor> = neurons.model.rest_values().iter().map(at_rest).collect();
    let learned: Vec<Tensor> = learned
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
