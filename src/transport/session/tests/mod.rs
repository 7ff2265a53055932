//! Whole sessions, against real shells in containers of the tests' own.

mod builds;
mod changes;
mod cuts;
mod locks;
mod probes;
mod refusals;
mod sandbox;

use std::{io::Write, path::Path, sync::Arc, time::Duration};

use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, watch};

use self::sandbox::Sandbox;
use super::{Pace, run_at};
use crate::{
    context::Packed,
    event::{Event, What},
    process,
    transport::{
        Bundle, FAR_DIR, FarFile, Hands, Job, Need, Output, OutputKind, Ran, TransportError,
    },
};

/// Times for tests: short, and long enough for a busy machine.
const PACE: Pace = Pace {
    beat: Duration::from_secs(1),
    silence: Duration::from_secs(8),
    parting: Duration::from_secs(20),
    retry: Duration::from_millis(200),
};

/// A job that asks for nothing.
pub(super) fn job() -> Job {
    Job {
        build: "web".into(),
        owner: "test".to_owned(),
        arguments: Vec::new(),
        environment: Vec::new(),
        files: Vec::new(),
        outputs: Vec::new(),
        needs: Vec::new(),
        timeout: Duration::from_mins(1),
        connect_timeout: Duration::from_secs(20),
        lock_timeout: Duration::from_mins(1),
    }
}

/// A job that the stand-in executor takes; its image comes back to `image`.
fn real_job(dockerfile: &str, image: Option<&Path>) -> Job {
    let mut job = job();
    job.arguments = vec![
        format!("--context=tar://{FAR_DIR}/bundle.tgz"),
        format!("--dockerfile={FAR_DIR}/Dockerfile"),
        format!("--digest-file={FAR_DIR}/digest"),
        "--destination=registry.example/web:1".to_owned(),
    ];
    job.environment = vec![
        ("HOME".to_owned(), "/root".into()),
        ("DOCKER_CONFIG".to_owned(), format!("{FAR_DIR}/docker").as_str().into()),
    ];
    job.files = vec![
        FarFile {
            path: "docker/config.json".to_owned(),
            content: "{\"auths\":\"PASSWORD\"}".into(),
        },
        FarFile { path: "Dockerfile".to_owned(), content: dockerfile.into() },
    ];
    if let Some(image) = image {
        job.arguments.push(format!("--tar-path={FAR_DIR}/out/image.tar"));
        job.outputs = vec![Output {
            far: "out/image.tar".to_owned(),
            local: image.to_owned(),
            kind: OutputKind::File,
        }];
    }
    job
}

/// A bundle of files with their contents, and `ballast` more bytes that cannot be compressed.
fn bundle(files: &[(&str, &str)], ballast: usize) -> Bundle {
    let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut tar = tar::Builder::new(gzip);
    let noise = noise(ballast);
    let files = files.iter().map(|(name, content)| (*name, content.as_bytes()));
    for (name, content) in files.chain([("ballast", noise.as_slice())]) {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, content).unwrap();
    }
    let bytes = tar.into_inner().unwrap().finish().unwrap();
    of_bytes(bytes)
}

fn of_bytes(bytes: Vec<u8>) -> Bundle {
    let packed =
        Packed { bytes: bytes.len() as u64, sha256: Sha256::digest(&bytes).into(), entries: 1 };
    Arc::new(move |sink: &mut dyn Write| {
        sink.write_all(&bytes).map_err(crate::context::ContextError::Sink)?;
        Ok(packed)
    })
}

fn noise(length: usize) -> Vec<u8> {
    let mut state = 88_172_645_463_325_252_u64;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    })
    .take(length)
    .collect()
}

/// How a session went.
struct Went {
    result: Result<Ran, TransportError>,
    events: Vec<Event>,
}

impl Went {
    fn ran(&self) -> &Ran {
        self.result.as_ref().unwrap_or_else(|error| panic!("{error:?}: {:?}", self.events))
    }

    fn error(&self) -> String {
        match &self.result {
            Ok(ran) => panic!("it went well: {ran:?}"),
            Err(error) => format!("{error:?}"),
        }
    }

    fn log(&self) -> String {
        let lines = self.events.iter().filter_map(|event| match &event.what {
            What::Log { line } => Some(format!("{line}\n")),
            _ => None,
        });
        lines.collect()
    }
}

/// Runs `job` to its end.
async fn go(command: process::Command, job: &Job, bundle: Bundle) -> Went {
    go_at(PACE, command, job, bundle).await
}

async fn go_at(pace: Pace, command: process::Command, job: &Job, bundle: Bundle) -> Went {
    go_and(pace, command, job, bundle, |_| {}).await
}

/// The same, and `react` is called with each event.
async fn go_and(
    pace: Pace,
    command: process::Command,
    job: &Job,
    bundle: Bundle,
    react: impl Fn(&What),
) -> Went {
    let (_keep, cancelled) = watch::channel(false);
    let (events, mut listener) = mpsc::channel(64);
    let hands = Hands { events, cancelled };
    let collect = async {
        let mut events = Vec::new();
        while let Some(event) = listener.recv().await {
            react(&event.what);
            events.push(event);
        }
        events
    };
    let run = async {
        let result = run_at(pace, command, job, bundle, &hands).await;
        drop(hands);
        result
    };
    let (result, events) = tokio::join!(run, collect);
    Went { result, events }
}

/// Waits until nothing of ours runs in it.
async fn settled(sandbox: &Sandbox) {
    for _ in 0..400 {
        if sandbox.processes().is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(sandbox.processes(), [""; 0]);
}
