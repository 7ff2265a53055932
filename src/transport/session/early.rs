//! Why a connection ended before the far side said a word.
//!
//! The program that carries us tells it in words of its own, so this goes by the words that the
//! common ones use. A shell that could not be started is a case of its own: while a build of
//! several stages runs there may be none, and later there is one again.

/// What an early end means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Early {
    /// Connected, but there was no shell to start: worth waiting for.
    NoShell {
        /// What was seen, in a sentence.
        what: String,
    },
    /// Not connected.
    Unreachable {
        /// What was seen, in a sentence.
        what: String,
        /// What to do about it.
        hint: &'static str,
        /// Worth another attempt.
        transient: bool,
    },
}

const LOGIN: &str = "check the credentials; the login may have expired";
const RUNNING: &str = "is it running, and is its name right?";
const NETWORK: &str = "is the machine up, and can it be reached from here?";
const SSH: &str = "allow it: `cf enable-ssh APP` and `cf allow-space-ssh SPACE`";

/// Words of programs that could not connect. The first that is found counts.
const UNREACHABLE: &[(&str, &str, bool)] = &[
    ("could not resolve", "check the host's name", true),
    ("name or service not known", "check the host's name", true),
    ("no such host", "check the host's name", true),
    ("host key verification failed", "put the host's key into known_hosts", false),
    ("permission denied (", LOGIN, false),
    ("not logged in", LOGIN, false),
    ("no api endpoint", "name `api` of the executor, or log in with `cf login`", false),
    ("no org and space targeted", "name `org` and `space` of the executor", false),
    ("credentials were rejected", LOGIN, false),
    ("unauthorized", LOGIN, false),
    ("unable to authenticate", LOGIN, false),
    ("unable to verify identity", "put the host's key into known_hosts", false),
    ("ssh support is disabled", SSH, false),
    ("not authorized", SSH, false),
    ("application instance does not exist", RUNNING, false),
    ("no such container", RUNNING, false),
    ("no container with name", RUNNING, false),
    ("container state improper", RUNNING, false),
    ("is not running", RUNNING, false),
    ("not in running state", RUNNING, false),
    ("container not found", RUNNING, false),
    ("error from server (notfound)", RUNNING, false),
    ("app '", RUNNING, false),
    ("connection refused", NETWORK, true),
    ("connection reset", NETWORK, true),
    ("connection closed by", NETWORK, true),
    ("timed out", NETWORK, true),
    ("i/o timeout", NETWORK, true),
    ("tls handshake", NETWORK, true),
    ("no route to host", NETWORK, true),
    ("network is unreachable", NETWORK, true),
    ("bad gateway", NETWORK, true),
    ("service unavailable", NETWORK, true),
    ("error opening ssh connection", SSH, true),
];

/// What cf logs of itself when the far end has ended first.
/// Source: cf's clissh/ssh.go, `copyAndClose`.
const CHATTER: &[&str] = &["copy and close:", "copy and done:", "keep alive:"];

/// Words of programs that had connected and found no shell, no directory or no library there.
/// Source: executor-facts, "Repeated builds in one container".
const NO_SHELL: &[&str] = &[
    "executable file not found",
    "no such file or directory",
    "chdir to cwd",
    "failed to start",
    "unable to start container process",
    "no shell",
    "error while loading shared libraries",
    "cannot execute",
];

/// Judges by the exit code of `program`, where it is known, and by what it `said`.
pub(super) fn judge(program: &str, code: Option<i32>, said: &[String]) -> Early {
    let is_chatter = |line: &str| CHATTER.iter().any(|chatter| line.contains(chatter));
    let last: Vec<&str> = said
        .iter()
        .map(|line| line.trim())
        .filter(|line| !line.is_empty() && !is_chatter(line))
        .collect();
    let last = last[last.len().saturating_sub(4)..].join("; ");
    let ended = match code {
        Some(code) => format!("`{program}` ended with exit code {code}"),
        None => format!("`{program}` closed its output"),
    };
    let what = if last.is_empty() { ended } else { format!("{ended}: {last}") };

    let words = said.join("\n").to_lowercase();
    if let Some(&(_, hint, transient)) =
        UNREACHABLE.iter().find(|(pattern, ..)| words.contains(pattern))
    {
        return Early::Unreachable { what, hint, transient };
    }
    // Cloud Foundry's sshd answers 255 and not a word when it finds no shell.
    // Source: diego-ssh, session_channel_handler.go, sendExitMessage.
    let speechless = code == Some(255) && last.is_empty();
    let no_shell = NO_SHELL.iter().any(|pattern| words.contains(pattern));
    if speechless || no_shell || matches!(code, Some(126 | 127)) {
        return Early::NoShell { what };
    }
    Early::Unreachable {
        what,
        hint: "run the same program by hand with a simple command at its end, such as `id`",
        transient: code == Some(255),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_no_shell(program: &str, code: i32, said: &str) -> bool {
        matches!(judge(program, Some(code), &[said.to_owned()]), Early::NoShell { .. })
    }

    #[test]
    fn a_container_without_a_shell_is_worth_waiting_for() {
        assert!(is_no_shell(
            "podman",
            127,
            "Error: crun: executable file `sh` not found in $PATH: No such file or directory: OCI runtime attempted to invoke a command that was not found"
        ));
        assert!(is_no_shell(
            "docker",
            126,
            "OCI runtime exec failed: exec failed: unable to start container process: chdir to cwd (\"/workspace\") set in config.json failed: no such file or directory: unknown"
        ));
        assert!(is_no_shell(
            "kubectl",
            1,
            "error: Internal error occurred: failed to exec in container: failed to start exec \"1\": OCI runtime exec failed"
        ));
        assert!(is_no_shell("cf", 255, ""));
        assert!(is_no_shell("cf", 255, "time=\"2026\" level=error msg=\"copy and close: EOF\""));
    }

    #[test]
    fn a_program_that_cannot_connect_is_not() {
        assert!(!is_no_shell(
            "ssh",
            255,
            "Warning: Identity file /x not accessible: No such file or directory.\nroot@host: Permission denied (publickey)."
        ));
        assert!(!is_no_shell(
            "podman",
            125,
            "Error: no container with name or ID \"x\" found: no such container"
        ));
        assert!(!is_no_shell("cf", 1, "App 'kaniko' not found."));
        assert!(!is_no_shell("ssh", 255, "ssh: connect to host h port 22: Connection refused"));
    }

    #[test]
    fn the_programs_own_words_and_a_hint_are_given() {
        assert_eq!(
            judge("cf", Some(1), &["FAILED".into(), "Not logged in. Use 'cf login'.".into()]),
            Early::Unreachable {
                what: "`cf` ended with exit code 1: FAILED; Not logged in. Use 'cf login'.".into(),
                hint: LOGIN,
                transient: false,
            }
        );
    }
}
