//! Passes: viewers carry one, and by it they can be sent away again.
//!
//! A pass is noted before its connection is upgraded, so nobody slips in between an order to go and
//! the socket. Whoever serves a viewer sees by one look at a shared number that it is to go.

use std::any::Any;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::letters::Letters;

/// Why a viewer is sent away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dismissal {
    /// It may look no more: it is told not to come back.
    Revoked,
    /// It may see something else now: it is told to come back at once.
    Changed,
}

const STAYS: u8 = 0;
const REVOKED: u8 = 1;
const CHANGED: u8 = 2;

/// Who is here, by the number that whoever let them in gave them.
#[derive(Clone, Debug, Default)]
pub struct Passes {
    held: Arc<Mutex<HashMap<u64, Weak<AtomicU8>>>>,
}

/// What a viewer carries; several may carry the same number. Dropped when it leaves.
#[derive(Debug)]
pub struct Pass {
    number: u64,
    order: Arc<AtomicU8>,
    passes: Passes,
    held: Held,
    letters: Option<Arc<Letters>>,
}

/// What is dropped when its bearer leaves, so that whoever gave the number learns of it.
pub type Held = Option<Arc<dyn Any + Send + Sync>>;

impl Passes {
    /// Lets somebody in.
    pub fn admit(&self, number: u64) -> Pass {
        let mut held = self.lock();
        let order = held.get(&number).and_then(Weak::upgrade);
        let order = order.unwrap_or_default();
        held.insert(number, Arc::downgrade(&order));
        drop(held);
        Pass {
            number,
            order,
            passes: self.clone(),
            held: None,
            letters: None,
        }
    }

    /// Sends all away that carry this number; who comes with it later is not meant. Whether
    /// anybody carries it.
    pub fn dismiss(&self, number: u64, why: Dismissal) -> bool {
        let order = self.lock().remove(&number).as_ref().and_then(Weak::upgrade);
        let said = match why {
            Dismissal::Revoked => REVOKED,
            Dismissal::Changed => CHANGED,
        };
        order.is_some_and(|order| {
            order.store(said, Ordering::Release);
            true
        })
    }

    /// The numbers of those who are here and have not been sent away.
    pub fn numbers(&self) -> Vec<u64> {
        self.lock().keys().copied().collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Weak<AtomicU8>>> {
        // Nothing panics while it is held.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pass {
    /// Holds something for as long as it lives.
    pub fn hold(&mut self, held: Held) {
        self.held = held;
    }

    /// Takes the box in which a desk puts what it tells the bearer.
    pub fn read(&mut self, letters: Option<Arc<Letters>>) {
        self.letters = letters;
    }

    /// Whether there is anything in that box.
    pub fn has_letters(&self) -> bool {
        self.letters
            .as_ref()
            .is_some_and(|letters| letters.are_there())
    }

    /// What there is in it, which is given out once.
    pub fn letters(&self) -> impl Iterator<Item = Arc<str>> {
        self.letters.iter().flat_map(|letters| letters.take())
    }

    /// Whether its bearer is to go, and why.
    pub fn dismissal(&self) -> Option<Dismissal> {
        match self.order.load(Ordering::Acquire) {
            STAYS => None,
            REVOKED => Some(Dismissal::Revoked),
            _ => Some(Dismissal::Changed),
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut held = self.passes.lock();
        let is_ours = |order: &Weak<AtomicU8>| order.as_ptr() == Arc::as_ptr(&self.order);
        if Arc::strong_count(&self.order) == 1 && held.get(&self.number).is_some_and(is_ours) {
            held.remove(&self.number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_who_carry_the_number_go_and_those_who_come_later_stay() {
        let passes = Passes::default();
        let [one, same, other] = [7, 7, 8].map(|number| passes.admit(number));
        assert!(passes.dismiss(7, Dismissal::Changed));
        assert_eq!(one.dismissal(), Some(Dismissal::Changed));
        assert_eq!(same.dismissal(), Some(Dismissal::Changed));
        assert_eq!(other.dismissal(), None);
        let later = passes.admit(7);
        drop((one, same));
        assert_eq!(later.dismissal(), None);
        assert!(passes.dismiss(7, Dismissal::Revoked));
        assert_eq!(later.dismissal(), Some(Dismissal::Revoked));
    }

    #[test]
    fn who_has_left_is_not_remembered() {
        let passes = Passes::default();
        let (one, same) = (passes.admit(7), passes.admit(7));
        drop(one);
        assert_eq!(passes.numbers(), [7]);
        drop(same);
        assert!(passes.numbers().is_empty() && !passes.dismiss(7, Dismissal::Revoked));
    }
}
