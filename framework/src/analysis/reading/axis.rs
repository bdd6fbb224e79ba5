//! The steps of a table with a column for each method or run, where no usual name tells them.

use super::columns::Columns;
use super::delimited::Delimited;
use super::error::ScoreError;
use super::role::{Role, plain};

/// Names of what runs along the lines of such a table, in lower case with `_` between words.
const NAMES: [&str; 17] = [
    "epoch",
    "epochs",
    "iteration",
    "iterations",
    "iter",
    "training_iteration",
    "timesteps_total",
    "num_env_steps_sampled",
    "update",
    "updates",
    "interactions",
    "samples",
    "time",
    "_runtime",
    "relative_time_(process)",
    "relative_time_(wall)",
    "wall_time",
];

/// Fewer lines may rise evenly by chance.
const FEWEST: usize = 5;

/// The column that says where on a curve a line is; `None` if none is known to.
pub fn axis(text: &Delimited<'_>, columns: &Columns) -> Result<Option<usize>, ScoreError> {
    let has = |role: Role| columns.place(role).is_some();
    if [Role::Step, Role::Score, Role::Method].into_iter().any(has) {
        return Ok(None);
    }
    if let Some(episode) = columns.place(Role::Episode).filter(|_| !has(Role::Seed)) {
        return Ok(Some(episode));
    }
    let Some((&first, others)) = columns.rest.split_first() else {
        return Ok(None);
    };
    let is_curve = |&place: &usize| text.head[place].contains(" - ");
    let is_exported = !others.is_empty() && others.iter().all(is_curve) && !is_curve(&first);
    if is_exported || NAMES.contains(&plain(&text.head[first]).as_str()) {
        return Ok(Some(first));
    }
    let mut places = columns.rest.iter();
    let even: Vec<bool> = rising_evenly(text, &columns.rest)?;
    let rising: Vec<usize> = even
        .into_iter()
        .filter_map(|is_even| places.next().filter(|_| is_even).copied())
        .collect();
    Ok((rising == [first] && !others.is_empty()).then_some(first))
}

/// Whether each of some columns holds whole numbers that rise by the same from line to line.
fn rising_evenly(text: &Delimited<'_>, places: &[usize]) -> Result<Vec<bool>, ScoreError> {
    let mut is_even = vec![true; places.len()];
    let mut last: Vec<[f64; 2]> = vec![[f64::NAN; 2]; places.len()];
    let mut lines = 0;
    text.for_each(|_, cells| {
        for (column, &place) in places.iter().enumerate() {
            let cell = cells.get(place).unwrap_or_default();
            let value = text.decimals.parse(cell).unwrap_or(f64::NAN);
            let [value_before, rise_before] = last[column];
            let rise = value - value_before;
            is_even[column] &= value.fract() == 0.0
                && (lines == 0 || rise > 0.0)
                && (lines < 2 || rise == rise_before);
            last[column] = [value, rise];
        }
        lines += 1;
        Ok(())
    })?;
    Ok(is_even
        .into_iter()
        .map(|is_even| is_even && lines >= FEWEST)
        .collect())
}

#[cfg(test)]
mod tests {
    use super::super::options::Reading;
    use super::*;

    fn axis_of(text: &str) -> Option<String> {
        let text = Delimited::of("s.csv", text.as_bytes()).unwrap();
        let columns = Columns::of(&text.head, &Reading::default()).unwrap();
        let place = axis(&text, &columns).unwrap();
        place.map(|place| text.head[place].clone())
    }

    #[test]
    fn what_runs_along_the_lines_is_known_by_its_name_or_by_rising_evenly() {
        for (text, axis) in [
            ("epoch,a,b\n3,1,2\n", Some("epoch")),
            ("episode,a,b\n0,1,2\n", Some("episode")),
            ("seed,episode,a,b\n0,0,1,2\n", None),
            (
                "Relative Time (Process),a - r,b - r\n3,1,2\n",
                Some("Relative Time (Process)"),
            ),
            ("whatever,a - r,b - r\n3,1,2\n", Some("whatever")),
            (
                "x0,a,b\n0,1,5\n10,3,5\n20,2,5\n30,4,5\n40,4,5\n",
                Some("x0"),
            ),
            ("x0,a,b\n0,1,5\n10,3,5\n20,2,5\n30,4,5\n", None),
            ("x0,a,b\n0,1,5\n10,3,5\n20,2,5\n30,4,5\n50,4,5\n", None),
            ("a,b\n1,1\n2,2\n3,3\n4,4\n5,5\n", None),
        ] {
            assert_eq!(axis_of(text).as_deref(), axis, "{text}");
        }
    }
}
