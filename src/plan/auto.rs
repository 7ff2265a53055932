//! `auto`: where a build runs when nothing says where.

use std::sync::Arc;

use crate::{
    builtin::Unsupported,
    config::{Data, Mistake, Section},
};

use super::{
    Executor,
    dockerfile::Read,
    executor::{Executors, kaniko_service},
    reader::Reader,
};

/// The name that asks for the choice; a declared executor of that name comes first.
const AUTO: &str = "auto";

/// Where a build runs, and why, where it was not said.
pub(super) struct Chosen {
    pub(super) executor: Arc<Executor>,
    pub(super) why: Option<String>,
}

impl Executors<'_> {
    /// The executor of a build: the one it names, else the only one that is declared, else
    /// what can build it here.
    ///
    /// Without a Dockerfile, of which was told, no choice can be made.
    pub(super) fn of(
        &mut self,
        section: &Section,
        keys: &mut Reader<'_>,
        read: Option<&Read>,
        unsupported: &[Unsupported],
    ) -> Option<Chosen> {
        let named = match keys.node("executor") {
            Some(node) => Some(keys.text_of("executor", node)?),
            None => None,
        };
        let declared: Vec<_> = self.config.executors.iter().map(|one| one.name.as_str()).collect();
        let named = match named {
            Some(name) if name != AUTO || declared.contains(&AUTO) => Some(name),
            Some(_) => None,
            None if declared.is_empty() => None,
            None if declared.len() == 1 => Some(declared[0].to_owned()),
            None => {
                let message = format!("build `{}` has no `executor`", section.name);
                let hint = format!(
                    "several are declared: write `executor` as one of {}",
                    declared.join(", ")
                );
                let mistake = Mistake::at(&section.key, message, "built where?");
                self.mistakes.push(mistake.hint(hint).may_follow());
                return None;
            }
        };
        if let Some(name) = named {
            if let Some(warning) = self.of_that_type(&name, keys) {
                keys.warnings.push(warning);
            }
            let executor = self.get(&name, keys.place("executor"))?;
            return Some(Chosen { executor, why: None });
        }
        let read = read?;
        let machine = (self.facts.machine)();
        let service = kaniko_service(self.facts);
        let (name, why) = if machine.kaniko {
            ("local", "this container has `/kaniko/executor`".to_owned())
        } else if let Some(app) = service {
            ("cloudfoundry", format!("this job has the Kaniko service `{app}`"))
        } else if unsupported.is_empty() {
            ("builtin", "its Dockerfile needs no executor".to_owned())
        } else if let Some(engine) = machine.engine {
            (
                engine.name(),
                format!("{}, and {} answers here", needs(read, unsupported), engine.name()),
            )
        } else {
            let message =
                format!("nothing here can build `{}`: {}", section.name, needs(read, unsupported));
            let mistake = Mistake::at(&section.key, message, "built where?");
            let hint = "start docker, or install podman; or run inside of Kaniko's debug image; or \
                        declare where Kaniko runs as `[executors.NAME]`";
            self.mistakes.push(mistake.hint(hint).may_follow());
            return None;
        };
        let executor = self.get(name, None)?;
        Some(Chosen { executor, why: Some(why) })
    }

    /// A warning where a type is named that stands for itself, and one of that type is declared,
    /// whose settings do not count then.
    fn of_that_type(&self, name: &str, keys: &Reader<'_>) -> Option<Mistake> {
        let declared = &self.config.executors;
        if declared.iter().any(|one| one.name == name) {
            return None;
        }
        let is_of_the_type = |one: &&Section| matches!(one.table.get("type").map(|node| &node.data), Some(Data::Text(kind)) if kind == name);
        let same = declared.iter().find(is_of_the_type)?;
        let message = format!("`{name}` is used without what `[executors.{}]` says", same.name);
        let hint = format!("write `executor = \"{}\"`", same.name);
        Some(Mistake::at(keys.place("executor")?, message, "the type itself").hint(hint))
    }
}

/// What needs more than copying files.
fn needs(read: &Read, unsupported: &[Unsupported]) -> String {
    match unsupported.first() {
        Some(first) => format!("{} ({}:{})", first.what, read.label, first.line),
        None => "it needs an executor".to_owned(),
    }
}
