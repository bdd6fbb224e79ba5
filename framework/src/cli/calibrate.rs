//! `spikebench calibrate`: the false-positive rates of the tests, by simulation.

use clap::Args;

use crate::stats::calibration::{self, Rate, Shape};
use crate::stats::two_groups::Test;

use super::{Failure, show};

/// The level whose false findings are counted.
const ALPHA: f64 = 0.05;

/// Runs in each group.
const SIZES: [usize; 3] = [5, 10, 20];

#[derive(Debug, Args)]
pub struct Arguments {
    /// How often each test is tried; tests that rearrange runs, and bootstraps, a tenth as often
    #[arg(long, value_name = "N", default_value_t = 4_000, value_parser = clap::value_parser!(u32).range(100..=1_000_000))]
    experiments: u32,
}

pub fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let many = arguments.experiments;
    let few = many / 10;
    let mut rates: Vec<Rate> = Vec::new();
    for shape in Shape::ALL {
        for n in SIZES {
            for test in Test::ALL {
                let experiments = match test {
                    Test::Tost => continue, // Its null hypothesis is a difference.
                    Test::Permutation | Test::PairedPermutation => few,
                    _ => many,
                };
                rates.push(calibration::of_test(test, shape, n, ALPHA, experiments));
            }
            rates.extend(calibration::of_several(shape, n, ALPHA, many));
            rates.extend(calibration::of_intervals(shape, n, few));
        }
    }
    show(&table(&rates, arguments))
}

/// One line for each procedure, one column for each shape and size.
fn table(rates: &[Rate], arguments: &Arguments) -> String {
    let mut procedures: Vec<&str> = Vec::new();
    for rate in rates {
        if !procedures.contains(&rate.procedure.as_str()) {
            procedures.push(&rate.procedure);
        }
    }
    let columns: Vec<(Shape, usize)> = Shape::ALL
        .into_iter()
        .flat_map(|shape| SIZES.map(|n| (shape, n)))
        .collect();
    let head: Vec<String> = columns
        .iter()
        .map(|(shape, n)| format!("{} {n}", shape.name()))
        .collect();
    let mut text = format!(
        "`spikebench calibrate --experiments {}`\n\n\
         Per cent of experiments without any difference in which a test found one at alpha = {ALPHA}, or in which a 95 % \
         interval missed the truth: 5 is what they promise. **Bold**: more than three standard errors above that. In \
         brackets: the standard error of a rate of 5 %. Columns: distribution of the scores, and runs in each group.\n\n\
         | procedure | {} |\n| --- | {} |\n",
        arguments.experiments,
        head.join(" | "),
        vec!["---:"; columns.len()].join(" | ")
    );
    for procedure in procedures {
        let mut error = 0.0;
        let cells: Vec<String> = columns
            .iter()
            .filter_map(|&(shape, n)| {
                let found = |rate: &&Rate| {
                    rate.procedure == procedure && rate.shape == shape && rate.n == n
                };
                let rate = rates.iter().find(found)?;
                error = rate.error(ALPHA);
                let shown = format!("{:.1}", 100.0 * rate.share);
                Some(if rate.share > ALPHA + 3.0 * error {
                    format!("**{shown}**")
                } else {
                    shown
                })
            })
            .collect();
        text.push_str(&format!(
            "| {procedure} (±{:.1}) | {} |\n",
            100.0 * error,
            cells.join(" | ")
        ));
    }
    text
}
