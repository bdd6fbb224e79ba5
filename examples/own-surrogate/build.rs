//! Lets the program find LibTorch (and MuJoCo, if spikebench-plugins has that feature) at run time.

fn main() {
    let folders = std::env::var_os("DEP_SPIKEBENCH_PLUGINS_LIBRARIES").unwrap_or_default();
    for folder in std::env::split_paths(&folders) {
        println!("cargo::rustc-link-arg=-Wl,-rpath,{}", folder.display());
    }
}
