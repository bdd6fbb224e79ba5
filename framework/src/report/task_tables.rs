//! The tables of one task: scores, comparisons, curves.

use crate::analysis::{
    Block, Comparison, Contrast, Learning, MethodLearning, MethodScores, Metric, RandomPolicy,
    Scored, Standing,
};
use crate::stats::two_sample::Test;

use super::names::{correction_title, difference_interval_title, interval_title, name};
use super::numbers::score;
use super::study::Study;
use super::table::{Cell, Kind, Runs, Table, Value, slug};

/// What each method scored, by the main metric and in short by the others.
pub fn scores(study: &Study, block: &Block) -> Table {
    let main = study.settings().metric();
    let standing = |metric: Metric, place: usize| {
        let comparison = block.comparison(metric);
        comparison.map_or(Standing::Plain, |comparison| comparison.standings[place])
    };
    let row = |(place, method): (usize, &MethodScores)| {
        let scored = method.scored(main);
        let iqm = |scored: &Scored| Value::Estimate(scored.summary.iqm, scored.iqm_interval);
        let mut cells = vec![
            Cell::text(marked(block, place)),
            Cell::new(Value::Runs(runs(method))),
            Cell::of(scored, spread).standing(standing(main, place)),
            Cell::of(scored, iqm),
        ];
        if !study.table.has_steps {
            cells.push(Cell::of(scored, |scored| {
                Value::Number(scored.summary.median)
            }));
        }
        cells
    };
    let iqm = format!("IQM [{}]", interval_title(study));
    let title = name(study, main);
    let mut columns = vec![
        (study.noun.as_str(), Kind::Label),
        ("runs", Kind::Runs),
        (title.as_str(), Kind::Spread),
        (iqm.as_str(), Kind::Estimate),
    ];
    if !study.table.has_steps {
        columns.push(("median", Kind::Number));
    }
    let random = block.random_policy.filter(|_| main.is_score());
    let methods = block.methods.iter().enumerate().map(row);
    let rows = methods.chain(random.map(|random| random_row(&random, columns.len())));
    let rows = rows.collect();
    Table::new(
        format!("scores-{}", slug(&block.title())),
        block.title(),
        &columns,
        rows,
    )
}

/// What random actions score; it has no runs, and nothing that is computed over runs.
fn random_row(random: &RandomPolicy, columns: usize) -> Vec<Cell> {
    let mut cells = vec![Cell::new(Value::None); columns];
    cells[0] = Cell::text("random policy");
    cells[2] = Cell::new(Value::Spread(random.mean, random.std));
    cells
}

/// The name of a method, with a mark where some of its networks never fire.
fn marked(block: &Block, place: usize) -> String {
    let name = &block.methods[place].name;
    let is_silent = block.costs.get(place).is_some_and(|cost| cost.silent > 0);
    if is_silent {
        format!("{name} ‡")
    } else {
        name.clone()
    }
}

/// Each method against the baseline by one metric, or against each baseline; nothing where there is nothing to compare.
pub fn contrasts(study: &Study, block: &Block, comparison: &Comparison) -> Vec<Table> {
    let settings = study.settings();
    let mut baselines: Vec<&String> = Vec::new();
    for contrast in &comparison.contrasts {
        if !baselines.contains(&&contrast.baseline) {
            baselines.push(&contrast.baseline);
        }
    }
    let row = |contrast: &Contrast| {
        let mut adjusted = Cell::of(contrast.p_adjusted, Value::P);
        adjusted.significant = contrast.is_significant(settings.alpha);
        vec![
            Cell::text(contrast.method.clone()),
            Cell::of(contrast.mean_difference, Value::Signed),
            Cell::of(contrast.interval, Value::Interval),
            Cell::of(contrast.p, Value::P),
            adjusted,
            Cell::of(contrast.hedges_g, Value::Delta),
            Cell::of(contrast.cliff_delta, Value::Delta),
        ]
    };
    let p = if settings.test == Test::Welch {
        "p Welch"
    } else {
        "p"
    };
    let (adjusted, interval) = (
        format!("p {}", correction_title(settings.correction)),
        difference_interval_title(study),
    );
    let columns = [
        (study.noun.as_str(), Kind::Label),
        ("Δ mean", Kind::Number),
        (interval.as_str(), Kind::Interval),
        (p, Kind::P),
        (&adjusted, Kind::P),
        ("g", Kind::Number),
        ("δ", Kind::Number),
    ];
    let one = |baseline: &&String| {
        let own = comparison.contrasts.iter();
        let own = own.filter(|contrast| contrast.baseline == **baseline);
        let metric = name(study, comparison.metric);
        let id = if settings.all_pairs {
            format!(
                "{}-{}-{}",
                slug(&metric),
                slug(&block.title()),
                slug(baseline)
            )
        } else {
            format!("{}-{}", slug(&metric), slug(&block.title()))
        };
        Table {
            subject: Some(block.title()),
            ..Table::new(
                id,
                format!("{metric} against {baseline}"),
                &columns,
                own.map(row).collect(),
            )
        }
    };
    baselines.iter().map(one).collect()
}

/// How fast and how steadily the runs of a task were trained.
pub fn curves(study: &Study, block: &Block, learning: &Learning) -> Table {
    let row = |method: &MethodLearning| {
        let steady = method.stability;
        let reached = |count: usize| Value::Text(format!("{count}/{}", method.runs));
        let mut cells = vec![Cell::text(method.name.clone())];
        if learning.threshold.is_some() {
            cells.push(Cell::of(method.reached, reached));
            cells.push(Cell::of(method.median_steps, |step| {
                Value::Text(step.to_string())
            }));
            cells.push(Cell::of(method.restricted_mean, Value::Number));
        }
        cells.extend([
            Cell::of(steady, |steady| Value::Number(steady.dispersion)),
            Cell::of(steady, |steady| Value::Number(steady.max_drawdown)),
            Cell::of(steady, |steady| Value::Number(steady.final_risk)),
            Cell::of(method.dispersion_across_runs, Value::Number),
        ]);
        cells
    };
    let mut columns = vec![(study.noun.as_str(), Kind::Label)];
    if learning.threshold.is_some() {
        columns.extend([
            ("reached", Kind::Label),
            ("median steps", Kind::Label),
            ("mean steps", Kind::Number),
        ]);
    }
    columns.extend([
        ("IQR of Δ", Kind::Number),
        ("drawdown", Kind::Number),
        ("worst of last 10", Kind::Number),
        ("IQR of runs", Kind::Number),
    ]);
    let goal = learning
        .threshold
        .map_or(String::new(), |goal| format!(" (goal {})", score(goal)));
    Table {
        subject: Some(block.title()),
        ..Table::new(
            format!("curves-{}", slug(&block.title())),
            format!("curves{goal}"),
            &columns,
            learning.methods.iter().map(row).collect(),
        )
    }
}

/// Mean and standard deviation.
pub fn spread(scored: &Scored) -> Value {
    Value::Spread(scored.summary.mean, scored.summary.std)
}

/// How many runs are behind the numbers.
pub fn runs(method: &MethodScores) -> Runs {
    Runs {
        finished: method.finished,
        planned: method.planned,
    }
}
