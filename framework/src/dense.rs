//! Fully connected layers, on replicas.

use tch::{Kind, Tensor, no_grad};

use crate::api::{Declaration, Init, Weights};
use crate::autograd::{custom, differentiates};
use crate::kernel::{
    add_bias, add_bias_and_rectify, contiguous, empty, kernels_take, rectified_back, values,
    values_mut,
};

/// What a linear layer `name` learns: `weight [.., in, out]` and `bias [.., 1, out]` for each of the leading `copies`,
/// begun as PyTorch does, uniform within one over the root of the number of inputs.
pub fn declare_linear(name: &str, copies: &[i64], inputs: i64, outputs: i64) -> [Declaration; 2] {
    let bound = 1.0 / (inputs as f64).sqrt();
    [("weight", inputs), ("bias", 1)].map(|(part, rows)| {
        let shape: Vec<i64> = copies.iter().chain(&[rows, outputs]).copied().collect();
        Declaration::new(format!("{name}.{part}"), &shape, Init::Uniform(bound))
    })
}

/// A multilayer perceptron with ReLU between its layers and nothing after the last.
#[derive(Debug, Clone)]
pub struct Perceptron {
    name: &'static str,
    copies: Vec<i64>,
    sizes: Vec<i64>,
}

impl Perceptron {
    /// Layers called `name.0`, `name.1`, … between these sizes, each `copies` times side by side.
    pub fn new(name: &'static str, copies: &[i64], sizes: Vec<i64>) -> Self {
        Self {
            name,
            copies: copies.to_vec(),
            sizes,
        }
    }

    /// What the layers learn.
    pub fn learned(&self) -> Vec<Declaration> {
        self.sizes
            .windows(2)
            .enumerate()
            .flat_map(|(index, sizes)| {
                declare_linear(
                    &format!("{}.{index}", self.name),
                    &self.copies,
                    sizes[0],
                    sizes[1],
                )
            })
            .collect()
    }

    /// Multiplications and additions for one input.
    pub fn multiply_adds(&self) -> u64 {
        let copies: i64 = self.copies.iter().product();
        let products: i64 = self.sizes.windows(2).map(|sizes| sizes[0] * sizes[1]).sum();
        (copies * products) as u64
    }

    /// From `[R, .., N, first size]` to `[R, .., N, last size]`; the input may be the same for all copies.
    pub fn forward(&self, input: &Tensor, weights: &Weights) -> Tensor {
        run(input, &self.layers(weights, Tensor::shallow_clone))
    }

    /// The same by the first copy alone: `[R, 1, N, last size]`.
    pub fn forward_first(&self, input: &Tensor, weights: &Weights) -> Tensor {
        run(
            input,
            &self.layers(weights, |tensor| tensor.narrow(1, 0, 1)),
        )
    }

    /// Weight and bias of every layer.
    fn layers(&self, weights: &Weights, part: impl Fn(&Tensor) -> Tensor) -> Vec<[Tensor; 2]> {
        (0..self.sizes.len() - 1)
            .map(|index| {
                ["weight", "bias"]
                    .map(|of| part(weights.get(&format!("{}.{index}.{of}", self.name))))
            })
            .collect()
    }
}

/// All layers as one operation: half the passes over memory, and a fraction of the nodes, of one operation each.
fn run(input: &Tensor, layers: &[[Tensor; 2]]) -> Tensor {
    let shape_of_weight = layers[0][0].size();
    let copies = &shape_of_weight[..shape_of_weight.len() - 2];
    let rows = input.size()[input.dim() - 2];
    let shape = |features: i64| [copies, &[rows, features]].concat();
    let flat = |tensor: &Tensor| {
        let size = tensor.size();
        tensor
            .detach()
            .reshape([-1, size[size.len() - 2], size[size.len() - 1]])
    };

    let still: Vec<[Tensor; 2]> = layers
        .iter()
        .map(|layer| layer.each_ref().map(flat))
        .collect();
    let whole_input = shape(input.size()[input.dim() - 1]);
    let mut activations = vec![flat(&input.expand(whole_input.as_slice(), false))];
    let last = still.len() - 1;
    for (index, [weight, bias]) in still.iter().enumerate() {
        activations.push(affine(&activations[index], weight, bias, index < last));
    }
    let output = activations.pop().expect("one for each layer");
    let output = output.view(shape(output.size()[2]).as_slice());

    let inputs: Vec<&Tensor> = [input].into_iter().chain(layers.iter().flatten()).collect();
    if !differentiates(&inputs) {
        return output;
    }
    let needed: Vec<bool> = inputs.iter().map(|input| input.requires_grad()).collect();
    let shapes: Vec<Vec<i64>> = inputs.iter().map(|input| input.size()).collect();
    let backward = move |gradient: &Tensor| {
        let mut gradients: Vec<Option<Tensor>> = needed.iter().map(|_| None).collect();
        let mut error = flat(gradient);
        for (index, [weight, _]) in still.iter().enumerate().rev() {
            let (of_weight, of_bias) = (2 * index + 1, 2 * index + 2);
            // What an activation was rectified to, if it was: that of the last layer was not.
            let sum = rectified(&mut error, activations.get(index + 1));
            if needed[of_bias] {
                gradients[of_bias] = Some(sum.view(shapes[of_bias].as_slice()));
            }
            if needed[of_weight] {
                let product = products(&activations[index].transpose(1, 2), &error);
                gradients[of_weight] = Some(product.view(shapes[of_weight].as_slice()));
            }
            if index > 0 || needed[0] {
                error = products(&error, &weight.transpose(1, 2));
            }
        }
        if needed[0] {
            gradients[0] = Some(summed_to(error.view(whole_input.as_slice()), &shapes[0]));
        }
        Ok(gradients)
    };
    match custom(output, &inputs, move |gradient| {
        no_grad(|| backward(gradient))
    }) {
        Ok(output) => output,
        Err(error) => panic!("{error}"),
    }
}

/// The matrix product of each copy. LibTorch's batched product takes ten times as long as its plain one where a side
/// is as short as the last layer of a critic.
fn products(left: &Tensor, right: &Tensor) -> Tensor {
    if !kernels_take(left) {
        return left.bmm(right);
    }
    let (copies, rows, columns) = (left.size()[0], left.size()[1], right.size()[2]);
    let out = empty(&[copies, rows, columns]);
    for copy in 0..copies {
        let [left, right] = [left, right].map(|side| side.select(0, copy));
        let _ = left.mm_out(&out.select(0, copy), &right);
    }
    out
}

/// `x · weight + bias`, rectified or not; all `[C, .., ..]`.
fn affine(x: &Tensor, weight: &Tensor, bias: &Tensor, rectify: bool) -> Tensor {
    if !kernels_take(x) {
        let mut sum = bias.baddbmm(x, weight, 1.0, 1.0);
        return if rectify { sum.relu_() } else { sum };
    }
    let mut product = products(x, weight);
    let width = bias.size()[2] as usize;
    let each = (x.size()[1] as usize * width).max(1);
    let bias = contiguous(bias);
    let copies = values_mut(&mut product).chunks_exact_mut(each);
    for (rows, bias) in copies.zip(values(&bias).chunks_exact(width)) {
        if rectify {
            add_bias_and_rectify(rows, bias);
        } else {
            add_bias(rows, bias);
        }
    }
    product
}

/// Takes the gradient of an activation back through its rectification, if it had one, in place; gives its sum over the
/// rows, `[C, 1, ..]`.
fn rectified(error: &mut Tensor, activation: Option<&Tensor>) -> Tensor {
    if !kernels_take(error) {
        if let Some(activation) = activation {
            *error = activation.threshold_backward(error, 0.0);
        }
        return error.sum_dim_intlist(&[1i64][..], true, Kind::Float);
    }
    *error = contiguous(error);
    let (copies, rows, width) = error.size3().expect("[C, N, features]");
    let mut sums = empty(&[copies, 1, width]);
    let each = ((rows * width) as usize).max(1);
    let errors = values_mut(error).chunks_exact_mut(each);
    let mut of_activation = activation.map(|activation| values(activation).chunks_exact(each));
    for (errors, sums) in errors.zip(values_mut(&mut sums).chunks_exact_mut(width as usize)) {
        let activation = of_activation.as_mut().and_then(Iterator::next);
        rectified_back(errors, activation, sums);
    }
    sums
}

/// Undoes the broadcast of a tensor of this shape.
fn summed_to(gradient: Tensor, shape: &[i64]) -> Tensor {
    let spread: Vec<i64> = (0..shape.len())
        .filter(|&dimension| shape[dimension] == 1 && gradient.size()[dimension] != 1)
        .map(|dimension| dimension as i64)
        .collect();
    if spread.is_empty() {
        return gradient;
    }
    gradient.sum_dim_intlist(&spread[..], true, Kind::Float)
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;
    use crate::api::Streams;
    use crate::kernel::by_tensors;

    /// As LibTorch would do it, operation by operation.
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
    fn values_and_gradients_are_those_of_libtorch_operation_by_operation() {
        by_tensors(compare_with_reference);
        compare_with_reference();
    }

    fn compare_with_reference() {
        let mut draw = Streams::new(&[1, 2], "test", Device::Cpu);
        let net = Perceptron::new("net", &[3], vec![4, 7, 5, 2]);
        let weights = Weights::new(&net.learned(), &mut draw, Device::Cpu);
        // Every copy has input of its own, or all have the same.
        for shape in [[2, 3, 6, 4], [2, 1, 6, 4]] {
            let input = (draw.uniform(&shape) - 0.5).set_requires_grad(true);
            let layers = net.layers(&weights, Tensor::shallow_clone);
            let first = net.layers(&weights, |tensor| tensor.narrow(1, 0, 1));
            let own = input.narrow(1, 0, 1);
            let mut wanted = vec![&input];
            wanted.extend(layers.iter().flatten());
            let gradients = |output: &Tensor| {
                let loss = (output * output.sin()).sum(Kind::Float);
                Tensor::run_backward(&[&loss], &wanted, false, false)
            };
            for (ours, theirs) in [
                (net.forward(&input, &weights), reference(&input, &layers)),
                (net.forward_first(&own, &weights), reference(&own, &first)),
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
    fn what_is_frozen_lets_gradients_through() {
        let mut draw = Streams::new(&[1], "test", Device::Cpu);
        let net = Perceptron::new("net", &[2], vec![3, 8, 1]);
        let weights = Weights::new(&net.learned(), &mut draw, Device::Cpu).frozen();
        let input = draw.uniform(&[1, 1, 4, 3]).set_requires_grad(true);
        net.forward(&input, &weights).sum(Kind::Float).backward();
        assert!(input.grad().abs().min().double_value(&[]) > 0.0);
        assert!(!weights.get("net.0.weight").grad().defined());
    }
}
