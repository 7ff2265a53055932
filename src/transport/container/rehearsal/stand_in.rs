//! A stand-in for docker: a script that writes down how it was called, unpacks what it is fed,
//! and fails where it is told to; and a build to try on it.

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use tempfile::TempDir;

use super::super::{Engine, Kind, Settings, run};
use crate::{
    context::{ContextError, Packed},
    event::{Event, What},
    guard::Guard,
    process::{Command, Limits},
    transport::{Bundle, FAR_DIR, FarFile, Hands, Job, Ran, TransportError},
};

const LIMITS: Limits = Limits { bytes: 1 << 16, time: Duration::from_mins(1) };

/// The stand-in. `fail-STEP` in its directory makes a step fail with that file's words;
/// `hang-STEP` makes it wait for ever.
const SCRIPT: &str = r#"#!/bin/sh
cd "${0%/*}" || exit 99
step=$1
case "$1 $2" in
    "cp -") step=cp-in ;;
    cp*bundle.tgz) step=cp-back ;;
    cp*) step=cp-out ;;
    "image inspect"|"container inspect") step=$1 ;;
esac
line=$(for argument; do printf '%s ' "$argument"; done | sed "s/kaniko-build-[0-9a-f]\{16\}/NAME/g
    s/owner=[^ ]*/owner=OWNER/; s/expires=[0-9][0-9]*/expires=LATER/; s/ $//")
printf '%s\n' "$line" >>calls
if [ -f "hang-$step" ]; then echo $$ >started; exec sleep 1000; fi
if [ -f "fail-$step" ]; then cat "fail-$step" >&2; exit 125; fi
case $step in
    --version) echo "Docker version 28.2.2, build e6534b4" ;;
    ps) if [ -f ps ]; then cat ps; fi ;;
    image) if [ -f no-image ]; then echo "No such image" >&2; exit 1; fi
        echo '["PATH=/kaniko","KANIKO_CLEANUP=1"]' ;;
    pull) rm no-image ;;
    run) case "$*" in *" version") echo "Kaniko version :  v1.24.0" ;; *) printf "Flags:\\n      --secret strings   Secret\\n" ;; esac ;;
    create) cat >env-file; env >create-env ;;
    cp-in) mkdir -p kaniko && tar -xf - -C kaniko ;;
    cp-back|cp-out) far=${2#*:/}; tar -cf - -C "${far%/*}" "${far##*/}" ;;
    start) run=kaniko/.kaniko-build/run
        printf sha256:%064d 7 >$run/digest; echo layers >$run/image.tar
        echo "INFO building"; echo "a warning" >&2 ;;
    container) if [ "$3" = "--format={{json .State}}" ]; then
            cat state 2>/dev/null || echo '{"Running":false,"ExitCode":0,"OOMKilled":false,"Error":"","StartedAt":"2026-01-01T00:00:00Z"}'
        else cat expiries; fi ;;
esac
"#;

pub(super) struct Rehearsal {
    pub(super) directory: TempDir,
    pub(super) settings: Settings,
    pub(super) job: Job,
    pub(super) bundle: Bundle,
    pub(super) cancelled: tokio::sync::watch::Sender<bool>,
    pub(super) events: Vec<What>,
}

/// Always these bytes, told with their true SHA-256.
pub(super) fn abc() -> Bundle {
    Arc::new(|sink| {
        sink.write_all(b"abc").map_err(ContextError::Sink)?;
        Ok(Packed { bytes: 3, sha256: SHA256_OF_ABC, entries: 1 })
    })
}

/// From FIPS 180-2.
pub(super) const SHA256_OF_ABC: [u8; 32] = [
    0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
    0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad,
];

impl Rehearsal {
    pub(super) async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let program = directory.path().join("docker");
        let job = Job {
            build: "web".into(),
            owner: "somebody on a machine".to_owned(),
            arguments: vec![
                format!("--context=tar://{FAR_DIR}/bundle.tgz"),
                format!("--digest-file={FAR_DIR}/digest"),
            ],
            environment: vec![
                ("PATH".into(), "/kaniko".into()),
                ("TOKEN".into(), "hunter2".into()),
            ],
            files: vec![FarFile { path: "docker/config.json".into(), content: "s3cret".into() }],
            outputs: Vec::new(),
            needs: Vec::new(),
            timeout: Duration::from_mins(10),
            connect_timeout: Duration::from_mins(1),
            lock_timeout: Duration::from_mins(1),
        };
        let rehearsal = Self {
            settings: Settings { program, ..Settings::new(Kind::Docker, "kaniko:1") },
            directory,
            job,
            bundle: abc(),
            cancelled: tokio::sync::watch::Sender::new(false),
            events: Vec::new(),
        };
        rehearsal.perform("", "").await;
        rehearsal
    }

    /// Writes the stand-in's script, with `old` replaced by `new`.
    pub(super) async fn perform(&self, old: &str, new: &str) {
        let script = if old.is_empty() { SCRIPT.into() } else { SCRIPT.replace(old, new) };
        // By another process: one that this one has open for writing while a test beside it
        // forks could not be executed.
        Command::new("sh")
            .arguments(["-c", r#"cat >"$0" && chmod 755 "$0""#])
            .argument(&self.settings.program)
            .capture(script.as_bytes(), LIMITS)
            .await
            .unwrap();
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(super) fn with(self, name: &str, content: &str) -> Self {
        fs::write(self.path(name), content).unwrap();
        self
    }

    pub(super) async fn run(&mut self) -> Result<Ran, TransportError> {
        let (events, mut told) = tokio::sync::mpsc::channel::<Event>(1);
        let hands = Hands { events, cancelled: self.cancelled.subscribe() };
        let engine = Engine::new(self.settings.clone(), Guard::none());
        let running = async {
            let ran = run(&engine, &self.job, self.bundle.clone(), &hands).await;
            drop(hands);
            ran
        };
        let (cancelled, events) = (&self.cancelled, &mut self.events);
        let listening = async {
            while let Some(event) = told.recv().await {
                if matches!(&event.what, What::Log { line } if line == "cancel here") {
                    cancelled.send_replace(true);
                }
                events.push(event.what);
            }
        };
        tokio::join!(running, listening).0
    }

    /// How the stand-in was called, without what comes before a container is created.
    pub(super) fn calls(&self) -> Vec<String> {
        let calls = fs::read_to_string(self.path("calls")).unwrap();
        calls.lines().skip_while(|call| !call.starts_with("create ")).map(str::to_owned).collect()
    }

    pub(super) fn first_words(&self) -> Vec<String> {
        let word = |call: &String| call.split(' ').next().unwrap().to_owned();
        self.calls().iter().map(word).collect()
    }

    pub(super) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }
}
