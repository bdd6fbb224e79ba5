//! Rules for the settings of agents and for the tasks that they accept.

use spikebench::api::{ActionSpace, ComponentError, ParameterError, Spec};

/// The most transitions in a batch.
pub const LARGEST_BATCH: u64 = 1 << 20;

/// The bound of an action space whose bounds are symmetric and the same in every dimension.
pub fn symmetric_bound(agent: &str, spec: &Spec) -> Result<f64, ComponentError> {
    match &spec.action {
        ActionSpace::Discrete(_) => Err(ComponentError::new(format!(
            "{agent} needs a continuous action space, but this one is discrete"
        ))),
        ActionSpace::Box(bounds) => {
            let (low, high) = bounds[0];
            if bounds.iter().any(|&other| other != (low, high)) || low != -high {
                return Err(ComponentError::new(format!(
                    "{agent} needs action bounds that are symmetric and the same in every dimension"
                )));
            }
            Ok(high.into())
        }
    }
}

/// Rejects a negative number.
pub fn check_not_negative(field: &str, value: f64) -> Result<(), ParameterError> {
    ParameterError::unless(value >= 0.0, field, value, "must not be negative")
}
