//! Reading the keys of a section: templates rendered, values typed, paths made absolute.
//!
//! Every method answers none both for a key that is not there and for one that is wrong; what
//! is wrong is collected, so that one walk finds all mistakes.

mod list;
mod source;

use std::{
    fmt,
    ops::Range,
    path::{Path, PathBuf},
    time::Duration,
};

pub(super) use list::Item;

use crate::{
    config::{self, Config, Data, Mistake, Node, Place, Table, Written},
    template::{self, Engine, Rendered, TemplateError},
};

/// One section's keys, read through one template engine.
pub(super) struct Reader<'a> {
    pub(super) config: &'a Config,
    pub(super) engine: Engine,
    pub(super) table: &'a Table,
    /// The directory that paths of the command line and the environment start from.
    pub(super) current: &'a Path,
    /// Where the section's name stands, for what is wrong with a key that is not there.
    pub(super) of: Option<&'a Place>,
    /// What is wrong, in the order in which it was read.
    pub(super) mistakes: Vec<Mistake>,
    /// What the user should know and that stops nothing.
    pub(super) warnings: Vec<Mistake>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        config: &'a Config,
        engine: &Engine,
        table: &'a Table,
        current: &'a Path,
    ) -> Self {
        let engine = engine.clone();
        let (mistakes, warnings) = (Vec::new(), Vec::new());
        Self { config, engine, table, current, of: None, mistakes, warnings }
    }

    /// The same, with the place of the section's name.
    pub(super) fn of(self, name: &'a Place) -> Self {
        Self { of: Some(name), ..self }
    }

    /// The value of `key` as it was written.
    pub(super) fn node(&self, key: &str) -> Option<&'a Node> {
        self.table.get(key)
    }

    /// Whether `key` is written at all.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.get(key).is_some()
    }

    /// Where `key` stands, for mistakes about what its value leads to.
    pub(super) fn place(&self, key: &str) -> Option<&'a Place> {
        self.table.get(key).map(|node| &node.place)
    }

    /// A mistake about the value of `key`.
    pub(super) fn wrong(&mut self, key: &str, message: String, label: &str, hint: &str) {
        let mistake = match (self.place(key), self.of) {
            (Some(place), _) => Mistake::at(place, message, label),
            (None, Some(place)) => Mistake::at(place, message, label).may_follow(),
            (None, None) => Mistake::nowhere(message),
        };
        self.mistakes.push(mistake.hint(hint));
    }

    /// As [`Self::wrong`], where what is wrong is that another key is not there.
    pub(super) fn lacking(&mut self, key: &str, message: String, label: &str, hint: &str) {
        self.wrong(key, message, label, hint);
        if let Some(mistake) = self.mistakes.last_mut() {
            mistake.may_follow = true;
        }
    }

    /// A string that is known now.
    pub(super) fn text(&mut self, key: &str) -> Option<String> {
        let node = self.node(key)?;
        self.text_of(key, node)
    }

    /// As [`Self::text`], of a node.
    pub(super) fn text_of(&mut self, key: &str, node: &Node) -> Option<String> {
        let text = self.late_of(&key, node)?;
        let known = text.as_literal().map(str::to_owned);
        if known.is_none() {
            let mistake = Mistake::at(
                &node.place,
                format!("`{key}` takes what is known only when another build has ended"),
                "not known yet",
            );
            self.mistakes.push(
                mistake.hint("`builds.NAME.image` can be printed in `build-args` and `labels`"),
            );
        }
        known
    }

    /// A string whose parts may be known later.
    pub(super) fn late_of(&mut self, key: &dyn fmt::Display, node: &Node) -> Option<Rendered> {
        match &node.data {
            Data::Text(text) if self.is_outside(node) => Some(Rendered::literal(text.as_str())),
            Data::Text(template) => match self.engine.text(template) {
                Ok(rendered) => Some(rendered),
                Err(error) => {
                    self.mistakes.push(self.template_mistake(key, node, template, error));
                    None
                }
            },
            Data::Bool(value) => Some(Rendered::literal(value.to_string())),
            Data::Integer(value) => Some(Rendered::literal(value.to_string())),
            Data::Other(_) | Data::List(_) | Data::Table(_) => None,
        }
    }

    /// Syntax and names of a text that may be a template, without needing values.
    pub(super) fn check(&mut self, key: &str, node: &Node) {
        let Data::Text(template) = &node.data else { return };
        if self.is_outside(node) {
            return;
        }
        let errors = self.engine.check(template);
        if errors.is_empty() {
            return;
        }
        // Read once more for all of them: there may be thousands.
        let written = written(self.config, &node.place, template);
        for error in errors {
            let place = part(written.as_ref(), &node.place, &error.range);
            self.mistakes.push(self.mistake_at(&place, &key, template, error));
        }
    }

    /// Values of the environment and of the command line are no templates.
    pub(super) fn is_outside(&self, node: &Node) -> bool {
        self.config.sources.of(&node.place).origin.is_outside()
    }

    /// `true` or `false`.
    pub(super) fn boolean(&mut self, key: &str) -> Option<bool> {
        let node = self.node(key)?;
        self.boolean_of(key, node)
    }

    /// As [`Self::boolean`], of a node; a name without a value is no.
    fn boolean_of(&mut self, key: &str, node: &Node) -> Option<bool> {
        self.decided(key, node, Engine::flag)
    }

    /// Whether a condition holds: of a string that is only one `{{ … }}` its value decides.
    pub(super) fn holds(&mut self, key: &str, node: &Node) -> Option<bool> {
        self.decided(key, node, Engine::condition)
    }

    fn decided(
        &mut self,
        key: &str,
        node: &Node,
        decide: fn(&Engine, &str) -> Result<bool, TemplateError>,
    ) -> Option<bool> {
        match &node.data {
            Data::Bool(value) => Some(*value),
            // Words of the environment and of the command line are typed already.
            Data::Text(template) if !self.is_outside(node) => {
                match decide(&self.engine, template) {
                    Ok(value) => Some(value),
                    Err(error) => {
                        self.mistakes.push(self.template_mistake(&key, node, template, error));
                        None
                    }
                }
            }
            other => self.mistyped(key, node, "`true` or `false`", other),
        }
    }

    /// What one of `words` stands for.
    pub(super) fn word<T: Copy>(&mut self, key: &str, words: &[(&str, T)]) -> Option<T> {
        let node = self.node(key)?;
        let text = self.text_of(key, node)?;
        let found = words.iter().find(|(word, _)| *word == text);
        found.map(|(_, meaning)| *meaning).or_else(|| {
            let quoted: Vec<_> = words.iter().map(|(word, _)| format!("`\"{word}\"`")).collect();
            let wanted = format!("one of {}", quoted.join(", "));
            self.mistyped(key, node, &wanted, &Data::Text(text))
        })
    }

    /// A string, where it is not empty.
    pub(super) fn filled(&mut self, key: &str) -> Option<String> {
        self.text(key).filter(|text| !text.is_empty())
    }

    /// A whole number that is not negative.
    pub(super) fn integer(&mut self, key: &str) -> Option<u64> {
        let node = self.node(key)?;
        let value = self.typed(key, node)?;
        let number = match &value {
            Data::Integer(number) => u64::try_from(*number).ok(),
            Data::Text(text) => text.trim().parse().ok(),
            _ => None,
        };
        number.or_else(|| self.mistyped(key, node, "a whole number", &value))
    }

    /// A time.
    pub(super) fn duration(&mut self, key: &str) -> Option<Duration> {
        self.time(key, false)
    }

    /// A time that is more than none.
    pub(super) fn limit(&mut self, key: &str) -> Option<Duration> {
        self.time(key, true)
    }

    fn time(&mut self, key: &str, some: bool) -> Option<Duration> {
        let node = self.node(key)?;
        let text = self.text_of(key, node)?;
        match config::time(&text, some) {
            Ok(time) => Some(time),
            Err(why) => {
                let message = format!("`{key}` must be a time such as `\"15m\"`");
                let label = format!("gives `{text}`, {why}");
                self.mistakes.push(Mistake::at(&node.place, message, label));
                None
            }
        }
    }

    /// A path, made absolute from where it was written.
    pub(super) fn path(&mut self, key: &str) -> Option<PathBuf> {
        let node = self.node(key)?;
        let text = self.text_of(key, node)?;
        if text.is_empty() {
            let label = "is empty";
            self.mistakes.push(Mistake::at(&node.place, format!("`{key}` names no path"), label));
            return None;
        }
        Some(absolute(self.config.base(&node.place, self.current), &text))
    }

    /// Names with texts; `false` leaves a name out.
    pub(super) fn map(&mut self, key: &str) -> Vec<(String, Rendered)> {
        let Some(Node { data: Data::Table(table), .. }) = self.node(key) else {
            return Vec::new();
        };
        let kept = table.0.iter().filter(|entry| entry.node.data != Data::Bool(false));
        let entry = |entry: &crate::config::Entry| {
            let owner = format_args!("{key}.{}", entry.name);
            Some((entry.name.clone(), self.late_of(&owner, &entry.node)?))
        };
        kept.filter_map(entry).collect()
    }

    /// A value that keeps the type of its template.
    fn typed(&mut self, key: &str, node: &Node) -> Option<Data> {
        let Data::Text(template) = &node.data else { return Some(node.data.clone()) };
        if self.is_outside(node) {
            return Some(node.data.clone());
        }
        match self.engine.value(template) {
            Ok(value) => Some(data(value, &node.place)),
            Err(error) => {
                self.mistakes.push(self.template_mistake(&key, node, template, error));
                None
            }
        }
    }

    fn mistyped<T>(&mut self, key: &str, node: &Node, wanted: &str, got: &Data) -> Option<T> {
        let label = match got {
            Data::Text(text) if text.is_empty() => "gives nothing".to_owned(),
            Data::Text(text) => format!("gives `{text}`"),
            other => format!("gives {}", other.described()),
        };
        let message = format!("`{key}` must be {wanted}");
        self.mistakes.push(Mistake::at(&node.place, message, label));
        None
    }

    fn template_mistake(
        &self,
        key: &dyn fmt::Display,
        node: &Node,
        template: &str,
        error: TemplateError,
    ) -> Mistake {
        let place = within(self.config, &node.place, template, &error.range);
        self.mistake_at(&place, key, template, error)
    }

    fn mistake_at(
        &self,
        place: &Place,
        key: &dyn fmt::Display,
        template: &str,
        error: TemplateError,
    ) -> Mistake {
        let mistake = Mistake::at(place, format!("`{key}`: {}", error.message), "here");
        let mistake = match error.hint {
            Some(hint) => mistake.hint(hint),
            None => mistake,
        };
        let name = template.get(error.range).unwrap_or_default();
        let root = name.split(['.', '[']).next().unwrap_or_default().trim();
        let may_follow = match root {
            "builds" => self.config.lacks_builds,
            "matrix" => true,
            "registries" => self.config.registries.is_empty(),
            "vars" => self.config.vars.0.is_empty(),
            _ => false,
        };
        if may_follow { mistake.may_follow() } else { mistake }
    }
}

/// The place of a range of a template, or all of it where it is not written there.
pub(super) fn within(
    config: &Config,
    whole: &Place,
    template: &str,
    range: &Range<usize>,
) -> Place {
    part(written(config, whole, template).as_ref(), whole, range)
}

/// How the string at `whole` is written, whose text is `template`.
fn written(config: &Config, whole: &Place, template: &str) -> Option<Written> {
    Written::of(config.sources.of(whole).text.get(whole.span.clone())?, template)
}

fn part(written: Option<&Written>, whole: &Place, range: &Range<usize>) -> Place {
    // What is not there stands in no place of a line.
    let written = written.filter(|written| written.has_lines() || !range.is_empty());
    match written.and_then(|written| written.find(range)) {
        Some(span) => {
            let start = whole.span.start;
            Place { source: whole.source, span: start + span.start..start + span.end }
        }
        None => whole.clone(),
    }
}

/// `path` from `base`, with `.` and `..` taken out by name.
pub(super) fn absolute(base: &Path, path: &str) -> PathBuf {
    let path = base.join(path);
    let mut clean = PathBuf::with_capacity(path.as_os_str().len());
    for component in path.components() {
        match component {
            std::path::Component::ParentDir => {
                clean.pop();
            }
            std::path::Component::CurDir => {}
            other => clean.push(other),
        }
    }
    clean
}

fn data(value: template::Value, place: &Place) -> Data {
    let node = |value| Node { place: place.clone(), data: data(value, place) };
    match value {
        template::Value::Text(text) => Data::Text(text),
        template::Value::Bool(value) => Data::Bool(value),
        template::Value::Integer(value) => Data::Integer(value),
        template::Value::Float(_) => Data::Other("a decimal number"),
        template::Value::List(items) => Data::List(items.into_iter().map(node).collect()),
        template::Value::Table(_) => Data::Other("a table"),
    }
}
