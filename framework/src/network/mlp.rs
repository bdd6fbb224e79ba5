//! Fully connected layers and multilayer perceptrons, for all replicas at once.

use tch::Tensor;

use crate::api::{Declaration, Init, Weights};
use crate::kernel::autograd::{needs_gradient, with_backward};
use crate::kernel::{Buffer, ShapeRef, Values, empty, kernel_supports, values_mut, zeros};
use crate::network::chain::{Chain, Copies};

/// The parameters of a linear layer `name`: `weight [.., in, out]` and `bias [.., 1, out]` for each of the leading `copies`,
/// initialised as in PyTorch, uniformly within ±1/√inputs.
pub fn declare_linear(name: &str, copies: &[i64], inputs: i64, outputs: i64) -> [Declaration; 2] {
    let names = ["weight", "bias"].map(|part| format!("{name}.{part}"));
    declare(names, copies, inputs, outputs)
}

fn declare(names: [String; 2], copies: &[i64], inputs: i64, outputs: i64) -> [Declaration; 2] {
    let bound = 1.0 / (inputs as f64).sqrt();
    let mut rows = [inputs, 1].into_iter();
    names.map(|name| {
        let shape: Vec<i64> = copies
            .iter()
            .copied()
            .chain(rows.next())
            .chain([outputs])
            .collect();
        Declaration::new(name, &shape, Init::Uniform(bound))
    })
}

/// A multilayer perceptron with ReLU between its layers and nothing after the last.
#[derive(Debug, Clone)]
pub struct Perceptron {
    /// The names of each layer's weight and bias.
    names: Vec<[String; 2]>,
    copies: Vec<i64>,
    sizes: Vec<i64>,
}

impl Perceptron {
    /// A perceptron with layers `name.0`, `name.1`, … between these sizes, in `copies` side by side.
    pub fn new(name: &'static str, copies: &[i64], sizes: Vec<i64>) -> Self {
        let layers = 0..sizes.len() - 1;
        let names = |index| ["weight", "bias"].map(|part| format!("{name}.{index}.{part}"));
        Self {
            names: layers.map(names).collect(),
            copies: copies.to_vec(),
            sizes,
        }
    }

    /// The parameters of all layers.
    pub fn learned(&self) -> Vec<Declaration> {
        let layers = self.names.iter().zip(self.sizes.windows(2));
        layers
            .flat_map(|(names, sizes)| declare(names.clone(), &self.copies, sizes[0], sizes[1]))
            .collect()
    }

    /// Multiply-adds for one input.
    pub fn multiply_adds(&self) -> u64 {
        let copies: i64 = self.copies.iter().product();
        let products: i64 = self.sizes.windows(2).map(|sizes| sizes[0] * sizes[1]).sum();
        (copies * products) as u64
    }

    /// Maps `[R, .., N, first size]` to `[R, .., N, last size]`; all copies may share one input.
    pub fn forward(&self, input: &Tensor, weights: &Weights) -> Tensor {
        run(&[input], &self.layers(weights), Copies::All)
    }

    /// Maps an input that all `C` copies share to `[R, C, N, last size]`. The input is given in `parts` `[R, N, ..]`, which are
    /// concatenated along the last dimension.
    pub fn forward_parts(&self, parts: &[&Tensor], weights: &Weights) -> Tensor {
        run(parts, &self.layers(weights), Copies::All)
    }

    /// The same for the first copy only: `[R, 1, N, last size]`.
    pub fn forward_parts_first(&self, parts: &[&Tensor], weights: &Weights) -> Tensor {
        run(parts, &self.layers(weights), Copies::First)
    }

    /// The weight and the bias of every layer.
    pub(crate) fn layers(&self, weights: &Weights) -> Vec<[Tensor; 2]> {
        let get = |name: &String| weights.get(name).shallow_clone();
        let names = self.names.iter();
        names.map(|layer| layer.each_ref().map(get)).collect()
    }
}

/// All layers as one operation: it takes half the passes over memory of one operation per layer, and a fraction of the graph
/// nodes.
fn run(parts: &[&Tensor], layers: &[[Tensor; 2]], copies: Copies) -> Tensor {
    if parts.iter().all(|part| kernel_supports(part)) {
        return run_by_kernels(parts, layers, copies);
    }
    let narrowed: Vec<[Tensor; 2]>;
    let layers = match copies {
        Copies::All => layers,
        Copies::First => {
            let first = |layer: &[Tensor; 2]| layer.each_ref().map(|part| part.narrow(1, 0, 1));
            narrowed = layers.iter().map(first).collect();
            &narrowed
        }
    };
    let mut input = Tensor::cat(parts, -1);
    if input.dim() < layers[0][0].dim() {
        input = input.unsqueeze(1);
    }
    let last = layers.len() - 1;
    let layers = layers.iter().enumerate();
    layers.fold(input, |x, (index, [weight, bias])| {
        let y = x.matmul(weight) + bias;
        if index < last { y.relu() } else { y }
    })
}

fn run_by_kernels(parts: &[&Tensor], layers: &[[Tensor; 2]], copies: Copies) -> Tensor {
    let chain = Chain::new(parts, layers, copies);
    let mut out = empty(&chain.shape());
    let inputs: Vec<&Tensor> = parts
        .iter()
        .copied()
        .chain(layers.iter().flatten())
        .collect();
    let differentiable = needs_gradient(&inputs);
    let activations = chain.forward(values_mut(&mut out), differentiable);
    if !differentiable {
        return out;
    }
    let needed: Vec<bool> = inputs.iter().map(|input| input.requires_grad()).collect();
    let shapes: Vec<Vec<i64>> = parts.iter().map(|part| part.shape().to_vec()).collect();
    let backward = move |gradient: &Tensor| {
        let (of_parts, of_layers) = needed.split_at(shapes.len());
        let make = match copies {
            Copies::All => empty,
            Copies::First => zeros,
        };
        let mut gradients: Vec<Option<Tensor>> = of_layers
            .iter()
            .zip(chain.tensors())
            .map(|(&needed, tensor)| needed.then(|| make(tensor.shape())))
            .collect();
        let mut d_input = of_parts
            .contains(&true)
            .then(|| Buffer::of(chain.input().len()));
        let mut into: Vec<Option<&mut [f32]>> = gradients
            .iter_mut()
            .map(|gradient| gradient.as_mut().map(values_mut))
            .collect();
        let errors = Values::of(gradient);
        chain.backward(&activations, &errors, &mut into, d_input.as_deref_mut());
        let mut split: Vec<Option<Tensor>> = of_parts
            .iter()
            .zip(&shapes)
            .map(|(&needed, shape)| needed.then(|| empty(shape)))
            .collect();
        if let Some(d_input) = d_input {
            let mut at = 0;
            for (part, shape) in split.iter_mut().zip(&shapes) {
                let width = shape[shape.len() - 1] as usize;
                if let Some(part) = part {
                    let rows = d_input.chunks_exact(chain.features());
                    for (to, from) in values_mut(part).chunks_exact_mut(width).zip(rows) {
                        to.copy_from_slice(&from[at..][..width]);
                    }
                }
                at += width;
            }
        }
        split.append(&mut gradients);
        Ok(split)
    };
    match with_backward(out, &inputs, backward) {
        Ok(out) => out,
        Err(error) => panic!("{error}"),
    }
}

#[cfg(test)]
mod tests {
    use tch::{Device, Kind};

    use super::*;
    use crate::api::Streams;
    use crate::kernel::with_reference_ops;

    /// The output by LibTorch's operations, one by one.
    fn reference(input: &Tensor, layers: &[[Tensor; 2]]) -> Tensor {
        let last = layers.len() - 1;
        layers
            .iter()
            .enumerate()
            .fold(input.shallow_clone(), |x, (index, [weight, bias])| {
                let y = x.matmul(weight) + bias;
                if index == last { y } else { y.relu() }
            })
    }

    #[test]
    fn values_and_gradients_equal_those_of_libtorchs_operations() {
        // A single output has a backward pass of its own.
        for (sizes, rows) in [
            (vec![4, 7, 5, 2], 6),
            (vec![4, 7, 5, 1], 12),
            (vec![4, 1], 12),
        ] {
            with_reference_ops(|| compare_with_reference(&sizes, rows));
            compare_with_reference(&sizes, rows);
        }
    }

    fn compare_with_reference(sizes: &[i64], rows: i64) {
        let mut draw = Streams::new(&[1, 2], "test", Device::Cpu);
        let net = Perceptron::new("net", &[3], sizes.to_vec());
        let weights = Weights::new(&net.learned(), &mut draw, Device::Cpu);
        // Each copy has its own input, or all share one.
        for shape in [[2, 3, rows, 4], [2, 1, rows, 4]] {
            let input = (draw.uniform(&shape) - 0.5).set_requires_grad(true);
            let layers = net.layers(&weights);
            let first = |layer: &[Tensor; 2]| layer.each_ref().map(|part| part.narrow(1, 0, 1));
            let first: Vec<[Tensor; 2]> = layers.iter().map(first).collect();
            let own = input.select(1, 0);
            let parts = own.split_with_sizes([1, 3], -1);
            let parts: Vec<&Tensor> = parts.iter().collect();
            let own = own.unsqueeze(1);
            let mut wanted = vec![&input];
            wanted.extend(layers.iter().flatten());
            let gradients = |output: &Tensor| {
                let loss = (output * output.sin()).sum(Kind::Float);
                Tensor::run_backward(&[&loss], &wanted, false, false)
            };
            for (ours, theirs) in [
                (net.forward(&input, &weights), reference(&input, &layers)),
                (
                    net.forward_parts(&parts, &weights),
                    reference(&own, &layers),
                ),
                (
                    net.forward_parts_first(&parts, &weights),
                    reference(&own, &first),
                ),
            ] {
                assert!(ours.allclose(&theirs, 1e-6, 1e-6, false));
                for (one, other) in gradients(&ours).iter().zip(gradients(&theirs)) {
                    if other.defined() {
                        assert!(one.allclose(&other, 1e-5, 1e-6, false), "{:?}", one.size());
                    }
                }
            }
        }
    }

    #[test]
    fn gradients_flow_through_frozen_weights_to_the_input() {
        let mut draw = Streams::new(&[1], "test", Device::Cpu);
        let net = Perceptron::new("net", &[2], vec![3, 8, 1]);
        let weights = Weights::new(&net.learned(), &mut draw, Device::Cpu).frozen();
        let input = draw.uniform(&[1, 1, 4, 3]).set_requires_grad(true);
        net.forward(&input, &weights).sum(Kind::Float).backward();
        assert!(input.grad().abs().min().double_value(&[]) > 0.0);
        assert!(!weights.get("net.0.weight").grad().defined());
    }
}
