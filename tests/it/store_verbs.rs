//! The verbs that look after what runs leave behind: status, retry, verify, clean, merge, and reports of runs under way.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::Value;
use spikebench::run::record::{Claim, Store};

use crate::folder::{Folder, SUITE, files, text, wait_until};

const MINUTE: Duration = Duration::from_secs(60);

/// Three cells, which take some seconds each on one core.
fn longer() -> String {
    SUITE
        .replace(
            "steps: 300, evaluate_every: 100",
            "steps: 2500, evaluate_every: 250",
        )
        .replace("seeds: 2", "seeds: 1")
}

fn results(folder: &Folder) -> PathBuf {
    folder.path().join("results/small")
}

fn store(folder: &Folder) -> Store {
    Store::at(&results(folder)).unwrap()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

fn copied(from: &Folder) -> Folder {
    let folder = Folder::new(SUITE);
    copy(from.path(), folder.path());
    folder
}

/// A copy of a folder in which all three cells have finished.
fn finished() -> Folder {
    static FINISHED: OnceLock<Folder> = OnceLock::new();
    copied(FINISHED.get_or_init(|| {
        let folder = Folder::new(&SUITE.replace("seeds: 2", "seeds: 1"));
        let output = folder.run(&["run", "suite.yaml", "--keep-checkpoints"]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        folder
    }))
}

fn begin(folder: &Folder) -> Child {
    let mut command =
        folder.command(&["run", "suite.yaml", "--jobs", "1", "--checkpoint", "0.001"]);
    let run = command.stderr(Stdio::null()).spawn().unwrap();
    wait_until("evaluation and checkpoint", || {
        let journals = files(&results(folder).join("work"), "journal.jsonl");
        let evaluated = |path: &PathBuf| {
            fs::read_to_string(path)
                .unwrap()
                .matches("evaluated")
                .count()
                > 1
        };
        journals.iter().any(evaluated)
            && files(&results(folder).join("work"), ".checkpoint").len() > 1
    });
    run
}

/// A copy of a folder in which the first run was killed after its second evaluation.
fn killed() -> Folder {
    static KILLED: OnceLock<Folder> = OnceLock::new();
    copied(KILLED.get_or_init(|| {
        let folder = Folder::new(&longer());
        let mut run = begin(&folder);
        run.kill().unwrap();
        run.wait().unwrap();
        // Its worker notices that, and ends.
        let writes = || {
            let files = files(&results(&folder).join("work"), "");
            let sizes = files.iter().map(|path| {
                (
                    path.clone(),
                    fs::metadata(path).map_or(0, |about| about.len()),
                )
            });
            sizes.collect::<Vec<_>>()
        };
        let (mut last, mut since) = (writes(), Instant::now());
        wait_until("end of the worker", || {
            let now = writes();
            if now != last {
                (last, since) = (now, Instant::now());
            }
            since.elapsed() > Duration::from_secs(1)
        });
        folder
    }))
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Spoils a file, but not its length.
fn spoil(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).unwrap();
}

fn is_narrow(shown: &str) -> bool {
    shown.lines().all(|line| line.chars().count() <= 80)
}

#[test]
fn the_status_of_a_run_says_which_process_trains_what_and_how_far_it_has_come() {
    let folder = Folder::new(&longer());
    let before = json(&folder.run(&["status", "suite.yaml", "--json"]));
    assert_eq!(before["counts"]["waiting"], 3);
    assert!(before["core_seconds_left"].as_f64().unwrap() > 0.0);
    let mut run = begin(&folder);
    let now = json(&folder.run(&["status", "suite.yaml", "--json"]));
    let shown = text(&folder.run(&["status", "suite.yaml"]).stdout);
    run.kill().unwrap();
    run.wait().unwrap();
    let cell = &now["cells"][0];
    assert_eq!(cell["state"], "running", "{now:#}");
    assert_eq!(cell["pid"], run.id());
    assert!(
        cell["step"].as_u64().unwrap() >= 500 && cell["last_return"].is_f64(),
        "{cell:#}"
    );
    assert!(cell["seconds_left"].as_f64().unwrap() > 0.0);
    assert_eq!(
        (&now["counts"]["running"], &now["counts"]["waiting"]),
        (&1.into(), &2.into())
    );
    assert!(now["disk_bytes"].as_u64().unwrap() > 10_000);
    assert!(
        shown.contains(&format!("process {} on ", run.id())),
        "{shown}"
    );
    assert!(is_narrow(&shown), "{shown}");
}

#[test]
fn a_cell_whose_run_was_killed_waits_with_its_checkpoint_and_a_page_shows_its_curve() {
    let folder = killed();
    let output = folder.run(&["status", "suite.yaml", "--html", "page.html"]);
    let shown = text(&output.stdout);
    assert!(shown.contains("3 waiting (1 with a checkpoint)"), "{shown}");
    assert!(shown.contains("checkpoint at step "), "{shown}");
    let page = fs::read_to_string(folder.path().join("page.html")).unwrap();
    assert!(page.contains("http-equiv=\"refresh\"") && page.contains("0 of 3 cells finished"));
    assert_eq!(
        page.matches("<polyline points=\"20.0,").count(),
        1,
        "{page}"
    );
    assert!(!page.contains("src=") && !page.contains("href="));
    let left = fs::read_dir(folder.path()).unwrap();
    let hidden = left
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with('.'));
    assert_eq!(hidden.count(), 0);
}

#[test]
fn a_watcher_of_a_suite_that_is_over_says_so_once_and_ends() {
    let folder = finished();
    let output = folder.run(&["status", "results/small", "--watch", "--html", "page.html"]);
    assert!(output.status.success());
    assert_eq!(text(&output.stdout), "3 of 3 cells finished\n");
    let page = fs::read_to_string(folder.path().join("page.html")).unwrap();
    assert!(!page.contains("http-equiv") && page.matches("<polyline").count() == 3);
}

#[test]
fn a_watcher_that_is_interrupted_ends_as_one_whose_suite_is_not_over() {
    let folder = Folder::new(SUITE);
    let mut command = folder.command(&["status", "suite.yaml", "--watch", "--html", "page.html"]);
    let watcher = command.stdout(Stdio::piped()).spawn().unwrap();
    wait_until("page", || folder.path().join("page.html").exists());
    let sent = Command::new("kill")
        .args(["-INT", &watcher.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
    let output = watcher.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(75));
    assert_eq!(text(&output.stdout), "0 of 6 cells finished, 6 waiting\n");
}

#[test]
fn the_status_of_many_cells_that_wait_is_a_few_lines() {
    let folder = Folder::new(&SUITE.replace("seeds: 2", "seeds: 20"));
    let shown = text(&folder.run(&["status", "suite.yaml"]).stdout);
    assert!(
        shown.contains("0 of 60 cells finished, 60 waiting"),
        "{shown}"
    );
    assert!(shown.lines().count() < 10 && is_narrow(&shown), "{shown}");
}

#[test]
fn a_store_without_damage_is_said_to_be_whole_and_every_damaged_file_is_named() {
    let folder = finished();
    let output = folder.run(&["verify", "results"]);
    assert_eq!(
        (output.status.code(), text(&output.stdout)),
        (
            Some(0),
            "3 records, 3 checkpoints, 0 unfinished attempts: all whole\n".to_owned()
        )
    );
    let ids = folder.ids();
    let runs = results(&folder).join("runs");
    spoil(&runs.join(&ids[0]).join("evaluations.csv"));
    spoil(&runs.join(&ids[0]).join("actor.safetensors"));
    fs::remove_file(runs.join(&ids[1]).join("MANIFEST")).unwrap();
    let kept = files(&results(&folder).join("checkpoints"), "");
    let rows = kept
        .iter()
        .find(|path| path.to_string_lossy().ends_with(".rows"))
        .unwrap();
    spoil(rows);
    let whole = kept
        .iter()
        .rfind(|path| path.to_string_lossy().ends_with(".checkpoint"))
        .unwrap();
    spoil(whole);
    for named in ["results", "results/small"] {
        let output = folder.run(&["verify", named]);
        let said = text(&output.stdout);
        assert_eq!(output.status.code(), Some(65), "{said}");
        let line = |path: &str| {
            said.lines()
                .find(|line| line.contains(path))
                .unwrap_or_default()
        };
        let first = line(&ids[0]);
        assert!(
            first.contains("evaluations.csv was changed")
                && first.contains("actor.safetensors was changed"),
            "{said}"
        );
        assert!(line(&ids[1]).contains("MANIFEST"), "{said}");
        let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
        assert!(
            said.contains(&format!("{} was changed", name(rows))),
            "{said}"
        );
        assert!(said.contains("its hash is another"), "{said}");
        assert!(
            said.ends_with("3 records, 3 checkpoints, 0 unfinished attempts: 4 damaged\n"),
            "{said}"
        );
    }
    let none = folder.run(&["verify", "."]);
    assert_eq!(none.status.code(), Some(74));
    assert!(text(&none.stderr).contains("neither the folder of a suite nor a results folder"));
}

#[test]
fn the_checkpoints_and_the_journal_of_a_killed_run_are_verified() {
    let folder = killed();
    let output = folder.run(&["verify", "results"]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(
        said.starts_with("0 records, 2 checkpoints, 1 unfinished attempt"),
        "{said}"
    );
    let work = results(&folder).join("work");
    let journal = files(&work, "journal.jsonl").remove(0);
    let lines = fs::read_to_string(&journal).unwrap();
    // The last line is still being written.
    fs::write(&journal, format!("{lines}{{\"eval")).unwrap();
    assert_eq!(folder.run(&["verify", "results"]).status.code(), Some(0));
    fs::write(&journal, format!("{{\"eval\n{lines}")).unwrap();
    fs::write(&files(&work, ".checkpoint")[0], "").unwrap();
    let output = folder.run(&["verify", "results"]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(65), "{said}");
    assert!(
        said.contains("journal.jsonl: line 1 is not a measurement"),
        "{said}"
    );
    assert!(said.contains(".checkpoint: it is damaged"), "{said}");
}

#[test]
fn cells_that_did_not_finish_are_trained_again_after_a_retry_and_no_finished_one_is_touched() {
    let folder = finished();
    let ids = folder.ids();
    let suite = folder.path().join("suite.yaml");
    let normal = fs::read_to_string(&suite).unwrap();
    fs::remove_dir_all(results(&folder).join("runs").join(&ids[0])).unwrap();
    fs::write(
        &suite,
        normal.replace("steps: 300", "time_limit: 0.001, steps: 300"),
    )
    .unwrap();
    assert_eq!(folder.run(&["run", "suite.yaml"]).status.code(), Some(70));
    fs::write(&suite, normal).unwrap();
    let status = text(&folder.run(&["status", "suite.yaml"]).stdout);
    let failed = status.find("timed_out, last evaluated at step 0: stopped after 0.001 s");
    assert!(
        failed.unwrap() < status.find("finished\n").unwrap() && is_narrow(&status),
        "{status}"
    );

    let unknown = folder.run(&["retry", "suite.yaml", "--status", "lost"]);
    assert_eq!(unknown.status.code(), Some(2));
    let said = text(&unknown.stderr);
    assert!(
        said.contains("diverged, failed, crashed, timed_out, damaged"),
        "{said}"
    );
    let others = folder.run(&["retry", "suite.yaml", "--status", "diverged,crashed"]);
    assert!(text(&others.stdout).contains("no record was set aside"));
    let retried = folder.run(&["retry", "suite.yaml", "--status", "timed_out"]);
    let said = text(&retried.stdout);
    assert!(
        said.contains("(timed_out)")
            && said.contains("1 record was set aside")
            && said.contains("spikebench run suite.yaml"),
        "{said}"
    );
    assert_eq!(store(&folder).recorded().unwrap(), {
        let mut others = vec![ids[1].clone(), ids[2].clone()];
        others.sort();
        others
    });
    assert!(folder.run(&["run", "suite.yaml"]).status.success());
    let again = folder.run(&["retry", "suite.yaml"]);
    assert!(text(&again.stdout).contains("no record was set aside") && folder.recorded() == 3);
}

#[test]
fn a_damaged_record_is_set_aside_only_if_that_is_asked() {
    let folder = finished();
    let ids = folder.ids();
    spoil(
        &results(&folder)
            .join("runs")
            .join(&ids[2])
            .join("log.txt")
            .with_file_name("record.json"),
    );
    let status = text(&folder.run(&["status", "suite.yaml"]).stdout);
    assert!(
        status.contains("2 of 3 cells finished, 1 damaged or unreadable"),
        "{status}"
    );
    let named = status.find(&ids[2]).unwrap();
    assert!(named < status.find(&ids[0]).unwrap(), "{status}");
    let output = folder.run(&["retry", "suite.yaml"]);
    assert_eq!(output.status.code(), Some(65));
    assert!(text(&output.stderr).contains(&ids[2]) && folder.recorded() == 3);
    let output = folder.run(&[
        "retry",
        "suite.yaml",
        "--status",
        "damaged",
        "--only",
        &ids[2],
    ]);
    assert_eq!(output.status.code(), Some(0));
    assert!(!store(&folder).has(&ids[2]) && folder.recorded() == 2);
}

#[test]
fn cleaning_removes_what_nothing_needs_and_spares_what_a_live_lease_holds() {
    let folder = finished();
    let (ids, store) = (folder.ids(), store(&folder));
    let leave = |id: &str| {
        let attempt = store.attempts(id).join("attempt");
        fs::create_dir_all(&attempt).unwrap();
        fs::write(attempt.join("ring-0-0.rows"), vec![0; 100_000]).unwrap();
    };
    // The first cell has a record. So has the second, whose attempt somebody still holds.
    leave(&ids[0]);
    leave(&ids[1]);
    let Claim::Granted(lease) = store.claim(&ids[1], MINUTE).unwrap() else {
        panic!("the cell is free");
    };
    let leftover = store.root().join("tmp").join(format!("{}.attempt", ids[0]));
    fs::create_dir_all(&leftover).unwrap();
    store.set_aside(&ids[2]).unwrap();
    leave(&ids[2]);

    let would = text(&folder.run(&["clean", "results", "--dry-run"]).stdout);
    assert_eq!(would.matches("would remove ").count(), 3, "{would}");
    assert!(store.attempts(&ids[0]).exists() && leftover.exists());
    let said = text(&folder.run(&["clean", "results"]).stdout);
    assert_eq!(said, would.replace("would remove", "removed"));
    assert!(
        said.contains("attempts of a cell that has a record") && said.contains("removed 2 items, "),
        "{said}"
    );
    assert!(!store.attempts(&ids[0]).exists() && !leftover.exists());
    assert!(store.attempts(&ids[1]).exists() && store.lease(&ids[1]).exists());
    assert!(
        store.attempts(&ids[2]).exists(),
        "a cell without a record was cleaned"
    );

    let all = ["clean", "results/small", "--set-aside", "--checkpoints"];
    let said = text(&folder.run(&all).stdout);
    assert!(
        said.contains("a record that was set aside") && !said.contains("a kept checkpoint"),
        "{said}"
    );
    lease.release();
    let said = text(&folder.run(&all).stdout);
    assert_eq!(said.matches("a kept checkpoint").count(), 3, "{said}");
    assert!(!store.attempts(&ids[1]).exists() && folder.recorded() == 2);
    assert_eq!(text(&folder.run(&all).stdout), "nothing to remove\n");
}

#[test]
fn cleaning_after_a_kill_removes_the_lease_but_never_the_checkpoint() {
    let folder = killed();
    let work = results(&folder).join("work");
    let before = files(&work, "");
    let said = text(
        &folder
            .run(&["clean", "results", "--set-aside", "--checkpoints"])
            .stdout,
    );
    assert!(
        said.contains("an expired lease") && said.contains("removed 1 item, "),
        "{said}"
    );
    assert_eq!(files(&work, ""), before);
    assert!(store(&folder).leased().unwrap().is_empty());
}

#[test]
fn records_of_several_machines_become_one_folder_from_which_a_report_is_made() {
    let whole = finished();
    let ids = whole.ids();
    let (one, other, target) = (finished(), finished(), finished());
    fs::remove_dir_all(results(&one).join("runs").join(&ids[0])).unwrap();
    fs::remove_dir_all(results(&other).join("runs").join(&ids[1])).unwrap();
    // Times and provenance differ between machines.
    fs::remove_dir_all(target.path().join("results")).unwrap();
    let folders = [&one, &other].map(|folder| folder.path().join("results").display().to_string());
    let merge = ["merge", &folders[0], &folders[1], "results"];
    let output = target.run(&merge);
    let said = text(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert_eq!(
        said,
        "3 records copied into results, 1 twice with the same contents\n"
    );
    let report = |folder: &Folder| text(&folder.run(&["report", "results/small"]).stdout);
    assert_eq!(report(&target), report(&whole));
    let again = text(&target.run(&["merge", &folders[0], "results/small"]).stdout);
    assert_eq!(
        again,
        "0 records copied into results/small, 2 twice with the same contents\n"
    );
    let twice = target.run(&["merge", "results", "results"]);
    assert_eq!(twice.status.code(), Some(2));
}

#[test]
fn two_records_of_a_cell_that_differ_are_named_and_neither_is_copied() {
    let (one, other) = (finished(), finished());
    let ids = one.ids();
    // The same cell, from a machine on which another number came out.
    let changed = store(&other);
    let mut record = changed.read(&ids[0]).unwrap().unwrap();
    changed.set_aside(&ids[0]).unwrap();
    record.evaluations[0].total += 1.0;
    changed.commit(&record).unwrap();
    spoil(
        &results(&other)
            .join("runs")
            .join(&ids[1])
            .join("evaluations.csv"),
    );
    let folders = [&one, &other].map(|folder| folder.path().join("results"));
    let paths = folders.each_ref().map(|path| path.display().to_string());
    let into = one.path().join("merged").display().to_string();
    let output = one.run(&["merge", &paths[0], &paths[1], &into]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(65), "{said}");
    let line = said
        .lines()
        .find(|line| line.contains("of the same cell but differ"))
        .unwrap();
    for path in &paths {
        assert!(
            line.contains(&format!("{path}/small/runs/{}", ids[0])),
            "{said}"
        );
    }
    assert!(line.contains("evaluations.csv"), "{said}");
    assert!(
        said.contains(&format!(
            "not copied: the record {}/small/runs/{} is damaged",
            paths[1], ids[1]
        )),
        "{said}"
    );
    let merged = Store::at(&Path::new(&into).join("small")).unwrap();
    let mut expected = vec![ids[1].clone(), ids[2].clone()];
    expected.sort();
    assert_eq!(merged.recorded().unwrap(), expected);
}

#[test]
fn a_run_under_way_is_in_a_report_only_if_that_is_asked_and_then_every_table_says_so() {
    let folder = killed();
    let output = folder.run(&["report", "suite.yaml"]);
    let plain = text(&output.stdout);
    assert!(text(&output.stderr).contains("1 run is under way; --partial shows it"));
    assert!(
        !plain.contains("unfinished") && plain.contains("0/1"),
        "{plain}"
    );
    let partial = text(&folder.run(&["report", "suite.yaml", "--partial"]).stdout);
    assert!(
        partial.contains("PARTIAL REPORT: it includes 1 unfinished run"),
        "{partial}"
    );
    let flowing = partial.split_whitespace().collect::<Vec<_>>().join(" ");
    // The network without spikes has a table of its own, in which nothing is under way.
    let with_spikes =
        "td3(critic_hidden=[8],start_steps=50,update_after=50) (includes 1 unfinished run)";
    assert_eq!(flowing.matches(with_spikes).count(), 1, "{partial}");
    assert!(
        flowing.contains("curves (includes 1 unfinished run)"),
        "{partial}"
    );
    assert!(flowing.contains("rectangular │ 1/1"), "{partial}");
    assert!(flowing.contains("│ random policy │ – │"), "{partial}");
    let warning =
        "the only run does not end higher than random actions, whose mean return is −987.6.";
    assert!(flowing.contains(warning), "{partial}");
    assert!(is_narrow(&partial), "{partial}");
    let all = ["report", "suite.yaml", "--partial", "--out", "out"];
    assert!(folder.run(&all).status.success());
    let read = |name: &str| fs::read_to_string(folder.path().join("out").join(name)).unwrap();
    for name in [
        "report.html",
        "report.md",
        "report.csv",
        "report.tex",
        "report.json",
        "words.txt",
        "exports/scores.csv",
    ] {
        assert!(read(name).contains("PARTIAL REPORT"), "{name}");
    }
    let marl_eval: Value = serde_json::from_str(&read("exports/marl-eval.json")).unwrap();
    assert_eq!(
        marl_eval["small"],
        serde_json::json!({}),
        "an unfinished run is among whole episodes"
    );
}

#[test]
fn finished_runs_in_a_partial_report_are_cut_where_those_under_way_are() {
    let folder = killed();
    let output = folder.run(&[
        "run",
        "suite.yaml",
        "--only",
        "Pendulum-v1.popsan.td3.trapezoidal",
    ]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let report = |more: &[&str]| {
        let arguments = [&["report", "suite.yaml", "--format", "json"], more].concat();
        json(&folder.run(&arguments))
    };
    let partial = report(&["--partial"]);
    let blocks = partial["partial"]["blocks"].as_object().unwrap();
    let block = blocks.values().next().unwrap();
    let last = block["last_step"].as_u64().unwrap();
    assert!(
        (500..2500).contains(&last) && block["runs"] == 1,
        "{block:#}"
    );
    let id = &folder.ids()[1];
    let episodes = folder.evaluations(id);
    let returns = episodes.lines().filter_map(|line| {
        let mut cells = line.split(',');
        (cells.next()? == last.to_string()).then(|| cells.nth(1).unwrap().parse::<f64>().unwrap())
    });
    let returns: Vec<f64> = returns.collect();
    let mean = returns.iter().sum::<f64>() / returns.len() as f64;
    let shown = partial["comparison"]["blocks"][0]["rows"]
        .as_array()
        .or_else(|| partial["comparison"]["blocks"][0]["methods"].as_array())
        .unwrap();
    let trapezoidal = shown
        .iter()
        .find(|row| row["label"] == "trapezoidal")
        .unwrap();
    assert_eq!(trapezoidal["final"]["values"][0], mean, "{trapezoidal:#}");
    assert!(report(&[])["partial"].is_null());
}
