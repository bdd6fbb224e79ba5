//! Lets the programs of this package find LibTorch and MuJoCo, and states what they are built from.

fn main() {
    spikebench_build::host();
}
