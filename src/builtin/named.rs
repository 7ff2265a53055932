//! What the `FROM`s of a Dockerfile name, where that can be no image.

use crate::{
    dockerfile::{Dockerfile, Named, PLATFORM_ARGUMENTS, Reach},
    registry::Reference,
};

/// A `FROM` that names no image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoImage {
    /// Where it stands, from 1.
    pub line: usize,
    /// What is wrong with it, a lowercase fragment.
    pub what: String,
    /// What to do, where that is known.
    pub hint: Option<String>,
}

/// Those that are needed and name no image: any executor refuses them, when it comes to that stage.
///
/// What another build's end tells is left open: it stands in a build arg as the template that it
/// is.
pub fn no_images<'d>(file: &'d Dockerfile, reach: &'d Reach) -> impl Iterator<Item = NoImage> + 'd {
    let is_open = |named: &Named<'_>| {
        named.unset.iter().any(|name| PLATFORM_ARGUMENTS.contains(&name.as_str()))
            || named.text.contains("{{")
    };
    file.named(reach).filter(move |named| !is_open(named)).filter_map(|named| wrong(&named))
}

fn wrong(named: &Named<'_>) -> Option<NoImage> {
    let no_image = |what: String, hint| NoImage { line: named.line, what, hint };
    let Named { written, text, unset, .. } = named;
    let unset = unset.first().map(|name| {
        format!(
            "`{name}` has no value: give it a default, `ARG {name}=…` before the first `FROM`, or \
             a value in `build-args`"
        )
    });
    if text.is_empty() {
        return Some(no_image(format!("`FROM {written}` names nothing"), unset));
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
    Some(no_image(format!("`FROM {written}`: {error}"), hint))
}
