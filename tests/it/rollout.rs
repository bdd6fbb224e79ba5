//! `spikebench rollout`: an environment as a table and as pictures.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use spikebench::api::Component;
use spikebench::api::numpy::Generator;
use spikebench::registry::Registry;
use spikebench_plugins as _;

fn spikebench(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_spikebench"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn table(output: &Output) -> Vec<Vec<String>> {
    assert!(output.status.success(), "{}", text(&output.stderr));
    let rows = text(&output.stdout);
    let cells = |row: &str| row.split(',').map(str::to_owned).collect();
    rows.lines().map(cells).collect()
}

fn bits(cells: &[String]) -> Vec<u64> {
    let number = |cell: &String| cell.parse::<f64>().unwrap().to_bits();
    cells.iter().map(number).collect()
}

#[test]
fn the_table_has_what_the_environment_returns_to_the_last_bit() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("actions.csv"), "0.5\n-1.25\n3\n").unwrap();
    let arguments = [
        "rollout",
        "{Pendulum-v1: {g: 9.81}}",
        "--seed",
        "7",
        "--actions",
        "actions.csv",
    ];
    let rows = table(&spikebench(folder.path(), &arguments));

    let registry = Registry::linked().unwrap();
    let written: Component = serde_json::from_str(r#"{"Pendulum-v1": {"g": 9.81}}"#).unwrap();
    let mut environment = registry.environment(&written).unwrap().0.open().unwrap();
    let reset = environment.reset(Some(7));
    let as_bits =
        |values: &[f64]| -> Vec<u64> { values.iter().map(|value| value.to_bits()).collect() };
    let header = "step,obs_0,obs_1,obs_2,reward,terminated,truncated";
    assert_eq!(rows[0].join(","), header);
    assert_eq!(
        (rows[1][0].as_str(), &rows[1][4..]),
        ("0", &["", "", ""].map(String::from)[..])
    );
    assert_eq!(bits(&rows[1][1..4]), as_bits(&reset));
    for (row, (step, action)) in rows[2..].iter().zip([(1, 0.5), (2, -1.25), (3, 3.0)]) {
        let seen = environment.step(&[action]);
        assert_eq!(row[0], step.to_string());
        assert_eq!(bits(&row[1..4]), as_bits(&seen.observation));
        assert_eq!(bits(&row[4..5]), [seen.reward.to_bits()]);
        assert_eq!(row[5..], ["0", "0"]);
    }
    assert_eq!(rows.len(), 5);
}

#[test]
fn actions_are_random_from_the_seed_unless_they_are_given() {
    let folder = tempfile::tempdir().unwrap();
    let mut generator = Generator::new(3);
    let drawn: String = (0..20)
        .map(|_| format!("{}\n", generator.uniform(0.0, 2.0).floor()))
        .collect();
    std::fs::write(folder.path().join("actions.csv"), drawn).unwrap();
    let random = ["rollout", "CartPole-v1", "--seed", "3", "--steps", "20"];
    let given = [
        "rollout",
        "CartPole-v1",
        "--seed",
        "3",
        "--actions",
        "actions.csv",
    ];
    let [random, given] =
        [&random, &given].map(|arguments| table(&spikebench(folder.path(), arguments)));
    assert_eq!(random, given);
}

#[test]
fn a_rollout_steps_on_after_the_end_of_an_episode_unless_it_is_told_to_stop() {
    let folder = tempfile::tempdir().unwrap();
    let on = [
        "rollout",
        "CartPole-v1",
        "--steps",
        "510",
        "--out",
        "on.csv",
    ];
    assert!(spikebench(folder.path(), &on).stdout.is_empty());
    let on = std::fs::read_to_string(folder.path().join("on.csv")).unwrap();
    let stopped = text(&spikebench(folder.path(), &["rollout", "CartPole-v1", "--stop"]).stdout);
    assert_eq!(on.lines().count(), 512);
    let first_end = on.lines().position(|row| row.ends_with(",1,0")).unwrap();
    assert_eq!(stopped.lines().count(), first_end + 1);
    assert!(on.starts_with(&stopped));
    // The time limit of 500 steps.
    let cut = |row: &str| row.ends_with(",1");
    let cuts: Vec<usize> = on
        .lines()
        .enumerate()
        .filter(|(_, row)| cut(row))
        .map(|(line, _)| line)
        .collect();
    assert_eq!(cuts, (501..512).collect::<Vec<_>>());
}

#[test]
fn what_cannot_be_done_is_an_error_before_the_first_step() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("bad.csv"), "0\n2\n").unwrap();
    std::fs::write(folder.path().join("one.csv"), "0\n").unwrap();
    for (arguments, code, parts) in [
        (
            &["rollout", "Cartpole"][..],
            2,
            &["\"Cartpole\" is not an environment", "CartPole-v1"][..],
        ),
        (
            &["rollout", "{Pendulum-v1: {h: 1}}"],
            2,
            &["ENVIRONMENT: Pendulum-v1.h: unknown field `h`"],
        ),
        (
            &["rollout", "{Pendulum-v1: {g: high}}"],
            2,
            &["ENVIRONMENT: Pendulum-v1.g: invalid type: string \"high\", expected a number"],
        ),
        (
            &["rollout", "{Pendulum-v1: {}, Ant-v5: {}}"],
            2,
            &["ENVIRONMENT: two names, Ant-v5 and Pendulum-v1, expected one name"],
        ),
        (
            &["rollout", "{Pendulum-v1: "],
            2,
            &["ENVIRONMENT: is not YAML"],
        ),
        (
            &["rollout", "CartPole-v1", "--actions", "bad.csv"],
            65,
            &["bad.csv: line 2: 2 is not one of the 2 actions"],
        ),
        (
            &["rollout", "CartPole-v1", "--actions", "none.csv"],
            74,
            &["none.csv"],
        ),
        (
            &[
                "rollout",
                "CartPole-v1",
                "--actions",
                "one.csv",
                "--steps",
                "2",
            ],
            2,
            &["2 is more than the 1 given"],
        ),
        (
            &["rollout", "CartPole-v1", "--policy", "."],
            74,
            &["record.json"],
        ),
        (
            &["rollout", "CartPole-v1", "--render", "film.avi"],
            2,
            &["film.avi ends neither in .gif nor in .mp4 nor in .png"],
        ),
        (&["rollout", "Pusher-v4"], 65, &["take Pusher-v5"]),
    ] {
        let output = spikebench(folder.path(), arguments);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        for part in parts {
            assert!(said.contains(part), "{arguments:?}: {said}");
        }
    }
}

#[test]
fn a_trained_policy_acts_in_a_rollout_as_in_an_evaluation() {
    const SUITE: &str = "\
name: trained
seeds: 1
budget: {steps: 60, evaluate_every: 60, evaluation_episodes: 1}
matrix:
  surrogate: [rectangular]
  actor: [{popsan: {hidden: [8]}}]
  agent: [{td3: {start_steps: 50, update_after: 50, critic_hidden: [8]}}]
  environment: [Pendulum-v1]
";
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("suite.yaml"), SUITE).unwrap();
    let output = spikebench(folder.path(), &["run", "suite.yaml"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let mut runs = std::fs::read_dir(folder.path().join("results/trained/runs")).unwrap();
    let run = runs.next().unwrap().unwrap().path();
    let file = |name: &str| run.join(name).display().to_string();

    let policy = run.display().to_string();
    let arguments = [
        "rollout",
        "Pendulum-v1",
        "--policy",
        &policy,
        "--seed",
        "5",
        "--stop",
    ];
    let rows = table(&spikebench(folder.path(), &arguments));
    let total: f64 = rows[2..]
        .iter()
        .map(|row| row[4].parse::<f64>().unwrap())
        .sum();
    let (weights, normaliser) = (file("actor.safetensors"), file("normaliser.json"));
    let evaluated = spikebench(
        folder.path(),
        &[
            "evaluate",
            "--actor",
            "{popsan: {hidden: [8]}}",
            "--weights",
            &weights,
            "--normaliser",
            &normaliser,
            "--environment",
            "Pendulum-v1",
            "--episodes",
            "1",
            "--seed",
            "5",
            "--json",
        ],
    );
    let evaluated: Value = serde_json::from_slice(&evaluated.stdout).unwrap();
    assert_eq!(Some(total), evaluated["episodes"][0]["return"].as_f64());
    assert_eq!(rows.len(), 2 + 200);

    // The record of a run says of which actor and for which task its policy is.
    let of_run = [
        "evaluate",
        &policy,
        "--episodes",
        "1",
        "--seed",
        "5",
        "--json",
    ];
    let of_run: Value = serde_json::from_slice(&spikebench(folder.path(), &of_run).stdout).unwrap();
    assert_eq!(of_run, evaluated);

    // Whoever names another actor than the record is warned, as by an evaluation.
    let other = spikebench(
        folder.path(),
        &[
            "rollout",
            "Pendulum-v1",
            "--steps",
            "1",
            "--actor",
            "{popsan: {hidden: [8], T: 2}}",
            "--weights",
            &weights,
            "--normaliser",
            &normaliser,
        ],
    );
    let warned = text(&other.stderr);
    assert!(
        other.status.success() && warned.contains("they were trained in another actor"),
        "{warned}"
    );

    // A folder with runs is answered with their commands, which can be pasted.
    for verb in [&["rollout", "Pendulum-v1", "--policy"][..], &["evaluate"]] {
        for place in ["results", "results/trained"] {
            let arguments = [verb, &[place]].concat();
            let listed = spikebench(folder.path(), &arguments);
            assert!(listed.status.success(), "{}", text(&listed.stderr));
            let listed = text(&listed.stdout);
            assert!(listed.contains("holds 1 run with a policy"), "{listed}");
            assert!(
                listed.contains("\nrectangular · popsan(hidden=[8]) · td3(")
                    && listed.contains(" · Pendulum-v1 · seed 0\n"),
                "{listed}"
            );
            let run = run.strip_prefix(folder.path()).unwrap().display();
            let command = match verb {
                ["evaluate"] => format!("  spikebench evaluate {run}\n"),
                _ => format!(" --policy {run}\n"),
            };
            assert!(listed.contains(&command), "{listed}");
        }
    }
}

#[test]
fn a_film_as_mp4_is_made_by_ffmpeg_or_the_error_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let words = [
        "rollout",
        "CartPole-v1",
        "--steps",
        "50",
        "--out",
        "t.csv",
        "--render",
        "cart:pole.mp4",
    ];
    let without = Command::new(env!("CARGO_BIN_EXE_spikebench"))
        .args(words)
        .current_dir(folder.path())
        .env("PATH", folder.path())
        .output()
        .unwrap();
    assert_eq!(without.status.code(), Some(65));
    let said = text(&without.stderr);
    assert!(said.contains("needs the program ffmpeg"), "{said}");

    let output = spikebench(folder.path(), &words);
    let said = text(&output.stderr);
    if output.status.success() {
        let film = std::fs::read(folder.path().join("cart:pole.mp4")).unwrap();
        assert_eq!(&film[4..8], b"ftyp");
    } else {
        assert!(said.contains("needs the program ffmpeg"), "{said}");
    }
}

#[test]
#[cfg(feature = "mujoco")]
fn a_simulator_is_drawn_without_a_display_or_the_error_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    for (name, magic) in [("hopper.png", &b"\x89PNG"[..]), ("hopper.gif", b"GIF89a")] {
        let output = spikebench(
            folder.path(),
            &[
                "rollout",
                "Hopper-v5",
                "--steps",
                "25",
                "--out",
                "t.csv",
                "--render",
                name,
            ],
        );
        let said = text(&output.stderr);
        if output.status.success() {
            let picture = std::fs::read(folder.path().join(name)).unwrap();
            assert!(picture.starts_with(magic));
            // A picture of a single colour is smaller.
            assert!(picture.len() > 8_000, "{}", picture.len());
        } else {
            assert_eq!(output.status.code(), Some(65), "{said}");
            assert!(said.contains("it takes EGL"), "{said}");
        }
    }
    assert!(!folder.path().join("MUJOCO_LOG.TXT").exists());
}
