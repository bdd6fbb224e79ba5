//! Which tables a report has.

use crate::analysis::Block;

use super::across_tables::{aggregate, overviews, ranks};
use super::partial;
use super::study::{Study, SurrogateScale, Times};
use super::table::{Cell, Kind, Table, Value, make_unique};
use super::task_tables::{contrasts, curves, scores};
use super::{answers, cost_tables};

/// All tables, in the order in which they are shown.
pub fn all(study: &Study, times: Times) -> Vec<Table> {
    let mut all: Vec<Table> = answers::table(study, times).into_iter().collect();
    all.extend(overviews(study));
    for block in &study.analysis.blocks {
        let first = all.len();
        all.push(scores(study, block));
        all.extend(cost_tables::other_scores(study, block));
        for comparison in &block.comparisons {
            all.extend(contrasts(study, block, comparison));
        }
        let learning = block.learning.as_ref();
        all.extend(learning.map(|learning| curves(study, block, learning)));
        all.extend(cost_tables::training(study, block, times));
        all.extend(cost_tables::inference(study, block));
        mark(study, [block], &mut all[first..]);
    }
    for across in &study.analysis.across {
        let first = all.len();
        all.extend(aggregate(study, across));
        all.extend(ranks(study, across));
        let blocks = study.analysis.blocks.iter();
        let blocks = blocks.filter(|block| block.context == across.context);
        mark(study, blocks, &mut all[first..]);
    }
    all.extend(surrogates(study));
    make_unique(all.iter_mut().map(|table| &mut table.id));
    all
}

/// Says in the titles of tables about these blocks that runs are in them which are not finished.
fn mark<'s>(study: &Study, blocks: impl IntoIterator<Item = &'s Block>, tables: &mut [Table]) {
    let Some(mark) = partial::mark(study, blocks) else {
        return;
    };
    for table in tables {
        table.title.push_str(&format!(" ({mark})"));
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
        Table::new(
            "surrogates".into(),
            "surrogates as training begins".into(),
            &columns,
            rows,
        )
    })
}
