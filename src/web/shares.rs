//! How many of something each has just now, and no more than a limit: so that nobody has all of it.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counts by whose they are. All clones are one; those who have none cost nothing.
#[derive(Debug)]
pub(super) struct Shares<K>(Arc<Mutex<HashMap<K, usize>>>);

/// One of them, until it is dropped.
#[derive(Debug)]
pub(super) struct Share<K: Eq + Hash> {
    of: Shares<K>,
    whose: K,
}

impl<K> Clone for Shares<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K> Default for Shares<K> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K: Eq + Hash + Clone> Shares<K> {
    /// One more for `whose`, unless it has `at_most` already.
    pub(super) fn take(&self, whose: K, at_most: usize) -> Option<Share<K>> {
        let mut counts = self.counts();
        let count = counts.get(&whose).copied().unwrap_or_default();
        if at_most <= count {
            return None;
        }
        counts.insert(whose.clone(), count + 1);
        drop(counts);
        Some(Share {
            of: self.clone(),
            whose,
        })
    }
}

impl<K> Shares<K> {
    fn counts(&self) -> MutexGuard<'_, HashMap<K, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash> Drop for Share<K> {
    fn drop(&mut self) {
        let mut counts = self.of.counts();
        match counts.get_mut(&self.whose) {
            Some(count) if 1 < *count => *count -= 1,
            _ => drop(counts.remove(&self.whose)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_own_limit_and_what_is_dropped_is_free_again() {
        let shares = Shares::default();
        let mut of_ann: Vec<_> = (0..3).map_while(|_| shares.take("ann", 2)).collect();
        assert_eq!(of_ann.len(), 2);
        let of_bob = shares.take("bob", 2);
        assert!(of_bob.is_some());
        of_ann.pop();
        of_ann.extend(shares.take("ann", 2));
        assert!(of_ann.len() == 2 && shares.take("ann", 2).is_none());
        drop((of_ann, of_bob));
        assert!(shares.counts().is_empty(), "nobody is remembered");
    }
}
