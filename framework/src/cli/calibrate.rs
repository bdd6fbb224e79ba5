//! `spikebench calibrate`: the false-positive rates of the tests and the misses of the intervals, by simulation.

use clap::Args;

use crate::stats::calibration::{ALPHA, Procedure, Rate, Shape, Standing, findings, misses};

use super::{Failure, show};

/// Runs in each group.
const SIZES: [usize; 3] = [5, 10, 20];

#[derive(Debug, Args)]
pub struct Arguments {
    /// How often each test is tried; tests that rearrange runs, and bootstraps, a tenth as often
    #[arg(long, value_name = "N", default_value_t = 4_000, value_parser = clap::value_parser!(u32).range(100..=1_000_000))]
    experiments: u32,
}

pub fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let mut text = format!(
        "`spikebench calibrate --experiments {}`\n\n\
         Per cent of experiments without any difference in which a test found one at alpha = {ALPHA}, or in which a 95 % \
         interval missed the truth: 5 is what they promise. **Bold**: more than three standard errors above that. In \
         brackets: the standard error of a rate of 5 %. Columns: distribution of the scores, and runs in each group.\n",
        arguments.experiments,
    );
    for (kind, procedures) in [("Tests", findings::all()), ("Intervals", misses::all())] {
        for (standing, words) in [
            (Standing::Default, "unless something else is asked for"),
            (Standing::Option, "if they are asked for"),
        ] {
            let chosen = procedures.iter().filter(|found| found.standing == standing);
            text.push_str(&format!("\n## {kind}, {words}\n\n{}", head()));
            chosen.for_each(|procedure| text.push_str(&line(procedure, arguments.experiments)));
        }
    }
    show(&text)
}

fn columns() -> impl Iterator<Item = (Shape, usize)> {
    let shapes = Shape::ALL.into_iter();
    shapes.flat_map(|shape| SIZES.map(|n| (shape, n)))
}

fn head() -> String {
    let names: Vec<String> = columns()
        .map(|(shape, n)| format!("{} {n}", shape.name()))
        .collect();
    let rule = vec!["---:"; names.len()].join(" | ");
    format!("| procedure | {} |\n| --- | {rule} |\n", names.join(" | "))
}

/// One procedure, a cell for each shape and size.
fn line(procedure: &Procedure, experiments: u32) -> String {
    let experiments = experiments / if procedure.slow { 10 } else { 1 };
    let cell = |(shape, n): (Shape, usize)| {
        if !procedure.shapes.contains(&shape) {
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
    let cells: Vec<String> = columns().map(cell).collect();
    let (name, error) = (&procedure.name, 100.0 * error);
    format!("| {name} (±{error:.1}) | {} |\n", cells.join(" | "))
}
