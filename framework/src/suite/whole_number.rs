//! Whole numbers as people write them in a suite: `400`, `4e2` and `400.0` are the same.

use std::fmt;

use serde::Deserializer;
use serde::de::{Deserialize, Error, Unexpected, Visitor};

/// The largest number up to which a float has every whole number.
const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;

/// A whole number that is not negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WholeNumber(pub u64);

impl<'de> Deserialize<'de> for WholeNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WholeNumberVisitor)
    }
}

struct WholeNumberVisitor;

impl Visitor<'_> for WholeNumberVisitor {
    type Value = WholeNumber;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a whole number that is not negative")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<WholeNumber, E> {
        Ok(WholeNumber(number))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<WholeNumber, E> {
        let unexpected = Unexpected::Signed(number);
        let number = u64::try_from(number).map_err(|_| E::invalid_value(unexpected, &self))?;
        Ok(WholeNumber(number))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<WholeNumber, E> {
        match exact(number) {
            Some(whole) => Ok(WholeNumber(whole)),
            None => Err(E::invalid_type(Unexpected::Float(number), &self)),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<WholeNumber, E> {
        let error = E::invalid_type(Unexpected::Str(text), &self);
        match text.replace('_', "").parse::<u64>() {
            Ok(number) => Err(E::custom(format!("{error}; write {number}"))),
            Err(_) => Err(error),
        }
    }
}

/// A float as a whole number, if it is exactly one.
pub fn exact(number: f64) -> Option<u64> {
    let is_whole = number.fract() == 0.0 && (0.0..=LARGEST_EXACT).contains(&number);
    is_whole.then_some(number as u64)
}
