//! Making a plan: from a configuration and the facts of a job to decisions.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use foldhash::{HashMap, HashSet};

use crate::{
    ci::Provider,
    config::{Config, Data, Entry, Mistake, Node, Origin, Section},
    template::{Engine, Names, Value, Var},
};

use super::{
    Build, Facts, Plan,
    auto::Chosen,
    build, cores, deep,
    earlier::{Earlier, Taking},
    executor::Executors,
    known::Known,
    needs::{self, Needed},
    order, outputs, reach,
    reader::Reader,
    registries,
    select::{self, SelectError},
    structure, unexpanded, unused, values,
};

/// What was asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// Names and globs of builds. For none all are; in the directory of an included file those of
    /// that file.
    pub builds: &'a [String],
    /// There, those of the file that includes it as well.
    pub of_the_root: bool,
    /// Push also where there is no CI.
    pub push: bool,
    /// What earlier jobs have built: needed builds that are not chosen come from there.
    pub earlier: Option<&'a Earlier>,
}

/// A plan as far as it goes.
#[derive(Debug)]
pub struct Draft {
    /// Of builds that something is wrong with there may be nothing in it.
    pub plan: Plan,
    /// All that is wrong.
    pub mistakes: Vec<Mistake>,
}

/// Decides everything about the builds that are wanted, where nothing is wrong.
///
/// Templates are checked for all builds and rendered for those that are wanted and what they
/// need. What may come of a mistake in the form of `config` is marked so.
///
/// # Errors
///
/// A name that chooses nothing.
pub fn draft(config: &Config, facts: &Facts<'_>, wanted: Wanted<'_>) -> Result<Draft, SelectError> {
    let mut mistakes = Vec::new();
    if config.builds.is_empty() {
        let message = "the file has no builds";
        let mistake = match config.sources.top() {
            Some(place) => Mistake::at(&place, message, "in all of it"),
            None => Mistake::nowhere(message),
        };
        let hint = "write `[builds.NAME]`, with `context`, `image` and `tags`";
        mistakes.push(mistake.hint(hint).may_follow());
        // Perhaps a glob was to include them.
        mistakes.extend(config.warnings.clone());
    }
    let known = Known::of(config, &mut mistakes);
    let is_meant = |index: &usize| {
        let source = config.builds[*index].key.source;
        let is_of_the_root = wanted.of_the_root && source == Config::ROOT;
        config.member.is_none_or(|member| source == member || is_of_the_root)
    };
    let meant: Vec<_> = (0..config.builds.len()).filter(is_meant).collect();
    let mut chosen = select::select(&known, &meant, wanted.builds)?;
    if let Some(mistake) = deep::vars(config) {
        mistakes.push(mistake);
        // Each of them would tell it again.
        chosen.clear();
    }

    let names_in_templates = template_names(config, facts);
    let plain = Engine::new(names_in_templates.clone());
    let told = mistakes.len();
    let registries = registries::read(config, &plain, facts, &mut mistakes);
    let are_right = mistakes.len() == told;
    let hosts: BTreeMap<String, String> =
        registries.iter().map(|one| (one.name.clone(), one.host.clone())).collect();
    let mut planner = Planner {
        config,
        facts,
        engine: plain.with(Names { registries: Arc::new(hosts), ..names_in_templates }),
        push: wanted.push || facts.ci.provider() != Provider::Git,
        mistakes,
        warnings: config.warnings.clone(),
        left_out: Vec::new(),
        known: &known,
        loose: HashMap::default(),
        needed: Needed::default(),
        taking: Taking {
            earlier: wanted.earlier,
            chosen: chosen.iter().map(|index| known.names[*index]).collect(),
            taken: Mutex::default(),
        },
    };
    let engines = (&planner.engine, &plain);
    planner.mistakes.extend(structure::mistakes(config, facts, engines));
    let reports = planner.reports(&plain);
    let mut builds = planner.builds(&chosen, &plain);
    let Planner { mut mistakes, mut warnings, left_out, loose, taking, .. } = planner;
    warnings.extend(unexpanded::warnings(config, facts, builds.keys()));
    warnings.extend(unused::warnings(config, &builds));
    let left_out = order::left_out(&mut builds, &left_out, &loose, (&known, config), &mut mistakes);
    outputs::tell(&builds, &config.sources, &mut mistakes);
    let mut builds = order::order(builds, &known, &mut mistakes);
    // What is wrong with a registry is told above, once and in its place.
    if are_right {
        reach::reach(&mut builds, &registries, config, &mut mistakes);
    }
    let taken = taking.taken.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(Draft {
        plan: Plan {
            file: config.path.clone(),
            sources: config.sources.clone(),
            builds,
            registries,
            reports,
            overrides: overrides(config),
            laid_over: laid_over(config),
            left_out,
            taken: taken.into_iter().collect(),
            warnings,
        },
        mistakes,
    })
}

struct Planner<'a> {
    config: &'a Config,
    facts: &'a Facts<'a>,
    /// What all builds can name.
    engine: Engine,
    push: bool,
    mistakes: Vec<Mistake>,
    warnings: Vec<Mistake>,
    /// Builds whose `when` does not hold.
    left_out: Vec<usize>,
    known: &'a Known<'a>,
    /// Builds that another needs only where they are built.
    loose: HashMap<usize, Vec<Arc<str>>>,
    needed: Needed,
    taking: Taking<'a>,
}

/// A build whose templates are rendered and whose Dockerfile is read.
struct Begun<'a> {
    keys: Reader<'a>,
    build: build::Begun,
    /// Where it runs, once that is decided.
    chosen: Option<Chosen>,
}

impl<'a> Planner<'a> {
    /// The chosen builds and those that they need, by their index in the file.
    fn builds(&mut self, chosen: &[usize], plain: &Engine) -> BTreeMap<usize, Box<Build>> {
        let mut begun = self.begun(chosen);
        // One after the other: each is made where it is first asked for.
        let mut executors = Executors::new(self.config, self.facts, plain);
        for (index, begun) in &mut begun {
            let Begun { keys, build, chosen } = &mut **begun;
            let section = &self.config.builds[*index];
            *chosen = executors.of(section, keys, build.read(), build.unsupported());
        }
        let may_push = self.push;
        let finished = cores::each(begun, |(index, begun)| {
            let Begun { mut keys, build, chosen } = *begun;
            let section = &self.config.builds[index];
            let build = chosen.and_then(|chosen| build.finish(section, chosen, &mut keys));
            let build = build.map(|mut build| {
                build.push_withheld = build.push && !may_push && !build.destinations.is_empty();
                build.push &= may_push;
                values::withhold_cache(&mut build, may_push);
                Box::new(build)
            });
            (index, build, keys.mistakes, keys.warnings)
        });
        let (mut builds, mut warned) = (BTreeMap::new(), HashSet::default());
        for (index, build, mut mistakes, warnings) in finished {
            self.mistakes.append(&mut mistakes);
            for warning in warnings {
                // Builds can share a Dockerfile.
                if warned.insert(warning.message.clone()) {
                    self.warnings.push(warning);
                }
            }
            builds.extend(build.map(|build| (index, build)));
        }
        self.mistakes.append(&mut executors.mistakes);
        builds
    }

    /// The chosen builds and those that they need, but for those whose `when` does not hold.
    fn begun(&mut self, chosen: &[usize]) -> Vec<(usize, Box<Begun<'a>>)> {
        let mut seen: BTreeSet<usize> = chosen.iter().copied().collect();
        let (mut all, mut next) = (Vec::new(), chosen.to_vec());
        while !next.is_empty() {
            let indexes = std::mem::take(&mut next);
            for (index, begun) in cores::each(indexes, |index| (index, self.begin(index))) {
                let Some(mut begun) = begun else {
                    self.left_out.push(index);
                    continue;
                };
                let after = begun.build.after();
                self.loose.insert(index, std::mem::take(&mut after.loose));
                let needed = after.all.iter().filter_map(|name| self.known.index(name));
                next.extend(needed.filter(|needed| seen.insert(*needed)));
                all.push((index, begun));
            }
        }
        all
    }

    /// Reads the build at `index`; none where its `when` does not hold.
    fn begin(&self, index: usize) -> Option<Box<Begun<'a>>> {
        let section = &self.config.builds[index];
        let engine = self.engine_of(section);
        let keys = Reader::new(self.config, &engine, &section.table, self.facts.current);
        let mut keys = keys.of(&section.key);
        let when = keys.node("when").and_then(|when| keys.holds("when", when));
        if when == Some(false) {
            return None;
        }
        let needs = needs::needs(&mut keys, index, self.known, &self.taking, &self.needed);
        let build = build::begin(section, &mut keys, needs, self.facts, &self.taking);
        Some(Box::new(Begun { keys, build, chosen: None }))
    }

    /// What `[reports]` asks for.
    fn reports(&mut self, plain: &Engine) -> Vec<(String, PathBuf)> {
        let table = &self.config.reports;
        let mut keys = Reader::new(self.config, plain, table, self.facts.current);
        let report = |entry: &Entry| Some((entry.name.clone(), keys.path(&entry.name)?));
        let reports = table.0.iter().filter_map(report).collect();
        self.mistakes.append(&mut keys.mistakes);
        reports
    }

    fn engine_of(&self, build: &Section) -> Engine {
        engine_of(build, &self.engine)
    }
}

/// What renders the templates of `build`.
pub(super) fn engine_of(build: &Section, engine: &Engine) -> Engine {
    let matrix = build.matrix.iter();
    let matrix = matrix.map(|(name, value)| (name.clone(), Value::Text(value.clone())));
    engine.of_build(&build.name, matrix.collect())
}

/// As [`engine_of`], for a plan that was made: what is wrong is told already.
pub(super) fn engine(build: &Section, config: &Config, facts: &Facts<'_>) -> Engine {
    engine_of(build, &engine_of_none(config, facts))
}

/// As [`engine`], of no build.
pub(super) fn engine_of_none(config: &Config, facts: &Facts<'_>) -> Engine {
    let names = template_names(config, facts);
    let registries = registries::read(config, &Engine::new(names.clone()), facts, &mut Vec::new());
    let hosts = registries.into_iter().map(|one| (one.name, one.host)).collect();
    Engine::new(Names { registries: Arc::new(hosts), ..names })
}

pub(super) fn template_names(config: &Config, facts: &Facts<'_>) -> Names {
    let vars = config.vars.0.iter().map(|entry| (entry.name.clone(), var(config, &entry.node)));
    Names {
        env: Arc::clone(&facts.environment),
        vars: Arc::new(vars.collect()),
        registries: Arc::default(),
        ci: Some(Arc::clone(&facts.ci)),
        matrix: BTreeMap::new(),
        build: None,
        builds: Arc::new(config.builds.iter().map(|build| build.name.clone()).collect()),
        read_file: facts.read_file.clone(),
    }
}

fn var(config: &Config, node: &Node) -> Var {
    match &node.data {
        Data::Text(text) if config.sources.of(&node.place).origin.is_outside() => {
            Var::Plain(Value::Text(text.clone()))
        }
        Data::Text(text) => Var::Template(text.clone()),
        Data::Bool(value) => Var::Plain(Value::Bool(*value)),
        Data::Integer(value) => Var::Plain(Value::Integer(*value)),
        Data::Other(what) => Var::Plain(Value::Text((*what).to_owned())),
        Data::List(items) => Var::List(items.iter().map(|item| var(config, item)).collect()),
        Data::Table(table) => Var::Table(
            table.0.iter().map(|entry| (entry.name.clone(), var(config, &entry.node))).collect(),
        ),
    }
}

/// The profile, and every `--set`.
fn laid_over(config: &Config) -> Vec<String> {
    let profile = config.profile.iter().flat_map(|name| ["--profile".to_owned(), name.clone()]);
    let flags = config.sources.overrides().filter(|source| source.origin == Origin::Flag);
    profile.chain(flags.flat_map(|flag| ["--set".to_owned(), flag.text.clone()])).collect()
}

/// Names of variables, and keys of `--set`: never their values.
fn overrides(config: &Config) -> Vec<String> {
    let shown = |source: &crate::config::Source| match source.origin {
        Origin::Flag => {
            format!("--set {}", source.text.split('=').next().unwrap_or(&source.text))
        }
        _ => source.label.clone(),
    };
    config.sources.overrides().map(shown).collect()
}
