//! A registry that answers as a test says: wrongly, late, or with half of it.

use std::{
    io::{self, BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use crate::oci::digest;

/// What was asked.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// `GET /v2/`.
    pub(super) line: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    /// How often the same has been asked before.
    pub(super) before: usize,
}

impl Asked {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let named = |(other, _): &&(String, String)| other.eq_ignore_ascii_case(name);
        self.headers.iter().find(named).map(|(_, value)| value.as_str())
    }

    pub(super) fn is(&self, start: &str) -> bool {
        self.line.starts_with(start)
    }
}

/// What is answered.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// So many bytes of the body come, and then the connection ends.
    cut: Option<usize>,
    /// No more is read after it, and the connection stays.
    stuck: bool,
}

impl Reply {
    pub(super) fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), cut: None, stuck: false }
    }

    /// No answer: the connection ends.
    pub(super) fn none() -> Self {
        Self::new(0)
    }

    pub(super) fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..Self::new(200) }
    }

    pub(super) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub(super) fn body(self, body: &str) -> Self {
        Self { body: body.as_bytes().to_vec(), ..self }
    }

    pub(super) fn cut(self, after: usize) -> Self {
        Self { cut: Some(after), ..self }
    }

    pub(super) fn stuck(self) -> Self {
        Self { stuck: true, ..self }
    }

    fn write(&self, mut sink: &TcpStream, asked: &Asked) -> io::Result<()> {
        let Self { status, headers, body, cut, .. } = self;
        let mut head = format!("HTTP/1.1 {status} x\r\nContent-Length: {}\r\n", body.len());
        for (name, value) in headers {
            head.extend([name.as_ref(), ": ", value.as_ref(), "\r\n"] as [&str; 4]);
        }
        let mut text = format!("{head}\r\n").into_bytes();
        if !asked.is("HEAD ") {
            text.extend_from_slice(&body[..cut.unwrap_or(body.len())]);
        }
        sink.write_all(&text)
    }
}

type Answers = dyn Fn(&Asked) -> Reply + Send + Sync;

/// What is answered as soon as the headers are there.
type Early = dyn Fn(&Asked) -> Option<Reply> + Send + Sync;

/// A server on a free port of this machine, which speaks plain HTTP.
pub(super) struct Fake {
    pub(super) host: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    connections: Arc<AtomicUsize>,
}

impl Fake {
    pub(super) fn new(answers: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        Self::early(|_| None, answers)
    }

    /// One that answers some before it has read what they send.
    pub(super) fn early(
        early: impl Fn(&Asked) -> Option<Reply> + Send + Sync + 'static,
        answers: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let asked = Arc::<Mutex<Vec<Asked>>>::default();
        let connections = Arc::<AtomicUsize>::default();
        let (all, count) = (Arc::clone(&asked), Arc::clone(&connections));
        let (early, answers): (Arc<Early>, Arc<Answers>) = (Arc::new(early), Arc::new(answers));
        thread::spawn(move || {
            for stream in listener.incoming() {
                count.fetch_add(1, Ordering::Relaxed);
                let all = Arc::clone(&all);
                let (early, answers) = (Arc::clone(&early), Arc::clone(&answers));
                thread::spawn(move || serve(&stream.unwrap(), &all, &*early, &*answers));
            }
        });
        Self { host, asked, connections }
    }

    /// A registry with `blobs` and `manifests`, which are had by tag and by digest.
    pub(super) fn with(manifests: &[(&str, &[u8])], blobs: &[&[u8]]) -> Self {
        let answers = holding(manifests, blobs);
        Self::new(move |asked| answers(asked).unwrap_or_else(|| Reply::new(404)))
    }

    /// The lines of what was asked, in order.
    pub(super) fn lines(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.line).collect()
    }

    /// How many connections there have been.
    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Those that begin with `start`.
    pub(super) fn asked_for(&self, start: &str) -> Vec<Asked> {
        self.asked().into_iter().filter(|asked| asked.is(start)).collect()
    }
}

/// Answers what can be answered from `manifests` and `blobs`.
pub(super) fn holding(
    manifests: &[(&str, &[u8])],
    blobs: &[&[u8]],
) -> impl Fn(&Asked) -> Option<Reply> + Send + Sync + 'static {
    let mut held = vec![("/v2/".to_owned(), Vec::new())];
    for (tag, manifest) in manifests {
        for name in [(*tag).to_owned(), digest(manifest)] {
            held.push((format!("/manifests/{name}"), manifest.to_vec()));
        }
    }
    held.extend(blobs.iter().map(|it| (format!("/blobs/{}", digest(it)), it.to_vec())));
    move |asked| {
        let path = asked.line.strip_prefix("GET ").or(asked.line.strip_prefix("HEAD "))?;
        let (_, body) = held.iter().find(|(end, _)| path.ends_with(&**end))?;
        Some(Reply::ok(body.clone()))
    }
}

fn serve(stream: &TcpStream, all: &Mutex<Vec<Asked>>, early: &Early, answers: &Answers) {
    let mut first = [0];
    if !matches!(stream.peek(&mut first), Ok(1)) {
        return;
    }
    let mut sink = stream;
    if first[0] == 22 {
        // The beginning of TLS, and what Go's servers say to that.
        let _ = sink.write_all(b"HTTP/1.0 400 Bad Request\r\n\r\n");
        return;
    }
    let mut reader = BufReader::new(stream);
    while let Some(mut asked) = read(&mut reader) {
        let line = asked.line.clone();
        let same = |all: &[Asked]| all.iter().filter(|other| other.line == line).count();
        asked.before = same(&all.lock().unwrap());
        if let Some(reply) = early(&asked) {
            all.lock().unwrap().push(asked.clone());
            if reply.write(stream, &asked).is_err() {
                return;
            }
            if reply.stuck {
                loop {
                    thread::park();
                }
            }
            if read_body(&mut reader, &mut asked).is_none() {
                return;
            }
            continue;
        }
        if read_body(&mut reader, &mut asked).is_none() {
            return;
        }
        {
            let mut all = all.lock().unwrap();
            asked.before = same(&all);
            all.push(asked.clone());
        }
        let reply = answers(&asked);
        if reply.status == 0 || reply.write(stream, &asked).is_err() || reply.cut.is_some() {
            return;
        }
    }
}

/// What is asked, without its body.
fn read(reader: &mut impl BufRead) -> Option<Asked> {
    let mut line = || {
        let mut text = String::new();
        reader.read_line(&mut text).ok().filter(|read| *read > 0)?;
        Some(text.trim_end().to_owned())
    };
    let first = line()?;
    let first = first.strip_suffix(" HTTP/1.1")?.to_owned();
    let mut headers = Vec::new();
    while let Some((name, value)) = line()?.split_once(": ") {
        headers.push((name.to_owned(), value.to_owned()));
    }
    Some(Asked { line: first, headers, body: Vec::new(), before: 0 })
}

fn read_body(reader: &mut impl BufRead, asked: &mut Asked) -> Option<()> {
    let length = asked.header("content-length").map_or(0, |length| length.parse().unwrap());
    asked.body = vec![0; length];
    reader.read_exact(&mut asked.body).ok()
}
