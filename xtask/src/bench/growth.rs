//! How the time of an update grows with the sizes of the work.
use super::{Bench, JAX_SCRIPT, LEARNING, cores, program::Program, side::Side};
use crate::{
    problem::{About, Outcome, Problem},
    say,
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs, path::Path};

const ROUNDS: usize = 5;
const BLOCK: u64 = 50;

/// One size, and its values; the other sizes are those of Pop-SAN on Hopper.
struct Axis {
    /// As on the command line and in the file.
    name: &'static str,
    values: &'static [u64],
}

const AXES: [Axis; 4] = [
    Axis {
        name: "T",
        values: &[1, 2, 5, 10, 20, 40],
    },
    Axis {
        name: "hidden",
        values: &[64, 128, 256, 512, 1024],
    },
    Axis {
        name: "batch",
        values: &[25, 50, 100, 200, 400, 800],
    },
    // Each has its own weights and batches; an update is one of all of them.
    Axis {
        name: "replicas",
        values: &[1, 2, 4, 8],
    },
];

/// TD3 with Pop-SAN where one size has another value, as an entry of `works.json`.
fn work(axis: &Axis, value: u64) -> Value {
    let mut work = json!({
        "agent": {"td3": {}}, "actor": {"popsan": {}}, "observation": 11, "actions": 3,
    });
    match axis.name {
        "T" => work["actor"]["popsan"]["T"] = value.into(),
        "replicas" => work["replicas"] = value.into(),
        "batch" => work["agent"]["td3"]["batch_size"] = value.into(),
        _ => {
            let hidden = json!([value, value]);
            work["agent"]["td3"]["critic_hidden"] = hidden.clone();
            work["actor"]["popsan"]["hidden"] = hidden;
        }
    }
    work
}

/// Measures the axes that are named, or all, and writes them and the figure into `results/bench`, where the other axes stay if
/// they were measured on the same processor. Returns 1 if a program failed.
pub fn growth(root: &Path, names: &[&str]) -> Outcome<u8> {
    let axes = chosen(names)?;
    let bench = Bench::of(&LEARNING, root)?;
    let folder = root.join("results/bench");
    fs::create_dir_all(&folder).about("make the folder", &folder)?;
    let [file, figure] = ["growth.json", "growth.svg"].map(|name| folder.join(name));
    let processor = cores::model();
    let mut known = former(&fs::read_to_string(&file).unwrap_or_default(), &processor);
    let mut failed = false;
    for axis in axes {
        let mut points = Vec::new();
        for &value in axis.values {
            say::line(&format!("bench: growth, {} {value}", axis.name));
            match point(&bench, &work(axis, value).to_string()) {
                Ok((ours, jax)) => points.push(json!({
                    "axis": axis.name, "value": value, "ours_ms": ours, "jax_ms": jax,
                })),
                Err(reason) => {
                    failed = true;
                    say::line(&format!("bench: {} {value} failed: {reason}", axis.name));
                }
            }
        }
        known.insert(axis.name, points);
        // The whole takes long, and is worth something if it is interrupted.
        let points = AXES.iter().filter_map(|axis| known.get(axis.name));
        let points: Vec<&Value> = points.flatten().collect();
        let all = json!({"processor": processor, "points": points});
        fs::write(&file, format!("{all:#}\n")).about("write", &file)?;
    }
    let drawn = bench.run("growth_figure.py", &[file.as_os_str(), figure.as_os_str()])?;
    Ok(drawn.max(u8::from(failed)))
}

/// The axes of these names; all if none is named.
fn chosen(names: &[&str]) -> Outcome<Vec<&'static Axis>> {
    if names.is_empty() {
        return Ok(AXES.iter().collect());
    }
    let find = |name: &&str| {
        let found = AXES.iter().find(|axis| axis.name == *name);
        found.ok_or_else(|| {
            let known = AXES.map(|axis| axis.name).join(", ");
            Problem::new(format!(
                "bench growth does not take `{name}`: it takes {known}"
            ))
        })
    };
    names.iter().map(find).collect()
}

/// The points of each axis in the text of a former `growth.json`, if it is of this processor.
fn former(text: &str, processor: &str) -> BTreeMap<&'static str, Vec<Value>> {
    let Ok(all) = serde_json::from_str::<Value>(text) else {
        return BTreeMap::new();
    };
    if all["processor"] != processor {
        return BTreeMap::new();
    }
    let points = all["points"].as_array().cloned().unwrap_or_default();
    let of = |axis: &Axis| {
        let own = points.iter().filter(|point| point["axis"] == axis.name);
        own.cloned().collect::<Vec<Value>>()
    };
    let each = AXES.iter().map(|axis| (axis.name, of(axis)));
    each.filter(|(_, points)| !points.is_empty()).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_points_of_other_axes_stay_if_they_are_of_the_same_processor() {
        let point = |axis: &str, value: u64| json!({"axis": axis, "value": value});
        let points = json!([
            point("T", 1),
            point("T", 2),
            point("batch", 25),
            point("gone", 3)
        ]);
        let text = json!({"processor": "Zen", "points": points}).to_string();
        let kept = former(&text, "Zen");
        let wanted = [
            ("T", vec![point("T", 1), point("T", 2)]),
            ("batch", vec![point("batch", 25)]),
        ];
        assert_eq!(kept, BTreeMap::from(wanted));
        assert_eq!(former(&text, "another"), BTreeMap::new());
        assert_eq!(former("", "Zen"), BTreeMap::new());
    }

    #[test]
    fn an_axis_is_named_as_in_the_file_and_anything_else_is_refused_with_what_is_known() {
        let names = |wanted: &[&str]| chosen(wanted).map(|axes| axes.len());
        assert_eq!(names(&[]).ok(), Some(4));
        assert_eq!(names(&["replicas", "T"]).ok(), Some(2));
        let message = names(&["width"]).unwrap_err().to_string();
        assert_eq!(
            message,
            "bench growth does not take `width`: it takes T, hidden, batch, replicas"
        );
    }
}
