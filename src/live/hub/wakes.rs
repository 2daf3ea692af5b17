//! Who is woken when there is something to send, or a keyframe to make; shared by all hubs, since
//! the same threads serve the viewers of each.

use std::sync::{OnceLock, PoisonError, RwLock};

/// Wakes somebody who writes to viewers, or who makes keyframes. Must not block, nor call the hub.
pub struct Wake(pub Box<dyn Fn() + Send + Sync>);

impl std::fmt::Debug for Wake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Wake")
    }
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Wakes {
    all: RwLock<Vec<Wake>>,
    encoder: OnceLock<Wake>,
}

impl Wakes {
    pub(super) fn add(&self, wake: Wake) {
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        all.push(wake);
    }

    pub(super) fn set_encoder(&self, wake: Wake) {
        // A second one would make what the first one makes; it is not called.
        let _ = self.encoder.set(wake);
    }

    pub(super) fn wake_all(&self) {
        let all = self.all.read().unwrap_or_else(PoisonError::into_inner);
        for Wake(wake) in all.iter() {
            wake();
        }
    }

    pub(super) fn wake_encoder(&self) {
        if let Some(Wake(wake)) = self.encoder.get() {
            wake();
        }
    }
}
