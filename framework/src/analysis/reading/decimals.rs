//! How the numbers of a file are written: `1234.5`, `1,234.5` or `1.234,5`.

use crate::stats::describe::LARGEST;

/// What a point and a comma mean within a number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Decimals {
    /// `1234.5`; a comma separates thousands.
    #[default]
    Point,
    /// `1234,5`; a point separates thousands.
    Comma,
}

/// What the numbers of a file tell about its decimals, cell by cell.
#[derive(Debug, Default)]
pub struct Evidence {
    comma: bool,
    /// A comma that separates thousands if decimals have points, and decimals if not.
    either: Option<(u64, String)>,
    point: Option<(u64, String)>,
}

impl Evidence {
    /// Looks at one number.
    pub fn add(&mut self, text: &str, line: u64) {
        let (Some(comma), point) = (text.find(','), text.rfind('.')) else {
            if is_groups(text, '.') || !text.contains('.') {
                return;
            }
            self.point.get_or_insert_with(|| (line, text.to_owned()));
            return;
        };
        match point {
            Some(point) if point > comma => {
                self.point.get_or_insert_with(|| (line, text.to_owned()));
            }
            Some(_) => self.comma = true,
            None if is_groups(text, ',') => {
                self.either.get_or_insert_with(|| (line, text.to_owned()));
            }
            None => self.comma = true,
        }
    }

    /// What it comes to. `commas_are_usual` says that cells are separated by something else, as where decimals have
    /// commas. An error has a line and a message.
    pub fn conclude(self, commas_are_usual: bool) -> Result<Decimals, (u64, String)> {
        match (self.comma, self.point, self.either) {
            (true, Some((line, text)), _) => Err((
                line,
                format!(
                    "{text:?} has a decimal point, but other numbers of the file have decimal commas"
                ),
            )),
            (true, None, _) => Ok(Decimals::Comma),
            (false, Some(_), _) | (false, None, None) => Ok(Decimals::Point),
            (false, None, Some(_)) if commas_are_usual => Ok(Decimals::Comma),
            (false, None, Some((line, text))) => Err((
                line,
                format!(
                    "{text:?} may be {} or {}: write decimals with a point and thousands without a separator",
                    text.replace(',', "."),
                    text.replace(',', "")
                ),
            )),
        }
    }
}

/// Whether the digits stand in groups of three that `separator` parts.
fn is_groups(text: &str, separator: char) -> bool {
    let text = text.trim_start_matches(['-', '+', '−']);
    let mut groups = text.split(separator);
    let digits = |group: &str| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit());
    let first = groups.next().unwrap_or_default();
    let rest: Vec<&str> = groups.collect();
    !rest.is_empty()
        && digits(first)
        && first.len() <= 3
        && first != "0"
        && rest.iter().all(|group| group.len() == 3 && digits(group))
}

impl Decimals {
    /// A number that may be NaN or infinite; `None` if it is none.
    pub fn parse(self, text: &str) -> Option<f64> {
        if self == Self::Point
            && let Ok(value) = text.parse()
        {
            return Some(value);
        }
        let text = text.replace('−', "-").replace(['\u{a0}', '\u{202f}'], "");
        let (decimal, thousands) = match self {
            Self::Point => ('.', ','),
            Self::Comma => (',', '.'),
        };
        let (whole, rest) = match text.split_once(decimal) {
            Some((whole, rest)) => (whole, Some(rest)),
            None => (text.as_str(), None),
        };
        let whole = match whole.contains(thousands) {
            true if is_groups(whole, thousands) => whole.replace(thousands, ""),
            true => return None,
            false => whole.to_owned(),
        };
        let number = rest.map_or(whole.clone(), |rest| format!("{whole}.{rest}"));
        without_underscores(&number)?.parse().ok()
    }

    /// A score; the inner `None` where it is missing, NaN, infinite or too large to reckon with.
    pub fn score(self, text: &str) -> Result<Option<f64>, String> {
        let names = ["na", "n/a", "none", "null", "-"];
        if text.is_empty() || names.iter().any(|none| text.eq_ignore_ascii_case(none)) {
            return Ok(None);
        }
        let value = self.parse(text);
        let value = value.ok_or_else(|| format!("score {text:?} is not a number"))?;
        Ok(Some(value).filter(|value| value.abs() <= LARGEST))
    }

    /// A whole number, also as floats are printed: `1000000`, `1e6`, `1000000.0`.
    pub fn step(self, text: &str) -> Result<u64, String> {
        let whole =
            |value: &f64| (0.0..=9_007_199_254_740_992.0).contains(value) && value.fract() == 0.0;
        let exact = text.parse::<u64>().ok();
        let float = || self.parse(text).filter(whole).map(|value| value as u64);
        exact
            .or_else(float)
            .ok_or_else(|| format!("step {text:?} is not a whole number that is not negative"))
    }

    /// A seed: `0` and `0.0` are the same.
    pub fn seed(self, text: &str) -> &str {
        let decimal = match self {
            Self::Point => '.',
            Self::Comma => ',',
        };
        match text.split_once(decimal) {
            Some((whole, zeros))
                if !whole.is_empty()
                    && !zeros.is_empty()
                    && whole.bytes().all(|byte| byte.is_ascii_digit())
                    && zeros.bytes().all(|byte| byte == b'0') =>
            {
                whole
            }
            _ => text,
        }
    }
}

/// The number without the `_` between digits; `None` if one stands elsewhere.
fn without_underscores(text: &str) -> Option<String> {
    if !text.contains('_') {
        return Some(text.to_owned());
    }
    let bytes = text.as_bytes();
    let is_digit = |place: Option<usize>| {
        place.is_some_and(|place| bytes.get(place).is_some_and(u8::is_ascii_digit))
    };
    let between = |place: usize| is_digit(place.checked_sub(1)) && is_digit(Some(place + 1));
    let mut underscores = text.match_indices('_');
    underscores
        .all(|(place, _)| between(place))
        .then(|| text.replace('_', ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimals(cells: &[&str], commas_are_usual: bool) -> Result<Decimals, (u64, String)> {
        let mut evidence = Evidence::default();
        for (line, cell) in cells.iter().enumerate() {
            evidence.add(cell, line as u64 + 2);
        }
        evidence.conclude(commas_are_usual)
    }

    #[test]
    fn what_a_comma_means_is_seen_from_all_numbers_of_the_file() {
        assert_eq!(decimals(&["1", "2.5", "1.250"], true), Ok(Decimals::Point));
        assert_eq!(decimals(&["1,5", "2"], true), Ok(Decimals::Comma));
        assert_eq!(decimals(&["1.234,5", "10.000"], false), Ok(Decimals::Comma));
        assert_eq!(decimals(&["1,234.5", "2,000"], false), Ok(Decimals::Point));
        assert_eq!(decimals(&["0,125"], false), Ok(Decimals::Comma));
        assert_eq!(decimals(&["1,250", "2,500"], true), Ok(Decimals::Comma));
        let (line, message) = decimals(&["1", "1,250"], false).unwrap_err();
        assert_eq!(line, 3);
        assert_eq!(
            message,
            "\"1,250\" may be 1.250 or 1250: write decimals with a point and thousands without a separator"
        );
        let (line, message) = decimals(&["1,5", "2.5"], true).unwrap_err();
        assert_eq!(line, 3);
        assert!(message.contains("\"2.5\" has a decimal point"), "{message}");
    }

    #[test]
    fn numbers_are_read_as_they_are_written() {
        for (text, value) in [
            ("1234.5", 1234.5),
            ("1,234.5", 1234.5),
            ("-1e3", -1000.0),
            ("1_000", 1000.0),
            ("−7", -7.0),
        ] {
            assert_eq!(Decimals::Point.parse(text), Some(value), "{text}");
        }
        for (text, value) in [
            ("1,5", 1.5),
            ("-1.234,5", -1234.5),
            ("10.000", 10_000.0),
            ("1\u{a0}234,5", 1234.5),
            ("2e3", 2000.0),
            ("1,5e3", 1500.0),
        ] {
            assert_eq!(Decimals::Comma.parse(text), Some(value), "{text}");
        }
        for text in ["many", "1_", "1__0", "_1", "1,2", "1,23,456"] {
            assert_eq!(Decimals::Point.parse(text), None, "{text}");
        }
        assert_eq!(Decimals::Comma.parse("1.5"), None);
        assert_eq!(Decimals::Comma.step("10.000"), Ok(10_000));
        assert_eq!(Decimals::Point.step("10.000"), Ok(10));
        assert!(Decimals::Point.step("-5").is_err() && Decimals::Point.step("1.5").is_err());
    }

    #[test]
    fn seeds_that_are_the_same_number_are_the_same_seed() {
        for (text, seed) in [
            ("0.0", "0"),
            ("12.00", "12"),
            ("0.5", "0.5"),
            ("a.0", "a.0"),
            ("7.", "7."),
        ] {
            assert_eq!(Decimals::Point.seed(text), seed);
        }
        assert_eq!(Decimals::Comma.seed("3,0"), "3");
    }
}
