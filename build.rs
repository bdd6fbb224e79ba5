//! See [`spikebench_build::host`].

fn main() {
    // For the benchmark of MuJoCo alone.
    if let Ok(assets) = std::env::var("DEP_SPIKEBENCH_PLUGINS_ASSETS") {
        println!("cargo::rustc-env=SPIKEBENCH_ASSETS_DEFAULT={assets}");
    }
    spikebench_build::host();
}
