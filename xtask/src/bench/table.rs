//! What comes out: a table, its JSON, the report.
use super::{Family, cores, statistics::Times};
use serde_json::json;

/// One comparison. The times are ours and the peer's.
pub struct Row {
    pub work: &'static str,
    pub peer: &'static str,
    pub outcome: Result<(Times, Times), String>,
}

/// The table for people; what failed stands below it.
pub fn markdown(rows: &[Row]) -> String {
    let mut text =
        "| work | ours | peer | its time | ratio |\n| --- | ---: | --- | ---: | ---: |\n"
            .to_owned();
    let mut failures = String::new();
    for Row {
        work,
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
                failures.push_str(&format!("\n{work}, {peer}: failed\n\n    {reason}\n"));
                (String::new(), "failed".to_owned(), String::new())
            }
        };
        text.push_str(&format!(
            "| {work} | {ours} | {peer} | {theirs} | {ratio} |\n"
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

/// A list of the comparisons that succeeded.
pub fn json(rows: &[Row]) -> String {
    let measured = rows.iter().filter_map(|row| {
        let (ours, theirs) = row.outcome.as_ref().ok()?;
        Some(json!({
            "work": row.work,
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

/// The table with all that is needed to read and repeat it.
pub fn report(family: &Family, table: &str, versions: &str) -> String {
    let Family {
        command,
        rounds,
        warm,
        legend,
        ..
    } = family;
    let warmed = if *warm {
        ", and each round is preceded by one that nobody counts"
    } else {
        ""
    };
    format!(
        "# Ours against its peers

`cargo xtask {command}` on {}, {} cores; {versions}.

{table}
Each time is the median of {rounds} rounds for one iteration, ± half the distance between the quartiles; the programs take
turns, on the same core, with one thread each{warmed}. The ratio is the peer's time divided by ours. {legend}
What each does exactly stands in `tests/peers`.
",
        cores::model(),
        cores::count(),
    )
}

/// What the works of learning are.
pub const LEARNING: &str = "`td3_update` is one gradient
update, averaged over an update with the actor and one without; `dense floor` is its matrix products alone, each at
LibTorch's best. `act` is one action for one observation. `env_hopper` is one step of Hopper-v5, against MuJoCo's steps
alone in `mj_step`. `training_step` is the whole loop for one step of training, with a fifth of a step of evaluation.
`two_jobs` is a step's time where two trainings run side by side, a core each, against one alone: 2 would be no loss.
`two_cores` is the same for products of small matrices, which leave memory alone: what two cores of this machine can give.";

/// What the work of statistics is.
pub const STATISTICS: &str = "`stats` is the
whole analysis of 200 runs (4 methods, 5 tasks, 10 seeds) from the CSV file to the numbers, every bootstrap interval from
50 000 resamples. The peer, which would take minutes, draws 50 and then 1 000, and its time is carried on in a straight line
to 50 000; ours draws all of them, and does some tests more.";

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
            work: "act",
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
