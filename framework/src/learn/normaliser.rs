//! Normalisation of observations before the networks see them; by default as in the Pop-SAN code
//! (`replay_buffer_norm.py`).

use tch::{Device, Kind, Tensor, no_grad};

use crate::api::{Mismatch, StateVisitor, Stateful, Statistics, Transform};
use crate::kernel::{ShapeRef, contiguous, empty, in_memory, values, values_mut};

/// Standardises by the running mean and variance of each observed value of each replica, updated one block of observations
/// at a time; or applies the hyperbolic tangent, or nothing, as the actor asks.
#[derive(Debug)]
pub struct Normaliser {
    normalise: Transform,
    /// The observations since the last update, `[.., R, features]`.
    block: Vec<f32>,
    every: usize,
    clip: f64,
    count: f64,
    mean: Tensor,
    variance: Tensor,
}

impl Normaliser {
    /// A normaliser that is updated every `every` observations and clips normalised values to `[-clip, clip]`.
    pub fn new(
        normalise: Transform,
        replicas: i64,
        features: i64,
        every: usize,
        clip: f64,
        device: Device,
    ) -> Self {
        Self {
            normalise,
            block: Vec::new(),
            every,
            clip,
            count: f64::from(f32::EPSILON),
            mean: Tensor::zeros([replicas, features], (Kind::Float, device)),
            variance: Tensor::ones([replicas, features], (Kind::Float, device)),
        }
    }

    /// A normaliser with these statistics of each replica, which are never updated.
    ///
    /// # Panics
    /// If the replicas differ in the number of observed values.
    pub fn from_statistics(statistics: &[Statistics], device: Device) -> Self {
        let first = &statistics[0];
        let shape = [statistics.len() as i64, first.mean.len() as i64];
        let tensor = |part: fn(&Statistics) -> &[f32]| {
            let all: Vec<f32> = statistics.iter().flat_map(part).copied().collect();
            Tensor::from_slice(&all).view(shape).to_device(device)
        };
        Self {
            count: first.count,
            mean: tensor(|one| &one.mean),
            variance: tensor(|one| &one.variance),
            ..Self::new(
                first.normalise,
                shape[0],
                shape[1],
                usize::MAX,
                first.clip,
                device,
            )
        }
    }

    /// The current statistics of each replica's observations.
    pub fn statistics(&self) -> Vec<Statistics> {
        let rows = |tensor: &Tensor| {
            let tensor = in_memory(tensor);
            let rows = values(&tensor).chunks_exact(tensor.shape()[1] as usize);
            rows.map(<[f32]>::to_vec).collect::<Vec<_>>()
        };
        let known = rows(&self.mean).into_iter().zip(rows(&self.variance));
        known
            .map(|(mean, variance)| Statistics {
                normalise: self.normalise,
                clip: self.clip,
                count: self.count,
                mean,
                variance,
            })
            .collect()
    }

    /// Records one observation of every replica, `[R, features]`.
    pub fn observe(&mut self, observation: &Tensor) {
        if self.normalise != Transform::Zscore {
            return;
        }
        let observation = in_memory(observation);
        self.block.extend_from_slice(values(&observation));
        if self.block.len() / observation.count() == self.every {
            let shape = [
                self.every as i64,
                self.mean.shape()[0],
                self.mean.shape()[1],
            ];
            let block = Tensor::from_slice(&self.block).view(shape);
            self.block.clear();
            no_grad(|| self.merge(&block.to_device(self.mean.device())));
        }
    }

    /// Merges the mean and the population variance of a block `[every, R, features]`, by Chan's parallel update.
    fn merge(&mut self, block: &Tensor) {
        let added = block.shape()[0] as f64;
        let mean = block.mean_dim(&[0i64][..], false, Kind::Float);
        let variance = block.var_dim(&[0i64][..], false, false);
        let total = self.count + added;
        let difference = &mean - &self.mean;
        self.mean = &self.mean + &difference * (added / total);
        let squares = &self.variance * self.count
            + variance * added
            + difference.square() * (self.count * added / total);
        self.variance = squares / total;
        self.count = total;
    }

    /// Normalises observations `[R, B, features]` by the current statistics.
    pub fn normalise(&self, observation: &Tensor) -> Tensor {
        match self.normalise {
            Transform::Zscore => self.standardise(observation),
            Transform::Tanh => observation.tanh(),
            Transform::None => observation.shallow_clone(),
        }
    }

    fn standardise(&self, observation: &Tensor) -> Tensor {
        if observation.device() != Device::Cpu {
            let deviation = (&self.variance + f64::from(f32::EPSILON)).sqrt();
            let centred = observation - self.mean.unsqueeze(1);
            return (centred / deviation.unsqueeze(1)).clamp(-self.clip, self.clip);
        }
        let [_, batch, features] = *observation.shape() else {
            panic!(
                "observations are [R, B, features], not {:?}",
                observation.shape()
            )
        };
        let observation = contiguous(observation);
        let variances = values(&self.variance).iter();
        let deviations: Vec<f32> = variances
            .map(|variance| (variance + f32::EPSILON).sqrt())
            .collect();
        let mut normal = empty(observation.shape());
        let (features, each) = (features as usize, (batch * features) as usize);
        let limit = self.clip as f32;
        let replicas = values(&observation)
            .chunks_exact(each)
            .zip(values_mut(&mut normal).chunks_exact_mut(each));
        let known = values(&self.mean)
            .chunks_exact(features)
            .zip(deviations.chunks_exact(features));
        for ((from, to), (mean, deviation)) in replicas.zip(known) {
            for (from, to) in from
                .chunks_exact(features)
                .zip(to.chunks_exact_mut(features))
            {
                for (index, to) in to.iter_mut().enumerate() {
                    *to = ((from[index] - mean[index]) / deviation[index]).clamp(-limit, limit);
                }
            }
        }
        normal
    }
}

impl Stateful for Normaliser {
    fn visit(&mut self, with: &mut StateVisitor<'_>) -> Result<(), Mismatch> {
        with.rows("block", self.mean.count(), &mut self.block)?;
        with.number("count", &mut self.count)?;
        with.tensor("mean", &mut self.mean)?;
        with.tensor("variance", &mut self.variance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Streams;

    #[test]
    fn after_whole_blocks_the_statistics_cover_all_observations() {
        let mut draw = Streams::new(&[1, 2], "test", Device::Cpu);
        let mut normaliser = Normaliser::new(Transform::Zscore, 2, 3, 5, 100.0, Device::Cpu);
        let seen: Vec<Tensor> = (0..20)
            .map(|i| draw.normal(&[2, 3]) * (1.0 + f64::from(i)) + 7.0)
            .collect();
        seen.iter()
            .for_each(|observation| normaliser.observe(observation));
        let all = Tensor::stack(&seen, 0);
        let mean = all.mean_dim(&[0i64][..], false, Kind::Float);
        let variance = all.var_dim(&[0i64][..], false, false);
        // The statistics start at mean 0 and variance 1 with the weight of one float epsilon.
        assert!(normaliser.mean.allclose(&mean, 1e-5, 1e-5, false));
        assert!(normaliser.variance.allclose(&variance, 1e-5, 1e-5, false));
        let normal = normaliser.normalise(&all.transpose(0, 1));
        assert!(normal.mean(Kind::Float).double_value(&[]).abs() < 1e-5);
    }

    #[test]
    fn statistics_do_not_change_within_a_block_and_values_are_clipped() {
        let mut normaliser = Normaliser::new(Transform::Zscore, 1, 1, 50, 3.0, Device::Cpu);
        let observation = Tensor::from_slice(&[10f32]).view([1, 1]);
        (0..49).for_each(|_| normaliser.observe(&observation));
        assert_eq!(
            normaliser
                .normalise(&observation.unsqueeze(1))
                .double_value(&[0, 0, 0]),
            3.0
        );
        normaliser.observe(&observation);
        assert!(
            normaliser
                .normalise(&observation.unsqueeze(1))
                .double_value(&[0, 0, 0])
                .abs()
                < 1e-3
        );
    }

    #[test]
    fn a_normaliser_restored_from_its_statistics_is_identical_to_the_last_bit() {
        let mut draw = Streams::new(&[1, 2], "test", Device::Cpu);
        let somewhere = draw.normal(&[2, 7, 3]) * 3.0;
        for normalise in [Transform::Zscore, Transform::Tanh, Transform::None] {
            let mut one = Normaliser::new(normalise, 2, 3, 4, 2.0, Device::Cpu);
            (0..8).for_each(|_| one.observe(&(draw.normal(&[2, 3]) + 5.0)));
            let told = serde_json::to_string(&one.statistics()).unwrap();
            let told: Vec<Statistics> = serde_json::from_str(&told).unwrap();
            let other = Normaliser::from_statistics(&told, Device::Cpu);
            assert!(
                one.normalise(&somewhere)
                    .equal(&other.normalise(&somewhere))
            );
        }
    }

    #[test]
    fn tanh_and_none_ignore_earlier_observations() {
        let somewhere = Tensor::from_slice(&[-2f32, 0.5, 30.0]).view([1, 1, 3]);
        for (normalise, expected) in [
            (Transform::Tanh, somewhere.tanh()),
            (Transform::None, somewhere.copy()),
        ] {
            let mut normaliser = Normaliser::new(normalise, 1, 3, 1, 3.0, Device::Cpu);
            normaliser.observe(&somewhere.squeeze_dim(0).squeeze_dim(0).unsqueeze(0));
            assert!(normaliser.normalise(&somewhere).equal(&expected));
        }
    }
}
