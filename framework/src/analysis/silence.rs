//! Networks that fire no spike: they finish like any other, and what they score is not what spikes can do.

use std::collections::BTreeMap;

use super::score_table::{NetworkActivity, Run, ScoreTable};

/// Names the methods of which some run had no spike at its last evaluation.
pub fn notes(table: &ScoreTable, by_method: &BTreeMap<usize, Vec<&Run>>) -> Vec<String> {
    let note = |(&method, runs): (&usize, &Vec<&Run>)| {
        let last: Vec<&NetworkActivity> =
            runs.iter().filter_map(|run| run.activity.last()).collect();
        let is_silent = |at: &&&NetworkActivity| at.firing_rate == Some(0.0);
        let silent: Vec<&&NetworkActivity> = last.iter().filter(is_silent).collect();
        let dead = silent.iter().filter_map(|at| at.dead).reduce(f64::max);
        let dead = dead.map_or(String::new(), |dead| format!(", dead share {dead:.2}"));
        (!silent.is_empty()).then(|| {
            format!(
                "no hidden neuron of {} of {} runs of {} fires at the last evaluation (firing rate 0.0000{dead}): their \
                 policies do not depend on spikes",
                silent.len(),
                last.len(),
                table.methods[method]
            )
        })
    };
    by_method.iter().filter_map(note).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_whose_networks_fire_no_spike_are_named_and_those_without_spikes_are_not() {
        let run = |method: usize, firing_rate: Option<f64>| Run {
            method,
            activity: vec![NetworkActivity {
                firing_rate,
                dead: Some(1.0),
                ..NetworkActivity::default()
            }],
            ..Run::default()
        };
        let runs = [
            run(0, Some(0.0)),
            run(0, Some(0.2)),
            run(1, Some(0.1)),
            run(2, None),
        ];
        let table = ScoreTable {
            methods: ["silent", "loud", "mlp"].map(str::to_owned).to_vec(),
            tasks: Vec::new(),
            contexts: Vec::new(),
            runs: Vec::new(),
            has_steps: true,
            ignored: Vec::new(),
            notes: Vec::new(),
            published: Vec::new(),
        };
        let mut by_method: BTreeMap<usize, Vec<&Run>> = BTreeMap::new();
        for run in &runs {
            by_method.entry(run.method).or_default().push(run);
        }
        assert_eq!(
            notes(&table, &by_method),
            [
                "no hidden neuron of 1 of 2 runs of silent fires at the last evaluation (firing rate 0.0000, dead share 1.00): their \
              policies do not depend on spikes"
            ]
        );
    }
}
