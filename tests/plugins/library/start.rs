//! A constructor, which runs while the library is loaded and does what `SPIKEBENCH_TEST_START` says.
#![expect(unsafe_code, reason = "a plugin may have any error")]

use std::time::Duration;

#[used]
#[unsafe(link_section = ".init_array")]
static START: extern "C" fn() = start;

extern "C" fn start() {
    match std::env::var("SPIKEBENCH_TEST_START").as_deref() {
        Ok("abort") => std::process::abort(),
        Ok("exit") => std::process::exit(0),
        Ok("hang") => loop {
            std::thread::sleep(Duration::from_secs(1));
        },
        Ok("panic") => panic!("the constructor of the library gave up"),
        // SAFETY: It is not: the process is meant to be killed for it.
        Ok("segfault") => unsafe {
            std::ptr::without_provenance_mut::<u8>(8).write_volatile(1);
        },
        _ => {}
    }
}
