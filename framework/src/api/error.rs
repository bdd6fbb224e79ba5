//! The errors of components.

use std::fmt::Display;

use thiserror::Error;

/// A parameter has a value that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct ParameterError {
    /// The path of the parameter within its component: `inner`, `hidden[1]`.
    pub field: String,
    /// What is wrong, beginning with the offending value.
    pub message: String,
}

/// Follows the name of a parameter in a message.
const TWICE: &str = " is given twice, by two of its names";

impl ParameterError {
    /// The error that the parameter `field` has a `value` which breaks a `rule`, such as `must be positive`. The rule follows
    /// the value in the message.
    pub fn new(field: impl Into<String>, value: impl Display, rule: impl Display) -> Self {
        Self {
            field: field.into(),
            message: format!("{value} {rule}"),
        }
    }

    /// The error that `serde` reports as `message`, in the words of people who write suites instead of Rust.
    pub fn of_type(field: impl Into<String>, message: &str) -> Self {
        // The position refers to an intermediate text that they never see.
        let message = message.split(" at line ").next().unwrap_or(message);
        let remedy = remedy(message).map_or(String::new(), |value| format!("; write {value}"));
        let mut message = message.to_owned();
        for (rust, words) in [
            (
                "expected u64",
                "expected a whole number that is not negative",
            ),
            (
                "expected u32",
                "expected a whole number from 0 to 4294967295",
            ),
            ("expected u8", "expected a whole number from 0 to 255"),
            ("expected u16", "expected a whole number from 0 to 65535"),
            (
                "expected usize",
                "expected a whole number that is not negative",
            ),
            (
                "expected i32",
                "expected a whole number from -2147483648 to 2147483647",
            ),
            ("expected i64", "expected a whole number"),
            ("expected f64", "expected a number"),
            ("expected f32", "expected a number"),
            ("expected a tuple of size 2", "expected two numbers"),
            ("expected struct ", "expected the parameters of "),
            ("trailing characters", "has too many elements"),
            ("expected value", "expected a word"),
            ("floating point ", "number "),
            ("integer ", "number "),
        ] {
            message = message.replace(rust, words);
        }
        if let Some(name) = message.strip_prefix("duplicate field ") {
            message = format!("{name}{TWICE}");
        }
        Self {
            field: field.into(),
            message: message + &remedy,
        }
    }

    /// The parameter that was given under two of its names, if this is the error.
    pub(crate) fn twice(&self) -> Option<&str> {
        self.message.strip_suffix(TWICE)?.trim_matches('`').into()
    }

    /// The same error; if it is about an unknown parameter, it also lists those that the framework reads.
    pub(super) fn mentioning(mut self, keys: &[&str]) -> Self {
        if self.message.starts_with("unknown field") && !keys.is_empty() {
            self.message += &format!("; also `{}`", keys.join("`, `"));
        }
        self
    }

    /// The same error, seen from the component whose parameter `outer` holds the one with the error.
    pub fn below(self, outer: &str) -> Self {
        let field = match self.field.as_str() {
            "" => outer.to_owned(),
            inner if inner.starts_with('[') => format!("{outer}{inner}"),
            inner => format!("{outer}.{inner}"),
        };
        Self { field, ..self }
    }

    /// Fails unless `value` is above zero.
    pub fn unless_positive(field: &str, value: f64) -> Result<(), Self> {
        Self::unless(value > 0.0, field, value, "must be positive")
    }

    /// Fails unless `value` is at least `least`.
    pub fn unless_at_least(field: &str, value: u64, least: u64) -> Result<(), Self> {
        Self::unless(
            value >= least,
            field,
            value,
            format!("must be at least {least}"),
        )
    }

    /// Fails unless `value` is at least 1 and at most `most`, beyond which no machine has the memory.
    pub fn unless_size(field: &str, value: u64, most: u64) -> Result<(), Self> {
        Self::unless_at_least(field, value, 1)?;
        let rule = format!("is too much, at most {most} are allowed");
        Self::unless(value <= most, field, value, rule)
    }

    /// Fails unless `value` lies within `[0, 1]`.
    pub fn unless_fraction(field: &str, value: f64) -> Result<(), Self> {
        Self::unless(
            (0.0..=1.0).contains(&value),
            field,
            value,
            "must lie between 0 and 1",
        )
    }

    /// Fails unless `holds`.
    pub fn unless(
        holds: bool,
        field: &str,
        value: impl Display,
        rule: impl Display,
    ) -> Result<(), Self> {
        if holds {
            Ok(())
        } else {
            Err(Self::new(field, value, rule))
        }
    }
}

/// How to write a value that has the wrong type only because of how YAML reads it: a name such as `0.25` or `true` needs
/// quotes, and a whole number such as `64.0` needs no fraction.
fn remedy(message: &str) -> Option<String> {
    let (found, expected) = message
        .strip_prefix("invalid type: ")?
        .split_once(", expected ")?;
    let value = found.split('`').nth(1)?;
    if expected == "a string" {
        return Some(format!("\"{value}\""));
    }
    let is_whole = ["u64", "u32", "usize", "i64", "i32"].contains(&expected);
    let whole = value.strip_suffix(".0").filter(|_| is_whole)?;
    Some(whole.to_owned())
}

/// A component cannot be made on this machine, for a reason outside its parameters: a missing file, a missing library.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct ComponentError(pub String);

impl ComponentError {
    /// The reason, with the remedy if there is one.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

impl From<ParameterError> for ComponentError {
    fn from(error: ParameterError) -> Self {
        Self(format!("{}: {}", error.field, error.message))
    }
}
