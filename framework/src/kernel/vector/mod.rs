//! Vector registers, and copies of matrices by means of them.

pub mod copies;
pub mod lanes;

#[cfg(target_arch = "x86_64")]
mod x86;
