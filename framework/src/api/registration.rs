//! The registration of components.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{
    ActorSettings, AgentSettings, AnyNeuron, AnySurrogate, Component, Decoder, Encoder,
    EnvironmentSettings, Firing, Kind, NeuronModel, ParameterError, Scaling, Surrogate,
};

/// An entry of the registry, made by [`register!`](crate::register).
#[derive(Debug)]
pub struct Registration {
    /// The name of the component in suites.
    pub name: &'static str,
    /// Other names of the component.
    pub aliases: &'static [&'static str],
    /// A description in one line.
    pub summary: &'static str,
    /// The defaults of parameters under this name, as a JSON map. Parameters that are not in it have the defaults of their
    /// type.
    pub preset: &'static str,
    /// The papers that describe it, each as `What: Authors. Title. Where, year.`
    pub cites: &'static [&'static str],
    /// Makes the component from its parameters.
    pub factory: Factory,
    /// The place of the registration: package, file, line.
    pub origin: (&'static str, &'static str, u32),
    /// Kind, name and description in a section of the file, which is read without loading it.
    pub listing: &'static [u8],
}

/// The bytes of a text of `N` bytes.
pub const fn bytes<const N: usize>(text: &str) -> [u8; N] {
    match text.as_bytes().first_chunk() {
        Some(bytes) => *bytes,
        None => panic!("the text is shorter"),
    }
}

/// Every registration that is linked into this program. The linker lays them side by side, so nothing has to run before they are
/// there.
#[linkme::distributed_slice]
pub static REGISTRATIONS: [Registration];

/// Completes and checks a component that another one holds as the parameter of this name.
pub type Nested<'a> = &'a mut dyn FnMut(&str, Kind, &mut Component) -> Result<(), ParameterError>;

/// A component, and its parameters as JSON with all defaults filled in.
pub type Made<T> = Result<(T, String), ParameterError>;

/// Makes a component of one kind from its parameters. Parameters are passed as JSON text, so that a component may live in
/// another library.
#[derive(Debug, Clone, Copy)]
pub enum Factory {
    /// Makes a surrogate.
    Surrogate(fn(&str) -> Made<Arc<dyn AnySurrogate>>),
    /// Makes a neuron model.
    Neuron(fn(&str) -> Made<Arc<dyn AnyNeuron>>),
    /// Makes an encoder.
    Encoder(fn(&str) -> Made<Box<dyn Encoder>>),
    /// Makes a decoder.
    Decoder(fn(&str) -> Made<Box<dyn Decoder>>),
    /// Makes the settings of an actor.
    Actor(fn(&str, Nested<'_>) -> Made<Box<dyn ActorSettings>>),
    /// Makes the settings of an agent.
    Agent(fn(&str) -> Made<Box<dyn AgentSettings>>),
    /// Makes the settings of an environment.
    Environment(fn(&str) -> Made<Box<dyn EnvironmentSettings>>),
}

/// Parameters that have defaults, and can be read from JSON and written back. Every type that `serde` can do this with
/// implements it.
pub trait Parameters: Default + Serialize + DeserializeOwned + 'static {}
impl<T: Default + Serialize + DeserializeOwned + 'static> Parameters for T {}

impl Factory {
    /// The kind of component that is made.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Surrogate(_) => Kind::Surrogate,
            Self::Neuron(_) => Kind::Neuron,
            Self::Encoder(_) => Kind::Encoder,
            Self::Decoder(_) => Kind::Decoder,
            Self::Actor(_) => Kind::Actor,
            Self::Agent(_) => Kind::Agent,
            Self::Environment(_) => Kind::Environment,
        }
    }

    /// The factory of a surrogate.
    pub const fn surrogate<T: Surrogate + Parameters>() -> Self {
        Self::Surrogate(|text| {
            let (options, own) = Scaling::split(read(text)?);
            let scaling: Scaling = read(&options.to_string())?;
            let made = make(&own.to_string(), T::check);
            let (made, complete) = made.map_err(|error| error.mentioning(&Scaling::KEYS))?;
            let complete = join(&complete, &write(&scaling)?)?;
            Ok((scaling.apply(made)?, complete))
        })
    }

    /// The factory of a neuron model.
    pub const fn neuron<T: NeuronModel + Parameters>() -> Self {
        Self::Neuron(|text| {
            let (given, own) = Firing::split(read(text)?);
            let own = parameters::<T>(&own.to_string()).map_err(|error| {
                let mut default = T::default();
                let keys = default.firing().map(|firing| firing.keys());
                error.mentioning(keys.unwrap_or_default())
            });
            let mut made = own?;
            if made.firing().is_none() {
                made = parameters(text)?;
            }
            let mut complete = write(&made)?;
            if let Some(firing) = made.firing() {
                firing.take(read(&Value::Object(given).to_string())?)?;
                complete = join(&complete, &write(&firing.written())?)?;
            }
            made.check()?;
            Ok((Arc::new(made), complete))
        })
    }

    /// The factory of an encoder.
    pub const fn encoder<T: Encoder + Parameters>() -> Self {
        Self::Encoder(|text| {
            let (made, complete) = make(text, T::check)?;
            Ok((Box::new(made), complete))
        })
    }

    /// The factory of a decoder.
    pub const fn decoder<T: Decoder + Parameters>() -> Self {
        Self::Decoder(|text| {
            let (made, complete) = make(text, T::check)?;
            Ok((Box::new(made), complete))
        })
    }

    /// The factory of an actor.
    pub const fn actor<T: ActorSettings + Parameters>() -> Self {
        Self::Actor(|text, nested| {
            let mut made: T = parameters(text)?;
            made.check()?;
            for (field, kind, component) in made.components() {
                nested(field, kind, component).map_err(|error| error.below(field))?;
            }
            let complete = write(&made)?;
            Ok((Box::new(made), complete))
        })
    }

    /// The factory of an agent.
    pub const fn agent<T: AgentSettings + Parameters>() -> Self {
        Self::Agent(|text| {
            let (made, complete) = make(text, T::check)?;
            Ok((Box::new(made), complete))
        })
    }

    /// The factory of an environment.
    pub const fn environment<T: EnvironmentSettings + Parameters>() -> Self {
        Self::Environment(|text| {
            let (made, complete) = make(text, T::check)?;
            Ok((Box::new(made), complete))
        })
    }
}

fn make<T: Parameters>(text: &str, check: fn(&T) -> Result<(), ParameterError>) -> Made<T> {
    let made = parameters(text)?;
    check(&made)?;
    let complete = write(&made)?;
    Ok((made, complete))
}

/// Reads the parameters of a component. Those that are not given have their defaults, and those that it does not know are
/// refused, whether or not the author has told `serde` so: a misspelt parameter would otherwise train with its default.
fn parameters<T: Parameters>(text: &str) -> Result<T, ParameterError> {
    match strictly(text) {
        Err(error) if error.message.starts_with("missing field") => {
            let mut all: Map<String, Value> = read(&write(&T::default())?)?;
            all.append(&mut read(text)?);
            strictly(&Value::Object(all).to_string())
        }
        made => made,
    }
}

fn strictly<T: Parameters>(text: &str) -> Result<T, ParameterError> {
    let mut unknown = None;
    let mut json = serde_json::Deserializer::from_str(text);
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(&mut json, &mut track);
    let made = serde_ignored::deserialize(tracked, |path| {
        unknown.get_or_insert_with(|| path.to_string());
    });
    let made = made.map_err(|error: serde_json::Error| {
        let path = track.path().to_string();
        ParameterError::of_type(if path == "." { "" } else { &path }, &error.to_string())
    })?;
    match unknown {
        None => Ok(made),
        Some(name) => Err(unknown_field(&name, &made)),
    }
}

/// The error of `serde` for an unknown field.
fn unknown_field<T: Parameters>(name: &str, made: &T) -> ParameterError {
    let known: Map<String, Value> = write(made).and_then(|text| read(&text)).unwrap_or_default();
    let known: Vec<String> = known.keys().map(|key| format!("`{key}`")).collect();
    let expected = match known.as_slice() {
        [] => "there are no fields".to_owned(),
        [one] => format!("expected {one}"),
        some => format!("expected one of {}", some.join(", ")),
    };
    ParameterError {
        field: name.to_owned(),
        message: format!("unknown field `{name}`, {expected}"),
    }
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, ParameterError> {
    let mut json = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let field = error.path().to_string();
        ParameterError::of_type(
            if field == "." { "" } else { &field },
            &error.inner().to_string(),
        )
    })
}

/// Merges two JSON maps.
fn join(one: &str, other: &str) -> Result<String, ParameterError> {
    let mut both: Map<String, Value> = read(one)?;
    both.append(&mut read(other)?);
    write(&both)
}

fn write<T: Serialize>(made: &T) -> Result<String, ParameterError> {
    serde_json::to_string(made).map_err(|error| ParameterError {
        field: String::new(),
        message: format!("cannot be written back: {error}"),
    })
}
