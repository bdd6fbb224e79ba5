//! What a diagnostic is averaged in: a number of each replica, over the updates since somebody last looked.

use tch::{Device, Kind, Tensor, no_grad};

use crate::api::{Exchange, Mismatch, Stateful};

/// The mean of what was added.
#[derive(Debug)]
pub struct Tally {
    sum: Tensor,
    count: u64,
}

impl Tally {
    /// Of nothing, for so many replicas.
    pub fn new(replicas: i64, device: Device) -> Self {
        Self {
            sum: Tensor::zeros([replicas], (Kind::Double, device)),
            count: 0,
        }
    }

    /// Takes in a number of each replica, `[R]`.
    pub fn add(&mut self, numbers: &Tensor) {
        no_grad(|| {
            let _ = self.sum.g_add_(&numbers.detach());
        });
        self.count += 1;
    }

    /// The mean for each replica, and begins anew; nothing if nothing was added.
    pub fn take(&mut self) -> Option<Vec<f64>> {
        if self.count == 0 {
            return None;
        }
        let mean = (&self.sum / self.count as f64).to_device(Device::Cpu);
        let mut numbers = vec![0.0; mean.numel()];
        mean.copy_data(&mut numbers, mean.numel());
        let _ = self.sum.zero_();
        self.count = 0;
        Some(numbers)
    }
}

impl Stateful for Tally {
    fn exchange(&mut self, with: &mut Exchange<'_>) -> Result<(), Mismatch> {
        with.tensor("sum", &mut self.sum)?;
        with.count("count", &mut self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_mean_since_it_was_last_looked_at() {
        let mut tally = Tally::new(2, Device::Cpu);
        assert_eq!(tally.take(), None);
        tally.add(&Tensor::from_slice(&[1f32, 10.0]));
        tally.add(&Tensor::from_slice(&[2f32, 30.0]));
        assert_eq!(tally.take(), Some(vec![1.5, 20.0]));
        tally.add(&Tensor::from_slice(&[7f32, 8.0]));
        assert_eq!(tally.take(), Some(vec![7.0, 8.0]));
        assert_eq!(tally.take(), None);
    }
}
