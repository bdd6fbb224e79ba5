//! What tests need to compare with golden data.

use serde_json::Value;
use spikebench::api::Component;
use tch::Tensor;

/// Nested arrays of numbers as a tensor.
pub fn tensor(value: &Value) -> Tensor {
    fn flatten(value: &Value, shape: &mut Vec<i64>, depth: usize, into: &mut Vec<f32>) {
        match value {
            Value::Array(items) => {
                if shape.len() == depth {
                    shape.push(items.len() as i64);
                }
                items
                    .iter()
                    .for_each(|item| flatten(item, shape, depth + 1, into));
            }
            number => into.push(number.as_f64().unwrap() as f32),
        }
    }
    let (mut shape, mut numbers) = (Vec::new(), Vec::new());
    flatten(value, &mut shape, 0, &mut numbers);
    Tensor::from_slice(&numbers).view(shape.as_slice())
}

/// A component as a suite would write it.
pub fn component(value: Value) -> Component {
    serde_json::from_value(value).unwrap()
}

/// The largest difference, relative to the largest magnitude.
pub fn difference(ours: &Tensor, theirs: &Value) -> f64 {
    let theirs = tensor(theirs);
    let ours = ours.view(theirs.size().as_slice());
    let scale = theirs.abs().max().double_value(&[]);
    (ours - theirs).abs().max().double_value(&[]) / scale
}
