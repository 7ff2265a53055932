//! Bundles of a run: a context that several builds send alike is packed once.
//!
//! It is kept in a file without a name, until the last of them has ended. What one build alone
//! sends is packed while it is sent, and kept nowhere.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::Mutex;

use crate::{
    context::{self, Compression, Identity},
    plan::{Build, ExecutorKind},
    transport::Bundle,
};

use super::{attempt::spec, reach::compression, spool};

/// What kept bundles may take of the disk together, in bytes; what does not fit is packed anew
/// for each build.
const MOST: u64 = 4 << 30;

/// The bundles of a run.
pub(super) struct Bundles {
    /// Where they are kept.
    directory: PathBuf,
    /// Those that several builds send, as the plan foresees it; each build's by its name.
    shared: BTreeMap<Arc<str>, Arc<Shared>>,
    kept: Arc<AtomicU64>,
}

/// A bundle that several builds send.
struct Shared {
    state: Mutex<State>,
}

struct State {
    /// Builds that have not ended.
    left: usize,
    kept: Option<Kept>,
}

struct Kept {
    identity: Identity,
    bundle: Bundle,
    bytes: u64,
}

impl Bundles {
    pub(super) fn new(builds: &[Build], directory: PathBuf) -> Self {
        let sending = || builds.iter().filter(|one| one.executor.kind != ExecutorKind::Builtin);
        let outputs = || builds.iter().flat_map(|build| &build.outputs);
        // One build's output may be a file of the other's context.
        let changes =
            |build: &Build| outputs().any(|output| output.local.starts_with(&build.context));
        let mut counts: BTreeMap<&Path, usize> = BTreeMap::new();
        for build in sending() {
            *counts.entry(&build.context).or_default() += 1;
        }
        let mut groups: Vec<(Compression, Identity, Vec<Arc<str>>)> = Vec::new();
        for build in sending().filter(|one| counts[&*one.context] > 1 && !changes(one)) {
            // What is wrong with a context is told when it is packed.
            let Ok(identity) = context::identity(&spec(build, build.slim.extent())) else {
                continue;
            };
            let compression = compression(build);
            let same = |group: &&mut (Compression, Identity, Vec<_>)| {
                group.0 == compression && group.1 == identity
            };
            match groups.iter_mut().find(same) {
                Some((_, _, names)) => names.push(Arc::clone(&build.name)),
                None => groups.push((compression, identity, vec![Arc::clone(&build.name)])),
            }
        }
        let mut shared = BTreeMap::new();
        for (_, _, names) in groups.into_iter().filter(|(_, _, names)| names.len() > 1) {
            let state = Mutex::new(State { left: names.len(), kept: None });
            let group = Arc::new(Shared { state });
            shared.extend(names.into_iter().map(|name| (name, Arc::clone(&group))));
        }
        Self { directory, shared, kept: Arc::default() }
    }

    /// What `build` sends, `spec` packed: as `stream` gives it, or kept from another build.
    ///
    /// `stream` says the same each time it is asked.
    pub(super) async fn of(&self, build: &Build, spec: &context::Spec, stream: Bundle) -> Bundle {
        let Some(shared) = self.shared.get(&build.name) else { return stream };
        let Ok(identity) = context::identity(spec) else { return stream };
        let mut state = shared.state.lock().await;
        match &state.kept {
            Some(kept) if kept.identity == identity => return Arc::clone(&kept.bundle),
            // The others send something else than the plan foresaw, or are done.
            Some(_) => return stream,
            None if state.left < 2 => return stream,
            None => {}
        }
        let room = MOST.saturating_sub(self.kept.load(Ordering::Relaxed));
        let spooled = spool::within(Arc::clone(&stream), &self.directory, room).await;
        // Whatever is wrong is told again, in its place, when it is sent.
        let Ok((bundle, packed)) = spooled else { return stream };
        self.kept.fetch_add(packed.bytes, Ordering::Relaxed);
        state.kept = Some(Kept { identity, bundle: Arc::clone(&bundle), bytes: packed.bytes });
        bundle
    }

    /// `build` has ended.
    pub(super) async fn ended(&self, build: &Build) {
        let Some(shared) = self.shared.get(&build.name) else { return };
        let mut state = shared.state.lock().await;
        state.left -= 1;
        if state.left == 0
            && let Some(kept) = state.kept.take()
        {
            self.kept.fetch_sub(kept.bytes, Ordering::Relaxed);
        }
    }
}
