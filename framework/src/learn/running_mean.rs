//! Running means of diagnostics over the updates since they were last read.

use tch::Tensor;

use crate::api::{Diverged, Mismatch, StateVisitor, Stateful};
use crate::kernel::{ShapeRef, in_memory, values};

/// The running mean of a number per replica.
#[derive(Debug)]
pub struct RunningMean {
    sums: Vec<f64>,
    count: u64,
}

impl RunningMean {
    /// An empty mean for this many replicas.
    pub fn new(replicas: i64) -> Self {
        Self {
            sums: vec![0.0; replicas as usize],
            count: 0,
        }
    }

    /// Adds a number for each replica, `[R]`.
    pub fn add(&mut self, numbers: &Tensor) {
        let numbers = in_memory(numbers);
        self.add_numbers(values(&numbers).iter().copied().map(f64::from));
    }

    /// The same of a loss, unless one of the numbers is not finite.
    ///
    /// # Errors
    /// If the loss diverged; the error calls it by this name.
    pub fn add_loss(&mut self, name: &'static str, loss: &Tensor) -> Result<(), Diverged> {
        let loss = in_memory(loss);
        if values(&loss).iter().any(|number| !number.is_finite()) {
            return Err(Diverged { quantity: name });
        }
        self.add(&loss);
        Ok(())
    }

    /// Adds the mean over the batch of each replica's values, `[R, B, 1]`.
    pub fn add_mean(&mut self, numbers: &Tensor) {
        let numbers = in_memory(numbers);
        let each = numbers.count() / self.sums.len();
        let replicas = values(&numbers).chunks_exact(each);
        self.add_numbers(replicas.map(|of| {
            let sum: f64 = of.iter().map(|&number| f64::from(number)).sum();
            sum / each as f64
        }));
    }

    /// Adds numbers that are not in a tensor, one for each replica.
    pub fn add_numbers(&mut self, numbers: impl IntoIterator<Item = f64>) {
        let sums = self.sums.iter_mut().zip(numbers);
        sums.for_each(|(sum, number)| *sum += number);
        self.count += 1;
    }

    /// Returns the mean for each replica and starts over; `None` if nothing was added.
    pub fn take(&mut self) -> Option<Vec<f64>> {
        if self.count == 0 {
            return None;
        }
        let count = std::mem::take(&mut self.count) as f64;
        let means = self.sums.iter_mut();
        Some(means.map(|sum| std::mem::take(sum) / count).collect())
    }
}

impl Stateful for RunningMean {
    fn visit(&mut self, with: &mut StateVisitor<'_>) -> Result<(), Mismatch> {
        let mut bits: Vec<u64> = self.sums.iter().map(|sum| sum.to_bits()).collect();
        with.words("sums", &mut bits)?;
        self.sums = bits.into_iter().map(f64::from_bits).collect();
        with.count("count", &mut self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_covers_what_was_added_since_it_was_last_taken() {
        let mut mean = RunningMean::new(2);
        assert_eq!(mean.take(), None);
        mean.add(&Tensor::from_slice(&[1f32, 10.0]));
        mean.add(&Tensor::from_slice(&[2f32, 30.0]));
        assert_eq!(mean.take(), Some(vec![1.5, 20.0]));
        mean.add_mean(&Tensor::from_slice(&[6f32, 8.0, 7.0, 9.0]).view([2, 2, 1]));
        assert_eq!(mean.take(), Some(vec![7.0, 8.0]));
        assert_eq!(mean.take(), None);
    }

    #[test]
    fn a_loss_that_is_not_finite_is_an_error_and_not_added() {
        let mut mean = RunningMean::new(2);
        for diverged in [f32::NAN, f32::INFINITY] {
            let loss = Tensor::from_slice(&[1.0, diverged]);
            let error = mean.add_loss("critic loss", &loss).unwrap_err();
            assert_eq!(error.to_string(), "critic loss is not finite");
        }
        assert_eq!(mean.take(), None);
        assert_eq!(
            mean.add_loss("critic loss", &Tensor::from_slice(&[1f32, 3.0])),
            Ok(())
        );
        assert_eq!(mean.take(), Some(vec![1.0, 3.0]));
    }
}
