//! Connections that end, lie or fall silent, and sides that are killed.

use super::*;
use crate::transport::session::bootstrap::Purpose;
use std::{
    io::{BufRead, BufReader},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

const SLEEP: &str = "FROM a\nRUN echo running; (setsid sleep 1000 &); sleep 1000\n";
pub(super) const APP: &str = "FROM a\nCOPY hello /app\n";

pub(super) fn hello() -> Bundle {
    bundle(&[("hello", "hi")], 700_000)
}

/// No beat gets among the bytes that are counted.
const NO_BEATS: Pace =
    Pace { beat: Duration::from_mins(1), silence: Duration::from_mins(5), ..PACE };

/// What goes to the far side in a whole session, up to `run`.
async fn whole_stream(sandbox: &Sandbox) -> Vec<u8> {
    let file = tempfile::NamedTempFile::new().unwrap();
    let command = sandbox.behind(&format!("tee {}", file.path().display()));
    go_at(NO_BEATS, command, &real_job(APP, None), hello()).await.ran();
    std::fs::read(file.path()).unwrap()
}

fn find(stream: &[u8], what: &[u8]) -> usize {
    stream.windows(what.len()).position(|window| window == what).unwrap()
}

/// A filter that lets so many bytes pass: the opening at once, which is answered, then the rest.
fn first(bytes: usize) -> String {
    let opening =
        bytes.min(super::super::bootstrap::opening(NO_BEATS, "web", "test", Purpose::Build).len());
    let rest = bytes - opening;
    let pass = |bytes| format!("dd bs={bytes} count=1 iflag=fullblock status=none");
    match (opening, rest) {
        (0, _) => "true".to_owned(),
        (opening, 0) => pass(opening),
        (opening, rest) => format!("{{ {}; {}; }}", pass(opening), pass(rest)),
    }
}

/// Behind the bundle's last byte comes the line that tells its length and checksum.
fn end_of_bundle(stream: &[u8]) -> usize {
    stream.windows(7).rposition(|window| window == b"bundle ").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_connection_is_never_a_build() {
    let Some(sandbox) = Sandbox::new() else { return };
    let before = sandbox.listing();
    let stream = whole_stream(&sandbox).await;
    let end = end_of_bundle(&stream);
    let run = end + find(&stream[end..], b"\nrun ") + 1;
    let script = find(&stream, b"\nproceed\n") + 5;
    let cuts = (script..run).step_by(100_000).chain(end - 32..=end).chain([run, run + 3]);
    for cut in cuts {
        let command = sandbox.behind(&first(cut));
        let went = go_at(NO_BEATS, command, &real_job(APP, None), hello()).await;
        assert!(
            matches!(went.result, Err(TransportError::Lost { started: false, .. })),
            "{cut}: {}",
            went.error()
        );
        assert!(went.log().is_empty(), "{cut}: {}", went.log());
        settled(&sandbox).await;
    }
    assert_eq!(sandbox.listing(), before);
    let went = go(sandbox.command(), &real_job(APP, None), hello()).await;
    assert_eq!(went.ran().exit_code, 0);
}

#[tokio::test]
async fn a_connection_cut_before_the_greeting_is_no_connection() {
    let Some(sandbox) = Sandbox::new() else { return };
    let before = sandbox.listing();
    for cut in [0, 5, 40] {
        let command = sandbox.behind(&first(cut));
        let went = go_at(NO_BEATS, command, &real_job(APP, None), hello()).await;
        assert!(matches!(went.result, Err(TransportError::Unreachable { .. })), "{}", went.error());
    }
    // Where half of our program arrives, that is told, if anybody still listens.
    let command = sandbox.behind(&first(20_000));
    let went = go_at(NO_BEATS, command, &real_job(APP, None), hello()).await;
    assert_eq!(went.error(), NOT_AS_SENT);
    assert_eq!(sandbox.listing(), before);
    assert_eq!(sandbox.ask("ls -d /kaniko/.kaniko-build 2>/dev/null"), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_byte_is_never_built() {
    let Some(sandbox) = Sandbox::new() else { return };
    let before = sandbox.listing();
    let stream = whole_stream(&sandbox).await;
    let end = end_of_bundle(&stream);
    let config = find(&stream, b"PASSWORD");
    for at in [config, end - 1, end - 8, end - 300_000] {
        let command = sandbox.behind(&all_but(&stream, at));
        let went = go_at(NO_BEATS, command, &real_job(APP, None), hello()).await;
        assert_eq!(
            went.error(),
            "Feed { what: \"what arrived is not what was sent: its checksum differs\" }"
        );
    }
    assert_eq!(sandbox.listing(), before);
}

/// A filter that makes another letter of the one at `at`.
fn all_but(stream: &[u8], at: usize) -> String {
    let other = if stream[at] == b'X' { 'Y' } else { 'X' };
    let first = first(at);
    format!("{{ {first}; printf {other}; dd bs=1 count=1 status=none >/dev/null; cat; }}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_byte_of_what_is_to_be_done_is_never_built_either() {
    let Some(sandbox) = Sandbox::new() else { return };
    let before = sandbox.listing();
    let stream = whole_stream(&sandbox).await;
    let end = end_of_bundle(&stream);
    let behind = |what: &[u8]| find(&stream, what) + what.len() - 1;
    let places = [
        behind(b"\nproceed"),
        behind(b" docker/config.json"),
        behind(b" .start"),
        behind(b"\nwant -"),
        behind(b" digest digest"),
        behind(b"\nchunk "),
        behind(b"\nchunk 7"),
        behind(b" bundle.tgz\n") - 1,
        end + find(&stream[end..], b"\nrun ") + 7,
    ];
    for at in places {
        let command = sandbox.behind(&all_but(&stream, at));
        let went = go_at(NO_BEATS, command, &real_job(APP, None), hello()).await;
        assert!(
            [
                "Feed { what: \"the connection brought something else than what was sent\" }",
                "Feed { what: \"what arrived is not what was sent: its checksum differs\" }"
            ]
            .contains(&&*went.error()),
            "{at}: {}",
            went.error()
        );
        assert!(went.log().is_empty(), "{at}: {}", went.log());
    }
    assert_eq!(sandbox.listing(), before);
}

const NOT_AS_SENT: &str = "Refused { what: \"our program for the far side is not run there: it did \
                           not arrive as it was sent\", hint: \"the connection cuts or changes \
                           what is sent through it\" }";

#[tokio::test]
async fn our_own_program_is_run_only_as_it_was_sent() {
    let Some(sandbox) = Sandbox::new() else { return };
    for change in [
        "s/rm -rf/rm -fr/",
        "1s/ test build$/ tset build/",
        "1s/ build$/ probe/",
        "1s/ 60 300 / 61 300 /",
    ] {
        let filter = format!("sed -u '{change}'");
        let went = go_at(NO_BEATS, sandbox.behind(&filter), &real_job(APP, None), hello()).await;
        assert_eq!(went.error(), NOT_AS_SENT, "{change}");
    }
    assert_eq!(sandbox.ask("ls -d /kaniko/.kaniko-build 2>/dev/null"), "");
}

#[tokio::test]
async fn a_client_that_dies_takes_its_build_with_it() {
    let Some(sandbox) = Sandbox::new() else { return };
    let before = sandbox.listing();
    for until in ["Connected", "Sent", "running"] {
        let (_keep, cancelled) = watch::channel(false);
        let (events, mut listener) = mpsc::channel(1);
        let hands = Hands { events, cancelled };
        let job = real_job(SLEEP, None);
        let build = run_at(PACE, sandbox.command(), &job, hello(), &hands);
        let seen = async {
            while let Some(event) = listener.recv().await {
                if format!("{event:?}").contains(until) {
                    return;
                }
            }
        };
        tokio::select! {
            // Dropped here: the program that carries us is killed.
            () = seen => {}
            result = build => panic!("{result:?}"),
        }
        settled(&sandbox).await;
        assert_eq!(sandbox.listing(), before, "{until}");
    }
    assert_eq!(go(sandbox.command(), &real_job(APP, None), hello()).await.ran().exit_code, 0);
}

#[tokio::test]
async fn a_silent_far_side_is_given_up() {
    let script = "printf '%s\\n' 'kaniko-build hello 1'; say greeted; say locked; exec sleep 1000";
    let command = far(script);
    let pace = Pace { silence: Duration::from_secs(1), parting: Duration::from_secs(1), ..PACE };
    let went = go_at(pace, command, &job(), hello()).await;
    assert_eq!(
        went.error(),
        "Lost { what: \"the connection broke off while it was locked: nothing was heard any \
         more\", started: false }"
    );
}

/// A far side that is no more than a script, which speaks by `say`.
fn far(script: &str) -> process::Command {
    let say = "say() { sum=$(printf %s \"$*\" | sha256sum); echo \"$* ${sum%% *}\"; }";
    process::Command::new("sh").arguments(["-c".to_owned(), format!("{say}; {script}")])
}

#[tokio::test]
async fn an_executor_whose_end_is_not_told_has_not_ended() {
    let script = "printf '%s\\n' 'kaniko-build hello 1'; say greeted; say locked; say ready; \
                  while read -r word sum; do [ \"$word\" != run ] || break; done; \
                  say received; say started; echo output >&2; exit 0";
    let went = go(far(script), &job(), of_bytes(Vec::new())).await;
    assert_eq!(
        went.error(),
        "Lost { what: \"the connection broke off while the executor ran: its end was reached \
         (`sh` ended with exit code 0)\", started: true }"
    );
}

/// A client without our Rust: it says what it is told to, and does not beat.
struct Raw {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Raw {
    fn open(sandbox: &Sandbox) -> Self {
        let mut child = Command::new("sh")
            .args(["-c", &sandbox.behind_script("cat")])
            .arg(super::super::bootstrap::COMMAND)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let pace = Pace { silence: Duration::from_secs(4), ..PACE };
        stdin
            .write_all(&super::super::bootstrap::opening(pace, "web", "raw", Purpose::Build))
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { child, stdin, stdout }
    }

    fn say(&mut self, bytes: &[u8]) {
        self.stdin.write_all(bytes).unwrap();
    }

    /// Reads up to the line that begins with `word`.
    fn hear(&mut self, word: &str) -> String {
        let mut all = String::new();
        loop {
            let mut line = String::new();
            assert_ne!(self.stdout.read_line(&mut line).unwrap(), 0, "no {word} in {all}");
            if line.starts_with(word) {
                return line;
            }
            all += &line;
        }
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn a_silent_client_is_given_up_whatever_it_was_at() {
    let start = "file 0 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 x\n";
    let frames = ["", "proceed\n", "proceed\nchunk 100000\nabc", &format!("proceed\n{start}chu")];
    let mut silent = Vec::new();
    for frames in frames {
        let Some(sandbox) = Sandbox::new() else { return };
        let before = sandbox.listing();
        let mut raw = Raw::open(&sandbox);
        raw.hear("ready");
        raw.say(frames.as_bytes());
        silent.push((sandbox, before, raw));
    }
    // The pipes stay open all the time, as on a link that died.
    for (sandbox, before, _raw) in &silent {
        settled(sandbox).await;
        assert_eq!(&sandbox.listing(), before);
    }
}

/// What the far side writes to such a link blocks, too.
#[tokio::test]
async fn a_client_that_falls_silent_while_outputs_come_back_is_given_up() {
    let Some(sandbox) = Sandbox::new() else { return };
    let before = sandbox.listing();
    let dir = tempfile::tempdir().unwrap();
    let stream = {
        let file = tempfile::NamedTempFile::new().unwrap();
        let command = sandbox.behind(&format!("tee {}", file.path().display()));
        let job = real_job("FROM a\nCOPY . /app\n", Some(&dir.path().join("image.tar")));
        go_at(NO_BEATS, command, &job, hello()).await.ran();
        std::fs::read(file.path()).unwrap()
    };
    let mut raw = Raw::open(&sandbox);
    raw.hear("ready");
    raw.say(&stream[find(&stream, b"\nproceed\n") + 1..]);
    raw.hear("output");
    settled(&sandbox).await;
    assert_eq!(sandbox.listing(), before);
}

#[tokio::test]
async fn a_silent_client_is_given_up_while_the_executor_runs() {
    let Some(sandbox) = Sandbox::new() else { return };
    let before = sandbox.listing();
    let stream = {
        let file = tempfile::NamedTempFile::new().unwrap();
        let command = sandbox.behind(&format!("tee {}", file.path().display()));
        let job = real_job("FROM a\nRUN [ -e /dev/shm/quick ] || sleep 1000\n", None);
        sandbox.ask(": >/dev/shm/quick");
        go_at(NO_BEATS, command, &job, hello()).await.ran();
        std::fs::read(file.path()).unwrap()
    };
    sandbox.ask("rm -f /dev/shm/quick");
    let mut raw = Raw::open(&sandbox);
    raw.hear("ready");
    raw.say(&stream[find(&stream, b"\nproceed\n") + 1..]);
    raw.hear("started");
    settled(&sandbox).await;
    assert_eq!(sandbox.listing(), before);
}

#[tokio::test]
async fn a_killed_main_shell_is_replaced_by_its_watchman() {
    let Some(sandbox) = Sandbox::new() else { return };
    let before = sandbox.listing();
    let job = real_job(
        "FROM a\nRUN echo x >/left; until [ -e /dev/shm/owner ]; do sleep 0.05; done; \
         kill -9 $(cut -d'|' -f1 /dev/shm/owner); sleep 1000\n",
        None,
    );
    sandbox.ask("mkdir -p /dev/shm");
    let command = sandbox.command();
    let build = go(command, &job, hello());
    let tell = async {
        // The main shell's process id is in the lock's text. Told again and again: what is
        // there before the build begins is cleaned away.
        loop {
            let owner = sandbox.ask("cd /kaniko/.kaniko-build/locks 2>/dev/null && readlink $(ls | sort -n | tail -n 1)");
            if owner.contains("|web|") {
                sandbox
                    .ask(&format!("cd /dev/shm && echo '{}' >half && mv half owner", owner.trim()));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let went = tokio::select! { went = build => went, () = tell => unreachable!() };
    assert!(
        matches!(went.result, Err(TransportError::Lost { started: true, .. })),
        "{}",
        went.error()
    );
    settled(&sandbox).await;
    sandbox.ask("rm -f /dev/shm/half /dev/shm/owner");
    assert_eq!(sandbox.listing(), before);
    assert_eq!(go(sandbox.command(), &real_job(APP, None), hello()).await.ran().exit_code, 0);
}
