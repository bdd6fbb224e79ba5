//! Fully connected layers, on replicas.

use tch::Tensor;

use crate::api::{Declaration, Init, Weights};

/// What a linear layer `name` learns: `weight [.., in, out]` and `bias [.., 1, out]` for each of the leading `copies`,
/// begun as PyTorch does, uniform within one over the root of the number of inputs.
pub fn declare_linear(name: &str, copies: &[i64], inputs: i64, outputs: i64) -> [Declaration; 2] {
    let bound = 1.0 / (inputs as f64).sqrt();
    [("weight", inputs), ("bias", 1)].map(|(part, rows)| {
        let shape: Vec<i64> = copies.iter().chain(&[rows, outputs]).copied().collect();
        Declaration::new(format!("{name}.{part}"), &shape, Init::Uniform(bound))
    })
}

/// `x · weight + bias` for each replica: `[R, .., N, in]` to `[R, .., N, out]`.
pub fn linear(x: &Tensor, name: &str, weights: &Weights) -> Tensor {
    x.matmul(weights.get(&format!("{name}.weight"))) + weights.get(&format!("{name}.bias"))
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

    /// From `[R, .., N, first size]` to `[R, .., N, last size]`.
    pub fn forward(&self, input: &Tensor, weights: &Weights) -> Tensor {
        let last = self.sizes.len() - 2;
        (0..=last).fold(input.shallow_clone(), |x, index| {
            let y = linear(&x, &format!("{}.{index}", self.name), weights);
            if index == last { y } else { y.relu() }
        })
    }
}
