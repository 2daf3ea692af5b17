//! The orders as the watch asks them: rules by what they look at, and only the places that a rule
//! wants.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::geometry::Outline;
use super::index::Index;
use crate::domain::order::{Orders, OutOfService, Place, Rule, RuleKind, Whom};
use crate::domain::{Vehicle, VehicleId};

/// Orders, ready to be asked.
#[derive(Debug, Default)]
pub(super) struct Plan {
    orders: Arc<Orders>,
    /// Enabled rules about vehicles, but for those of places.
    pub(super) of_vehicles: Vec<Arc<Rule>>,
    /// Enabled rules about sources.
    pub(super) of_sources: Vec<Arc<Rule>>,
    /// Places that an enabled rule wants.
    pub(super) places: Vec<Watched>,
    index: Index,
}

/// A place, and which rules want to know of it.
#[derive(Debug)]
pub(super) struct Watched {
    pub(super) place: Arc<Place>,
    pub(super) outline: Outline,
    pub(super) entering: Vec<Arc<Rule>>,
    pub(super) leaving: Vec<Arc<Rule>>,
}

impl Plan {
    pub(super) fn new(orders: Arc<Orders>) -> Self {
        let mut plan = Self::default();
        let mut places: BTreeMap<Arc<str>, Watched> = BTreeMap::new();
        let enabled = orders.rules.values().filter(|rule| rule.is_enabled);
        for rule in enabled {
            match &rule.kind {
                RuleKind::SourceDown => plan.of_sources.push(Arc::clone(rule)),
                RuleKind::Entering { places: wanted } => {
                    want(&mut places, &orders, wanted, |watched| {
                        watched.entering.push(Arc::clone(rule));
                    });
                }
                RuleKind::Leaving { places: wanted } => {
                    want(&mut places, &orders, wanted, |watched| {
                        watched.leaving.push(Arc::clone(rule));
                    });
                }
                RuleKind::Speeding { .. }
                | RuleKind::Idling { .. }
                | RuleKind::StoppedReporting
                | RuleKind::Panic => plan.of_vehicles.push(Arc::clone(rule)),
            }
        }
        plan.places = places.into_values().collect();
        plan.index = Index::new(plan.places.iter().map(|watched| watched.outline.bounds));
        plan.orders = orders;
        plan
    }

    /// The rule of this id, if it is to be followed.
    pub(super) fn rule(&self, id: &str) -> Option<&Arc<Rule>> {
        self.orders.rules.get(id).filter(|rule| rule.is_enabled)
    }

    /// The place of this id, if a rule wants it.
    pub(super) fn place(&self, id: &str) -> Option<&Watched> {
        let at = self
            .places
            .binary_search_by(|watched| (*watched.place.id).cmp(id));
        at.ok().map(|at| &self.places[at])
    }

    /// The places that may hold a point.
    pub(super) fn places_near(&self, lat: f64, lng: f64) -> impl Iterator<Item = &Watched> {
        self.index.near(lat, lng).map(move |nth| &self.places[nth])
    }

    /// How the vehicle is out of service at `now`, if it is.
    pub(super) fn out_of_service(&self, id: &VehicleId, now: Timestamp) -> Option<&OutOfService> {
        let out = self.orders.out_of_service.get(id)?;
        out.until.is_none_or(|until| now < until).then_some(out)
    }
}

fn want(
    places: &mut BTreeMap<Arc<str>, Watched>,
    orders: &Orders,
    wanted: &std::collections::BTreeSet<Arc<str>>,
    mut add: impl FnMut(&mut Watched),
) {
    for id in wanted {
        // A place that is gone is watched by nobody.
        if let Some(place) = orders.places.get(id) {
            add(places.entry(Arc::clone(id)).or_insert_with(|| Watched {
                place: Arc::clone(place),
                outline: Outline::new(&place.shape),
                entering: Vec::new(),
                leaving: Vec::new(),
            }));
        }
    }
}

/// Whether a rule looks at this vehicle.
pub(super) fn concerns(whom: &Whom, vehicle: &Vehicle) -> bool {
    let is_everybody = whom.groups.is_empty() && whom.vehicles.is_empty();
    is_everybody
        || whom.vehicles.contains(&vehicle.id)
        || vehicle
            .groups
            .iter()
            .any(|group| whom.groups.contains(group))
}
