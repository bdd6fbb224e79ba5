//! For a paper: tables in booktabs, numbers aligned by siunitx.
//!
//! A column of numbers has one number of decimals, so that its numbers can be compared by eye: as many as the spread of
//! its scores, with two significant digits, is worth.

use crate::analysis::Standing;
use crate::stats::interval::Interval;

use super::latex_figures;
use super::names;
use super::numbers::NONE;
use super::partial;
use super::printable::one_line;
use super::prose;
use super::study::{Study, Times};
use super::table::{Cell, Column, Kind, Table, Value};
use super::tables;
use super::tex_letters::{escape, has_numbered_letters};

/// What a document needs before its tables.
pub const PREAMBLE: &str = "\
\\usepackage{booktabs}
\\usepackage{siunitx}
\\usepackage{graphicx}
";

/// What the numbers of a table need, set in the table itself so that it leaves those of the paper alone.
const NUMBERS: &str = "\\sisetup{detect-weight = true, mode = text, table-number-alignment = right, table-text-alignment = right, \
                       retain-explicit-plus = true, group-digits = none}";

/// A table that is wider than its column is made smaller, any other stays as it is.
const FITTED: &str = "\\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}{!}{%";

/// A whole document: every table, and the notes.
pub fn render(study: &Study, command: &str) -> String {
    let mut text = format!(
        "% {}\n% data {}\n\\documentclass{{article}}\n\\usepackage[T1]{{fontenc}}\n\\usepackage{{lmodern}}\n\\usepackage[margin=2cm]{{geometry}}\n",
        one_line(command),
        study.data_hash
    );
    text.push_str(PREAMBLE);
    text.push_str("\\begin{document}\n");
    if let Some(note) = partial::note(study) {
        text.push_str(&format!("\n\\noindent\\textbf{{{}}}\n", escape(&note)));
    }
    for table in tables::all(study, Times::Shown) {
        text.push('\n');
        text.push_str(&draw(&table, study));
    }
    for note in prose::notes(study, Times::Shown) {
        text.push_str(&format!("\n\\noindent {}\n", escape(&note)));
    }
    text.push_str(&latex_figures::all(study));
    text.push_str("\n\\end{document}\n");
    text
}

/// One table, to be read into a paper by `\input`.
pub fn fragment(table: &Table, study: &Study, command: &str) -> String {
    let mut text = format!("% {}\n% data {}\n", one_line(command), study.data_hash);
    for line in PREAMBLE.lines() {
        text.push_str(&format!("% needs {line}\n"));
    }
    text.push_str(&draw(table, study));
    text
}

fn draw(table: &Table, study: &Study) -> String {
    let columns: Vec<Set> = (0..table.columns.len())
        .map(|place| Set::of(table, place))
        .collect();
    let specification: Vec<&str> = columns.iter().map(|set| set.format.as_str()).collect();
    let heads: Vec<&str> = columns.iter().map(|set| set.head.as_str()).collect();
    let mut text = format!(
        "\\begin{{table}}[htbp]\n  \\centering\n  {NUMBERS}\n  \\caption{{{}}}\n  \\label{{tab:{}}}\n  \\smallskip\n  \
         {FITTED}\n  \\begin{{tabular}}{{{}}}\n    \\toprule\n{}    \\midrule\n",
        escape(&table.caption()),
        table.id,
        specification.join(" "),
        line(&heads)
    );
    for row in 0..table.rows.len() {
        let cells: Vec<&str> = columns.iter().map(|set| set.cells[row].as_str()).collect();
        text.push_str(&line(&cells));
    }
    text.push_str("    \\bottomrule\n  \\end{tabular}}\n");
    let mut key = key(table, study);
    if has_numbered_letters(&text) {
        key.push("[U+…]: a letter by its number, because LaTeX has no font for it here.".into());
    }
    if !key.is_empty() {
        text.push_str(&format!(
            "\n  \\smallskip\\footnotesize {}\n",
            escape(&key.join(" ")).replace("underlined:", "\\underline{underlined}:")
        ));
    }
    text.push_str("\\end{table}\n");
    text
}

/// One line of a table. The end of the line before it takes a bracket or a star that follows for an argument of its own, so that
/// nothing in braces stands between them.
fn line(cells: &[&str]) -> String {
    let text = cells.join(" & ");
    let guard = match text.trim_start().starts_with(['[', '*']) {
        true => "{}",
        false => "",
    };
    format!("    {guard}{text} \\\\\n")
}

/// Explains the marks that occur in a table.
fn key(table: &Table, study: &Study) -> Vec<String> {
    let settings = study.settings();
    let cells = || table.rows.iter().flatten();
    let mut key = Vec::new();
    if cells().any(|cell| matches!(cell.value, Value::Spread(..))) {
        key.push("±: standard deviation over runs.".into());
    }
    let stands = |standing: Standing| cells().any(|cell| cell.standing == standing);
    if stands(Standing::Best) {
        key.push(format!(
            "Bold: best mean; underlined: not significantly different from it ({}, two-sided, {} correction, alpha = {}).",
            settings.difference_test().title(),
            names::correction_title(settings.correction),
            settings.alpha
        ));
    }
    if stands(Standing::Untested) {
        key.push(untested(table));
    }
    if cells().any(|cell| cell.significant) {
        key.push(format!(
            "*: {} {} (p < {} after {} correction).",
            names::found(settings),
            study.analysis.baseline,
            settings.alpha,
            names::correction_title(settings.correction)
        ));
    }
    if cells().any(|cell| cell.runs.is_some()) {
        key.push("In brackets: runs finished of runs planned.".into());
    }
    let missing = |cell: &Cell| match &cell.value {
        Value::Runs(runs) => runs.are_missing(),
        _ => cell.runs.is_some_and(|runs| runs.are_missing()),
    };
    if cells().any(missing) {
        key.push(format!(
            "†: some planned runs did not finish and {}.",
            names::fate(settings.failed)
        ));
    }
    key
}

/// Names the rows that were not tested: they are neither shown to differ from the best nor to be as good.
fn untested(table: &Table) -> String {
    let is_untested = |cell: &Cell| cell.standing == Standing::Untested;
    let rows = table.rows.iter().filter(|row| row.iter().any(is_untested));
    let labels: Vec<String> = rows.map(|row| row[0].plain()).collect();
    format!("Not tested against the best: {}.", labels.join(", "))
}

/// One column of the model as one or more columns of LaTeX.
struct Set {
    format: String,
    head: String,
    cells: Vec<String>,
}

impl Set {
    fn of(table: &Table, place: usize) -> Self {
        let column = &table.columns[place];
        let cells: Vec<&Cell> = table.rows.iter().map(|row| &row[place]).collect();
        let decimals = decimals(column.kind, &cells);
        let head = escape(&column.name);
        match column.kind {
            Kind::Label => Self::words("l", head, &cells),
            Kind::Runs => Self::words("r", format!("{{{head}}}"), &cells),
            Kind::Interval => Self {
                format: "r".into(),
                head: format!("{{{head}}}"),
                cells: cells
                    .iter()
                    .map(|cell| match &cell.value {
                        Value::Interval(ends) => interval(ends, decimals),
                        _ => "--".into(),
                    })
                    .collect(),
            },
            Kind::Number | Kind::P => Self::numbers(column, head, &cells, decimals),
            Kind::Estimate => Self::estimates(head, &cells, decimals),
            Kind::Effect => Self {
                format: "r".into(),
                head: format!("{{{head}}}"),
                cells: cells
                    .iter()
                    .map(|cell| cell.plain().replace('−', "$-$").replace(NONE, "--"))
                    .collect(),
            },
            Kind::Spread => Self::spreads(head, &cells, decimals),
        }
    }

    fn words(format: &str, head: String, cells: &[&Cell]) -> Self {
        Self {
            format: format.into(),
            head,
            cells: cells.iter().map(|cell| word(cell)).collect(),
        }
    }

    fn numbers(column: &Column, head: String, cells: &[&Cell], decimals: usize) -> Self {
        let shown = |cell: &&Cell| match cell.value {
            Value::P(p) if column.kind == Kind::P && p < 0.0001 => "{$<$0.0001}".into(),
            Value::Signed(value) | Value::Delta(value) if value > 0.0 => {
                format!("+{value:.decimals$}")
            }
            _ => match cell.number() {
                Some(value) => marked(value, decimals, cell.standing),
                None => "{--}".into(),
            },
        };
        let values: Vec<f64> = cells.iter().filter_map(|cell| cell.number()).collect();
        let signed = cells
            .iter()
            .any(|cell| matches!(cell.value, Value::Signed(_) | Value::Delta(_)));
        let format = siunitx(&values, decimals, signed);
        if cells.iter().any(|cell| cell.significant) {
            let star = |cell: &&Cell| if cell.significant { "*" } else { "" };
            return Self {
                format: format!("{format} @{{}}l"),
                head: format!("{{{head}}} &"),
                cells: cells
                    .iter()
                    .map(|cell| format!("{} & {}", shown(cell), star(cell)))
                    .collect(),
            };
        }
        Self {
            format,
            head: format!("{{{head}}}"),
            cells: cells.iter().map(shown).collect(),
        }
    }

    fn estimates(head: String, cells: &[&Cell], decimals: usize) -> Self {
        let values: Vec<f64> = cells.iter().filter_map(|cell| cell.number()).collect();
        Self {
            format: format!("{} @{{\\enspace}}l", siunitx(&values, decimals, false)),
            head: format!("\\multicolumn{{2}}{{c}}{{{head}}}"),
            cells: cells
                .iter()
                .map(|cell| match &cell.value {
                    Value::Estimate(value, ends) => {
                        let ends = ends.as_ref().map(|ends| interval(ends, decimals));
                        format!(
                            "{} & {}",
                            marked(*value, decimals, cell.standing),
                            ends.unwrap_or_default()
                        )
                    }
                    _ => "{--} &".into(),
                })
                .collect(),
        }
    }

    /// Mean, deviation, and a third column if there are runs or stars to be told of.
    fn spreads(head: String, cells: &[&Cell], decimals: usize) -> Self {
        let deviation = |cell: &&Cell| match cell.value {
            Value::Spread(_, std) => std,
            _ => None,
        };
        let means: Vec<f64> = cells.iter().filter_map(|cell| cell.number()).collect();
        let deviations: Vec<f64> = cells.iter().filter_map(deviation).collect();
        let marks = cells
            .iter()
            .any(|cell| cell.runs.is_some() || cell.significant);
        let mut format = format!(
            "{} @{{${{}}\\pm{{}}$}} {}",
            siunitx(&means, decimals, false),
            siunitx(&deviations, decimals, false).replace(']', ",table-number-alignment=left]")
        );
        if marks {
            format.push_str(" @{\\,}l");
        }
        let cell = |cell: &&Cell| {
            let mut text = match cell.value {
                Value::Spread(mean, std) => format!(
                    "{} & {}",
                    marked(mean, decimals, cell.standing),
                    std.map_or("{--}".into(), |std| format!("{std:.decimals$}"))
                ),
                _ => "{--} & {--}".into(),
            };
            if marks {
                let star = if cell.significant { "*" } else { "" };
                let runs = cell.runs.map(|runs| escape(&runs.plain()));
                let runs = runs.map(|runs| format!("{{\\scriptsize({runs})}}"));
                text.push_str(&format!(" & {star}{}", runs.unwrap_or_default()));
            }
            text
        };
        Self {
            format,
            head: format!(
                "\\multicolumn{{{}}}{{c}}{{{head}}}",
                if marks { 3 } else { 2 }
            ),
            cells: cells.iter().map(cell).collect(),
        }
    }
}

/// Words; those that stand out are bold.
fn word(cell: &Cell) -> String {
    let text = escape(&cell.plain());
    match cell.standing {
        Standing::Best => format!("\\textbf{{{text}}}"),
        _ => text,
    }
}

/// A number for an `S` column. Underlined ones must hide from siunitx in braces: they stand right, as the others do.
fn marked(value: f64, decimals: usize, standing: Standing) -> String {
    match standing {
        Standing::Plain | Standing::Untested => format!("{value:.decimals$}"),
        Standing::Best => format!("\\bfseries {value:.decimals$}"),
        Standing::Tied => format!("{{\\underline{{\\num{{{value:.decimals$}}}}}}}"),
    }
}

fn interval(ends: &Interval, decimals: usize) -> String {
    let number = |value: f64| format!("{value:.decimals$}").replace('-', "$-$");
    format!("[{}, {}]", number(ends.low), number(ends.high))
}

/// An `S` column with room for all of these.
fn siunitx(values: &[f64], decimals: usize, signed: bool) -> String {
    let digits = |value: &f64| format!("{:.0}", value.abs().floor()).len();
    let whole = values.iter().map(digits).max().unwrap_or(1);
    let sign = if signed || values.iter().any(|value| *value < 0.0) {
        "-"
    } else {
        ""
    };
    format!("S[table-format={sign}{whole}.{decimals}]")
}

/// How many decimals the numbers of a column deserve.
fn decimals(kind: Kind, cells: &[&Cell]) -> usize {
    if kind == Kind::P {
        return 4;
    }
    if cells
        .iter()
        .any(|cell| matches!(cell.value, Value::Delta(_)))
    {
        return 2;
    }
    let width = |cell: &&Cell| match &cell.value {
        Value::Spread(_, std) => *std,
        Value::Estimate(_, Some(ends)) | Value::Interval(ends) => Some(ends.high - ends.low),
        _ => None,
    };
    let mut widths: Vec<f64> = cells
        .iter()
        .filter_map(width)
        .filter(|&width| width > 0.0)
        .collect();
    if widths.is_empty() {
        // Without a spread, four significant digits of the largest.
        let largest = cells
            .iter()
            .filter_map(|cell| cell.number())
            .map(f64::abs)
            .fold(0.0, f64::max);
        return if largest > 0.0 { places(largest, 4) } else { 1 };
    }
    widths.sort_unstable_by(f64::total_cmp);
    places(widths[widths.len() / 2], 2)
}

/// The decimals that show this many significant digits of a number.
fn places(value: f64, digits: i32) -> usize {
    let place = digits - 1 - value.log10().floor() as i32;
    place.clamp(0, 6) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_a_table_begins_with_nothing_that_the_end_of_the_one_before_takes_for_its_own() {
        assert_eq!(line(&["[U+8FD1]", "1"]), "    {}[U+8FD1] & 1 \\\\\n");
        assert_eq!(line(&[" *"]), "    {} * \\\\\n");
        assert_eq!(line(&["ppo*", "[1, 2]"]), "    ppo* & [1, 2] \\\\\n");
    }

    #[test]
    fn effects_in_several_units_keep_the_digits_that_each_is_worth() {
        let effect =
            |value, low, high| Cell::new(Value::Estimate(value, Some(Interval { low, high })));
        let rows = vec![
            vec![effect(-10.9, -105.2, 83.4)],
            vec![effect(0.151, -0.101, 0.403)],
            vec![Cell::new(Value::None)],
        ];
        let table = Table::new(
            "answers".into(),
            String::new(),
            &[("effect", Kind::Effect)],
            rows,
        );
        assert_eq!(
            Set::of(&table, 0).cells,
            ["$-$10.9 [$-$105.2, 83.4]", "0.151 [$-$0.101, 0.403]", "--"]
        );
    }

    #[test]
    fn a_column_has_the_decimals_that_its_spread_is_worth() {
        let cells = |spread: f64| [Cell::new(Value::Spread(1000.0, Some(spread)))];
        let decimals = |spread: f64| {
            let [cell] = cells(spread);
            decimals(Kind::Spread, &[&cell])
        };
        assert_eq!(decimals(123.0), 0);
        assert_eq!(decimals(58.8), 0);
        assert_eq!(decimals(5.88), 1);
        assert_eq!(decimals(0.0588), 3);
    }
}
