//! A [`Formula`] as one differentiable operation on tensors.

use tch::Tensor;

use super::autograd::{needs_gradient, with_backward};
use super::reference::kernel_supports;
use super::slices::{ShapeRef, contiguous, empty, values, values_mut, zeros};
use crate::formula::{CHUNK, Expr, Formula, Single, Tape, Variables, along, along_back};

/// Evaluates the formula at every place of the result, `[R, B, W]`. An input is `[R, B, W]`, or `[R, 1, W]` if it is the same
/// for all `B`, or `[R, B, W / k]` if each of its values belongs to `k` consecutive places; at least one has the shape of the
/// result.
///
/// # Panics
/// If there are no inputs, or if they are not of these shapes.
pub fn elementwise<F: Formula>(formula: F, inputs: &[&Tensor]) -> Tensor {
    let shapes: Vec<Vec<i64>> = inputs.iter().map(|input| input.shape().to_vec()).collect();
    let largest = |dimension: usize| shapes.iter().map(|shape| shape[dimension]).max();
    let (Some(replicas), Some(rows), Some(width)) = (largest(0), largest(1), largest(2)) else {
        panic!("a formula without inputs")
    };
    let whole = [replicas, rows, width];
    if !inputs.iter().all(|input| kernel_supports(input)) {
        let spread: Vec<Tensor> = inputs
            .iter()
            .map(|input| match width / input.size()[2].max(1) {
                1 => input.shallow_clone(),
                times => input.repeat_interleave_self_int(times, -1, None),
            })
            .collect();
        let like = spread.iter().find(|input| input.size() == whole);
        let tape = Tape::default();
        let operands = F::Inputs::<Expr<'_>>::from_fn(|index| tape.operand(&spread[index]));
        return formula
            .value(operands)
            .tensor(like.expect("an input of the whole shape"));
    }
    let given = Given {
        inputs: inputs.iter().map(|input| spread(input, width)).collect(),
        places: whole.iter().product::<i64>() as usize,
        rows: rows as usize,
        width: width as usize,
    };
    let mut out = empty(&whole);
    given.forward(&formula, values_mut(&mut out));
    if !needs_gradient(inputs) {
        return out;
    }
    let needed: Vec<bool> = inputs.iter().map(|input| input.requires_grad()).collect();
    let back = move |gradient: &Tensor| {
        let gradient = contiguous(gradient);
        let mut gradients: Vec<Tensor> = given
            .inputs
            .iter()
            .map(|input| zeros(input.shape()))
            .collect();
        let mut sums: Vec<&mut [f32]> = gradients.iter_mut().map(values_mut).collect();
        let mut chunk = vec![[0.0; CHUNK]; given.inputs.len()];
        let length = given.length();
        let slices = given.slices::<F>();
        for (row, d_row) in values(&gradient).chunks(length).enumerate() {
            for (part, d_value) in d_row.chunks(CHUNK).enumerate() {
                let start = row * length + part * CHUNK;
                let inputs = given.at::<F>(&slices, start, d_value.len());
                along_back(&formula, inputs.as_ref(), d_value, &mut chunk);
                for (index, from) in chunk.iter().enumerate() {
                    if needed[index] {
                        let at = given.place(slices.as_ref()[index], start);
                        let sums = &mut sums[index][at..][..d_value.len()];
                        sums.iter_mut()
                            .zip(from)
                            .for_each(|(sum, value)| *sum += value);
                    }
                }
            }
        }
        let gathered = gradients.into_iter().zip(&shapes).zip(&needed);
        Ok(gathered
            .map(|((gradient, shape), &needed)| needed.then(|| gathered_to(gradient, shape)))
            .collect())
    };
    match with_backward(out, inputs, back) {
        Ok(out) => out,
        Err(error) => panic!("{error}"),
    }
}

/// The inputs, each `[R, B, W]` or `[R, 1, W]`.
struct Given {
    inputs: Vec<Tensor>,
    /// The number of values of the result.
    places: usize,
    rows: usize,
    width: usize,
}

impl Given {
    fn forward<F: Formula>(&self, formula: &F, out: &mut [f32]) {
        let (length, slices) = (self.length(), self.slices::<F>());
        for (row, out) in out.chunks_mut(length).enumerate() {
            let here = self.at::<F>(&slices, row * length, out.len());
            along(formula, here.as_ref(), out);
        }
    }

    fn slices<F: Formula>(&self) -> Slices<'_, F> {
        let mut slices = F::Inputs::<Single>::many(&[][..]);
        for (slice, input) in slices.as_mut().iter_mut().zip(&self.inputs) {
            *slice = values(input);
        }
        slices
    }

    /// The number of consecutive places of the result that are consecutive in every input.
    fn length(&self) -> usize {
        let mut inputs = self.inputs.iter();
        let alike = inputs.all(|input| input.count() == self.places);
        let length = if alike { self.places } else { self.width };
        length.max(1)
    }

    /// The index within an input of the value for a place of the result.
    fn place(&self, input: &[f32], place: usize) -> usize {
        if input.len() == self.places {
            return place;
        }
        place / (self.rows * self.width) * self.width + place % self.width
    }

    /// The values of the inputs for `length` places of the result from `start` on.
    fn at<'a, F: Formula>(
        &self,
        slices: &Slices<'a, F>,
        start: usize,
        length: usize,
    ) -> Slices<'a, F> {
        let mut here = F::Inputs::<Single>::many(&[][..]);
        for (here, input) in here.as_mut().iter_mut().zip(slices.as_ref()) {
            *here = &input[self.place(input, start)..][..length];
        }
        here
    }
}

type Slices<'a, F> = <<F as Formula>::Inputs<Single> as Variables<Single>>::Many<&'a [f32]>;

/// The input with each value repeated as often as `width` requires.
fn spread(input: &Tensor, width: i64) -> Tensor {
    let input = contiguous(input);
    let [replicas, rows, own] = *input.shape() else {
        panic!("an input must be [R, B, W], not {:?}", input.shape())
    };
    let times = (width / own.max(1)) as usize;
    if times == 1 {
        return input;
    }
    let mut wide = empty(&[replicas, rows, width]);
    let places = values_mut(&mut wide).chunks_exact_mut(times);
    for (places, &value) in places.zip(values(&input)) {
        places.fill(value);
    }
    wide
}

/// The gradient of an input from that of its repeated values.
fn gathered_to(gradient: Tensor, shape: &[i64]) -> Tensor {
    let times = gradient.shape()[2] / shape[2].max(1);
    if times == 1 {
        return gradient;
    }
    let mut sums = empty(shape);
    let places = values(&gradient).chunks_exact(times as usize);
    for (places, sum) in places.zip(values_mut(&mut sums)) {
        *sum = places.iter().sum();
    }
    sums
}

#[cfg(test)]
mod tests {
    use tch::{Device, Kind};

    use super::*;
    use crate::api::Streams;
    use crate::formula::Real;
    use crate::kernel::with_reference_ops;

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
    fn values_and_gradients_agree_with_the_reference() {
        let mut draw = Streams::new(&[1, 2], "test", Device::Cpu);
        // 130 elements are more than a chunk; one row of means belongs to all five rows of its replica.
        let mut input = |rows| (draw.uniform(&[2, rows, 130]) + 0.1).set_requires_grad(true);
        let (whole, row) = (input(5), [input(1), input(1)]);
        let narrow = (draw.uniform(&[2, 5, 26]) + 0.1).set_requires_grad(true);
        for inputs in [
            [&whole, &row[0], &row[1]],
            [&whole, &whole, &whole],
            [&narrow, &row[0], &whole],
        ] {
            compare(&inputs);
        }
    }

    fn compare(inputs: &[&Tensor; 3]) {
        let run = || {
            let out = elementwise(Bell, inputs);
            let loss = (&out * out.cos()).sum(Kind::Float);
            (out, Tensor::run_backward(&[&loss], inputs, false, false))
        };
        let ((ours, ours_back), (theirs, theirs_back)) = (run(), with_reference_ops(run));
        assert!(ours.allclose(&theirs, 1e-6, 1e-6, false));
        for (one, other) in ours_back.iter().zip(theirs_back) {
            assert!(one.allclose(&other, 1e-5, 1e-5, false));
        }
    }
}
