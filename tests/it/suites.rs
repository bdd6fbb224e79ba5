//! The messages about invalid suites: file, line, path, value and alternatives.

use std::sync::OnceLock;

use jsonschema::Validator;
use serde_json::Value;
use spikebench::registry::Registry;
use spikebench::suite::{Suite, schema};
use spikebench_plugins as _;

const GOOD: &str = "\
name: try
seeds: 2
budget: {steps: 1000, evaluate_every: 500, evaluation_episodes: 2}
matrix:
  surrogate:
    - rectangular
    - trapezoidal: {inner: 0.5, outer: 1.0}
  actor: [popsan, mlp]
  agent: [td3]
  environment: [Pendulum-v1]
compare:
  baseline: rectangular
";

/// Reads a suite, and checks that what editors are told about suites says the same.
fn parse(text: &str) -> Result<Suite, spikebench::suite::SuiteError> {
    let read = Suite::parse("try.yaml", text, &Registry::linked().unwrap(), 10_000);
    match &read {
        Ok(_) => assert!(is_valid_by_schema(text), "the schema refuses {text}"),
        Err(error) if is_about_form(&error.to_string()) => {
            assert!(!is_valid_by_schema(text), "the schema takes {text}");
        }
        Err(_) => {}
    }
    read
}

/// Whether a validator that shares nothing with the reader takes a suite by the schema of `spikebench schema`.
fn is_valid_by_schema(text: &str) -> bool {
    static VALIDATOR: OnceLock<Validator> = OnceLock::new();
    let validator = VALIDATOR.get_or_init(|| {
        let schema = schema(&Registry::linked().unwrap());
        jsonschema::validator_for(&schema).expect("a JSON Schema")
    });
    serde_yaml::from_str(text.trim_start_matches('\u{feff}'))
        .is_ok_and(|value: Value| validator.is_valid(&value))
}

/// Whether a message is about a name, a key or a type, which a schema knows, and not about a size or another place.
fn is_about_form(message: &str) -> bool {
    // A schema takes 64.0 for the whole number that it is.
    if message.contains("`64.0`") {
        return false;
    }
    let begins = [
        "invalid type",
        "unknown field",
        "unknown variant",
        "missing field",
        "two names",
    ];
    let about = message
        .split(": ")
        .any(|part| begins.iter().any(|begin| part.starts_with(begin)));
    about || message.contains("; known: ") && !message.contains("is not on this axis")
}

/// The message for the good suite with one piece of it replaced.
fn with(old: &str, new: &str) -> String {
    assert!(GOOD.contains(old), "{old:?} is not in the good suite");
    error(&GOOD.replacen(old, new, 1))
}

fn parse_with(text: &str, max_cells: u64) -> String {
    let suite = Suite::parse("try.yaml", text, &Registry::linked().unwrap(), max_cells);
    suite.expect_err("the suite is wrong").to_string()
}

fn error(text: &str) -> String {
    parse(text).expect_err("the suite is wrong").to_string()
}

#[test]
fn a_good_suite_is_read_with_every_default_filled_in() {
    let suite = parse(GOOD).unwrap();
    let labels: Vec<_> = suite
        .matrix
        .surrogate
        .iter()
        .map(|entry| entry.label.as_str())
        .collect();
    assert_eq!(labels, ["rectangular", "trapezoidal(inner=0.5,outer=1.0)"]);
    assert_eq!(
        suite.matrix.surrogate[1].component.parameters["height"],
        1.0
    );
    assert_eq!(suite.seeds, [0, 1]);
}

#[test]
fn a_byte_order_mark_is_ignored() {
    assert_eq!(
        parse(&format!("\u{feff}{GOOD}")).unwrap(),
        parse(GOOD).unwrap()
    );
}

#[test]
fn a_component_may_appear_twice_with_other_parameters_and_a_label() {
    let text = GOOD.replace(
        "- rectangular",
        "- {rectangular: {half_width: 1.0}, as: wide}\n    - rectangular",
    );
    let suite = parse(&text).unwrap();
    let labels: Vec<_> = suite
        .matrix
        .surrogate
        .iter()
        .map(|entry| entry.label.as_str())
        .collect();
    assert_eq!(
        labels,
        ["wide", "rectangular", "trapezoidal(inner=0.5,outer=1.0)"]
    );
}

#[test]
fn a_whole_number_may_be_written_as_a_float() {
    for (steps, seeds) in [("1e3", "2.0"), ("1000.0", "[0.0, 1e0]")] {
        let text = GOOD
            .replace("steps: 1000", &format!("steps: {steps}"))
            .replace("seeds: 2", &format!("seeds: {seeds}"));
        assert_eq!(parse(&text).unwrap(), parse(GOOD).unwrap());
    }
}

macro_rules! wrong {
    ($($test:ident: $error:expr, @$message:literal;)+) => {$(
        #[test]
        fn $test() {
            insta::assert_snapshot!($error, @$message);
        }
    )+};
}

#[test]
fn an_unknown_component_is_refused_with_the_nearest_and_the_known_ones() {
    for (old, new, begin, one_known) in [
        (
            "- rectangular",
            "- rectangel",
            r#"try.yaml:6: matrix.surrogate[0]: "rectangel" is not a surrogate; did you mean rectangular? known: "#,
            ", rectangular, s2nn, ",
        ),
        (
            "Pendulum-v1",
            "Pendulum-v0",
            r#"try.yaml:10: matrix.environment[0]: "Pendulum-v0" is not an environment; did you mean Pendulum-v1? known: "#,
            ", MountainCar-v0, ",
        ),
        (
            "[popsan, mlp]",
            "[{popsan: {neuron: glif}}]",
            r#"try.yaml:8: matrix.actor[0].popsan.neuron: "glif" is not a neuron; did you mean alif or clif"#,
            ", leaky, lif, ",
        ),
        (
            "- rectangular",
            "- my-own",
            r#"try.yaml:6: matrix.surrogate[0]: "my-own" is not a surrogate; one of your own needs `register!`, the `mod` line of its file, and `--plugin FILE` if it is in a library; known: "#,
            ", rectangular, s2nn, ",
        ),
    ] {
        let message = with(old, new);
        assert!(message.starts_with(begin), "{message}");
        assert!(message.contains(one_known), "{message}");
    }
}

wrong! {
    normalising_to_nothing: with("inner: 0.5", "normalise: width"),
        @"try.yaml:7: matrix.surrogate[1].trapezoidal.normalise: unknown variant `width`, expected one of `none`, `area`, `peak`";
    normalising_an_infinite_area: with("- rectangular", "- {straight-through: {normalise: area}}"),
        @"try.yaml:6: matrix.surrogate[0].straight-through.normalise: area is not possible: the surrogate has no finite positive area";
    annealing_from_nothing: with("inner: 0.5", "anneal: {from: 0, to: 1}"),
        @"try.yaml:7: matrix.surrogate[1].trapezoidal.anneal.from: 0 must be positive";
    annealing_beyond_the_end: with("inner: 0.5", "anneal: {from: 2, to: 1, until: 1.5}"),
        @"try.yaml:7: matrix.surrogate[1].trapezoidal.anneal.until: 1.5 must be above 0 and at most 1 (a fraction of training)";
    an_unknown_parameter: with("inner: 0.5", "iner: 0.5"),
        @"try.yaml:7: matrix.surrogate[1].trapezoidal.iner: unknown field `iner`, expected one of `inner`, `outer`, `height`; also `normalise`, `anneal`";
    an_unknown_key: with("compare:", "comparison:"),
        @"try.yaml:11: comparison: unknown field `comparison`, expected one of `name`, `description`, `seeds`, `budget`, `matrix`, `exclude`, `compare`";
    an_unknown_key_in_the_budget: with("steps: 1000", "step: 1000"),
        @"try.yaml:3: budget.step: unknown field `step`, expected one of `steps`, `evaluate_every`, `evaluation_episodes`, `time_limit`";
    an_unknown_axis: with("surrogate:", "surrogates:"),
        @"try.yaml:5: matrix.surrogates: unknown field `surrogates`, expected one of `surrogate`, `actor`, `agent`, `environment`";
    an_unknown_baseline: with("baseline: rectangular", "baseline: triangular"),
        @r#"try.yaml:12: compare.baseline: "triangular" is not on this axis; known: rectangular, trapezoidal(inner=0.5,outer=1.0)"#;
    an_unknown_test: with("baseline: rectangular", "test: bayes"),
        @"try.yaml:12: compare.test: unknown variant `bayes`, expected one of `welch`, `student`, `paired-t`, `mann-whitney`, `mann-whitney-asymptotic`, `permutation`, `paired-permutation`, `wilcoxon`, `brunner-munzel`, `brunner-munzel-asymptotic`, `kolmogorov-smirnov`, `tost`";
    an_unknown_correction: with("baseline: rectangular", "correction: sidak"),
        @"try.yaml:12: compare.correction: unknown variant `sidak`, expected one of `none`, `bonferroni`, `holm`, `hochberg`, `hommel`, `bh`, `by`";
    a_missing_key: with("seeds: 2\n", ""),
        @"try.yaml:1: missing field `seeds`";
    inner_above_outer: with("inner: 0.5", "inner: 1.5"),
        @"try.yaml:7: matrix.surrogate[1].trapezoidal.inner: 1.5 must be below outer (1)";
    inner_above_the_default_outer: with("{inner: 0.5, outer: 1.0}", "{inner: 0.8}"),
        @"try.yaml:7: matrix.surrogate[1].trapezoidal.inner: 0.8 must be below outer (0.75)";
    a_negative_parameter: with("inner: 0.5", "inner: -0.5"),
        @"try.yaml:7: matrix.surrogate[1].trapezoidal.inner: -0.5 must not be negative";
    a_zero_parameter: with("inner: 0.5, outer: 1.0", "height: 0"),
        @"try.yaml:7: matrix.surrogate[1].trapezoidal.height: 0 must be positive";
    a_parameter_that_is_not_a_number: with("inner: 0.5", "inner: .nan"),
        @"try.yaml:7: matrix.surrogate[1].trapezoidal.inner: .nan is not a finite number";
    an_infinite_parameter: with("outer: 1.0", "outer: .inf"),
        @"try.yaml:7: matrix.surrogate[1].trapezoidal.outer: .inf is not a finite number";
    a_word_for_a_number: with("inner: 0.5", "inner: half"),
        @r#"try.yaml:7: matrix.surrogate[1].trapezoidal.inner: invalid type: string "half", expected a number"#;
    a_negative_count_of_steps: with("steps: 1000", "steps: -1000"),
        @"try.yaml:3: budget.steps: invalid value: number `-1000`, expected a whole number that is not negative";
    a_fraction_of_a_step: with("steps: 1000", "steps: 10.5"),
        @"try.yaml:3: budget.steps: invalid type: number `10.5`, expected a whole number that is not negative";
    a_whole_number_with_underscores: with("steps: 1000", "steps: 1_000"),
        @r#"try.yaml:3: budget.steps: invalid type: string "1_000", expected a whole number that is not negative; write 1000"#;
    a_size_with_a_fraction_of_zero: with("[popsan, mlp]", "[{mlp: {hidden: [64.0]}}]"),
        @"try.yaml:8: matrix.actor[0].mlp.hidden[0]: invalid type: number `64.0`, expected a whole number from 0 to 4294967295; write 64";
    a_label_that_is_a_boolean: with("- rectangular", "- {rectangular: {}, as: true}"),
        @r#"try.yaml:12: compare.baseline: "rectangular" is not on this axis; known: true, trapezoidal(inner=0.5,outer=1.0)"#;
    a_baseline_that_is_a_number: with("baseline: rectangular", "baseline: 1"),
        @r#"try.yaml:12: compare.baseline: "1" is not on this axis; known: rectangular, trapezoidal(inner=0.5,outer=1.0)"#;
    a_component_that_is_a_number: with("[Pendulum-v1]", "[1]"),
        @"try.yaml:10: matrix.environment[0]: invalid type: number `1`, expected a name, or one name with its parameters";
    no_steps: with("steps: 1000", "steps: 0"),
        @"try.yaml:3: budget.steps: 0 must be positive";
    steps_that_are_not_evaluated: with("evaluate_every: 500", "evaluate_every: 300"),
        @"try.yaml:3: budget.evaluate_every: 300 does not divide steps (1000), so the last step would not be evaluated";
    more_steps_than_numbers: with("steps: 1000", "steps: 99999999999999999999999"),
        @"try.yaml:3: budget.steps: 99999999999999999999999 is out of range; whole numbers go from -9223372036854775808 to 18446744073709551615";
    fewer_steps_than_numbers: with("steps: 1000", "steps: -99999999999999999999999"),
        @"try.yaml:3: budget.steps: -99999999999999999999999 is out of range; whole numbers go from -9223372036854775808 to 18446744073709551615";
    no_time: with("steps: 1000", "time_limit: 0, steps: 1000"),
        @"try.yaml:3: budget.time_limit: 0.0 must be positive (seconds)";
    more_time_than_clocks_count: with("steps: 1000", "time_limit: 1e300, steps: 1000"),
        @"try.yaml:3: budget.time_limit: 1e300 must be at most 315360000 (seconds, ten years)";
    no_seed: with("seeds: 2", "seeds: 0"),
        @"try.yaml:2: seeds: there are none, expected at least one";
    a_seed_given_twice: with("seeds: 2", "seeds: [3, 1, 3]"),
        @"try.yaml:2: seeds[2]: 3 is given twice";
    a_negative_seed: with("seeds: 2", "seeds: [-1]"),
        @"try.yaml:2: seeds[0]: invalid value: number `-1`, expected a whole number that is not negative";
    an_empty_axis: with("agent: [td3]", "agent: []"),
        @"try.yaml:9: matrix.agent: is empty, expected at least one entry";
    no_surrogate_for_a_spiking_actor: with("surrogate:\n    - rectangular\n    - trapezoidal: {inner: 0.5, outer: 1.0}", "surrogate: []"),
        @"try.yaml:5: matrix.surrogate: is empty, but the actor popsan spikes and needs one";
    one_cell_twice: with("- rectangular", "- rectangular\n    - rectangular: {height: 1}"),
        @"try.yaml:7: matrix.surrogate[1]: is the same as matrix.surrogate[0]: rectangular";
    two_names_in_one_entry: with("- rectangular", "- {rectangular: {}, triangular: {}}"),
        @"try.yaml:6: matrix.surrogate[0]: two names, rectangular and triangular, expected one name with its parameters";
    a_label_under_another_key: with("- rectangular", "- {rectangular: {height: 1}, label: r}"),
        @r#"try.yaml:6: matrix.surrogate[0]: `label: "r"` is not a component; expected one name with a map of its parameters and, optionally, its label: {NAME: {PARAMETER: VALUE}, as: LABEL}"#;
    a_key_given_twice: with("seeds: 2", "seeds: 2\nseeds: 3"),
        @"try.yaml:3: seeds: is given twice";
    a_parameter_within_an_actor: with("[popsan, mlp]", "[{popsan: {neuron: {clif: {decay: 1}}}}]"),
        @"try.yaml:8: matrix.actor[0].popsan.neuron.clif.decay: unknown field `decay`, expected one of `c_decay`, `current_decay`, `v_decay`, `voltage_decay`; also `v_threshold`, `reset`, `v_reset`, `reset_timing`, `detach_reset`";
    a_layer_without_neurons: with("[popsan, mlp]", "[{mlp: {hidden: [64, 0]}}]"),
        @"try.yaml:8: matrix.actor[0].mlp.hidden[1]: 0 must be at least 1";
    alpha_outside_of_its_range: with("baseline: rectangular", "alpha: 5"),
        @"try.yaml:12: compare.alpha: 5 must lie between 0 and 1";
    a_name_that_climbs_out_of_its_folder: with("name: try", "name: ../try"),
        @r#"try.yaml:1: name: "../try" cannot name a folder; expected at most 64 of A-Z a-z 0-9 . _ - and no dot at the front"#;
    an_exclusion_of_an_unknown_label: with("compare:", "exclude: [{actor: dsqn}]\ncompare:"),
        @r#"try.yaml:11: exclude[0].actor: "dsqn" is not on this axis; known: popsan, mlp"#;
    an_exclusion_of_everything: with("compare:", "exclude: [{}]\ncompare:"),
        @"try.yaml:11: exclude[0]: is empty and would leave out every cell";
    exclusions_that_leave_nothing: with("compare:", "exclude: [{seed: 0}, {seed: 1}]\ncompare:"),
        @"try.yaml:11: exclude: leaves out every cell";
    an_excluded_baseline: with("compare:", "exclude:\n  - {surrogate: rectangular}\ncompare:"),
        @"try.yaml:11: exclude: leaves out every cell of the baseline rectangular; name another one under compare";
    an_excluded_default_baseline: with("compare:\n  baseline: rectangular", "exclude:\n  - {surrogate: rectangular, seed: 0}\n  - {surrogate: rectangular, seed: 1}"),
        @"try.yaml:11: exclude: leaves out every cell of the baseline rectangular; name another one under compare";
    too_many_cells: with("seeds: 2", "seeds: 1000000000000"),
        @"try.yaml:1: 3000000000000 cells are more than 100000, the most that a suite may have";
    more_cells_than_are_usual: with("seeds: 2", "seeds: 20000"),
        @"try.yaml:1: 60000 cells are more than 10000; allow them with --max-cells 60000";
    more_cells_than_numbers: with("seeds: 2", "seeds: 18446744073709551615"),
        @"try.yaml:2: seeds: 18446744073709551615 seeds make more cells than can be counted";
    more_cells_than_any_suite_may_have: parse_with(&GOOD.replace("seeds: 2", "seeds: 1000000000000"), u64::MAX),
        @"try.yaml:1: 3000000000000 cells are more than 100000, the most that a suite may have";
    a_layer_that_is_too_wide: with("[popsan, mlp]", "[{mlp: {hidden: [4294967295]}}]"),
        @"try.yaml:8: matrix.actor[0].mlp.hidden[0]: 4294967295 is too much, at most 1048576 are allowed";
    too_many_layers: with("[popsan, mlp]", &format!("[{{mlp: {{hidden: {:?}}}}}]", [1; 65])),
        @"try.yaml:8: matrix.actor[0].mlp.hidden: 65 layers are too many, at most 64 are allowed";
    more_memory_than_any_machine_has: with("[popsan, mlp]", "[mlp, {mlp: {hidden: [100000, 100000]}}]"),
        @"try.yaml:8: matrix.actor[1]: mlp(hidden=[100000,100000]) with td3 in Pendulum-v1 needs 186 GiB of memory or more; at most 64 are allowed: choose smaller layers or a smaller buffer_size";
    a_buffer_that_no_machine_holds: error(&GOOD
        .replace("steps: 1000", "steps: 4000000000")
        .replace("agent: [td3]", "agent: [{td3: {buffer_size: 4294967295}}]")
        .replace("[popsan, mlp]", "[mlp]")),
        @"try.yaml:9: matrix.agent[0]: mlp with td3(buffer_size=4294967295) in Pendulum-v1 needs 104 GiB of memory or more; at most 64 are allowed: choose smaller layers or a smaller buffer_size";
    too_many_time_steps: with("[popsan, mlp]", "[{popsan: {T: 4294967295}}]"),
        @"try.yaml:8: matrix.actor[0].popsan.T: 4294967295 is too much, at most 10000 are allowed";
    too_large_a_population: with("[popsan, mlp]", "[{popsan: {encoder: {population: {neurons: 4294967295}}}}]"),
        @"try.yaml:8: matrix.actor[0].popsan.encoder.population.neurons: 4294967295 is too much, at most 4096 are allowed";
    too_large_a_batch: with("[td3]", "[{td3: {batch_size: 4294967295}}]"),
        @"try.yaml:9: matrix.agent[0].td3.batch_size: 4294967295 is too much, at most 1048576 are allowed";
    more_episodes_than_are_played_at_once: with("evaluation_episodes: 2", "evaluation_episodes: 18446744073709551615"),
        @"try.yaml:3: budget.evaluation_episodes: 18446744073709551615 is too much, at most 1000 are allowed";
    a_key_that_is_too_long: with("inner: 0.5", &format!("{}: 0.5", "k".repeat(500_000))),
        @"try.yaml:7: matrix.surrogate[1].trapezoidal: has a key of 500000 bytes; at most 1024 are allowed";
    too_many_aliases: with("seeds: 2", &format!("seeds: [&a 1{}]", ", *a".repeat(1001))),
        @"try.yaml:2: seeds[1001]: is one alias too many; at most 1000 are allowed";
    too_many_entries: with("[td3]", &format!("[{}]", vec!["td3"; 1001].join(", "))),
        @"try.yaml:9: matrix.agent: has 1001 entries; at most 1000 are allowed";
    too_many_exclusions: with("compare:", &format!("exclude: [{}]\ncompare:", vec!["{seed: 0}"; 1001].join(", "))),
        @"try.yaml:11: exclude: has 1001 entries; at most 1000 are allowed";
    broken_yaml: with("seeds: 2", "seeds: [2"),
        @"try.yaml:3: is not YAML: illegal placement of ':' indicator";
    a_tag: with("seeds: 2", "seeds: !count 2"),
        @"try.yaml:2: seeds: has a tag; tags are not supported";
    two_documents: with("compare:", "---\ncompare:"),
        @"try.yaml:11: holds a second document, expected one";
    an_empty_file: error(""),
        @"try.yaml:1: is empty";
    a_list_instead_of_a_suite: error("- name: try"),
        @"try.yaml:1: invalid type: sequence, expected a map with the keys name, description, seeds, budget, matrix, exclude, compare";
    a_list_instead_of_a_budget: with("{steps: 1000, evaluate_every: 500, evaluation_episodes: 2}", "[1000, 500, 2]"),
        @"try.yaml:3: budget: invalid type: sequence, expected a map with the keys steps, evaluate_every, evaluation_episodes, time_limit";
    a_list_instead_of_a_matrix: error("name: try\nseeds: 1\nbudget: {steps: 1, evaluate_every: 1}\nmatrix: [[mlp], [td3]]"),
        @"try.yaml:4: matrix: invalid type: sequence, expected a map with the keys surrogate, actor, agent, environment";
    a_list_instead_of_an_exclusion: with("compare:", "exclude: [[rectangular]]\ncompare:"),
        @"try.yaml:11: exclude[0]: invalid type: sequence, expected a map with the keys surrogate, actor, agent, environment, seed";
    a_list_instead_of_a_comparison: with("compare:\n  baseline: rectangular", "compare: [surrogate, rectangular]"),
        @"try.yaml:11: compare: invalid type: sequence, expected a map with the keys factor, baseline, all_pairs, metrics, better, test, margin, omnibus, post_hoc, correction, family, alpha, failed, zeros, interval, rope, bounds, normalise, bounds_from_scores, threshold, thresholds, stays, until, incomplete, seed";
    nothing_instead_of_a_comparison: with("compare:\n  baseline: rectangular", "compare:"),
        @"try.yaml:11: compare: invalid type: null, expected a map with the keys factor, baseline, all_pairs, metrics, better, test, margin, omnibus, post_hoc, correction, family, alpha, failed, zeros, interval, rope, bounds, normalise, bounds_from_scores, threshold, thresholds, stays, until, incomplete, seed";
    a_list_instead_of_parameters: with("{inner: 0.5, outer: 1.0}", "[0.5, 1.0]"),
        @"try.yaml:7: matrix.surrogate[1]: `trapezoidal: [0.5,1.0]` is not a component; expected one name with a map of its parameters and, optionally, its label: {NAME: {PARAMETER: VALUE}, as: LABEL}";
    deep_nesting: error(&"[".repeat(20_000)),
        @"try.yaml:1: is not YAML: recursion limit exceeded";
    a_billion_laughs: error(&billion_laughs()),
        @"try.yaml:15: is too large once its aliases are expanded: more than 100000 values or 1 MiB of text";
}

#[test]
fn a_label_that_looks_like_a_number_is_the_text_that_is_written() {
    let text = GOOD
        .replace("- rectangular\n", "- {rectangular: {}, as: 0.250}\n")
        .replace("baseline: rectangular", "baseline: 0.250")
        + "exclude: [{surrogate: 0.250, seed: 0}]\n";
    let suite = parse(&text).unwrap();
    assert_eq!(suite.matrix.surrogate[0].label, "0.250");
    assert_eq!(suite.compare.settings.baseline.as_deref(), Some("0.250"));
    let truth = GOOD.replace("- rectangular\n", "- {rectangular: {}, as: true}\n");
    let truth = parse(&truth.replace("baseline: rectangular", "baseline: true")).unwrap();
    assert_eq!(truth.matrix.surrogate[0].label, "true");
}

#[test]
fn a_baseline_may_be_excluded_for_some_seeds_and_an_actor_without_spikes_needs_no_surrogate() {
    for exclude in ["{surrogate: rectangular, seed: 0}", "{actor: mlp}"] {
        parse(&format!("{GOOD}exclude: [{exclude}]\n")).unwrap();
    }
    parse(&GOOD.replace("[popsan, mlp]", "[mlp]")).unwrap();
}

fn billion_laughs() -> String {
    let mut text = String::from("a0: &a0 [lol, lol]\n");
    for level in 1..40 {
        let below = level - 1;
        text.push_str(&format!("a{level}: &a{level} [*a{below}, *a{below}]\n"));
    }
    text
}

#[test]
fn bounds_name_an_environment_of_the_suite_and_their_lower_end_is_below_the_upper_one() {
    let bounds = |text: &str| with("  baseline: rectangular\n", text);
    let suite = GOOD.to_owned() + "  bounds:\n    Pendulum-v1: {low: -1500, high: 0}\n";
    let suite = parse(&suite).unwrap();
    let declared = suite.compare.settings.bounds["Pendulum-v1"];
    assert_eq!((declared.low, declared.high), (-1500.0, 0.0));
    insta::assert_snapshot!(bounds("  bounds:\n    Hopper-v5: {low: 0, high: 1}\n"), @r#"try.yaml:13: compare.bounds.Hopper-v5: "Hopper-v5" is not on this axis; known: Pendulum-v1"#);
    insta::assert_snapshot!(bounds("  bounds:\n    Pendulum-v1: {low: 0, high: -5}\n"), @"try.yaml:13: compare.bounds.Pendulum-v1: low (0) must lie below high (-5)");
    insta::assert_snapshot!(bounds("  bounds: {Pendulum-v1: {low: 0}}\n"), @"try.yaml:12: compare.bounds.Pendulum-v1: missing field `high`");
    insta::assert_snapshot!(bounds("  bounds: {Pendulum-v1: [0, 1]}\n"), @"try.yaml:12: compare.bounds.Pendulum-v1: invalid type: sequence, expected a map with the keys low, high");
}

#[test]
fn an_alias_bomb_is_refused_before_it_expands() {
    let bomb = format!(
        "long: &long {}\nbomb: [{}]\n",
        "x".repeat(200_000),
        "*long, ".repeat(14_000)
    );
    assert!(bomb.len() < 1 << 20);
    let begin = std::time::Instant::now();
    insta::assert_snapshot!(error(&bomb), @"try.yaml:2: bomb[6]: is too large once its aliases are expanded: more than 100000 values or 1 MiB of text");
    assert!(begin.elapsed().as_secs_f64() < 1.0);
}

#[test]
fn a_small_alias_is_expanded() {
    let actors = "[{mlp: &small {hidden: [8]}}, {popsan: *small}]";
    let suite = parse(&GOOD.replace("[popsan, mlp]", actors)).unwrap();
    for actor in &suite.matrix.actor {
        assert_eq!(actor.component.parameters["hidden"], serde_json::json!([8]));
    }
}

#[test]
fn every_suite_of_the_repository_is_valid() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("suites");
    let mut read = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "yaml")
        {
            parse(&std::fs::read_to_string(path).unwrap()).unwrap();
            read += 1;
        }
    }
    assert!(read >= 7);
}

#[test]
fn the_suite_in_the_documentation_is_valid() {
    let page = include_str!("../../suites/README.md");
    let example = page
        .split("```yaml\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .unwrap();
    let suite = parse(example).unwrap();
    assert_eq!(
        (suite.name.as_str(), suite.seeds.len()),
        ("hopper-shapes", 10)
    );
}

#[test]
fn an_agent_is_not_paired_with_a_task_that_it_cannot_act_in() {
    assert_eq!(
        with("agent: [td3]", "agent: [td3, dqn]"),
        "try.yaml:9: matrix.agent[1]: dqn cannot act in Pendulum-v1: dqn needs a discrete action space, but this one is \
         continuous; leave out this pair with `exclude: [{agent: \"dqn\", environment: \"Pendulum-v1\"}]`"
    );
    let excluded = GOOD.replace("agent: [td3]", "agent: [td3, dqn]")
        + "exclude: [{agent: dqn, environment: Pendulum-v1}]\n";
    assert!(parse(&excluded).is_ok());
}
