//! Two components with the same name.

use serde::{Deserialize, Serialize};
use spikebench::api::{Real, Surrogate};
use spikebench::registry::Registry;
use spikebench_plugins as _;

#[derive(Debug, Default, Serialize, Deserialize)]
struct Other {}

impl Surrogate for Other {
    fn derivative<R: Real>(&self, u: R) -> R {
        u
    }
}

spikebench::register! {
    /// Has the name of a built-in surrogate.
    surrogate "rectangular" => Other
}

#[test]
fn a_name_that_is_taken_is_an_error_with_both_places() {
    let message = Registry::linked().unwrap_err().to_string();
    assert!(
        message.starts_with("two surrogates are called rectangular: one from "),
        "{message}"
    );
    assert!(
        message.contains("tests/duplicates.rs:") && message.contains("rectangular.rs:"),
        "{message}"
    );
}
