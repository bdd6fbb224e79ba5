//! What made the records of a report, in words.

use std::collections::BTreeMap;

use crate::run::record::{Difference, Machine, Made, Provenance, differences};

/// The versions, the device and the machine that made the records, and in what they differ.
pub fn provenance(all: &[Made]) -> String {
    let groups = groups(all);
    let list: Vec<String> = match groups.as_slice() {
        [] => return "Made by: no run yet.".into(),
        [one] => vec![one.description()],
        several => several
            .iter()
            .map(|group| format!("{}: {}", group.environments.join(", "), group.description()))
            .collect(),
    };
    let (decisive, harmless): (Vec<_>, Vec<_>) = differences(all)
        .into_iter()
        .partition(|difference| difference.changes_numbers);
    let mut text = "Made by".to_owned();
    if !decisive.is_empty() {
        let said: Vec<String> = decisive.iter().map(differs).collect();
        text += &format!(" a mixture that can change numbers ({})", said.join("; "));
    }
    text += &format!(": {}.", list.join("; "));
    if !harmless.is_empty() {
        let named: Vec<&str> = harmless
            .iter()
            .map(|difference| difference.what.as_str())
            .collect();
        let named = named.join(" and ");
        text += &format!(
            " Runs of one environment differ in {named}, which alone is not known to change numbers."
        );
    }
    text + &plugins(all)
}

/// The plugins that components were loaded from.
fn plugins(all: &[Made]) -> String {
    let mut loaded: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for plugin in all.iter().flat_map(|made| &made.by.plugins) {
        let components = plugin.components.iter().map(String::as_str);
        add(loaded.entry(plugin.short()).or_default(), components);
    }
    let sentence = |(file, components): (String, Vec<&str>)| {
        format!(" From the plugin {file}: {}.", components.join(", "))
    };
    loaded.into_iter().map(sentence).collect()
}

fn differs(difference: &Difference) -> String {
    let environments = difference.environments.join(", ");
    let values = difference.values.join(" or ");
    format!("{} in {environments}: {values}", difference.what)
}

/// Records that differ in nothing but the processor's model and the host.
struct Group<'a> {
    software: String,
    machine: Option<String>,
    processors: Vec<&'a str>,
    environments: Vec<&'a str>,
}

fn groups(all: &[Made]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for made in all {
        let (software, machine) = (software(&made.by), made.by.machine.as_ref());
        let computes = machine.map(computes);
        let alike = |group: &Group| group.software == software && group.machine == computes;
        let place = groups.iter().position(alike).unwrap_or(groups.len());
        if place == groups.len() {
            groups.push(Group {
                software,
                machine: computes,
                processors: Vec::new(),
                environments: Vec::new(),
            });
        }
        let group = &mut groups[place];
        add(
            &mut group.processors,
            machine.and_then(|machine| machine.cpu.as_deref()),
        );
        add(
            &mut group.environments,
            made.environments.iter().map(String::as_str),
        );
    }
    groups
}

fn add<'a>(list: &mut Vec<&'a str>, values: impl IntoIterator<Item = &'a str>) {
    for value in values {
        if !list.contains(&value) {
            list.push(value);
        }
    }
}

impl Group<'_> {
    fn description(&self) -> String {
        let Some(machine) = &self.machine else {
            return self.software.clone();
        };
        let processors = match self.processors.as_slice() {
            [] => "a processor".to_owned(),
            some => some.join(" or "),
        };
        format!("{}, {processors} with {machine}", self.software)
    }
}

fn software(by: &Provenance) -> String {
    let engine = by.engine.as_ref();
    let engine = engine
        .map(|engine| format!(", {engine}"))
        .unwrap_or_default();
    format!(
        "spikebench {} ({}), tch {}, LibTorch {}{engine}, {} on {}",
        by.spikebench, by.revision, by.tch, by.libtorch, by.device, by.platform
    )
}

fn computes(machine: &Machine) -> String {
    let c_library = machine
        .c_library
        .as_deref()
        .unwrap_or("an unknown C library");
    format!(
        "{}, {c_library} (libm: {})",
        machine.features_named(),
        machine.libm
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::record::Provenance;

    fn made(revision: &str, engine: Option<&str>, environments: &[&str]) -> Made {
        Made {
            by: Provenance {
                spikebench: "0.1.0".into(),
                revision: revision.into(),
                tch: "0.24.0".into(),
                libtorch: "2.11.0".into(),
                engine: engine.map(str::to_owned),
                device: "cpu".into(),
                threads: 1,
                platform: "linux-x86_64".into(),
                machine: None,
                earlier_machines: Vec::new(),
                plugins: Vec::new(),
            },
            environments: environments.iter().map(|name| name.to_string()).collect(),
        }
    }

    #[test]
    fn environments_of_different_engines_are_no_mixture() {
        let engines = [
            made("aaa", None, &["Pendulum-v1"]),
            made(
                "aaa",
                Some("MuJoCo 3.3.7"),
                &["Hopper-v5", "InvertedPendulum-v5"],
            ),
        ];
        insta::assert_snapshot!(provenance(&engines), @"Made by: Pendulum-v1: spikebench 0.1.0 (aaa), tch 0.24.0, LibTorch 2.11.0, cpu on linux-x86_64; Hopper-v5, InvertedPendulum-v5: spikebench 0.1.0 (aaa), tch 0.24.0, LibTorch 2.11.0, MuJoCo 3.3.7, cpu on linux-x86_64.");
    }

    /// The same program on an `EPYC` or another processor.
    fn on(cpu: &str, libm: &str) -> Made {
        let mut made = made("aaa", None, &["Pendulum-v1"]);
        made.by.machine = Some(Machine {
            cpu: Some(cpu.into()),
            host: None,
            features: vec!["fma".into(), "avx2".into()],
            c_library: Some("glibc 2.36".into()),
            libm: libm.into(),
        });
        made
    }

    #[test]
    fn two_ways_of_the_c_library_to_compute_are_a_mixture_that_changes_numbers() {
        let ways = [on("EPYC", "fma 1a2b3c4d"), on("EPYC", "no fma 5e6f7a8b")];
        insta::assert_snapshot!(provenance(&ways), @"Made by a mixture that can change numbers (mathematical functions of the C library in Pendulum-v1: fma 1a2b3c4d or no fma 5e6f7a8b): Pendulum-v1: spikebench 0.1.0 (aaa), tch 0.24.0, LibTorch 2.11.0, cpu on linux-x86_64, EPYC with fma, avx2, glibc 2.36 (libm: fma 1a2b3c4d); Pendulum-v1: spikebench 0.1.0 (aaa), tch 0.24.0, LibTorch 2.11.0, cpu on linux-x86_64, EPYC with fma, avx2, glibc 2.36 (libm: no fma 5e6f7a8b).");
    }

    #[test]
    fn two_models_of_processor_that_compute_alike_are_named_together() {
        let models = [on("EPYC", "fma 1a2b3c4d"), on("Xeon", "fma 1a2b3c4d")];
        insta::assert_snapshot!(provenance(&models), @"Made by: spikebench 0.1.0 (aaa), tch 0.24.0, LibTorch 2.11.0, cpu on linux-x86_64, EPYC or Xeon with fma, avx2, glibc 2.36 (libm: fma 1a2b3c4d). Runs of one environment differ in processor model, which alone is not known to change numbers.");
    }

    #[test]
    fn a_record_that_does_not_say_where_it_was_made_may_differ() {
        let old = [
            made("aaa", None, &["Pendulum-v1"]),
            on("EPYC", "fma 1a2b3c4d"),
        ];
        insta::assert_snapshot!(provenance(&old), @"Made by a mixture that can change numbers (processor features in Pendulum-v1: not recorded or fma, avx2; C library in Pendulum-v1: not recorded or glibc 2.36; mathematical functions of the C library in Pendulum-v1: not recorded or fma 1a2b3c4d): Pendulum-v1: spikebench 0.1.0 (aaa), tch 0.24.0, LibTorch 2.11.0, cpu on linux-x86_64; Pendulum-v1: spikebench 0.1.0 (aaa), tch 0.24.0, LibTorch 2.11.0, cpu on linux-x86_64, EPYC with fma, avx2, glibc 2.36 (libm: fma 1a2b3c4d).");
    }

    #[test]
    fn two_revisions_in_one_environment_are_a_mixture() {
        let revisions = [
            made("aaa", None, &["Pendulum-v1"]),
            made("bbb", None, &["Pendulum-v1"]),
        ];
        insta::assert_snapshot!(provenance(&revisions), @"Made by a mixture that can change numbers (revision in Pendulum-v1: aaa or bbb): Pendulum-v1: spikebench 0.1.0 (aaa), tch 0.24.0, LibTorch 2.11.0, cpu on linux-x86_64; Pendulum-v1: spikebench 0.1.0 (bbb), tch 0.24.0, LibTorch 2.11.0, cpu on linux-x86_64.");
    }
}
