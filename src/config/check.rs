//! The walk over a whole configuration that finds every mistake in the form of its values.
//!
//! It also types what comes as text: the value of a variable or of `--set` becomes what its key
//! takes, so that a version `1.10` stays text where text is wanted.

use std::time::Duration;

use super::{
    keys,
    kind::{Key, Kind, SECRET_FORMS},
    mistake::{Mistake, nearest},
    node::{Data, Entry, Node, Table},
    source::{Place, Sources},
    toml_text,
};

/// Collects mistakes while it walks.
pub(super) struct Check<'a> {
    pub(super) sources: &'a Sources,
    pub(super) mistakes: Vec<Mistake>,
}

impl Check<'_> {
    /// A table of known keys; `of` says whose, for messages: "a build".
    pub(super) fn record(&mut self, table: &mut Table, known: &[Key], of: &str) {
        for entry in &mut table.0 {
            match known.iter().find(|key| key.name == entry.name) {
                Some(key) => self.entry(entry, key.kind),
                None => self.unknown(entry, known, of),
            }
        }
    }

    pub(super) fn unknown(&mut self, entry: &Entry, known: &[Key], of: &str) {
        let usable = known.iter().filter(|key| !matches!(key.kind, Kind::Refused(_)));
        let near = nearest(&entry.name, usable.map(|key| key.name));
        let message = format!("unknown key `{}` of {of}", entry.name);
        let mistake = Mistake::at(&entry.key, message, "unknown key");
        self.mistakes.push(match near {
            Some(near) => mistake.hint(format!("did you mean `{near}`?")),
            None => mistake,
        });
    }

    pub(super) fn entry(&mut self, entry: &mut Entry, kind: Kind) {
        match kind {
            Kind::Later(why) => {
                let message = format!("`{}` is not supported yet", entry.name);
                self.mistakes.push(Mistake::at(&entry.key, message, "not supported").hint(why));
            }
            Kind::Refused(why) => {
                let message = format!("`{}` cannot be set", entry.name);
                self.mistakes.push(Mistake::at(&entry.key, message, "cannot be set").hint(why));
            }
            _ => self.value(&entry.name, &mut entry.node, kind),
        }
    }

    fn value(&mut self, name: &str, node: &mut Node, kind: Kind) {
        self.type_text(node, kind);
        let rendered = !self.is_outside(&node.place);
        match (kind, &mut node.data) {
            // What a matrix holds is told when its combinations are made.
            (Kind::Text | Kind::TextOrSecret | Kind::Tag, Data::Text(_))
            | (Kind::Matrix, Data::Table(_))
            | (Kind::Bool, Data::Bool(_))
            | (Kind::Removable(_), Data::Bool(false)) => {}
            (Kind::Path | Kind::Filled, Data::Text(text)) => {
                if text.is_empty() {
                    self.wrong(name, node, kind);
                }
            }
            (Kind::Integer, Data::Integer(number)) if *number >= 0 => {}
            (Kind::Bool | Kind::Integer | Kind::List(_) | Kind::Program, Data::Text(text))
                if rendered && is_template(text) => {}
            (Kind::Duration | Kind::Limit, Data::Text(text)) => {
                let why = time(text, kind == Kind::Limit).err();
                if let Some(why) = why.filter(|_| !(rendered && text.contains("{{"))) {
                    self.wrong(name, node, kind);
                    if let Some(mistake) = self.mistakes.last_mut() {
                        why.clone_into(&mut mistake.label);
                    }
                }
            }
            (Kind::OneOf(words), Data::Text(text)) => {
                let is_template = rendered && text.contains("{{");
                if !is_template && !words.contains(&text.as_str()) {
                    let near = nearest(text, words.iter().copied());
                    let hint = near.map(|near| format!("did you mean `\"{near}\"`?"));
                    self.wrong(name, node, kind);
                    if let (Some(mistake), Some(hint)) = (self.mistakes.last_mut(), hint) {
                        mistake.hint = Some(hint);
                    }
                }
            }
            (Kind::Names, Data::List(items)) => {
                for item in items {
                    self.fixed_name(name, item);
                }
            }
            (Kind::List(item), Data::List(items)) => {
                for node in items {
                    self.value(name, node, *item);
                }
            }
            (Kind::Program, Data::List(items)) => {
                self.program(name, &node.place, items);
            }
            (Kind::Map(inner), Data::Table(table)) => {
                if !matches!(inner, Kind::Record(_)) {
                    self.entry_names(name, table);
                }
                self.map(name, table, *inner);
            }
            (Kind::Record(known), Data::Table(table)) => {
                self.record(table, known, &format!("`{name}`"));
            }
            (Kind::Removable(inner), _) => self.value(name, node, *inner),
            (Kind::Secret | Kind::TextOrSecret, Data::Table(_)) => self.secret(name, node),
            (Kind::Secret, _) => {
                let message = format!("`{name}` holds a secret in plain sight");
                let mistake = Mistake::at(&node.place, message, "a plain value")
                    .hint(format!("say where it comes from: {SECRET_FORMS}"));
                self.mistakes.push(mistake.concealed());
            }
            (Kind::Tag, Data::Table(table)) => {
                if table.get("tag").is_none() {
                    let message = "a tag without `tag`";
                    self.mistakes.push(Mistake::at(&node.place, message, "no `tag`"));
                }
                self.record(table, keys::TAG, "a tag");
            }
            _ => self.wrong(name, node, kind),
        }
    }

    /// A name that is decided before any template is.
    fn fixed_name(&mut self, of: &str, item: &Node) {
        match &item.data {
            Data::Text(text) if text.contains("{{") && !self.is_outside(&item.place) => {
                let mistake =
                    Mistake::at(&item.place, format!("`{of}` takes no templates"), "a template");
                self.mistakes.push(mistake.hint("it is read before there are values: write names"));
            }
            Data::Text(_) => {}
            _ => self.wrong(of, item, Kind::Text),
        }
    }

    /// Words of which the first is a program.
    fn program(&mut self, name: &str, place: &Place, items: &mut [Node]) {
        for item in items.iter_mut() {
            self.value(name, item, Kind::Text);
        }
        let place = match items.first() {
            None => place,
            Some(Node { place, data: Data::Text(first) }) if first.is_empty() => place,
            Some(_) => return,
        };
        let mistake = Mistake::at(place, format!("`{name}` names no program"), "empty");
        self.mistakes.push(mistake.hint("write the program first, then its arguments"));
    }

    fn map(&mut self, name: &str, table: &mut Table, inner: Kind) {
        for entry in &mut table.0 {
            let owner = format!("{name}.{}", entry.name);
            if let (Kind::Record(known), Data::Table(table)) = (inner, &mut entry.node.data) {
                self.record(table, known, &format!("`{owner}`"));
            } else {
                self.value(&owner, &mut entry.node, inner);
            }
        }
    }

    /// Names that go before a `=` on the executor's side.
    fn entry_names(&mut self, of: &str, table: &Table) {
        for entry in &table.0 {
            if entry.name.is_empty() || entry.name.contains(['=', '\0']) {
                let message = format!("`{}` is no name in `{of}`", entry.name);
                let mistake = Mistake::at(&entry.key, message, "not a name");
                self.mistakes.push(mistake.hint("a name is not empty and holds no `=`"));
            }
        }
    }

    fn secret(&mut self, name: &str, node: &mut Node) {
        let Data::Table(table) = &mut node.data else { return };
        // A later layer says anew where the secret comes from; it adds no second place.
        let latest = table.0.iter().map(|entry| entry.key.source).max();
        table.0.retain(|entry| Some(entry.key.source) == latest);
        self.record(table, keys::SECRET, "a secret");
        if table.0.len() != 1 {
            let message = format!("`{name}` must name one place that the secret comes from");
            let mistake = Mistake::at(&node.place, message, "not one place");
            self.mistakes.push(mistake.hint(format!("write {SECRET_FORMS}")));
        }
    }

    /// A value from outside of the file is a string: it becomes what its key takes.
    fn type_text(&mut self, node: &mut Node, kind: Kind) {
        let Data::Text(text) = &node.data else { return };
        if !self.is_outside(&node.place) {
            return;
        }
        let parse = || toml_text::value(&node.place, self.sources).ok();
        let data = match kind {
            Kind::Bool => word_of_flag(text).map(Data::Bool),
            Kind::Integer => parse().map(|node| node.data),
            Kind::List(_) | Kind::Names | Kind::Program if !text.trim_start().starts_with('[') => {
                Some(Data::List(vec![node.clone()]))
            }
            // `false` can only remove a secret: none is ever written as text.
            Kind::Removable(Kind::Secret)
            | Kind::List(_)
            | Kind::Names
            | Kind::Program
            | Kind::Map(_)
            | Kind::Secret => parse().map(|node| node.data),
            Kind::Tag | Kind::TextOrSecret if text.trim_start().starts_with('{') => {
                parse().map(|node| node.data).filter(|data| matches!(data, Data::Table(_)))
            }
            _ => None,
        };
        if let Some(data) = data {
            node.data = data;
        }
    }

    /// Values of the environment and of the command line are no templates.
    fn is_outside(&self, place: &Place) -> bool {
        self.sources.of(place).origin.is_outside()
    }

    fn wrong(&mut self, name: &str, node: &Node, kind: Kind) {
        let is_empty = matches!(&node.data, Data::Text(text) if text.is_empty());
        let message = if is_empty && matches!(kind, Kind::Filled | Kind::Path) {
            format!("`{name}` must not be empty")
        } else {
            format!("`{name}` must be {}", kind.described())
        };
        let label = match (&node.data, kind) {
            (Data::Text(_), Kind::OneOf(_)) => "none of them".to_owned(),
            (Data::Text(text), _) if text.is_empty() => "empty".to_owned(),
            (Data::Integer(_), Kind::Integer) => "negative".to_owned(),
            (data, _) => format!("{} here", data.described()),
        };
        let mistake = Mistake::at(&node.place, message, label);
        let quoted = matches!(node.data, Data::Integer(_) | Data::Other(_) | Data::Bool(_))
            && matches!(
                kind,
                Kind::Text | Kind::Filled | Kind::Path | Kind::Duration | Kind::Limit | Kind::Tag
            );
        let bare = match (&node.data, kind) {
            (Data::Text(text), Kind::Bool) => matches!(text.as_str(), "true" | "false"),
            (Data::Text(text), Kind::Integer) => text.parse::<u32>().is_ok(),
            _ => false,
        };
        let listed = matches!(
            (&node.data, kind),
            (Data::Text(_), Kind::List(_) | Kind::Names | Kind::Program)
        );
        self.mistakes.push(match (quoted, listed) {
            (true, _) => mistake.hint("put it into quotes"),
            (_, true) => mistake.hint("put it into brackets"),
            _ if bare => mistake.hint("write it without quotes"),
            _ => mistake,
        });
    }

    /// The names of `table` are ones that builds and the rest can have.
    pub(super) fn names(&mut self, table: &Table, of: &str) {
        for entry in &table.0 {
            if !is_name(&entry.name) {
                let message = format!("`{}` is no name of {of}", entry.name);
                let mistake = Mistake::at(&entry.key, message, "not a name").hint(
                    "names are lower-case letters, digits, `.`, `_` and `-`, and begin with a \
                     letter or a digit",
                );
                self.mistakes.push(mistake);
            }
        }
    }

    /// What a section needs and does not have.
    pub(super) fn missing(&mut self, place: &Place, name: &str, of: &str, example: &str) {
        let mistake = Mistake::at(place, format!("{of} has no `{name}`"), format!("no `{name}`"));
        self.mistakes.push(mistake.hint(format!("write `{name} = {example}`")));
    }
}

/// `[a-z0-9][a-z0-9._-]*`
pub(super) fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    name.bytes().next().is_some_and(plain)
        && name.bytes().all(|byte| plain(byte) || matches!(byte, b'.' | b'_' | b'-'))
}

/// The longest time that a key takes: beyond it clocks have no numbers.
const LONGEST: Duration = Duration::from_hours(100 * 365 * 24);

/// A time of at most a century, and more than none where there must be `some`.
///
/// # Errors
///
/// What is wrong, as the label of a mistake.
pub fn time(text: &str, some: bool) -> Result<Duration, &'static str> {
    if is_beyond_clocks(text) {
        return Err("no such time");
    }
    match humantime::parse_duration(text) {
        Err(_) => Err("no such time"),
        Ok(time) if some && time.is_zero() => Err("no time at all"),
        Ok(time) if time > LONGEST => Err("more than a century"),
        Ok(time) => Ok(time),
    }
}

/// Times that add up to more than the parser counts: near the end of its numbers it panics.
fn is_beyond_clocks(text: &str) -> bool {
    let mut digits = 0;
    let long = text.chars().filter(|letter| !letter.is_whitespace()).any(|letter| {
        digits = if letter.is_ascii_digit() { digits + 1 } else { 0 };
        digits > 10
    });
    long || text.len() > 64
}

/// What a word says that stands for yes or no in the variables of a CI.
fn word_of_flag(text: &str) -> Option<bool> {
    match &*text.trim().to_ascii_lowercase() {
        "true" | "yes" | "on" | "1" => Some(true),
        "false" | "no" | "off" | "0" => Some(false),
        _ => None,
    }
}

/// A string that is one `{{ … }}` keeps the type of its value.
fn is_template(text: &str) -> bool {
    text.trim_start().starts_with("{{") && text.trim_end().ends_with("}}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_at_the_end_of_all_numbers_is_none_instead_of_a_panic() {
        for text in [
            "18446744073709551615s 1000000000ns",
            "1844674407370955161 5s 1000000000ns",
            &"9999999999y ".repeat(60),
        ] {
            assert_eq!(time(text, true), Err("no such time"), "{text}");
        }
        assert_eq!(time("9999999999s", false), Err("more than a century"));
        assert_eq!(time("1h 30m", true), Ok(Duration::from_mins(90)));
    }
}
