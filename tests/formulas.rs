//! A formula that is edited under its old name: what was trained with the formula before is neither used nor mixed in.
//!
//! This program registers components whose formulas depend on an environment variable, as if each value were another build of
//! it. Started with a verb it is `spikebench`; without one it is the test program.

use std::path::Path;
use std::process::{Command, ExitCode, Output};
use std::sync::LazyLock;

use libtest_mimic::{Arguments, Failed, Trial};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use spikebench::api::{NeuronModel, Real, Surrogate};
use spikebench_plugins as _;

/// The components that are edited in this build.
const EDITED: &str = "EDITED_COMPONENTS";

static BUILD: LazyLock<String> = LazyLock::new(|| std::env::var(EDITED).unwrap_or_default());

fn is_edited(component: &str) -> bool {
    BUILD.contains(component)
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Hill {}

impl Surrogate for Hill {
    fn derivative<R: Real>(&self, u: R) -> R {
        let d = u.abs() + 1.0;
        if is_edited("surrogate") {
            (d * d * d).recip()
        } else {
            (d * d).recip()
        }
    }
}

spikebench::register! {
    /// The square of a hyperbola, or its cube.
    surrogate "hill" => Hill
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Leak {}

impl NeuronModel for Leak {
    type State<R: Real> = [R; 1];
    type Learned<R: Real> = [R; 0];

    fn rest(&self) -> [f64; 1] {
        [0.0]
    }

    fn v_threshold(&self) -> f64 {
        0.5
    }

    fn charge<R: Real>(&self, current: R, [v]: [R; 1], _: [R; 0]) -> [R; 1] {
        [v * if is_edited("neuron") { 0.75 } else { 0.5 } + current]
    }

    fn reset<R: Real>(&self, spike: R, [v]: [R; 1], _: [R; 0]) -> [R; 1] {
        [v * (R::from(1.0) - spike)]
    }
}

spikebench::register! {
    /// Leaks half of its potential, or a quarter.
    neuron "leak" => Leak
}

fn main() -> ExitCode {
    let verb = std::env::args().nth(1).unwrap_or_default();
    if ["run", "report", "plan", "worker"].contains(&verb.as_str()) {
        spikebench::cli::main("test");
    }
    libtest_mimic::run(
        &Arguments::from_args(),
        vec![
            Trial::test(
                "an_edited_formula_trains_its_cells_anew_and_a_report_has_no_run_of_the_old_one",
                edited_surrogate,
            ),
            Trial::test("only_the_component_that_was_edited_is_named", edited_neuron),
            Trial::test(
                "identifiers_do_not_depend_on_the_process_or_on_its_threads",
                every_process,
            ),
        ],
    )
    .exit_code()
}

/// A folder with a suite of three cells a seed.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        place.plan_for(2, 20);
        place
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn plan_for(&self, seeds: u64, evaluate_every: u64) {
        let text = format!(
            "name: edited\nseeds: {seeds}\n\
             budget: {{steps: 40, evaluate_every: {evaluate_every}, evaluation_episodes: 1}}\n\
             matrix:\n  surrogate: [hill, rectangular]\n  \
             actor: [{{popsan: {{hidden: [4], neuron: leak}}}}, {{mlp: {{hidden: [4]}}}}]\n  \
             agent: [{{td3: {{start_steps: 10, update_after: 20, update_every: 10, critic_hidden: [4]}}}}]\n  \
             environment: [Pendulum-v1]\n"
        );
        std::fs::write(self.path().join("suite.yaml"), text).unwrap();
    }

    fn spikebench(&self, edited: &str, arguments: &[&str]) -> Output {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(arguments)
            .env(EDITED, edited)
            .current_dir(self.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        output
    }

    /// The lines on standard error that tell how many records there are.
    fn said(&self, edited: &str, arguments: &[&str]) -> Vec<String> {
        let said = self.spikebench(edited, arguments).stderr;
        let said = String::from_utf8(said).unwrap();
        let told = said.lines().filter(|line| line.contains("record"));
        told.filter(|line| !line.contains("records in"))
            .map(str::to_owned)
            .collect()
    }

    fn ids(&self, edited: &str) -> Vec<String> {
        let plan = self
            .spikebench(edited, &["plan", "suite.yaml", "--json"])
            .stdout;
        let plan: Value = serde_json::from_slice(&plan).unwrap();
        let cells = plan["cells"].as_array().unwrap();
        cells
            .iter()
            .map(|cell| cell["id"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// A text without the digits of fingerprints.
fn plain(lines: &[String]) -> Vec<String> {
    lines
        .iter()
        .map(|line| line.split(" (fingerprint").next().unwrap().to_owned())
        .collect()
}

fn edited_surrogate() -> Result<(), Failed> {
    let place = Place::new();
    assert!(place.said("", &["run", "suite.yaml"]).is_empty());
    let before = place.spikebench("", &["report", "suite.yaml"]).stdout;

    // The formula is edited, and a third seed is asked for.
    place.plan_for(3, 20);
    let no_longer =
        "2 records of this suite no longer match: surrogate hill computes something else since";
    assert_eq!(
        plain(&place.said("surrogate", &["plan", "suite.yaml"])),
        [no_longer]
    );
    let report = place
        .spikebench("surrogate", &["report", "suite.yaml"])
        .stdout;
    let report = String::from_utf8(report)?;
    let row = report
        .lines()
        .find(|line| line.contains("hill") && line.contains("/3"));
    assert!(row.is_some_and(|row| row.contains("0/3")), "{report}");
    assert_eq!(
        plain(&place.said("surrogate", &["run", "suite.yaml"])),
        [no_longer, "4 of 9 cells have a record already"]
    );

    // The formula of before is restored: so are its records, beside those of the other one.
    place.plan_for(2, 20);
    let again = place.spikebench("", &["report", "suite.yaml"]).stdout;
    assert_eq!(String::from_utf8(again)?, String::from_utf8(before)?);

    // Another cause, and both at once.
    place.plan_for(2, 10);
    let mut said = plain(&place.said("", &["plan", "suite.yaml"]));
    said.sort();
    assert_eq!(
        said,
        [
            "2 records of this suite no longer match: evaluate_every 20 → 10; surrogate hill computes something else since",
            "3 records are of seeds that the suite no longer has",
            "6 records of this suite no longer match: evaluate_every 20 → 10",
        ]
        .map(str::to_owned)
    );
    Ok(())
}

fn edited_neuron() -> Result<(), Failed> {
    let place = Place::new();
    place.spikebench("", &["run", "suite.yaml", "--only", "Pendulum-v1.popsan"]);
    assert_eq!(
        plain(&place.said("neuron", &["plan", "suite.yaml"])),
        [
            "4 records of this suite no longer match: neuron leak of actor popsan computes something else since"
        ]
    );
    // The network without spikes has neither of the two.
    let (original, edited) = (place.ids(""), place.ids("neuron"));
    for (one, other) in original.iter().zip(&edited) {
        assert_eq!(one == other, one.contains(".mlp."), "{one} and {other}");
    }
    Ok(())
}

fn every_process() -> Result<(), Failed> {
    let place = Place::new();
    let ids = place.ids("");
    for threads in ["1", "4"] {
        let output = Command::new(std::env::current_exe()?)
            .args(["plan", "suite.yaml"])
            .env("OMP_NUM_THREADS", threads)
            .current_dir(place.path())
            .output()?;
        let text = String::from_utf8(output.stdout)?;
        assert!(text.starts_with(&ids.join("\n")), "{threads}: {text}");
    }
    Ok(())
}
