//! From the file to a plan, with every mistake told.

use std::{
    io::Read,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    ci::{self, Ci, Fact, FactValue, Field, Provider},
    config::{self, Config, Data, Entry, FindError, Found, Mistake, Mistakes, Node},
    outcome::chain,
    plan::{self, Draft, Facts, Plan, SelectError, Wanted},
    registry::credentials,
    report::{Printer, snippet},
    secret::{Purpose, Redactor, Secret, Source},
    template::FileReader,
};

use super::{
    Surroundings,
    args::Common,
    machine,
    trouble::{Trouble, told},
};

/// What every command starts from.
pub(super) struct Loaded {
    pub(super) config: Config,
    pub(super) ci: Arc<Ci>,
}

/// As [`read`]; none when a mistake was told.
pub(super) fn config(
    common: &Common,
    wanted: Wanted<'_>,
    surroundings: &Surroundings,
    printer: &Printer,
) -> Option<Loaded> {
    told(read(common, wanted, surroundings, printer.redactor()), printer)
}

/// Reads the file and checks its form, or makes one build of the command line where there is
/// none. Where its form is wrong, what else is wrong with the builds that are `wanted` is told
/// with that.
pub(super) fn read(
    common: &Common,
    wanted: Wanted<'_>,
    surroundings: &Surroundings,
    redactor: &Redactor,
) -> Result<Loaded, Trouble> {
    let current = &surroundings.current;
    let found = match (config::find(common.file.as_deref(), current), common.given.first()) {
        (Ok(Found { path, .. }), Some(option)) => {
            let shown = path.strip_prefix(current).unwrap_or(&path).display();
            return Err(Trouble::new(
                format!("`{option}` is for a build without a file, and here is `{shown}`"),
                "override its keys, as in `--set builds.NAME.target=debug`",
            ));
        }
        (Ok(found), None) => Some(found),
        (Err(FindError::None { .. }), option) if option.is_some() || has_dockerfile(current) => {
            None
        }
        (Err(error), _) => return Err(not_found(&error)),
    };
    let directory = match &found {
        Some(found) => found.path.parent().map(Path::to_owned),
        None => Some(current.clone()),
    };
    let ci = Arc::new(pipeline(surroundings, directory));
    let loaded = match found {
        Some(Found { path, text, member }) => {
            let label = path.strip_prefix(current).unwrap_or(&path).display().to_string();
            let layers = config::Layers {
                path: Some(&path),
                label: &label,
                text: &text,
                environment: &surroundings.environment,
                sets: &common.sets,
                profile: common.profile.as_deref(),
                member: member.as_deref(),
            };
            Config::load_with(layers, |config| {
                let draft = draft(config, &ci, wanted, surroundings, redactor);
                draft.map_or_else(|_| Vec::new(), |draft| draft.mistakes)
            })
        }
        None => given(common, &ci, surroundings)?,
    };
    let config = loaded.map_err(|mistakes| explained(mistakes, surroundings))?;
    Ok(Loaded { config, ci })
}

/// With the variables that set nothing: what they were to set may be what is missing.
fn explained(mistakes: Mistakes, surroundings: &Surroundings) -> Mistakes {
    Mistakes { warnings: plan::misnamed(&surroundings.environment).collect(), ..mistakes }
}

fn not_found(error: &FindError) -> Trouble {
    let hint = match error {
        FindError::Missing { .. } => "check the path after `--file`",
        FindError::None { .. } => {
            "write one, beginning with `version = 1` and `[builds.NAME]`; `kaniko.toml.example` \
             has every key; where there is a Dockerfile, `-d REFERENCE` does without"
        }
        FindError::Read { source, .. } => match source.kind() {
            std::io::ErrorKind::InvalidData => "save it as UTF-8",
            std::io::ErrorKind::IsADirectory => "name the file, not its directory",
            std::io::ErrorKind::FileTooLarge => {
                "is it the right one? `include` takes further files"
            }
            std::io::ErrorKind::InvalidInput => "write it to a file first",
            _ => "may this user read it?",
        },
    };
    Trouble::of(error, Some(hint))
}

fn has_dockerfile(current: &Path) -> bool {
    current.join("Dockerfile").is_file()
}

/// The one build of the command line, named after the repository.
fn given(
    common: &Common,
    ci: &Ci,
    surroundings: &Surroundings,
) -> Result<Result<Config, Mistakes>, Trouble> {
    let given = &common.given;
    let is_config = |path: &&str| Path::new(path).extension().is_some_and(|it| it == "toml");
    if let Some(path) = given.dockerfile.as_deref().filter(is_config) {
        return Err(Trouble::new(
            format!("there is no `kaniko.toml` here, and `{path}` is no Dockerfile"),
            "`-f` names a Dockerfile, as docker's does: a config file stands after `--file`",
        ));
    }
    if given.destinations.is_empty() && ci.provider() == Provider::Git {
        return Err(Trouble::new(
            "there is no `kaniko.toml` here, and no destination was given",
            "`kaniko-build run -d REFERENCE` builds the Dockerfile that is here",
        ));
    }
    let repository = match ci.fact(Field::Repository) {
        Fact::Known(FactValue::Text(name)) => name,
        _ => repository(&surroundings.current).display().to_string(),
    };
    let given = config::Given {
        name: repository.rsplit('/').next().unwrap_or_default(),
        destinations: &given.destinations,
        context: given.context.as_deref(),
        dockerfile: given.dockerfile.as_deref(),
        target: given.target.as_deref(),
        build_args: &given.build_args,
        executor: given.executor.as_deref(),
    };
    Ok(Config::given(given, &surroundings.environment, &common.sets))
}

/// More than any description of an event that a CI gives has.
const LARGEST_EVENT: u64 = 64 << 20;

/// The pipeline that this is in, real or imagined.
pub(super) fn pipeline(surroundings: &Surroundings, directory: Option<PathBuf>) -> Ci {
    if let Some(imagined) = &surroundings.imagined {
        return imagined.ci(surroundings.environment.clone());
    }
    Ci::detect(ci::Sources {
        env: surroundings.environment.clone(),
        directory,
        read_file: Box::new(|path| config::bytes(path, LARGEST_EVENT)),
    })
    .at(std::time::SystemTime::now())
}

/// As [`planned`], with its warnings told; none when a mistake was told.
pub(super) fn plan(
    loaded: &Loaded,
    wanted: Wanted<'_>,
    surroundings: &Surroundings,
    printer: &Printer,
    redactor: &Redactor,
) -> Option<Plan> {
    let plan = told(planned(loaded, wanted, surroundings, redactor), printer)?;
    warn(&plan, &[], printer);
    Some(plan)
}

/// Tells the warnings of a plan but for those that were told before.
pub(super) fn warn(plan: &Plan, before: &[Mistake], printer: &Printer) {
    let new = plan.warnings.iter().filter(|warning| !before.contains(warning));
    let new: Vec<_> = new.cloned().collect();
    for warning in snippet::warnings(&new, &plan.sources, printer.style.colour) {
        printer.tell(&warning);
    }
}

/// Plans the builds that are wanted.
///
/// Secrets that can be had without running anything are made known to the redactor, and a
/// build arg or label that holds one is a mistake.
pub(super) fn planned(
    loaded: &Loaded,
    wanted: Wanted<'_>,
    surroundings: &Surroundings,
    redactor: &Redactor,
) -> Result<Plan, Trouble> {
    let Draft { plan, mistakes } =
        draft(&loaded.config, &loaded.ci, wanted, surroundings, redactor)
            .map_err(|error| Trouble::of(&error, Some(error.hint())))?;
    match Mistakes::any(mistakes, &plan.sources) {
        Some(mistakes) => Err(explained(mistakes, surroundings).into()),
        None => Ok(plan),
    }
}

/// The plan as far as it goes, with all that is wrong.
fn draft(
    config: &Config,
    ci: &Arc<Ci>,
    wanted: Wanted<'_>,
    surroundings: &Surroundings,
    redactor: &Redactor,
) -> Result<Draft, SelectError> {
    foresee(config, surroundings, redactor);
    let draft = with_facts(config, ci, surroundings, |facts| plan::draft(config, facts, wanted));
    let Draft { plan, mut mistakes } = draft?;
    know(&plan, surroundings, redactor);
    mistakes.extend(plan::leaks(&plan, redactor));
    if surroundings.imagined.is_some() {
        mistakes.iter_mut().for_each(advise_of_the_imagined);
    }
    Ok(Draft { plan, mistakes })
}

/// What an imagined pipeline lacks is to be imagined too.
fn advise_of_the_imagined(mistake: &mut Mistake) {
    let variable = mistake.message.split('`').find_map(|part| part.strip_prefix("env."));
    let is_unset = ["is not set", "is empty"].iter().any(|end| mistake.message.ends_with(end));
    if let Some(name) = variable.filter(|_| is_unset) {
        mistake.hint.get_or_insert_with(|| format!("imagine a value as well: `--env {name}=…`"));
    }
}

/// What `make` makes of what is known of this job.
pub(super) fn with_facts<T>(
    config: &Config,
    ci: &Arc<Ci>,
    surroundings: &Surroundings,
    make: impl FnOnce(&Facts<'_>) -> T,
) -> T {
    let base = match &config.path {
        Some(path) => path.parent().map(Path::to_owned).unwrap_or_default(),
        None => surroundings.current.clone(),
    };
    let root = repository(&base);
    make(&Facts {
        environment: Arc::new(surroundings.environment.clone()),
        current: &surroundings.current,
        ci: Arc::clone(ci),
        read_file: Some(reader(root, base)),
        machine: &|| {
            if surroundings.elsewhere {
                machine::imagined()
            } else {
                machine::machine(&surroundings.environment)
            }
        },
    })
}

/// The plan of the one build that `wanted`, a name or a glob, means, and its name; none when a
/// mistake was told.
pub(super) fn one(
    common: &Common,
    wanted: &str,
    surroundings: &Surroundings,
    printer: &Printer,
    redactor: &Redactor,
) -> Option<(Plan, String)> {
    fn of(builds: &[String]) -> Wanted<'_> {
        Wanted { builds, push: true, ..Wanted::default() }
    }
    let mut names = [wanted.to_owned()];
    let loaded = config(common, of(&names), surroundings, printer)?;
    if !loaded.config.builds.is_empty() {
        match plan::only(&loaded.config, wanted) {
            Ok(name) => names = [name.to_owned()],
            Err(error) => {
                printer.error(&error, Some(error.hint()));
                return None;
            }
        }
    }
    let plan = plan(&loaded, of(&names), surroundings, printer, redactor)?;
    let [name] = names;
    Some((plan, name))
}

/// Tells the redactor what the CI and the file call secrets, so that a mistake found while planning
/// shows none.
fn foresee(config: &Config, surroundings: &Surroundings, redactor: &Redactor) {
    for token in ci::tokens(&surroundings.environment) {
        let _ = redactor.add(&Secret::from(token));
    }
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
    for build in &plan.builds {
        let is_named = |name: &String| build.allow_secret_args.contains(name);
        for (_, value) in build.build_args.iter().filter(|(name, _)| is_named(name)) {
            if let Some(secret) = value.as_literal() {
                let _ = redactor.add(&Secret::from(secret));
            }
        }
    }
    let environment = &surroundings.environment;
    for source in plan::sources(plan) {
        if let Ok(Some(found)) = source.read(Purpose::Password, environment) {
            let _ = redactor.add(&found.secret);
        }
    }
    let needed = plan.builds.iter().flat_map(|build| &build.registries);
    let sources = credentials::Sources { registries: &plan.registries, env: environment };
    for located in credentials::locate(needed, sources).unwrap_or_default() {
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
        let found = base.join(path).canonicalize().map_err(|error| chain(&error))?;
        let root = root.canonicalize().map_err(|error| chain(&error))?;
        if !found.starts_with(&root) {
            return Err("it is outside of the repository".to_owned());
        }
        // A pipe would be waited for.
        if !found.is_file() {
            return Err("it is no file".to_owned());
        }
        let file = std::fs::File::open(found).map_err(|error| chain(&error))?;
        let mut bytes = Vec::new();
        let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
        file.take(limit).read_to_end(&mut bytes).map_err(|error| chain(&error))?;
        Ok(bytes)
    })
}
