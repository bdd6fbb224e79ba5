//! What a host and a plugin hand to each other. Everything else crosses in the traits of [`api`](crate::api).

use crate::api::Registration;

/// The section of a library that holds its stamp.
pub const STAMP_SECTION: &str = ".spikebench.stamp";

/// The section of a library that holds a line for each of its components.
pub const COMPONENT_SECTION: &str = ".spikebench.components";

/// The name of the function that a host calls once, when it has loaded a library.
pub const ENTRY: &str = "spikebench_plugin";

/// The signature of that function. It has Rust's own convention for calls: the stamp has shown that both sides have the same.
pub type Enter = fn(&'static Host) -> Handover;

/// What a host gives a plugin. A plugin has its own copy of the standard library and of the framework; with these functions
/// the copies act as one.
#[derive(Debug)]
pub struct Host {
    /// Allocates memory, as `std::alloc::alloc` does. Memory that one side allocates may be freed by the other.
    pub allocate: unsafe fn(usize, usize) -> *mut u8,
    /// Allocates memory and fills it with zeros.
    pub allocate_zeroed: unsafe fn(usize, usize) -> *mut u8,
    /// Changes the size of allocated memory.
    pub reallocate: unsafe fn(*mut u8, usize, usize, usize) -> *mut u8,
    /// Frees allocated memory.
    pub free: unsafe fn(*mut u8, usize, usize),
    /// Panics in the host with the message and the place of a panic in the plugin. Rust aborts when a panic of one copy of
    /// the standard library reaches another one.
    pub panic: fn(&str, &str) -> !,
    /// Whether this thread computes with LibTorch's operations alone.
    pub is_reference: fn() -> bool,
}

/// What a plugin gives its host.
#[derive(Debug)]
pub struct Handover {
    /// Its components.
    pub registrations: &'static [&'static Registration],
}
