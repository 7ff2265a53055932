//! Fetching: a layer into an unlinked file, no byte more than it declares, continued where a
//! connection was lost.

use std::{
    fs::File,
    io::{Seek as _, Write as _},
    sync::Arc,
};

use hyper::{Method, StatusCode, header};
use sha2::{Digest as _, Sha256};

use super::{
    Inner,
    ask::{Question, scope},
    locked,
    patience::Trouble,
    refusal::{self, Doing},
};
use crate::{
    hex,
    oci::{Blob, Content, OciError, http::Answer},
    registry::Reference,
};

/// What has come of a blob.
struct Coming<'a> {
    blob: &'a Blob,
    host: &'a str,
    what: String,
    file: File,
    hash: Sha256,
    got: u64,
}

impl Inner {
    pub(super) async fn fetch(&self, blob: &Blob) -> Result<Arc<File>, OciError> {
        let place = match &blob.content {
            Content::File(file) => return Ok(Arc::clone(file)),
            Content::Memory(bytes) => {
                let mut file = self.temporary()?;
                file.write_all(bytes).map_err(|source| self.unwritable(source))?;
                return Ok(Arc::new(file));
            }
            Content::Remote(place) => place,
        };
        let cell = locked(&self.files).cell(&blob.digest, blob.size);
        let file = cell.get_or_try_init(|| self.download(blob, place)).await?;
        Ok(Arc::clone(file))
    }

    /// A file without a name.
    fn temporary(&self) -> Result<File, OciError> {
        tempfile::tempfile_in(&self.temporary).map_err(|source| self.unwritable(source))
    }

    fn unwritable(&self, source: std::io::Error) -> OciError {
        OciError::File { path: self.temporary.clone(), verb: "written", source }
    }

    async fn download(&self, blob: &Blob, place: &Reference) -> Result<Arc<File>, OciError> {
        let mut coming = Coming {
            blob,
            host: place.host(),
            what: format!("the layer {}", blob.digest),
            file: self.temporary()?,
            hash: Sha256::new(),
            got: 0,
        };
        let mut patience = self.patience();
        loop {
            let before = coming.got;
            match self.more(&mut coming, place).await {
                Ok(()) => return coming.whole().map(Arc::new),
                Err(trouble) => {
                    if coming.got > before {
                        patience.renew();
                    }
                    patience.wait(trouble).await?;
                }
            }
        }
    }

    /// Takes what is still to come, as far as the connection carries it.
    async fn more(&self, coming: &mut Coming<'_>, place: &Reference) -> Result<(), Trouble> {
        let server = self.server(place.host());
        let repository = place.repository();
        let path = format!("/v2/{repository}/blobs/{}", coming.blob.digest);
        let mut question = Question::new(Method::GET, path);
        if coming.got > 0 {
            question = question.header(header::RANGE, &format!("bytes={}-", coming.got));
        }
        let mut answer = self.ask(&server, &[scope(repository, "pull")], &question).await?;
        if answer.status == StatusCode::RANGE_NOT_SATISFIABLE {
            coming.start_anew().map_err(|source| self.unwritable(source))?;
            let (host, why) = (server.host.clone(), "it can't be continued".to_owned());
            return Err(OciError::Lost { host, why }.into());
        }
        if !answer.status.is_success() {
            let doing = Doing::Blob(&coming.what);
            return Err(refusal::of(&mut answer, &server, repository, doing).await);
        }
        if !continues(&answer, coming.got) {
            coming.start_anew().map_err(|source| self.unwritable(source))?;
            let length = answer.header(&header::CONTENT_LENGTH).and_then(|it| it.parse().ok());
            if let Some(length) = length.filter(|length| *length != coming.blob.size) {
                return Err(coming.wrong_size(length).into());
            }
        }
        while let Some(bytes) = answer.next().await? {
            let got = coming.got + bytes.len() as u64;
            if got > coming.blob.size {
                return Err(coming.wrong_size(got).into());
            }
            coming.hash.update(&bytes);
            coming.file.write_all(&bytes).map_err(|source| self.unwritable(source))?;
            coming.got = got;
        }
        Ok(())
    }
}

/// Whether an answer begins where we stopped, not at the start.
fn continues(answer: &Answer, got: u64) -> bool {
    let from = answer.header(&header::CONTENT_RANGE).and_then(|range| {
        range.trim().strip_prefix("bytes ")?.split('-').next()?.parse::<u64>().ok()
    });
    answer.status == StatusCode::PARTIAL_CONTENT && from == Some(got)
}

impl Coming<'_> {
    fn start_anew(&mut self) -> std::io::Result<()> {
        self.hash = Sha256::new();
        self.got = 0;
        self.file.set_len(0)?;
        self.file.rewind()
    }

    fn wrong_size(&self, size: u64) -> OciError {
        let promised = self.blob.size;
        let more = if size > promised { "at least " } else { "" };
        self.corrupt(format!("it has {more}{size} bytes, not {promised}"))
    }

    fn corrupt(&self, why: String) -> OciError {
        OciError::Corrupt { host: self.host.to_owned(), what: self.what.clone(), why }
    }

    /// The file, if it is what was promised.
    fn whole(mut self) -> Result<File, OciError> {
        if self.got != self.blob.size {
            return Err(self.wrong_size(self.got));
        }
        let came = hex::digest(&std::mem::take(&mut self.hash).finalize());
        if came == self.blob.digest {
            Ok(self.file)
        } else {
            Err(self.corrupt(format!("it is {came}")))
        }
    }
}
