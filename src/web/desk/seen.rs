//! What of places and rules a viewer may see, and what a change of theirs leaves as it was because
//! they cannot see it.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::desk::{DeskError, rule};
use crate::domain::order::{Orders, Place, Rule, RuleKind, Whom};
use crate::domain::{Groups, Vehicle, VehicleId};
use crate::live::hub::Hub;
use crate::live::stage::Stage;
use crate::web::Web;
use crate::web::error::ApiError;
use crate::web::viewer::Looking;

/// What a viewer may see.
#[derive(Debug)]
pub(super) struct Seen {
    stage: Arc<Stage>,
    whole: Arc<Hub>,
}

impl Seen {
    /// What `looking` may see just now.
    pub(super) async fn by(looking: &Looking, web: &Web) -> Result<Self, ApiError> {
        Ok(Self {
            stage: looking.stage(web).await?,
            whole: Arc::clone(&web.hub),
        })
    }

    /// The vehicle that is shown under this id.
    pub(super) fn behind(&self, shown_id: &str) -> Option<Arc<Vehicle>> {
        self.stage.behind(shown_id, &self.whole)
    }

    /// Under which id a vehicle is shown; `None` where it is not. Who sees everything also sees
    /// names of vehicles that are no more.
    pub(super) fn shown_id(&self, id: &VehicleId) -> Option<VehicleId> {
        let Some(mask) = self.stage.mask() else {
            return Some(id.clone());
        };
        let vehicle = self.whole.vehicle(id.as_str())?.vehicle;
        if mask.sight().facts.registration {
            return mask.sight().sees(&vehicle.groups).then(|| id.clone());
        }
        mask.shown(&vehicle).map(|shown| shown.id.clone())
    }

    /// What is shown of a place; `None` where it is not.
    pub(super) fn place(&self, place: &Arc<Place>) -> Option<Arc<Place>> {
        let own: BTreeSet<_> = place
            .groups
            .iter()
            .filter(|it| self.names(it))
            .cloned()
            .collect();
        if own.len() == place.groups.len() {
            return Some(Arc::clone(place));
        }
        if own.is_empty() {
            return None;
        }
        let mut shown = Place::clone(place);
        // Who else sees it is theirs to know.
        shown.groups = own;
        Some(Arc::new(shown))
    }

    /// A place as `new` wants it, where `before` has its id: groups that are not seen stay.
    pub(super) fn place_in_the_stead_of(
        &self,
        before: Option<&Arc<Place>>,
        mut new: Place,
    ) -> Result<Place, DeskError> {
        if let Some(group) = new.groups.iter().find(|group| !self.names(group)) {
            return Err(DeskError::Wrong(format!(
                "`groups` has \"{group}\" in it, whose vehicles you do not see; leave it out"
            )));
        }
        let Some(before) = before else {
            return Ok(new);
        };
        if self.place(before).is_none() {
            return Err(DeskError::Taken(new.id.to_string()));
        }
        if !new.groups.is_empty() {
            let hidden = before.groups.iter().filter(|group| !self.names(group));
            new.groups.extend(hidden.cloned());
        }
        Ok(new)
    }

    /// What is shown of a rule; `None` where it is about nothing that is seen.
    pub(super) fn rule(&self, rule: &Rule, orders: &Orders) -> Option<Rule> {
        let mut shown = rule.clone();
        if self.stage.mask().is_none() {
            return Some(shown);
        }
        let vehicles = rule.whom.vehicles.iter().filter_map(|id| self.shown_id(id));
        let groups = rule.whom.groups.iter().filter(|group| self.names(group));
        shown.whom = Whom {
            groups: groups.cloned().collect(),
            vehicles: vehicles.collect(),
        };
        // Of nobody would read as of all.
        if rule.whom != Whom::default() && shown.whom == Whom::default() {
            return None;
        }
        if let Some(places) = places_mut(&mut shown) {
            places.retain(|id| self.sees_place(id, orders));
            if places.is_empty() {
                return None;
            }
        }
        Some(shown)
    }

    /// A rule as `new` wants it, where `orders` may have one of its id: what is not seen of that
    /// stays.
    pub(super) fn rule_in_the_stead_of(
        &self,
        mut new: Rule,
        orders: &Orders,
    ) -> Result<Rule, DeskError> {
        if self.stage.mask().is_none() {
            return Ok(new);
        }
        if let Some(group) = new.whom.groups.iter().find(|group| !self.names(group)) {
            return Err(DeskError::Wrong(format!(
                "`groups` has \"{group}\" in it, whose vehicles you do not see; leave it out"
            )));
        }
        let places = rule::places(&new).into_iter().flatten();
        if let Some(id) = places.into_iter().find(|id| !self.sees_place(id, orders)) {
            return Err(DeskError::no_place(id));
        }
        let behind = |id: &VehicleId| match self.behind(id.as_str()) {
            Some(vehicle) => Ok(vehicle.id.clone()),
            None => Err(DeskError::Wrong(format!(
                "`vehicles` has \"{id}\" in it, and there is no such vehicle; GET \
                 /api/v1/vehicles lists all"
            ))),
        };
        let vehicles = new.whom.vehicles.iter().map(behind);
        new.whom.vehicles = vehicles.collect::<Result<_, _>>()?;
        let Some(before) = orders.rules.get(&new.id) else {
            return Ok(new);
        };
        if self.rule(before, orders).is_none() {
            return Err(DeskError::Taken(new.id.to_string()));
        }
        let hidden = before
            .whom
            .vehicles
            .iter()
            .filter(|id| self.shown_id(id).is_none());
        new.whom.vehicles.extend(hidden.cloned());
        let hidden = before.whom.groups.iter().filter(|group| !self.names(group));
        new.whom.groups.extend(hidden.cloned());
        if let (Some(places), Some(before)) = (places_mut(&mut new), rule::places(before)) {
            let hidden = before.iter().filter(|id| !self.sees_place(id, orders));
            places.extend(hidden.cloned());
        }
        Ok(new)
    }

    /// Whether a group may be named.
    fn names(&self, group: &Arc<str>) -> bool {
        match self.stage.mask().map(|mask| &mask.sight().groups) {
            None | Some(Groups::All) => true,
            Some(Groups::Only(seen)) => seen.contains(group),
        }
    }

    fn sees_place(&self, id: &Arc<str>, orders: &Orders) -> bool {
        orders
            .places
            .get(id)
            .is_some_and(|place| self.place(place).is_some())
    }
}

fn places_mut(rule: &mut Rule) -> Option<&mut BTreeSet<Arc<str>>> {
    match &mut rule.kind {
        RuleKind::Entering { places } | RuleKind::Leaving { places } => Some(places),
        _ => None,
    }
}
