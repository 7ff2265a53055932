//! The filter over everything that is shown.
//!
//! It knows secrets and replaces them in text, in whatever form they come ([`forms`]). It
//! decides nothing about what is shown and writes nothing.

use std::{
    collections::BTreeSet,
    fmt,
    ops::Range,
    sync::{Arc, OnceLock, PoisonError, RwLock},
};

use aho_corasick::{AhoCorasick, MatchKind};

use super::{Secret, forms};

/// What stands where a secret was.
pub(super) const REPLACEMENT: &[u8] = b"[secret]";

/// Replaces known secrets by `[secret]`.
///
/// Clones share what they know: a secret that is added to one is known to all, streams that
/// have begun included. Where secrets overlap, all that they cover together is replaced, once.
#[derive(Clone, Default)]
pub struct Redactor(Arc<RwLock<Arc<Patterns>>>);

/// A value that is too short to be kept secret: it would turn up in anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a secret must have at least 4 bytes, line ends not counted, to be kept out of what is shown"
)]
pub struct TooShort;

impl Redactor {
    /// Makes `secret` known, from now on.
    ///
    /// # Errors
    ///
    /// [`TooShort`] for fewer than 4 bytes, line ends at its end not counted.
    pub fn add(&self, secret: &Secret) -> Result<(), TooShort> {
        if secret.is_short() {
            return Err(TooShort);
        }
        let mut forms = forms::of(secret.expose());
        let mut patterns = self.0.write().unwrap_or_else(PoisonError::into_inner);
        forms.extend(patterns.sorted.iter().cloned());
        *patterns = Arc::new(Patterns::new(forms));
        Ok(())
    }

    /// `text` with every known secret replaced.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        let patterns = self.patterns();
        let mut out = Vec::with_capacity(text.len());
        let mut shown = 0;
        for secret in patterns.secrets(text.as_bytes(), 0) {
            out.extend_from_slice(&text.as_bytes()[shown..secret.start]);
            out.extend_from_slice(REPLACEMENT);
            shown = secret.end;
        }
        out.extend_from_slice(&text.as_bytes()[shown..]);
        // A secret that is no UTF-8 may begin or end within a letter.
        String::from_utf8_lossy(&out).into_owned()
    }

    /// Whether no secret is known.
    #[must_use]
    pub fn knows_nothing(&self) -> bool {
        self.patterns().sorted.is_empty()
    }

    /// Whether `text` contains a known secret, in any form.
    #[must_use]
    pub fn finds_in(&self, text: &str) -> bool {
        !self.patterns().secrets(text.as_bytes(), 0).is_empty()
    }

    pub(super) fn patterns(&self) -> Arc<Patterns> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Redactor({} forms)", self.patterns().sorted.len())
    }
}

/// All forms of all known secrets.
///
/// These copies are not wiped: they live as long as the run.
#[derive(Default)]
pub(super) struct Patterns {
    sorted: Vec<Vec<u8>>,
    longest: usize,
    /// Built when it is first used: secrets are often added many at a time.
    automaton: OnceLock<AhoCorasick>,
}

impl Patterns {
    fn new(forms: BTreeSet<Vec<u8>>) -> Self {
        let sorted: Vec<_> = forms.into_iter().collect();
        let longest = sorted.iter().map(Vec::len).max().unwrap_or(0);
        Self { sorted, longest, automaton: OnceLock::new() }
    }

    fn automaton(&self) -> &AhoCorasick {
        self.automaton.get_or_init(|| {
            AhoCorasick::builder()
                .match_kind(MatchKind::Standard)
                .build(&self.sorted)
                .expect("secrets of some MiB are far below the limit of 2^31 states")
        })
    }

    /// Where secrets are in `text`, in order; those that overlap are one.
    ///
    /// The first `covered` bytes are known to be secret already; if so, the first range is
    /// theirs and starts at 0.
    pub(super) fn secrets(&self, text: &[u8], covered: usize) -> Vec<Range<usize>> {
        let mut secrets: Vec<Range<usize>> = Vec::new();
        if covered > 0 {
            secrets.push(0..covered);
        }
        if self.sorted.is_empty() {
            return secrets;
        }
        for found in self.automaton().find_overlapping_iter(text) {
            let mut found = found.range();
            // Matches come in the order of their ends: a long one may swallow several.
            while let Some(last) = secrets.last()
                && found.start < last.end
            {
                found = found.start.min(last.start)..found.end.max(last.end);
                secrets.pop();
            }
            secrets.push(found);
        }
        secrets
    }

    /// From where on `text` may be the beginning of a secret that goes on after its end.
    pub(super) fn undecided_from(&self, text: &[u8]) -> usize {
        let first = text.len().saturating_sub(self.longest.saturating_sub(1));
        (first..text.len()).find(|&start| self.begins(&text[start..])).unwrap_or(text.len())
    }

    /// Whether a form starts with `text` and is longer.
    fn begins(&self, text: &[u8]) -> bool {
        let next = self.sorted.partition_point(|form| form.as_slice() <= text);
        self.sorted.get(next).is_some_and(|form| form.starts_with(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn knowing(secrets: &[&str]) -> Redactor {
        let redactor = Redactor::default();
        for secret in secrets {
            redactor.add(&Secret::from(*secret)).unwrap();
        }
        redactor
    }

    #[test]
    fn a_secret_is_replaced_wherever_it_stands() {
        let redactor = knowing(&["hunter2"]);
        assert_eq!(redactor.text("hunter2 and xhunter2x"), "[secret] and x[secret]x");
        assert_eq!(redactor.text("hunter1"), "hunter1");
    }

    #[test]
    fn a_login_in_base64_is_replaced_behind_users_of_any_length() {
        let redactor = knowing(&["hunter2-pass"]);
        // base64 of "a:hunter2-pass", "al:hunter2-pass" and "ali:hunter2-pass".
        assert_eq!(redactor.text("YTpodW50ZXIyLXBhc3M="), "YTp[secret]");
        assert_eq!(redactor.text("YWw6aHVudGVyMi1wYXNz"), "YWw6[secret]");
        assert_eq!(redactor.text("YWxpOmh1bnRlcjItcGFzcw=="), "YWxpOm[secret]");
    }

    #[test]
    fn secrets_that_overlap_are_replaced_together() {
        let redactor = knowing(&["abcdef", "defghi"]);
        assert_eq!(redactor.text("-abcdefghi-"), "-[secret]-");
        assert_eq!(redactor.text("-abcdef-defghi-"), "-[secret]-[secret]-");
    }

    #[test]
    fn a_secret_within_another_leaves_nothing_of_the_longer_one() {
        let redactor = knowing(&["cdef", "abcdefgh", "efgh-and-on"]);
        assert_eq!(redactor.text("abcdefgh"), "[secret]");
        assert_eq!(redactor.text("abcdefg"), "ab[secret]g");
        assert_eq!(redactor.text("abcdefgh-and-on"), "[secret]");
    }

    #[test]
    fn each_line_of_a_secret_is_replaced_alone() {
        let redactor = knowing(&["first line\nab\n  second line\n"]);
        assert_eq!(redactor.text("> second line\n> ab"), "> [secret]\n> ab");
        assert_eq!(redactor.text("first line\nab\n  second line\n!"), "[secret]!");
    }

    #[test]
    fn what_was_added_to_a_clone_is_known() {
        let redactor = knowing(&[]);
        redactor.clone().add(&Secret::from("hunter2")).unwrap();
        assert_eq!(redactor.text("hunter2"), "[secret]");
        assert!(redactor.finds_in("x=hunter2"));
    }

    #[test]
    fn fewer_than_4_bytes_are_no_secret() {
        let redactor = knowing(&[]);
        assert_eq!(redactor.add(&Secret::from("abc")), Err(TooShort));
        assert_eq!(redactor.add(&Secret::from("abc\n")), Err(TooShort));
        assert_eq!(redactor.add(&Secret::from("abcd")), Ok(()));
    }

    #[test]
    fn nothing_known_changes_nothing() {
        assert_eq!(knowing(&[]).text("hunter2"), "hunter2");
    }

    #[test]
    fn debug_shows_no_secret() {
        assert!(!format!("{:?}", knowing(&["hunter2"])).contains("hunter2"));
    }

    #[test]
    fn a_secret_that_is_no_text_is_found() {
        let redactor = Redactor::default();
        redactor.add(&Secret::new(vec![0xc3, 0xa4, 0x80, 0xff])).unwrap();
        assert_eq!(redactor.text("x %C3%A4%80%FF w6SA/w=="), "x [secret] [secret]");
    }
}
