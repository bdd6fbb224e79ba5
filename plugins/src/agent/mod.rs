mod ddpg;
mod dqn;
mod experience;
mod formulas;
mod ppo;
mod sac;
mod td3;

use spikebench::api::{ActionSpace, ComponentError, ParameterError, Spec};

use formulas::{least, squash, worth};

/// The bound of an action space that is symmetric and the same in every dimension.
fn symmetric_bound(agent: &str, spec: &Spec) -> Result<f64, ComponentError> {
    match &spec.action {
        ActionSpace::Discrete(_) => Err(ComponentError::new(format!(
            "{agent} needs a continuous action space, this one is discrete"
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

/// The sizes of a perceptron with these hidden layers.
fn sizes(inputs: i64, hidden: &[u32], outputs: i64) -> Vec<i64> {
    let hidden = hidden.iter().map(|&size| i64::from(size));
    [inputs]
        .into_iter()
        .chain(hidden)
        .chain([outputs])
        .collect()
}

/// The diagnostics of which there is anything to tell.
fn known<const N: usize>(
    numbers: [(&'static str, Option<Vec<f64>>); N],
) -> Vec<(&'static str, Vec<f64>)> {
    let known = numbers.into_iter();
    known
        .filter_map(|(name, numbers)| Some((name, numbers?)))
        .collect()
}

/// Refuses hidden layers without neurons.
fn check_hidden(field: &str, hidden: &[u32]) -> Result<(), ParameterError> {
    hidden.iter().enumerate().try_for_each(|(index, &size)| {
        ParameterError::unless_at_least(&format!("{field}[{index}]"), size.into(), 1)
    })
}

/// Refuses a negative number.
fn check_not_negative(field: &str, value: f64) -> Result<(), ParameterError> {
    ParameterError::unless(value >= 0.0, field, value, "must not be negative")
}
