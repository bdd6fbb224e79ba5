//! The contract of a surrogate gradient: a pseudo-derivative of the spike, and nothing else.

use std::fmt::Debug;
use std::sync::Arc;

use tch::Tensor;

use super::ParameterError;
use crate::formula::{Loop, Real, Single, Tape, vectorised};

/// A surrogate gradient. It is pure and elementwise: the result at one position depends only on `u` at that position.
///
/// The step function itself belongs to the framework ([`fire`](crate::network::spike::fire)), so that no surrogate can change
/// when a neuron fires.
pub trait Surrogate: Debug + Send + Sync {
    /// The pseudo-derivative of the spike at `u`, the membrane potential minus the threshold, before reset.
    fn derivative<R: Real>(&self, u: R) -> R;

    /// The integral of [`derivative`](Self::derivative) in closed form, up to a constant, if there is one. It serves plots of
    /// the smoothed step, which are integrated numerically without it.
    fn primitive(&self, _u: f64) -> Option<f64> {
        None
    }

    /// The surrogate after the fraction `progress` of training, if it changes over training. The framework's option `anneal`
    /// provides this for every surrogate.
    fn at_progress(&self, _progress: f64) -> Option<Arc<dyn AnySurrogate>> {
        None
    }

    /// Refuses invalid parameters.
    fn check(&self) -> Result<(), ParameterError> {
        Ok(())
    }
}

/// A [`Surrogate`] whose type is known only at run time. Every surrogate implements it.
pub trait AnySurrogate: Debug + Send + Sync {
    /// The pseudo-derivative at one point.
    fn at(&self, u: f64) -> f64;

    /// The integral in closed form, up to a constant, if there is one.
    fn primitive_at(&self, u: f64) -> Option<f64>;

    /// The surrogate after the fraction `progress` of training, if it changes over training.
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
        // Results go to the stack first. A store to `slopes` could change the surrogate's parameters for all the compiler
        // knows, and they would be read again for every element.

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
