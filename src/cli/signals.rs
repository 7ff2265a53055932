//! SIGINT and SIGTERM.

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};

/// The first SIGINT or SIGTERM cancels; ends with the second, at which all does.
pub(super) async fn interrupts(cancel: watch::Sender<bool>) {
    let signals = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    let (Ok(mut interrupt), Ok(mut terminate)) = signals else {
        return std::future::pending().await;
    };
    for _ in 0..2 {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        // Nobody listens any more where the run has just ended.
        let _ = cancel.send(true);
    }
}
