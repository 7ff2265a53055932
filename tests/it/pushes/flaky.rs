//! What stands between the program and a registry: it passes requests on, answers them itself, or
//! hangs up in the middle of them.

#![expect(
    clippy::unwrap_used,
    reason = "a part of tests: what fails here is told by where it panics"
)]

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// What becomes of a request.
pub(super) enum Step {
    /// The registry gets it.
    Pass,
    /// This is the answer: a status, and headers with their line ends.
    Answer(&'static str, &'static str),
    /// This is the answer: a status, and a body of JSON.
    Say(&'static str, &'static str),
    /// Nobody gets it: the connection is closed when half of the body has come.
    Cut,
    /// The registry gets it, and nobody its answer: the connection is closed before that.
    Lose,
}

/// A registry that is reached through this; it lives as long as the tests do.
pub(super) struct Flaky {
    host: String,
    asked: Arc<Mutex<Vec<String>>>,
}

type Steps = Arc<dyn Fn(&str, usize) -> Step + Send + Sync>;

impl Flaky {
    /// Before the registry at `behind`: `step` gets each request's method and path, and how many
    /// of its kind there were before: uploads of a blob, manifests put, and the like.
    pub(super) fn before(
        behind: String,
        step: impl Fn(&str, usize) -> Step + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let (all, step): (_, Steps) = (Arc::clone(&asked), Arc::new(step));
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (all, step, behind) = (Arc::clone(&all), Arc::clone(&step), behind.clone());
                // A client that hangs up is none of our affair.
                thread::spawn(move || drop(serve(&client, &behind, &all, &step)));
            }
        });
        Self { host, asked }
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// How often something was asked whose method and path begin so.
    pub(super) fn count(&self, beginning: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|asked| asked.starts_with(beginning)).count()
    }
}

/// One request and no more: who has another one connects again.
fn serve(
    mut client: &TcpStream,
    behind: &str,
    all: &Mutex<Vec<String>>,
    step: &Steps,
) -> io::Result<()> {
    let mut reader = BufReader::new(client);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line == "\r\n" {
            break;
        }
        head.push(line);
    }
    let Some(first) = head.first() else { return Ok(()) };
    let asked = first.rsplit_once(' ').map_or("", |(asked, _)| asked).to_owned();
    let before = {
        let mut all = all.lock().unwrap();
        let before = all.iter().filter(|known| kind(known) == kind(&asked)).count();
        all.push(asked.clone());
        before
    };
    match step(&asked, before) {
        Step::Pass => {
            let mut registry = TcpStream::connect(behind)?;
            head.retain(|line| !line.to_ascii_lowercase().starts_with("connection:"));
            registry.write_all(format!("{}Connection: close\r\n\r\n", head.concat()).as_bytes())?;
            let mut up = registry.try_clone()?;
            let mut down = client.try_clone()?;
            let answer = thread::spawn(move || {
                let copied = io::copy(&mut registry, &mut down);
                let _ = down.shutdown(Shutdown::Both);
                copied
            });
            io::copy(&mut reader, &mut up)?;
            let _ = answer.join();
        }
        Step::Answer(status, headers) => {
            io::copy(&mut reader.take(length(&head)), &mut io::sink())?;
            write!(
                client,
                "HTTP/1.1 {status}\r\n{headers}Content-Length: 0\r\nConnection: close\r\n\r\n"
            )?;
        }
        Step::Say(status, body) => {
            io::copy(&mut reader.take(length(&head)), &mut io::sink())?;
            let size = body.len();
            write!(
                client,
                "HTTP/1.1 {status}\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n{body}"
            )?;
        }
        Step::Lose => {
            let mut registry = TcpStream::connect(behind)?;
            head.retain(|line| !line.to_ascii_lowercase().starts_with("connection:"));
            registry.write_all(format!("{}Connection: close\r\n\r\n", head.concat()).as_bytes())?;
            io::copy(&mut reader.take(length(&head)), &mut registry)?;
            io::copy(&mut registry, &mut io::sink())?;
            client.shutdown(Shutdown::Both)?;
        }
        Step::Cut => {
            io::copy(&mut reader.take(length(&head) / 2), &mut io::sink())?;
            client.shutdown(Shutdown::Both)?;
        }
    }
    Ok(())
}

/// A method and what it is for: `PUT manifests`.
fn kind(asked: &str) -> (&str, bool, bool) {
    let method = asked.split(' ').next().unwrap_or_default();
    (method, asked.contains("/blobs/"), asked.contains("/manifests/"))
}

/// Bytes of the body that follows.
fn length(head: &[String]) -> u64 {
    let length = head.iter().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    length.unwrap_or(0)
}
