//! See [`spikebench_build::host`].

fn main() {
    spikebench_build::host();
}
