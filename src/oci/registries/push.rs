//! Pushing: blobs side by side, each only if it is not there, and the manifest last.

use std::sync::Arc;

use hyper::{Method, StatusCode, body::Bytes, header, header::HeaderName};
use tokio::task::JoinSet;

use super::{
    Inner,
    ask::{At, Question, scope},
    patience::Trouble,
    refusal::{self, Doing},
    server::Server,
    session::{self, Session},
};
use crate::{
    oci::{
        Blob, Content, Image, Layer, OciError,
        http::{Outgoing, Url},
        image::digest,
    },
    registry::{Reference, same_host},
};

/// Blobs that are on their way at once.
pub(crate) const AT_ONCE: usize = 3;

/// What a push did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// `sha256:…` of the manifest.
    pub digest: String,
    /// Bytes of layers and config that were sent; what was there or was mounted is not.
    pub sent: u64,
}

/// Where blobs go.
#[derive(Debug, Clone)]
struct Goal {
    server: Arc<Server>,
    repository: String,
}

/// How an upload begins.
enum Begun {
    /// It need not: the blob has been mounted.
    Mounted,
    /// Here.
    At(Url),
}

pub(super) async fn push(
    inner: &Arc<Inner>,
    image: &Image,
    to: &Reference,
    in_doubt: &mut bool,
) -> Result<Pushed, OciError> {
    let goal = Goal { server: inner.server(to.host()), repository: to.repository().to_owned() };
    let mut blobs: Vec<Blob> = Vec::new();
    let config = image.config_blob();
    for blob in [&config].into_iter().chain(image.layers.iter().map(|layer| &layer.blob)) {
        if !blobs.iter().any(|other| other.digest == blob.digest) {
            blobs.push(blob.clone());
        }
    }
    // The config is small and goes alone: it tells whether we may push at all.
    let mut waiting = blobs.into_iter();
    let mut sent = 0;
    if let Some(first) = waiting.next() {
        sent += inner.blob(&goal, &first).await?;
    }
    // Dropped with this, it ends what is on its way.
    let mut under_way = JoinSet::new();
    loop {
        while under_way.len() < AT_ONCE {
            let Some(blob) = waiting.next() else { break };
            let (inner, goal) = (Arc::clone(inner), goal.clone());
            under_way.spawn(async move { inner.blob(&goal, &blob).await });
        }
        match under_way.join_next().await {
            None => break,
            Some(Ok(done)) => sent += done?,
            Some(Err(ended)) if ended.is_panic() => std::panic::resume_unwind(ended.into_panic()),
            Some(Err(_)) => {
                let why = "the upload was given up".to_owned();
                return Err(OciError::Lost { host: to.host().to_owned(), why });
            }
        }
    }
    inner.tag(&goal, image, to, in_doubt).await.map(|digest| Pushed { digest, sent })
}

/// Begins an upload and calls it off.
pub(super) async fn may(inner: &Arc<Inner>, to: &Reference) -> Result<(), OciError> {
    let goal = Goal { server: inner.server(to.host()), repository: to.repository().to_owned() };
    let mut patience = inner.patience();
    let begun = loop {
        match inner.begin(&goal).await {
            Ok(url) => break url,
            Err(trouble) => patience.wait(trouble).await?,
        }
    };
    drop(Session::new(inner, &goal.server, &goal.repository, &begun));
    session::clean_up(inner).await;
    Ok(())
}

/// Sends one layer.
pub(super) async fn send(
    inner: &Arc<Inner>,
    layer: &Layer,
    to: &Reference,
) -> Result<(), OciError> {
    let goal = Goal { server: inner.server(to.host()), repository: to.repository().to_owned() };
    inner.blob(&goal, &layer.blob).await.map(drop)
}

impl Inner {
    /// Sees to it that `blob` is there; the bytes that had to be sent for it.
    async fn blob(&self, goal: &Goal, blob: &Blob) -> Result<u64, OciError> {
        let host = &goal.server.host;
        if self.where_it_is(host, &blob.digest).contains(&goal.repository) {
            return Ok(0);
        }
        let mut patience = self.patience();
        let sent = loop {
            match self.blob_once(goal, blob).await {
                Ok(sent) => break sent,
                Err(trouble) => patience.wait(trouble).await?,
            }
        };
        self.is_there(host, &goal.repository, &blob.digest);
        Ok(sent)
    }

    async fn blob_once(&self, goal: &Goal, blob: &Blob) -> Result<u64, Trouble> {
        if self.has(goal, blob).await? {
            return Ok(0);
        }
        let mut begun = None;
        for source in self.sources(goal, blob) {
            match self.mount(goal, blob, &source).await? {
                Some(Begun::Mounted) => return Ok(0),
                Some(Begun::At(url)) => {
                    begun = Some(url);
                    break;
                }
                None => {}
            }
        }
        let body = match &blob.content {
            Content::Memory(bytes) => Outgoing::bytes(Bytes::from_owner(Arc::clone(bytes))),
            Content::File(file) => Outgoing::file(Arc::clone(file), blob.size),
            Content::Remote(_) => Outgoing::file(self.fetch(blob).await?, blob.size),
        };
        let url = match begun {
            Some(url) => url,
            None => self.begin(goal).await?,
        };
        let session = Session::new(self, &goal.server, &goal.repository, &url);
        self.send(goal, blob, &url, body).await?;
        session.end();
        Ok(blob.size)
    }

    /// Whether the blob is there.
    async fn has(&self, goal: &Goal, blob: &Blob) -> Result<bool, Trouble> {
        let path = format!("/v2/{}/blobs/{}", goal.repository, blob.digest);
        let mut answer = self.at(goal, &Question::new(Method::HEAD, path)).await?;
        match answer.status {
            StatusCode::OK => {
                // At its end, which is here, the connection can be used again.
                let _ = answer.whole(refusal::MOST_SAID).await;
                Ok(true)
            }
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => {
                let _ = answer.whole(refusal::MOST_SAID).await;
                Ok(false)
            }
            _ => Err(goal.refused(&mut answer, "the question what is there").await),
        }
    }

    /// The other repositories of this registry that have the blob.
    fn sources(&self, goal: &Goal, blob: &Blob) -> Vec<String> {
        let mut sources = self.where_it_is(&goal.server.host, &blob.digest);
        if let Content::Remote(place) = &blob.content
            && same_host(place.host(), &goal.server.host)
        {
            sources.insert(place.repository().to_owned());
        }
        sources.remove(&goal.repository);
        sources.into_iter().take(2).collect()
    }

    /// Has the registry take the blob from `source`; none where that leads nowhere.
    async fn mount(
        &self,
        goal: &Goal,
        blob: &Blob,
        source: &str,
    ) -> Result<Option<Begun>, Trouble> {
        let path = format!(
            "/v2/{}/blobs/uploads/?mount={}&from={}",
            goal.repository,
            blob.digest,
            source.replace('/', "%2F")
        );
        let scopes = [goal.scope(), scope(source, "pull")];
        let question = Question::new(Method::POST, path);
        let mut answer = match self.ask(&goal.server, &scopes, &question).await {
            Ok(answer) => answer,
            // A token service may refuse both where it would grant one.
            Err(trouble) if matches!(trouble.error, OciError::Unauthorized { .. }) => {
                return Ok(None);
            }
            Err(trouble) => return Err(trouble),
        };
        match answer.status {
            StatusCode::CREATED => Ok(Some(Begun::Mounted)),
            StatusCode::ACCEPTED => {
                let location = answer.header(&header::LOCATION).map(str::to_owned);
                let _ = answer.whole(refusal::MOST_SAID).await;
                Ok(Some(Begun::At(self.location(goal, location.as_deref()).await?)))
            }
            _ => {
                let _ = answer.whole(refusal::MOST_SAID).await;
                Ok(None)
            }
        }
    }

    async fn begin(&self, goal: &Goal) -> Result<Url, Trouble> {
        let path = format!("/v2/{}/blobs/uploads/", goal.repository);
        let mut answer = self.at(goal, &Question::new(Method::POST, path)).await?;
        if answer.status != StatusCode::ACCEPTED {
            return Err(goal.refused(&mut answer, "an upload").await);
        }
        let location = answer.header(&header::LOCATION).map(str::to_owned);
        let _ = answer.whole(refusal::MOST_SAID).await;
        self.location(goal, location.as_deref()).await
    }

    async fn location(&self, goal: &Goal, location: Option<&str>) -> Result<Url, Trouble> {
        let home = self.meet(&goal.server).await?;
        let url = location.and_then(|location| home.path("/").join(location));
        url.ok_or_else(|| goal.nonsense("an upload", "it does not say where to").into())
    }

    /// Sends the bytes; their digest is what the registry holds them against.
    async fn send(
        &self,
        goal: &Goal,
        blob: &Blob,
        url: &Url,
        body: Outgoing,
    ) -> Result<(), Trouble> {
        let mut question = Question::new(Method::PUT, String::new())
            .header(header::CONTENT_TYPE, "application/octet-stream");
        question.at = At::Url(url.with("digest", &blob.digest));
        let mut answer = self.at(goal, &question.body(body)).await?;
        let kind = if blob.media_type.contains("config") { "config" } else { "layer" };
        let what = format!("the {kind} {}", blob.digest);
        match answer.status {
            status if status.is_success() => {
                let _ = answer.whole(refusal::MOST_SAID).await;
                Ok(())
            }
            // The upload is not known any more: another of several servers has answered, or it
            // has been restarted.
            StatusCode::NOT_FOUND => Err(OciError::Lost {
                host: goal.server.host.clone(),
                why: "it has forgotten the upload".to_owned(),
            }
            .into()),
            _ => Err(goal.refused(&mut answer, &what).await),
        }
    }

    /// Puts the manifest under its tag; `in_doubt` while it may be there and nobody has said so,
    /// and after that.
    async fn tag(
        &self,
        goal: &Goal,
        image: &Image,
        to: &Reference,
        in_doubt: &mut bool,
    ) -> Result<String, OciError> {
        let manifest = image.manifest();
        let tag = to.tag().unwrap_or("latest");
        let question =
            Question::new(Method::PUT, format!("/v2/{}/manifests/{tag}", goal.repository))
                .header(header::CONTENT_TYPE, image.format.manifest())
                .body(Outgoing::bytes(manifest.clone()));
        let mut patience = self.patience();
        loop {
            let before = std::mem::replace(in_doubt, true);
            match self.tag_once(goal, &question, &digest(&manifest), to).await {
                Ok(digest) => {
                    *in_doubt = false;
                    return Ok(digest);
                }
                Err(trouble) => {
                    // A refusal says nothing of what was asked before it and lost.
                    *in_doubt = before || question.body.was_lost() || !trouble.is_a_refusal();
                    patience.wait(trouble).await?;
                }
            }
        }
    }

    async fn tag_once(
        &self,
        goal: &Goal,
        question: &Question,
        digest: &str,
        to: &Reference,
    ) -> Result<String, Trouble> {
        let mut answer = self.at(goal, question).await?;
        if !answer.status.is_success() {
            return Err(goal.refused(&mut answer, &format!("the manifest of `{to}`")).await);
        }
        let there = HeaderName::from_static("docker-content-digest");
        let there = answer.header(&there).filter(|there| there.starts_with("sha256:"));
        if let Some(there) = there.filter(|there| *there != digest) {
            return Err(OciError::Corrupt {
                host: goal.server.host.clone(),
                what: format!("the manifest of `{to}`"),
                why: format!("it is {there} there, not {digest}"),
            }
            .into());
        }
        let _ = answer.whole(refusal::MOST_SAID).await;
        Ok(digest.to_owned())
    }

    async fn at(
        &self,
        goal: &Goal,
        question: &Question,
    ) -> Result<crate::oci::http::Answer, Trouble> {
        self.ask(&goal.server, &[goal.scope()], question).await
    }
}

impl Goal {
    fn scope(&self) -> String {
        scope(&self.repository, "pull,push")
    }

    async fn refused(&self, answer: &mut crate::oci::http::Answer, what: &str) -> Trouble {
        refusal::of(answer, &self.server, &self.repository, Doing::Push(what)).await
    }

    fn nonsense(&self, what: &str, why: &str) -> OciError {
        let (what, why) = (what.to_owned(), why.to_owned());
        OciError::Nonsense { host: self.server.host.clone(), what, why }
    }
}
