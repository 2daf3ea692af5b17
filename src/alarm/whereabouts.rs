//! In which places a vehicle is, as far as that is known: pure.
//!
//! It is known from the first fix on, and nobody crosses an edge by that one. From then on a fix
//! counts only where it is deeper than it may be wrong; at the edge a vehicle stays what it was, so
//! a poor receiver does not come and go all night. A place is small, a fix may be poorer than it is
//! deep: half of its depth is always enough to be in.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::plan::{Plan, Watched};
use crate::domain::Vehicle;

/// Nobody knows better than this, whatever the receiver says.
const LEAST_M: f64 = 8.0;

/// Where a vehicle is.
#[derive(Clone, Debug, Default)]
pub(super) struct Whereabouts {
    known: Option<Known>,
}

#[derive(Clone, Debug)]
struct Known {
    fixed_at: Timestamp,
    lat_lng: (f64, f64),
    /// The ids of the places that it is in.
    inside: BTreeSet<Arc<str>>,
}

/// What a fix did.
#[derive(Debug)]
pub(super) struct Crossing<'a> {
    pub(super) watched: &'a Watched,
    pub(super) is_entry: bool,
}

impl Whereabouts {
    /// Nothing is known any more.
    pub(super) fn forget(&mut self) {
        self.known = None;
    }

    /// Takes a position, if it is a new fix; what it crossed.
    pub(super) fn take<'a>(&mut self, plan: &'a Plan, vehicle: &Vehicle) -> Vec<Crossing<'a>> {
        let Some((position, lat_lng)) = vehicle.position.as_ref().zip(vehicle.shown_lat_lng())
        else {
            self.forget();
            return Vec::new();
        };
        let Some(known) = &mut self.known else {
            self.known = Some(Known {
                fixed_at: position.fixed_at,
                lat_lng,
                inside: holding(plan, lat_lng).map(id_of).collect(),
            });
            return Vec::new();
        };
        if known.fixed_at == position.fixed_at {
            return Vec::new();
        }
        (known.fixed_at, known.lat_lng) = (position.fixed_at, lat_lng);
        let wrong_by_m = position.accuracy_m.unwrap_or(0.0).max(LEAST_M);
        known.cross(plan, wrong_by_m)
    }

    /// The orders changed: what was watched before stays as it was, what is new is looked at from
    /// where the vehicle stands, and crossed by nobody.
    pub(super) fn replan(&mut self, before: &Plan, plan: &Plan) {
        let Some(known) = &mut self.known else { return };
        let is_as_before = |id: &str| {
            let shapes = before.place(id).zip(plan.place(id));
            shapes.is_some_and(|(one, other)| one.place.shape == other.place.shape)
        };
        known.inside.retain(|id| is_as_before(id));
        let holding = holding(plan, known.lat_lng);
        let fresh = holding.filter(|watched| !is_as_before(&watched.place.id));
        known.inside.extend(fresh.map(id_of));
    }
}

impl Known {
    fn cross<'a>(&mut self, plan: &'a Plan, wrong_by_m: f64) -> Vec<Crossing<'a>> {
        let (lat, lng) = self.lat_lng;
        let mut crossings = Vec::new();
        let left = |id: &Arc<str>| {
            let watched = plan.place(id)?;
            (watched.outline.depth_m(lat, lng) < -wrong_by_m).then_some(watched)
        };
        for watched in self.inside.iter().filter_map(left) {
            crossings.push(Crossing {
                watched,
                is_entry: false,
            });
        }
        for watched in plan.places_near(lat, lng) {
            let enough_m = wrong_by_m.min(watched.outline.reach_m / 2.0);
            let is_in = || enough_m < watched.outline.depth_m(lat, lng);
            if !self.inside.contains(&watched.place.id) && is_in() {
                crossings.push(Crossing {
                    watched,
                    is_entry: true,
                });
            }
        }
        for crossing in &crossings {
            let id = &crossing.watched.place.id;
            if crossing.is_entry {
                self.inside.insert(Arc::clone(id));
            } else {
                self.inside.remove(id);
            }
        }
        crossings
    }
}

fn holding(plan: &Plan, (lat, lng): (f64, f64)) -> impl Iterator<Item = &Watched> {
    let near = plan.places_near(lat, lng);
    near.filter(move |watched| 0.0 < watched.outline.depth_m(lat, lng))
}

fn id_of(watched: &Watched) -> Arc<str> {
    Arc::clone(&watched.place.id)
}
