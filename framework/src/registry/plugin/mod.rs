//! Plugins: components that are loaded from a shared library at run time.
//!
//! A library is plain machine code, so everything that can be checked is checked before any of it runs. The order is:
//!
//! 1. [`trust`]: nobody else can have written the file.
//! 2. [`library_file`]: it is a shared library for this machine, and has a stamp and a list of components, which are read from
//!    the file.
//! 3. [`stamp`]: it was built with the same compiler, the same public API, the same LibTorch and the same crates, so that Rust
//!    values may cross. Nothing less allows that, and nothing more is asked for.
//! 4. [`trial`]: it is loaded in a child process first.
//! 5. [`load`]: the very bytes that were checked are loaded, and never unloaded.
//!
//! [`export`] is the other side: what the macro [`plugin!`](crate::plugin) puts into a library.
#![expect(
    unsafe_code,
    reason = "a shared library is loaded, and shares its host's memory"
)]

mod contract;
mod early_end;
mod export;
mod image;
mod library_file;
mod load;
mod origin;
mod refusal;
mod stamp;
mod trial;
mod trust;

pub use contract::{ENTRY, Handover, Host};
pub use early_end::refuse_to_end;
pub use export::{HostAllocator, enter};
pub use library_file::{LibraryFile, Listed};
pub use load::{Plugin, PluginFile};
pub use origin::PluginOrigin;
pub use refusal::Refusal;
pub use stamp::{OWN_STAMP, Row, Stamp};
pub use trial::{IMAGE_OPTION, LOADED, TRIAL_VERB, try_in_child};
pub use trust::check_trust;
