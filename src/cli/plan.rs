//! `plan`, `graph` and `list`: nothing is started, no credential command or helper is run.

use std::collections::HashSet;

use crate::{
    config::{Config, Mistake},
    plan::{self, Asked, Plan, Wanted},
    registry::credentials::{self, Located},
    report::{self, Printer},
    secret::Redactor,
};

use super::{
    OK, Surroundings, USAGE,
    args::{self, Drawing, Format, Read},
    diff, earlier, imagined, load, reports,
    trouble::{Trouble, told},
    written,
};

/// `plan`.
pub(super) fn plan(
    args: &args::Plan,
    surroundings: &Surroundings,
    printer: &Printer,
    redactor: &Redactor,
) -> u8 {
    if let Some(wanted) = &args.explain {
        return explain(args, wanted, surroundings, printer, redactor);
    }
    if !args.diff.is_empty() {
        return compare(args, surroundings, printer, redactor);
    }
    let Some(this) = planned(args, &[], surroundings, printer, redactor) else { return USAGE };
    let told = match args.format {
        Format::Text => printer.result(&report::plan::text(this.shown())),
        Format::Json => {
            printer.written(|stdout| report::plan::json(this.shown(), redactor, stdout))
        }
        Format::Shell => {
            let script = report::plan::shell(&this.plan);
            if redactor.finds_in(&script) {
                printer.warning(
                    "where a secret stands in plain sight the script has `[secret]`, and ends \
                     before it does anything: put the secret there",
                );
                printer.result(&report::plan::without_secrets(&script))
            } else {
                printer.result(&script)
            }
        }
    };
    // The process ends here: what a large plan is made of need not be given back piece by piece.
    std::mem::forget(this);
    written(told, printer)
}

/// `plan --diff`.
fn compare(
    args: &args::Plan,
    surroundings: &Surroundings,
    printer: &Printer,
    redactor: &Redactor,
) -> u8 {
    if args.format != Format::Text {
        printer.tell("error: `--diff` has no other format than text");
        printer.tell("hint: compare two plans: `plan --ci … --format json`");
        return USAGE;
    }
    let Some(changed) = diff::changed(args, printer) else { return USAGE };
    let Some(this) = planned(args, &[], surroundings, printer, redactor) else { return USAGE };
    let before = &this.plan.warnings;
    let other = planned(&changed, before, surroundings, printer, redactor);
    let Some(other) = other else { return USAGE };
    let names = [args, &changed].map(diff::described);
    let shown = [this.shown(), other.shown()];
    let told = printer.result(&report::plan::diff([&names[0], &names[1]], shown));
    written(told, printer)
}

/// A plan with what it was made from.
struct Planned {
    config: Config,
    plan: Plan,
    located: Vec<Located>,
}

impl Planned {
    fn shown(&self) -> report::plan::Shown<'_> {
        report::plan::Shown { plan: &self.plan, located: &self.located, config: &self.config }
    }
}

/// What `args` ask for; none when a mistake was told. Warnings that were told `before` are not
/// told again.
fn planned(
    args: &args::Plan,
    before: &[Mistake],
    surroundings: &Surroundings,
    printer: &Printer,
    redactor: &Redactor,
) -> Option<Planned> {
    let looked = imagined::surroundings(&args.imagined, surroundings, printer)?;
    let surroundings = &*looked;
    let earlier = earlier::earlier(&args.from_reports, surroundings, printer).ok()?;
    let wanted = Wanted {
        builds: &args.builds,
        push: args.push,
        earlier: earlier.as_ref(),
        ..Wanted::default()
    };
    let loaded = load::config(&args.common, wanted, surroundings, printer)?;
    let plan = told(load::planned(&loaded, wanted, surroundings, redactor), printer)?;
    load::warn(&plan, before, printer);
    reports::all(Vec::new(), &plan, &loaded, surroundings, printer)?;
    let located = told(located(&plan, surroundings), printer)?;
    Some(Planned { config: loaded.config, plan, located })
}

/// `plan --explain`.
fn explain(
    args: &args::Plan,
    wanted: &str,
    surroundings: &Surroundings,
    printer: &Printer,
    redactor: &Redactor,
) -> u8 {
    let looked = imagined::surroundings(&args.imagined, surroundings, printer);
    let Some(surroundings) = looked.as_deref() else { return USAGE };
    let all = Wanted { push: true, ..Wanted::default() };
    let Some(loaded) = load::config(&args.common, all, surroundings, printer) else {
        return USAGE;
    };
    let config = &loaded.config;
    let asked = match plan::explained(config, wanted) {
        Ok(asked) => asked,
        Err(error) => {
            printer.error(&error, Some(error.hint()));
            return USAGE;
        }
    };
    let builds = match &asked {
        Asked::Builds(builds, _) => &builds[..],
        Asked::Section { .. } => &[],
    };
    let wanted = Wanted { builds, push: true, ..Wanted::default() };
    // For its mistakes, and for the secrets that are known.
    let Some(plan) = load::plan(&loaded, wanted, surroundings, printer, redactor) else {
        return USAGE;
    };
    let sections = config.builds.iter().filter(|build| builds.contains(&build.name));
    let mut explained: Vec<_> =
        load::with_facts(config, &loaded.ci, surroundings, |facts| match &asked {
            Asked::Builds(_, key) => {
                sections.flat_map(|build| plan::explain(config, facts, build, &plan, key)).collect()
            }
            Asked::Section { section, name, key } => {
                plan::explain_section(config, facts, (section, name.as_deref()), key)
            }
        });
    // What several builds take is told once.
    let mut seen = HashSet::new();
    explained.retain(|one| seen.insert(one.key.clone()));
    let told = match args.format {
        Format::Text => printer.result(&report::plan::explained_text(&explained)),
        Format::Json => printer.document(&report::plan::explained_json(&explained, redactor)),
        Format::Shell => {
            printer.tell("error: `--explain` is no script");
            printer.tell("hint: formats are `text` and `json`");
            return USAGE;
        }
    };
    written(told, printer)
}

/// `graph`.
pub(super) fn graph(
    args: &args::Graph,
    surroundings: &Surroundings,
    printer: &Printer,
    redactor: &Redactor,
) -> u8 {
    let looked = imagined::surroundings(&args.imagined, surroundings, printer);
    let Some(surroundings) = looked.as_deref() else { return USAGE };
    let wanted = Wanted { builds: &args.builds, push: true, ..Wanted::default() };
    let Some(loaded) = load::config(&args.common, wanted, surroundings, printer) else {
        return USAGE;
    };
    let Some(plan) = load::plan(&loaded, wanted, surroundings, printer, redactor) else {
        return USAGE;
    };
    let drawn = match args.format {
        Drawing::Text => report::plan::graph(&plan),
        Drawing::Dot => report::plan::dot(&plan),
        Drawing::Mermaid => report::plan::mermaid(&plan),
    };
    written(printer.result(&drawn), printer)
}

/// Where the credentials of each registry would come from.
pub(super) fn located(plan: &Plan, surroundings: &Surroundings) -> Result<Vec<Located>, Trouble> {
    let needed = plan.builds.iter().flat_map(|build| &build.registries);
    let env = &surroundings.environment;
    let sources = credentials::Sources { registries: &plan.registries, env };
    credentials::locate(needed, sources).map_err(|error| Trouble::of(&error, error.hint()))
}

/// `list`.
pub(super) fn list(args: &Read, surroundings: &Surroundings, printer: &Printer) -> u8 {
    let looked = imagined::surroundings(&args.imagined, surroundings, printer);
    let Some(surroundings) = looked.as_deref() else { return USAGE };
    let all = Wanted { push: true, ..Wanted::default() };
    let Some(loaded) = load::config(&args.common, all, surroundings, printer) else {
        return USAGE;
    };
    let names: Vec<_> = loaded.config.builds.iter().map(|build| build.name.as_str()).collect();
    if names.is_empty() {
        return OK;
    }
    written(printer.result(&names.join("\n")), printer)
}
