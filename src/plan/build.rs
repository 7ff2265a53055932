//! One build: its keys read, its destinations made, its Dockerfile looked into.

use std::{path::PathBuf, sync::Arc, time::Duration};

use crate::{
    builtin::Unsupported,
    config::{Data, Mistake, Node, Place, Section},
    context::{Modes, Timestamps},
    registry::{Access, Reference},
    template::{LateValue, Rendered},
};

use super::{
    Build, Facts, OutputAt, Slim,
    auto::Chosen,
    bases, builtin, destinations, dockerfile,
    earlier::Taking,
    flags, labels,
    needs::{self, After, Needs},
    outputs,
    reader::Reader,
    slim, tokens, values,
};

/// How long an attempt may take where nothing is said.
pub(crate) const TIMEOUT: Duration = Duration::from_hours(1);

/// What is decided of a build before it is known where it runs.
pub(super) struct Begun {
    name: Arc<str>,
    context: PathBuf,
    outputs: Vec<OutputAt>,
    push: bool,
    destinations: Vec<Reference>,
    build_args: Vec<(String, Rendered)>,
    labels: Vec<(String, Rendered)>,
    labels_withheld: bool,
    annotations: Vec<(String, Rendered)>,
    target: Option<String>,
    secrets: Vec<(String, crate::secret::Source)>,
    flags: Vec<String>,
    is_slim: bool,
    modes: Modes,
    timestamps: Timestamps,
    allow_secret_args: Vec<String>,
    retry: u32,
    timeout: Duration,
    after: After,
    read: Option<dockerfile::Read>,
    unsupported: Vec<Unsupported>,
}

/// Reads `section` and its Dockerfile; `needs` are those that it has read already.
pub(super) fn begin(
    section: &Section,
    keys: &mut Reader<'_>,
    needs: Needs,
    facts: &Facts<'_>,
    taking: &Taking<'_>,
) -> Begun {
    let name: Arc<str> = section.name.as_str().into();
    let context = keys
        .path("context")
        .unwrap_or_else(|| keys.config.base(&section.key, facts.current).to_owned());
    let outputs = outputs::read(keys);
    let push = !keys.boolean("no-push").unwrap_or(false);
    let destinations = destinations::destinations(section, keys);
    if destinations.is_empty() && push && keys.mistakes.is_empty() {
        let message = format!("build `{name}` has no destination");
        let hint = "write `image` and `tags`, or `destinations`, or `no-push = true`";
        let mistake = Mistake::at(&section.key, message, "pushed where?").may_follow();
        keys.mistakes.push(mistake.hint(hint));
    }
    let mut build_args = keys.map("build-args");
    taking.fill("build-args", &mut build_args, keys, &name);
    let (mut labels, labels_withheld) = labels::labels(keys, &name, &facts.ci);
    taking.fill("labels", &mut labels, keys, &name);
    let mut annotations = keys.map("annotations");
    taking.fill("annotations", &mut annotations, keys, &name);
    let target = keys.text("target").filter(|target| !target.is_empty());
    let secrets = secrets(keys);
    let flags = flags::flags(keys);
    let is_slim = keys.boolean("slim").unwrap_or(true);
    let modes = keys.word("modes", &[("normal", Modes::Normal), ("keep", Modes::Keep)]);
    let times = [("fixed", Timestamps::Fixed), ("keep", Timestamps::Keep)];
    let timestamps = keys.word("timestamps", &times);
    let allow_secret_args = keys.texts("allow-secret-args");
    let retry = u32::try_from(keys.integer("retry").unwrap_or(0)).unwrap_or(u32::MAX);
    let timeout = keys.limit("timeout").unwrap_or(TIMEOUT);
    let read = dockerfile::read(keys, &context, target.as_deref(), &build_args);
    let unsupported = read.as_ref().map(builtin::unsupported);
    let unsupported = unsupported.unwrap_or_default();
    for (key, entries) in
        [("build-args", &build_args), ("labels", &labels), ("annotations", &annotations)]
    {
        tokens::check(key, entries, keys);
    }
    let texts = [&build_args, &labels, &annotations].into_iter().flatten();
    let after = needs.with(texts.flat_map(|(_, text)| text.late().map(LateValue::build)));
    Begun {
        name,
        context,
        outputs,
        push,
        destinations,
        build_args,
        labels,
        labels_withheld,
        annotations,
        target,
        secrets,
        flags,
        is_slim,
        modes: modes.unwrap_or(Modes::Normal),
        timestamps: timestamps.unwrap_or(Timestamps::Fixed),
        allow_secret_args,
        retry,
        timeout,
        after,
        read,
        unsupported,
    }
}

impl Begun {
    /// Its Dockerfile; none where something is wrong with that.
    pub(super) fn read(&self) -> Option<&dockerfile::Read> {
        self.read.as_ref()
    }

    /// What of its Dockerfile needs an executor.
    pub(super) fn unsupported(&self) -> &[Unsupported] {
        &self.unsupported
    }

    /// The builds that end before it begins.
    pub(super) fn after(&mut self) -> &mut After {
        &mut self.after
    }

    /// Decides the rest, and holds the Dockerfile, where it has one, against what the executor
    /// can do.
    pub(super) fn finish(
        self,
        section: &Section,
        chosen: Chosen,
        keys: &mut Reader<'_>,
    ) -> Option<Build> {
        let Self {
            name,
            context,
            outputs,
            push,
            destinations,
            build_args,
            labels,
            labels_withheld,
            annotations,
            target,
            secrets,
            flags,
            is_slim,
            modes,
            timestamps,
            allow_secret_args,
            retry,
            timeout,
            after,
            read,
            unsupported,
        } = self;
        let read = read?;
        let mut build = Build {
            name,
            place: section.key.clone(),
            executor: chosen.executor,
            chosen: chosen.why,
            context,
            dockerfile: read.at.clone(),
            dockerfile_label: read.label.clone(),
            instructions: Arc::clone(&read.file),
            slim: Slim::Off,
            modes,
            timestamps,
            target,
            destinations,
            push,
            push_withheld: false,
            build_args,
            labels,
            labels_withheld,
            annotations,
            secrets,
            allow_secret_args,
            outputs,
            flags,
            registries: Vec::new(),
            access: Access::default(),
            bases: read.bases.clone(),
            needs: Vec::new(),
            after: after.all,
            needed_at: after.named,
            retry,
            timeout,
            written: Arc::clone(&section.table),
        };
        if is_slim {
            let unused = slim::builds_unused(&build.executor, &build.flags);
            build.slim = slim::slim(&read, &build.build_args, unused);
        }
        builtin::check(&build, &read, &unsupported, keys);
        values::check(&build, keys);
        build.needs = dockerfile::needs(&build, &read, &keys.config.sources);
        bases::check(keys, &read);
        dockerfile::tell_frontend(keys, &read);
        dockerfile::tell_unsupported(keys, &build, &read);
        Some(build)
    }
}

impl Build {
    /// The texts that can hold another build's image: the key that they stand in, their name.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&'static str, &str, &Rendered)> {
        let maps = [
            ("build-args", &self.build_args),
            ("labels", &self.labels),
            ("annotations", &self.annotations),
        ];
        maps.into_iter()
            .flat_map(|(key, map)| map.iter().map(move |(name, text)| (key, name.as_str(), text)))
    }

    /// Where the value of a key stands, or, as `labels.NAME`, that of an entry of its table; of
    /// `needs.NAME` where that build is named.
    #[must_use]
    pub fn origin(&self, path: &str) -> Option<&Place> {
        let node = match path.split_once('.') {
            Some((needs::KEY, name)) => return self.needed_at.get(name),
            Some((key, name)) => self.written.at(&[key, name]),
            None => self.written.get(path),
        };
        node.map(|node| &node.place)
    }

    /// The builds whose images it takes, once for each time that it does.
    pub fn takes(&self) -> impl Iterator<Item = &str> {
        self.texts().flat_map(|(_, _, text)| text.late().map(LateValue::build))
    }
}

fn secrets(keys: &mut Reader<'_>) -> Vec<(String, crate::secret::Source)> {
    let Some(Node { data: Data::Table(table), .. }) = keys.node("secrets") else {
        return Vec::new();
    };
    let kept = table.0.iter().filter(|entry| entry.node.data != Data::Bool(false));
    let secret = |entry: &crate::config::Entry| {
        if entry.name.contains([',', '/', '=']) || entry.name.is_empty() {
            let message = format!("`{}` is no id of a secret", entry.name);
            let hint = "ids hold no comma, slash or equals sign: Kaniko takes them as one list";
            keys.mistakes.push(Mistake::at(&entry.key, message, "not an id").hint(hint));
            return None;
        }
        let owner = format!("secrets.{}", entry.name);
        Some((entry.name.clone(), keys.secret_of(&owner, &entry.node)?))
    };
    kept.filter_map(secret).collect()
}
