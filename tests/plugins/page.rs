//! `plugins/README.md`, followed word for word.

use std::fs;
use std::path::Path;
use std::process::Command;

use libtest_mimic::{Failed, Trial};

use crate::bench::{Folder, is_release, said};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/plugins/README.md");

pub fn trials() -> Vec<Trial> {
    // It compiles the framework for the new package, which takes minutes.
    let walk = Trial::test("the_page_leads_from_nothing_to_a_table", walk);
    vec![walk.with_ignored_flag(true)]
}

/// The commands of the page. The first block builds the command, which is there.
fn blocks() -> Vec<String> {
    let page = fs::read_to_string(PAGE).unwrap();
    let parts = page.split("```console\n").skip(1);
    parts
        .map(|part| part.split("```").next().unwrap().to_owned())
        .collect()
}

fn walk() -> Result<(), Failed> {
    let blocks = blocks();
    assert_eq!(blocks.len(), 2);
    let commands = match is_release() {
        true => blocks[1].clone(),
        // A program that was built for debugging loads libraries that were.
        false => blocks[1]
            .replace(" --release", "")
            .replace("target/release/", "target/debug/"),
    };
    let folder = Folder::new();
    let programs = Path::new(env!("CARGO_BIN_EXE_spikebench"))
        .parent()
        .unwrap();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH")?);
    let output = Command::new("sh")
        .args(["-e", "-c", &commands])
        .current_dir(folder.path())
        .env("PATH", path)
        .env("CARGO_NET_OFFLINE", "true")
        .env_remove("LD_LIBRARY_PATH")
        .output()?;
    let table = said(&output);
    assert!(
        output.status.success(),
        "{table}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        table.contains("my-idea") && table.contains("p Welch"),
        "{table}"
    );
    Ok(())
}
