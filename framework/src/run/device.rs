//! The devices that tensors can live on, by name.

use tch::Device;
use thiserror::Error;

/// A device is not known, or this machine does not have it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DeviceError {
    /// The name is not the name of a device.
    #[error("\"{name}\" is not a device; known: cpu, cuda, cuda:N")]
    Unknown {
        /// The name that was given.
        name: String,
    },
    /// The name is that of a CUDA device which this LibTorch does not see.
    #[error("{name} is not available: {}", seen(*.present))]
    Absent {
        /// The name that was given.
        name: String,
        /// Number of CUDA devices that LibTorch sees.
        present: i64,
    },
}

/// How many devices there are, and what to do if it is for want of CUDA that there are none.
fn seen(present: i64) -> String {
    if tch::utils::has_cuda() {
        return format!("this LibTorch sees {present} CUDA devices");
    }
    "this LibTorch was built without CUDA; `cargo xtask setup --cuda` fetches one with it"
        .to_owned()
}

/// The device called `cpu`, `cuda` (the first one) or `cuda:N`, if this machine has it.
pub fn device(name: &str) -> Result<Device, DeviceError> {
    let name = name.to_owned();
    let index: usize = match name.as_str() {
        "cpu" => return Ok(Device::Cpu),
        "cuda" => 0,
        other => match other.strip_prefix("cuda:").map(str::parse) {
            Some(Ok(index)) => index,
            _ => return Err(DeviceError::Unknown { name }),
        },
    };
    let present = tch::Cuda::device_count();
    if (index as i64) < present {
        Ok(Device::Cuda(index))
    } else {
        Err(DeviceError::Absent { name, present })
    }
}
