//! Between the numbers of environments and the tensors of networks.

use tch::{Device, Kind, Tensor};

/// Observations as the rows of a tensor, `[rows, features]`, in single precision.
pub fn from_observations<Row: AsRef<[f64]>>(rows: &[Row], device: Device) -> Tensor {
    let values = rows.iter().flat_map(AsRef::as_ref);
    let single: Vec<f32> = values.map(|&value| value as f32).collect();
    Tensor::from_slice(&single)
        .view([rows.len() as i64, -1])
        .to_device(device)
}

/// All values of a tensor, in single precision.
pub fn to_values(tensor: &Tensor) -> Vec<f32> {
    let flat = tensor
        .to_device(Device::Cpu)
        .to_kind(Kind::Float)
        .contiguous()
        .view([-1]);
    let mut values = vec![0.0; flat.numel()];
    flat.copy_data(&mut values, flat.numel());
    values
}
