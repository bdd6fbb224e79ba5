mod direct;
mod latency;
mod linear;
mod poisson;
mod population;
mod spikes;
