mod ilc;
mod membrane;
mod potential;
mod rate;
mod readout;
