//! Values with their histories, to read and for programs.

use std::fmt::Write as _;

use serde::Serialize;

use crate::{
    plan::{Explained, Layer},
    report::redacted,
    secret::Redactor,
};

/// To read, without an end of line.
#[must_use]
pub fn text(explained: &[Explained]) -> String {
    let mut text = String::new();
    for Explained { key, value, default, why, takes, layers } in explained {
        let value = match (value, default) {
            (Some(value), _) => value.clone(),
            (None, _) if !layers.is_empty() => "removed".to_owned(),
            (None, Some(default)) => format!("{default}  [default]"),
            (None, None) if why.is_some() => "nothing".to_owned(),
            (None, None) => "nothing  [default]".to_owned(),
        };
        let _ = writeln!(text, "{key} = {value}");
        for (index, Layer { place, written }) in layers.iter().enumerate() {
            let word = if index == 0 { "from" } else { "over" };
            let _ = writeln!(text, "  {word}   {place}: {written}");
        }
        if let Some(why) = why {
            let _ = writeln!(text, "  why    {why}");
        }
        if !takes.is_empty() {
            let _ = writeln!(text, "  takes  {}", takes.join(", "));
        }
    }
    text.trim_end().to_owned()
}

#[derive(Serialize)]
struct ExplainedJson<'a> {
    key: &'a str,
    value: Option<&'a str>,
    default: Option<&'a str>,
    why: Option<&'a str>,
    takes: &'a [String],
    layers: Vec<LayerJson<'a>>,
}

#[derive(Serialize)]
struct LayerJson<'a> {
    place: &'a str,
    written: &'a str,
}

/// For programs: `{"version": 1, "values": […]}`, without what `redactor` knows.
#[must_use]
pub fn json(explained: &[Explained], redactor: &Redactor) -> String {
    #[derive(Serialize)]
    struct Document<'a> {
        version: u32,
        values: Vec<ExplainedJson<'a>>,
    }
    let values = explained.iter().map(|Explained { key, value, default, why, takes, layers }| {
        let layers = layers.iter().map(|Layer { place, written }| LayerJson { place, written });
        let (value, why) = (value.as_deref(), why.as_deref());
        ExplainedJson { key, value, default: *default, why, takes, layers: layers.collect() }
    });
    redacted::document(&Document { version: 1, values: values.collect() }, redactor)
}
