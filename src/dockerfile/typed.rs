//! From an instruction's line to what it says.
//!
//! Source: `BuildKit`'s frontend/dockerfile/instructions/parse.go.

use super::{
    Argument, Command, Copy, Inline, Instruction, Run, What,
    flags::{Flags, Value},
    healthcheck,
    heredoc::{self, Opened},
    lines::{Line, Mistake},
    mount,
    nearest::{hint, nearest},
    words::Word,
};

/// All of them, as they are shown.
const NAMES: [&str; 18] = [
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

/// An instruction, parted but not yet understood.
pub(super) struct Parted<'l> {
    pub(super) line: &'l Line<'l>,
    /// Its name as it is written, with its place.
    pub(super) keyword: Word<'l>,
    /// Its name as it is shown.
    pub(super) name: &'static str,
    flags: Flags,
    arguments: Word<'l>,
    /// Where its arguments are a JSON list of strings.
    json: Option<Vec<String>>,
    /// What stands behind `ONBUILD`.
    inner: Option<Box<Self>>,
}

/// What a `FROM` says.
pub(super) struct From {
    pub(super) base: String,
    pub(super) name: Option<String>,
    pub(super) platform: Option<String>,
}

impl<'l> Parted<'l> {
    /// Parts a whole line.
    pub(super) fn read(line: &'l Line<'l>, escape: char) -> Result<Self, Mistake> {
        let parted = Self::part(line, Word { at: 0, text: &line.text }, escape)?;
        if parted.name != "ONBUILD" {
            return Ok(parted);
        }
        if parted.arguments.text.is_empty() {
            return Err(parted.wrong("`ONBUILD` needs an instruction"));
        }
        // Behind `ONBUILD`, flags of its own can stand before the instruction, and are refused.
        let inner = Self::part(line, parted.arguments, escape)?;
        match inner.name {
            "ONBUILD" => Err(inner.wrong("`ONBUILD` cannot follow `ONBUILD`")),
            "FROM" | "MAINTAINER" => {
                Err(inner.wrong(format!("`{}` cannot follow `ONBUILD`", inner.name)))
            }
            _ => Ok(Self { inner: Some(Box::new(inner)), ..parted }),
        }
    }

    fn part(line: &'l Line<'l>, text: Word<'l>, escape: char) -> Result<Self, Mistake> {
        let (keyword, arguments) = text.trimmed().parted();
        let Some(name) = NAMES.into_iter().find(|name| keyword.text.eq_ignore_ascii_case(name))
        else {
            let shown: String = keyword.text.chars().take(40).collect();
            let hint = hint("", nearest(&keyword.text.to_ascii_uppercase(), &NAMES));
            let message = format!("there is no instruction `{shown}`{hint}");
            return Err(Mistake::new(keyword.at, message));
        };
        let end = Word { at: keyword.at + keyword.text.len(), text: "" };
        let (flags, arguments) = Flags::take(arguments.unwrap_or(end), escape);
        let json = match name {
            "ADD" | "CMD" | "COPY" | "ENTRYPOINT" | "RUN" | "SHELL" | "VOLUME" => {
                arguments.json()?
            }
            _ => None,
        };
        Ok(Self { line, keyword, name, flags, arguments, json, inner: None })
    }

    /// The here-documents that it opens.
    pub(super) fn opened(&self) -> Result<Vec<Opened>, Mistake> {
        let inner = self.inner.as_deref().unwrap_or(self);
        if matches!(inner.name, "ADD" | "COPY" | "RUN") && inner.json.is_none() {
            heredoc::all(self.line)
        } else {
            Ok(Vec::new())
        }
    }

    /// What a `FROM` says.
    pub(super) fn from(mut self) -> Result<From, Mistake> {
        let words = self.arguments.at_blanks();
        let name = match words[..] {
            [_] => None,
            [_, separator, name] if separator.text.eq_ignore_ascii_case("as") => Some(name),
            [_, separator, ..] => return Err(Mistake::new(separator.at, FORM_OF_FROM)),
            [] => return Err(self.wrong(FORM_OF_FROM)),
        };
        let name = name.map(stage_name).transpose()?;
        let platform = text(self.flags.text("platform")?);
        let base = words[0].text.to_owned();
        self.flags.end("FROM")?;
        Ok(From { base, name, platform })
    }

    /// What any other instruction says, with the here-documents that it opened.
    pub(super) fn what(mut self, inline: Vec<(Opened, &str)>) -> Result<What, Mistake> {
        let (line, _) = self.line.place(self.keyword.at);
        let name = self.name;
        match name {
            // These three look at no flag.
            "ARG" => return self.declared(line).map(What::Arg),
            "STOPSIGNAL" => return self.only().map(What::Stopsignal),
            "HEALTHCHECK" => {
                return healthcheck::read(self.keyword.at, self.arguments, self.flags)
                    .map(|check| What::Healthcheck(Box::new(check)));
            }
            "ADD" => return self.copy(line, inline).map(|copy| What::Add(Box::new(copy))),
            "COPY" => return self.copy(line, inline).map(|copy| What::Copy(Box::new(copy))),
            "RUN" => return self.run(line, inline).map(|run| What::Run(Box::new(run))),
            "ONBUILD" => return self.onbuild(inline),
            _ => {}
        }
        std::mem::replace(&mut self.flags, Flags::none()).end(name)?;
        match name {
            "CMD" => Ok(What::Cmd(self.command())),
            "ENTRYPOINT" => Ok(What::Entrypoint(self.command())),
            "ENV" => self.pairs().map(What::Env),
            "EXPOSE" => {
                let mut words: Vec<_> =
                    self.some(self.arguments.at_blanks())?.into_iter().map(owned).collect();
                words.sort();
                Ok(What::Expose(words))
            }
            "LABEL" => self.pairs().map(What::Label),
            "MAINTAINER" => self.only().map(What::Maintainer),
            "SHELL" => match &self.json {
                Some(words) if !words.is_empty() => Ok(What::Shell(words.clone())),
                _ => Err(self.wrong("`SHELL` needs a JSON list: `SHELL [\"/bin/sh\", \"-c\"]`")),
            },
            "USER" => self.only().map(What::User),
            "VOLUME" => self.volumes(),
            "WORKDIR" => self.only().map(What::Workdir),
            _ => Err(self.wrong(format!("`{name}` cannot stand here"))),
        }
    }

    /// A mistake of the whole instruction.
    pub(super) fn wrong(&self, message: impl Into<String>) -> Mistake {
        Mistake::new(self.keyword.at, message)
    }

    fn command(&self) -> Command {
        match &self.json {
            Some(words) => Command::Exec(words.clone()),
            None => Command::Shell(self.arguments.text.to_owned()),
        }
    }

    /// The one value, blanks in it.
    fn only(&self) -> Result<String, Mistake> {
        if self.arguments.text.is_empty() {
            return Err(self.wrong(format!("`{}` needs a value", self.name)));
        }
        Ok(self.arguments.text.to_owned())
    }

    fn some<T>(&self, words: Vec<T>) -> Result<Vec<T>, Mistake> {
        if words.is_empty() {
            return Err(self.wrong(format!("`{}` needs a value", self.name)));
        }
        Ok(words)
    }

    fn declared(&self, line: usize) -> Result<Vec<Argument>, Mistake> {
        let words = self.some(self.arguments.quoted(self.line.escape))?;
        let argument = |word: Word<'_>| {
            let (name, default) = match word.text.split_once('=') {
                Some(("", _)) => {
                    return Err(Mistake::new(word.at, "the name of an `ARG` is empty"));
                }
                Some((name, default)) => (name, Some(default.to_owned())),
                None => (word.text, None),
            };
            Ok(Argument { name: name.to_owned(), default, line })
        };
        words.into_iter().map(argument).collect()
    }

    /// `name=value …`, or the old `name value`.
    fn pairs(&self) -> Result<Vec<(String, String)>, Mistake> {
        let words = self.some(self.arguments.quoted(self.line.escape))?;
        if !words[0].text.contains('=') {
            let (name, value) = self.arguments.parted();
            let Some(value) = value else {
                let message = format!("`{}` needs a value: `{} name=value`", self.name, self.name);
                return Err(Mistake::new(name.at, message));
            };
            return Ok(vec![(owned(name), owned(value))]);
        }
        let pair = |word: Word<'_>| match word.text.split_once('=') {
            Some(("", _)) => {
                Err(Mistake::new(word.at, format!("a name of `{}` is empty", self.name)))
            }
            Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
            None => {
                let shown: String = word.text.chars().take(40).collect();
                let message = format!("`{shown}` is no `name=value`; quote a value with blanks");
                Err(Mistake::new(word.at, message))
            }
        };
        words.into_iter().map(pair).collect()
    }

    fn volumes(&self) -> Result<What, Mistake> {
        let volumes = self.some(self.list())?;
        let volumes: Vec<_> = volumes.iter().map(|volume| volume.trim().to_owned()).collect();
        if volumes.iter().any(String::is_empty) {
            return Err(Mistake::new(self.arguments.at, "a `VOLUME` is empty"));
        }
        Ok(What::Volume(volumes))
    }

    /// The strings of a JSON list, or else words.
    fn list(&self) -> Vec<String> {
        match &self.json {
            Some(words) => words.clone(),
            None => self.arguments.at_blanks().into_iter().map(owned).collect(),
        }
    }

    fn copy(mut self, line: usize, inline: Vec<(Opened, &str)>) -> Result<Copy, Mistake> {
        let add = self.name == "ADD";
        let mut words = self.list();
        let Some(destination) = words.pop().filter(|_| !words.is_empty()) else {
            return Err(self.wrong(format!("`{}` needs a source and a destination", self.name)));
        };
        let flags = &mut self.flags;
        let mut copy = Copy {
            line,
            add,
            chown: text(flags.text("chown")?),
            chmod: text(flags.text("chmod")?),
            link: flags.boolean("link")?.unwrap_or_default(),
            excludes: flags.texts("exclude")?.into_iter().map(|value| value.text).collect(),
            destination,
            ..Copy::default()
        };
        if add {
            copy.checksum = text(flags.text("checksum")?);
            copy.keep_git_dir = flags.boolean("keep-git-dir")?.unwrap_or_default();
            copy.unpack = flags.boolean("unpack")?;
        } else {
            copy.from = text(flags.text("from")?);
            copy.parents = flags.boolean("parents")?.unwrap_or_default();
        }
        std::mem::replace(flags, Flags::none()).end(self.name)?;
        let document = |word: &str| heredoc::opened(word).ok().flatten();
        if document(&copy.destination).is_some() {
            return Err(self.wrong("a here-document is a source, not the destination"));
        }
        // Of several documents of one name the last one counts.
        let contents: std::collections::HashMap<_, _> =
            inline.into_iter().map(|(opened, content)| (opened.name, content)).collect();
        for source in words {
            match document(&source) {
                Some(opened) => {
                    let content = contents.get(&opened.name).copied().unwrap_or_default();
                    copy.inline.push(opened.inline(content));
                }
                None => copy.sources.push(source),
            }
        }
        Ok(copy)
    }

    fn run(mut self, line: usize, inline: Vec<(Opened, &str)>) -> Result<Run, Mistake> {
        let flags = &mut self.flags;
        let mounts = flags.texts("mount")?;
        let run = Run {
            mounts: mounts
                .iter()
                .map(|value| mount::read(value, line))
                .collect::<Result<_, _>>()?,
            network: one_of(flags.text("network")?, &["default", "none", "host"])?,
            security: one_of(flags.text("security")?, &["sandbox", "insecure"])?,
            devices: flags.texts("device")?.into_iter().map(|value| value.text).collect(),
            command: Command::Exec(Vec::new()),
            inline: documents(inline),
        };
        std::mem::replace(flags, Flags::none()).end("RUN")?;
        Ok(Run { command: self.command(), ..run })
    }

    fn onbuild(self, inline: Vec<(Opened, &str)>) -> Result<What, Mistake> {
        self.flags.end("ONBUILD")?;
        let Some(inner) = self.inner else {
            return Err(Mistake::new(self.keyword.at, "`ONBUILD` needs an instruction"));
        };
        let (line, column) = self.line.place(inner.keyword.at);
        let mut original = self.line.text[inner.keyword.at..].to_owned();
        for (opened, content) in &inline {
            original.push('\n');
            original.push_str(content);
            original.push_str(&opened.name);
        }
        let what = inner.what(inline)?;
        Ok(What::Onbuild(Box::new(Instruction { line, column, original, what })))
    }
}

const FORM_OF_FROM: &str = "a `FROM` is `FROM image` or `FROM image AS name`";

fn stage_name(word: Word<'_>) -> Result<String, Mistake> {
    let name = word.text.to_lowercase();
    let inside = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(inside) {
        let message = format!(
            "`{}` is no name of a stage: a letter, then letters, digits, `-`, `_` and `.`",
            word.text
        );
        return Err(Mistake::new(word.at, message));
    }
    Ok(name)
}

fn one_of(value: Option<Value>, known: &[&str]) -> Result<Option<String>, Mistake> {
    match value {
        Some(value) if !known.contains(&value.text.as_str()) => {
            let message = format!("`{}` is none of `{}`", value.text, known.join("`, `"));
            Err(Mistake::new(value.at, message))
        }
        value => Ok(text(value)),
    }
}

fn documents(inline: Vec<(Opened, &str)>) -> Vec<Inline> {
    inline.into_iter().map(|(opened, content)| opened.inline(content)).collect()
}

fn text(value: Option<Value>) -> Option<String> {
    value.map(|value| value.text)
}

fn owned(word: Word<'_>) -> String {
    word.text.to_owned()
}
