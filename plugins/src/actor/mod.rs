mod dsqn;
mod ilcsan;
mod mdcsan;
mod mlp;
mod popsan;
mod spiking;
