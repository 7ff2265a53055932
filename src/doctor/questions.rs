//! What registries are to be asked about a plan: where it pushes and what it pulls.

use std::collections::BTreeSet;

use crate::{
    plan::{Build, ExecutorKind, Plan},
    registry::Reference,
};

use super::listed;

/// What is to be done to an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// It is pushed, as any tag of its repository.
    Push,
    /// It is pulled.
    Pull,
}

/// One question to one registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What about.
    pub deed: Deed,
    /// Of which image.
    pub reference: Reference,
    /// What it stands for: itself, or what it is a mirror of.
    pub original: Reference,
    /// The first build that wants it, by its place in the plan: it is asked as that one would.
    pub build: usize,
    /// What it is to whom, each once: `a destination of`, and a build in words.
    uses: Vec<(String, String)>,
}

impl Question {
    /// `` a destination of `api` and `web`; the cache of `api` ``.
    #[must_use]
    pub fn why(&self) -> String {
        let mut roles: Vec<&str> = Vec::new();
        for (role, _) in &self.uses {
            if !roles.contains(&role.as_str()) {
                roles.push(role);
            }
        }
        let of = |role: &&str| {
            let users = self.uses.iter().filter(|(other, _)| other == role);
            format!("{role} {}", listed(users.map(|(_, build)| build.clone())))
        };
        roles.iter().map(of).collect::<Vec<_>>().join("; ")
    }

    /// The same question, whoever asks.
    fn is(&self, deed: Deed, reference: &Reference) -> bool {
        let same = |other: &Reference| {
            other.host() == reference.host() && other.repository() == reference.repository()
        };
        self.deed == deed
            && match deed {
                Deed::Push => same(&self.reference),
                Deed::Pull => self.reference == *reference,
            }
    }
}

/// All questions that `plan` gives rise to, in the order of its builds.
///
/// What a build of the plan pushes is not looked for: it is not there yet.
#[must_use]
pub fn questions(plan: &Plan) -> Vec<Question> {
    let made: BTreeSet<String> = plan
        .builds
        .iter()
        .filter(|build| build.push)
        .flat_map(|build| build.destinations.iter().map(ToString::to_string))
        .collect();
    let mut all = Questions(Vec::new());
    for (index, build) in plan.builds.iter().enumerate() {
        let name = format!("`{}`", build.name);
        let mut ask = |deed, reference: &Reference, original: &Reference, role| {
            all.add(deed, reference, original, index, role);
        };
        for destination in build.destinations.iter().filter(|_| build.push) {
            ask(
                Deed::Push,
                destination,
                destination,
                ("a destination of".to_owned(), name.clone()),
            );
        }
        if let Some(cache) = cache(build) {
            ask(Deed::Push, &cache, &cache, ("the cache of".to_owned(), name.clone()));
        }
        for base in &build.bases {
            // What an argument that is not known yet names is no reference either.
            let Ok(reference) = Reference::parse(&base.reference) else { continue };
            if made.contains(&reference.to_string()) {
                continue;
            }
            let user = format!("{name} ({}:{})", build.dockerfile_label, base.line);
            let declared = plan.registries.iter().find(|one| one.is_at(reference.host()));
            // The plan has read them once: they are mirrors.
            let mirrors = declared.and_then(|one| one.mirrors().ok()).unwrap_or_default();
            for there in mirrors.iter().filter_map(|mirror| mirror.of(&reference)) {
                let role = format!("a mirror of `{reference}`, taken by");
                ask(Deed::Pull, &there, &reference, (role, user.clone()));
            }
            if mirrors.is_empty() || declared.is_none_or(|one| one.mirror_fallback) {
                ask(Deed::Pull, &reference, &reference, ("taken by".to_owned(), user));
            }
        }
    }
    all.0
}

struct Questions(Vec<Question>);

impl Questions {
    fn add(
        &mut self,
        deed: Deed,
        reference: &Reference,
        original: &Reference,
        build: usize,
        user: (String, String),
    ) {
        match self.0.iter_mut().find(|known| known.is(deed, reference)) {
            Some(known) if known.uses.contains(&user) => {}
            Some(known) => known.uses.push(user),
            None => {
                let (reference, original) = (reference.clone(), original.clone());
                self.0.push(Question { deed, reference, original, build, uses: vec![user] });
            }
        }
    }
}

/// The repository that a build's cached layers are pushed to.
///
/// Source: Kaniko's pkg/cache/cache.go, `Destination`, and pkg/executor/push.go, for which
/// `--no-push` alone does not keep the cache back.
fn cache(build: &Build) -> Option<Reference> {
    let has = |flag: &str| build.flags.iter().any(|given| given == flag);
    if build.executor.kind == ExecutorKind::Builtin
        || !has("--cache=true")
        || has("--no-push-cache=true")
    {
        return None;
    }
    let repository = build.flags.iter().find_map(|flag| flag.strip_prefix("--cache-repo="));
    if let Some(text) = repository {
        return Reference::parse(text).ok();
    }
    let first = build.destinations.first()?;
    Reference::parse(&format!("{}/{}/cache", first.host(), first.repository())).ok()
}
