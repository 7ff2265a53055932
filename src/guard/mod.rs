//! The guard: a second process of ours that cleans up when this one is gone.
//!
//! A job can be killed without a signal that we could see: GitLab and the kernel's
//! out-of-memory killer both do. What must not be left behind then, containers and
//! directories with secrets, is told to the guard as it comes into being. When its stdin ends
//! without a goodbye the guard removes what is still held. It lives in a session of its own,
//! so neither the terminal nor a signal to the job's process group takes it along; a kill of
//! the whole machine or container does.
//!
//! It is no cleaner for the ordinary end: whoever holds a thing removes it and then
//! [releases](Held::release) it. Nothing secret is told to it.

mod line;
mod serve;

use std::{
    fmt,
    io::Write,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::io::AsyncReadExt;

pub use serve::serve;

use crate::process::{Command, Detached, ProcessError};
use line::Line;

/// What a guard says once it is out of the reach of signals.
const READY: &[u8] = b"ready\n";

/// How long a guard may take to come up.
const START: Duration = Duration::from_secs(10);

/// What a guard can remove.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Thing {
    /// A container, with the anonymous volumes of its image.
    Container {
        /// The client of its engine, as docker or podman.
        program: PathBuf,
        /// Its name.
        name: String,
    },
    /// A directory with all that is in it.
    Directory {
        /// Absolute, without `..`.
        path: PathBuf,
    },
}

/// The line to a guard; clones speak to the same one.
///
/// Dropped without [`finish`](Self::finish), the guard removes what is held.
#[derive(Clone)]
pub struct Guard(Option<Arc<Wire>>);

struct Wire {
    guard: Mutex<Option<Detached>>,
    next: AtomicU64,
}

/// Something that the guard removes when this process goes without releasing it.
///
/// Dropping it releases nothing: a future that is dropped half-way has cleaned nothing.
#[derive(Debug)]
#[must_use = "what is never released is removed at the end"]
pub struct Held {
    guard: Guard,
    id: u64,
}

/// Why there is no guard over something.
#[derive(Debug, thiserror::Error)]
pub enum GuardError {
    /// Its process could not be started.
    #[error("the guard could not be started")]
    Start(#[from] ProcessError),
    /// It was started and did not come up.
    #[error("`{}` started as a guard and did not answer", program.display())]
    Silent {
        /// The program.
        program: PathBuf,
    },
    /// It has gone.
    #[error("the guard takes no more")]
    Gone(#[source] std::io::Error),
    /// The thing cannot be told, as a path that is no text.
    #[error("the guard cannot be told of it")]
    Untellable(#[source] serde_json::Error),
}

impl Guard {
    /// Starts `program arguments…`, which must call [`serve`], and waits until it is there.
    ///
    /// # Errors
    ///
    /// [`GuardError::Start`], [`GuardError::Silent`].
    pub async fn start(program: &Path, arguments: &[&str]) -> Result<Self, GuardError> {
        let silent = || GuardError::Silent { program: program.to_owned() };
        let command = Command::new(program).arguments(arguments.iter().copied());
        let mut guard = command.start_detached()?;
        let mut said = [0; READY.len()];
        tokio::time::timeout(START, guard.stdout.read_exact(&mut said))
            .await
            .map_err(|_| silent())?
            .map_err(|_| silent())?;
        if said != READY {
            return Err(silent());
        }
        Ok(Self(Some(Arc::new(Wire { guard: Mutex::new(Some(guard)), next: AtomicU64::new(1) }))))
    }

    /// A guard that removes nothing, for where there is nothing to be left behind.
    #[must_use]
    pub fn none() -> Self {
        Self(None)
    }

    /// Tells the guard of `thing`; to be called before the thing comes into being.
    ///
    /// # Errors
    ///
    /// [`GuardError::Gone`], [`GuardError::Untellable`].
    pub fn hold(&self, thing: Thing) -> Result<Held, GuardError> {
        let id = self.0.as_ref().map_or(0, |wire| wire.next.fetch_add(1, Ordering::Relaxed));
        self.tell(&Line::Hold { id, thing })?;
        Ok(Held { guard: self.clone(), id })
    }

    /// Says goodbye and waits for the guard's end; what is still held stays where it is.
    ///
    /// # Errors
    ///
    /// [`GuardError::Gone`] when it went before.
    pub async fn finish(self) -> Result<(), GuardError> {
        let told = self.tell(&Line::Done);
        let guard = self
            .0
            .as_ref()
            .and_then(|wire| wire.guard.lock().unwrap_or_else(PoisonError::into_inner).take());
        if let Some(guard) = guard {
            guard.finish().await?;
        }
        told
    }

    fn tell(&self, line: &Line) -> Result<(), GuardError> {
        let Some(wire) = &self.0 else { return Ok(()) };
        let text = line.write().map_err(GuardError::Untellable)?;
        let mut guard = wire.guard.lock().unwrap_or_else(PoisonError::into_inner);
        match guard.as_mut() {
            // One write of less than a pipe's atomic size: no line is ever half there.
            Some(guard) => guard.stdin.write_all(text.as_bytes()).map_err(GuardError::Gone),
            None => Err(GuardError::Gone(std::io::ErrorKind::BrokenPipe.into())),
        }
    }
}

impl Held {
    /// The thing is gone: the guard forgets it.
    ///
    /// # Errors
    ///
    /// [`GuardError::Gone`].
    pub fn release(self) -> Result<(), GuardError> {
        self.guard.tell(&Line::Release { id: self.id })
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.0.is_some() { "Guard" } else { "Guard(none)" })
    }
}

#[cfg(test)]
mod tests {
    use rustix::process::{Pid, Signal, getsid, kill_process};

    use super::*;

    fn thing() -> Thing {
        Thing::Container { program: "docker".into(), name: "a b\"\n".into() }
    }

    /// A guard that only writes down what it is told.
    async fn listener(heard: &Path) -> Guard {
        let script = format!("echo ready; cat >'{}'", heard.display());
        Guard::start(Path::new("sh"), &["-c", &script]).await.unwrap()
    }

    #[tokio::test]
    async fn holding_releasing_and_the_goodbye_are_one_line_each() {
        let directory = tempfile::tempdir().unwrap();
        let heard = directory.path().join("heard");
        let guard = listener(&heard).await;

        let first = guard.hold(thing()).unwrap();
        let _second = guard.hold(Thing::Directory { path: "/tmp/x".into() }).unwrap();
        first.release().unwrap();
        guard.finish().await.unwrap();

        assert_eq!(
            std::fs::read_to_string(heard).unwrap(),
            "{\"hold\":{\"id\":1,\"thing\":{\"container\":{\"program\":\"docker\",\
             \"name\":\"a b\\\"\\n\"}}}}\n\
             {\"hold\":{\"id\":2,\"thing\":{\"directory\":{\"path\":\"/tmp/x\"}}}}\n\
             {\"release\":{\"id\":1}}\n\
             \"done\"\n"
        );
    }

    /// The second process of the test below.
    #[tokio::test]
    #[ignore = "is started by another test"]
    async fn play_the_guard() {
        if std::env::var_os("KANIKO_BUILD_TEST_GUARD").is_some() {
            let answer = std::fs::OpenOptions::new().write(true).open("/dev/fd/3").unwrap();
            serve(std::io::stdin(), answer).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_guard_outlives_signals_and_removes_what_is_held_when_the_line_breaks() {
        let directory = tempfile::tempdir().unwrap();
        let (kept, left) = (directory.path().join("kept"), directory.path().join("left"));
        std::fs::create_dir(&kept).unwrap();
        std::fs::create_dir(&left).unwrap();
        // The answer goes by a descriptor of its own: stdout has what the test's frame says.
        let script = "echo $$ >\"$1\"; KANIKO_BUILD_TEST_GUARD=1 exec \"$0\" --ignored --exact \
                      guard::tests::play_the_guard 3>&1 >/dev/null";
        let program = std::env::current_exe().unwrap();
        let pid = directory.path().join("pid");
        let arguments = ["-c", script, program.to_str().unwrap(), pid.to_str().unwrap()];
        let guard = Guard::start(Path::new("sh"), &arguments).await.unwrap();
        let pid = std::fs::read_to_string(pid).unwrap().trim().parse().unwrap();
        let pid = Pid::from_raw(pid).unwrap();
        assert_eq!(getsid(Some(pid)).unwrap(), pid);

        let released = guard.hold(Thing::Directory { path: kept.clone() }).unwrap();
        let held = guard.hold(Thing::Directory { path: left.clone() }).unwrap();
        released.release().unwrap();
        for signal in [Signal::HUP, Signal::INT, Signal::TERM] {
            kill_process(pid, signal).unwrap();
        }
        drop((held, guard));

        while left.exists() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(kept.exists());
    }

    #[tokio::test]
    async fn a_program_that_is_no_guard_is_noticed() {
        let error = Guard::start(Path::new("true"), &[]).await.unwrap_err();
        assert_eq!(error.to_string(), "`true` started as a guard and did not answer");
    }

    #[tokio::test]
    async fn a_guard_that_has_gone_takes_nothing_more() {
        let guard = Guard::start(Path::new("sh"), &["-c", "echo ready"]).await.unwrap();
        let error = loop {
            if let Err(error) = guard.hold(thing()) {
                break error;
            }
        };
        assert_eq!(error.to_string(), "the guard takes no more");
    }

    #[tokio::test]
    async fn without_a_guard_all_is_well() {
        let guard = Guard::none();
        guard.hold(thing()).unwrap().release().unwrap();
        guard.finish().await.unwrap();
    }
}
