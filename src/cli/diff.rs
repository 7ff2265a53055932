//! `plan --diff`: the same plan once more, with something changed.

use crate::{
    ci::{Event, Provider},
    report::Printer,
};

use super::args;

/// What can be changed, as it is shown to who has written something else.
const FORMS: &str = "branch=NAME, tag=NAME, pull-request=NUMBER, event=EVENT, ci=NAME, \
                     env=NAME=VALUE, profile=NAME or set=KEY=VALUE";

/// The plan that was asked for, with the changes; none when one is wrong, which was told.
pub(super) fn changed(args: &args::Plan, printer: &Printer) -> Option<args::Plan> {
    let mut changed = args.clone();
    for change in &args.diff {
        if let Err(hint) = apply(change, &mut changed) {
            printer.tell(&format!("error: `--diff {change}` changes nothing"));
            printer.tell(&format!("hint: {hint}"));
            return None;
        }
    }
    let imagined = &changed.imagined;
    let named = imagined.branch.is_some() || imagined.tag.is_some();
    if imagined.ci.is_none() && (named || imagined.pull_request.is_some()) {
        let of_a_pipeline = |change: &&String| {
            ["branch=", "tag=", "pull-request="].iter().any(|what| change.starts_with(what))
        };
        let change = args.diff.iter().find(of_a_pipeline).map_or("tag=v1.2.3", String::as_str);
        let from = if change.starts_with("branch=") { "--tag v1.2.3" } else { "--branch main" };
        printer.tell(&format!(
            "error: `--diff {change}` is of another pipeline, and without `--ci` there is none to \
             compare it with"
        ));
        printer.tell(&format!("hint: say which, as in `plan --ci gitlab {from} --diff {change}`"));
        return None;
    }
    Some(changed)
}

fn apply(change: &str, args: &mut args::Plan) -> Result<(), String> {
    let forms = || format!("write {FORMS}");
    let (what, value) = change.split_once('=').ok_or_else(forms)?;
    let imagined = &mut args.imagined;
    let value = value.to_owned();
    match what {
        "branch" | "tag" | "pull-request" => {
            (imagined.branch, imagined.tag, imagined.pull_request) = (None, None, None);
            // A schedule of a branch says nothing of a tag.
            if !args.diff.iter().any(|other| other.starts_with("event=")) {
                imagined.event = None;
            }
            match what {
                "branch" => imagined.branch = Some(value),
                "tag" => imagined.tag = Some(value),
                _ => {
                    let number = value.parse().map_err(|_| "write pull-request=7".to_owned())?;
                    imagined.pull_request = Some(number);
                }
            }
        }
        "event" => {
            let event = Event::named(&value);
            let known = || format!("events are {}", Event::ALL.map(Event::name).join(", "));
            imagined.event = Some(event.ok_or_else(known)?);
        }
        "ci" => {
            let known =
                || format!("providers are {}", Provider::ALL.map(Provider::name).join(", "));
            imagined.ci = Some(Provider::named(&value).ok_or_else(known)?);
        }
        "env" => imagined.variables.push(value),
        "profile" => args.common.profile = Some(value),
        "set" => args.common.sets.push(value),
        _ => return Err(forms()),
    }
    Ok(())
}

/// The pipeline and what lies over the file, as options; for one with none, that.
pub(super) fn described(args: &args::Plan) -> String {
    // No `..` here: a new option does not compile until it is described.
    let args::Imagined { ci, branch, tag, pull_request, event, variables } = &args.imagined;
    let mut words: Vec<String> = Vec::new();
    let mut add = |name: &str, value: Option<String>| {
        words.extend(value.map(|value| format!("--{name} {value}")));
    };
    add("ci", ci.map(|ci| ci.name().to_owned()));
    add("branch", branch.clone());
    add("tag", tag.clone());
    add("pull-request", pull_request.map(|number| number.to_string()));
    add("event", event.map(|event| event.name().to_owned()));
    // Its value may be a secret's.
    for variable in variables {
        add("env", variable.split('=').next().map(str::to_owned));
    }
    add("profile", args.common.profile.clone());
    for set in &args.common.sets {
        add("set", Some(set.clone()));
    }
    if words.is_empty() { "as things are here".to_owned() } else { words.join(" ") }
}
