//! A registry of this process that serves the bases, over HTTP.
//!
//! Reading alone: nothing can be pushed to it.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
};

use super::bases::Base;

#[derive(Debug)]
pub(crate) struct Registry {
    host: String,
    bases: Arc<BTreeMap<String, Base>>,
    /// Names of bases with the images that are taken for them.
    instead: Vec<(String, String)>,
}

impl Registry {
    /// Serves on a port of its own, as long as the process lives.
    pub(crate) fn start(bases: BTreeMap<String, Base>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let host = listener.local_addr().expect("its address").to_string();
        let bases = Arc::new(bases);
        let served = Arc::clone(&bases);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let bases = Arc::clone(&served);
                thread::spawn(move || serve(&stream, &bases));
            }
        });
        Self { host, bases, instead: Vec::new() }
    }

    /// Texts name `image`, which another registry has, where they want the base of this name.
    pub(crate) fn instead_of(mut self, base: &str, image: &str) -> Self {
        self.instead.push((format!("REGISTRY/{base}:1"), image.to_owned()));
        self
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// The text of a case with the names of this registry and its bases.
    pub(crate) fn named_in(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (base, image) in &self.instead {
            text = text.replace(base, image);
        }
        text = text.replace("REGISTRY", &self.host);
        for (name, base) in self.bases.iter() {
            text = text.replace(&format!("DIGEST({name})"), &base.digest);
        }
        text
    }
}

/// Answers requests until the other side has no more; an answer that is not taken is its affair.
fn serve(stream: &TcpStream, bases: &BTreeMap<String, Base>) {
    let mut lines = BufReader::new(stream).lines();
    while let Some(Ok(request)) = lines.next() {
        while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
        let (status, media_type, body) = match find(&request, bases) {
            Some((media_type, body)) => ("200 OK", media_type, body),
            None => ("404 Not Found", "application/json", &b"{\"errors\":[]}"[..]),
        };
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let body = if request.starts_with("HEAD") { &[] } else { body };
        let mut stream = stream;
        if stream.write_all(&[head.as_bytes(), body].concat()).is_err() {
            return;
        }
    }
}

/// What is asked for, with its media type.
fn find<'a>(request: &str, bases: &'a BTreeMap<String, Base>) -> Option<(&'a str, &'a [u8])> {
    let path = request.split(' ').nth(1)?.strip_prefix("/v2/")?;
    if path.is_empty() {
        return Some(("application/json", b"{}"));
    }
    let [name, kind, reference] = path.split('/').collect::<Vec<_>>().try_into().ok()?;
    let base = bases.get(name)?;
    if kind == "blobs" {
        return Some(("application/octet-stream", base.blobs.get(reference)?));
    }
    let digest = if reference == "1" { &base.digest } else { reference };
    let (media_type, manifest) = base.manifests.get(digest)?;
    Some((media_type, manifest))
}
