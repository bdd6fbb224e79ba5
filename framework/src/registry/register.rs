//! The macro by which the file of a component registers it.

/// Registers a component under a name, in the file of its type:
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use spikebench::api::{Real, Surrogate};
///
/// #[derive(Debug, Default, Serialize, Deserialize)]
/// #[serde(deny_unknown_fields, default)]
/// struct StraightThrough {}
///
/// impl Surrogate for StraightThrough {
///     fn derivative<R: Real>(&self, _: R) -> R {
///         R::from(1.0)
///     }
/// }
/// spikebench::register! {
///     /// One everywhere.
///     surrogate "straight-through" => StraightThrough
/// }
/// # fn main() {}
/// ```
///
/// The kinds are `surrogate`, `neuron`, `encoder`, `decoder`, `actor`, `agent` and `environment`. `spikebench list` shows the
/// comment.
///
/// Aliases follow the name, as in `"atan" | "arctan"`. Case does not matter in names, and `_` is the same as `-`.
///
/// A preset follows the type, as in `"T-in" => Trapezoidal { "outer": 0.5 }`: parameters that differ under this name from the
/// defaults of the type. One type may thus be registered under several names. If the preset of an actor has a component, such
/// as its neuron, and a suite gives the same component with parameters, the suite's parameters override those of the preset
/// one by one.
///
/// `; cites "…"` at the end names the papers that describe the component, each as `What: Authors. Title. Where, year.`, where an
/// author is `F. Name`. A report of runs with the component cites them.
#[macro_export]
macro_rules! register {
    ($(#[doc = $summary:literal])+ $kind:ident $name:literal $(| $alias:literal)* => $type:ty $({ $($preset:tt)* })? $(; cites $($paper:literal),+)?) => {
        $crate::known_kind!($kind);
        const _: () = {
            // For those who look at a library without loading it.
            const LISTING: &str = concat!(stringify!($kind), "\t", $name, "\t", $($summary,)+ "\0");
            #[used]
            #[unsafe(link_section = ".spikebench.components")]
            static LISTED: [u8; LISTING.len()] = $crate::api::bytes(LISTING);

            #[$crate::linkme::distributed_slice($crate::api::REGISTRATIONS)]
            #[linkme(crate = $crate::linkme)]
            static REGISTRATION: $crate::api::Registration = $crate::api::Registration {
                name: $name,
                aliases: &[$($alias),*],
                summary: concat!($($summary),+),
                preset: concat!("{", $(stringify!($($preset)*),)? "}"),
                cites: &[$($($paper),+)?],
                factory: $crate::api::Factory::$kind::<$type>(),
                origin: (env!("CARGO_PKG_NAME"), file!(), line!()),
                listing: &LISTED,
            };
        };
    };
    ($kind:ident $name:literal $($rest:tt)*) => {
        compile_error!(
            "describe the component in a comment `/// …` above its kind; `spikebench list` shows it"
        );
    };
}

/// Refuses what is not a kind of component.
#[doc(hidden)]
#[macro_export]
macro_rules! known_kind {
    (surrogate) => {};
    (neuron) => {};
    (encoder) => {};
    (decoder) => {};
    (actor) => {};
    (agent) => {};
    (environment) => {};
    ($other:ident) => {
        compile_error!(concat!(
            "`",
            stringify!($other),
            "` is not a kind of component; the kinds are surrogate, neuron, encoder, decoder, actor, agent and environment"
        ));
    };
}
