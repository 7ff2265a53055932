//! What is told of registries that keep a build waiting, to whoever wants to hear it.

use std::{fmt, sync::Arc, time::Duration};

/// What a registry keeps us waiting with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// There has been no answer, and nothing else of it, for so long; it is waited for.
    Silent {
        /// The registry, or whom it sent us to.
        host: String,
        /// How long, up to now.
        lasting: Duration,
    },
    /// Something failed and will be tried again.
    Again {
        /// The pause before that.
        after: Duration,
        /// Why it failed, in a line.
        cause: String,
    },
}

/// Who hears of it; nobody by default.
#[derive(Clone, Default)]
pub(super) struct Listener(Option<Arc<dyn Fn(Notice) + Send + Sync>>);

impl Listener {
    pub(super) fn new(hear: impl Fn(Notice) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(hear)))
    }

    pub(super) fn tell(&self, notice: impl FnOnce() -> Notice) {
        if let Some(hear) = &self.0 {
            hear(notice());
        }
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.0.is_some() { "somebody" } else { "nobody" })
    }
}
