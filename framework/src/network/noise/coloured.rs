//! Coloured noise with a memory that is stored nowhere: its value at any step of any episode can be recomputed.

use std::sync::OnceLock;

use rand_core::RngCore;
use rand_distr::{Distribution, StandardNormal};
use tch::{Kind, Tensor};

use crate::api::generator;
use crate::formula::{Loop, vectorised};
use crate::kernel::{empty, values, values_mut};
use crate::network::noise::moments::Moments;

/// Normal noise of variance one whose power falls with the frequency `f` as `1/f^colour`, exactly so over `length` samples.
/// The constant component, whose power would be infinite, has that of the lowest frequency.
///
/// The samples come from a table of series that are generated from their spectrum (Timmer and König 1995). The table is
/// the same in every run: it is part of the definition of the noise. A series generated like this is periodic, its end
/// continues with its first sample. What sixteen neighbouring neurons see in an episode are sixteen of these series, from some
/// sample on, each with either sign; which ones, from where and with which signs is drawn for these neurons and that episode.
/// The noise of a step therefore costs no more than a lookup. It repeats after `length` samples.
#[derive(Debug)]
pub struct Coloured {
    colour: f64,
    length: usize,
    /// Samples per environment step, `T`.
    steps: usize,
    table: OnceLock<Vec<f32>>,
}

/// A table holds at least as many series as make up this many samples, about four megabytes.
const SAMPLES: usize = 1 << 20;
/// The number of neurons that see a common part of the table.
const GROUP: usize = 16;
/// If a group of series makes up more samples than this, every neuron sees a part of its own, and one series may be enough.
const LARGEST: usize = 1 << 24;

impl Coloured {
    /// Noise with `steps` samples in each environment step, which repeats after `memory` environment steps.
    pub fn new(colour: f64, memory: usize, steps: usize) -> Self {
        Self {
            colour,
            length: memory * steps,
            steps,
            table: OnceLock::new(),
        }
    }

    /// The noise at a place in a network at these moments, times a factor, `[R, T, B, neurons]` in main memory.
    pub fn at(&self, place: &str, moments: &Moments, neurons: i64, factor: f64) -> Tensor {
        let Moments {
            replicas, batch, ..
        } = *moments;
        let place = generator(0, place).next_u64();
        let shape = [replicas as i64, self.steps as i64, batch as i64, neurons];
        let mut noise = empty(&shape);
        let part = Part {
            place,
            coloured: self,
            table: self.table.get_or_init(|| self.table()),
            moments,
            neurons: neurons as usize,
            factor: factor as f32,
            out: values_mut(&mut noise),
        };
        match self.group() {
            GROUP => vectorised(LookUp::<GROUP>(part)),
            _ => vectorised(LookUp::<1>(part)),
        }
        noise
    }

    /// The number of neurons that see a common part of the table.
    fn group(&self) -> usize {
        if self.length <= LARGEST / GROUP {
            GROUP
        } else {
            1
        }
    }

    /// `[series / group, samples, group]`: the samples of each group of series side by side. After the last sample follow as
    /// many of the first as the last step may need.
    fn table(&self) -> Vec<f32> {
        let length = self.length as i64;
        let group = self.group();
        let series = SAMPLES.div_ceil(self.length).next_multiple_of(group);
        let mut draw = generator(0, "coloured noise");
        let white: Vec<f64> = (0..series * self.length)
            .map(|_| StandardNormal.sample(&mut draw))
            .collect();
        let amplitude: Vec<f64> = (0..=self.length / 2)
            .map(|frequency| (frequency.max(1) as f64).powf(-self.colour / 2.0))
            .collect();
        let waves = Tensor::from_slice(&white)
            .view([-1, length])
            .fft_rfft(None, 1, "backward");
        // At each frequency the series together have exactly the power that they should have.
        let power = waves.abs().square();
        let power = power.mean_dim(&[0i64][..], true, Kind::Double);
        let waves = waves * (Tensor::from_slice(&amplitude) / power.sqrt());
        let coloured = waves.fft_irfft(length, 1, "backward");
        let coloured = &coloured / coloured.square().mean(Kind::Double).sqrt();
        let again = coloured.narrow(1, 0, self.steps as i64 - 1);
        let table = Tensor::cat(&[&coloured, &again], 1).to_kind(Kind::Float);
        let grouped = table.unflatten(0, [-1, group as i64]).transpose(1, 2);
        values(&grouped.contiguous()).to_vec()
    }
}

/// What is looked up for a part of a network.
struct Part<'a> {
    /// A random number that belongs to the part.
    place: u64,
    coloured: &'a Coloured,
    table: &'a [f32],
    moments: &'a Moments,
    neurons: usize,
    factor: f32,
    /// `[R, T, B, neurons]`
    out: &'a mut [f32],
}

/// The lookup for `N` neurons at a time.
struct LookUp<'a, const N: usize>(Part<'a>);

impl<const N: usize> Loop for LookUp<'_, N> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Part {
            moments,
            neurons,
            factor,
            out,
            ..
        } = self.0;
        let Coloured { length, steps, .. } = *self.0.coloured;
        let (table, _) = self.0.table.as_chunks::<N>();
        let each = length + steps - 1;
        let groups = (table.len() / each) as u64;
        for (index, moment) in moments.each.iter().enumerate() {
            let seed = mixed(self.0.place ^ moment.episode);
            let draw =
                |number: usize| mixed(seed.wrapping_add((number as u64 + 1).wrapping_mul(GOLDEN)));
            let since = moment.step * steps % length;
            let first = index / moments.batch * steps * moments.batch + index % moments.batch;
            for (group, neuron) in (0..neurons).step_by(N).enumerate() {
                let [word, signs] = [draw(2 * group), draw(2 * group + 1)];
                let own = ((word >> 32) * groups) >> 32;
                let begin = ((word & 0xffff_ffff) * length as u64) >> 32;
                let now = begin as usize + since;
                let now = if now >= length { now - length } else { now };
                let mut factors = [factor; N];
                for (neuron, factor) in factors.iter_mut().enumerate() {
                    if signs >> neuron & 1 == 1 {
                        *factor = -*factor;
                    }
                }
                let samples = &table[own as usize * each + now..][..steps];
                for (step, samples) in samples.iter().enumerate() {
                    let here = N.min(neurons - neuron);
                    let out = &mut out[(first + step * moments.batch) * neurons + neuron..][..here];
                    let mut noise = [0.0; N];
                    for ((noise, sample), factor) in noise.iter_mut().zip(samples).zip(&factors) {
                        *noise = factor * sample;
                    }
                    match <&mut [f32; N]>::try_from(&mut *out) {
                        Ok(out) => *out = noise,
                        Err(_) => out.copy_from_slice(&noise[..here]),
                    }
                }
            }
        }
    }
}

/// 2⁶⁴ divided by the golden ratio.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// The output of SplitMix64 in a state (Steele, Lea and Flood 2014): all its bits depend on all bits of the state.
#[inline(always)]
fn mixed(state: u64) -> u64 {
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One replica's step keys `[1, B, 3]`.
    fn keys(of: &[[f32; 3]]) -> Tensor {
        Tensor::from_slice(&of.concat()).view([1, -1, 3])
    }

    /// The moments of one replica.
    fn moments(of: &[[f32; 3]]) -> Moments {
        Moments::of(&keys(of))
    }

    /// The noise of 300 neurons over the 2¹² time steps of an episode of 512 steps, `[2¹², 300]`.
    fn episode(coloured: &Coloured, number: f32) -> Tensor {
        let steps: Vec<[f32; 3]> = (0..512).map(|step| [9.0, number, step as f32]).collect();
        let noise = coloured.at("here", &moments(&steps), 300, 1.0);
        noise.squeeze_dim(0).transpose(0, 1).reshape([4096, 300])
    }

    #[test]
    fn the_power_falls_with_the_frequency_over_a_whole_episode() {
        for colour in [0.0, 1.0, 2.0] {
            let coloured = Coloured::new(colour, 512, 8);
            let power = (0..4).map(|number| {
                let waves = episode(&coloured, number as f32).fft_rfft(None, 0, "ortho");
                waves
                    .abs()
                    .square()
                    .mean_dim(&[1i64][..], false, Kind::Float)
            });
            let power = Tensor::stack(&power.collect::<Vec<_>>(), 0);
            let power = power.mean_dim(&[0i64][..], false, Kind::Double);
            let expected: Vec<f64> = (0..=2048)
                .map(|wave: i32| f64::from(wave.max(1)).powf(-colour))
                .collect();
            let twice: f64 = expected[1..2048].iter().sum();
            let scale = 4096.0 / (expected[0] + 2.0 * twice + expected[2048]);
            // Octave by octave, up to half a period per time step.
            for octave in 0..11 {
                let (begin, length) = (1 << octave, 1 << octave);
                let found = power
                    .narrow(0, begin, length)
                    .sum(Kind::Double)
                    .double_value(&[]);
                let band = &expected[begin as usize..][..length as usize];
                let ratio = found / (scale * band.iter().sum::<f64>());
                println!("colour {colour}, octave {octave}: {ratio:.3}");
                let tolerance = if octave < 3 { 0.1 } else { 0.03 };
                assert!(
                    (ratio - 1.0).abs() < tolerance,
                    "{colour}, {octave}: {ratio}"
                );
            }
        }
    }

    /// The correlation of the noise of many neurons between two environment steps, at these time steps within them.
    fn correlation(colour: f64, one: ([f32; 3], i64), other: ([f32; 3], i64)) -> f64 {
        let coloured = Coloured::new(colour, 1000, 5);
        let noise = coloured.at("here", &moments(&[one.0, other.0]), 40_000, 2.0);
        let at = |row: i64, step: i64| noise.select(0, 0).select(0, step).select(0, row);
        let of = |a: &Tensor, b: &Tensor| (a * b).mean(Kind::Double).double_value(&[]) / 4.0;
        let (one, other) = (at(0, one.1), at(1, other.1));
        let variance = of(&one, &one);
        assert!((variance - 1.0).abs() < 0.04, "{variance}");
        of(&one, &other)
    }

    #[test]
    fn the_noise_persists_through_an_episode_and_starts_anew_with_the_next() {
        let now = [9.0, 3.0, 7.0];
        let within = correlation(1.0, (now, 0), (now, 1));
        let across = correlation(1.0, (now, 4), ([9.0, 3.0, 8.0], 0));
        assert!((within - across).abs() < 0.02, "{within} {across}");
        assert!(across > 0.7, "{across}");
        let later = correlation(1.0, (now, 0), ([9.0, 3.0, 27.0], 0));
        assert!(later > 0.2 && later < across, "{later}");
        for elsewhere in [[9.0, 4.0, 7.0], [10.0, 3.0, 7.0]] {
            let none = correlation(1.0, (now, 0), (elsewhere, 0));
            assert!(none.abs() < 0.02, "{elsewhere:?}: {none}");
        }
        let white = correlation(0.0, (now, 4), ([9.0, 3.0, 8.0], 0));
        assert!(white.abs() < 0.02, "{white}");
        assert!(correlation(1.0, (now, 2), ([9.0, 3.0, 1007.0], 2)) > 0.9);
    }

    #[test]
    fn the_noise_of_a_step_is_always_the_same_whatever_else_is_asked_for() {
        let all = [[1.0, 2.0, 3.0], [1.0, 2.0, 4.0], [5.0, 0.0, 9.0]];
        let together = Coloured::new(1.0, 20, 3).at("here", &moments(&all), 6, 0.5);
        for (row, &alone) in all.iter().enumerate() {
            let alone = Coloured::new(1.0, 20, 3).at("here", &moments(&[alone]), 6, 0.5);
            assert!(together.narrow(2, row as i64, 1).equal(&alone));
        }
        let two = Moments::of(&keys(&all[..2]).view([2, 1, 3]));
        let replicas = Coloured::new(1.0, 20, 3).at("here", &two, 6, 0.5);
        assert!(replicas.transpose(0, 2).equal(&together.narrow(2, 0, 2)));
        let shortest = Coloured::new(1.0, 1, 1).at("here", &moments(&all), 1000, 1.0);
        assert!((shortest.std(true).double_value(&[]) - 1.0).abs() < 0.05);
        let elsewhere = Coloured::new(1.0, 20, 3).at("there", &moments(&all), 6, 0.5);
        assert!((elsewhere - together).abs().min().double_value(&[]) > 0.0);
    }
}
