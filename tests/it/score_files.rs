//! Scores as people have them come in: other names of columns, other separators, wide tables, folders of runs, and files of
//! NumPy, TensorBoard, marl-eval and rliable (`tests/golden/scores/make.py`).

use std::path::{Path, PathBuf};

use serde_json::Value;
use spikebench::analysis::{Analysis, Reading, Role, SameStep, Settings, read};

use crate::compare::{File, compare, json};

fn golden(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden/scores")
        .join(file)
}

/// The mean of every method on the only task.
fn means(path: &Path, arguments: &[&str]) -> Vec<(String, f64)> {
    let found = json(path, arguments);
    let tasks = found["tasks"].as_object().unwrap();
    assert_eq!(tasks.len(), 1, "{tasks:?}");
    let methods = tasks.values().next().unwrap()["methods"]
        .as_object()
        .unwrap()
        .clone();
    let mean = |(name, method): (String, Value)| (name, method["mean"].as_f64().unwrap());
    methods.into_iter().map(mean).collect()
}

fn named(means: &[(&str, f64)]) -> Vec<(String, f64)> {
    means
        .iter()
        .map(|&(name, mean)| (name.to_owned(), mean))
        .collect()
}

fn refusal(path: &Path, arguments: &[&str]) -> String {
    let output = compare(path, arguments);
    assert_eq!(output.status.code(), Some(65), "{output:?}");
    String::from_utf8(output.stderr)
        .unwrap()
        .trim_end()
        .to_owned()
}

#[test]
fn semicolons_with_decimal_commas_and_a_byte_order_mark_are_read() {
    let plain = "method;task;seed;score\na;T;0;1,5\na;T;1;2,5\nb;T;0;4,5\nb;T;1;6,5\n";
    let expected = named(&[("a", 2.0), ("b", 5.5)]);
    for text in [
        format!("\u{feff}{plain}"),
        plain.replace('\n', "\r\n"),
        plain.replace(';', "\t"),
        format!("sep=;\n{plain}"),
        plain.replace(";score", ";score;").replace(",5\n", ",5;\n"),
    ] {
        assert_eq!(means(&File::of(&text).path(), &[]), expected, "{text}");
    }
    let mixed = File::of("method;task;seed;score\na;T;0;1,5\na;T;1;2.5\n");
    assert!(refusal(&mixed.path(), &[]).contains("s.csv:3: \"2.5\" has a decimal point"));
    let glued = File::of("method,task,seed,score\na,T,0,1,5\n");
    assert!(refusal(&glued.path(), &[]).contains("s.csv:2: holds 5 cells, expected 4"));
}

#[test]
fn columns_with_the_names_of_other_programs_are_recognised_or_told() {
    let rows = "Hopper-v5,ppo,0,100,1\nHopper-v5,ppo,1.0,100,3\nHopper-v5,sac,0.0,100,5\nHopper-v5,sac,1,100,8\n";
    let expected = named(&[("ppo", 2.0), ("sac", 6.5)]);
    for head in [
        "env_id,exp_name,seed,global_step,charts/episodic_return",
        "Environment,Algorithm,Seed,Timesteps,Mean Reward",
        "env,algo,run,total_timesteps,eval/mean_reward",
    ] {
        let file = File::of(&format!("{head}\n{rows}"));
        assert_eq!(means(&file.path(), &[]), expected, "{head}");
    }
    let file = File::of(&format!("world,policy,number,x,y\n{rows}"));
    let columns = "method=policy,task=world,seed=number,step=x,score=y";
    assert_eq!(means(&file.path(), &["--columns", columns]), expected);
    assert!(refusal(&file.path(), &[]).contains("column method is missing"));
    let error = refusal(&file.path(), &["--columns", "method=polcy"]);
    assert!(
        error.contains("has no column \"polcy\"; found world, policy"),
        "{error}"
    );
    // Seeds 0 and 0.0 are one, so that runs find their partners.
    let paired = File::of(&format!("env_id,exp_name,seed,global_step,score\n{rows}"));
    let found = json(&paired.path(), &["--test", "wilcoxon"]);
    assert_eq!(
        found["tasks"]["Hopper-v5"]["against"]["ppo"]["sac"]["runs"],
        serde_json::json!([2, 2])
    );
}

#[test]
fn one_quantity_of_a_table_of_several_is_read() {
    let file = File::of(
        "name,tag,value,global_step,n_simu\n\
         ppo,loss,9,1,0\nppo,episode_rewards,1,1,0\nppo,episode_rewards,3,1,1\n\
         a2c,episode_rewards,5,1,0\na2c,episode_rewards,6,1,1\na2c,loss,9,1,1\n",
    );
    assert_eq!(
        means(&file.path(), &[]),
        named(&[("a2c", 5.5), ("ppo", 2.0)])
    );
    let error = refusal(&file.path(), &["--columns", "score=entropy"]);
    assert!(
        error.contains("\"entropy\"") && error.contains("found loss, episode_rewards"),
        "{error}"
    );
}

#[test]
fn a_table_with_a_column_for_each_method_run_or_task_is_read() {
    let methods = File::of(",one,two\n0,10,15\n1,12,17\n2,11,19\n");
    let found = json(&methods.path(), &[]);
    assert_eq!(
        found["tasks"]["s"]["against"]["one"]["two"]["mean_difference"],
        6.0
    );
    assert!(
        found["notes"].to_string().contains("--task NAME"),
        "{}",
        found["notes"]
    );
    let named_task = json(&methods.path(), &["--task", "Hopper"]);
    assert_eq!(
        named_task["tasks"]["Hopper"]["methods"]["one"]["mean"],
        11.0
    );
    let seeds = File::of("seed;one;two\n4;10,5;15\n5;11,5;17\n");
    assert_eq!(
        means(&seeds.path(), &[]),
        named(&[("one", 11.0), ("two", 16.0)])
    );
    let runs = File::of(
        "Step,ppo-0 - return,ppo-0 - return__MIN,ppo-0 - return__MAX,ppo-1 - return,sac-0 - return,sac-1 - return\n\
         10,1,0,9,2,3,4\n20,5,0,9,6,,8\n30,,,,,11,\n",
    );
    let found = json(&runs.path(), &["--until", "20"]);
    assert_eq!(found["tasks"]["s"]["methods"]["ppo"]["mean"], 5.5);
    assert_eq!(found["tasks"]["s"]["methods"]["sac"]["mean"], 7.5);
    assert!(
        found["notes"]
            .to_string()
            .contains("2 columns that end in __MIN or __MAX are left out")
    );
    let pattern = File::of("step,seed1/ppo,seed2/ppo,seed1/sac\n10,1,2,3\n20,3,4,5\n");
    let name = r"seed(?<seed>\d+)/(?<method>.+)";
    assert_eq!(
        means(&pattern.path(), &["--name-pattern", name]),
        named(&[("ppo", 3.5), ("sac", 5.0)])
    );
    let tasks = File::of("method,seed,Hopper,Ant\na,0,1,5\na,1,2,6\nb,0,3,7\nb,1,4,8\n");
    let found = json(&tasks.path(), &[]);
    assert_eq!(found["tasks"]["Ant"]["methods"]["b"]["mean"], 7.5);
}

#[test]
fn several_scores_at_a_step_are_refused_with_what_helps() {
    let file = File::of("method,task,seed,step,env,score\na,T,0,5,0,1\na,T,0,5,1,3\nb,T,0,5,0,7\n");
    let error = refusal(&file.path(), &[]);
    assert!(
        error.contains("s.csv:3: method a, task T, seed 0, step 5 is already on line 2"),
        "{error}"
    );
    assert!(
        error.contains("--same-step mean") && error.contains("columns env"),
        "{error}"
    );
    assert_eq!(
        means(&file.path(), &["--same-step", "mean"]),
        named(&[("a", 2.0), ("b", 7.0)])
    );
    assert_eq!(
        means(&file.path(), &["--same-step", "last"]),
        named(&[("a", 3.0), ("b", 7.0)])
    );
    assert_eq!(
        means(&file.path(), &["--columns", "episode=env"]),
        named(&[("a", 2.0), ("b", 7.0)])
    );
}

/// Ten episodes of three runs a side, as `scores.csv` with runs 0-0, 0-1, … and with a column `episode`.
fn episodes(separator: &str, head: &str) -> File {
    let mut text = format!("method,task,{head},score\n");
    for (method, starts) in [("a", [1.0, 5.0, 9.0]), ("b", [3.0, 8.0, 12.0])] {
        for (run, start) in starts.iter().enumerate() {
            for episode in 0..10 {
                let score = start + f64::from(episode) / 10.0;
                text += &format!("{method},T,{run}{separator}{episode},{score:.1}\n");
            }
        }
    }
    File::of(&text)
}

#[test]
fn episodes_of_a_run_are_averaged_and_those_that_are_called_runs_are_warned_about() {
    let p = |found: &Value| {
        found["tasks"]["T"]["against"]["a"]["b"]["p"]
            .as_f64()
            .unwrap()
    };
    let averaged = json(&episodes(",", "seed,episode").path(), &[]);
    assert!((p(&averaged) - 0.487_107).abs() < 1e-3, "{}", p(&averaged));
    assert!(
        averaged["notes"]
            .to_string()
            .contains("mean of its episodes")
    );
    let pooled = episodes("-", "seed");
    let found = json(&pooled.path(), &[]);
    assert!((p(&found) - 0.005_17).abs() < 1e-4, "{}", p(&found));
    assert!(
        found["notes"]
            .to_string()
            .contains("look like episodes of 3 runs"),
        "{}",
        found["notes"]
    );
    let mended = json(
        &pooled.path(),
        &["--seed-pattern", r"(?<seed>\d+)-(?<episode>\d+)"],
    );
    assert_eq!(p(&mended), p(&averaged));
}

#[test]
fn the_json_of_marl_eval_of_rliable_and_of_our_own_reports_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = |text: &str| {
        let path = folder.path().join("scores.json");
        std::fs::write(&path, text).unwrap();
        path
    };
    let marl_eval = r#"{"E": {"T": {
        "a": {"seed_0": {"step_0": {"step_count": 1, "return": [1, 3]}, "absolute_metrics": {"return": [9]}},
              "seed_1": {"step_0": {"step_count": 1, "return": [2, 4]}}},
        "b": {"seed_0": {"step_0": {"step_count": 1, "return": [5, 7]}},
              "seed_1": {"step_0": {"step_count": 1, "return": [7, 9]}}}}}}"#;
    assert_eq!(
        means(&file(marl_eval), &[]),
        named(&[("a", 2.5), ("b", 7.0)])
    );
    let seconds = marl_eval.replace("\"return\"", "\"win_rate\"");
    assert_eq!(
        means(&file(&seconds), &[]),
        named(&[("a", 2.5), ("b", 7.0)])
    );
    let rliable = r#"{"a": [[1, 10], [3, 20]], "b": [[5, 30], [6, NaN]]}"#;
    let found = json(&file(rliable), &["--failed", "exclude"]);
    assert_eq!(found["tasks"]["task 1"]["methods"]["b"]["mean"], 5.5);
    assert_eq!(found["tasks"]["task 2"]["methods"]["b"]["mean"], 30.0);
    let rows = r#"[{"algo": "a", "env": "T", "seed": 0, "return": 1}, {"algo": "b", "env": "T", "seed": 0, "return": 2.5}]"#;
    assert_eq!(means(&file(rows), &[]), named(&[("a", 1.0), ("b", 2.5)]));
    let lines = rows.trim_matches(['[', ']']).replace("}, ", "}\n");
    assert_eq!(means(&file(&lines), &[]), named(&[("a", 1.0), ("b", 2.5)]));
    for (text, message) in [
        ("{\"a\": ", "scores.json:1: is not JSON"),
        ("{\"a\": 1}", "is JSON of an unknown form"),
        (
            "[{\"method\": \"a\", \"task\": \"T\", \"seed\": 0, \"score\": \"x\"}]",
            "scores.json: object 1: score \"x\" is not a number",
        ),
    ] {
        let error = refusal(&file(text), &[]);
        assert!(error.contains(message), "{error}");
    }
    let out = folder.path().join("out");
    let given = File::of("method,task,seed,score\na,T,0,1\na,T,1,2\nb,T,0,3\nb,T,1,5\n");
    let written = compare(
        &given.path(),
        &["--normalise", "T=0:10", "--out", out.to_str().unwrap()],
    );
    assert!(written.status.success());
    assert_eq!(
        means(&out.join("exports/rliable.json"), &[]),
        named(&[("a", 1.5), ("b", 4.0)])
    );
    assert!(refusal(&out.join("report.json"), &[]).contains("not the scores"));
}

/// A folder for each run with the monitor files of two environments.
fn monitors(folder: &Path, runs: &[(&str, &str)]) {
    for (run, text) in runs {
        std::fs::create_dir_all(folder.join(run)).unwrap();
        let head = "#{\"t_start\": 0.0, \"env_id\": \"T\"}\nr,l,t\n";
        std::fs::write(
            folder.join(run).join("0.monitor.csv"),
            format!("{head}{text}"),
        )
        .unwrap();
    }
}

#[test]
fn a_folder_of_monitor_files_is_a_run_of_which_steps_are_the_lengths_of_its_episodes() {
    let folder = tempfile::tempdir().unwrap();
    monitors(folder.path(), &[("run0", "1.5,10,0.1\n2.5,20,0.2\n")]);
    let run = folder.path().join("run0");
    let table = read(std::slice::from_ref(&run), &Reading::default()).unwrap();
    assert_eq!(
        (table.methods.as_slice(), table.tasks.as_slice()),
        (&["run0".into()][..], &["T".into()][..])
    );
    assert_eq!(table.runs[0].curve, Some(vec![(10, 1.5), (30, 2.5)]));
    let file = read(&[run.join("0.monitor.csv")], &Reading::default()).unwrap();
    assert_eq!(file.runs[0].curve, table.runs[0].curve);
    // A second environment of the run: its episodes come between those of the first, by their ends.
    std::fs::write(
        run.join("1.monitor.csv"),
        "#{\"t_start\": 0.0, \"env_id\": \"T\"}\nr,l,t\n4.0,5,0.15\n",
    )
    .unwrap();
    let both = read(std::slice::from_ref(&run), &Reading::default()).unwrap();
    assert_eq!(
        both.runs[0].curve,
        Some(vec![(10, 1.5), (15, 4.0), (35, 2.5)])
    );
    std::fs::write(
        run.join("1.monitor.csv"),
        "#{\"t_start\": 0.0, \"env_id\": \"T\"}\nr,l,t\n4.0,5,0.1\n3.0,6,5,0.2,7.1\n",
    )
    .unwrap();
    assert!(refusal(&run, &[]).contains("run0/1.monitor.csv:4: holds 5 cells, expected 3"));
}

#[test]
fn the_path_of_a_run_names_its_method_and_seed() {
    let folder = tempfile::tempdir().unwrap();
    let runs = [
        ("ppo/seed_1", "1,10,1\n"),
        ("ppo/seed_2", "3,10,1\n"),
        ("sac/seed_1", "5,10,1\n"),
        ("sac/seed_2", "8,10,1\n"),
    ];
    monitors(folder.path(), &runs);
    assert_eq!(
        means(folder.path(), &[]),
        named(&[("ppo", 2.0), ("sac", 6.5)])
    );
    let pattern = r"(?<method>\w+)/seed_(?<seed>\d)";
    assert_eq!(
        means(folder.path(), &["--name-pattern", pattern]),
        named(&[("ppo", 2.0), ("sac", 6.5)])
    );
    let tables = tempfile::tempdir().unwrap();
    for (name, score) in [("ppo-0", 1), ("ppo-1", 3), ("sac-0", 5), ("sac-1", 8)] {
        std::fs::write(
            tables.path().join(format!("{name}.csv")),
            format!("step,reward\n10,0\n20,{score}\n"),
        )
        .unwrap();
    }
    assert_eq!(
        means(tables.path(), &[]),
        named(&[("ppo", 2.0), ("sac", 6.5)])
    );
    let empty = tempfile::tempdir().unwrap();
    assert!(refusal(empty.path(), &[]).contains("holds no scores that are known"));
}

#[test]
fn files_of_numpy_and_tensorboard_are_read_as_their_libraries_write_them() {
    let expected: Value =
        serde_json::from_str(&std::fs::read_to_string(golden("expected.json")).unwrap()).unwrap();
    let table = |file: &str, reading: &Reading| read(&[golden(file)], reading).unwrap();
    let curve = |file: &str, reading: &Reading| table(file, reading).runs[0].curve.clone().unwrap();
    let assert_met = |found: &[(u64, f64)], points: &Value, scale: f64| {
        let points = points.as_array().unwrap();
        assert_eq!(found.len(), points.len());
        for (found, point) in found.iter().zip(points) {
            assert_eq!(found.0, point[0].as_u64().unwrap());
            assert!((found.1 - scale * point[1].as_f64().unwrap()).abs() < 1e-9);
        }
    };
    let usual = Reading::default();
    assert_met(
        &curve("evaluations.npz", &usual),
        &expected["evaluations"],
        1.0,
    );
    let events = "events.out.tfevents.1700000000.host.1.0";
    assert_met(&curve(events, &usual), &expected["events"], 1.0);
    let tensors = Reading {
        columns: vec![(Role::Score, "twice".into())],
        same_step: SameStep::Last,
        ..Reading::default()
    };
    assert_met(&curve(events, &tensors), &expected["events"], 2.0);
    let analysis = Analysis::of(&table("matrices.npz", &usual), &Settings::default()).unwrap();
    for (method, tasks) in expected["matrices"].as_object().unwrap() {
        for (block, mean) in analysis.blocks.iter().zip(tasks.as_array().unwrap()) {
            let found = block
                .methods
                .iter()
                .find(|scores| scores.name == *method)
                .unwrap();
            let found = found.scored[0].summary.mean;
            assert!(
                (found - mean.as_f64().unwrap()).abs() < 1e-7,
                "{method} {found}"
            );
        }
    }
}

#[test]
fn published_means_with_deviations_are_compared_by_welchs_test_and_nothing_else() {
    let file = File::of("method,env,mean,std,n\nours,Ant,15,2.5,10\ntheirs,Ant,12,4,8\n");
    let found = json(&file.path(), &["--baseline", "theirs"]);
    let contrast = &found["contrasts"][0];
    assert_eq!(
        (&contrast["method"], &contrast["difference"]),
        (&"ours".into(), &3.0.into())
    );
    // scipy 1.17: ttest_ind_from_stats(15.0, 2.5, 10, 12.0, 4.0, 8, equal_var=False)
    assert!((contrast["p"].as_f64().unwrap() - 0.090_585_330_342_377_52).abs() < 1e-12);
    assert!(
        found["notes"]
            .to_string()
            .contains("need the score of every run")
    );
    for arguments in [
        ["--test", "mann-whitney"],
        ["--normalise", "from-data"],
        ["--interval", "bca"],
        ["--metric", "auc"],
        ["--threshold", "Ant=3"],
        ["--omnibus", "anova"],
    ] {
        let output = compare(&file.path(), &arguments);
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("needs the score of every run"), "{said}");
    }
    let text = compare(&file.path(), &["--better", "lower"]).stdout;
    let text = String::from_utf8(text).unwrap();
    assert!(
        text.contains("p Holm") && text.contains("Lower is better: g is"),
        "{text}"
    );
    let lower = json(&file.path(), &["--better", "lower"]);
    let sign = |field: &str| lower["contrasts"][0][field].as_f64().unwrap().signum();
    assert_eq!(sign("difference"), -sign("hedges_g"));
}

#[test]
fn the_command_says_how_the_files_were_read() {
    let file = File::of("step,m-1,m-2\n10,1,2\n20,3,4\n");
    let arguments = [
        "--name-pattern",
        r"(?<method>m)-(?<seed>\d+)",
        "--task",
        "my task",
        "--normalise",
        "from-data",
    ];
    let found = json(&file.path(), &arguments);
    let command = found["command"].as_str().unwrap();
    let words = shlex_split(command);
    assert_eq!(words[..2], ["spikebench", "compare"]);
    let again: Vec<&str> = words[3..].iter().map(String::as_str).collect();
    assert_eq!(json(&file.path(), &again), found);
}

/// What a shell makes of a command.
fn shlex_split(command: &str) -> Vec<String> {
    let script = format!("printf '%s\\n' {command}");
    let output = std::process::Command::new("sh")
        .args(["-c", &script])
        .output()
        .unwrap();
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect()
}

#[test]
fn what_runs_along_the_lines_of_a_wide_table_is_no_method_and_its_lines_are_no_runs() {
    let lines = |head: &str| {
        let lines: String = (0..20)
            .map(|line| format!("{line},{},{}\n", line % 3, line % 5))
            .collect();
        File::of(&format!("{head}\n{lines}"))
    };
    for head in [
        "episode,ppo,td3",
        "epoch,ppo,td3",
        "whatever,ppo,td3",
        "Relative Time,ppo - r,td3 - r",
    ] {
        let file = lines(head);
        let table = read(&[file.path()], &Reading::default()).unwrap();
        assert_eq!(table.methods, ["ppo", "td3"], "{head}");
        assert_eq!(table.runs.len(), 2, "{head}");
        assert_eq!(table.runs[0].curve.as_ref().unwrap().len(), 20, "{head}");
    }
    let seeds = File::of("method,0,1,2\nppo,1,2,3\ntd3,5,6,9\n");
    assert_eq!(
        means(&seeds.path(), &[]),
        named(&[("ppo", 2.0), ("td3", 20.0 / 3.0)])
    );
    let exported =
        File::of("Step,a_1 - _step,a_1 - ret,a_2 - _step,a_2 - ret\n10,10,1,10,3\n20,20,2,20,4\n");
    assert_eq!(means(&exported.path(), &[]), named(&[("a", 3.0)]));
}

#[test]
fn a_mean_for_each_seed_is_the_score_of_a_run() {
    let file = File::of("method,task,seed,mean,std,n\nppo,H,0,100,5,100\nppo,H,1,102,5,100\n");
    let table = read(&[file.path()], &Reading::default()).unwrap();
    assert!(table.published.is_empty());
    assert_eq!(table.runs.len(), 2);
}

#[test]
fn lines_of_empty_cells_are_no_lines() {
    let file = File::of("method,task,seed,score\na,T,0,1\n,,,\nb,T,0,2\n,,,\n");
    assert_eq!(means(&file.path(), &[]), named(&[("a", 1.0), ("b", 2.0)]));
}
