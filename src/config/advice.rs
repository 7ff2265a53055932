//! How the mistakes of the walk are worded, and what is advised.

use std::time::Duration;

use super::{
    check::{Check, EACH},
    keys,
    kind::{Key, Kind, program},
    mistake::{Mistake, nearest},
    node::{Data, Entry, Node},
    source::Place,
};

/// So many keys are listed where none is near.
const LISTED: usize = 16;

/// Keys of Compose, Bake and CI files, with those that say it here.
const ELSEWHERE: [(&str, &str); 12] = [
    ("args", "build-args"),
    ("cache-from", "cache-repo"),
    ("cache-to", "cache-repo"),
    ("depends-on", "needs"),
    ("depends_on", "needs"),
    ("extends", "presets"),
    ("file", "dockerfile"),
    ("if", "when"),
    ("inherits", "presets"),
    ("platform", "custom-platform"),
    ("platforms", "custom-platform"),
    (PUSH, "no-push"),
];

/// What stands in names of secrets, in lower case.
const SECRETIVE: [&str; 7] = ["api-key", "apikey", "auth", "credential", "pass", "secret", "token"];

/// Whether what stands under this name may be a secret, whoever reads it.
pub(super) fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace('_', "-");
    SECRETIVE.iter().any(|part| name.contains(part))
}

/// The same with the value hidden, unless it is a word or number that says nothing.
fn concealed(mistake: Mistake, node: &Node) -> Mistake {
    match node.data {
        Data::Bool(_) | Data::Integer(_) => mistake,
        _ => mistake.concealing(&node.place),
    }
}

/// What says the contrary here.
const PUSH: &str = "push";

impl Check<'_> {
    /// A key that nobody knows, of `of`; the one that was meant, where one is near.
    pub(super) fn unknown<'k>(
        &mut self,
        entry: &Entry,
        known: &'k [Key],
        of: &str,
    ) -> Option<&'k Key> {
        let usable: Vec<_> =
            known.iter().filter(|key| !matches!(key.kind, Kind::Refused(_))).collect();
        let elsewhere = ELSEWHERE.iter().find(|(name, _)| *name == entry.name);
        let ours = elsewhere.map(|(_, ours)| *ours);
        let near = ours
            .filter(|ours| usable.iter().any(|key| key.name == *ours))
            .or_else(|| nearest(&entry.name, usable.iter().map(|key| key.name)));
        let message = format!("unknown key `{}` of {of}", entry.name);
        let mistake = Mistake::at(&entry.key, message, "unknown key");
        let meant = known.iter().find(|key| Some(key.name) == near);
        let may_be_secret = match meant {
            Some(key) => key.kind.is_secret(),
            None => known == keys::SECRET || known == keys::REGISTRY,
        };
        let mistake = if may_be_secret || is_secret_name(&entry.name) {
            concealed(mistake, &entry.node)
        } else {
            mistake
        };
        // `[executor.NAME]` is misspelt, `executor = "…"` in the wrong place.
        let is_section = near.is_some() && matches!(entry.node.data, Data::Table(_));
        let is_of_a_build = known == keys::SECTIONS
            && !is_section
            && keys::build().iter().any(|key| key.name == entry.name);
        self.mistakes.push(mistake.hint(match near {
            _ if is_of_a_build => {
                format!(
                    "write it in `defaults` or in `builds.NAME`: `{}` is a key of builds",
                    entry.name
                )
            }
            Some(_) if entry.name == PUSH => {
                "everything is pushed but for builds with `no-push = true`".to_owned()
            }
            Some(near) => format!("did you mean `{near}`?"),
            None if usable.len() <= LISTED => {
                let names: Vec<_> = usable.iter().map(|key| key.name).collect();
                format!("there are {}", names.join(", "))
            }
            None => "`kaniko.toml.example` and docs/reference.md have every key".to_owned(),
        }));
        meant.filter(|_| !is_of_a_build && entry.name != PUSH)
    }

    /// A value that its key does not take.
    pub(super) fn wrong(&mut self, name: &str, node: &Node, kind: Kind) {
        let subject = match name.strip_suffix(EACH) {
            Some(list) => format!("an entry of `{list}`"),
            None => format!("`{name}`"),
        };
        let is_empty = matches!(&node.data, Data::Text(text) if text.is_empty());
        let message = if is_empty && matches!(kind, Kind::Filled | Kind::Path) {
            format!("{subject} must not be empty")
        } else {
            format!("{subject} must be {}", kind.described())
        };
        let label = match (&node.data, kind) {
            (Data::Text(_), Kind::OneOf(_)) => "none of them".to_owned(),
            (Data::Text(text), _) if text.is_empty() => "empty".to_owned(),
            (Data::Integer(_), Kind::Integer) => "negative".to_owned(),
            (data, _) => format!("{} here", data.described()),
        };
        let mistake = Mistake::at(&node.place, message, label);
        let mistake = if kind.is_secret() { concealed(mistake, node) } else { mistake };
        self.mistakes.push(match self.advice(name, node, kind) {
            Some(hint) => mistake.hint(hint),
            None => mistake,
        });
    }

    fn advice(&self, name: &str, node: &Node, kind: Kind) -> Option<String> {
        let texts = matches!(
            kind,
            Kind::Text
                | Kind::Filled
                | Kind::Path
                | Kind::Duration
                | Kind::Limit
                | Kind::Tag
                | Kind::TextOrSecret
        );
        match (&node.data, kind) {
            (Data::Integer(number), Kind::Duration | Kind::Limit) => {
                u32::try_from(*number).ok().map(with_its_unit)
            }
            (Data::Text(text), Kind::Duration | Kind::Limit) => {
                text.trim().parse().ok().map(with_its_unit)
            }
            (Data::Other(_), Kind::Duration | Kind::Limit) => {
                Some("write it in quotes and with its unit".to_owned())
            }
            (Data::Integer(_) | Data::Other(_) | Data::Bool(_), _) if texts => {
                Some("put it into quotes".to_owned())
            }
            (Data::Table(_), Kind::Text) if name.contains('.') => {
                Some("a name with dots stands in quotes: `\"a.b.c\" = \"…\"`".to_owned())
            }
            (Data::Text(line), Kind::Program) => {
                Some(format!("write one word each: {}", program(line, [])))
            }
            (Data::Text(_), Kind::List(_) | Kind::Names) => Some("put it into brackets".to_owned()),
            (Data::Text(text), Kind::Bool) if matches!(text.as_str(), "true" | "false") => {
                Some("write it without quotes".to_owned())
            }
            (Data::Text(_), Kind::Bool) if !self.sources.of(&node.place).origin.is_outside() => {
                Some("or a template that gives it: `\"{{ … }}\"`".to_owned())
            }
            (Data::Text(text), Kind::Integer) if text.parse::<u32>().is_ok() => {
                Some("write it without quotes".to_owned())
            }
            (Data::List(_), Kind::Map(_) | Kind::Record(_)) if self.is_doubled(&node.place) => {
                Some("one pair of brackets makes a table".to_owned())
            }
            (_, Kind::Map(Kind::Record(_))) => Some(format!("write `[{name}.NAME]`")),
            (_, Kind::Map(_)) => Some(format!("write `{name} = {{ NAME = … }}`")),
            (_, Kind::Record(_)) => Some(format!("write `[{name}]`, and its keys below")),
            (_, Kind::Matrix) => {
                Some("write `matrix = { python = [\"3.12\", \"3.13\"] }`".to_owned())
            }
            _ => None,
        }
    }

    /// Whether what stands there begins with `[[`.
    fn is_doubled(&self, place: &Place) -> bool {
        let text = &self.sources.of(place).text;
        text.get(place.span.start..).is_some_and(|rest| rest.starts_with("[["))
    }

    /// What must be a table and is none.
    pub(super) fn no_table(&mut self, of: &str, node: &Node) {
        self.wrong(of, node, Kind::Record(&[]));
    }

    /// What a section needs and does not have.
    pub(super) fn missing(&mut self, place: &Place, name: &str, of: &str, example: &str) {
        let mistake = Mistake::at(place, format!("{of} has no `{name}`"), format!("no `{name}`"));
        self.mistakes.push(mistake.hint(format!("write `{name} = {example}`")));
    }
}

/// How a number is written as a time.
fn with_its_unit(number: u32) -> String {
    let seconds = Duration::from_secs(number.into());
    let seconds = humantime::format_duration(seconds).to_string().replace(' ', "");
    if seconds == format!("{number}s") {
        format!("write its unit, in quotes: `\"{number}s\"`, `\"{number}m\"` or `\"{number}h\"`")
    } else {
        format!("write its unit, in quotes: `\"{number}s\"`, which is `\"{seconds}\"`")
    }
}
