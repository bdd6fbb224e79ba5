//! The page `results/calibration/calibration.md`: every rate of error, in tables.

use super::{ALPHA, Procedure, Rate, Shape, Standing, coverage, false_positives};
use crate::parallel;

/// Runs in each group.
const SIZES: [usize; 3] = [5, 10, 20];

/// Runs in each group where three in ten failed.
const SIZES_WITH_FAILURES: [usize; 5] = [2, 3, 5, 10, 20];

type Column = (Shape, usize);

/// The page in Markdown. Each procedure is tried `experiments` times, slow ones less often.
pub fn markdown(experiments: u32) -> String {
    let tests = false_positives::all();
    let intervals = coverage::all();
    let mut text = format!(
        "`spikebench calibrate --experiments {experiments}`\n\n\
         The tables show in how many per cent of experiments a test at alpha = {ALPHA} found a difference that does not \
         exist, or a 95 % interval missed the truth: 5 is what they promise. **Bold** marks rates more than three standard \
         errors above that. The standard error of a rate of 5 % is in brackets. Columns give the distribution of the \
         scores and the number of runs in each group.\n\n\
         # All groups have the same distribution\n",
    );
    for (kind, procedures) in [("Tests", &tests), ("Intervals", &intervals)] {
        for (standing, words) in [
            (Standing::Default, "by default"),
            (Standing::Option, "on request"),
        ] {
            let chosen = procedures.iter().filter(|found| found.standing == standing);
            let title = format!("{kind} {words}");
            text.push_str(&table(
                &title,
                chosen,
                &columns(&Shape::ALL, &SIZES),
                experiments,
            ));
        }
    }
    text.push_str(
        "\n# One group differs in form, not in what the test asks about\n\n\
         The groups are normal (900 ± 50) but for the first. *10 % failed*: one run in ten scores 0, the others are normal \
         with a standard deviation of 20. *Lognormal*: a long tail to the right, and the other groups have a standard \
         deviation of 30. *Wide*: normal with a standard deviation of 200. The first group is shifted so that all means are \
         equal, or so that a run of it wins against one of another group with a probability of 1/2.\n",
    );
    for (title, shapes) in [
        ("Equal means", &Shape::EQUAL_MEANS),
        ("Equal chances of winning", &Shape::EQUAL_CHANCES),
    ] {
        let chosen = tests.iter().chain(&intervals);
        let chosen = chosen.filter(|found| found.unequal == shapes);
        text.push_str(&table(title, chosen, &columns(shapes, &SIZES), experiments));
    }
    text.push_str(
        "\n# Three runs in ten failed\n\n\
         Failed runs score 100 ± 20, the others 900 ± 20.\n",
    );
    let chosen = intervals.iter().filter(|found| found.failing);
    let with_failures = columns(&[Shape::Failing], &SIZES_WITH_FAILURES);
    text.push_str(&table("Intervals", chosen, &with_failures, experiments));
    text
}

fn columns(shapes: &[Shape], sizes: &[usize]) -> Vec<Column> {
    let sizes_of = |&shape: &Shape| sizes.iter().map(move |&size| (shape, size));
    shapes.iter().flat_map(sizes_of).collect()
}

fn table<'a>(
    title: &str,
    procedures: impl Iterator<Item = &'a Procedure>,
    columns: &[Column],
    experiments: u32,
) -> String {
    let names: Vec<String> = columns
        .iter()
        .map(|(shape, n)| format!("{} {n}", shape.name()))
        .collect();
    let rule = vec!["---:"; names.len()].join(" | ");
    let head = format!(
        "\n## {title}\n\n| procedure | {} |\n| --- | {rule} |\n",
        names.join(" | ")
    );
    let procedures: Vec<&Procedure> = procedures.collect();
    let lines = parallel::map(procedures.len(), |place| {
        line(procedures[place], columns, experiments)
    });
    head + &lines.concat()
}

/// One procedure, with a cell for each column.
fn line(procedure: &Procedure, columns: &[Column], experiments: u32) -> String {
    let experiments = (experiments / procedure.one_in).max(1);
    let cell = |&(shape, n): &Column| {
        if Shape::ALL.contains(&shape) && !procedure.shapes.contains(&shape) {
            return String::new();
        }
        let rate = procedure.rate(shape, n, experiments);
        let shown = format!("{:.1}", 100.0 * rate.share);
        if rate.is_too_high() {
            format!("**{shown}**")
        } else {
            shown
        }
    };
    let share = ALPHA;
    let error = Rate { experiments, share }.error();
    let cells: Vec<String> = columns.iter().map(cell).collect();
    let (name, error) = (&procedure.name, 100.0 * error);
    format!("| {name} (±{error:.1}) | {} |\n", cells.join(" | "))
}
