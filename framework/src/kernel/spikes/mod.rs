//! Products with spikes: a spike is a bit, and a product is a sum of rows.

mod bits;
mod events;
mod patterns;
mod product;

pub use bits::Bits;
pub use product::spike_product;
