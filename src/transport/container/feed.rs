//! Bringing a job's files and its bundle into the container, and proving that they are there.

use std::{
    fs::File,
    io::{self, Read, Write},
    time::Duration,
};

use sha2::{Digest, Sha256};

use super::{
    client::Client,
    failure::{Step, explain_text},
    far::{self, Layout},
    spool::{Spooled, Unsent},
    stream::{Copied, Meter, copy_in, copy_out},
    teller::Teller,
};
use crate::{
    context::{ContextError, Packed},
    transport::{Bundle, Job, TransportError},
};

/// After how many bytes the progress is told again.
const TOLD_EVERY: u64 = 4 * 1024 * 1024;

/// A container that is being fed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Feeding<'a> {
    pub(super) client: Client<'a>,
    pub(super) name: &'a str,
    pub(super) layout: &'a Layout,
    /// How long a copy may stand still.
    pub(super) stall: Duration,
}

impl Feeding<'_> {
    /// Sends all of `job` in one archive; returns what the bundle in it was.
    pub(super) async fn send(
        self,
        job: &Job,
        bundle: &Bundle,
        teller: &Teller,
    ) -> Result<Packed, TransportError> {
        let bundle = Spooled::pack(bundle).await?;
        let archive = |source: io::Error| TransportError::Feed {
            what: format!("the job's files could not be archived: {source}"),
        };
        let head = far::head(self.layout, bundle.bytes()).map_err(archive)?;
        let tail = far::tail(job, bundle.bytes()).map_err(archive)?;
        let teller = teller.clone();
        let write = move |mut pipe: Meter<File>| {
            pipe.write_all(&head).map_err(Unsent::Pipe)?;
            let mut telling = Telling { sink: &mut pipe, teller, sent: 0, told: 0 };
            let packed = bundle.write(&mut telling)?;
            telling.tell();
            pipe.write_all(&tail).map_err(Unsent::Pipe)?;
            Ok(packed)
        };
        let copied = copy_in(self.client, self.name, far::ROOT, self.stall, write).await?;
        self.judge(copied)
    }

    /// Who failed, where both sides did: a client that hangs up breaks our pipe, and a context
    /// that cannot be read leaves the client with half an archive.
    fn judge(self, copied: Copied<Result<Packed, Unsent>>) -> Result<Packed, TransportError> {
        let Copied { ours, code, said } = copied;
        match ours {
            Err(Unsent::Context(error @ ContextError::Read { .. })) => Err(error.into()),
            Err(Unsent::Changed) => Err(TransportError::Feed {
                what: "the context changed while it was sent".to_owned(),
            }),
            _ if code != 0 => Err(explain_text(self.client.settings, Step::Feed, "cp", &said)),
            Err(Unsent::Context(error)) => Err(error.into()),
            Err(Unsent::Pipe(error)) => Err(TransportError::Feed {
                what: format!("the job's files could not be sent: {error}"),
            }),
            Ok(packed) => Ok(packed),
        }
    }

    /// Copies the bundle back and compares it with `sent`.
    pub(super) async fn verify(self, sent: Packed) -> Result<(), TransportError> {
        let path = &self.layout.bundle;
        let read = |archive: &mut Meter<File>| digest_of_only_file(archive);
        let copied = copy_out(self.client, self.name, path, self.stall, read).await?;
        if copied.code != 0 {
            return Err(explain_text(self.client.settings, Step::Feed, "cp", &copied.said));
        }
        let (bytes, sha256) = copied.ours.map_err(|error| TransportError::Feed {
            what: format!("the bundle could not be read back from the container: {error}"),
        })?;
        if bytes != sent.bytes {
            let what = format!(
                "the bundle has {bytes} bytes in the container, and {} were sent",
                sent.bytes
            );
            return Err(TransportError::Feed { what });
        }
        if sha256 != sent.sha256 {
            let what = "the bundle in the container has another SHA-256 than the one that was sent";
            return Err(TransportError::Feed { what: what.to_owned() });
        }
        Ok(())
    }
}

/// Length and SHA-256 of the one file in an archive.
fn digest_of_only_file(archive: &mut dyn Read) -> io::Result<(u64, [u8; 32])> {
    let none = || io::Error::new(io::ErrorKind::InvalidData, "it came back as no file");
    let mut archive = tar::Archive::new(archive);
    let mut entry = archive.entries()?.next().ok_or_else(none)??;
    if !entry.header().entry_type().is_file() {
        return Err(none());
    }
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 128 * 1024];
    let mut bytes = 0;
    loop {
        let read = entry.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        digest.update(&buffer[..read]);
        bytes += read as u64;
    }
    if bytes != entry.size() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok((bytes, digest.finalize().into()))
}

/// A sink that tells how far it is.
struct Telling<'a> {
    sink: &'a mut Meter<File>,
    teller: Teller,
    sent: u64,
    told: u64,
}

impl Telling<'_> {
    fn tell(&mut self) {
        self.told = self.sent;
        self.teller.sent(self.sent);
    }
}

impl Write for Telling<'_> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = self.sink.write(buffer)?;
        self.sent += written as u64;
        if self.sent - self.told >= TOLD_EVERY {
            self.tell();
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(path: &str, content: &[u8]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o600);
        builder.append_data(&mut header, path, content).unwrap();
        builder.into_inner().unwrap()
    }

    #[test]
    fn a_file_that_came_back_is_measured() {
        let (bytes, sha256) =
            digest_of_only_file(&mut archive("bundle.tgz", b"abc").as_slice()).unwrap();
        assert_eq!(bytes, 3);
        assert_eq!(
            sha256[..8],
            // SHA-256 of "abc", from FIPS 180-2.
            [0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea]
        );
    }

    #[test]
    fn an_archive_that_ends_early_is_an_error() {
        let archive = archive("bundle.tgz", &[7; 2000]);
        digest_of_only_file(&mut &archive[..1000]).unwrap_err();
        assert_eq!(
            digest_of_only_file(&mut &b""[..]).unwrap_err().to_string(),
            "it came back as no file"
        );
    }
}
