//! The passes over the weights in an update: a step of Adam (Kingma and Ba 2015), the norm of a gradient, and the update of a
//! target network.

use crate::formula::{Loop, vectorised};

/// The constants of one step of Adam.
#[derive(Debug, Clone, Copy)]
pub struct AdamStep {
    /// `1 − β₁`, the weight of the new gradient in its running mean.
    pub mean_weight: f32,
    /// `β₂`, the weight of the old mean square.
    pub square_decay: f32,
    /// `1 − β₂`, the weight of the new square.
    pub square_weight: f32,
    /// The learning rate divided by `1 − β₁ᵗ`, which corrects the bias of the mean.
    pub rate: f32,
    /// `1 / √(1 − β₂ᵗ)`, which corrects the bias of the mean square.
    pub scale: f32,
    /// `ε`, added to the root of the mean square.
    pub epsilon: f32,
}

/// Takes one step of Adam. `mean` and `square` are the running means of the gradient and of its square.
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

/// The sum of the squares of some values, in double precision.
pub fn sum_of_squares(values: &[f32]) -> f64 {
    vectorised(Squares(values))
}

struct Squares<'a>(&'a [f32]);

/// Partial sums that are accumulated side by side.
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

/// Moves `target` towards `online` by the fraction `weight` of their distance: Polyak averaging.
pub fn polyak_update(target: &mut [f32], online: &[f32], weight: f32) {
    vectorised(PolyakUpdate {
        target,
        online,
        weight,
    });
}

struct PolyakUpdate<'a> {
    target: &'a mut [f32],
    online: &'a [f32],
    weight: f32,
}

impl Loop for PolyakUpdate<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (target, &online) in self.target.iter_mut().zip(self.online) {
            *target += (online - *target) * self.weight;
        }
    }
}
