//! Surrogate gradients. In all of them, `u` is the membrane potential minus the threshold, before the reset. Widths are in
//! units of the membrane potential, heights in inverse units of it.

mod atan;
mod atan_unnormalised;
mod bellec;
mod circ;
mod erf;
mod erf_unnormalised;
mod fake_numerical_gradient;
mod fast_sigmoid;
mod fourier_square_wave;
mod gaussian;
mod leaky_rectangle;
mod leaky_relu;
mod log_tailed_relu;
mod multi_gaussian;
mod normal_density;
mod one_sided_exponential;
mod one_sided_step;
mod piecewise_exponential;
mod piecewise_quadratic;
mod q_pseudo_spike;
mod rectangular;
mod s2nn;
mod sigmoid;
mod sign_log_abs;
mod softsign;
mod sparse_fast_sigmoid;
mod spike_gated;
mod straight_through;
mod superspike_height;
mod tanh;
mod trapezoidal;
mod triangular;
