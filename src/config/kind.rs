//! The forms that a value of the file can have.

/// What a key takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A string.
    Text,
    /// A string with something in it.
    Filled,
    /// `true`, `false`, or a template that gives one.
    Bool,
    /// A whole number that is not negative, or a template that gives one.
    Integer,
    /// A time such as `90s`, `15m` or `1h30m`.
    Duration,
    /// Such a time, and more than none.
    Limit,
    /// A path of this machine, relative to the file that it stands in.
    Path,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A list.
    List(&'static Self),
    /// A list of names, none of them a template: what they decide comes before templates.
    Names,
    /// A program and its arguments, as a list of strings.
    Program,
    /// Names of the user's own, each with a value.
    Map(&'static Self),
    /// A string, or `false` to remove what is inherited.
    Removable(&'static Self),
    /// Where a secret comes from; never the secret itself.
    Secret,
    /// A string, or where a secret comes from.
    TextOrSecret,
    /// A string, or `{ tag = "…", when = "{{ … }}" }`.
    Tag,
    /// Lists by name, of which every combination is a build.
    Matrix,
    /// A table of these keys.
    Record(&'static [Key]),
    /// Known, and refused for this reason.
    Refused(&'static str),
}

/// One key of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key {
    /// Its name, in kebab-case.
    pub(crate) name: &'static str,
    /// What it takes.
    pub(crate) kind: Kind,
    /// What it does, in a sentence.
    pub(crate) about: &'static str,
    /// A value to copy, as TOML.
    pub(crate) example: &'static str,
    /// What counts where it is not written.
    pub(crate) otherwise: Otherwise,
}

/// What counts where a key is not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Otherwise {
    /// Nothing.
    Nothing,
    /// This value, as TOML.
    Value(&'static str),
    /// This string.
    Text(&'static str),
    /// What these words say.
    Words(&'static str),
}

impl Key {
    /// The same, of which this value counts where nothing is written.
    pub(crate) const fn or(mut self, value: &'static str) -> Self {
        self.otherwise = Otherwise::Value(value);
        self
    }

    /// The same, of which that counts where nothing is written which these words say.
    pub(crate) const fn or_else(mut self, words: &'static str) -> Self {
        self.otherwise = Otherwise::Words(words);
        self
    }
}

impl Kind {
    /// Whether a table of this kind is one value: a later layer says it anew and adds nothing.
    #[must_use]
    pub(crate) fn is_one_value(self) -> bool {
        match self {
            Self::Removable(inner) => inner.is_one_value(),
            kind => matches!(kind, Self::Secret | Self::TextOrSecret),
        }
    }

    /// Whether what stands there, or should, is a secret or where one comes from.
    #[must_use]
    pub(crate) fn is_secret(self) -> bool {
        match self {
            Self::Removable(inner) | Self::Map(inner) | Self::List(inner) => inner.is_secret(),
            kind => matches!(kind, Self::Secret | Self::TextOrSecret),
        }
    }

    /// The form in words, for messages.
    #[must_use]
    pub(crate) fn described(&self) -> String {
        match self {
            Self::Text | Self::Filled => "a string".into(),
            Self::Bool => "`true` or `false`".into(),
            Self::Integer => "a whole number".into(),
            Self::Duration | Self::Limit => {
                "a time such as `\"90s\"`, `\"15m\"` or `\"1h30m\"`".into()
            }
            Self::Path => "a path".into(),
            Self::OneOf(words) => {
                let quoted: Vec<_> = words.iter().map(|word| format!("`\"{word}\"`")).collect();
                format!("one of {}", quoted.join(", "))
            }
            Self::Names | Self::List(Self::Text | Self::Filled | Self::Path) => {
                "a list of strings".into()
            }
            Self::Program => "a program and its arguments, as a list of strings".into(),
            Self::List(item) => format!("a list, each {}", item.described()),
            Self::Map(_) | Self::Record(_) => "a table".into(),
            Self::Matrix => "a table of lists".into(),
            Self::Removable(inner) => format!("{}, or `false` to remove it", inner.described()),
            Self::Secret => SECRET_FORMS.into(),
            Self::TextOrSecret => format!("a string, or {SECRET_FORMS}"),
            Self::Tag => "a string or `{ tag = \"…\", when = \"{{ … }}\" }`".into(),
            Self::Refused(_) => "nothing".into(),
        }
    }
}

/// The forms of a secret, in words.
pub(crate) const SECRET_FORMS: &str =
    "`{ env = \"NAME\" }`, `{ file = \"path\" }` or `{ command = [\"program\", \"argument\"] }`";

/// The words of `line`, and then `more`, as the list that a program and its arguments are; its form
/// alone where only a shell could tell the words apart, or none are there.
pub(crate) fn program<'w>(line: &'w str, more: impl IntoIterator<Item = &'w str>) -> String {
    let words: Vec<_> = line.split_whitespace().chain(more).map(|it| format!("{it:?}")).collect();
    if words.is_empty() || line.contains(['"', '\'', '\\']) || line.contains("{{") {
        return "`[\"PROGRAM\", \"ARGUMENT\", …]`".to_owned();
    }
    format!("`[{}]`", words.join(", "))
}
