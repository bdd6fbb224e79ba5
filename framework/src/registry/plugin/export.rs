//! What a library of plugins has beside its components: its stamp, its entry, and the ties to its host.

use std::alloc::{GlobalAlloc, Layout, System};
use std::panic::{self, PanicHookInfo};
use std::sync::OnceLock;

use super::contract::{Handover, Host};
use crate::api::{REGISTRATIONS, Registration};

/// Makes a library of plugins of a package with `crate-type = ["cdylib"]`. It belongs into `src/lib.rs`, once, beside the `mod`
/// lines of the components:
///
/// ```text
/// mod my_surrogate;
///
/// spikebench::plugin!();
/// ```
///
/// The command `spikebench --plugin target/release/libNAME.so list` then lists the components of the library among its own.
#[macro_export]
macro_rules! plugin {
    () => {
        /// Memory comes from the host, so that each side can free what the other one has allocated.
        #[global_allocator]
        static SPIKEBENCH_ALLOCATOR: $crate::registry::plugin::HostAllocator =
            $crate::registry::plugin::HostAllocator;

        #[used]
        #[unsafe(link_section = ".spikebench.stamp")]
        static SPIKEBENCH_STAMP: [u8; $crate::registry::plugin::OWN_STAMP.len()] =
            $crate::registry::plugin::OWN_STAMP;

        #[doc(hidden)]
        #[unsafe(no_mangle)]
        pub fn spikebench_plugin(
            host: &'static $crate::registry::plugin::Host,
        ) -> $crate::registry::plugin::Handover {
            $crate::registry::plugin::enter(host, &SPIKEBENCH_STAMP)
        }
    };
}

/// The host of this copy of the framework, if it is in a library that was loaded.
static HOST: OnceLock<&'static Host> = OnceLock::new();

/// Ties this copy of the framework to its host, and hands the components over. Only [`plugin!`](crate::plugin) calls it;
/// `_stamp` keeps the linker from dropping the section of the stamp.
pub fn enter(host: &'static Host, _stamp: &'static [u8]) -> Handover {
    if HOST.set(host).is_ok() {
        crate::kernel::follow_reference(host.is_reference);
        panic::set_hook(Box::new(hand_over));
    }
    let registrations: Vec<&Registration> = REGISTRATIONS.iter().collect();
    Handover {
        registrations: registrations.leak(),
    }
}

/// Turns a panic of this library into one of its host.
fn hand_over(panic: &PanicHookInfo<'_>) {
    let Some(host) = HOST.get() else { return };
    let payload = panic.payload();
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let message = text.or_else(|| payload.downcast_ref::<&str>().copied());
    let place = panic
        .location()
        .map_or_else(String::new, ToString::to_string);
    let message = message.unwrap_or("without a message").to_owned();
    // The host's panic leaves this hook, and the panic that it was called for never ends. Without this the next panic on the
    // same thread would count as one within the hook, for which Rust aborts.
    let _ = panic::catch_unwind(|| panic::resume_unwind(Box::new(())));
    (host.panic)(&message, &place)
}

/// Allocates memory where the host does. Before a library is entered, and in its own tests, that is the system's allocator.
#[derive(Debug)]
pub struct HostAllocator;

// SAFETY: Both the host's allocator and the system's keep the contract, and `GlobalAlloc`'s conditions are passed on.
unsafe impl GlobalAlloc for HostAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match HOST.get() {
            Some(host) => unsafe { (host.allocate)(layout.size(), layout.align()) },
            None => unsafe { System.alloc(layout) },
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        match HOST.get() {
            Some(host) => unsafe { (host.allocate_zeroed)(layout.size(), layout.align()) },
            None => unsafe { System.alloc_zeroed(layout) },
        }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        match HOST.get() {
            Some(host) => unsafe { (host.reallocate)(memory, layout.size(), layout.align(), size) },
            None => unsafe { System.realloc(memory, layout, size) },
        }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        match HOST.get() {
            Some(host) => unsafe { (host.free)(memory, layout.size(), layout.align()) },
            None => unsafe { System.dealloc(memory, layout) },
        }
    }
}
