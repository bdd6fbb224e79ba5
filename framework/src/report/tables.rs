//! Which tables a report has.

use crate::analysis::{
    Across, Block, Comparison, Contrast, Learning, MethodLearning, MethodScores, Metric, Scored,
    Standing,
};
use crate::stats::two_groups::Test;

use super::numbers::score;
use super::study::{Study, SurrogateScale};
use super::table::{Cell, Column, Kind, Runs, Table, Value, slug};

/// All tables, in the order in which they are shown.
pub fn all(study: &Study) -> Vec<Table> {
    let mut all: Vec<Table> = overviews(study);
    for block in &study.analysis.blocks {
        all.push(scores(study, block));
        for comparison in &block.comparisons {
            all.extend(contrasts(study, block, comparison));
        }
        let learning = block.learning.as_ref();
        all.extend(learning.map(|learning| curves(study, block, learning)));
    }
    for across in &study.analysis.across {
        all.extend(aggregate(study, across));
        all.extend(ranks(study, across));
    }
    all.extend(surrogates(study));
    all
}

/// What a metric is called in the tables of a study: a file without curves has scores.
pub fn name(study: &Study, metric: Metric) -> &'static str {
    match metric {
        Metric::Final if !study.table.has_steps => "score",
        Metric::Final => "final return",
        Metric::Best => "best return",
        Metric::Auc => "AUC",
    }
}

/// The columns are given as name and kind.
fn table(id: String, title: String, columns: &[(&str, Kind)], rows: Vec<Vec<Cell>>) -> Table {
    let column = |&(name, kind): &(&str, Kind)| Column::new(name, kind);
    Table {
        id,
        title,
        subject: None,
        columns: columns.iter().map(column).collect(),
        rows,
    }
}

fn interval_title(study: &Study) -> String {
    format!("{} CI", study.settings().level_title())
}

/// What each method scored, by the main metric and in short by the others.
fn scores(study: &Study, block: &Block) -> Table {
    let main = study.settings().metric();
    let others: Vec<Metric> = Metric::ALL
        .into_iter()
        .filter(|metric| *metric != main && study.table.has_steps)
        .collect();
    let standing = |metric: Metric, place: usize| {
        let comparison = block.comparison(metric);
        comparison.map_or(Standing::Plain, |comparison| comparison.standings[place])
    };
    let row = |(place, method): (usize, &MethodScores)| {
        let scored = method.scored(main);
        let iqm = |scored: &Scored| Value::Estimate(scored.summary.iqm, scored.iqm_interval);
        let mut cells = vec![
            Cell::text(method.name.clone()),
            Cell::new(Value::Runs(runs(method))),
            Cell::of(scored, spread).standing(standing(main, place)),
            Cell::of(scored, iqm),
        ];
        if others.is_empty() {
            cells.push(Cell::of(scored, |scored| {
                Value::Number(scored.summary.median)
            }));
        }
        cells.extend(others.iter().map(|&metric| {
            let mean = |scored: &Scored| Value::Number(scored.summary.mean);
            Cell::of(method.scored(metric), mean).standing(standing(metric, place))
        }));
        cells
    };
    let iqm = format!("IQM [{}]", interval_title(study));
    let mut columns = vec![
        (study.noun.as_str(), Kind::Label),
        ("runs", Kind::Runs),
        (name(study, main), Kind::Spread),
        (iqm.as_str(), Kind::Estimate),
    ];
    if others.is_empty() {
        columns.push(("median", Kind::Number));
    }
    columns.extend(others.iter().map(|&metric| {
        let name = match metric {
            Metric::Final => "final",
            Metric::Best => "best",
            Metric::Auc => "AUC",
        };
        (name, Kind::Number)
    }));
    let rows = block.methods.iter().enumerate().map(row).collect();
    table(
        format!("scores-{}", slug(&block.title())),
        block.title(),
        &columns,
        rows,
    )
}

/// Each method against the baseline by one metric, or against each baseline; nothing where there is nothing to compare.
fn contrasts(study: &Study, block: &Block, comparison: &Comparison) -> Vec<Table> {
    let settings = study.settings();
    let mut baselines: Vec<&String> = Vec::new();
    for contrast in &comparison.contrasts {
        if !baselines.contains(&&contrast.baseline) {
            baselines.push(&contrast.baseline);
        }
    }
    let row = |contrast: &Contrast| {
        let mut adjusted = Cell::of(contrast.p_adjusted, Value::P);
        adjusted.significant = contrast.p_adjusted.is_some_and(|p| p < settings.alpha);
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
        format!("p {}", settings.correction),
        contrast_interval_title(study),
    );
    let columns = [
        (study.noun.as_str(), Kind::Label),
        ("difference", Kind::Number),
        (interval.as_str(), Kind::Interval),
        (p, Kind::P),
        (&adjusted, Kind::P),
        ("g", Kind::Number),
        ("Cliff δ", Kind::Number),
    ];
    let one = |baseline: &&String| {
        let own = comparison.contrasts.iter();
        let own = own.filter(|contrast| contrast.baseline == **baseline);
        let metric = name(study, comparison.metric);
        let id = if settings.all_pairs {
            format!(
                "{}-{}-{}",
                slug(metric),
                slug(&block.title()),
                slug(baseline)
            )
        } else {
            format!("{}-{}", slug(metric), slug(&block.title()))
        };
        Table {
            subject: Some(block.title()),
            ..table(
                id,
                format!("{metric} against {baseline}"),
                &columns,
                own.map(row).collect(),
            )
        }
    };
    baselines.iter().map(one).collect()
}

/// The confidence of the interval that decides the test: an equivalence test leaves alpha to each side.
pub fn contrast_interval_title(study: &Study) -> String {
    let settings = study.settings();
    match settings.equivalence() {
        None => interval_title(study),
        Some(_) => format!("{} % CI", score(100.0 * (1.0 - 2.0 * settings.alpha))),
    }
}

/// How fast and how steadily the runs of a task were trained.
fn curves(study: &Study, block: &Block, learning: &Learning) -> Table {
    let row = |method: &MethodLearning| {
        let steady = method.stability;
        let reached = |count: usize| Value::Text(format!("{count}/{}", method.runs));
        let mut cells = vec![Cell::text(method.name.clone())];
        if learning.threshold.is_some() {
            cells.push(Cell::of(method.reached, reached));
            cells.push(Cell::of(method.median_steps, |step| {
                Value::Text(step.to_string())
            }));
        }
        cells.extend([
            Cell::of(steady, |steady| Value::Number(steady.dispersion)),
            Cell::of(steady, |steady| Value::Number(steady.max_drawdown)),
            Cell::of(method.dispersion_across_runs, Value::Number),
        ]);
        cells
    };
    let mut columns = vec![(study.noun.as_str(), Kind::Label)];
    if learning.threshold.is_some() {
        columns.extend([("reached", Kind::Label), ("steps", Kind::Label)]);
    }
    columns.extend([
        ("IQR of Δ", Kind::Number),
        ("drawdown", Kind::Number),
        ("IQR of runs", Kind::Number),
    ]);
    let goal = learning
        .threshold
        .map_or(String::new(), |goal| format!(" (goal {})", score(goal)));
    Table {
        subject: Some(block.title()),
        ..table(
            format!("curves-{}", slug(&block.title())),
            format!("curves{goal}"),
            &columns,
            learning.methods.iter().map(row).collect(),
        )
    }
}

/// Methods by tasks, one table for each context with several tasks, by the main metric.
fn overviews(study: &Study) -> Vec<Table> {
    let of_context = |across: &Across| {
        let blocks: Vec<&Block> = study
            .analysis
            .blocks
            .iter()
            .filter(|block| block.context == across.context)
            .collect();
        (blocks.len() > 1).then(|| overview(study, &across.context, &blocks))
    };
    study
        .analysis
        .across
        .iter()
        .filter_map(of_context)
        .collect()
}

fn overview(study: &Study, context: &str, blocks: &[&Block]) -> Table {
    let methods: Vec<&String> = study
        .analysis
        .methods
        .iter()
        .filter(|name| {
            let has_it = |block: &&Block| block.methods.iter().any(|method| method.name == **name);
            blocks.iter().any(has_it)
        })
        .collect();
    let columns: Vec<(&str, Kind)> = [(study.noun.as_str(), Kind::Label)]
        .into_iter()
        .chain(
            blocks
                .iter()
                .map(|block| (block.task.as_str(), Kind::Spread)),
        )
        .collect();
    let row = |name: &&String| {
        let cells = blocks.iter().map(|block| overview_cell(study, block, name));
        [Cell::text(name.as_str())]
            .into_iter()
            .chain(cells)
            .collect()
    };
    let metric = name(study, study.settings().metric());
    table(
        format!("overview-{}", slug(context))
            .trim_end_matches('-')
            .to_owned(),
        if context.is_empty() {
            metric.to_owned()
        } else {
            format!("{metric} · {context}")
        },
        &columns,
        methods.iter().map(row).collect(),
    )
}

fn overview_cell(study: &Study, block: &Block, name: &str) -> Cell {
    let settings = study.settings();
    let metric = settings.metric();
    let place = block.methods.iter().position(|method| method.name == name);
    let Some((place, comparison)) = place.zip(block.comparison(metric)) else {
        return Cell::new(Value::None);
    };
    let method = &block.methods[place];
    let mut cell = Cell::of(method.scored(metric), spread)
        .standing(comparison.standings[place])
        .with_runs(runs(method));
    cell.significant = comparison.contrasts.iter().any(|contrast| {
        let is_own = contrast.method == name && contrast.baseline == study.analysis.baseline;
        is_own && contrast.p_adjusted.is_some_and(|p| p < settings.alpha)
    });
    cell
}

/// The methods on the common scale of several tasks.
fn aggregate(study: &Study, across: &Across) -> Option<Table> {
    let aggregate = &across.aggregate;
    if aggregate.tasks.is_empty() || across.tasks.len() < 2 && !across.has_declared_scale() {
        return None;
    }
    let rows = aggregate.methods.iter().map(|method| {
        let is_baseline = method.name == study.analysis.baseline;
        let improvement = method.probability_of_improvement;
        vec![
            Cell::text(method.name.clone()),
            Cell::of(method.iqm, |iqm| Value::Estimate(iqm, method.iqm_interval)),
            Cell::of(method.mean, Value::Number),
            Cell::of(method.median, Value::Number),
            Cell::of(method.optimality_gap, Value::Number),
            Cell::of(improvement.filter(|_| !is_baseline), |chance| {
                Value::Estimate(chance, method.improvement_interval)
            }),
        ]
    });
    let (iqm, better) = (
        format!("IQM [{}]", interval_title(study)),
        format!("P(better) [{}]", interval_title(study)),
    );
    let columns = [
        (study.noun.as_str(), Kind::Label),
        (iqm.as_str(), Kind::Estimate),
        ("mean", Kind::Number),
        ("median", Kind::Number),
        ("gap", Kind::Number),
        (better.as_str(), Kind::Estimate),
    ];
    Some(table(
        with_context("aggregate", across),
        titled("normalised scores over", aggregate.tasks.len(), "", across),
        &columns,
        rows.collect(),
    ))
}

/// The methods ranked over several tasks, and each against the baseline.
fn ranks(study: &Study, across: &Across) -> Option<Table> {
    if across.tasks.len() < 2 || across.methods.len() < 2 {
        return None;
    }
    let rows = across.ranking.mean_ranks.iter().map(|(method, rank)| {
        let signed = across
            .signed_ranks
            .iter()
            .find(|signed| signed.method == *method);
        let beliefs = signed.and_then(|signed| signed.beliefs);
        let mut adjusted = Cell::of(signed.and_then(|signed| signed.p_adjusted), Value::P);
        adjusted.significant = signed
            .and_then(|signed| signed.p_adjusted)
            .is_some_and(|p| p < study.settings().alpha);
        vec![
            Cell::text(method.clone()),
            Cell::new(Value::Number(*rank)),
            Cell::of(signed.and_then(|signed| signed.p), Value::P),
            adjusted,
            Cell::of(beliefs, |beliefs| chance(beliefs.worse)),
            Cell::of(beliefs, |beliefs| chance(beliefs.equivalent)),
            Cell::of(beliefs, |beliefs| chance(beliefs.better)),
        ]
    });
    let adjusted = format!("p {}", study.settings().correction);
    let columns = [
        (study.noun.as_str(), Kind::Label),
        ("mean rank", Kind::Number),
        ("p signed rank", Kind::P),
        (&adjusted, Kind::P),
        ("worse", Kind::Label),
        ("same", Kind::Label),
        ("better", Kind::Label),
    ];
    let baseline = &study.analysis.baseline;
    let against = format!(", against {baseline}");
    Some(table(
        with_context("signed-ranks", across),
        titled("over", across.tasks.len(), &against, across),
        &columns,
        rows.collect(),
    ))
}

/// The id of what is shown of a context.
pub fn with_context(kind: &str, across: &Across) -> String {
    let id = format!("{kind}-{}", slug(&across.context));
    id.trim_end_matches('-').to_owned()
}

/// What is shown, over how many tasks, in which context.
fn titled(what: &str, count: usize, more: &str, across: &Across) -> String {
    let tasks = tasks(count);
    if across.context.is_empty() {
        format!("{what} {tasks}{more}")
    } else {
        format!("{what} {tasks}{more} · {}", across.context)
    }
}

/// How large and how wide the surrogates are; nothing if that is not known.
fn surrogates(study: &Study) -> Option<Table> {
    let row = |scale: &SurrogateScale| {
        let profile = &scale.profile;
        vec![
            Cell::text(scale.label.clone()),
            Cell::new(Value::Number(profile.peak)),
            Cell::of(profile.half_width, Value::Number),
            Cell::of(profile.area, Value::Number),
            Cell::new(Value::Number(profile.at_rest)),
        ]
    };
    let rows: Vec<Vec<Cell>> = study.surrogates.iter().map(row).collect();
    let columns = [
        ("surrogate", Kind::Label),
        ("peak", Kind::Number),
        ("half-width", Kind::Number),
        ("area", Kind::Number),
        ("at rest", Kind::Number),
    ];
    (!rows.is_empty()).then(|| {
        table(
            "surrogates".into(),
            "surrogates as training begins".into(),
            &columns,
            rows,
        )
    })
}

fn tasks(count: usize) -> String {
    if count == 1 {
        "1 task".into()
    } else {
        format!("{count} tasks")
    }
}

fn chance(value: f64) -> Value {
    Value::Text(format!("{value:.2}"))
}

fn spread(scored: &Scored) -> Value {
    Value::Spread(scored.summary.mean, scored.summary.std)
}

fn runs(method: &MethodScores) -> Runs {
    Runs {
        finished: method.finished,
        planned: method.planned,
    }
}
