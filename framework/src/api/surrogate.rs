//! What a surrogate is: the pseudo-derivative of the spike, nothing else.

use std::fmt::Debug;
use std::sync::Arc;

use tch::Tensor;

use super::cpu::{Loop, vectorised};
use super::{ParameterError, Real, Single, Tape};

/// A surrogate gradient. Elementwise and pure: the result at one position depends on `u` at that position only.
///
/// The step itself belongs to the framework ([`fire`](crate::network::spike::fire)), so that no surrogate can change
/// when a neuron fires.
pub trait Surrogate: Debug + Send + Sync {
    /// The pseudo-derivative of the spike at `u`, the membrane potential minus the threshold, before reset.
    fn derivative<R: Real>(&self, u: R) -> R;

    /// A closed form of the integral of [`derivative`](Self::derivative), up to a constant, where there is one. For
    /// plots of the smoothed step; without it they are integrated numerically.
    fn primitive(&self, _u: f64) -> Option<f64> {
        None
    }

    /// What it is after that part of training, from 0 to 1, if it changes over training. The framework's option
    /// `anneal` does this for every surrogate.
    fn at_progress(&self, _progress: f64) -> Option<Arc<dyn AnySurrogate>> {
        None
    }

    /// Refuses parameters that make no sense.
    fn check(&self) -> Result<(), ParameterError> {
        Ok(())
    }
}

/// A [`Surrogate`] whose type is known only at run time. Every surrogate is one by itself.
pub trait AnySurrogate: Debug + Send + Sync {
    /// The pseudo-derivative at one point.
    fn at(&self, u: f64) -> f64;

    /// Its integral in closed form, up to a constant, if there is one.
    fn primitive_at(&self, u: f64) -> Option<f64>;

    /// What it is after that part of training, if it changes over training.
    fn after(&self, progress: f64) -> Option<Arc<dyn AnySurrogate>>;

    /// The pseudo-derivative at every element of a slice.
    fn on_slice(&self, u: &[f32], slopes: &mut [f32]);

    /// The pseudo-derivative at every element of a tensor.
    fn on_tensor(&self, u: &Tensor) -> Tensor;
}

impl<S: Surrogate> AnySurrogate for S {
    fn at(&self, u: f64) -> f64 {
        self.derivative(u)
    }

    fn primitive_at(&self, u: f64) -> Option<f64> {
        self.primitive(u)
    }

    fn after(&self, progress: f64) -> Option<Arc<dyn AnySurrogate>> {
        self.at_progress(progress)
    }

    fn on_slice(&self, u: &[f32], slopes: &mut [f32]) {
        vectorised(Slopes {
            surrogate: self,
            u,
            slopes,
        });
    }

    fn on_tensor(&self, u: &Tensor) -> Tensor {
        let tape = Tape::default();
        self.derivative(tape.operand(u)).tensor(u)
    }
}

struct Slopes<'a, S> {
    surrogate: &'a S,
    u: &'a [f32],
    slopes: &'a mut [f32],
}

impl<S: Surrogate> Loop for Slopes<'_, S> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        // Into a place that nothing else can be, so that the parameters need not be read again for every element.
        const CHUNK: usize = 128;
        let mut here = [0.0; CHUNK];
        for (slopes, u) in self.slopes.chunks_mut(CHUNK).zip(self.u.chunks(CHUNK)) {
            for (slope, &u) in here.iter_mut().zip(u) {
                *slope = self.surrogate.derivative(Single(u)).0;
            }
            slopes.copy_from_slice(&here[..slopes.len()]);
        }
    }
}
