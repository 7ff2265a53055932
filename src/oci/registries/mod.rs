//! Registries: images are pulled from them and pushed to them.
//!
//! A small client of our own. Libraries for this reach all hosts with one TLS setting and one
//! kind of login, and know neither mirrors nor mounts nor when to try again.
//!
//! Source: the OCI distribution specification; distribution's token authentication.

mod ask;
mod challenge;
mod fetch;
mod kept;
mod manifest;
mod patience;
mod pull;
mod push;
mod refusal;
mod server;
mod session;
mod token;

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeSet, HashMap},
    fs::File,
    ops::Deref,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

pub(crate) use self::push::AT_ONCE;
pub use self::push::Pushed;
use self::{
    kept::Kept,
    patience::{Pace, Patience},
    server::Server,
    session::Abandoned,
};
use super::{
    Base, Host, Image, Layer, Network, OciError, Platform,
    http::{Http, Limits, Trust, Usual},
    notice::{Listener, Notice},
};
use crate::registry::{DOCKER_HUB, Reference, same_host};

/// All registries, as they are reached in one run; clones share what they know.
///
/// What is known of them is kept for the run: who is logged in, which layers are here and
/// which are there.
#[derive(Debug, Clone)]
pub struct Registries(Arc<Inner>);

/// What all clones share, and who hears of the waits of this one.
#[derive(Debug)]
struct Inner {
    shared: Arc<Shared>,
    listener: Listener,
}

impl Deref for Inner {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.shared
    }
}

#[derive(Debug)]
struct Shared {
    http: Http,
    pace: Pace,
    /// Where temporary files are made.
    temporary: PathBuf,
    /// The declared, with what stands for all others at the end.
    declared: Vec<(Host, Arc<Trust>)>,
    /// Those that have been asked for.
    servers: Mutex<HashMap<String, Arc<Server>>>,
    /// Layers that have been fetched.
    files: Mutex<Kept>,
    /// Uploads that came to no end.
    abandoned: Mutex<Vec<Abandoned>>,
    /// The repositories in which a blob is known to be, by host and digest.
    there: Mutex<HashMap<(String, String), BTreeSet<String>>>,
}

impl Registries {
    /// Registries as `hosts` and `network` say; the first of a host counts.
    ///
    /// # Errors
    ///
    /// [`OciError::Setting`] for certificates and keys that are none.
    pub fn new(hosts: Vec<Host>, network: &Network) -> Result<Self, OciError> {
        Self::with(hosts, network, Limits::default(), Pace::default())
    }

    /// The same, for whom no answer is better than a late one: what fails is tried once more at
    /// most, and who wants us to wait for more than some seconds is not waited for.
    ///
    /// # Errors
    ///
    /// As [`Self::new`].
    pub fn hurried(hosts: Vec<Host>, network: &Network) -> Result<Self, OciError> {
        let (pause, most) = (Duration::from_millis(500), Duration::from_secs(5));
        let pace = Pace { tries: 2, pause, most };
        Self::with(hosts, network, Limits::default(), pace)
    }

    fn with(
        mut hosts: Vec<Host>,
        network: &Network,
        limits: Limits,
        pace: Pace,
    ) -> Result<Self, OciError> {
        let roots = Arc::new(Usual::new(network.roots.clone()));
        hosts.push(Host::new(""));
        let declared = hosts.into_iter().map(|host| {
            let trust = Trust::new(&host, &roots)?;
            Ok((host, Arc::new(trust)))
        });
        let shared = Shared {
            http: Http::new(network, limits),
            pace,
            temporary: network.temporary.clone(),
            declared: declared.collect::<Result<_, OciError>>()?,
            servers: Mutex::default(),
            files: Mutex::default(),
            abandoned: Mutex::default(),
            there: Mutex::default(),
        };
        let (shared, listener) = (Arc::new(shared), Listener::default());
        Ok(Self(Arc::new(Inner { shared, listener })))
    }

    /// The same, and what they keep this one waiting with is told to `hear`, which must not wait
    /// itself.
    #[must_use]
    pub fn telling(&self, hear: impl Fn(Notice) + Send + Sync + 'static) -> Self {
        let shared = Arc::clone(&self.0.shared);
        Self(Arc::new(Inner { shared, listener: Listener::new(hear) }))
    }

    /// The image that `reference` names, for `platform` where it has several; `latest` if it
    /// has neither tag nor digest. Its layers stay there until they are [fetched](Self::fetch).
    ///
    /// Mirrors are asked first, in their order; whatever is wrong with one, the next is asked.
    ///
    /// # Errors
    ///
    /// [`OciError`], that of the last that was asked.
    pub async fn pull(&self, reference: &Reference, platform: &Platform) -> Result<Base, OciError> {
        self.0.pull(reference, platform).await
    }

    /// The bytes of a layer in an unlinked temporary file, size and digest verified; a remote
    /// one is downloaded once a run. Read it by position: it is shared.
    ///
    /// # Errors
    ///
    /// [`OciError::Corrupt`] for bytes that are not the layer's, and whatever keeps them from
    /// coming.
    pub async fn fetch(&self, layer: &Layer) -> Result<Arc<File>, OciError> {
        self.0.fetch(&layer.blob).await
    }

    /// Pushes `image` under the tag of `to`, `latest` if it has none.
    ///
    /// Sent is only what is not there and can't be mounted from another repository of the same
    /// registry. The manifest goes last: until all else is there, the tag is what it was, and so
    /// it stays when this is dropped.
    ///
    /// `in_doubt` is set while the manifest is on its way, and stays so after a failure, or when
    /// this is dropped, that does not tell whether it has come. It is not unset for what an earlier
    /// push has left in doubt, unless this one goes well.
    ///
    /// # Errors
    ///
    /// [`OciError`].
    pub async fn push(
        &self,
        image: &Image,
        to: &Reference,
        in_doubt: &mut bool,
    ) -> Result<Pushed, OciError> {
        push::push(&self.0, image, to, in_doubt).await
    }

    /// Whether what `to` names could be pushed: an upload is begun and called off, nothing is sent.
    ///
    /// # Errors
    ///
    /// [`OciError`], as a push would have it.
    pub async fn may_push(&self, to: &Reference) -> Result<(), OciError> {
        push::may(&self.0, to).await
    }

    /// Whether there is what `reference` names, in its registry itself: mirrors are not asked, nor
    /// is anything pulled.
    ///
    /// # Errors
    ///
    /// [`OciError`], as a pull would have it.
    pub async fn has(&self, reference: &Reference) -> Result<(), OciError> {
        self.0.has_image(reference).await
    }

    /// Sends a layer to the repository of `to` before there is an image, as [`push`](Self::push)
    /// does, which then finds it there.
    ///
    /// # Errors
    ///
    /// [`OciError`].
    pub async fn send(&self, layer: &Layer, to: &Reference) -> Result<(), OciError> {
        push::send(&self.0, layer, to).await
    }

    /// Tells registries of uploads that were given up, so that they keep no half of a layer: those
    /// of pushes that failed or were dropped. Takes a few seconds at most.
    pub async fn clean_up(&self) {
        session::clean_up(&self.0).await;
    }
}

impl Inner {
    /// The tries of one thing.
    fn patience(&self) -> Patience {
        Patience::new(self.pace, self.listener.clone())
    }

    /// The registry at `host`.
    fn server(&self, host: &str) -> Arc<Server> {
        let mut servers = locked(&self.servers);
        let server = servers.entry(host.to_owned()).or_insert_with(|| {
            let (declared, trust) = self.declared_at(host).unwrap_or_else(|| self.others());
            Arc::new(Server::new(host, declared.clone(), Arc::clone(trust)))
        });
        Arc::clone(server)
    }

    fn declared_at(&self, host: &str) -> Option<&(Host, Arc<Trust>)> {
        self.declared
            .iter()
            .find(|(declared, _)| !declared.host.is_empty() && same_host(&declared.host, host))
    }

    fn others(&self) -> &(Host, Arc<Trust>) {
        self.declared.last().expect("what stands for all others is always there")
    }

    /// Remembers that a blob is in a repository.
    fn is_there(&self, host: &str, repository: &str, digest: &str) {
        let mut there = locked(&self.there);
        let known = there.entry((host.to_owned(), digest.to_owned())).or_default();
        known.insert(repository.to_owned());
    }

    /// The repositories in which a blob is known to be.
    fn where_it_is(&self, host: &str, digest: &str) -> BTreeSet<String> {
        let there = locked(&self.there);
        there.get(&(host.to_owned(), digest.to_owned())).cloned().unwrap_or_default()
    }
}

/// What a lock guards is whole between any two statements.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where `host` really is.
///
/// Source: docker, which asks there for what it names `docker.io`.
fn real_host(host: &str) -> &str {
    if same_host(host, DOCKER_HUB) { "registry-1.docker.io" } else { host }
}
