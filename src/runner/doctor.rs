//! A look at all that a run would need: nothing is built, sent or pushed.
//!
//! Executors are asked how they are, and registries whether they would let us do what the plan
//! wants to; both side by side, and told in the order of the plan.

use std::{collections::BTreeMap, path::Path, time::Duration};

use futures_util::{
    StreamExt,
    stream::{self, FuturesOrdered},
};
use tokio::time::Instant;

use crate::{
    context::{self, ContextError, Listing, walk::Kind},
    doctor::{
        self, About, Answer, Context, Deed, Finding, Look, Question, Size, State, Topic, named,
    },
    oci::{Network, OciError, Registries},
    outcome::chain,
    plan::{Build, ExecutorKind},
    threads, transport,
};

use super::{
    Run, attempt,
    prepared::Tried,
    reach::Reach,
    registries::{ReachError, Reached},
    slim::certainly_there,
};

/// Contexts that are looked at at a time.
const CONTEXTS: usize = 8;

/// How long one registry may take for all its answers.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long an answer that is on its way may take once the run is to end: an upload that was
/// begun is called off.
const PARTING: Duration = Duration::from_secs(3);

/// Questions to one registry at a time.
const AT_ONCE: usize = 8;

/// A question, by its number, and the registries as whoever asks it reaches them.
type Asked = (usize, Result<Registries, ReachError>);

impl Run<'_> {
    /// Looks at everything and tells each topic as soon as it and those before it are known.
    ///
    /// `label` shows a path to the user. Ends early where the run is to end; then not all is told.
    pub async fn examine(
        &self,
        tried: &Tried,
        label: impl Fn(&Path) -> String,
        mut tell: impl FnMut(Topic),
    ) {
        let contexts = self.contexts().await;
        let mut findings = doctor::builds(self.plan.builds.iter().zip(&contexts), &label);
        findings.extend(tried.builds.iter().cloned());
        let file = self.plan.file.as_deref();
        let name = file.map_or_else(|| "the command line".to_owned(), &label);
        tell(Topic { about: About::Builds, name, kind: None, findings });

        let reach = Reach::new(self);
        let mut executors: FuturesOrdered<_> = self
            .looks(&contexts)
            .into_iter()
            .map(|look| self.executor(look, tried, &reach))
            .collect();
        let told = async {
            while let Some(topic) = executors.next().await {
                tell(topic);
            }
        };
        let (answers, ()) = tokio::join!(self.unless_cancelled(self.answers(tried)), told);
        drop(executors);
        if *self.hands.cancelled.borrow() {
            reach.abandon();
        } else {
            reach.close().await;
        }
        if let Some(answers) = answers {
            doctor::registries(self.plan, &tried.logins, &answers).into_iter().for_each(tell);
        }
    }

    /// Lets what is under way have a moment where the run is to end.
    async fn unless_cancelled<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut cancelled = self.hands.cancelled.clone();
        let over = async {
            if cancelled.wait_for(|cancelled| *cancelled).await.is_err() {
                // Nobody is left who could cancel.
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(PARTING).await;
        };
        tokio::select! {
            done = work => Some(done),
            () = over => None,
        }
    }

    /// How much each build sends, unless a base image takes more.
    async fn contexts(&self) -> Vec<Context> {
        let specs = self.plan.builds.iter().map(|build| {
            let spec = attempt::spec(build, build.slim.extent());
            (certainly_there(build), spec)
        });
        let listed = stream::iter(specs).map(async |(there, spec)| {
            let listed = threads::start(move || there.and_then(|()| size(&spec))).await;
            listed.map_err(ContextError::Threads)?
        });
        listed.buffered(CONTEXTS).collect().await
    }

    /// The executors of the plan, in the order of its builds.
    fn looks(&self, contexts: &[Context]) -> Vec<Look<'_>> {
        let mut looks: Vec<Look<'_>> = Vec::new();
        for (build, context) in self.plan.builds.iter().zip(contexts) {
            let known = looks.iter().position(|look| look.executor.name == build.executor.name);
            let at = known.unwrap_or_else(|| {
                let (executor, builds) = (&*build.executor, Vec::new());
                looks.push(Look { executor, builds, largest: None });
                looks.len() - 1
            });
            let look = &mut looks[at];
            look.builds.push(build);
            let bytes = context.as_ref().map_or(0, |size| size.bytes);
            if look.largest.is_none_or(|(_, most)| bytes > most) {
                look.largest = Some((&build.name, bytes));
            }
        }
        looks
    }

    async fn executor(&self, look: Look<'_>, tried: &Tried, reach: &Reach) -> Topic {
        let executor = look.executor;
        let mut findings = chosen(&look.builds);
        let secrets = tried.executors.get(&executor.name).map_or(&[][..], Vec::as_slice);
        findings.extend(secrets.iter().cloned());
        let (about, name, kind) = (About::Executor, executor.name.clone(), executor.kind.name());
        // Without it there is nobody to ask as, and that was told.
        let is_of_login =
            |secret: &Finding| matches!(secret.of.as_deref(), Some("username" | "password"));
        if secrets.iter().any(|it| is_of_login(it) && it.state != State::Ok) {
            return Topic { about, name, kind: Some(kind), findings };
        }
        let first = look.builds.first().expect("a build has named it");
        let seats = match &executor.kind {
            ExecutorKind::CloudFoundry(app) => app.instances,
            _ => 1,
        };
        let probes = (0..seats).map(|seat| reach.probe(self, first, seat));
        let probes = futures_util::future::join_all(probes).await;
        for (seat, mut probed) in probes.into_iter().enumerate() {
            if executor.kind == ExecutorKind::Builtin {
                let temporary = Network::of(self.environment).temporary;
                findings.extend(doctor::executor(&look, probed));
                findings.extend(look.room(transport::room(&temporary)));
                continue;
            }
            if seat > 0 {
                // The login is one for all.
                probed.steps.retain(|(step, result)| *step != "login" || result.is_err());
            }
            let found = doctor::executor(&look, probed).into_iter();
            findings.extend(found.map(|finding| {
                let is_of_all = seats == 1 || finding.check == "login";
                if is_of_all { finding } else { finding.of(format!("instance {seat}")) }
            }));
        }
        Topic { about, name, kind: Some(kind), findings }
    }

    /// All questions with their answers.
    async fn answers(&self, tried: &Tried) -> Vec<(Question, Answer)> {
        let questions = doctor::questions(self.plan);
        let mut reached = Reached::default();
        let mut hosts: Vec<(&str, Vec<Asked>)> = Vec::new();
        for (index, question) in questions.iter().enumerate() {
            let build = &self.plan.builds[question.build];
            let registries = reached.hurried(build, self.plan, self.prepared, self.environment);
            let host = question.reference.host();
            match hosts.iter_mut().find(|(known, _)| *known == host) {
                Some((_, here)) => here.push((index, registries)),
                None => hosts.push((host, vec![(index, registries)])),
            }
        }
        let asked = hosts.into_iter().map(|(host, here)| {
            let asks = tried.logins.iter().filter(|login| login.host == host).all(|it| it.asks);
            ask_host(host, here, &questions, asks)
        });
        let mut answers = BTreeMap::new();
        for answered in futures_util::future::join_all(asked).await {
            answers.extend(answered);
        }
        let answer =
            |(index, question)| (question, answers.remove(&index).unwrap_or(Answer::NotAsked));
        questions.into_iter().enumerate().map(answer).collect()
    }
}

/// Asks one registry all that is to be asked of it; one that does not answer the first question is
/// asked no other.
async fn ask_host(
    host: &str,
    here: Vec<Asked>,
    questions: &[Question],
    asks: bool,
) -> Vec<(usize, Answer)> {
    if !asks {
        return Vec::new();
    }
    let deadline = Instant::now() + PATIENCE;
    let one = async |(index, registries): Asked| {
        let registries = match registries {
            Ok(registries) => registries,
            Err(error) => return (index, unable(&error)),
        };
        let asked = tokio::time::timeout_at(deadline, ask(&questions[index], &registries));
        let silent = OciError::Silent { host: host.to_owned(), limit: PATIENCE };
        let answer = match asked.await.unwrap_or(Err(silent)) {
            Ok(()) => Answer::Yes,
            Err(error) => Answer::No(error),
        };
        (index, answer)
    };
    let mut here = here.into_iter();
    let Some(first) = here.next() else { return Vec::new() };
    let first = one(first).await;
    if matches!(&first.1, Answer::No(error) if doctor::never_answered(error)) {
        return vec![first];
    }
    let mut answers: Vec<_> = stream::iter(here).map(one).buffer_unordered(AT_ONCE).collect().await;
    answers.push(first);
    answers
}

async fn ask(question: &Question, registries: &Registries) -> Result<(), OciError> {
    match question.deed {
        Deed::Push => registries.may_push(&question.reference).await,
        Deed::Pull => registries.has(&question.reference).await,
    }
}

fn unable(error: &ReachError) -> Answer {
    let hint = match error {
        ReachError::File(error) => error.hint(),
        ReachError::Setting(error) => error.hint().map(str::to_owned),
    };
    Answer::Unable(chain(error), hint)
}

/// How much is sent. Files are opened and not read: whether they can be is all that is wanted.
fn size(spec: &context::Spec) -> Context {
    let mut size = Size::default();
    let mut unreadable = None;
    context::list(spec, &mut |listing| {
        let Listing::Sent(entry) = listing else { return };
        size.entries += 1;
        size.bytes += entry.size;
        if entry.kind == Kind::File && unreadable.is_none() {
            let path = spec.root.join(&entry.path);
            let opened = std::fs::File::open(&path);
            unreadable = opened.err().map(|source| ContextError::Read { path, source });
        }
    })?;
    unreadable.map_or(Ok(size), Err)
}

/// Why `auto` has chosen it, each reason once.
fn chosen(builds: &[&Build]) -> Vec<Finding> {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for build in builds {
        let Some(why) = &build.chosen else { continue };
        match reasons.iter_mut().find(|(known, _)| known == why) {
            Some((_, names)) => names.push(&build.name),
            None => reasons.push((why, vec![&build.name])),
        }
    }
    let told = reasons.into_iter().map(|(why, names)| {
        Finding::ok("choice", format!("by `auto` for {}: {why}", named(names)))
    });
    told.collect()
}
