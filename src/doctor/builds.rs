//! The builds: what would be sent of them.

use indicatif::HumanBytes;

use crate::{context::ContextError, outcome::chain, plan::Build};

use super::{Fault, Finding};

/// What is sent of a build's context, or why it cannot be.
pub type Context = Result<Size, ContextError>;

/// How much is sent, before it is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Size {
    /// Files and directories.
    pub entries: u64,
    /// Bytes of its files.
    pub bytes: u64,
}

/// What there is to say of each build and its context; `label` shows a path to the user.
#[must_use]
pub fn builds<'a>(
    builds: impl IntoIterator<Item = (&'a Build, &'a Context)>,
    label: impl Fn(&std::path::Path) -> String,
) -> Vec<Finding> {
    let of = |(build, context): (&Build, &Context)| {
        let finding = match context {
            Ok(Size { entries, bytes }) => {
                let noun = if *entries == 1 { "entry" } else { "entries" };
                Finding::ok(
                    "context",
                    format!(
                        "{}, {entries} {noun}, {}; {}",
                        label(&build.context),
                        HumanBytes(*bytes),
                        build.dockerfile_label
                    ),
                )
            }
            Err(error) => Finding::failed("context", Fault::Input, chain(error))
                .hint(error.hint().unwrap_or_default()),
        };
        finding.of(&*build.name)
    };
    builds.into_iter().map(of).collect()
}
