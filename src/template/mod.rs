//! Every string of the configuration is a template: this makes values of them.
//!
//! Pure: what templates may name is passed in as [`Names`], and neither the environment nor a
//! file is touched but through it. The home of minijinja; no word of it reaches a message.
//!
//! # API
//!
//! - [`Engine::new`] takes the [`Names`] of one build (or of none, for what belongs to no
//!   build). Names are shared behind `Arc`s, so an engine a build costs little.
//! - [`Engine::check`] finds all mistakes of structure without needing values: syntax, unknown
//!   names, fields, filters, tests, functions and builds, late values that are not just printed.
//! - [`Engine::text`] renders to [`Rendered`]: literals and late values in their order.
//! - [`Engine::value`] keeps the type of a string that is only one `{{ … }}`.
//! - [`Engine::condition`] is [`Engine::value`] where yes or no is wanted: a name without a
//!   value is no.
//! - [`Engine::uses`] tells statically which builds, variables and vars a template names.
//!
//! ```
//! use std::sync::Arc;
//!
//! use kaniko_build::template::{Engine, Names};
//!
//! let mut names = Names::default();
//! names.env = Arc::new([("REGISTRY".to_owned(), "harbor.example.com".to_owned())].into());
//! let engine = Engine::new(names);
//!
//! let image = engine.text("{{ env.REGISTRY }}/shop").unwrap();
//! assert_eq!(image.as_literal(), Some("harbor.example.com/shop"));
//!
//! let error = engine.text("{{ env.REGISTYR }}/shop").unwrap_err();
//! assert_eq!(error.message, "`env.REGISTYR` is not set");
//! assert_eq!(error.range, 3..15);
//! assert_eq!(error.hint.as_deref(), Some("did you mean `env.REGISTRY`?"));
//! ```
//!
//! # Strictness
//!
//! A name that does not exist is an error wherever it stands, also where it would not be
//! reached. A name that exists and has no value now (`ci.tag` on a branch, `env.X` that is not
//! set or empty) is false in tests and comparisons, gives way in `or` and `default`, and is an
//! error where it is printed or filtered otherwise.
//!
//! # What is left out
//!
//! Of the statements there are `if`, `for` (two deep, not recursive), `set NAME = …`, `with`
//! and `raw`: no macros, so that each template ends.

mod attempt;
mod bounds;
mod convert;
mod dashes;
mod engine;
mod error;
mod filters;
mod flag;
mod foreign;
mod growth;
mod lookup;
mod meant;
mod names;
mod nearest;
mod operation;
mod pep440;
mod plain;
mod references;
mod rendered;
mod roots;
mod scan;
mod semver;
mod structure;
mod unprintable;
mod vars;

#[cfg(test)]
mod tests;

pub(crate) use bounds::{DEEPEST_VARS, TOO_DEEP};
pub use engine::Engine;
pub use error::TemplateError;
pub use names::{BuildNames, FileReader, Names, Value, Var};
pub use references::Uses;
pub use rendered::{LateValue, Part, Rendered};
pub(crate) use structure::is_text;
pub(crate) use vars::vars_in;
