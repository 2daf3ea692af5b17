//! The law over random hours, groups and fleets: whatever happens, no time that is off duty is told
//! of, nor kept; and who is not known is off duty in the hours of all.
//!
//! What a record says is true as of some second, which the server need not be told: the driver's
//! name is that second.

mod happenings;
mod truth;

use std::collections::BTreeSet;

use super::*;
use crate::domain::Mode;
use happenings::{GROUPS, Happening, Kind, happening, rules};
use truth::{is_of_now, is_off, true_time};

/// The rows without a time of one device, one after the other.
#[derive(Clone, Copy)]
struct Rows {
    place: u8,
    said_at: Timestamp,
    /// When another place was said last: what they say now came to be after that.
    differs_after: Option<Timestamp>,
}

/// A fleet with its viewers, its store and its rules.
struct World {
    fleet: Fleet,
    mode: Mode,
    rules: Vec<OffDuty>,
    roster: Roster,
    seen: BTreeMap<VehicleId, Vehicle>,
    store: BTreeMap<DeviceKey, Remembered>,
    /// Devices that a list has named, or a record told a group of.
    known: BTreeSet<DeviceKey>,
    rows: BTreeMap<DeviceKey, Rows>,
    n_shown: usize,
}

impl World {
    fn new(mode: Mode, rules: Vec<OffDuty>) -> Self {
        Self {
            fleet: without_lists(settings(rules.clone()), mode, 0),
            mode,
            rules,
            roster: Roster::default(),
            seen: BTreeMap::new(),
            store: BTreeMap::new(),
            known: BTreeSet::new(),
            rows: BTreeMap::new(),
            n_shown: 0,
        }
    }

    fn settings(&self) -> FleetSettings {
        FleetSettings {
            roster: self.roster.clone(),
            ..settings(self.rules.clone())
        }
    }

    fn happen(&mut self, happening: &Happening, second: i64) {
        match happening {
            Happening::Any(event) => {
                if let Event::List { source, plates } = event {
                    let named = (0..plates.len()).map(|n| key(SOURCES[*source], &n.to_string()));
                    self.known.extend(named);
                }
                happen(&mut self.fleet, event, second);
            }
            Happening::Say {
                device,
                true_ago,
                group,
                kind,
            } => self.say(
                &device.to_string(),
                second - true_ago,
                (*group, *kind),
                second,
            ),
            Happening::List { devices } => {
                let named = devices.iter().enumerate();
                let named: Vec<(String, Vec<&str>)> = named
                    .filter_map(|(n, groups)| {
                        let groups = groups.as_ref()?.iter().map(|group| GROUPS[*group]);
                        Some((n.to_string(), groups.collect()))
                    })
                    .collect();
                let rows = named.iter().map(|(n, groups)| (n.as_str(), &groups[..]));
                list(&mut self.fleet, second, &rows.collect::<Vec<_>>());
                self.known.extend(named.iter().map(|(n, _)| key("a", n)));
            }
            Happening::NoList => {
                let said = Said::Listed(None);
                self.fleet.observe(report("a", second, said), at(second));
            }
            Happening::Recall { device, ago } => {
                let key = key("a", &device.to_string());
                let reading = record(&key, second - ago, second).reading.unwrap();
                let said = Said::Recalled(vec![(key, reading)]);
                self.fleet.observe(report("a", second, said), at(second));
            }
            Happening::Roster { groups } => {
                let named = |(device, group): (usize, &Option<(usize, bool)>)| {
                    let (group, ignore) = (*group)?;
                    Some(entry(&[GROUPS[group]], &[&device.to_string()], ignore))
                };
                self.roster.vehicles = groups.iter().enumerate().filter_map(named).collect();
                self.fleet.reconfigure(self.settings(), at(second));
            }
            Happening::Restart => {
                self.fleet = without_lists(self.settings(), self.mode, second);
                let kept: Vec<_> = self.store.values().cloned().collect();
                let is_known =
                    |one: &&Remembered| one.listed.is_some() || !one.seen.groups.is_empty();
                let known = kept.iter().filter(is_known);
                self.known = known.map(|one| one.device.clone()).collect();
                self.fleet.restore(kept, at(second));
                self.seen.clear();
            }
        }
    }

    /// A record of `device` says what was so at `true_second`.
    fn say(
        &mut self,
        device: &str,
        true_second: i64,
        (group, kind): (Option<usize>, Kind),
        second: i64,
    ) {
        let mut record = northern(device, true_second, second);
        let mut true_second = true_second;
        match kind {
            Kind::Row => {}
            Kind::Event => record.origin = Origin::Stream,
            Kind::Timeless(place) => {
                let lat_deg = 60.0 + f64::from(place);
                record.reading = Some(Reading::at(lat_deg, 17.0));
                let before = self.rows.get(&record.device).copied();
                let differs_after = match before {
                    Some(before) if before.place == place => before.differs_after,
                    before => before.map(|before| before.said_at),
                };
                let said_at = at(second);
                let rows = Rows {
                    place,
                    said_at,
                    differs_after,
                };
                self.rows.insert(record.device.clone(), rows);
                // As early as may be.
                let earliest = differs_after.unwrap_or(at(-1_000_000));
                true_second = earliest.as_second() - at(0).as_second();
            }
            Kind::Placeless => (record.reading, record.contact_at) = (None, Some(at(true_second))),
            Kind::Bare => record.reading = None,
        }
        record.facts.driver = Some(true_second.to_string().into());
        record.label.groups = group
            .map(|group| GROUPS[group].into())
            .into_iter()
            .collect();
        if group.is_some() {
            self.known.insert(record.device.clone());
        }
        observe(&mut self.fleet, record);
    }

    /// The roster's groups of a device.
    fn rostered(&self, device: &DeviceKey) -> Option<&[Arc<str>]> {
        let mut vehicles = self.roster.vehicles.iter();
        let entry = vehicles.find(|entry| entry.devices.contains(device))?;
        Some(&entry.groups)
    }

    /// The rules that concern a vehicle: all, where it is not known.
    fn concerning(&self, vehicle: &Vehicle) -> Vec<&OffDuty> {
        let mut devices = vehicle.devices.iter().map(|view| &view.device);
        let is_rostered = self.rostered(&vehicle.devices[0].device).is_some();
        let is_known = is_rostered || devices.all(|device| self.known.contains(device));
        self.of_groups(is_known.then_some(vehicle.groups.as_slice()))
    }

    fn of_groups(&self, groups: Option<&[Arc<str>]>) -> Vec<&OffDuty> {
        let holds = |rule: &&OffDuty| {
            groups.is_none_or(|groups| rule.groups.iter().any(|group| groups.contains(group)))
        };
        self.rules.iter().filter(holds).collect()
    }

    /// The rules that concern a device, whether or not it is shown.
    fn concerning_device(&self, device: &DeviceKey) -> Vec<&OffDuty> {
        match self.vehicle_of(device) {
            Some(vehicle) => self.concerning(vehicle),
            None => self.of_groups(self.rostered(device)),
        }
    }

    fn vehicle_of(&self, device: &DeviceKey) -> Option<&Vehicle> {
        let has_it = |vehicle: &&Vehicle| vehicle.devices.iter().any(|it| it.device == *device);
        self.seen.values().find(has_it)
    }

    /// Lets viewers and store take what differs, and looks at all that they have and got.
    fn step(&mut self, second: i64) -> Result<(), TestCaseError> {
        let now = at(second);
        let changes = step(&mut self.fleet, second);
        for id in &changes.removed {
            self.seen.remove(id);
        }
        for vehicle in &changes.vehicles {
            self.seen.insert(vehicle.id.clone(), (**vehicle).clone());
        }
        keep(&mut self.store, &changes);
        for vehicle in self.seen.values() {
            self.n_shown += usize::from(vehicle.position.is_some());
            self.look_at(vehicle, now)?;
        }
        for (device, fix) in &changes.fixes {
            let rules = self.concerning_device(device);
            let is_told = !is_off(&rules, fix.fixed_at) && !is_off(&rules, fix.received_at);
            prop_assert!(is_told, "{device}: {fix:?}");
        }
        for (device, reading) in &changes.recalled {
            let is_anybody = self.vehicle_of(device).is_some() || self.rostered(device).is_some();
            prop_assert!(is_anybody, "{device}: {reading:?}");
            let rules = self.concerning_device(device);
            let is_told = !is_off(&rules, reading.vendor_at.unwrap()) && !is_off(&rules, now);
            prop_assert!(is_told, "{device}: {reading:?}");
        }
        for one in &changes.remembered {
            self.look_at_kept(one, now)?;
        }
        Ok(())
    }

    fn look_at(&self, vehicle: &Vehicle, now: Timestamp) -> Result<(), TestCaseError> {
        let rules = self.concerning(vehicle);
        let facts = [
            vehicle.ignition.as_ref().map(|it| it.at),
            vehicle.odometer_m.as_ref().map(|it| it.at),
            vehicle.driver.as_ref().map(|it| it.at),
            vehicle.address.as_ref().map(|it| it.at),
            vehicle.battery_pct.as_ref().map(|it| it.at),
            vehicle.fuel_l.as_ref().map(|it| it.at),
        ];
        let position = vehicle.position.iter();
        let devices = vehicle.devices.iter();
        let times: BTreeSet<Timestamp> = facts
            .into_iter()
            .chain(devices.flat_map(|it| [it.fixed_at, it.received_at]))
            .flatten()
            .chain(position.flat_map(|it| [it.fixed_at, it.received_at]))
            .collect();
        let is_off = is_off(&rules, now);
        prop_assert_eq!(vehicle.flags == [Flag::OffDuty], is_off, "{:?}", vehicle);
        prop_assert_eq!(vehicle.flags.contains(&Flag::OffDuty), is_off);
        if is_off {
            prop_assert!(
                times.is_empty() && vehicle.drawn_lat_lng_deg.is_none(),
                "{vehicle:?}"
            );
            prop_assert!(vehicle.devices.iter().all(|it| it.lat_lng_deg.is_none()));
            prop_assert_eq!(vehicle.motion.state, MotionState::Unknown);
            prop_assert_eq!(vehicle.freshness.state, FreshnessState::Never);
        }
        // Nor anything of before that, once duty begins again.
        for time in times {
            prop_assert!(is_of_now(&rules, time, now), "{time} at {now}: {vehicle:?}");
        }
        // What is said to be of now is so.
        if let Some(driver) = vehicle.driver.as_ref().filter(|it| it.at == now) {
            let was_at = true_time(&driver.value);
            prop_assert!(is_of_now(&rules, was_at, now), "{was_at}: {vehicle:?}");
        }
        let position = vehicle.position.as_ref();
        let place = position.filter(|it| 59.0 < it.lat_deg && it.received_at == now);
        if let Some(position) = place {
            let after = self.rows[&position.device].differs_after;
            let is_of_now = after.is_some_and(|after| is_of_now(&rules, after, now));
            prop_assert!(is_of_now || rules.is_empty(), "{after:?}: {vehicle:?}");
        }
        Ok(())
    }

    fn look_at_kept(&self, one: &Remembered, now: Timestamp) -> Result<(), TestCaseError> {
        let rules = self.concerning_device(&one.device);
        let is_shown = self.vehicle_of(&one.device).is_some();
        let must_be_blank = is_off(&rules, now) || !(is_shown || rules.is_empty());
        prop_assert!(!must_be_blank || is_blank(one), "{one:?}");
        let fixes = [&one.fix, &one.position].into_iter().flatten();
        let facts = &one.facts;
        let facts = [
            facts.ignition.map(|(_, at)| at),
            facts.odometer_m.map(|(_, at)| at),
            facts.driver.as_ref().map(|(_, at)| *at),
            facts.address.as_ref().map(|(_, at)| *at),
            facts.battery_pct.map(|(_, at)| at),
            facts.fuel_l.map(|(_, at)| at),
            facts.panic.map(|(_, at)| at),
        ];
        let times = fixes
            .flat_map(|fix| [fix.fixed_at, fix.received_at])
            .chain(one.motion.last.map(|(at, _)| at))
            .chain(one.raw.and_then(|raw| raw.vendor_at))
            .chain(facts.into_iter().flatten());
        for time in times {
            prop_assert!(is_of_now(&rules, time, now), "{time} at {now}: {one:?}");
        }
        if let Some((driver, _)) = one.facts.driver.as_ref().filter(|(_, at)| *at == now) {
            let was_at = true_time(driver);
            prop_assert!(is_of_now(&rules, was_at, now), "{was_at}: {one:?}");
        }
        Ok(())
    }
}

/// A fleet whose sources have no lists yet, and wait for none.
fn without_lists(settings: FleetSettings, mode: Mode, second: i64) -> Fleet {
    let intros = SOURCES.iter().map(intro);
    let intros = intros.map(|intro| SourceIntro { mode, ..intro });
    let mut fleet = Fleet::new(settings, intros.collect(), at(second));
    for source in SOURCES {
        fleet.observe(report(source, second, Said::Listed(None)), at(second));
    }
    fleet
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn nobody_ever_learns_where_a_vehicle_was_off_duty(
        rules in rules(),
        is_streamed in any::<bool>(),
        happenings in proptest::collection::vec(happening(), 1..60),
    ) {
        let mode = if is_streamed { Mode::Stream } else { Mode::Poll };
        let mut world = World::new(mode, rules);
        let mut second = 0;
        for happening in &happenings {
            let wait = if let Happening::Any(Event::Wait { seconds }) = happening { *seconds } else { 7 };
            second += wait;
            world.happen(happening, second);
            world.step(second)?;
        }
        second += 5;
        world.step(second)?;
        let kept: Vec<_> = world.store.values().cloned().collect();
        for one in &kept {
            world.look_at_kept(one, at(second))?;
        }
    }
}

/// The law is about something: fleets with such hours show positions.
#[test]
fn on_duty_positions_are_shown() {
    let rules = || vec![rule(&["North"], &[(10, 20), (30, 40)])];
    // Where nothing tells its group or its time it is shown too, once a list has named it, and the
    // place has changed: not at the first minute of each duty.
    for (group, kind, n_shown) in [
        (Some(0), Kind::Row, 40),
        (None, Kind::Row, 40),
        (None, Kind::Timeless(0), 37),
    ] {
        let mut world = World::new(Mode::Poll, rules());
        for minute in 0..60_i64 {
            let second = 60 * minute + 1;
            let devices = vec![Some(vec![0])];
            world.happen(&Happening::List { devices }, second);
            let kind = match kind {
                Kind::Timeless(_) => Kind::Timeless(u8::from(minute % 2 == 0)),
                kind => kind,
            };
            let say = Happening::Say {
                device: 0,
                true_ago: 1,
                group,
                kind,
            };
            world.happen(&say, second);
            world.step(second).unwrap();
        }
        assert_eq!(world.n_shown, n_shown, "{group:?} {kind:?}");
    }
}
