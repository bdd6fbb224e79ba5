//! Every reason for which a plugin is refused, in the words that a user reads.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use libtest_mimic::{Failed, Trial};

use crate::bench::{Folder, complaint, library, plain, replace};

pub fn trials() -> Vec<Trial> {
    type Test = fn() -> Result<(), Failed>;
    let tests: [(&str, Test); 15] = [
        (
            "a_library_of_another_compiler_is_refused_with_the_command_that_rebuilds_it",
            other_compiler,
        ),
        ("a_library_with_another_libtorch_is_refused", other_libtorch),
        ("a_library_of_another_public_api_is_refused", stale_api),
        (
            "a_library_with_another_version_of_a_crate_that_crosses_is_refused",
            other_crate,
        ),
        (
            "a_library_with_another_feature_of_a_crate_that_crosses_is_refused",
            other_feature,
        ),
        ("a_file_that_is_not_the_pinned_one_is_refused", wrong_pin),
        (
            "a_file_that_others_can_write_is_refused_unless_unchecked",
            writable_file,
        ),
        (
            "a_file_in_a_folder_that_others_can_write_is_refused",
            writable_folder,
        ),
        (
            "what_is_not_a_shared_library_is_refused_with_what_it_is",
            not_a_library,
        ),
        ("a_library_without_a_stamp_is_refused", no_stamp),
        ("a_library_for_another_machine_is_refused", other_machine),
        ("a_library_that_is_truncated_anywhere_is_refused", truncated),
        (
            "two_plugins_with_one_name_are_refused_with_both_files",
            two_of_a_name,
        ),
        (
            "a_plugin_with_a_name_of_ours_is_refused_with_both_places",
            name_of_ours,
        ),
        (
            "a_library_that_ends_or_blocks_the_process_that_loads_it_is_refused",
            misbehaving,
        ),
    ];
    tests
        .into_iter()
        .map(|(name, test)| Trial::test(name, test))
        .collect()
}

/// What `list` says about a library that was changed, as a program says it that was built for debugging.
fn changed(change: impl FnOnce(&mut Vec<u8>)) -> String {
    let folder = Folder::new();
    folder.library("libmine.so", change);
    let command = folder.bare(&["--plugin", "libmine.so", "list"]);
    complaint(&folder, command, 65).replace("build --release", "build")
}

/// The stamp's value of a field.
fn stamped(field: &str) -> String {
    let bytes = fs::read(library()).unwrap();
    let text = String::from_utf8_lossy(&bytes);
    let stamp = text.split("spikebench plugin 1\n").nth(1).unwrap();
    let line = stamp.lines().find(|line| line.starts_with(field)).unwrap();
    line.split('\t').nth(1).unwrap().to_owned()
}

/// Changes the stamp's value of a field, and nothing else in the file.
fn restamp(bytes: &mut [u8], field: &str, old: &str, new: &str) {
    let line = stamped(field);
    let changed = line.replacen(old, new, 1);
    assert_ne!(line, changed, "{line}");
    replace(
        bytes,
        &format!("{field}\t{line}\n"),
        &format!("{field}\t{changed}\n"),
    );
}

fn other_compiler() -> Result<(), Failed> {
    let own = stamped("Rust compiler");
    let (release, commit) = own.split_once(" (").unwrap();
    let other = "9".repeat(release.len());
    let said = changed(|bytes| restamp(bytes, "Rust compiler", release, &other));
    let said = said
        .replace(commit.trim_end_matches(')'), "COMMIT")
        .replace(release, "RELEASE")
        .replace(&other, "OTHER");
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    insta::assert_snapshot!(said, @"error: the plugin libmine.so is not loaded: it was built in another way than this program: field this program the plugin Rust compiler RELEASE (COMMIT) OTHER (COMMIT) rebuild it: cargo +RELEASE build");
    Ok(())
}

fn other_libtorch() -> Result<(), Failed> {
    let own = stamped("LibTorch");
    let first = &own[..1];
    let said = changed(|bytes| restamp(bytes, "LibTorch", first, "9"));
    insta::assert_snapshot!(said.replace(&own, "OWN"), @r"
    error: the plugin libmine.so is not loaded: it was built in another way than this program:
      field     this program  the plugin
      LibTorch  OWN        9.11.0
    rebuild it:
      LIBTORCH=<folder of LibTorch OWN> cargo build
    ");
    Ok(())
}

fn stale_api() -> Result<(), Failed> {
    let own = stamped("public API");
    let said = changed(|bytes| restamp(bytes, "public API", &own, &"0".repeat(own.len())));
    insta::assert_snapshot!(said.replace(&own, "0123456789abcdef"), @r"
    error: the plugin libmine.so is not loaded: it was built in another way than this program:
      field       this program      the plugin
      public API  0123456789abcdef  0000000000000000
    rebuild it:
      cargo build
    with the package spikebench 0.1.0 from the same sources as this program
    ");
    Ok(())
}

fn other_crate() -> Result<(), Failed> {
    let said = changed(|bytes| restamp(bytes, "crates", "serde_json 1.0.", "serde_json 1.9."));
    let crates = stamped("crates");
    let version = crates
        .strip_prefix("serde_json ")
        .unwrap()
        .split(',')
        .next()
        .unwrap();
    let other = version.replacen("1.0.", "1.9.", 1);
    insta::assert_snapshot!(said.replace(version, "OWN").replace(&other, "OTHER"), @r"
    error: the plugin libmine.so is not loaded: it was built in another way than this program:
      field             this program  the plugin
      crate serde_json  OWN       OTHER
    rebuild it:
      cargo update -p serde_json --precise OWN && cargo build
    ");
    Ok(())
}

fn other_feature() -> Result<(), Failed> {
    // `preserve_order` makes a map larger. The layouts stand behind the text, two bytes each.
    let said = changed(|bytes| {
        let crates = format!("crates\t{}\n", stamped("crates"));
        let text = String::from_utf8_lossy(bytes).find(&crates);
        assert!(text.is_some());
        let place = bytes
            .windows(crates.len())
            .position(|part| part == crates.as_bytes())
            .unwrap();
        bytes[place + crates.len() + 2] = 72;
    });
    insta::assert_snapshot!(said, @r"
    error: the plugin libmine.so is not loaded: it was built in another way than this program:
      field            this program            the plugin
      serde_json::Map  24 bytes, aligned to 8  72 bytes, aligned to 8
    rebuild it:
      cargo build
    with the features of serde_json that this program has (`cargo tree -e features -i serde_json` shows who asks for others)
    ");
    Ok(())
}

fn wrong_pin() -> Result<(), Failed> {
    let folder = Folder::new();
    let file = folder.library("libmine.so", |_| {});
    let hash = blake3::hash(&fs::read(file)?).to_hex();
    let wrong = format!("libmine.so=blake3:{}", "0".repeat(64));
    let said = complaint(&folder, folder.bare(&["--plugin", &wrong, "list"]), 65);
    insta::assert_snapshot!(said.replace(hash.as_str(), "HASH").replace(&"0".repeat(64), "PIN"), @"error: the plugin libmine.so is not loaded: it is not the pinned file: its hash is blake3:HASH, not blake3:PIN");
    let right = format!("libmine.so=blake3:{hash}");
    let listed = folder
        .bare(&["--plugin", &right, "list", "surrogate"])
        .output()?;
    assert!(
        listed.status.success(),
        "{}",
        String::from_utf8_lossy(&listed.stderr)
    );
    let bad = complaint(
        &folder,
        folder.bare(&["--plugin", "libmine.so=blake3:12", "list"]),
        2,
    );
    insta::assert_snapshot!(bad.lines().next().unwrap(), @r#"error: invalid value 'libmine.so=blake3:12' for '--plugin <FILE>': "12" is not a BLAKE3 hash of 64 hexadecimal digits"#);
    Ok(())
}

fn writable_file() -> Result<(), Failed> {
    let folder = Folder::new();
    let file = folder.library("libmine.so", |_| {});
    fs::set_permissions(&file, Permissions::from_mode(0o646))?;
    let said = complaint(
        &folder,
        folder.bare(&["--plugin", "libmine.so", "list"]),
        65,
    );
    insta::assert_snapshot!(said, @"error: the plugin libmine.so is not loaded: FOLDER/libmine.so can be written by everybody, who could put other code there; `chmod go-w FOLDER/libmine.so` ends that (--plugin-unchecked for file systems without permissions)");
    let mut unchecked = folder.bare(&["--plugin", "libmine.so", "--plugin-unchecked", "list"]);
    assert!(unchecked.output()?.status.success());
    Ok(())
}

fn writable_folder() -> Result<(), Failed> {
    let folder = Folder::new();
    let open = folder.path().join("open");
    fs::create_dir_all(open.join("inner"))?;
    folder.library("open/inner/libmine.so", |_| {});
    fs::set_permissions(&open, Permissions::from_mode(0o777))?;
    let said = complaint(
        &folder,
        folder.bare(&["--plugin", "open/inner/libmine.so", "list"]),
        65,
    );
    // Whoever can write a folder can have the links in it lead to other files.
    let file = folder.library("libmine.so", |_| {});
    std::os::unix::fs::symlink(file, open.join("link.so"))?;
    let link = folder.bare(&["--plugin", "open/link.so", "list"]);
    assert!(complaint(&folder, link, 65).contains("FOLDER/open can be written by everybody"));
    insta::assert_snapshot!(said, @"error: the plugin open/inner/libmine.so is not loaded: FOLDER/open can be written by everybody, who could put other code there; `chmod go-w FOLDER/open` ends that (--plugin-unchecked for file systems without permissions)");
    Ok(())
}

fn not_a_library() -> Result<(), Failed> {
    let folder = Folder::new();
    folder.file("suite.so", "name: try\nseeds: 2\n");
    folder.file("empty.so", "");
    folder.file("noise.so", [0x13, 0x37, 0, 255]);
    folder.file("archive.so", "!<arch>\n//              ");
    let program = fs::read(env!("CARGO_BIN_EXE_spikebench"))?;
    folder.file("program.so", program);
    let names = [
        "suite.so",
        "empty.so",
        "noise.so",
        "archive.so",
        "program.so",
        "missing.so",
        ".",
    ];
    let said = names.map(|name| {
        let output = folder.bare(&["--plugin", name, "list"]).output().unwrap();
        plain(&folder, &String::from_utf8_lossy(&output.stderr))
    });
    insta::assert_snapshot!(said.join("\n"), @r#"
    error: the plugin suite.so is not loaded: it is not a shared library: it is a text that begins with "name: try"
    error: the plugin empty.so is not loaded: it is not a shared library: it is empty
    error: the plugin noise.so is not loaded: it is not a shared library: it begins with the bytes [13, 37, 00, ff]
    error: the plugin archive.so is not loaded: it is not a shared library: it is an archive of object files (.a, .rlib); `crate-type = ["cdylib"]` makes a library
    error: the plugin program.so is not loaded: it is a shared library, but not one of plugins: it has no stamp. `spikebench::plugin!();` in src/lib.rs makes one
    error: the plugin missing.so is not loaded: missing.so cannot be read: No such file or directory (os error 2)
    error: the plugin . is not loaded: FOLDER is not a regular file
    "#);
    Ok(())
}

fn no_stamp() -> Result<(), Failed> {
    let said = changed(|bytes| replace(bytes, ".spikebench.stamp", ".spikebench.swamp"));
    insta::assert_snapshot!(said, @"error: the plugin libmine.so is not loaded: it is a shared library, but not one of plugins: it has no stamp. `spikebench::plugin!();` in src/lib.rs makes one");
    let said = changed(|bytes| replace(bytes, "spikebench plugin 1\n", "spikebench plugin 2\n"));
    insta::assert_snapshot!(said, @"error: the plugin libmine.so is not loaded: its stamp cannot be read; it was made for another version of Spikebench, so rebuild it");
    Ok(())
}

fn other_machine() -> Result<(), Failed> {
    // e_machine is at byte 18; 183 is AArch64.
    let said = changed(|bytes| bytes[18] = 183);
    insta::assert_snapshot!(said, @"error: the plugin libmine.so is not loaded: it is a library for AArch64, and this program is for x86-64");
    Ok(())
}

fn truncated() -> Result<(), Failed> {
    let mut file = spikebench::registry::plugin::LibraryFile::read(library(), true)?;
    let whole = file.bytes.len();
    for length in (0..whole).step_by(4096).rev() {
        file.bytes.truncate(length);
        let refusal = file.check_stamp().unwrap_err().to_string();
        let expected = if length == 0 {
            "it is empty"
        } else {
            "it is truncated"
        };
        assert!(refusal.contains(expected), "{length}: {refusal}");
    }
    let said = changed(|bytes| bytes.truncate(bytes.len() / 2));
    insta::assert_snapshot!(said, @"error: the plugin libmine.so is not loaded: it is truncated: the table of sections at its end is missing; build or copy it again");
    Ok(())
}

fn two_of_a_name() -> Result<(), Failed> {
    let folder = Folder::new();
    folder.library("libone.so", |_| {});
    folder.library("libother.so", |_| {});
    let words = ["--plugin", "libone.so", "--plugin", "libother.so", "list"];
    let said = complaint(&folder, folder.bare(&words), 65);
    for file in ["one", "other"] {
        let from = format!("one from FOLDER/lib{file}.so, ");
        assert!(said.contains(&from), "{said}");
    }
    Ok(())
}

fn name_of_ours() -> Result<(), Failed> {
    let folder = Folder::new();
    folder.library("libmine.so", |_| {});
    let said = complaint(
        &folder,
        folder.linked(&["--plugin", "libmine.so", "list"]),
        65,
    );
    assert!(
        said.contains("are called ") && said.contains("one from spikebench-plugins ("),
        "{said}"
    );
    assert!(
        said.contains("one from FOLDER/libmine.so, spikebench-plugins ("),
        "{said}"
    );
    Ok(())
}

fn misbehaving() -> Result<(), Failed> {
    let folder = Folder::new();
    folder.library("libmine.so", |_| {});
    let said = ["abort", "exit", "panic", "segfault", "hang"].map(|how| {
        let mut command = folder.bare(&["--plugin", "libmine.so", "list"]);
        command.env("SPIKEBENCH_TEST_START", how);
        format!("{how}: {}", complaint(&folder, command, 65))
    });
    insta::assert_snapshot!(said.join("\n"), @r"
    abort: error: the plugin libmine.so is not loaded: loading it was tried in a process of its own, which was killed by signal 6
    exit: error: the plugin libmine.so is not loaded: loading it was tried in a process of its own, which ended with exit status: 70; its last words: error: a component or a library called `exit`, which ends this process; nothing that it computed is taken over
    panic: error: the plugin libmine.so is not loaded: loading it was tried in a process of its own, which was killed by signal 6; its last words: the constructor of the library gave up
    segfault: error: the plugin libmine.so is not loaded: loading it was tried in a process of its own, which was killed by signal 11
    hang: error: the plugin libmine.so is not loaded: loading it was tried in a process of its own, which had not ended after 20 s, and was stopped
    ");
    Ok(())
}
