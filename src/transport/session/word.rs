//! What the far side says: a line each, with its checksum.
//!
//! The first line, that there will be no session, and the beats have none: whatever else they
//! become on their way is no line of the protocol.

use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::hex::hex;

/// One line of the far side's protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Word {
    /// The first one: the protocol's version.
    Hello(u32),
    /// It will not do: a code and words.
    Refused { code: String, why: String },
    /// What `executor version` says.
    Version(String),
    /// The flags that `executor --help` names.
    Flags(Vec<String>),
    /// Room at `/kaniko`.
    Room { kib: u64 },
    /// That was the greeting.
    Greeted,
    /// Somebody else builds, or, without an owner, has started an executor by hand.
    Waiting { since: u64, holder: Option<Holder> },
    /// The lock is ours.
    Locked,
    /// The place is as a build wants it.
    Ready,
    /// Files and bundle are there, whole.
    Received,
    /// Nothing to say, but there.
    Beat,
    /// It can't go on: a class and words.
    Error { class: String, why: String },
    /// The executor runs.
    Started,
    /// The executor has ended.
    Exit(i32),
    /// What it wrote to its digest file, as it was sent.
    Digest(String),
    /// It left no such output.
    Missing(usize),
    /// An output, whose bytes follow the line.
    Output { number: usize, length: u64, sha256: String },
    /// Everything is as it was before.
    Cleaned,
    /// It could not be made so.
    Unclean(String),
    /// The last one.
    Bye,
}

/// Who holds the lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Holder {
    pub(super) build: String,
    pub(super) owner: String,
}

/// Whom a build waits for.
pub(super) fn who(since: u64, holder: Option<&Holder>) -> String {
    let since = std::time::UNIX_EPOCH + Duration::from_secs(since);
    let since = humantime::format_rfc3339_seconds(since);
    match holder {
        Some(Holder { build, owner }) => format!("`{build}` of {owner} since {since}"),
        None => format!("an executor that was started by hand, seen since {since}"),
    }
}

impl Word {
    /// Reads `line`, without its end; nothing where it is no line of the protocol, or has changed
    /// on its way.
    pub(super) fn parse(line: &str) -> Option<Self> {
        if line == "beat" {
            return Some(Self::Beat);
        }
        if let Some(rest) = line.strip_prefix("kaniko-build ") {
            return Self::parse_first(rest);
        }
        let (text, sum) = line.rsplit_once(' ')?;
        (hex(&Sha256::digest(text)) == sum).then(|| Self::parse_text(text))?
    }

    fn parse_text(text: &str) -> Option<Self> {
        let (name, rest) = text.split_once(' ').unwrap_or((text, ""));
        Some(match name {
            "version" => Self::Version(rest.to_owned()),
            "flags" => Self::Flags(rest.split_whitespace().map(str::to_owned).collect()),
            "room" => Self::Room { kib: rest.parse().ok()? },
            "greeted" => Self::Greeted,
            "waiting" => {
                let mut words = rest.split(' ');
                let since = words.next()?.parse().ok()?;
                let (build, owner) = (words.next()?.to_owned(), words.next()?.to_owned());
                let holder = (build != "-").then_some(Holder { build, owner });
                Self::Waiting { since, holder }
            }
            "locked" => Self::Locked,
            "ready" => Self::Ready,
            "received" => Self::Received,
            "error" => {
                let (class, why) = rest.split_once(' ')?;
                Self::Error { class: class.to_owned(), why: why.to_owned() }
            }
            "started" => Self::Started,
            "exit" => Self::Exit(rest.parse().ok()?),
            "digest" => Self::Digest(rest.to_owned()),
            "missing" => Self::Missing(rest.parse().ok()?),
            "output" => {
                let mut words = rest.split(' ');
                let number = words.next()?.parse().ok()?;
                let length = words.next()?.parse().ok()?;
                Self::Output { number, length, sha256: words.next()?.to_owned() }
            }
            "cleaned" => Self::Cleaned,
            "unclean" => Self::Unclean(rest.to_owned()),
            "bye" => Self::Bye,
            _ => return None,
        })
    }

    fn parse_first(rest: &str) -> Option<Self> {
        if let Some(version) = rest.strip_prefix("hello ") {
            return version.parse().ok().map(Self::Hello);
        }
        let (code, why) = rest.strip_prefix("refused ")?.split_once(' ')?;
        Some(Self::Refused { code: code.to_owned(), why: why.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `text` as the far side says it.
    fn said(text: &str) -> String {
        format!("{text} {}", hex(&Sha256::digest(text)))
    }

    #[test]
    fn a_holder_is_named_with_its_build() {
        assert_eq!(
            Word::parse(&said("waiting 1700000000 api https://ci.example/7")),
            Some(Word::Waiting {
                since: 1_700_000_000,
                holder: Some(Holder { build: "api".into(), owner: "https://ci.example/7".into() })
            })
        );
    }

    #[test]
    fn an_executor_started_by_hand_has_no_holder() {
        assert_eq!(
            Word::parse(&said("waiting 1700000000 - -")),
            Some(Word::Waiting { since: 1_700_000_000, holder: None })
        );
    }

    #[test]
    fn words_of_a_refusal_stay_together() {
        assert_eq!(
            Word::parse("kaniko-build refused used /kaniko/Dockerfile is there"),
            Some(Word::Refused { code: "used".into(), why: "/kaniko/Dockerfile is there".into() })
        );
    }

    #[test]
    fn a_line_that_changed_on_its_way_is_none() {
        let sum = "c22995adc29757a99bc9242926a5d5b5a8007ecc78f30943161cf072af42d9d2";
        assert_eq!(Word::parse(&format!("exit 0 {sum}")), Some(Word::Exit(0)));
        assert_eq!(Word::parse(&format!("exit 1 {sum}")), None);
        assert_eq!(Word::parse("exit 0"), None);
        assert_eq!(Word::parse("beat"), Some(Word::Beat));
        assert_eq!(Word::parse("beau"), None);
    }

    #[test]
    fn other_lines_are_none_of_the_protocol() {
        assert_eq!(Word::parse("Welcome to Ubuntu"), None);
        assert_eq!(Word::parse(&said("exit soon")), None);
        assert_eq!(Word::parse("kaniko-build"), None);
    }
}
