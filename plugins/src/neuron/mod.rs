//! Neuron models. Each time step charges the neuron, lets it fire, and resets it. Unless a model says otherwise, potentials
//! are in units of a threshold of 1, and time constants are in time steps.

mod adaptive_quadratic;
mod alif;
mod clif;
mod complementary_lif;
mod dynamic;
mod exponential;
mod integrate_and_fire;
mod izhikevich;
mod klif;
mod leaky;
mod lif;
mod plif;
mod quadratic;
mod resonate_and_fire;
mod time_constant;
