//! `spikebench inspect` and `list` show what a library holds.

use libtest_mimic::{Failed, Trial};

use crate::bench::{Folder, complaint, replace, said};

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("a_library_is_inspected_without_loading_it", inspected),
        Trial::test("a_library_lists_what_it_registers", listed),
        Trial::test(
            "a_loaded_component_of_every_kind_is_held_to_its_promises",
            checked,
        ),
        Trial::test("the_configuration_of_the_user_names_plugins", configured),
    ]
}

fn inspected() -> Result<(), Failed> {
    let folder = Folder::new();
    folder.library("libmine.so", |_| {});
    let mut command = folder.bare(&["inspect", "libmine.so"]);
    command.env("SPIKEBENCH_TEST_START", "abort");
    let output = command.output()?;
    let text = said(&output);
    assert!(output.status.success(), "{text}");
    assert!(
        text.contains("surrogate faulty-surrogate: Panics on demand."),
        "{text}"
    );
    assert!(text.ends_with("\nIt fits this program.\n"), "{text}");

    folder.library("libother.so", |bytes| {
        replace(bytes, "panic\tunwind\n", "panic\tunwinx\n")
    });
    let output = folder.bare(&["inspect", "libother.so"]).output()?;
    let text = said(&output);
    assert_eq!(output.status.code(), Some(65), "{text}");
    assert!(text.contains("unwinx  (this program: unwind)"), "{text}");
    assert!(
        text.contains("\nIt would be refused: it was built in another way"),
        "{text}"
    );
    Ok(())
}

fn listed() -> Result<(), Failed> {
    let folder = Folder::new();
    folder.library("libmine.so", |_| {});
    let names = |output: &std::process::Output| -> Vec<String> {
        let all: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let all = all.as_array().unwrap().iter();
        let name = |one: &serde_json::Value| format!("{} {}", one["kind"], one["name"]);
        all.map(name)
            .filter(|name| !name.contains("faulty") && !name.contains("my-component"))
            .collect()
    };
    let loaded = folder
        .bare(&["--plugin", "libmine.so", "list", "--json"])
        .output()?;
    let linked = folder.linked(&["list", "--json"]).output()?;
    assert_eq!(names(&loaded), names(&linked));
    assert!(names(&linked).len() > 60);
    let nothing = folder.bare(&["list", "--json"]).output()?;
    assert!(names(&nothing).is_empty());

    // The section of components agrees with what is registered.
    let inspected = folder.bare(&["inspect", "libmine.so", "--json"]).output()?;
    let inspected: serde_json::Value = serde_json::from_slice(&inspected.stdout)?;
    assert_eq!(
        inspected["components"].as_array().unwrap().len(),
        names(&linked).len() + 2 + 7
    );
    Ok(())
}

fn configured() -> Result<(), Failed> {
    let folder = Folder::new();
    folder.library("libmine.so", |_| {});
    std::fs::create_dir(folder.path().join("spikebench"))?;
    folder.file("spikebench/config.yaml", "plugins:\n- ../libmine.so\n");
    let output = folder.bare(&["list", "surrogate"]).output()?;
    assert!(
        said(&output).contains("faulty-surrogate"),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    // A command that answers before LibTorch is initialised reads it as well.
    let twice = complaint(&folder, folder.linked(&["list", "surrogate"]), 65);
    assert!(twice.contains("are called"), "{twice}");
    folder.file("spikebench/config.yaml", "plugin: x\n");
    let output = folder.bare(&["list", "surrogate"]).output()?;
    assert_eq!(output.status.code(), Some(65));
    insta::assert_snapshot!(crate::bench::plain(&folder, &String::from_utf8_lossy(&output.stderr)), @"error: FOLDER/spikebench/config.yaml: unknown field `plugin`, expected `plugins`");
    Ok(())
}

fn checked() -> Result<(), Failed> {
    let folder = Folder::new();
    folder.library("libmine.so", |_| {});
    let words = ["check", "my-component", "--plugin", "libmine.so"];
    let output = folder.bare(&words).output()?;
    let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{}{complaints}", said(&output));
    insta::assert_snapshot!(said(&output), @r"
    surrogate my-component
      kept    its parameters have defaults, can be read back, and others are refused
      kept    loops over slices and tensors give the values of single numbers, position by position
      kept    it is finite for every potential
      kept    a spike is exactly the step forward, and exactly the surrogate backward
    neuron my-component
      kept    its parameters have defaults, can be read back, and others are refused
      kept    it is silent at rest
      kept    the derivatives of its formulas by dual numbers equal those by differences
      kept    its loops equal tensors, and no observation depends on another one or on an earlier call
    encoder my-component
      kept    its parameters have defaults, can be read back, and others are refused
      kept    it keeps the shapes, and spikes are 0 or 1
      kept    its kernels equal LibTorch's operations, forward and backward
      kept    a replica computes what it would alone
    decoder my-component
      kept    its parameters have defaults, can be read back, and others are refused
      kept    it keeps the shapes
      kept    its kernels equal LibTorch's operations, forward and backward
      kept    a replica computes what it would alone
      kept    its cost says that it reads its neurons in one way or the other
    actor my-component
      kept    its parameters have defaults, can be read back, and others are refused
      kept    it gives a finite number for each action dimension
      kept    the same seeds give the same numbers
      kept    a replica computes what it would alone
    agent my-component
      kept    its parameters have defaults, can be read back, and others are refused
      kept    it accepts a task with numbers or with choices, and acts in it
      kept    the same seeds give the same actions
      kept    a learner that is restored from a checkpoint continues to the last bit
      kept    it learns which action is best in each situation
    environment my-component
      kept    its parameters have defaults, can be read back, and others are refused
      kept    its observations have the stated length, and all numbers are finite
      kept    the same seed gives the same episode, whatever was before
      kept    one that is restored from a checkpoint continues to the last bit

    7 components conform
    ");
    Ok(())
}
