//! The machine that computes, as far as the last bits of its results depend on it.

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

/// A kind of machine. All but `cpu` and `host` decides the last bits; of these two no effect is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// The model of the processor, if the system names it.
    pub cpu: Option<String>,
    /// `container`, `virtual machine`, or both, where there are signs of it.
    pub host: Option<String>,
    /// Those instruction sets that this process sees of `fma`, `avx2` and `avx512f`. Libraries choose their programs by them.
    pub features: Vec<String>,
    /// The name and version of the C library, if it can be found out.
    pub c_library: Option<String>,
    /// What the mathematical functions of the C library compute: a hash of their values at fixed points, behind `fma` or
    /// `no fma` where glibc is known to compute with fused multiply-adds or without. Its environment variable
    /// `GLIBC_TUNABLES` can switch them off whatever the processor has.
    pub libm: String,
}

impl Machine {
    /// The machine that runs this process.
    pub fn here() -> &'static Self {
        static HERE: OnceLock<Machine> = OnceLock::new();
        HERE.get_or_init(|| {
            let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
            let c_library = c_library();
            Self {
                cpu: cpu(&processor),
                host: host(&processor),
                features: features(),
                libm: libm(c_library.is_some()),
                c_library,
            }
        })
    }

    /// What decides the last bits of results, in a line.
    pub fn deciding(&self) -> String {
        let c_library = self.c_library.as_deref().unwrap_or("unknown C library");
        format!("{}; {c_library}; {}", self.features_named(), self.libm)
    }

    /// The features in a line: `fma, avx2`.
    pub fn features_named(&self) -> String {
        match self.features.as_slice() {
            [] => "none of fma, avx2, avx512f".to_owned(),
            some => some.join(", "),
        }
    }

    /// Whether the mathematical functions of the C library are known to compute without fused multiply-adds.
    pub fn lacks_fused_libm(&self) -> bool {
        self.libm.starts_with(SEPARATE)
    }
}

/// The model name in the text of `/proc/cpuinfo`, with the numbers that tell models of one name apart.
fn cpu(processor: &str) -> Option<String> {
    let value = |key: &str| {
        let mut fields = processor.lines().filter_map(|line| line.split_once(':'));
        fields.find_map(|(name, value)| (name.trim() == key).then(|| value.trim().to_owned()))
    };
    let name = value("model name")?;
    Some(match (value("cpu family"), value("model")) {
        (Some(family), Some(model)) => format!("{name} (family {family}, model {model})"),
        _ => name,
    })
}

fn host(processor: &str) -> Option<String> {
    let marks = ["/.dockerenv", "/run/.containerenv", "/.singularity.d"];
    let is_contained = marks.iter().any(|mark| Path::new(mark).exists());
    let mut flags = processor.lines().filter(|line| line.starts_with("flags"));
    let is_virtual = flags.any(|line| line.split_whitespace().any(|flag| flag == "hypervisor"));
    let kind = match (is_contained, is_virtual) {
        (true, true) => "container in a virtual machine",
        (true, false) => "container",
        (false, true) => "virtual machine",
        (false, false) => return None,
    };
    Some(kind.to_owned())
}

fn features() -> Vec<String> {
    #[cfg(target_arch = "x86_64")]
    let seen = [
        ("fma", is_x86_feature_detected!("fma")),
        ("avx2", is_x86_feature_detected!("avx2")),
        ("avx512f", is_x86_feature_detected!("avx512f")),
    ];
    #[cfg(not(target_arch = "x86_64"))]
    let seen: [(&str, bool); 0] = [];
    let present = seen.into_iter().filter(|(_, is_present)| *is_present);
    present.map(|(name, _)| name.to_owned()).collect()
}

/// The version of glibc, from the banner in the file that this process has loaded.
fn c_library() -> Option<String> {
    let maps = fs::read_to_string("/proc/self/maps").ok()?;
    let mut paths = maps
        .lines()
        .filter_map(|line| Some(&line[line.find('/')?..]));
    let path = paths.find(|path| path.ends_with("/libc.so.6"))?;
    version_in(&fs::read(path).ok()?)
}

fn version_in(library: &[u8]) -> Option<String> {
    const BANNER: &[u8] = b"stable release version ";
    let mut places = library.windows(BANNER.len());
    let behind = places.position(|bytes| bytes == BANNER)? + BANNER.len();
    let is_part = |byte: &&u8| byte.is_ascii_digit() || **byte == b'.';
    let version: String = library[behind..]
        .iter()
        .take_while(is_part)
        .map(|&byte| char::from(byte))
        .collect();
    let version = version.trim_end_matches('.');
    (!version.is_empty()).then(|| format!("glibc {version}"))
}

const FUSED: &str = "fma";
const SEPARATE: &str = "no fma";

fn libm(is_glibc: bool) -> String {
    // glibc's sine of this number ends in another bit with fused multiply-adds than without.
    let way = match black_box(86.0_f64 / 401.0).sin().to_bits() {
        0x3fcb_3dcd_9b15_b88e if is_glibc => FUSED,
        0x3fcb_3dcd_9b15_b88d if is_glibc => SEPARATE,
        _ => "",
    };
    format!("{way} {}", values_of_libm())
        .trim_start()
        .to_owned()
}

/// A hash of the values of the functions that environments and simulators call, at 400 points each.
fn values_of_libm() -> String {
    type Function<R> = fn(R) -> R;
    const DOUBLE: [Function<f64>; 14] = [
        f64::sin,
        f64::cos,
        f64::tan,
        f64::asin,
        f64::acos,
        f64::atan,
        f64::exp,
        f64::exp_m1,
        f64::ln,
        f64::ln_1p,
        f64::log2,
        f64::tanh,
        |x| x.powf(2.3),
        |x| x.atan2(0.7),
    ];
    const SINGLE: [Function<f32>; 6] = [f32::sin, f32::cos, f32::exp, f32::ln, f32::tanh, |x| {
        x.powf(2.3)
    }];
    let mut hasher = blake3::Hasher::new();
    for point in 1..=400_u16 {
        // The compiler would compute the values of what it knows, with the functions of the machine that it runs on.
        let x = black_box(f64::from(point) / 401.0);
        for function in DOUBLE {
            hasher.update(&function(x).to_le_bytes());
        }
        for function in SINGLE {
            hasher.update(&function(x as f32).to_le_bytes());
        }
    }
    hasher.finalize().to_hex()[..8].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_is_named_as_by_the_system() {
        let text = "processor\t: 0\ncpu family\t: 25\nmodel\t\t: 17\nmodel name\t: AMD EPYC\nflags\t\t: fma hypervisor\n";
        assert_eq!(cpu(text).as_deref(), Some("AMD EPYC (family 25, model 17)"));
        assert_eq!(cpu("processor\t: 0\n"), None);
        assert!(host(text).unwrap().ends_with("virtual machine"));
    }

    #[test]
    fn the_version_of_glibc_is_that_of_its_banner() {
        let library =
            b"\0GNU C Library (Debian GLIBC 2.36-9) stable release version 2.36.\nCopyright\0";
        assert_eq!(version_in(library).as_deref(), Some("glibc 2.36"));
        assert_eq!(version_in(b"musl"), None);
    }

    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[test]
    fn glibc_is_found_and_says_how_it_computes() {
        let here = Machine::here();
        assert!(here.c_library.as_ref().unwrap().starts_with("glibc 2."));
        let (way, hash) = here.libm.rsplit_once(' ').unwrap();
        assert!([FUSED, SEPARATE].contains(&way), "{way}");
        assert_eq!(hash.len(), 8);
    }
}
