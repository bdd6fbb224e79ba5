//! Formulas that are written once and run in many ways.
//!
//! A surrogate or a neuron model is a few lines of arithmetic, generic over [`Real`]. Run on [`f64`] they give values for
//! plots and tables, on [`Single`] loops over slices in vector instructions, on [`Dual`] derivatives, and on [`Expr`]
//! tensor operations that LibTorch's autograd differentiates. Nobody writes a backward pass by hand.
//!
//! This module imports nothing from the rest of the framework. Its generic code is compiled in the crate that defines the
//! formula, whichever that is.

mod curve;
mod dual;
mod elementwise;
mod fires_at;
mod real;
mod recurrence;
mod single;
mod trace;
mod variables;
mod vectorise;

pub(crate) use curve::{area, half_width, integral, peak};
pub use dual::Dual;
pub use elementwise::Formula;
pub(crate) use elementwise::{CHUNK, along, along_back};
pub use fires_at::FiresAt;
pub use real::{Arithmetic, Constants, Real};
pub use recurrence::{Adjoint, Connections, Recurrence, SpikeSink};
pub(crate) use recurrence::{Dynamics, run, run_back};
pub use single::Single;
pub use trace::{Expr, Tape, Truth};
pub use variables::Variables;
pub use vectorise::{Instructions, Loop, LoopWith, vectorised, vectorised_with};
