//! Letters to a screen: what a desk tells it, beside the frames of the fleet.
//!
//! There is one place for each kind of letter, and the newest one has it. So a screen that is behind
//! is owed no backlog, and learns the newest scenes later; who has no letter box pays nothing.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What a letter is about; in this order they are given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Letter {
    /// What it shows by turns.
    Scenes,
    /// How dark it is at night.
    Dim,
    /// What it shows now.
    Scene,
    /// Words for whoever stands before it.
    Message,
    /// It loads itself anew; the last, since nothing after it is read.
    Reload,
}

const N_KINDS: usize = Letter::Reload as usize + 1;

/// The letter box of one viewer.
#[derive(Debug, Default)]
pub struct Letters {
    held: Mutex<[Option<Arc<str>>; N_KINDS]>,
    are_there: AtomicBool,
}

impl Letters {
    /// Puts a letter in the place of the one of its kind. Whoever serves the viewer has to be woken
    /// ([`super::reception::Reception::wake`]).
    pub fn put(&self, letter: Letter, text: Arc<str>) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held[letter as usize] = Some(text);
        self.are_there.store(true, Ordering::Release);
    }

    pub(super) fn are_there(&self) -> bool {
        self.are_there.load(Ordering::Acquire)
    }

    /// Takes all there are.
    pub(super) fn take(&self) -> impl Iterator<Item = Arc<str>> {
        let held = if self.are_there.swap(false, Ordering::AcqRel) {
            std::mem::take(&mut *self.held.lock().unwrap_or_else(PoisonError::into_inner))
        } else {
            Default::default()
        };
        held.into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_of_a_kind_is_given_out_once_and_a_reload_last() {
        let letters = Letters::default();
        let put = |letter, text: &str| letters.put(letter, text.into());
        put(Letter::Reload, "reload");
        put(Letter::Scenes, "old");
        put(Letter::Message, "words");
        put(Letter::Scenes, "new");
        let all: Vec<_> = letters.take().collect();
        assert_eq!(all, ["new".into(), "words".into(), Arc::from("reload")]);
        assert_eq!(letters.take().count(), 0);
    }
}
