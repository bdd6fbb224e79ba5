//! Files that are no files, that are too large, or that ask for more than there is: every verb refuses them at once.

use std::time::{Duration, Instant};

use crate::folder::{Folder, SUITE};

fn refused(folder: &Folder, arguments: &[&str]) -> String {
    let begin = Instant::now();
    let output = folder.run(arguments);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        begin.elapsed() < Duration::from_secs(20),
        "{arguments:?} {said}"
    );
    assert!(!said.contains("panicked"), "{said}");
    format!("{} {}", output.status.code().unwrap(), said.trim_end())
}

#[test]
fn what_is_not_a_regular_file_is_refused_unread() {
    let folder = Folder::new(SUITE);
    let made = std::process::Command::new("mkfifo")
        .arg(folder.path().join("pipe"))
        .status();
    assert!(made.unwrap().success());
    std::fs::create_dir(folder.path().join("folder")).unwrap();
    let evaluate = [
        "evaluate",
        "--actor",
        "mlp",
        "--environment",
        "Pendulum-v1",
        "--weights",
    ];
    let device = "is a pipe or a device";
    for (arguments, file, what) in [
        (&["plan"][..], "/dev/zero", device),
        (&["plan"], "folder", "is a folder"),
        (&["compare"], "/dev/zero", device),
        (&["compare"], "pipe", device),
        (&["design"], "pipe", device),
        (
            &["rollout", "Pendulum-v1", "--actions"],
            "/dev/zero",
            device,
        ),
        (&["plot", "surrogates", "--suite"], "pipe", device),
        (&evaluate, "/dev/zero", device),
    ] {
        let arguments = [arguments, &[file]].concat();
        let said = refused(&folder, &arguments);
        assert!(
            said.starts_with("74 error: ") && said.contains(what),
            "{arguments:?} {said}"
        );
    }
}

#[test]
fn every_verb_that_reads_a_suite_has_the_same_limit_on_cells() {
    let folder = |seeds: &str| Folder::new(&SUITE.replace("seeds: 2", &format!("seeds: {seeds}")));
    let (many, most) = (folder("1000000000000"), folder("18446744073709551615"));
    let plot = ["plot", "surrogates", "--suite", "suite.yaml"];
    let verbs: [&[&str]; 4] = [
        &["plan", "suite.yaml"],
        &["run", "suite.yaml"],
        &["report", "suite.yaml"],
        &plot,
    ];
    for verb in verbs {
        let said = refused(&many, verb);
        assert!(said.starts_with("65 error: suite.yaml:"), "{verb:?} {said}");
    }
    let allowed = [&plot[..], &["--max-cells", "18446744073709551615"]].concat();
    for folder in [&many, &most] {
        assert!(refused(folder, &allowed).starts_with("65 error: suite.yaml:"));
    }
}

#[test]
fn a_run_of_what_fits_no_machine_is_refused_before_anything_is_made() {
    for (old, new) in [
        ("{mlp: {hidden: [8]}}", "{mlp: {hidden: [4294967295]}}"),
        ("{mlp: {hidden: [8]}}", "{mlp: {hidden: [100000, 100000]}}"),
        (
            "evaluation_episodes: 2",
            "evaluation_episodes: 18446744073709551615",
        ),
        ("critic_hidden: [8]", "critic_hidden: [1000000, 1000000]"),
    ] {
        let folder = Folder::new(&SUITE.replace(old, new));
        let said = refused(&folder, &["run", "suite.yaml"]);
        assert!(said.starts_with("65 error: suite.yaml:"), "{new} {said}");
        assert!(!folder.path().join("results").exists());
    }
}

#[test]
fn scores_that_hardly_differ_and_a_long_stay_are_compared_and_drawn() {
    let folder = Folder::new(SUITE);
    let mut text = "method,task,seed,step,score\n".to_owned();
    for (method, seed, score) in [
        ("a", 0, "0"),
        ("a", 1, "5e-324"),
        ("a", 2, "1e-308"),
        ("b", 0, "1.5e-308"),
        ("b", 1, "0"),
        ("b", 2, "0"),
    ] {
        text.push_str(&format!(
            "{method},t,{seed},0,{score}\n{method},t,{seed},10,{score}\n"
        ));
    }
    std::fs::write(folder.path().join("s.csv"), text).unwrap();
    for arguments in [
        &["compare", "s.csv", "--bounds-from-scores", "--out", "o"][..],
        &[
            "compare",
            "s.csv",
            "--threshold",
            "t=0",
            "--stays",
            "18446744073709551615",
        ],
        &["design", "s.csv", "--looks", "2", "--every", "2"],
        &[
            "design",
            "--effect",
            "1",
            "--comparisons",
            "100000",
            "--correction",
            "by",
            "--runs",
            "5",
        ],
    ] {
        assert_eq!(
            refused(&folder, arguments).split(' ').next(),
            Some("0"),
            "{arguments:?}"
        );
    }
}
