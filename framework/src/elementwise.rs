//! A [`Formula`] as one differentiable operation on tensors.

use tch::Tensor;

use crate::api::{CHUNK, Expr, Formula, Tape, Variables, along, along_back};
use crate::autograd::{custom, differentiates};
use crate::kernel::{contiguous, empty, kernels_take, values, values_mut, zeros};

/// The formula at every place of inputs `[R, B, W]`, or `[R, 1, W]` for all `B` alike; one of them at least has the whole
/// shape of the result.
pub fn elementwise<F: Formula>(formula: F, inputs: &[&Tensor]) -> Tensor {
    let rows = inputs
        .iter()
        .map(|input| input.size()[1])
        .max()
        .unwrap_or(1);
    let whole = inputs
        .iter()
        .find(|input| input.size()[1] == rows)
        .expect("an input");
    if !inputs.iter().all(|input| kernels_take(input)) {
        let tape = Tape::default();
        let operands = F::Inputs::<Expr<'_>>::from_fn(|index| tape.operand(inputs[index]));
        return formula.value(operands).tensor(whole);
    }
    let still: Vec<Tensor> = inputs
        .iter()
        .map(|input| contiguous(&input.detach()))
        .collect();
    let mut out = empty(&whole.size());
    let width = whole.size()[2] as usize;
    for (row, out) in values_mut(&mut out)
        .chunks_exact_mut(width.max(1))
        .enumerate()
    {
        along(&formula, &row_of(&still, row, rows as usize, width), out);
    }
    if !differentiates(inputs) {
        return out;
    }
    let needed: Vec<bool> = inputs.iter().map(|input| input.requires_grad()).collect();
    let back = move |gradient: &Tensor| {
        let gradient = contiguous(gradient);
        let mut gradients: Vec<Tensor> = still.iter().map(|input| zeros(&input.size())).collect();
        let mut chunk = vec![[0.0; CHUNK]; still.len()];
        for (row, d_row) in values(&gradient).chunks_exact(width.max(1)).enumerate() {
            let inputs = row_of(&still, row, rows as usize, width);
            for (part, d_value) in d_row.chunks(CHUNK).enumerate() {
                let start = part * CHUNK;
                let inputs: Vec<&[f32]> = inputs
                    .iter()
                    .map(|input| &input[start..][..d_value.len()])
                    .collect();
                along_back(&formula, &inputs, d_value, &mut chunk);
                for (into, from) in gradients.iter_mut().zip(&chunk) {
                    let at = place(into, row, rows as usize, width) + start;
                    let sums = &mut values_mut(into)[at..][..d_value.len()];
                    sums.iter_mut()
                        .zip(from)
                        .for_each(|(sum, value)| *sum += value);
                }
            }
        }
        let keep = |(gradient, &needed): (Tensor, &bool)| needed.then_some(gradient);
        Ok(gradients.into_iter().zip(&needed).map(keep).collect())
    };
    match custom(out, inputs, back) {
        Ok(out) => out,
        Err(error) => panic!("{error}"),
    }
}

/// Where row `row` of the result finds its input; `rows` of them belong to one replica.
fn place(input: &Tensor, row: usize, rows: usize, width: usize) -> usize {
    let row = if input.size()[1] as usize == rows {
        row
    } else {
        row / rows
    };
    row * width
}

fn row_of(inputs: &[Tensor], row: usize, rows: usize, width: usize) -> Vec<&[f32]> {
    inputs
        .iter()
        .map(|input| &values(input)[place(input, row, rows, width)..][..width])
        .collect()
}

#[cfg(test)]
mod tests {
    use tch::{Device, Kind};

    use super::*;
    use crate::api::{Real, Streams};
    use crate::kernel::by_tensors;

    #[derive(Debug, Clone)]
    struct Bell;

    impl Formula for Bell {
        type Inputs<R: Real> = [R; 3];

        #[inline(always)]
        fn value<R: Real>(&self, [x, mean, deviation]: [R; 3]) -> R {
            let distance = x - mean;
            (distance * distance * -0.5 / (deviation * deviation)).exp()
        }
    }

    #[test]
    fn values_and_gradients_are_those_of_tensors() {
        let mut draw = Streams::new(&[1, 2], "test", Device::Cpu);
        // 130 elements are more than a chunk; a row of means belongs to all five of its replica.
        let mut input = |rows| (draw.uniform(&[2, rows, 130]) + 0.1).set_requires_grad(true);
        let inputs = [input(5), input(1), input(1)];
        let inputs = inputs.each_ref();
        let run = || {
            let out = elementwise(Bell, &inputs);
            let loss = (&out * out.cos()).sum(Kind::Float);
            (out, Tensor::run_backward(&[&loss], &inputs, false, false))
        };
        let ((ours, ours_back), (theirs, theirs_back)) = (run(), by_tensors(run));
        assert!(ours.allclose(&theirs, 1e-6, 1e-6, false));
        for (one, other) in ours_back.iter().zip(theirs_back) {
            assert!(one.allclose(&other, 1e-5, 1e-5, false));
        }
    }
}
