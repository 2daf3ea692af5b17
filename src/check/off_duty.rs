//! What the check says of off-duty hours: of groups that nobody is in, and of who would be hidden
//! since no list names it. Names of groups are told as the operator wrote them.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt::Write as _;
use std::sync::Arc;

use crate::domain::roster::Roster;
use crate::domain::{DeviceKey, OffDuty, SourceId};
use crate::source::decode::fields::RecordKind;
use crate::source::probe::{Findings, Probe};

/// The operator's own word on groups and their hours.
#[derive(Debug, Default)]
pub struct Duty {
    /// Who is in which group, whatever the vendors say.
    pub roster: Roster,
    /// The hours.
    pub off_duty: Vec<OffDuty>,
}

/// Who is in which group, gathered source by source.
#[derive(Debug)]
pub(super) struct Members<'a> {
    duty: &'a Duty,
    /// The groups of each device that the roster gives some.
    rostered: HashMap<&'a DeviceKey, &'a [Arc<str>]>,
    found: BTreeSet<Arc<str>>,
    /// How many devices of a source nobody knows the groups of.
    n_unknown: Vec<(SourceId, usize)>,
    is_any_list_missing: bool,
}

impl<'a> Members<'a> {
    /// Nobody was asked yet.
    pub(super) fn new(duty: &'a Duty) -> Self {
        let vehicles = duty.roster.vehicles.iter();
        let named = vehicles.filter(|vehicle| !vehicle.groups.is_empty());
        let rostered = named.flat_map(|vehicle| {
            let devices = vehicle.devices.iter();
            devices.map(|device| (device, &vehicle.groups[..]))
        });
        Self {
            duty,
            rostered: rostered.collect(),
            found: BTreeSet::new(),
            n_unknown: Vec::new(),
            is_any_list_missing: false,
        }
    }

    /// Takes in what a source has told.
    pub(super) fn add(&mut self, source: &SourceId, findings: &Findings) {
        let probes = &findings.live;
        let is_list = |probe: &&Probe| {
            let kind = probe.spec.map(|spec| spec.kind);
            kind == Some(RecordKind::Vehicle) && probe.trouble.is_none()
        };
        let list = probes.iter().find(is_list);
        self.is_any_list_missing |= list.is_none();
        let told: HashMap<_, _> = probes.iter().flat_map(|probe| &probe.groups).collect();
        let devices: HashSet<_> = probes.iter().flat_map(|probe| &probe.devices).collect();
        let mut n_unknown = 0;
        for device in devices {
            let groups = self.rostered.get(device).copied();
            let groups = groups.or_else(|| told.get(device).map(|groups| &groups[..]));
            let is_listed = list.is_some_and(|list| list.devices.contains(device));
            n_unknown += usize::from(groups.is_none() && !is_listed);
            self.found
                .extend(groups.unwrap_or_default().iter().cloned());
        }
        if 0 < n_unknown {
            self.n_unknown.push((source.clone(), n_unknown));
        }
    }

    /// What there is to say; nothing where there are no hours.
    pub(super) fn words(&self) -> Result<String, std::fmt::Error> {
        let mut words = String::new();
        if self.duty.off_duty.is_empty() {
            return Ok(words);
        }
        writeln!(words, "off duty")?;
        let groups = self.duty.off_duty.iter().flat_map(|rule| &rule.groups);
        let groups: BTreeSet<_> = groups.collect();
        let some = if self.is_any_list_missing {
            ", as far as lists could be read"
        } else {
            ""
        };
        for group in groups {
            if self.found.contains(group) {
                writeln!(words, "  {group:?} has vehicles")?;
            } else {
                writeln!(
                    words,
                    "  {group:?} has none{some}: its hours hold for nobody; is it written as on the map?"
                )?;
            }
        }
        for (source, n_unknown) in &self.n_unknown {
            writeln!(
                words,
                "  {source}: {n_unknown} in no list: off duty in the hours of all, unless the roster \
                 gives them groups"
            )?;
        }
        Ok(words)
    }
}
