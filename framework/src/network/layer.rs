//! The neurons of one layer as a single differentiable operation: by a kernel on the CPU, step by step with LibTorch
//! elsewhere.

use tch::Tensor;

use crate::api::{Adjoint, Recurrence};
use crate::kernel::autograd::{needs_gradient, with_backward};
use crate::kernel::{ShapeRef, contiguous, empty, kernel_supports, values, values_mut, zeros};
use crate::network::neurons::Neurons;
use crate::network::stepwise;

impl Neurons {
    /// Spikes `[R, T, B, N]` from currents `[R, T, B, N]`, or from `[R, 1, B, N]` for the same current in every step.
    /// `learned` holds the model's learnable parameters in its order, each `[R, N]` or `[R, 1]`. All neurons start at rest.
    pub fn fire(&self, current: &Tensor, learned: &[Tensor]) -> Tensor {
        if kernel_supports(current) {
            self.fire_by_kernel(current, learned)
        } else {
            stepwise::run(self, current, learned, None, None, &mut |_| {})
        }
    }

    fn fire_by_kernel(&self, current: &Tensor, learned: &[Tensor]) -> Tensor {
        let [replicas, _, batch, neurons] = *current.shape() else {
            panic!("currents are [R, T, B, N], not {:?}", current.shape())
        };
        // One tensor [R, P, N], whose gradient LibTorch splits again.
        let learned = (!learned.is_empty()).then(|| {
            let rows: Vec<Tensor> = learned
                .iter()
                .map(|tensor| tensor.expand([replicas, neurons], false))
                .collect();
            Tensor::stack(&rows, 1)
        });
        let pass = Pass {
            neurons: self.clone(),
            current: contiguous(&current.detach()),
            learned: learned.as_ref().map(|tensor| contiguous(&tensor.detach())),
            width: neurons as usize,
            places: (batch * neurons) as usize,
        };
        let mut spikes = empty(&[replicas, self.steps, batch, neurons]);
        let each = self.steps as usize * pass.places;
        if each > 0 {
            let outs = values_mut(&mut spikes).chunks_exact_mut(each);
            for (replica, out) in outs.enumerate() {
                self.run(&pass.recurrence(replica), out);
            }
        }
        let inputs: Vec<&Tensor> = [Some(current), learned.as_ref()]
            .into_iter()
            .flatten()
            .collect();
        if !needs_gradient(&inputs) {
            return spikes;
        }
        let backward = move |gradient: &Tensor| Ok(pass.backward(gradient));
        match with_backward(spikes, &inputs, backward) {
            Ok(spikes) => spikes,
            Err(error) => panic!("{error}"),
        }
    }
}

/// The inputs of a forward pass of all replicas, kept for the backward pass.
#[derive(Debug)]
struct Pass {
    neurons: Neurons,
    current: Tensor,
    learned: Option<Tensor>,
    width: usize,
    places: usize,
}

impl Pass {
    fn recurrence(&self, replica: usize) -> Recurrence<'_> {
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
            connections: None,
            noise: &[],
        }
    }

    fn backward(&self, gradient: &Tensor) -> Vec<Option<Tensor>> {
        let gradient = contiguous(gradient);
        let mut d_current = empty(self.current.shape());
        let mut d_learned = self.learned.as_ref().map(|tensor| zeros(tensor.shape()));
        let replicas = self.current.shape()[0] as usize;
        let each = self.current.count() / replicas.max(1);
        for replica in 0..replicas {
            let recurrence = self.recurrence(replica);
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
