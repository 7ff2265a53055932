//! A plan, shown: for people, for programs, and as a script. Nothing secret is in a plan.

mod diff;
mod executor;
mod explain;
mod graph;
mod json;
mod sent;
mod shell;
mod text;

pub use diff::diff;
pub use explain::{json as explained_json, text as explained_text};
pub use graph::{dot, mermaid, text as graph};
pub use json::json;
pub use shell::{shell, without_secrets};
pub use text::text;

use crate::{
    config::Config,
    context::Dockerfile,
    plan::{Build, Plan},
    registry::credentials::Located,
};

/// What a plan is shown with beside itself.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// Where each registry's credentials would come from.
    pub located: &'a [Located],
    /// What the plan was made from.
    pub config: &'a Config,
}

impl Shown<'_> {
    fn origin(&self, build: &Build, key: &str) -> Option<String> {
        build.origin(key).map(|place| self.plan.sources.show(place))
    }

    /// Where the credentials for `host` would come from, in words.
    fn credentials(&self, host: &str) -> String {
        let located = self.located.iter().find(|located| located.host == host);
        located.map_or_else(|| "anonymous".to_owned(), Located::described)
    }
}

fn dockerfile(build: &Build) -> String {
    match &build.dockerfile {
        Dockerfile::Inside(path) => path.display().to_string(),
        Dockerfile::Outside(path) => format!("{} (beside the context)", path.display()),
    }
}
