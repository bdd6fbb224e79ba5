//! The neurons of a layer as one differentiable operation, with two paths to the same values: on the CPU the kernels,
//! elsewhere (and for reference) LibTorch's operations one by one.

use std::sync::Arc;

use tch::Tensor;

use crate::api::{Adjoint, AnyNeuron, AnySurrogate, FiresAt, Recurrence};
use crate::kernel::autograd::{custom, differentiates};
use crate::kernel::{Shaped, contiguous, empty, kernels_take, values, values_mut, zeros};
use crate::network::spike::fire;

fn attach(
    output: Tensor,
    inputs: &[&Tensor],
    backward: impl Fn(&Tensor) -> Result<Vec<Option<Tensor>>, tch::TchError> + Send + 'static,
) -> Tensor {
    match custom(output, inputs, backward) {
        Ok(output) => output,
        Err(error) => panic!("{error}"),
    }
}

/// The neurons of one layer.
#[derive(Debug, Clone)]
pub struct Neurons {
    /// The model.
    pub model: Arc<dyn AnyNeuron>,
    /// The derivative of the spike.
    pub surrogate: Arc<dyn AnySurrogate>,
    /// When a neuron fires.
    pub fires_at: FiresAt,
    /// Time steps for one observation, `T`.
    pub steps: i64,
}

impl Neurons {
    /// From currents `[R, T, B, N]`, or `[R, 1, B, N]` for the same current in every step, to spikes `[R, T, B, N]`.
    /// `learned` holds what the model declares as learnable, in its order, each `[R, N]` or `[R, 1]`. All neurons
    /// begin at rest.
    pub fn fire(&self, current: &Tensor, learned: &[&Tensor]) -> Tensor {
        if kernels_take(current) {
            self.fire_by_kernel(current, learned)
        } else {
            self.fire_by_tensors(current, learned)
        }
    }

    fn fire_by_tensors(&self, current: &Tensor, learned: &[&Tensor]) -> Tensor {
        let first = current.select(1, 0);
        let at_rest = |&value: &f64| first.full_like(value).detach();
        let mut state: Vec<Tensor> = self.model.rest_values().iter().map(at_rest).collect();
        let learned: Vec<Tensor> = learned
            .iter()
            .map(|tensor| tensor.unsqueeze(1).expand_as(&first))
            .collect();
        let constant = current.shape()[1] == 1;
        let spikes: Vec<Tensor> = (0..self.steps)
            .map(|step| {
                let current = current.select(1, if constant { 0 } else { step });
                let charged = self.model.charge_tensors(&current, &state, &learned);
                let u = self.model.u_tensor(&charged, &learned);
                let spike = fire(&u, self.fires_at, self.surrogate.as_ref());
                state = self.model.reset_tensors(&spike, &charged, &learned);
                spike
            })
            .collect();
        Tensor::stack(&spikes, 1)
    }

    /// Writes the spikes `[T, places]`.
    pub fn run(&self, recurrence: &Recurrence<'_>, spikes: &mut [f32]) {
        let places = recurrence.places;
        assert_eq!(spikes.len(), recurrence.steps * places);
        let mut take = |step: usize, start: usize, here: &[f32]| {
            spikes[step * places + start..][..here.len()].copy_from_slice(here);
        };
        self.model.run(recurrence, &mut take);
    }

    fn fire_by_kernel(&self, current: &Tensor, learned: &[&Tensor]) -> Tensor {
        let [replicas, _, batch, neurons] = *current.shape() else {
            panic!("currents are [R, T, B, N], not {:?}", current.shape())
        };
        // One tensor [R, P, N], whose gradient LibTorch takes apart again.
        let learned = (!learned.is_empty()).then(|| {
            let rows: Vec<Tensor> = learned
                .iter()
                .map(|tensor| tensor.expand([replicas, neurons], false))
                .collect();
            Tensor::stack(&rows, 1)
        });
        let place = Places {
            neurons: self.clone(),
            current: contiguous(&current.detach()),
            learned: learned.as_ref().map(|tensor| contiguous(&tensor.detach())),
            width: neurons as usize,
            places: (batch * neurons) as usize,
        };
        let mut spikes = empty(&[replicas, self.steps, batch, neurons]);
        let each = self.steps as usize * place.places;
        if each > 0 {
            let outs = values_mut(&mut spikes).chunks_exact_mut(each);
            for (replica, out) in outs.enumerate() {
                self.run(&place.of(replica), out);
            }
        }
        let inputs: Vec<&Tensor> = [Some(current), learned.as_ref()]
            .into_iter()
            .flatten()
            .collect();
        if !differentiates(&inputs) {
            return spikes;
        }
        let back = move |gradient: &Tensor| Ok(place.pull_back(gradient));
        attach(spikes, &inputs, back)
    }
}

/// What the neurons of all replicas were given.
#[derive(Debug)]
struct Places {
    neurons: Neurons,
    current: Tensor,
    learned: Option<Tensor>,
    width: usize,
    places: usize,
}

impl Places {
    fn of(&self, replica: usize) -> Recurrence<'_> {
        let replicas = self.current.shape()[0] as usize;
        let share = |tensor| {
            let all: &[f32] = values(tensor);
            let each = all.len() / replicas;
            &all[replica * each..][..each]
        };
        Recurrence {
            fires_at: self.neurons.fires_at,
            steps: self.neurons.steps as usize,
            current: share(&self.current),
            learned: self.learned.as_ref().map_or(&[], share),
            neurons: self.width,
            places: self.places,
        }
    }

    fn pull_back(&self, gradient: &Tensor) -> Vec<Option<Tensor>> {
        let gradient = contiguous(gradient);
        let mut d_current = empty(self.current.shape());
        let mut d_learned = self.learned.as_ref().map(|tensor| zeros(tensor.shape()));
        let replicas = self.current.shape()[0] as usize;
        let each = self.current.count() / replicas.max(1);
        for replica in 0..replicas {
            let recurrence = self.of(replica);
            let steps = recurrence.steps * self.places;
            let parameters = recurrence.learned.len();
            let learned = d_learned.as_mut().map(values_mut).unwrap_or_default();
            let adjoint = Adjoint {
                spikes: &values(&gradient)[replica * steps..][..steps],
                current: &mut values_mut(&mut d_current)[replica * each..][..each],
                learned: &mut learned[replica * parameters..][..parameters],
            };
            let surrogate = self.neurons.surrogate.as_ref();
            self.neurons.model.run_back(&recurrence, surrogate, adjoint);
        }
        [Some(d_current), d_learned]
            .into_iter()
            .filter(Option::is_some)
            .collect()
    }
}
