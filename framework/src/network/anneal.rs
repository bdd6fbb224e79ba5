//! Annealing: the training loop reports its progress once per step, and annealed surrogates follow it without being told
//! by their networks.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tch::Tensor;

use crate::api::AnySurrogate;

/// The fraction of a training run that is done, from 0 to 1. Clones share one value.
#[derive(Debug, Clone, Default)]
pub struct Progress(Arc<AtomicU64>);

impl Progress {
    /// Reports that `step` of `steps` environment steps are done.
    pub fn tell(&self, step: u64, steps: u64) {
        let done = step as f64 / steps.max(1) as f64;
        self.0.store(done.to_bits(), Ordering::Relaxed);
    }

    /// The fraction that is done.
    pub fn done(&self) -> f64 {
        f64::from_bits(self.0.load(Ordering::Relaxed))
    }

    /// The same surrogate, annealed with this progress if it has a schedule.
    pub fn followed_by(&self, surrogate: Arc<dyn AnySurrogate>) -> Arc<dyn AnySurrogate> {
        if surrogate.after(0.0).is_none() {
            return surrogate;
        }
        Arc::new(Following {
            surrogate,
            progress: self.clone(),
        })
    }
}

#[derive(Debug)]
struct Following {
    surrogate: Arc<dyn AnySurrogate>,
    progress: Progress,
}

impl Following {
    fn now(&self) -> Arc<dyn AnySurrogate> {
        let now = self.surrogate.after(self.progress.done());
        now.unwrap_or_else(|| self.surrogate.clone())
    }
}

impl AnySurrogate for Following {
    fn at(&self, u: f64) -> f64 {
        self.now().at(u)
    }

    fn primitive_at(&self, u: f64) -> Option<f64> {
        self.now().primitive_at(u)
    }

    fn after(&self, progress: f64) -> Option<Arc<dyn AnySurrogate>> {
        self.surrogate.after(progress)
    }

    fn on_slice(&self, u: &[f32], slopes: &mut [f32]) {
        self.now().on_slice(u, slopes);
    }

    fn on_tensor(&self, u: &Tensor) -> Tensor {
        self.now().on_tensor(u)
    }
}
