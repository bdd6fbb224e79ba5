//! `spikebench check`: holds components to what their kind promises.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe, catch_unwind};

use clap::Args;

use crate::api::Kind;
use crate::cli::exit;
use crate::cli::failure::Failure;
use crate::cli::output::show;
use crate::network::conformance::promises;
use crate::registry::Registry;

#[derive(Debug, Args)]
pub struct Arguments {
    /// The name of the components [default: all of the plugins, or without plugins all that are known]
    name: Option<String>,
}

pub fn run(arguments: &Arguments, registry: &Registry) -> Result<u8, Failure> {
    let has_plugins = !registry.plugins().is_empty();
    let is_meant = |kind: Kind, name: &str| match &arguments.name {
        Some(wanted) => wanted == name,
        None => !has_plugins || registry.is_loaded(kind, name),
    };
    let known = Kind::ALL.into_iter().flat_map(|kind| {
        let names = registry.of(kind).map(|entry| entry.name);
        names.map(move |name| (kind, name))
    });
    let meant: Vec<(Kind, &str)> = known.filter(|(kind, name)| is_meant(*kind, name)).collect();
    if meant.is_empty() {
        let name = arguments.name.as_deref().unwrap_or_default();
        let near = Kind::ALL
            .into_iter()
            .find_map(|kind| registry.nearest(kind, name));
        let near = near.map_or_else(String::new, |near| format!(" (did you mean {near}?)"));
        let message = format!(
            "no component is called \"{name}\"{near}; `spikebench list` shows them all, and `--plugin FILE` adds those of a library"
        );
        return Err(Failure::new(exit::USAGE, message));
    }
    let mut broken = 0;
    for (kind, name) in &meant {
        show(&format!("{kind} {name}\n"))?;
        broken += check(registry, *kind, name)?;
    }
    let count = meant.len();
    let components = match count {
        1 => "component",
        _ => "components",
    };
    match broken {
        0 if count == 1 => show("\n1 component conforms\n"),
        0 => show(&format!("\n{count} {components} conform\n")),
        some => {
            show(&format!(
                "\n{some} promises are broken by {count} {components}\n"
            ))?;
            Ok(exit::BAD_DATA)
        }
    }
}

/// Tests a component, prints how it does, and gives the number of promises that it breaks.
fn check(registry: &Registry, kind: Kind, name: &str) -> Result<u64, Failure> {
    let promises = match quietly(|| promises(registry, kind, name)) {
        Ok(promises) => promises,
        Err(message) => {
            show(&format!("  broken  {message}\n"))?;
            return Ok(1);
        }
    };
    let mut broken = 0;
    for promise in promises {
        match quietly(promise.test) {
            Ok(()) => show(&format!("  kept    {}\n", promise.words))?,
            Err(message) => {
                broken += 1;
                show(&format!(
                    "  broken  {}\n          {message}\n",
                    promise.words
                ))?
            }
        };
    }
    Ok(broken)
}

/// Does something that panics when it fails, and gives the message of the panic, which is not printed besides.
fn quietly<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let done = catch_unwind(AssertUnwindSafe(work));
    panic::set_hook(hook);
    done.map_err(|panic| message(&*panic))
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("it panicked without a message")
        .to_owned()
}
