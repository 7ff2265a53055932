//! Uploads that come to no end: registries are told, or they would keep what they got of a layer.
//!
//! A push that is dropped cannot ask anything any more. What it has begun is noted, and whoever
//! dropped it has it cancelled.
//!
//! Not every registry heeds it: distribution 2.8 knows an upload only by the bytes it has told of,
//! and so refuses while half of a layer has come. It keeps such uploads for a week.
//!
//! Source: the OCI distribution specification, "Cancel a blob upload"; distribution,
//! registry/handlers/blobupload.go, `ResumeBlobUpload`.

use std::{sync::Arc, time::Duration};

use hyper::Method;
use tokio::{task::JoinSet, time::timeout};

use super::{
    Inner,
    ask::{At, Question, scope},
    locked, refusal,
    server::Server,
};
use crate::oci::http::Url;

/// How long a registry is given to hear of it.
const PATIENCE: Duration = Duration::from_secs(3);

/// An upload that has begun.
#[derive(Debug, Clone)]
pub(super) struct Abandoned {
    server: Arc<Server>,
    repository: String,
    url: Url,
}

/// An upload on its way: abandoned when this is dropped, unless it came to its end.
pub(super) struct Session<'a> {
    inner: &'a Inner,
    upload: Option<Abandoned>,
}

impl<'a> Session<'a> {
    pub(super) fn new(inner: &'a Inner, server: &Arc<Server>, repository: &str, url: &Url) -> Self {
        let (server, repository, url) = (Arc::clone(server), repository.to_owned(), url.clone());
        Self { inner, upload: Some(Abandoned { server, repository, url }) }
    }

    /// The registry knows no such upload any more.
    pub(super) fn end(mut self) {
        self.upload = None;
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        if let Some(upload) = self.upload.take() {
            locked(&self.inner.abandoned).push(upload);
        }
    }
}

/// Cancels all that were abandoned; what a registry says to that changes nothing.
pub(super) async fn clean_up(inner: &Arc<Inner>) {
    let abandoned = std::mem::take(&mut *locked(&inner.abandoned));
    let mut cancelling = JoinSet::new();
    for Abandoned { server, repository, url } in abandoned {
        let inner = Arc::clone(inner);
        cancelling.spawn(async move {
            let mut question = Question::new(Method::DELETE, String::new());
            question.at = At::Url(url);
            // Who may push may not always delete, and a token says which.
            let scopes = [scope(&repository, "pull,push,delete")];
            if let Ok(mut answer) = inner.ask(&server, &scopes, &question).await {
                let _ = answer.whole(refusal::MOST_SAID).await;
            }
        });
    }
    let all = async { while cancelling.join_next().await.is_some() {} };
    let _ = timeout(PATIENCE, all).await;
}
