//! The results: a table, its JSON, and the report.
use super::{Family, cores, statistics::Times};
use serde_json::json;

/// One comparison: our times and the peer's, or why there are none.
pub struct Row {
    pub workload: &'static str,
    pub peer: &'static str,
    pub unit: Unit,
    /// The ratio that is to be reached.
    pub goal: Option<f64>,
    pub outcome: Result<(Times, Times), String>,
}

/// What the numbers of a row are.
#[derive(Clone, Copy, PartialEq)]
pub enum Unit {
    Time,
    /// Shares of the time that one copy takes alone.
    Share,
}

/// How a goal was met, in words, and by how much it was missed.
fn verdict(goal: Option<f64>, ratio: f64) -> String {
    match goal {
        None => String::new(),
        Some(goal) if ratio >= goal => format!("{goal:.2} met"),
        Some(goal) => format!("{goal:.2} missed by {:.2}", goal - ratio),
    }
}

/// The table in Markdown, with the failures below it.
pub fn markdown(rows: &[Row]) -> String {
    let mut text = "| work | ours | peer | its time | ratio | goal |\n| --- | ---: | --- | ---: | ---: | --- |\n".to_owned();
    let mut failures = String::new();
    for row in rows {
        let Row { workload, peer, .. } = row;
        let (ours, theirs, ratio, goal) = match &row.outcome {
            Ok((ours, theirs)) => {
                let ratio = theirs.median() / ours.median();
                let shown = |times| match row.unit {
                    Unit::Time => time(times),
                    Unit::Share => share(times),
                };
                let verdict = verdict(row.goal, ratio);
                (shown(ours), shown(theirs), format!("{ratio:.2}"), verdict)
            }
            Err(reason) => {
                let reason = reason.replace('\n', "\n    ");
                failures.push_str(&format!("\n{workload}, {peer}: failed\n\n    {reason}\n"));
                let nothing = String::new;
                (nothing(), "failed".to_owned(), nothing(), nothing())
            }
        };
        text.push_str(&format!(
            "| {workload} | {ours} | {peer} | {theirs} | {ratio} | {goal} |\n"
        ));
    }
    text + &failures
}

fn time(times: &Times) -> String {
    let (median, spread) = (times.median(), times.spread() * 100.0);
    let shown = match median {
        1.0.. => format!("{median:.2} ms"),
        0.1.. => format!("{:.0} µs", median * 1e3),
        _ => format!("{:.2} µs", median * 1e3),
    };
    format!("{shown} ± {spread:.1} %")
}

fn share(shares: &Times) -> String {
    format!(
        "{:.2} of alone ± {:.1} %",
        shares.share(),
        shares.spread() * 100.0
    )
}

/// The processor, and the successful comparisons.
pub fn json(rows: &[Row]) -> String {
    let measured = rows.iter().filter_map(|row| {
        let (ours, theirs) = row.outcome.as_ref().ok()?;
        let ratio = theirs.median() / ours.median();
        let mut entry = json!({
            "work": row.workload,
            "ours_spread": ours.spread(),
            "peer": row.peer,
            "peer_spread": theirs.spread(),
            "ratio": ratio,
        });
        let (of_ours, of_peer) = match row.unit {
            Unit::Time => ("ours_ms", "peer_ms"),
            Unit::Share => ("ours_share", "peer_share"),
        };
        let value = |times: &Times| match row.unit {
            Unit::Time => times.median(),
            Unit::Share => times.share(),
        };
        entry[of_ours] = value(ours).into();
        entry[of_peer] = value(theirs).into();
        if let Some(goal) = row.goal {
            entry["goal"] = goal.into();
            entry["met"] = (ratio >= goal).into();
        }
        Some(entry)
    });
    let list: Vec<_> = measured.collect();
    let all = json!({"processor": cores::model(), "cores": cores::count(), "rows": list});
    format!("{all:#}\n")
}

/// The table with what a reader needs to understand and repeat it.
pub fn report(family: &Family, table: &str, versions: &str) -> String {
    let Family {
        command,
        rounds,
        warm,
        legend,
        ..
    } = family;
    let warmed = if *warm {
        ", and each round is preceded by an uncounted one"
    } else {
        ""
    };
    format!(
        "# Spikebench against its peers

`cargo xtask {command}` on {}, {} cores; {versions}.

{table}
Each time is for one iteration: the median of {rounds} rounds ± half the interquartile range. The programs take
turns on the same core, with one thread each{warmed}. The ratio is the peer's time divided by ours. {legend}
The code of each workload is in `tests/peers`.
",
        cores::model(),
        cores::count(),
    )
}

/// The workloads of the learning family.
pub const LEARNING: &str = "A goal is a ratio to be reached against JAX, and in whole loops against SBX too.

`td3_update` is one gradient update, averaged over an update with the actor and one without; `dense floor` is only its matrix
products, each as fast as LibTorch can do it. `act` is one action for one observation. `env_hopper` is one step of Hopper-v5; its peer `mj_step` is
only MuJoCo's part of that step. `training_step` is the whole loop for one step of training, with a fifth of a step of
evaluation. `checkpoint` is what is written every ten minutes of training when a replay buffer of a million transitions of
HalfCheetah is full; its peer writes the whole buffer with `torch.save`. `two_jobs` is the time of a step when two trainings run side
by side on a core each, against one alone: a ratio of 2 would mean no loss. `two_cores` is the same for products of small matrices, which hardly use memory: it shows what two
cores of this machine can give, and `two_jobs ÷ two_cores` is how much of that two trainings get, from rounds in turn.
The updates and loops that `works.json` lists are those of other agents and actors: an update of ppo is its share of all that is
learned from one rollout, and a step of a loop is one of training alone, without evaluation. The peers in JAX compute what ours
compute (`cargo xtask bench check`). SBX and Stable-Baselines3 train networks of the same sizes with as many updates on batches of
the same size, but do less around it: `baselines.py` says what.";

/// The workload of the statistics family.
pub const STATISTICS: &str = "`stats` is the
whole analysis of 200 runs (4 methods, 5 tasks, 10 seeds), from the CSV file to the numbers, with every bootstrap interval
from 50 000 resamples. The peer would take minutes for that, so it draws 50 and 1 000 resamples and its time is
extrapolated linearly to 50 000; ours draws all of them and does some more tests.";

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> [Row; 2] {
        let times = |nanoseconds| {
            let mut times = Times::default();
            times.add(nanoseconds, 10);
            times
        };
        let row = |peer, outcome| Row {
            workload: "act",
            peer,
            unit: Unit::Time,
            goal: Some(1.6),
            outcome,
        };
        [
            row("jax", Ok((times(20_000_000), times(30_000_000)))),
            row("torch", Err("exit status: 1\nno torch".to_owned())),
        ]
    }

    #[test]
    fn a_failed_peer_does_not_spoil_the_others() {
        let table = markdown(&rows());
        assert!(
            table.contains(
                "| act | 2.00 ms ± 0.0 % | jax | 3.00 ms ± 0.0 % | 1.50 | 1.60 missed by 0.10 |"
            ),
            "{table}"
        );
        assert!(
            table.contains("| act |  | torch | failed |  |  |"),
            "{table}"
        );
        assert!(
            table.contains("    exit status: 1\n    no torch"),
            "{table}"
        );
        let list: serde_json::Value = serde_json::from_str(&json(&rows())).unwrap();
        assert_eq!(list["rows"].as_array().unwrap().len(), 1);
        assert_eq!(list["rows"][0]["ratio"], 1.5);
        assert_eq!(list["rows"][0]["met"], false);
        assert_eq!(list["processor"], cores::model());
    }
}
