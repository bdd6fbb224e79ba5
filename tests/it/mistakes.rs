//! What the compiler says to an author who makes a mistake.

use std::path::Path;
use std::process::Command;

/// The errors of a file with a mistake, without the places in the framework and the lists of other types.
fn errors(name: &str) -> String {
    let program = std::env::current_exe().unwrap();
    let is_release = program
        .parent()
        .unwrap()
        .parent()
        .unwrap()
        .ends_with("release");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/mistakes/{name}.in"));
    let output = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--offline", "--color", "never"])
        .args(["--example", "mistakes", "--features", "mistakes"])
        .args(is_release.then_some("--release"))
        .env("SPIKEBENCH_MISTAKE", file)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "{name} compiles:\n{text}");
    let is_told = |line: &&str| {
        let line = line.trim_start();
        let heads = ["error", "help", "= help", "= note", "note"];
        line.contains('^') || heads.iter().any(|head| line.starts_with(head))
    };
    let ends = ["error: aborting", "error: could not compile"];
    let lines = text.lines().filter(is_told);
    let lines = lines.filter(|line| !ends.iter().any(|end| line.starts_with(end)));
    lines
        .map(|line| line.trim_end().to_owned() + "\n")
        .collect()
}

#[test]
fn parameters_without_defaults_are_told_so() {
    insta::assert_snapshot!(errors("no_default"), @r"
    error[E0277]: the trait bound `Mine: Parameters` is not satisfied
       |                         ^^^^ the trait `std::default::Default` is not implemented for `Mine`
       = note: required for `Mine` to implement `Parameters`
    note: required by a bound in `Factory::surrogate`
       |                                           ^^^^^^^^^^ required by this bound in `Factory::surrogate`
    help: consider annotating `Mine` with `#[derive(Default)]`
    ");
}

#[test]
fn parameters_that_cannot_be_written_are_told_so() {
    insta::assert_snapshot!(errors("no_serialize"), @r"
    error[E0277]: the trait bound `Mine: Parameters` is not satisfied
       |                         ^^^^ unsatisfied trait bound
    help: the trait `Serialize` is not implemented for `Mine`
       | ^^^^^^^^^^^
       = help: the following other types implement trait `Serialize`:
       = note: required for `Mine` to implement `Parameters`
    note: required by a bound in `Factory::surrogate`
       |                                           ^^^^^^^^^^ required by this bound in `Factory::surrogate`
    ");
}

#[test]
fn an_unknown_kind_is_answered_with_the_known_ones() {
    insta::assert_snapshot!(errors("unknown_kind"), @r"
    error: `surogate` is not a kind of component; the kinds are surrogate, neuron, encoder, decoder, actor, agent and environment
       | |_^
       = note: this error originates in the macro `$crate::known_kind` which comes from the expansion of the macro `spikebench::register` (in Nightly builds, run with -Z macro-backtrace for more info)
    error[E0599]: no variant or associated item named `surogate` found for enum `Factory` in the current scope
        |     ^^^^^^^^ variant or associated item not found in `Factory`
    note: if you're trying to build a new `Factory` consider using one of the following associated functions:
        |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    help: there is an associated function `surrogate` with a similar name
    ");
}

#[test]
fn a_component_without_a_comment_is_told_to_have_one() {
    insta::assert_snapshot!(errors("no_comment"), @r"
    error: describe the component in a comment `/// …` above its kind; `spikebench list` shows it
       | |_^
       = note: this error originates in the macro `spikebench::register` (in Nightly builds, run with -Z macro-backtrace for more info)
    ");
}

#[test]
fn a_formula_that_branches_does_not_compile() {
    insta::assert_snapshot!(errors("branch"), @r"
    error[E0369]: binary operation `>` cannot be applied to type `R`
       |            - ^ --- {float}
    help: consider further restricting type parameter `R` with trait `PartialOrd`
    ");
}

#[test]
fn a_constant_in_single_precision_does_not_compile() {
    insta::assert_snapshot!(errors("single"), @r"
    error[E0277]: cannot multiply `f32` by `R`
       |           ^ no implementation for `f32 * R`
       = help: the trait `Mul<R>` is not implemented for `f32`
    ");
}
