//! The walk over a whole configuration that finds every mistake in the form of its values.
//!
//! It also types what comes as text: the value of a variable or of `--set` becomes what its key
//! takes, so that a version `1.10` stays text where text is wanted.

use super::{
    keys,
    kind::{Key, Kind, SECRET_FORMS},
    mistake::{Mistake, nearest},
    node::{Data, Entry, Node, Table},
    source::{Place, Sources},
    time::time,
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
        for index in 0..table.0.len() {
            let entry = &mut table.0[index];
            match known.iter().find(|key| key.name == entry.name) {
                Some(key) => self.entry(entry, key.kind),
                None => {
                    if let Some(meant) = self.unknown(entry, known, of) {
                        let entry =
                            |check: &mut Self, entry: &mut _| check.entry(entry, meant.kind);
                        self.take_for(table, index, meant, entry);
                    }
                }
            }
        }
    }

    /// Takes the entry at `index` for the one that was meant, so that all else can be looked at as
    /// if it were right; not where that one is there and is no table, or takes no such value.
    pub(super) fn take_for(
        &mut self,
        table: &mut Table,
        index: usize,
        meant: &Key,
        check: impl FnOnce(&mut Self, &mut Entry),
    ) {
        let told = self.mistakes.len();
        let mut entry = table.0[index].clone();
        meant.name.clone_into(&mut entry.name);
        check(self, &mut entry);
        let holds_more = matches!(meant.kind, Kind::Record(_) | Kind::Map(_) | Kind::Matrix)
            && matches!(entry.node.data, Data::Table(_));
        if self.mistakes.len() > told && !holds_more {
            self.mistakes.truncate(told);
            return;
        }
        let Some(there) = table.0.iter_mut().find(|one| one.name == meant.name) else {
            table.0[index] = entry;
            return;
        };
        if let (Data::Table(there), Data::Table(more)) = (&mut there.node.data, entry.node.data) {
            there.0.extend(
                more.0.into_iter().filter(|one| there.get(&one.name).is_none()).collect::<Vec<_>>(),
            );
        }
    }

    pub(super) fn entry(&mut self, entry: &mut Entry, kind: Kind) {
        match kind {
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
            (Kind::Text | Kind::TextOrSecret | Kind::Tag, Data::Text(_))
            | (Kind::Bool, Data::Bool(_))
            | (Kind::Removable(_), Data::Bool(false)) => {}
            // What a matrix holds is told when its combinations are made.
            (Kind::Matrix, Data::Table(table)) => {
                for entry in &mut table.0 {
                    self.type_text(&mut entry.node, Kind::List(&Kind::Text));
                }
            }
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
                        mistake.label = why.into();
                    }
                }
            }
            (Kind::OneOf(words), Data::Text(text)) => {
                let is_template = rendered && text.contains("{{");
                let is_reserved = *words == *keys::EXECUTOR_TYPES && text == keys::NOT_YET;
                if !is_template && !is_reserved && !words.contains(&text.as_str()) {
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
                let name = format!("{name}{EACH}");
                for node in items {
                    self.value(&name, node, *item);
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
                    let mistake = Mistake::at(&node.place, "a tag without `tag`", "no `tag`");
                    self.mistakes.push(mistake.hint("write `{ tag = \"…\", when = \"{{ … }}\" }`"));
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
            _ => self.wrong(&format!("{of}{EACH}"), item, Kind::Text),
        }
    }

    /// Words of which the first is a program.
    fn program(&mut self, name: &str, place: &Place, items: &mut [Node]) {
        let each = format!("{name}{EACH}");
        for item in items.iter_mut() {
            self.value(&each, item, Kind::Text);
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
        let told = self.mistakes.len();
        self.record(table, keys::SECRET, "a secret");
        if table.0.len() != 1 && self.mistakes.len() == told {
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
        let is_list = matches!(kind, Kind::List(_) | Kind::Names | Kind::Program);
        if is_list && text.trim_start().starts_with('[') {
            node.data = match toml_text::value(&node.place, self.sources) {
                Ok(parsed) => parsed.data,
                Err(mistake) => {
                    self.mistakes.push(mistake);
                    Data::List(vec![Node { place: node.place.clone(), data: node.data.clone() }])
                }
            };
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
            | Kind::Matrix
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
}

/// What stands after a list's name where one of its entries is meant.
pub(super) const EACH: &str = "[]";

/// `[a-z0-9][a-z0-9._-]*`
pub(super) fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    name.bytes().next().is_some_and(plain)
        && name.bytes().all(|byte| plain(byte) || matches!(byte, b'.' | b'_' | b'-'))
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
