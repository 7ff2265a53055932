//! JSON over several lines, as `serde_json`'s own pretty form has it.
//!
//! It begins at any depth, so that a document can be made in parts, and writes an indent at once
//! where `serde_json`'s own writes it level by level.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

/// Twice as many spaces as anything of ours is deep.
const SPACES: &str = "                                                                ";

/// Two spaces for each level.
struct Indented {
    depth: usize,
    is_empty: bool,
}

/// Appends `value` as it stands in a document at `depth`.
pub(super) fn append(bytes: &mut Vec<u8>, depth: usize, value: &impl Serialize) {
    let formatter = Indented { depth, is_empty: false };
    // A vector takes everything, and nothing of ours has keys that are no texts.
    let _ = value.serialize(&mut Serializer::with_formatter(bytes, formatter));
}

/// A new line, and the indent of `depth`.
fn line(out: &mut (impl Write + ?Sized), depth: usize) -> io::Result<()> {
    out.write_all(b"\n")?;
    let mut left = depth * 2;
    while left > 0 {
        let spaces = &SPACES[..left.min(SPACES.len())];
        out.write_all(spaces.as_bytes())?;
        left -= spaces.len();
    }
    Ok(())
}

impl Indented {
    fn begin<W: Write + ?Sized>(&mut self, out: &mut W, sign: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.is_empty = true;
        out.write_all(sign)
    }

    fn end<W: Write + ?Sized>(&mut self, out: &mut W, sign: &[u8]) -> io::Result<()> {
        self.depth -= 1;
        if !self.is_empty {
            line(out, self.depth)?;
        }
        // What was around it has it.
        self.is_empty = false;
        out.write_all(sign)
    }

    fn next<W: Write + ?Sized>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.is_empty = false;
        if !first {
            out.write_all(b",")?;
        }
        line(out, self.depth)
    }
}

impl Formatter for Indented {
    fn begin_array<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.begin(out, b"[")
    }

    fn end_array<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.end(out, b"]")
    }

    fn begin_array_value<W: Write + ?Sized>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.next(out, first)
    }

    fn begin_object<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.begin(out, b"{")
    }

    fn end_object<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.end(out, b"}")
    }

    fn begin_object_key<W: Write + ?Sized>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.next(out, first)
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }
}

#[cfg(test)]
mod tests {
    use super::append;

    #[test]
    fn a_document_is_that_of_serde_json() {
        let document = serde_json::json!({
            "none": {}, "empty": [], "list": [1, [2, {}], {"a\n": null}], "text": "a\"\\\u{1}é",
            "deep": [[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]],
        });
        let mut bytes = Vec::new();

        append(&mut bytes, 0, &document);

        assert_eq!(String::from_utf8(bytes), Ok(serde_json::to_string_pretty(&document).unwrap()));
    }

    #[test]
    fn a_part_stands_as_far_from_the_left_as_in_the_document() {
        let part = serde_json::json!({"a": [1]});
        let mut bytes = b"[\n  [\n    ".to_vec();

        append(&mut bytes, 2, &part);

        let whole = serde_json::to_string_pretty(&serde_json::json!([[part]])).unwrap();
        assert_eq!(String::from_utf8(bytes).unwrap() + "\n  ]\n]", whole);
    }
}
