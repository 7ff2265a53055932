//! A stream through the filter, chunk by chunk.

use std::fmt;

use zeroize::Zeroizing;

use super::redact::{REPLACEMENT, Redactor};

/// One stream of bytes, with known secrets replaced also across the borders of its chunks.
///
/// Held back is only what may be the beginning of a secret; the end of a line is not waited
/// for. What comes out does not depend on where the chunks end.
pub struct Redacted {
    redactor: Redactor,
    held: Zeroizing<Vec<u8>>,
    /// How many of the held bytes belong to a secret whose replacement is out already.
    covered: usize,
}

impl Redacted {
    /// A stream in which `redactor` replaces what it knows by the time a chunk comes.
    #[must_use]
    pub fn new(redactor: Redactor) -> Self {
        Self { redactor, held: Zeroizing::default(), covered: 0 }
    }

    /// Takes `chunk` and gives all that is decided.
    pub fn push(&mut self, chunk: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(chunk);
        let undecided = self.redactor.patterns().undecided_from(&self.held);
        self.release(undecided)
    }

    /// Gives what is held back; the stream is over.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        self.release(self.held.len())
    }

    /// Gives the bytes before `border`; no secret that is still to be found starts there.
    fn release(&mut self, border: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(border);
        let mut shown = 0;
        let mut covered = 0;
        for secret in self.redactor.patterns().secrets(&self.held, self.covered) {
            let told = self.covered > 0 && secret.start == 0;
            if secret.start >= border && !told {
                break;
            }
            out.extend_from_slice(&self.held[shown..secret.start]);
            if !told {
                out.extend_from_slice(REPLACEMENT);
            }
            shown = secret.end.min(border);
            covered = secret.end.saturating_sub(border);
        }
        out.extend_from_slice(&self.held[shown..border]);
        self.covered = covered;
        self.held.drain(..border);
        out
    }
}

impl fmt::Debug for Redacted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Redacted({} bytes held back)", self.held.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    const SECRETS: [&str; 6] =
        ["hunter2", "ter2-and-more", "aaaa", "abcdef", "cdefgh", "one line\nx\nother line"];

    const TEXTS: [&str; 8] = [
        "nothing to hide",
        "hunter2",
        "hunter hunter2 hunterhunter2-and-mor",
        "hunter2-and-more",
        "aaaaaaaaaaaaab",
        "abcdefgh abcdeabcdef",
        "one line\nx\nother line / one line\nx\nother lin / other line",
        "YTpodW50ZXIy aHVudGVyMg== %61 hunte",
    ];

    fn redactor() -> Redactor {
        let redactor = Redactor::default();
        for secret in SECRETS {
            redactor.add(&Secret::from(secret)).unwrap();
        }
        redactor
    }

    fn through(redactor: &Redactor, chunks: &[&str]) -> String {
        let mut stream = Redacted::new(redactor.clone());
        let mut out = Vec::new();
        for chunk in chunks {
            out.extend(stream.push(chunk.as_bytes()));
        }
        out.extend(stream.finish());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn any_two_splits_give_what_the_whole_text_gives() {
        let redactor = redactor();
        for text in TEXTS {
            let whole = redactor.text(text);
            for first in 0..=text.len() {
                for second in first..=text.len() {
                    let chunks = [&text[..first], &text[first..second], &text[second..]];
                    assert_eq!(through(&redactor, &chunks), whole, "{chunks:?}");
                }
            }
        }
    }

    #[test]
    fn single_bytes_give_what_the_whole_text_gives() {
        let redactor = redactor();
        for text in TEXTS {
            let bytes: Vec<_> = (0..text.len()).map(|at| &text[at..=at]).collect();
            assert_eq!(through(&redactor, &bytes), redactor.text(text));
        }
    }

    #[test]
    fn only_the_beginning_of_a_secret_is_held_back() {
        let mut stream = Redacted::new(redactor());
        assert_eq!(stream.push(b"a line without newline"), b"a line without newline");
        assert_eq!(stream.push(b" hun"), b" ");
        assert_eq!(stream.push(b"gry "), b"hungry ");
        assert_eq!(stream.push(b"hunter2"), b"[secret]");
        assert_eq!(stream.push(b"-and-"), b"");
        assert_eq!(stream.push(b"less"), b"-and-less");
    }

    #[test]
    fn a_secret_without_end_is_told_once_and_takes_no_memory() {
        let mut stream = Redacted::new(redactor());
        assert_eq!(stream.push(b"aaaa"), b"[secret]");
        for _ in 0..100 {
            assert_eq!(stream.push(b"aaaaaaaaaa"), b"");
            assert!(stream.held.len() < 4);
        }
        assert_eq!(stream.push(b"!"), b"!");
    }

    #[test]
    fn a_secret_that_is_added_meanwhile_is_replaced_from_then_on() {
        let redactor = redactor();
        let mut stream = Redacted::new(redactor.clone());
        assert_eq!(stream.push(b"s3cret "), b"s3cret ");
        redactor.add(&Secret::from("s3cret")).unwrap();
        assert_eq!(stream.push(b"s3cret "), b"[secret] ");
    }

    #[test]
    fn bytes_that_are_no_text_pass_unharmed() {
        let mut stream = Redacted::new(redactor());
        assert_eq!(stream.push(b"\xff\x00\xc3"), b"\xff\x00\xc3");
    }
}
