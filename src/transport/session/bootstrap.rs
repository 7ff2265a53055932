//! The far side's program and the short command that fetches it.
//!
//! The command is the only thing of ours in an argument list, here and there: it is the same
//! for every build and holds no secret. All else goes through stdin.

use sha2::{Digest, Sha256};

use super::Pace;
use crate::hex::hex;

/// The version of the protocol between both sides.
pub(super) const PROTOCOL: u32 = 1;

/// The far side's program, for any POSIX shell and then for busybox.
pub(super) const FAR: &str = concat!(
    include_str!("far/1-entry.sh"),
    "\n",
    include_str!("far/2-proof.sh"),
    "\n",
    include_str!("far/3-processes.sh"),
    "\n",
    include_str!("far/4-lock.sh"),
    "\n",
    include_str!("far/5-state.sh"),
    "\n",
    include_str!("far/6-feed.sh"),
    "\n",
    include_str!("far/7-session.sh"),
);

/// The command that the far end's shell runs: it reads [`opening`] from stdin, exactly, and
/// runs what came only where its checksum is right, its words included: it deletes files.
///
/// `cf ssh` starts its shell with a `PATH` of `/bin:/usr/bin`, and a build may have deleted what
/// is there. `head -c` would read on; `dd` takes what it is told.
pub(super) const COMMAND: &str = "PATH=/kaniko/.kaniko-build/state/bin:/busybox:/busybox2:\
    $PATH:/usr/bin:/bin; export PATH; \
    IFS=' ' read -r kb_name kb_version kb_length kb_sum kb_words && \
    [ \"$kb_name $kb_version\" = 'kaniko-build 1' ] || exit 3; \
    kb_script=$(dd bs=4096 count=\"$kb_length\" iflag=fullblock,count_bytes 2>/dev/null) || \
    { echo 'kaniko-build refused tools there is no dd that counts bytes'; exit 3; }; \
    [ \"$(printf '%s\n' \"$kb_words\" \"$kb_script\" | sha256sum)\" = \"$kb_sum  -\" ] || \
    { echo 'kaniko-build refused script it did not arrive as it was sent'; exit 3; }; \
    eval \"$kb_script\"";

/// What the far side is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Take the lock, and build.
    Build,
    /// Say how it is there, and touch nothing.
    Probe,
}

/// What is sent first of all: a line for [`COMMAND`] and [`FAR`].
pub(super) fn opening(pace: Pace, build: &str, owner: &str, purpose: Purpose) -> Vec<u8> {
    let purpose = match purpose {
        Purpose::Build => "build",
        Purpose::Probe => "probe",
    };
    let (beat, silence) = (pace.beat.as_secs().max(1), pace.silence.as_secs().max(1));
    let (build, owner, length) = (plain(build), plain(owner), FAR.len());
    let words = format!("{beat} {silence} {build} {owner} {purpose}");
    // The shell drops line ends at the end of what it reads, and printf writes one.
    let sum = hex(&Sha256::digest(format!("{words}\n{}\n", FAR.trim_end_matches('\n'))));
    format!("kaniko-build {PROTOCOL} {length} {sum} {words}\n{FAR}").into_bytes()
}

/// `text` as a word that no shell and no line of the protocol takes for more than a word.
fn plain(text: &str) -> String {
    let word: String = text
        .chars()
        .take(200)
        .map(|c| if c.is_ascii_alphanumeric() || "._/:@+-".contains(c) { c } else { '_' })
        .collect();
    if word.is_empty() { "-".to_owned() } else { word }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_short_enough_for_one_argument() {
        // Linux takes 128 KiB: include/uapi/linux/binfmts.h, MAX_ARG_STRLEN.
        assert!(FAR.len() < 100_000);
        assert!(COMMAND.len() < 1_000);
    }

    #[test]
    fn the_program_is_plain_ascii() {
        assert!(FAR.is_ascii());
    }

    #[test]
    fn names_become_single_words() {
        assert_eq!(plain("job 7 of shop|api\n$(id)"), "job_7_of_shop_api___id_");
        assert_eq!(plain(""), "-");
    }
}
