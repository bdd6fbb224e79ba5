//! Workers on a real Slurm: `cargo xtask test --cluster`.

mod slurm;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use libtest_mimic::{Arguments, Trial};
use serde_json::Value;
use slurm::Slurm;

/// A program of its own, so that the daemons end with it.
fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let slurm: Arc<Mutex<Option<Slurm>>> = Arc::default();
    macro_rules! trial {
        ($name:ident) => {{
            let slurm = Arc::clone(&slurm);
            let run = move || {
                // A test that failed has left the cluster as it is, which the next one begins by clearing.
                let mut slurm = slurm.lock().unwrap_or_else(PoisonError::into_inner);
                let slurm = slurm.get_or_insert_with(Slurm::start);
                clear(slurm);
                $name(slurm);
                Ok(())
            };
            Trial::test(stringify!($name), run).with_ignored_flag(true)
        }};
    }
    let trials = vec![
        trial!(twelve_cells_are_trained_by_three_workers_in_few_files),
        trial!(submitting_twice_or_at_the_same_time_makes_no_more_workers_than_were_asked_for),
        trial!(what_the_engine_refuses_is_told_in_its_words_and_leaves_nothing),
        trial!(status_says_why_a_worker_waits),
        trial!(workers_on_a_full_disk_keep_what_they_have_and_others_finish_where_there_is_room),
        trial!(cells_of_workers_that_were_killed_or_cancelled_are_finished_by_others_with_the_same_bits),
        trial!(a_cell_that_takes_longer_than_a_worker_may_is_finished_over_several_allocations),
        trial!(a_node_that_goes_down_loses_no_cell),
        trial!(a_controller_killed_after_a_submission_costs_a_second_submission_and_no_cell),
        trial!(workers_under_hyperqueue_share_the_cells),
        trial!(without_an_answer_nothing_is_submitted_and_a_dry_run_leaves_nothing),
    ];
    let conclusion = libtest_mimic::run(&arguments, trials);
    drop(slurm.lock().unwrap_or_else(PoisonError::into_inner).take());
    conclusion.exit_code()
}

/// Empties the queue.
fn clear(slurm: &Slurm) {
    let _ = slurm.command("scancel", &["--me"]).output();
    slurm.until("the queue is empty", || {
        slurm.run("squeue", &["-h"]).is_empty()
    });
}

/// A suite of its own for each test.
struct Suite<'s> {
    slurm: &'s Slurm,
    name: &'static str,
}

impl<'s> Suite<'s> {
    /// `seeds` times four cells of this many steps.
    fn new(slurm: &'s Slurm, name: &'static str, seeds: u32, steps: u32) -> Self {
        let seeds: Vec<String> = (1..=seeds).map(|seed| seed.to_string()).collect();
        let text = format!(
            "name: {name}
seeds: [{}]
budget: {{steps: {steps}, evaluate_every: {}, evaluation_episodes: 1}}
matrix:
  surrogate: [rectangular, atan]
  actor: [popsan: {{hidden: [16]}}]
  agent:
    - td3: {{start_steps: 100, update_after: 100, critic_hidden: [16]}}
    - ddpg: {{start_steps: 100, update_after: 100, critic_hidden: [16]}}
  environment: [Pendulum-v1]
",
            seeds.join(", "),
            steps / 2,
        );
        fs::write(slurm.path(&format!("work/{name}.yaml")), text).unwrap();
        Self { slurm, name }
    }

    fn verb(&self, verb: &str, rest: &[&str]) -> (i32, String, String) {
        let file = format!("{}.yaml", self.name);
        let output = self.slurm.spikebench(&[&[verb, &file], rest].concat());
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let code = output.status.code().unwrap_or(-1);
        (code, text(output.stdout), text(output.stderr))
    }

    /// Submits workers, which must succeed.
    fn submit(&self, rest: &[&str]) -> String {
        let words = [&["--to", "slurm", "--yes"], rest].concat();
        let (code, told, error) = self.verb("submit", &words);
        assert_eq!(code, 0, "{told}{error}");
        told
    }

    fn status(&self) -> Value {
        let (_, told, error) = self.verb("status", &["--json"]);
        serde_json::from_str(&told).unwrap_or_else(|_| panic!("{told}{error}"))
    }

    fn count(&self, what: &str) -> u64 {
        self.status()["counts"][what].as_u64().unwrap()
    }

    /// The steps that all cells have reached together, the finished ones included. The largest step of one cell would fall when
    /// that cell finishes, and a test that waits for it would wait until nothing is left to train.
    fn trained(&self) -> u64 {
        let status = self.status();
        let cells = status["cells"].as_array().unwrap().iter();
        cells.map(|cell| cell["step"].as_u64().unwrap()).sum()
    }

    fn finish(&self, cells: u64) {
        self.slurm.until("all cells are finished", || {
            self.slurm.hurry();
            self.count("finished") == cells
        });
    }

    fn folder(&self) -> PathBuf {
        self.slurm.path(&format!("work/results/{}", self.name))
    }

    /// Trains all cells without a cluster, and compares the episodes.
    fn equals_an_undisturbed_run(&self) {
        let (code, _, error) = self.verb("run", &["--results", "undisturbed"]);
        assert_eq!(code, 0, "{error}");
        let runs = self.folder().join("runs");
        for entry in fs::read_dir(&runs).unwrap() {
            let id = entry.unwrap().file_name();
            let read = |results: &str| {
                let path = format!("work/{results}/{}/runs", self.name);
                let folder = self.slurm.path(&path).join(&id);
                let episodes = fs::read(folder.join("evaluations.csv")).unwrap();
                (
                    episodes,
                    fs::read(folder.join("actor.safetensors")).unwrap(),
                )
            };
            assert!(read("results") == read("undisturbed"), "{id:?} differs");
        }
    }
}

/// The process numbers of the workers that run.
fn workers(slurm: &Slurm) -> Vec<String> {
    let found = slurm
        .command("pgrep", &["-f", "spikebench work .*--submission"])
        .output();
    let text = String::from_utf8(found.unwrap().stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn twelve_cells_are_trained_by_three_workers_in_few_files(slurm: &Slurm) {
    let suite = Suite::new(slurm, "twelve", 3, 600);
    let told = suite.submit(&["--workers", "3"]);
    assert!(told.contains("3 workers for 12 cells"), "{told}");
    suite.finish(12);
    for entry in fs::read_dir(suite.folder().join("runs")).unwrap() {
        let files = fs::read_dir(entry.unwrap().path()).unwrap().count();
        assert!(files <= 8, "{files} files for a cell");
    }
    let (code, told, _) = suite.verb("submit", &["--to", "slurm", "--yes"]);
    assert_eq!(
        (code, told.as_str()),
        (0, "every cell has a record; there is nothing to submit\n")
    );
    let (_, logs, _) = suite.verb("logs", &[]);
    assert!(logs.contains("finished after"), "{logs}");
    let (code, told, error) = suite.verb("pack", &[]);
    assert_eq!(code, 0, "{error}");
    assert!(told.starts_with("twelve.tar.zst: 12 records"), "{told}");
}

fn submitting_twice_or_at_the_same_time_makes_no_more_workers_than_were_asked_for(slurm: &Slurm) {
    let suite = Suite::new(slurm, "twice", 1, 20_000);
    let words = [
        "submit",
        "twice.yaml",
        "--to",
        "slurm",
        "--yes",
        "--workers",
        "3",
    ];
    let both = [0, 1].map(|_| {
        let mut command = slurm.command(env!("CARGO_BIN_EXE_spikebench"), &words);
        command.stdout(Stdio::null()).spawn().unwrap()
    });
    for mut one in both {
        assert!(one.wait().unwrap().success());
    }
    let told = suite.submit(&["--workers", "3"]);
    assert!(told.starts_with("3 workers wait or run already"), "{told}");
    let queue = slurm.run("squeue", &["-h", "-r"]);
    assert_eq!(queue.lines().count(), 3, "{queue}");
    let told = suite.submit(&["--workers", "4"]);
    assert!(
        told.contains("1 workers for 4 cells") || told.contains("1 worker for 4 cells"),
        "{told}"
    );
    slurm.until("a cell is being trained", || suite.trained() > 0);
    let (code, told, error) = suite.verb("cancel", &[]);
    assert_eq!(code, 0, "{error}");
    assert!(told.contains("4 workers stop with checkpoints"), "{told}");
    slurm.until("no worker is left", || {
        slurm.run("squeue", &["-h"]).is_empty()
    });
    let status = suite.status();
    let cells = status["cells"].as_array().unwrap();
    assert!(
        cells
            .iter()
            .any(|cell| cell["checkpoint"].as_u64() > Some(0)),
        "{status}"
    );
}

fn what_the_engine_refuses_is_told_in_its_words_and_leaves_nothing(slurm: &Slurm) {
    let suite = Suite::new(slurm, "refused", 1, 600);
    for (words, reason) in [
        (
            &["--partition", "nope"][..],
            "invalid partition specified: nope",
        ),
        (&["--gpus", "1"], "generic resource"),
        (
            &["--workers", "102"],
            "102 workers are more than the cluster takes in one array, 101",
        ),
    ] {
        let words = [&["--to", "slurm", "--yes"], words].concat();
        let (code, _, error) = suite.verb("submit", &words);
        assert!(code == 69 || code == 2, "{code} {error}");
        assert!(error.to_lowercase().contains(reason), "{error}");
        let left = fs::read_dir(suite.folder().join("submissions")).unwrap();
        assert_eq!(
            left.flatten().filter(|entry| entry.path().is_dir()).count(),
            0
        );
    }
}

fn status_says_why_a_worker_waits(slurm: &Slurm) {
    let suite = Suite::new(slurm, "waits", 1, 600);
    // More than the partition allows, which Slurm takes and never starts.
    suite.submit(&["--workers", "2", "--time", "02:00:00"]);
    slurm.until("the reason is known", || {
        let (_, told, _) = suite.verb("status", &[]);
        told.contains(": 2 pending (PartitionTimeLimit)")
    });
    let (_, told, _) = suite.verb("cancel", &["--now"]);
    assert_eq!(told, "2 workers were ended\n");
    slurm.until("none waits", || slurm.run("squeue", &["-h"]).is_empty());
}

fn workers_on_a_full_disk_keep_what_they_have_and_others_finish_where_there_is_room(slurm: &Slurm) {
    let suite = Suite::new(slurm, "full", 1, 600);
    let Some(disk) = Disk::of(slurm, "work/disk", "128k") else {
        eprintln!("only the superuser can make a small disk: nothing was tested");
        return;
    };
    suite.submit(&["--workers", "2", "--results", "disk"]);
    slurm.until("the workers have ended", || {
        slurm.run("squeue", &["-h"]).is_empty()
    });
    let (_, logs, _) = suite.verb("logs", &["--results", "disk"]);
    assert!(logs.contains("No space left on device"), "{logs}");
    disk.enlarge("64m");
    suite.submit(&["--workers", "2", "--results", "disk"]);
    slurm.until("all cells are finished", || {
        let (_, told, _) = suite.verb("status", &["--results", "disk"]);
        told.contains("4 of 4 cells finished")
    });
    let verified = slurm.spikebench(&["verify", "disk"]);
    assert!(verified.status.success(), "{verified:?}");
}

/// A disk of a given size.
struct Disk(PathBuf);

impl Disk {
    /// `None` if this program may not make one.
    fn of(slurm: &Slurm, name: &str, size: &str) -> Option<Self> {
        let path = slurm.path(name);
        fs::create_dir(&path).unwrap();
        let options = format!("size={size}");
        let words = ["-t", "tmpfs", "-o", &options, "tmpfs"];
        let made = Command::new("mount").args(words).arg(&path).output();
        if !made.is_ok_and(|made| made.status.success()) {
            return None;
        }
        slurm.give(&path);
        Some(Self(path))
    }

    fn enlarge(&self, size: &str) {
        let options = format!("remount,size={size}");
        let done = Command::new("mount")
            .args(["-o", &options])
            .arg(&self.0)
            .status();
        assert!(done.unwrap().success());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).output();
    }
}

fn cells_of_workers_that_were_killed_or_cancelled_are_finished_by_others_with_the_same_bits(
    slurm: &Slurm,
) {
    let suite = Suite::new(slurm, "killed", 1, 12_000);
    suite.submit(&["--workers", "3"]);
    slurm.until("a cell is being trained", || suite.trained() > 500);
    let running = workers(slurm);
    slurm.run("kill", &["-9", &running[0]]);
    let queue = slurm.run("squeue", &["-h", "-r", "-o", "%i"]);
    slurm.run("scancel", &[queue.lines().last().unwrap()]);
    // The killed worker's leases expire at once, because its process is gone from this machine.
    suite.submit(&["--workers", "3"]);
    suite.finish(4);
    suite.equals_an_undisturbed_run();
}

fn a_cell_that_takes_longer_than_a_worker_may_is_finished_over_several_allocations(slurm: &Slurm) {
    let suite = Suite::new(slurm, "long", 1, 30_000);
    suite.submit(&["--workers", "2", "--time", "00:01:00"]);
    // As a warning long before the time is over.
    for _ in 0..2 {
        let running = || slurm.run("squeue", &["-h", "-r", "-t", "R", "-o", "%i"]);
        slurm.until("both workers run", || {
            slurm.hurry();
            running().lines().count() == 2
        });
        let before = suite.trained();
        slurm.until("a cell goes on", || suite.trained() > before + 200);
        let tasks = running();
        let words: Vec<&str> = ["--signal=USR1", "--batch"]
            .into_iter()
            .chain(tasks.lines())
            .collect();
        slurm.run("scancel", &words);
        slurm.until("the workers wait to be started again", || {
            let waiting = slurm.run("squeue", &["-h", "-r", "-t", "PD"]);
            waiting.lines().count() == tasks.lines().count()
        });
        // Slurm refuses a task whose last start it has not quite cleaned up.
        std::thread::sleep(std::time::Duration::from_secs(3));
        slurm.hurry();
    }
    let logs = suite.folder().join("submissions");
    let submission = fs::read_dir(logs)
        .unwrap()
        .flatten()
        .find(|entry| entry.path().is_dir());
    let log = fs::read_to_string(submission.unwrap().path().join("logs/0.log")).unwrap();
    let starts = log.matches("this worker will be started again").count();
    assert!(starts >= 2, "{starts} times in\n{log}");
    suite.finish(4);
    suite.equals_an_undisturbed_run();
}

fn a_node_that_goes_down_loses_no_cell(slurm: &Slurm) {
    let suite = Suite::new(slurm, "down", 1, 12_000);
    suite.submit(&["--workers", "4"]);
    slurm.until("a cell is being trained", || suite.trained() > 200);
    let node = slurm.daemon("slurmd-n2");
    slurm.run("pkill", &["-9", "-f", "slurmstepd.*n2|spikebench work"]);
    slurm.run("kill", &["-9", &node]);
    slurm.run(
        "scontrol",
        &["update", "NodeName=n2", "State=DOWN", "Reason=test"],
    );
    slurm.until("the lost workers are counted or wait", || {
        let status = suite.status();
        let workers = &status["workers"][0];
        workers["lost"].as_u64() > Some(0) || !workers["alive"].as_array().unwrap().is_empty()
    });
    suite.submit(&["--workers", "4"]);
    suite.finish(4);
    suite.equals_an_undisturbed_run();
    slurm.start_node("n2");
    // Where the node has come back by itself, Slurm refuses to resume it.
    let resume = ["update", "NodeName=n2", "State=RESUME"];
    let _ = slurm.command("scontrol", &resume).output();
}

fn a_controller_killed_after_a_submission_costs_a_second_submission_and_no_cell(slurm: &Slurm) {
    let suite = Suite::new(slurm, "controller", 1, 2000);
    suite.submit(&["--workers", "2"]);
    slurm.run("kill", &["-9", &slurm.daemon("slurmctld")]);
    let (code, told, error) = suite.verb("status", &[]);
    assert_eq!(code, 0, "the store knows by itself: {error}");
    assert!(told.contains("of 4 cells finished"), "{told}");
    slurm.start_controller();
    slurm.until("the controller answers", || {
        slurm
            .command("squeue", &["-h"])
            .output()
            .unwrap()
            .status
            .success()
    });
    suite.submit(&["--workers", "2"]);
    suite.finish(4);
    suite.equals_an_undisturbed_run();
    for node in ["n1", "n2"] {
        let state = format!("NodeName={node}");
        let _ = slurm
            .command("scontrol", &["update", &state, "State=RESUME"])
            .output();
    }
}

fn workers_under_hyperqueue_share_the_cells(slurm: &Slurm) {
    let suite = Suite::new(slurm, "queue", 1, 600);
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/cluster/workers_of_hyperqueue.py"
    );
    let folder = std::env::var_os("SPIKEBENCH_HYPERQUEUE").expect("where HyperQueue is");
    // The user of the tests, because the cluster's may not be allowed to start that user's Python.
    let output = Command::new("python3")
        .args([script, env!("CARGO_BIN_EXE_spikebench"), "queue.yaml"])
        .env("PYTHONPATH", folder)
        .current_dir(slurm.path("work"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    slurm.give(&slurm.path("work/results"));
    assert_eq!(suite.count("finished"), 4);
    suite.equals_an_undisturbed_run();
}

fn without_an_answer_nothing_is_submitted_and_a_dry_run_leaves_nothing(slurm: &Slurm) {
    let suite = Suite::new(slurm, "asked", 1, 600);
    let (code, _, error) = suite.verb("submit", &["--to", "slurm"]);
    assert_eq!(code, 2);
    assert!(error.contains("--yes"), "{error}");
    let (code, told, _) = suite.verb("submit", &["--to", "slurm", "--dry-run", "--", "--qos=a b"]);
    assert_eq!(code, 0);
    assert!(
        told.contains("'--qos=a b'") && told.contains("exec "),
        "{told}"
    );
    assert_eq!(suite.status()["workers"].as_array().unwrap().len(), 0);
    assert!(slurm.run("squeue", &["-h"]).is_empty());
}
