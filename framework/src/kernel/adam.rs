//! One pass over memory for a step of Adam, and one for a target update.

use crate::api::{Loop, vectorised};

/// The constants of one step of Adam.
#[derive(Debug, Clone, Copy)]
pub struct AdamStep {
    /// `1 − β₁`: the weight of the new gradient in its running mean.
    pub mean_weight: f32,
    /// `β₂`
    pub square_decay: f32,
    /// `1 − β₂`
    pub square_weight: f32,
    /// The learning rate over the correction of the mean's beginning at zero.
    pub rate: f32,
    /// One over the root of the correction of the mean square's beginning at zero.
    pub scale: f32,
    /// Added to the root of the mean square.
    pub epsilon: f32,
}

/// One step of Adam over values, their gradient, and its running means.
pub fn adam(
    step: AdamStep,
    values: &mut [f32],
    gradient: &[f32],
    mean: &mut [f32],
    square: &mut [f32],
) {
    vectorised(Adam {
        step,
        values,
        gradient,
        mean,
        square,
    });
}

struct Adam<'a> {
    step: AdamStep,
    values: &'a mut [f32],
    gradient: &'a [f32],
    mean: &'a mut [f32],
    square: &'a mut [f32],
}

impl Loop for Adam<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let AdamStep {
            mean_weight,
            square_decay,
            square_weight,
            rate,
            scale,
            epsilon,
        } = self.step;
        let moving = self.mean.iter_mut().zip(self.square).zip(self.values);
        for (((mean, square), value), &gradient) in moving.zip(self.gradient) {
            *mean += (gradient - *mean) * mean_weight;
            *square = *square * square_decay + gradient * (gradient * square_weight);
            *value -= *mean / (square.sqrt() * scale + epsilon) * rate;
        }
    }
}

/// The sum of the squares of some values.
pub fn squares(values: &[f32]) -> f64 {
    vectorised(Squares(values))
}

struct Squares<'a>(&'a [f32]);

/// Sums that run side by side.
const SUMS: usize = 16;

impl Loop for Squares<'_> {
    type Output = f64;

    #[inline(always)]
    fn run(self) -> f64 {
        let mut sums = [0.0f64; SUMS];
        let (rows, rest) = self.0.as_chunks::<SUMS>();
        for row in rows {
            for (sum, &value) in sums.iter_mut().zip(row) {
                *sum += f64::from(value) * f64::from(value);
            }
        }
        let rest = rest
            .iter()
            .map(|&value| f64::from(value) * f64::from(value));
        sums.iter().sum::<f64>() + rest.sum::<f64>()
    }
}

/// Moves `target` towards `online` by the fraction `weight` of the distance.
pub fn follow(target: &mut [f32], online: &[f32], weight: f32) {
    vectorised(Follow {
        target,
        online,
        weight,
    });
}

struct Follow<'a> {
    target: &'a mut [f32],
    online: &'a [f32],
    weight: f32,
}

impl Loop for Follow<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (target, &online) in self.target.iter_mut().zip(self.online) {
            *target += (online - *target) * self.weight;
        }
    }
}
