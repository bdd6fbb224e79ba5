//! Statistics over the scores of runs: pure functions on slices.
//!
//! Nothing here opens a file, reads a clock or draws from a global generator: the same numbers (and, for the
//! bootstrap, the same seed) give the same answer to the byte. One file holds one family of methods and names its
//! source.
//!
//! | question | where |
//! |---|---|
//! | what did these runs score? | [`describe`], [`sample_shape`], [`shapiro_wilk`] |
//! | how sure is that number? | [`interval`]s at any level, by [`bootstrap`], [`bca`] or [`expanded_percentile`]; by name, [`interval_method`]; fast for interquartile means, [`iqm_interval`] |
//! | do two sets of runs differ? | [`welch`], [`means`], [`mann_whitney`], [`signed_rank`], [`permutation`], [`brunner_munzel`], [`kolmogorov_smirnov`]; by name, [`test`](mod@test) and [`two_sample`] |
//! | what does a test answer, or why does it not? | [`test_result`], [`test_error`] |
//! | does any of several differ? | [`k_sample`], [`friedman`], then [`post_hoc`] |
//! | and among so many comparisons? | [`correction`], [`family`] |
//! | how good over all tasks? | [`aggregate`], [`bayes`] |
//! | by how much? | [`effect`] |
//! | what did a run score along the way? | [`curve`], [`grid`], [`survival`], [`restricted_mean`], [`stability`] |
//! | what can so few runs show at all? | [`design`], [`power`], [`simulated_power`], [`sequential`] |
//! | do the tests hold what they promise? | [`calibration`] |
//!
//! # What a sample is
//!
//! A *sample* is one number per independent run (a seed), never one per episode or per evaluation of the same run:
//! those are not independent, and every interval and every p value here would be too small. Curves are reduced to one
//! number per run first, by [`curve`].
//!
//! Every value must be a number of magnitude at most [`describe::LARGEST`]. A NaN, an infinity or a larger value is
//! the mark of a diverged run. It makes the answer `None` or an error; it is never passed on, and never silently dropped,
//! because what a failed run counts as is the caller's decision. So every number that is computed from a sample is
//! finite.
//!
//! Two scores are tied if they differ by no more than a few units in the last place of the larger of the two: 0.1 + 0.2
//! and 0.3 are the same score. The other scores do not matter, so that a run that diverged to −10¹⁸ ties no others.

pub mod aggregate;
pub mod bayes;
pub mod bca;
pub mod bootstrap;
pub mod brunner_munzel;
pub mod calibration;
pub mod correction;
pub mod curve;
pub mod describe;
pub mod design;
pub mod effect;
pub mod interval_method;
pub mod iqm_interval;
pub mod parallel;
pub mod family;
pub mod friedman;
pub mod grid;
pub mod interval;
pub mod k_sample;
pub mod kolmogorov_smirnov;
pub mod mann_whitney;
pub mod means;
pub mod moments;
pub mod permutation;
pub mod post_hoc;
pub mod power;
pub mod restricted_mean;
pub mod sample_shape;
pub mod sequential;
pub mod shapiro_wilk;
pub mod signed_rank;
pub mod simulated_power;
pub mod stability;
pub mod expanded_percentile;
pub mod survival;
pub mod test;
pub mod test_error;
pub mod test_result;
pub mod two_sample;
pub mod welch;

mod distributions;
mod pairs;
mod improvement;
mod quadrature;
mod resample_counts;
mod rank;
mod relabelling;
mod student;
mod ties;

#[cfg(test)]
mod golden;
