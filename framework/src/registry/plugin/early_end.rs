//! A component that ends the process must not look like success.

use std::io::{Write, stderr};

/// The exit code of software that does what it must not (`EX_SOFTWARE`), which this program also has for runs that did not
/// finish.
const SOFTWARE: i32 = 70;

/// From now on the process fails if anything in it calls `exit`, with whatever code. The program itself ends by
/// [`signal_hook::low_level::exit`].
pub fn refuse_to_end() {
    extern "C" fn ended() {
        let words = "error: a component or a library called `exit`, which ends this process; nothing that it computed is taken over\n";
        let _ = stderr().write_all(words.as_bytes());
        signal_hook::low_level::exit(SOFTWARE);
    }
    // SAFETY: The function is there as long as the process, and does not unwind.
    let refused = unsafe { libc::atexit(ended) };
    debug_assert_eq!(refused, 0, "the C library remembers at least 32 functions");
}
