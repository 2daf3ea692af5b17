//! What the desk keeps: places, rules, which vehicles are out of service, saved views, and what
//! screens show.
//!
//! One owner of the file; everybody else reads what it says at one time ([`Book`]), or is told of
//! each change ([`Desk::orders`]). Who may change what, and who sees it, is decided elsewhere;
//! whether it can be meant, here.

pub mod error;
pub mod geojson;
pub mod place;
pub mod rule;
pub mod scene;
mod store;
pub mod view;
mod wall;
pub mod written;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use jiff::Timestamp;
use rusqlite::{Connection, Transaction};
use tokio::sync::watch;

pub use self::error::DeskError;
pub use self::view::{NewView, Owner, SavedView};
pub use self::wall::{Shown, Wall};

use self::store::Collection;
use crate::domain::VehicleId;
use crate::domain::order::{Orders, OutOfService, Place, Rule};
use crate::sqlite;

/// No server keeps more.
pub const PLACES_MAX: usize = 10_000;
const RULES_MAX: usize = 1_000;
const OUT_OF_SERVICE_MAX: usize = 100_000;
/// Of all places together: some ten megabytes.
const POINTS_MAX: usize = 500_000;
const REASON_MAX_CHARS: usize = 500;

/// All orders at one time, and how often each collection has changed.
#[derive(Clone, Debug, Default)]
pub struct Book {
    /// The orders.
    pub orders: Arc<Orders>,
    /// Grows with each change of a place.
    pub places_version: u64,
    /// Grows with each change of a rule.
    pub rules_version: u64,
}

/// What the desk keeps. Cheap to clone; all clones are one.
#[derive(Clone, Debug)]
pub struct Desk(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    db: Mutex<Connection>,
    /// Replaced whole, and only by who holds the file.
    book: RwLock<Book>,
    orders: watch::Sender<Arc<Orders>>,
    /// As `book`.
    wall: RwLock<Arc<Wall>>,
}

impl Desk {
    /// Opens the file in `dir`; without a directory all is in memory. Blocks for as long as that
    /// takes.
    ///
    /// # Errors
    /// Also where a later release wrote it ([`DeskError::is_newer`]).
    pub fn open(dir: Option<&Path>, now: Timestamp) -> Result<Self, DeskError> {
        let mut db = sqlite::open(&store::KIND, dir)?;
        sqlite::transact(&mut db, |db| {
            store::begin(db)?;
            store::prune_out_of_service(db, now)
        })?;
        let (book, wall) = (read(&db)?, wall::read(&db)?);
        let orders = watch::Sender::new(Arc::clone(&book.orders));
        Ok(Self(Arc::new(Inner {
            db: Mutex::new(db),
            book: RwLock::new(book),
            orders,
            wall: RwLock::new(Arc::new(wall)),
        })))
    }

    /// The orders as they are, and a word whenever they change.
    pub fn orders(&self) -> watch::Receiver<Arc<Orders>> {
        self.0.orders.subscribe()
    }

    /// All of now. No disk, no waiting.
    pub fn book(&self) -> Book {
        self.0
            .book
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Keeps places, all or none; each replaces what had its id.
    pub async fn put_places(&self, places: Vec<Place>) -> Result<(), DeskError> {
        self.change(Collection::Places, move |db, orders| {
            let all = &mut orders.places;
            for place in places {
                store::write_place(db, &place)?;
                all.insert(Arc::clone(&place.id), Arc::new(place));
            }
            has_room("places", all.len(), PLACES_MAX)?;
            let n_points = all.values().map(|it| place::n_points(&it.shape)).sum();
            has_room("points in all places together", n_points, POINTS_MAX)
        })
        .await
    }

    /// Forgets a place that no rule uses.
    pub async fn remove_place(&self, id: Arc<str>) -> Result<(), DeskError> {
        self.change(Collection::Places, move |db, orders| {
            let needs_it =
                |rule: &&Arc<Rule>| rule::places(rule).is_some_and(|places| places.contains(&id));
            let users: Vec<_> = orders.rules.values().filter(needs_it).cloned().collect();
            if !users.is_empty() {
                return Err(DeskError::InUse(users));
            }
            db.execute("DELETE FROM place WHERE id = ?1", [&*id])?;
            found("place", &id, orders.places.remove(&id).is_some())
        })
        .await
    }

    /// Keeps a rule; it replaces what had its id.
    pub async fn put_rule(&self, rule: Rule) -> Result<(), DeskError> {
        self.change(Collection::Rules, move |db, orders| {
            let none = BTreeSet::new();
            let mut places = rule::places(&rule).unwrap_or(&none).iter();
            if let Some(id) = places.find(|id| !orders.places.contains_key(*id)) {
                return Err(DeskError::no_place(id));
            }
            if !orders.rules.contains_key(&rule.id) {
                has_room("rules", orders.rules.len() + 1, RULES_MAX)?;
            }
            store::write_rule(db, &rule)?;
            orders.rules.insert(Arc::clone(&rule.id), Arc::new(rule));
            Ok(())
        })
        .await
    }

    /// Forgets a rule.
    pub async fn remove_rule(&self, id: Arc<str>) -> Result<(), DeskError> {
        self.change(Collection::Rules, move |db, orders| {
            db.execute("DELETE FROM rule WHERE id = ?1", [&*id])?;
            found("rule", &id, orders.rules.remove(&id).is_some())
        })
        .await
    }

    /// Takes a vehicle out of service. Who is out already is so since when it was.
    pub async fn take_out(
        &self,
        vehicle: VehicleId,
        mut is_out: OutOfService,
        now: Timestamp,
    ) -> Result<OutOfService, DeskError> {
        let told = is_out
            .reason
            .as_deref()
            .map_or(0, |reason| reason.chars().count());
        if REASON_MAX_CHARS < told {
            let words = format!("`reason` has {told} characters; it may have {REASON_MAX_CHARS}");
            return Err(DeskError::wrong(words));
        }
        if let Some(until) = is_out.until.filter(|until| *until <= now) {
            let words =
                format!("`until` is {until}, which is over; leave it out or give a later one");
            return Err(DeskError::wrong(words));
        }
        self.change(Collection::OutOfService, move |db, orders| {
            store::prune_out_of_service(db, now)?;
            let all = &mut orders.out_of_service;
            all.retain(|_, it| it.until.is_none_or(|until| now < until));
            if let Some(before) = all.get(&vehicle) {
                is_out.since = before.since;
            }
            store::write_out_of_service(db, &vehicle, &is_out)?;
            all.insert(vehicle, is_out.clone());
            has_room("vehicles out of service", all.len(), OUT_OF_SERVICE_MAX)?;
            Ok(is_out)
        })
        .await
    }

    /// Puts a vehicle back into service, whether or not it was out.
    pub async fn put_back(&self, vehicle: VehicleId) -> Result<(), DeskError> {
        self.change(Collection::OutOfService, move |db, orders| {
            let sql = "DELETE FROM out_of_service WHERE vehicle = ?1";
            db.execute(sql, [vehicle.as_str()])?;
            orders.out_of_service.remove(&vehicle);
            Ok(())
        })
        .await
    }

    /// The views that `owner` may open.
    pub async fn views(&self, owner: Arc<Owner>) -> Result<Vec<SavedView>, DeskError> {
        self.blocking(move |inner| view::seen_by(&inner.db(), &owner))
            .await
    }

    /// Keeps a view of `owner`.
    pub async fn put_view(
        &self,
        owner: Arc<Owner>,
        id: String,
        new: NewView,
    ) -> Result<(), DeskError> {
        let put = move |db: &Transaction<'_>| view::put(db, &owner, &id, &new);
        self.blocking(move |inner| sqlite::transact(&mut inner.db(), put))
            .await
    }

    /// Forgets a view of `owner`, or a shared one where `clears_up`.
    pub async fn remove_view(
        &self,
        owner: Arc<Owner>,
        clears_up: bool,
        id: String,
    ) -> Result<(), DeskError> {
        let remove = move |db: &Transaction<'_>| view::remove(db, &owner, clears_up, &id);
        self.blocking(move |inner| sqlite::transact(&mut inner.db(), remove))
            .await
    }

    /// A change: all of it or nothing. When this returns, everybody is told.
    async fn change<T: Send + 'static>(
        &self,
        of: Collection,
        work: impl FnOnce(&Transaction<'_>, &mut Orders) -> Result<T, DeskError> + Send + 'static,
    ) -> Result<T, DeskError> {
        self.blocking(move |inner| {
            let mut db = inner.db();
            let mut orders = Orders::clone(&inner.orders.borrow());
            let (done, version) = sqlite::transact(&mut db, |db| {
                let done = work(db, &mut orders)?;
                Ok::<_, DeskError>((done, store::step_version(db, of)?))
            })?;
            let orders = Arc::new(orders);
            let mut book = inner.book.write().unwrap_or_else(PoisonError::into_inner);
            book.orders = Arc::clone(&orders);
            match of {
                Collection::Places => book.places_version = version,
                Collection::Rules => book.rules_version = version,
                Collection::OutOfService => {}
            }
            drop(book);
            inner.orders.send_replace(orders);
            Ok(done)
        })
        .await
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, DeskError> + Send + 'static,
    ) -> Result<T, DeskError> {
        let inner = Arc::clone(&self.0);
        let done = tokio::task::spawn_blocking(move || work(&inner)).await;
        done.unwrap_or(Err(DeskError::Broken))
    }
}

impl Inner {
    fn db(&self) -> MutexGuard<'_, Connection> {
        self.db.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(db: &Connection) -> Result<Book, DeskError> {
    Ok(Book {
        orders: Arc::new(store::orders(db)?),
        places_version: store::version(db, Collection::Places)?,
        rules_version: store::version(db, Collection::Rules)?,
    })
}

fn found(what: &'static str, id: &str, was_there: bool) -> Result<(), DeskError> {
    let id = || place::shortened(id);
    was_there
        .then_some(())
        .ok_or_else(|| DeskError::Unknown { what, id: id() })
}

fn has_room(what: &str, n: usize, most: usize) -> Result<(), DeskError> {
    if most < n {
        let words = format!("there would be {n} {what}; there may be {most}");
        return Err(DeskError::TooMany(words));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
