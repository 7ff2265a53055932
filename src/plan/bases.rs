//! What the `FROM`s of a Dockerfile name, where that can be no image.

use crate::{dockerfile::Named, registry::Reference};

use super::{
    dockerfile::{Read, at},
    reader::Reader,
};

/// Variables that have a value wherever something is built, and in `FROM` too.
///
/// Source: `BuildKit`'s dockerfile2llb/platform.go, `defaultArgs`.
const KNOWN: [&str; 11] = [
    "BUILDPLATFORM",
    "BUILDOS",
    "BUILDOSVERSION",
    "BUILDARCH",
    "BUILDVARIANT",
    "TARGETPLATFORM",
    "TARGETOS",
    "TARGETOSVERSION",
    "TARGETARCH",
    "TARGETVARIANT",
    "TARGETSTAGE",
];

/// Refuses what is no image: any executor would, when it comes to that stage.
pub(super) fn check(keys: &mut Reader<'_>, read: &Read) {
    for named in read.file.named(&read.reach) {
        let is_open = named.unset.iter().any(|name| KNOWN.contains(&name.as_str()));
        // What another build's end tells stands there as the template that it is.
        if is_open || named.text.contains("{{") {
            continue;
        }
        if let Some((message, hint)) = wrong(&named) {
            let mistake = at(keys, format!("{}:{}: {message}", read.label, named.line));
            keys.mistakes.push(match hint {
                Some(hint) => mistake.hint(hint),
                None => mistake,
            });
        }
    }
}

/// What is wrong with it, and what to do.
fn wrong(named: &Named<'_>) -> Option<(String, Option<String>)> {
    let Named { written, text, unset, .. } = named;
    let unset = unset.first().map(|name| {
        format!(
            "`{name}` has no value: give it a default, `ARG {name}=…` before the first `FROM`, or \
             a value in `build-args`"
        )
    });
    if text.is_empty() {
        return Some((format!("`FROM {written}` names nothing"), unset));
    }
    let error = Reference::parse(text).err()?;
    let lower = text.to_ascii_lowercase();
    let hint = unset.or_else(|| {
        let by_case = Reference::parse(&lower).is_ok();
        let by_case = by_case.then_some(lower);
        if written.contains('$') {
            by_case.map(|lower| format!("`ARG` or `build-args` should make it `{lower}`"))
        } else {
            by_case.map(|lower| format!("write `{lower}`"))
        }
    });
    Some((format!("`FROM {written}`: {error}"), hint))
}
