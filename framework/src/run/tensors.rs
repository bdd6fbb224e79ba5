//! Between the numbers of environments and the tensors of networks.

use tch::{Device, Tensor};

use crate::kernel::{from_values, in_memory, values};

/// Observations as the rows of a tensor, `[rows, features]`, in single precision.
pub fn from_observations<Row: AsRef<[f64]>>(rows: &[Row], device: Device) -> Tensor {
    let all = rows.iter().flat_map(AsRef::as_ref);
    let single: Vec<f32> = all.map(|&value| value as f32).collect();
    let features = rows.first().map_or(0, |row| row.as_ref().len());
    on(device, &single, &[rows.len() as i64, features as i64])
}

/// A number for each row, `[rows]`.
pub fn from_numbers(numbers: &[f32], device: Device) -> Tensor {
    on(device, numbers, &[numbers.len() as i64])
}

fn on(device: Device, numbers: &[f32], shape: &[i64]) -> Tensor {
    let tensor = from_values(numbers, shape);
    match device {
        Device::Cpu => tensor,
        device => tensor.to_device(device),
    }
}

/// All values of a tensor, in single precision.
pub fn to_values(tensor: &Tensor) -> Vec<f32> {
    values(&in_memory(tensor)).to_vec()
}
