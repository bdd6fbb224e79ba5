//! The pinned wheels. A wheel is a zip file whose name, size and hash do not depend on the local Python.
use std::fmt;

/// One file of the package index.
pub struct Wheel {
    pub package: &'static str,
    pub version: &'static str,
    pub file: &'static str,
    /// Size of the download.
    pub bytes: u64,
    pub sha256: &'static str,
    /// Disk space of the files taken from it, rounded up.
    pub unpacked: u64,
    /// What is taken from it: (name in the wheel, name in the target folder). A name that is empty or ends
    /// in `/` stands for everything below it.
    pub takes: &'static [(&'static str, &'static str)],
}

/// LibTorch for the CPU only. The index offers only the CUDA build, whose `libtorch_cpu.so` needs two small
/// CUDA libraries even where there is no GPU.
pub const LIBTORCH: [Wheel; 3] = [
    Wheel {
        package: "torch",
        version: "2.11.0",
        file: "torch-2.11.0-cp311-cp311-manylinux_2_28_x86_64.whl",
        bytes: 530_604_548,
        sha256: "7aa2f9bbc6d4595ba72138026b2074be1233186150e9292865e04b7a63b8c67a",
        unpacked: 515_000_000,
        takes: &[
            ("torch/include/", "include/"),
            ("torch/lib/libc10.so", "lib/libc10.so"),
            ("torch/lib/libtorch_cpu.so", "lib/libtorch_cpu.so"),
            ("torch/lib/libgomp.so.1", "lib/libgomp.so.1"),
        ],
    },
    Wheel {
        package: "nvidia-cuda-runtime",
        version: "13.0.96",
        file: "nvidia_cuda_runtime-13.0.96-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
        bytes: 2_243_632,
        sha256: "7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548",
        unpacked: 710_000,
        takes: &[("nvidia/cu13/lib/libcudart.so.13", "lib/libcudart.so.13")],
    },
    Wheel {
        package: "nvidia-cuda-cupti",
        version: "13.0.85",
        file: "nvidia_cuda_cupti-13.0.85-py3-none-manylinux_2_25_x86_64.whl",
        bytes: 10_715_597,
        sha256: "4eb01c08e859bf924d222250d2e8f8b8ff6d3db4721288cf35d14252a4d933c8",
        unpacked: 4_160_000,
        takes: &[("nvidia/cu13/lib/libcupti.so.13", "lib/libcupti.so.13")],
    },
];

/// The model files of the MuJoCo tasks.
pub const GYMNASIUM: Wheel = Wheel {
    package: "gymnasium",
    version: "1.4.0",
    file: "gymnasium-1.4.0-py3-none-any.whl",
    bytes: 476_306,
    sha256: "1cb947c59e7c72d8eabb2c2274c00cd20948e69f8452a9ef4092223be24fdf0e",
    unpacked: 2_200_000,
    takes: &[("", "")],
};

/// MuJoCo's physics library.
pub const MUJOCO: Wheel = Wheel {
    package: "mujoco",
    version: "3.3.7",
    file: "mujoco-3.3.7-cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl",
    bytes: 6_783_128,
    sha256: "9371506f0df2d82152685fc8d38465843abcea8d371745ea7c125001e8f3f2d8",
    unpacked: 21_500_000,
    takes: &[("", "")],
};

/// HyperQueue, with its server and its workers in a library for Python, for the tests of clusters.
pub const HYPERQUEUE: [Wheel; 3] = [
    Wheel {
        package: "hyperqueue",
        version: "0.27.0",
        file: "hyperqueue-0.27.0-cp39-abi3-manylinux_2_28_x86_64.whl",
        bytes: 9_284_500,
        sha256: "4d97be83ee737d946728bbc66932fcc7ad5a48fb0e3d7f96aa39279b8e27a505",
        unpacked: 31_400_000,
        takes: &[("", "")],
    },
    Wheel {
        package: "cloudpickle",
        version: "3.1.3",
        file: "cloudpickle-3.1.3-py3-none-any.whl",
        bytes: 22_399,
        sha256: "1654f4f18e416447210a63c5c25a135d65a292156aa5fa519dfa4baf7726dddb",
        unpacked: 70_000,
        takes: &[("", "")],
    },
    Wheel {
        package: "tqdm",
        version: "4.70.1",
        file: "tqdm-4.70.1-py3-none-any.whl",
        bytes: 80_199,
        sha256: "c293e525e6fef9c20e8728fd4612df02a0aa31bb5fe91ecd93e123b1b7bffa73",
        unpacked: 240_000,
        takes: &[("", "")],
    },
];

/// Every pinned wheel.
pub fn all() -> impl Iterator<Item = &'static Wheel> {
    LIBTORCH
        .iter()
        .chain([&GYMNASIUM, &MUJOCO])
        .chain(&HYPERQUEUE)
}

impl Wheel {
    /// The platform tags in the file name, as pip's `--platform` wants them.
    pub fn platforms(&self) -> impl Iterator<Item = &'static str> {
        let name = self.file.trim_end_matches(".whl");
        let tags = name.rsplit('-').next().unwrap_or_default();
        tags.split('.').filter(|tag| *tag != "any")
    }

    /// The line that pins the wheel in a requirements file.
    pub fn requirement(&self) -> String {
        format!(
            "{}=={} --hash=sha256:{}\n",
            self.package, self.version, self.sha256
        )
    }

    /// One line that changes whenever the folder made from this wheel would change.
    pub fn stamp(&self) -> String {
        let takes: Vec<String> = self
            .takes
            .iter()
            .map(|(from, to)| format!("{from}=>{to}"))
            .collect();
        format!("{} {} {}", self.sha256, self.file, takes.join(" "))
    }
}

impl fmt::Display for Wheel {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.package, self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wheel_is_pinned_to_a_fixed_file() {
        for wheel in all() {
            let name = format!("{}-{}-", wheel.package.replace('-', "_"), wheel.version);
            assert!(wheel.file.starts_with(&name), "{wheel}");
            assert_eq!(wheel.sha256.len(), 64, "{wheel}");
        }
    }

    #[test]
    fn platform_tags_come_from_the_file_name() {
        let tags: Vec<_> = MUJOCO.platforms().collect();
        assert_eq!(tags, ["manylinux_2_27_x86_64", "manylinux_2_28_x86_64"]);
        assert_eq!(GYMNASIUM.platforms().count(), 0);
    }
}
