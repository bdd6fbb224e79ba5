//! The neurons that are computed together.

/// The number of neurons that are computed together: their variables fit into the first-level cache.
pub(super) const CHUNK: usize = 256;

/// One variable of a chunk of neurons.
pub(super) type Row = [f32; CHUNK];
