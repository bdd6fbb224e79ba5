//! How the time of an update grows with the sizes of the work.
use super::{Bench, JAX_SCRIPT, cores, program::Program, side::Side};
use crate::{
    problem::{About, Outcome},
    say,
};
use serde_json::{Value, json};
use std::{fs, path::Path};

const ROUNDS: usize = 5;
const BLOCK: u64 = 50;

/// One size, and its values; the other sizes are those of Pop-SAN on Hopper.
struct Axis {
    name: &'static str,
    values: &'static [u64],
}

const AXES: [Axis; 3] = [
    Axis {
        name: "T",
        values: &[1, 2, 5, 10, 20, 40],
    },
    Axis {
        name: "hidden size",
        values: &[64, 128, 256, 512, 1024],
    },
    Axis {
        name: "batch",
        values: &[25, 50, 100, 200, 400, 800],
    },
];

/// TD3 with Pop-SAN where one size has another value, as an entry of `works.json`.
fn work(axis: &Axis, value: u64) -> Value {
    let mut work = json!({
        "agent": {"td3": {}}, "actor": {"popsan": {}}, "observation": 11, "actions": 3,
    });
    match axis.name {
        "T" => work["actor"]["popsan"]["T"] = value.into(),
        "batch" => work["agent"]["td3"]["batch_size"] = value.into(),
        _ => {
            let hidden = json!([value, value]);
            work["agent"]["td3"]["critic_hidden"] = hidden.clone();
            work["actor"]["popsan"]["hidden"] = hidden;
        }
    }
    work
}

/// Measures all points, and writes them and their figure into `results/bench`. Returns 1 if a program failed.
pub fn growth(bench: &Bench, root: &Path) -> Outcome<u8> {
    let (mut points, mut failed) = (Vec::new(), false);
    for axis in &AXES {
        for &value in axis.values {
            say::line(&format!("bench: growth, {} {value}", axis.name));
            match point(bench, &work(axis, value).to_string()) {
                Ok((ours, jax)) => points.push(json!({
                    "axis": axis.name, "value": value, "ours_ms": ours, "jax_ms": jax,
                })),
                Err(reason) => {
                    failed = true;
                    say::line(&format!("bench: {} {value} failed: {reason}", axis.name));
                }
            }
        }
    }
    let folder = root.join("results/bench");
    fs::create_dir_all(&folder).about("make the folder", &folder)?;
    let [file, figure] = ["growth.json", "growth.svg"].map(|name| folder.join(name));
    let all = json!({"processor": cores::model(), "points": points});
    fs::write(&file, format!("{all:#}\n")).about("write", &file)?;
    let drawn = bench.run("growth_figure.py", &[file.as_os_str(), figure.as_os_str()])?;
    Ok(drawn.max(u8::from(failed)))
}

/// The medians of ours and of JAX in milliseconds.
fn point(bench: &Bench, work: &str) -> Result<(f64, f64), String> {
    let script = bench.scripts.join(JAX_SCRIPT);
    let ours = [bench.ours.as_os_str(), work.as_ref()];
    let jax = [bench.python.as_os_str(), script.as_os_str(), work.as_ref()];
    let mut ours = Side::of(Program::start(&ours, 0), BLOCK);
    let mut jax = Side::of(Program::start(&jax, 0), BLOCK);
    for _ in 0..ROUNDS {
        ours.round(true);
        jax.round(true);
    }
    let (ours, jax) = ours.against(jax)?;
    Ok((ours.median(), jax.median()))
}
