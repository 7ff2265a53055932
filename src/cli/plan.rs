//! `plan`, `check` and `list`: nothing is started, no credential command or helper is run.

use crate::{
    plan::{Plan, Wanted},
    registry::credentials::{self, Located},
    report::{self, Printer},
    secret::Redactor,
};

use super::{
    OK, Surroundings, USAGE,
    args::{self, Format, Read},
    earlier, imagined, load, reports, written,
};

/// `plan`.
pub(super) fn plan(
    args: &args::Plan,
    surroundings: &Surroundings,
    printer: &Printer,
    redactor: &Redactor,
) -> u8 {
    let looked = imagined::surroundings(&args.imagined, surroundings, printer);
    let Some(surroundings) = looked.as_deref() else { return USAGE };
    let Some(loaded) = load::config(&args.common, surroundings, printer) else { return USAGE };
    let earlier = earlier::earlier(&args.from_reports, surroundings, printer);
    let Ok(earlier) = earlier else { return USAGE };
    let wanted = Wanted { builds: &args.builds, push: args.push, earlier: earlier.as_ref() };
    let Some(plan) = load::plan(&loaded, wanted, surroundings, printer, redactor) else {
        return USAGE;
    };
    if reports::all(Vec::new(), &plan, &loaded.ci, surroundings, printer).is_none() {
        return USAGE;
    }
    let Some(located) = located(&plan, surroundings, printer) else { return USAGE };
    let shown = report::plan::Shown { plan: &plan, located: &located };
    let told = match args.format {
        Format::Text => printer.result(&report::plan::text(shown)),
        Format::Json => printer.document(&report::plan::json(shown, redactor)),
        Format::Shell => printer.result(&report::plan::shell(&plan)),
    };
    written(told, printer)
}

fn located(plan: &Plan, surroundings: &Surroundings, printer: &Printer) -> Option<Vec<Located>> {
    let needed: Vec<_> =
        plan.builds.iter().flat_map(|build| build.registries.iter().cloned()).collect();
    let env = &surroundings.environment;
    let sources = credentials::Sources { registries: &plan.registries, env };
    match credentials::locate(&needed, sources) {
        Ok(located) => Some(located),
        Err(error) => {
            printer.error(&error, error.hint());
            None
        }
    }
}

/// `check`.
pub(super) fn check(
    args: &Read,
    surroundings: &Surroundings,
    printer: &Printer,
    redactor: &Redactor,
) -> u8 {
    let looked = imagined::surroundings(&args.imagined, surroundings, printer);
    let Some(surroundings) = looked.as_deref() else { return USAGE };
    let Some(loaded) = load::config(&args.common, surroundings, printer) else { return USAGE };
    let wanted = Wanted { builds: &[], push: true, earlier: None };
    let Some(plan) = load::plan(&loaded, wanted, surroundings, printer, redactor) else {
        return USAGE;
    };
    let reports = reports::all(Vec::new(), &plan, &loaded.ci, surroundings, printer);
    if reports.is_none() || located(&plan, surroundings, printer).is_none() {
        return USAGE;
    }
    if printer.talks() {
        let builds = plan.builds.len();
        let noun = if builds == 1 { "build" } else { "builds" };
        printer.tell(&format!("{builds} {noun}, no mistakes"));
    }
    OK
}

/// `list`.
pub(super) fn list(args: &Read, surroundings: &Surroundings, printer: &Printer) -> u8 {
    let looked = imagined::surroundings(&args.imagined, surroundings, printer);
    let Some(surroundings) = looked.as_deref() else { return USAGE };
    let Some(loaded) = load::config(&args.common, surroundings, printer) else { return USAGE };
    let names: Vec<_> = loaded.config.builds.iter().map(|build| build.name.as_str()).collect();
    if names.is_empty() {
        return OK;
    }
    written(printer.result(&names.join("\n")), printer)
}
