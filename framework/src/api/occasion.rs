//! On what occasion a network is asked: at which moments its observations are made, and whether it is to explore.

use tch::Tensor;

use super::{Noise, Streams};

/// The numbers that make up a moment: the key of a replica's life, the number of the episode, and that of the step in it.
/// They are whole and below 2²⁴, so that single precision has them exactly and they can be kept with transitions.
pub const MOMENT: i64 = 3;

/// Keys are below this.
pub const KEYS: f64 = 16_777_216.0;

/// The draws of streams on one occasion.
#[derive(Debug)]
pub struct Occasion<'d> {
    streams: &'d mut Streams,
    moments: Option<&'d Tensor>,
    explores: bool,
}

impl Streams {
    /// To draw for observations made at these moments, if they are known.
    pub fn at<'d>(&'d mut self, moments: Option<&'d Tensor>) -> Occasion<'d> {
        Occasion {
            explores: self.explores(),
            streams: self,
            moments,
        }
    }

    /// To draw without [exploring](Noise::explores).
    pub fn quietly(&mut self) -> Occasion<'_> {
        Occasion {
            streams: self,
            moments: None,
            explores: false,
        }
    }
}

impl Noise for Occasion<'_> {
    fn uniform(&mut self, shape: &[i64]) -> Tensor {
        self.streams.uniform(shape)
    }

    fn normal(&mut self, shape: &[i64]) -> Tensor {
        self.streams.normal(shape)
    }

    fn explores(&self) -> bool {
        self.explores
    }

    fn moments(&self) -> Option<&Tensor> {
        self.moments
    }
}
