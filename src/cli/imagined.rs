//! `--ci`: the surroundings of a pipeline that is only imagined.

use std::borrow::Cow;

use crate::{
    ci::{Ci, Event, Fact, FactValue, Field, Imagined, Provider, RunsFor},
    report::Printer,
};

use super::{Surroundings, args};

/// What a command looks at: what surrounds it, or an imagined pipeline instead.
pub(super) fn surroundings<'a>(
    args: &args::Imagined,
    real: &'a Surroundings,
    printer: &Printer,
) -> Option<Cow<'a, Surroundings>> {
    let Some(provider) = args.ci else { return Some(Cow::Borrowed(real)) };
    // No `..` here: a new option does not compile until it means something.
    let args::Imagined { ci: _, branch, tag, pull_request, event, variables } = args;
    let runs_for = match (branch, tag, pull_request) {
        (Some(branch), _, _) => Some(RunsFor::Branch(branch.clone())),
        (None, Some(tag), _) => Some(RunsFor::Tag(tag.clone())),
        (None, None, Some(number)) => Some(RunsFor::PullRequest(*number)),
        (None, None, None) => None,
    };
    let imagined = match Imagined::new(provider, runs_for, *event) {
        Ok(imagined) => imagined,
        Err(reason) => {
            printer.tell(&format!("error: {reason}"));
            printer
                .tell("hint: add `--branch`, `--tag` or `--pull-request`, or leave `--event` out");
            return None;
        }
    };
    let mut environment = imagined.environment();
    for variable in variables {
        let Some((name, value)) = variable.split_once('=').filter(|(name, _)| !name.is_empty())
        else {
            printer.tell(&format!("error: `--env {variable}` sets no variable"));
            printer.tell("hint: write `--env NAME=VALUE`");
            return None;
        };
        environment.insert(name.to_owned(), value.to_owned());
    }
    if let Some(event) = event
        && let Some(why) = untold(*event, &imagined.ci(environment.clone()))
    {
        printer.warning(&format!("`--event {}` changes nothing: {why}", event.name()));
    }
    if provider == Provider::GitLab {
        // As cloud.gov's runner has it, which names the job's Kaniko app by it.
        environment.entry("SERVICE_PREFIX".to_owned()).or_insert_with(|| "imagined-".to_owned());
    }
    Some(Cow::Owned(Surroundings {
        environment,
        current: real.current.clone(),
        program: real.program.clone(),
        imagined: Some(imagined),
        elsewhere: true,
    }))
}

/// Why jobs of that pipeline know nothing of `event`.
fn untold(event: Event, ci: &Ci) -> Option<String> {
    match ci.fact(Field::Event) {
        Fact::Known(FactValue::Text(told)) if told == event.name() => None,
        Fact::Absent(why) | Fact::Unknown(why) => Some(why),
        Fact::Known(_) => Some("without a CI each run is set off by hand".to_owned()),
    }
}
