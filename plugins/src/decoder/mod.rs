mod ilc;
mod integrators;
mod membrane;
mod potential;
mod rate;
mod readout;
mod shared_rates;
