//! From the file to a plan, with every mistake told.

use std::{
    io::Read,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    ci::{self, Ci},
    config::{self, Config, Data, Entry, FindError, Node},
    plan::{self, Facts, Plan, PlanError, Wanted},
    registry::credentials,
    report::{Printer, snippet},
    secret::{Purpose, Redactor, Source},
    template::FileReader,
};

use super::{Surroundings, args::Common};

/// What every command starts from.
pub(super) struct Loaded {
    pub(super) config: Config,
    pub(super) ci: Arc<Ci>,
}

/// Reads the file and checks its form; none when a mistake was told.
pub(super) fn config(
    common: &Common,
    surroundings: &Surroundings,
    printer: &Printer,
) -> Option<Loaded> {
    let current = &surroundings.current;
    let (path, text) = match config::find(common.file.as_deref(), current) {
        Ok(found) => found,
        Err(error) => {
            let hint = match &error {
                FindError::Missing { .. } => "check the path after `--file`",
                FindError::None { .. } => {
                    "write one, beginning with `version = 1` and `[builds.NAME]`; \
                     `kaniko.toml.example` has every key"
                }
                FindError::Read { .. } => "it must be a text file in UTF-8",
            };
            printer.error(&error, Some(hint));
            return None;
        }
    };
    let label = path.strip_prefix(current).unwrap_or(&path).display().to_string();
    let layers = config::Layers {
        path: &path,
        label: &label,
        text: &text,
        environment: &surroundings.environment,
        sets: &common.sets,
    };
    match Config::load(layers) {
        Ok(config) => {
            let directory = path.parent().map(Path::to_owned);
            Some(Loaded { config, ci: Arc::new(pipeline(surroundings, directory)) })
        }
        Err(mistakes) => {
            printer.tell(&snippet::mistakes(&mistakes, printer.style.colour));
            None
        }
    }
}

fn pipeline(surroundings: &Surroundings, directory: Option<PathBuf>) -> Ci {
    Ci::detect(ci::Sources {
        env: surroundings.environment.clone(),
        directory,
        read_file: Box::new(|path| std::fs::read(path)),
    })
}

/// Plans the builds that are wanted; none when a mistake was told.
///
/// Secrets that can be had without running anything are made known to the redactor, and a
/// build arg or label that holds one is a mistake.
pub(super) fn plan(
    loaded: &Loaded,
    wanted: Wanted<'_>,
    surroundings: &Surroundings,
    printer: &Printer,
    redactor: &Redactor,
) -> Option<Plan> {
    let root = repository(loaded.config.path.parent().unwrap_or(Path::new("/")));
    let base = loaded.config.path.parent().map(Path::to_owned).unwrap_or_default();
    let facts = Facts {
        environment: Arc::new(surroundings.environment.clone()),
        current: &surroundings.current,
        ci: Arc::clone(&loaded.ci),
        read_file: Some(reader(root, base)),
    };
    foresee(&loaded.config, surroundings, redactor);
    let plan = match plan::make(&loaded.config, &facts, wanted) {
        Ok(plan) => plan,
        Err(PlanError::Mistakes(mistakes)) => {
            printer.tell(&snippet::mistakes(&mistakes, printer.style.colour));
            return None;
        }
        Err(PlanError::Select(error)) => {
            let crate::plan::SelectError::Unknown { hint, .. } = &error;
            printer.error(&error, Some(hint));
            return None;
        }
    };
    know(&plan, surroundings, redactor);
    if let Some(mistakes) = plan::leaks(&plan, redactor) {
        printer.tell(&snippet::mistakes(&mistakes, printer.style.colour));
        return None;
    }
    for warning in &plan.warnings {
        printer.tell(&snippet::warning(warning, &plan.sources, printer.style.colour));
    }
    Some(plan)
}

/// Tells the redactor what the file names as secrets, so that a mistake found while planning
/// shows none.
fn foresee(config: &Config, surroundings: &Surroundings, redactor: &Redactor) {
    let sections = [&config.registries, &config.executors, &config.builds];
    for section in sections.into_iter().flatten() {
        for entry in &section.table.0 {
            foresee_in(&entry.node, config, surroundings, redactor);
        }
    }
}

fn foresee_in(node: &Node, config: &Config, surroundings: &Surroundings, redactor: &Redactor) {
    let Data::Table(table) = &node.data else { return };
    let source = match table.0.as_slice() {
        [Entry { name, node: Node { data: Data::Text(text), place }, .. }] => match &**name {
            "env" => Some(Source::Env(text.clone())),
            "file" => {
                Some(Source::File(config.base(place, &surroundings.current).join(text.as_str())))
            }
            _ => None,
        },
        _ => None,
    };
    let found = source.map(|one| one.read(Purpose::Password, &surroundings.environment));
    if let Some(Ok(Some(found))) = found {
        let _ = redactor.add(&found.secret);
    }
    for entry in &table.0 {
        foresee_in(&entry.node, config, surroundings, redactor);
    }
}

/// Tells the redactor what can be known without running a program.
fn know(plan: &Plan, surroundings: &Surroundings, redactor: &Redactor) {
    let environment = &surroundings.environment;
    for source in plan::sources(plan) {
        if let Ok(Some(found)) = source.read(Purpose::Password, environment) {
            let _ = redactor.add(&found.secret);
        }
    }
    let needed: Vec<_> =
        plan.builds.iter().flat_map(|build| build.registries.iter().cloned()).collect();
    let sources = credentials::Sources { registries: &plan.registries, env: environment };
    for located in credentials::locate(&needed, sources).unwrap_or_default() {
        for secret in located.known_secrets() {
            let _ = redactor.add(secret);
        }
    }
}

/// The directory that holds `.git`, or `directory` itself.
fn repository(directory: &Path) -> PathBuf {
    let top = directory.ancestors().find(|above| above.join(".git").exists());
    top.unwrap_or(directory).to_owned()
}

/// Reads for `file("…")`: relative to the file's directory, within the repository alone.
fn reader(root: PathBuf, base: PathBuf) -> FileReader {
    Arc::new(move |path: &str, most: usize| {
        let found = base.join(path).canonicalize().map_err(|error| error.to_string())?;
        let root = root.canonicalize().map_err(|error| error.to_string())?;
        if !found.starts_with(&root) {
            return Err("it is outside of the repository".to_owned());
        }
        let file = std::fs::File::open(found).map_err(|error| error.to_string())?;
        let mut bytes = Vec::new();
        let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
        file.take(limit).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
        Ok(bytes)
    })
}
