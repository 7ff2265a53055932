//! From the parser's instructions to ours.

use std::{iter::Peekable, vec::IntoIter};

use parse_dockerfile::{Flag, Instruction, Source};

use super::{
    Argument, Copy, Dockerfile, DockerfileError, Heredoc, Mount, Stage, Steps, User, heredoc,
    heredoc::Found, words,
};

/// Reads a text without byte order mark.
pub(super) fn read(text: &str) -> Result<Dockerfile, DockerfileError> {
    let escape = escape_of(text);
    if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        return Err(at_start("the Dockerfile holds no instruction"));
    }
    let hidden = heredoc::hide(text, escape)?;
    let mut reading = Reading {
        text,
        escape,
        line_starts: line_starts(text),
        heredocs: hidden.heredocs.into_iter().peekable(),
    };
    let mut dockerfile = Dockerfile { escape, arguments: Vec::new(), stages: Vec::new() };

    // Not `parse`: it refuses two stages of one name, which executors take.
    let instructions =
        parse_dockerfile::parse_iter(&hidden.text).map_err(|error| refusal(text, &error))?;
    for instruction in instructions {
        match instruction.map_err(|error| refusal(text, &error))? {
            Instruction::From(from) => dockerfile.stages.push(Stage {
                name: from.as_.map(|(_, name)| name.value.into_owned()),
                base: from.image.value.into_owned(),
                platform: value_of(&from.options, "platform"),
                line: reading.line(from.from.span.start),
                steps: Steps::default(),
                onbuild: Steps::default(),
            }),
            Instruction::Arg(arg) if dockerfile.stages.is_empty() => {
                let line = reading.line(arg.arg.span.start);
                dockerfile.arguments.extend(arguments(&arg.arguments.value, escape, line));
            }
            instruction => {
                if let Some(stage) = dockerfile.stages.last_mut() {
                    match instruction {
                        Instruction::Onbuild(onbuild) => reading.step(
                            *onbuild.instruction,
                            onbuild.onbuild.span.start,
                            &mut stage.onbuild,
                        ),
                        instruction => {
                            let start = start_of(&instruction);
                            reading.step(instruction, start, &mut stage.steps);
                        }
                    }
                }
            }
        }
    }
    Ok(dockerfile)
}

struct Reading<'t> {
    /// With its here-documents in it.
    text: &'t str,
    escape: char,
    line_starts: Vec<usize>,
    heredocs: Peekable<IntoIter<Found>>,
}

impl Reading<'_> {
    /// The line of a place in the text, from 1.
    fn line(&self, at: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= at)
    }

    /// Puts an instruction that begins at `start` where it belongs.
    fn step(&mut self, instruction: Instruction<'_>, start: usize, steps: &mut Steps) {
        let line = self.line(start);
        let run = matches!(instruction, Instruction::Run(_));
        while let Some(found) = self.heredocs.next_if(|found| found.instruction <= start) {
            steps.heredocs.push(Heredoc { line, name: found.name, run });
        }
        match instruction {
            Instruction::Copy(copy) => {
                steps.copies.push(self.copy(false, line, &copy.options, &copy.src));
            }
            Instruction::Add(add) => {
                steps.copies.push(self.copy(true, line, &add.options, &add.src));
            }
            Instruction::Run(run) => {
                steps.runs.push(line);
                steps.mounts.extend(
                    values_of(&run.options, "mount").map(|value| mount(value, self.escape, line)),
                );
            }
            Instruction::User(user) => {
                steps.users.push(User { line, user: user.arguments.value.into_owned() });
            }
            _ => {}
        }
    }

    fn copy(&self, add: bool, line: usize, flags: &[Flag<'_>], sources: &[Source<'_>]) -> Copy {
        let sources = sources.iter().filter_map(|source| match source {
            // The parser saw `__EOF` where `<<EOF` stands.
            Source::Path(path) if self.text[path.span.clone()].starts_with("<<") => None,
            Source::Path(path) => Some(path.value.clone().into_owned()),
            _ => None,
        });
        Copy {
            line,
            add,
            from: value_of(flags, "from"),
            sources: sources.collect(),
            excludes: values_of(flags, "exclude").map(str::to_owned).collect(),
        }
    }
}

fn values_of<'f>(flags: &'f [Flag<'_>], name: &'f str) -> impl Iterator<Item = &'f str> {
    flags
        .iter()
        .filter(move |flag| flag.name.value == name)
        .filter_map(|flag| flag.value.as_ref().map(|value| value.value.as_ref()))
}

fn value_of(flags: &[Flag<'_>], name: &str) -> Option<String> {
    values_of(flags, name).next().map(str::to_owned)
}

/// The value of a `--mount`: fields with commas between them, quoted where they hold one.
fn mount(value: &str, escape: char, line: usize) -> Mount {
    let mut mount = Mount {
        line,
        kind: "bind".to_owned(),
        from: None,
        source: None,
        target: None,
        id: None,
        required: false,
    };
    for field in value.split(',') {
        let field = words::unquoted(field, escape);
        let (key, value) = field.split_once('=').map_or((&*field, None), |(k, v)| (k, Some(v)));
        let text = || value.map(str::to_owned);
        match key.to_ascii_lowercase().as_str() {
            "type" => mount.kind = value.unwrap_or_default().to_ascii_lowercase(),
            "from" => mount.from = text(),
            "source" | "src" => mount.source = text(),
            "target" | "dst" | "destination" => mount.target = text(),
            "id" => mount.id = text(),
            "required" => mount.required = value.is_none_or(|value| value != "false"),
            _ => {}
        }
    }
    mount
}

/// `A=1 B`: what a global `ARG` declares.
fn arguments(text: &str, escape: char, line: usize) -> Vec<Argument> {
    let words = words::split(text, escape).unwrap_or_else(|| vec![text]);
    let argument = |word: &str| match word.split_once('=') {
        Some((name, default)) => {
            Argument { name: name.to_owned(), default: Some(default.to_owned()), line }
        }
        None => Argument { name: word.to_owned(), default: None, line },
    };
    words.into_iter().map(argument).collect()
}

/// Where the instructions begin that `step` looks at; others are of no account.
fn start_of(instruction: &Instruction<'_>) -> usize {
    match instruction {
        Instruction::Copy(copy) => copy.copy.span.start,
        Instruction::Add(add) => add.add.span.start,
        Instruction::Run(run) => run.run.span.start,
        Instruction::User(user) => user.user.span.start,
        _ => 0,
    }
}

/// What the directives at the start of `text` make the escape character.
fn escape_of(text: &str) -> char {
    for line in text.lines() {
        let directive = line.strip_prefix('#').and_then(|line| line.split_once('='));
        let Some((name, value)) = directive else { break };
        match name.trim().to_ascii_lowercase().as_str() {
            "escape" => return if value.trim() == "`" { '`' } else { '\\' },
            "syntax" | "check" => {}
            _ => break,
        }
    }
    '\\'
}

fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect()
}

fn at_start(message: &str) -> DockerfileError {
    DockerfileError { line: 1, column: 1, message: message.to_owned() }
}

/// The parser's error with a column in characters, in words that say what to do.
fn refusal(text: &str, error: &parse_dockerfile::Error) -> DockerfileError {
    // Its alternate form leaves the place out.
    let message = match format!("{error:#}").as_str() {
        "expected FROM" => "an instruction other than `ARG` stands before the first `FROM`".into(),
        "expected at least one FROM instruction" => {
            return at_start("the Dockerfile has no `FROM`");
        }
        message => message.to_owned(),
    };
    let line = text.lines().nth(error.line().saturating_sub(1)).unwrap_or_default();
    let before = line.as_bytes().get(..error.column().saturating_sub(1)).unwrap_or_default();
    let column = String::from_utf8_lossy(before).chars().count() + 1;
    DockerfileError { line: error.line().max(1), column, message }
}

#[cfg(test)]
mod tests;
