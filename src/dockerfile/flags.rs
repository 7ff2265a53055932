//! The flags of an instruction: `--name` and `--name=value` before its arguments.
//!
//! Source: `BuildKit`'s `split_command.go` and `bflag.go` below frontend/dockerfile.

use super::{
    lines::Mistake,
    nearest::{hint, nearest},
    words::Word,
};

/// A flag as it is written, without quotes and escapes.
#[derive(Debug)]
struct Flag {
    at: usize,
    text: String,
}

/// The flags of one instruction, and which of them were asked for.
#[derive(Debug)]
pub(super) struct Flags {
    flags: Vec<Flag>,
    known: Vec<&'static str>,
}

/// The value of a flag with its place.
#[derive(Debug)]
pub(super) struct Value {
    pub(super) at: usize,
    pub(super) text: String,
}

impl Flags {
    pub(super) fn none() -> Self {
        Self { flags: Vec::new(), known: Vec::new() }
    }

    /// Takes the flags from the front of `arguments`; `--` alone ends them.
    ///
    /// Like `BuildKit`, which takes bytes for characters: what is not ASCII in a flag is read as
    /// Latin-1.
    pub(super) fn take(arguments: Word<'_>, escape: char) -> (Self, Word<'_>) {
        let bytes = arguments.text.as_bytes();
        let mut flags = Vec::new();
        let mut at = 0;
        let rest = loop {
            let blanks = bytes[at..].iter().position(|byte| !is_space(*byte));
            at = blanks.map_or(bytes.len(), |blanks| at + blanks);
            if !bytes[at..].starts_with(b"--") {
                break at;
            }
            let start = at;
            let mut text = String::new();
            let mut quote = None;
            while let Some(&byte) = bytes.get(at) {
                at += 1;
                if quote.is_none() && is_space(byte) {
                    at -= 1;
                    break;
                }
                if quote == Some(byte) {
                    quote = None;
                } else if quote.is_none() && matches!(byte, b'\'' | b'"') {
                    quote = Some(byte);
                } else if char::from(byte) == escape {
                    text.extend(bytes.get(at).copied().map(char::from));
                    at += 1;
                } else {
                    text.push(char::from(byte));
                }
            }
            at = at.min(bytes.len());
            if text == "--" {
                break at;
            }
            flags.push(Flag { at: arguments.at + start, text });
        };
        // Within a character where Latin-1 has a blank; what is left then begins after it.
        let rest = (rest..=bytes.len()).find(|at| arguments.text.is_char_boundary(*at));
        let rest = rest.unwrap_or(bytes.len());
        let rest = Word { at: arguments.at + rest, text: &arguments.text[rest..] };
        (Self { flags, known: Vec::new() }, rest.trimmed())
    }

    /// The value of a flag that stands once; none where it is not there or empty.
    pub(super) fn text(&mut self, name: &'static str) -> Result<Option<Value>, Mistake> {
        let mut values = self.given(name);
        if let [_, (at, _), ..] = values[..] {
            return Err(Mistake::new(at, format!("`--{name}` stands here twice")));
        }
        let Some((at, value)) = values.pop() else { return Ok(None) };
        let text = value.ok_or_else(|| no_value(at, name))?;
        Ok(Some(Value { at, text }).filter(|value| !value.text.is_empty()))
    }

    /// The values of a flag that can be repeated.
    pub(super) fn texts(&mut self, name: &'static str) -> Result<Vec<Value>, Mistake> {
        let values = self.given(name).into_iter();
        values
            .map(|(at, value)| {
                value.map(|text| Value { at, text }).ok_or_else(|| no_value(at, name))
            })
            .collect()
    }

    /// A flag that is there or `=true`, or `=false`.
    pub(super) fn boolean(&mut self, name: &'static str) -> Result<Option<bool>, Mistake> {
        let values = self.given(name);
        if let [_, (at, _), ..] = values[..] {
            return Err(Mistake::new(at, format!("`--{name}` stands here twice")));
        }
        let Some((at, value)) = values.into_iter().next() else { return Ok(None) };
        match value.map(|value| value.to_lowercase()).as_deref() {
            None | Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some("") => Err(no_value(at, name)),
            Some(other) => {
                let message = format!("`--{name}` is `true` or `false`, not `{other}`");
                Err(Mistake::new(at, message))
            }
        }
    }

    /// Refuses what was not asked for.
    pub(super) fn end(self, instruction: &str) -> Result<(), Mistake> {
        for Flag { at, text } in &self.flags {
            let name = name_of(text);
            if self.known.contains(&name) {
                continue;
            }
            let hint = hint("--", nearest(name, &self.known));
            return Err(Mistake::new(*at, format!("`{instruction}` has no flag `--{name}`{hint}")));
        }
        Ok(())
    }

    fn given(&mut self, name: &'static str) -> Vec<(usize, Option<String>)> {
        self.known.push(name);
        let flags = self.flags.iter().filter(|flag| name_of(&flag.text) == name);
        flags
            .map(|flag| (flag.at, flag.text.split_once('=').map(|(_, value)| value.to_owned())))
            .collect()
    }
}

fn name_of(flag: &str) -> &str {
    let name = flag.split_once('=').map_or(flag, |(name, _)| name);
    name.strip_prefix("--").unwrap_or(name)
}

fn no_value(at: usize, name: &str) -> Mistake {
    Mistake::new(at, format!("`--{name}` has no value"))
}

/// Latin-1's white space.
fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | 0x0b | 0x0c | b'\r' | b' ' | 0x85 | 0xa0)
}
