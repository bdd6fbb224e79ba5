//! The results: a table, its JSON, and the report.
use super::{Family, cores, statistics::Times};
use serde_json::json;

/// One comparison: our times and the peer's, or why there are none.
pub struct Row {
    pub workload: &'static str,
    pub peer: &'static str,
    pub outcome: Result<(Times, Times), String>,
}

/// The table in Markdown, with the failures below it.
pub fn markdown(rows: &[Row]) -> String {
    let mut text =
        "| work | ours | peer | its time | ratio |\n| --- | ---: | --- | ---: | ---: |\n"
            .to_owned();
    let mut failures = String::new();
    for Row {
        workload,
        peer,
        outcome,
    } in rows
    {
        let (ours, theirs, ratio) = match outcome {
            Ok((ours, theirs)) => {
                let ratio = format!("{:.2}", theirs.median() / ours.median());
                (time(ours), time(theirs), ratio)
            }
            Err(reason) => {
                let reason = reason.replace('\n', "\n    ");
                failures.push_str(&format!("\n{workload}, {peer}: failed\n\n    {reason}\n"));
                (String::new(), "failed".to_owned(), String::new())
            }
        };
        text.push_str(&format!(
            "| {workload} | {ours} | {peer} | {theirs} | {ratio} |\n"
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

/// The successful comparisons as a JSON array.
pub fn json(rows: &[Row]) -> String {
    let measured = rows.iter().filter_map(|row| {
        let (ours, theirs) = row.outcome.as_ref().ok()?;
        Some(json!({
            "work": row.workload,
            "ours_ms": ours.median(),
            "ours_spread": ours.spread(),
            "peer": row.peer,
            "peer_ms": theirs.median(),
            "peer_spread": theirs.spread(),
            "ratio": theirs.median() / ours.median(),
        }))
    });
    let list: Vec<_> = measured.collect();
    format!("{:#}\n", serde_json::Value::from(list))
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
pub const LEARNING: &str = "`td3_update` is one gradient
update, averaged over an update with the actor and one without; `dense floor` is only its matrix products, each as fast as
LibTorch can do it. `act` is one action for one observation. `env_hopper` is one step of Hopper-v5; its peer `mj_step` is
only MuJoCo's part of that step. `training_step` is the whole loop for one step of training, with a fifth of a step of
evaluation. `checkpoint` is what is written every ten minutes of training when a replay buffer of a million transitions of
HalfCheetah is full; its peer writes the whole buffer with `torch.save`. `two_jobs` is the time of a step when two trainings run side by side on a core each, against one alone: a ratio
of 2 would mean no loss. `two_cores` is the same for products of small matrices, which hardly use memory: it shows what two
cores of this machine can give.";

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
            table.contains("| act | 2.00 ms ± 0.0 % | jax | 3.00 ms ± 0.0 % | 1.50 |"),
            "{table}"
        );
        assert!(table.contains("| act |  | torch | failed |  |"), "{table}");
        assert!(
            table.contains("    exit status: 1\n    no torch"),
            "{table}"
        );
        let list: serde_json::Value = serde_json::from_str(&json(&rows())).unwrap();
        assert_eq!(list.as_array().unwrap().len(), 1);
        assert_eq!(list[0]["ratio"], 1.5);
    }
}
