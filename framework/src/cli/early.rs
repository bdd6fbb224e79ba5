//! What the program does before LibTorch is initialised.
//!
//! The initialisers of LibTorch's libraries register some thousand operators, which takes longer than most commands that
//! need no tensor. The loader of Linux calls the functions in the section `.preinit_array` of a program before those
//! initialisers; where it does not, the same commands run after them, and only take longer. The registry of components is ready
//! by then, because the linker makes it.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::panic;
use std::sync::Arc;

use signal_hook::consts::SIGPIPE;

use crate::cli::command;

/// Makes a program answer at once where no tensor is needed, such as `spikebench compare`. It belongs beside a `main` that calls
/// [`spikebench::cli::main`](crate::cli::main) and does nothing else.
#[macro_export]
macro_rules! answer_early {
    () => {
        #[cfg(target_os = "linux")]
        #[used]
        #[unsafe(link_section = ".preinit_array")]
        static ANSWER_EARLY: extern "C" fn() = $crate::cli::answer_early;
    };
}

/// Makes the `main` of a host: the `spikebench` command with the components that its package has or links.
///
/// ```text
/// mod my_surrogate;
/// use spikebench_plugins as _;
/// spikebench::host!();
/// ```
///
/// Its build script calls `spikebench_build::host()`. An update of a small network allocates as long as it computes, so
/// `host!(allocator = mimalloc::MiMalloc);` makes it faster if the package depends on the crate `mimalloc` with the feature
/// `override`, which serves LibTorch as well.
#[macro_export]
macro_rules! host {
    ($(allocator = $allocator:path)?) => {
        $(
            #[global_allocator]
            static ALLOCATOR: $allocator = $allocator;
        )?

        $crate::answer_early!();

        fn main() {
            // The build script states the revisions.
            let revision = option_env!("SPIKEBENCH_REVISION");
            let package = concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION"));
            $crate::cli::main(revision.unwrap_or(package));
        }
    };
}

/// Runs the command if it needs no tensor, and ends the process; otherwise it does nothing. Only
/// [`answer_early!`](crate::answer_early) has it called.
pub extern "C" fn answer_early() {
    // The standard library has not been initialised and knows no arguments.
    let Ok(line) = fs::read("/proc/self/cmdline") else {
        return;
    };
    let arguments = line
        .split(|&byte| byte == 0)
        .map(|argument| OsString::from_vec(argument.to_vec()));
    let mut arguments: Vec<OsString> = arguments.collect();
    // Every argument ends in a zero.
    arguments.pop();
    // A reader that has seen enough is an error of a write, as it is in every Rust program, and not the end of the process.
    if signal_hook::flag::register(SIGPIPE, Arc::default()).is_ok() {
        // A component that needs LibTorch after all panics. It is served by `main`, which also shows panics that have other reasons.
        let hook = panic::take_hook();
        panic::set_hook(Box::new(|_| {}));
        let _ = panic::catch_unwind(|| command::answer_early(arguments));
        panic::set_hook(hook);
    }
}
