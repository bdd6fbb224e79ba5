//! What made the records of a report, in words.

use crate::run::record::{Made, is_mixture};

/// The versions, the device and the platform that made the records.
pub fn provenance(all: &[Made]) -> String {
    let describe = |made: &Made| {
        let one = &made.by;
        let engine = one
            .engine
            .as_ref()
            .map(|engine| format!(", {engine}"))
            .unwrap_or_default();
        format!(
            "spikebench {} ({}), tch {}, LibTorch {}{engine}, {} on {}",
            one.spikebench, one.revision, one.tch, one.libtorch, one.device, one.platform
        )
    };
    match all {
        [] => "Made by: no run yet.".into(),
        [one] => format!("Made by: {}.", describe(one)),
        several => {
            let list: Vec<String> = several
                .iter()
                .map(|made| format!("{}: {}", made.environments.join(", "), describe(made)))
                .collect();
            let mixture = if is_mixture(several) {
                " a mixture of versions"
            } else {
                ""
            };
            format!("Made by{mixture}: {}.", list.join("; "))
        }
    }
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

    #[test]
    fn two_revisions_in_one_environment_are_a_mixture() {
        let revisions = [
            made("aaa", None, &["Pendulum-v1"]),
            made("bbb", None, &["Pendulum-v1"]),
        ];
        insta::assert_snapshot!(provenance(&revisions), @"Made by a mixture of versions: Pendulum-v1: spikebench 0.1.0 (aaa), tch 0.24.0, LibTorch 2.11.0, cpu on linux-x86_64; Pendulum-v1: spikebench 0.1.0 (bbb), tch 0.24.0, LibTorch 2.11.0, cpu on linux-x86_64.");
    }
}
