//! What a build is pushed as.

use crate::{
    config::{Data, Mistake, Place, Section},
    registry::Reference,
};

use super::{
    blame,
    reader::{Item, Reader},
    unexpanded,
};

/// `destinations`, after `image` with each of `tags`; every one once.
pub(super) fn destinations(section: &Section, keys: &mut Reader<'_>) -> Vec<Reference> {
    let mut references = tagged(section, keys);
    for (place, text) in keys.list("destinations") {
        references.extend(reference(section, keys, &place, &text));
    }
    let mut destinations: Vec<Reference> = Vec::new();
    for reference in references {
        if !destinations.iter().any(|known| known.is_same_image(&reference)) {
            destinations.push(reference);
        }
    }
    destinations
}

/// `image` with each of `tags`; by itself where there is no such key.
fn tagged(section: &Section, keys: &mut Reader<'_>) -> Vec<Reference> {
    let image = keys.text("image").filter(|image| !image.is_empty());
    let given = keys.table.get("tags").is_some();
    let tags = tags(keys);
    let Some((image, place)) = image.zip(keys.place("image")) else {
        if !tags.is_empty() && keys.mistakes.is_empty() {
            let hint = "write `image`, or whole references as `destinations`";
            keys.lacking("tags", "`tags` without an `image`".into(), "tags of what?", hint);
        }
        return Vec::new();
    };
    if tags.is_empty() && given && keys.mistakes.is_empty() && !keys.has("destinations") {
        let hint = "each is empty, or its `when` is false: add a tag that is always there, such \
                    as `{{ ci.commit_short }}`";
        keys.wrong("tags", "none of the `tags` holds now".into(), "no tag is left", hint);
    }
    let Some(image) = reference(section, keys, place, &image) else { return Vec::new() };
    if !given {
        return vec![image];
    }
    if let Some(own) = image.tag().filter(|_| !tags.is_empty()) {
        let message = format!("the image `{image}` has a tag, and there are `tags`");
        let hint = format!("write `{own}` as one of the `tags`");
        keys.wrong("image", message, "a tag of its own", &hint);
        return Vec::new();
    }
    let mut references = Vec::new();
    for (place, tag) in tags {
        let mistake = |why: String| Mistake::at(&place, why, "this tag");
        let blamed =
            |mistake| blame::matrix(mistake, section, &tag, |tag| image.with_tag(tag).is_ok());
        match image.with_tag(&tag) {
            Ok(reference) => references.push(reference),
            Err(_) if tag.contains('/') => {
                let why = format!("`{tag}` is no tag: a tag holds no `/`");
                keys.mistakes.push(blamed(mistake(why).hint(safe(keys, &place))));
            }
            Err(error) => {
                let mistake = mistake(error.to_string());
                let is_of_git = written(keys, &place).contains("ci.");
                let mistake = if is_of_git { mistake.hint(safe(keys, &place)) } else { mistake };
                keys.mistakes.push(blamed(advised(mistake, &tag)));
            }
        }
    }
    references
}

fn written<'c>(keys: &Reader<'c>, place: &Place) -> &'c str {
    keys.config.sources.of(place).text.get(place.span.clone()).unwrap_or_default()
}

/// What makes a tag of what may be none.
fn safe(keys: &Reader<'_>, place: &Place) -> String {
    let name = if written(keys, place).contains("ci.tag") { "ci.tag" } else { "ci.branch" };
    let what = if name == "ci.tag" { "a tag of git" } else { "a branch" };
    format!("the filter `tag_safe` makes one of {what}: `{{{{ {name} | tag_safe }}}}`")
}

/// What `text` at `place` names as a destination.
fn reference(
    section: &Section,
    keys: &mut Reader<'_>,
    place: &Place,
    text: &str,
) -> Option<Reference> {
    match Reference::parse(text) {
        Ok(reference) if reference.digest().is_some() => {
            let message = format!("the destination `{text}` has a digest");
            let hint = "an image has its digest when it is built: name a tag, as in \
                        `registry.example.com/shop/api:1.0`";
            keys.mistakes.push(Mistake::at(place, message, "this digest").hint(hint));
            None
        }
        Ok(reference) => Some(reference),
        Err(error) => {
            let mistake = Mistake::at(place, error.to_string(), "this reference");
            let is_right = |text: &str| Reference::parse(text).is_ok();
            keys.mistakes.push(blame::matrix(advised(mistake, text), section, text, is_right));
            None
        }
    }
}

/// With what to write for `$NAME`, where `text` holds one.
fn advised(mistake: Mistake, text: &str) -> Mistake {
    match unexpanded::hint(text) {
        Some(hint) => mistake.hint(hint),
        None => mistake,
    }
}

/// The tags that hold now, each with its place.
fn tags(keys: &mut Reader<'_>) -> Vec<(Place, String)> {
    let Some(node) = keys.node("tags") else { return Vec::new() };
    let items = keys.items("tags", node);
    items.iter().filter_map(|item| Some((item.node.place.clone(), tag(keys, item)?))).collect()
}

fn tag(keys: &mut Reader<'_>, item: &Item) -> Option<String> {
    let tag = if let Data::Table(table) = &item.node.data {
        if let Some(when) = table.get("when")
            && !keys.holds("tags.when", when)?
        {
            return None;
        }
        keys.text_of("tags.tag", table.get("tag")?)
    } else {
        keys.text_of_item("tags", item)
    };
    tag.filter(|tag| !tag.is_empty())
}
