//! A plan to read.

use std::fmt::Write as _;

use crate::plan::{Build, ExecutorKind, TIMEOUT, arguments, shown, shown_late};

use super::{Shown, dockerfile, executor, sent::sent};

/// The whole plan, without an end of line.
#[must_use]
pub fn text(from: Shown<'_>) -> String {
    let mut text = head(from);
    for build in &from.plan.builds {
        if !text.is_empty() {
            text.push('\n');
        }
        of_build(&mut text, from, build);
    }
    text.trim_end().to_owned()
}

/// What is told of the plan as a whole.
pub(super) fn head(from: Shown<'_>) -> String {
    let mut text = String::new();
    for name in &from.plan.overrides {
        let _ = writeln!(text, "override: {name}");
    }
    for name in &from.plan.left_out {
        let _ = writeln!(text, "left out: {name} (its `when` does not hold)");
    }
    for taken in &from.plan.taken {
        let image = taken.image.as_deref().unwrap_or("built");
        let _ = writeln!(text, "built before: {} ({image})  [{}]", taken.build, taken.report);
    }
    if from.plan.builds.iter().any(|build| build.labels_withheld) {
        text.push_str("no labels of the commit: files that git tracks have changed since\n");
    }
    text
}

pub(super) fn of_build(text: &mut String, from: Shown<'_>, build: &Build) {
    let executor = &build.executor;
    let _ = writeln!(text, "{} on {executor}", build.name);
    if let Some(why) = &build.chosen {
        let _ = writeln!(text, "  {:<12} {why}", "chosen");
    }
    let mut line = |name: &str, value: String, key: &str| {
        let origin = from.origin(build, key).map(|at| format!("  [{at}]")).unwrap_or_default();
        let _ = writeln!(text, "  {name:<12} {value}{origin}");
    };
    for (name, value) in executor::lines(executor) {
        line(name, value, "");
    }
    line("context", build.context.display().to_string(), "context");
    line("dockerfile", dockerfile(build), "dockerfile");
    if let Some(sent) = sent(build) {
        line("sent", sent, "slim");
    }
    if let Some(target) = &build.target {
        line("target", target.clone(), "target");
    }
    for destination in &build.destinations {
        if build.push_withheld {
            line("no push", format!("{destination}  [outside of CI without `--push`]"), "");
        } else {
            let verb = if build.push { "push" } else { "no push" };
            line(verb, destination.to_string(), if build.push { "tags" } else { "no-push" });
        }
    }
    for base in &build.bases {
        line("from", format!("{} (line {})", base.reference, base.line), "");
    }
    for needed in &build.after {
        // Of those whose images it takes that is seen there.
        let of = format!("needs.{needed}");
        if build.origin(&of).is_some() {
            line("after", needed.to_string(), &of);
        } else if !build.takes().any(|taken| *taken == **needed) {
            line("after", needed.to_string(), "needs");
        }
    }
    for (name, value) in &build.build_args {
        line("build-arg", format!("{name}={}", shown(value)), &format!("build-args.{name}"));
    }
    for (name, value) in &build.labels {
        line("label", format!("{name}={}", shown(value)), &format!("labels.{name}"));
    }
    for (name, value) in &build.annotations {
        line("annotation", format!("{name}={}", shown(value)), &format!("annotations.{name}"));
    }
    for (id, source) in &build.secrets {
        line("secret", format!("{id} from {source}"), "secrets");
    }
    for output in &build.outputs {
        line("output", output.local.display().to_string(), &output.flag[2..]);
    }
    for needed in &build.registries {
        line("credentials", format!("{}: {}", needed.host, from.credentials(&needed.host)), "");
    }
    if build.retry > 0 {
        line("retry", build.retry.to_string(), "retry");
    }
    if build.timeout != TIMEOUT {
        line("timeout", humantime::format_duration(build.timeout).to_string(), "timeout");
    }
    if executor.kind == ExecutorKind::Builtin {
        return;
    }
    let known = arguments(build, |late| Some(shown_late(late)));
    for argument in known.unwrap_or_default() {
        let _ = writeln!(text, "    {argument}");
    }
}
