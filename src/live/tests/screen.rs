//! A viewer's other end: what its screen shows after applying everything it was sent.

use std::collections::BTreeMap;

use super::*;
use crate::live::bin::{Applied, Picture};
use crate::live::ws::deflate::inflate;

/// A viewer and what its screen shows.
pub(super) struct Screen {
    pub(super) hub: Arc<Hub>,
    pub(super) viewer: Viewer,
    pub(super) began: Instant,
    pub(super) is_bin: bool,
    pub(super) hello: Value,
    pub(super) vehicles: BTreeMap<String, Value>,
    pub(super) alarms: BTreeMap<String, Value>,
    pub(super) alarms_seq: u64,
    pub(super) picture: Picture,
    pub(super) tiles: Vec<Tile>,
    pub(super) cells: BTreeMap<(u64, u64), u64>,
    pub(super) cells_seq: u64,
    pub(super) n_vehicles: u64,
    pub(super) is_whole: bool,
    pub(super) was_told_its_view: bool,
    pub(super) at: Timestamp,
    pub(super) seq: u64,
    pub(super) n_keyframes: usize,
    pub(super) n_changes: usize,
    pub(super) n_heartbeats: usize,
    pub(super) heartbeat_seq: u64,
    pub(super) close: Option<(u16, String)>,
    pub(super) unparsed: Vec<u8>,
}

impl Screen {
    pub(super) fn new(hub: &Arc<Hub>, way: (Dialect, bool), resume: Option<u64>) -> Self {
        Self::with(hub, way, resume, ViewerSettings::default(), None)
    }

    pub(super) fn with(
        hub: &Arc<Hub>,
        (dialect, deflates): (Dialect, bool),
        resume: Option<u64>,
        settings: ViewerSettings,
        sight: Option<Sight>,
    ) -> Self {
        let began = Instant::now();
        let who = Introduction {
            dialect: Some(dialect),
            deflates,
            resume: resume.map(|seq| ("e".to_owned(), seq)),
            sight,
        };
        Self {
            hub: Arc::clone(hub),
            viewer: Viewer::new(Arc::clone(hub), settings, who, moment(began, 0)),
            began,
            is_bin: dialect == Dialect::Bin,
            hello: Value::Null,
            vehicles: BTreeMap::new(),
            alarms: BTreeMap::new(),
            alarms_seq: resume.unwrap_or_default(),
            picture: Picture::default(),
            tiles: Vec::new(),
            cells: BTreeMap::new(),
            cells_seq: 0,
            n_vehicles: 0,
            is_whole: false,
            was_told_its_view: false,
            at: now(),
            seq: 0,
            n_keyframes: 0,
            n_changes: 0,
            n_heartbeats: 0,
            heartbeat_seq: 0,
            close: None,
            unparsed: Vec::new(),
        }
    }

    pub(super) fn now(&self) -> Moment {
        let after_ms = self.at.duration_since(now()).as_millis();
        moment(self.began, u64::try_from(after_ms).unwrap())
    }

    /// Takes everything there is for it.
    pub(super) fn look(&mut self) {
        while self.look_once() {}
    }

    /// Takes what its outbox is filled with once; whether that was anything.
    pub(super) fn look_once(&mut self) -> bool {
        self.viewer.fill(self.now());
        if self.viewer.outbox().is_empty() {
            self.hub.make_keyframes(self.at);
            self.viewer.fill(self.now());
        }
        self.take_outbox()
    }

    pub(super) fn take_outbox(&mut self) -> bool {
        let is_any = !self.viewer.outbox().is_empty();
        while !self.viewer.outbox().is_empty() {
            let bytes = self.viewer.outbox().front().to_vec();
            self.viewer.wrote(bytes.len());
            self.unparsed.extend(bytes);
        }
        while let Some((opcode, payload)) = self.next_message() {
            self.apply(opcode, &payload);
        }
        is_any
    }

    /// The next whole message of a server, which are never masked nor fragmented.
    pub(super) fn next_message(&mut self) -> Option<(u8, Vec<u8>)> {
        let bytes = &self.unparsed;
        let (&first, &second) = (bytes.first()?, bytes.get(1)?);
        assert_eq!((first & 0b1011_0000, second & 0x80), (0x80, 0));
        let (n, at) = match second {
            126 => (
                u64::from(u16::from_be_bytes(bytes[2..4].try_into().unwrap())),
                4,
            ),
            127 => (u64::from_be_bytes(bytes[2..10].try_into().unwrap()), 10),
            n => (u64::from(n), 2),
        };
        let payload = bytes[at..at + usize::try_from(n).unwrap()].to_vec();
        let is_deflated = first & 0x40 != 0;
        self.unparsed.drain(..at + payload.len());
        let payload = if is_deflated {
            inflate(&payload, 64 << 20).unwrap()
        } else {
            payload
        };
        Some((first & 0x0F, payload))
    }

    pub(super) fn apply(&mut self, opcode: u8, payload: &[u8]) {
        if opcode == 8 {
            let code = u16::from_be_bytes(payload[..2].try_into().unwrap());
            let reason = String::from_utf8(payload[2..].to_vec()).unwrap();
            self.close = Some((code, reason));
            return;
        }
        assert_eq!(opcode, if self.is_bin { 2 } else { 1 });
        if payload[0] != b'{' {
            match self.picture.apply(payload).unwrap() {
                Applied::Keyframe => self.n_keyframes += 1,
                Applied::Differences => self.n_changes += 1,
                Applied::Dictionary => {}
                other => panic!("{other:?}"),
            }
            return;
        }
        let frame: Value = serde_json::from_slice(payload).unwrap();
        let seq = frame["seq"].as_u64().unwrap_or_default();
        match frame["type"].as_str().unwrap() {
            "hello" => self.hello = frame,
            "snapshot" => {
                self.vehicles.clear();
                self.alarms.clear();
                self.n_keyframes += 1;
                self.put(&frame, seq);
            }
            "changes" => {
                assert_eq!(seq, self.seq + 1, "a gap");
                self.n_changes += 1;
                self.put(&frame, seq);
            }
            "heartbeat" => {
                self.n_heartbeats += 1;
                self.heartbeat_seq = seq;
            }
            "sources" => {}
            "alarms" => {
                if frame["all"] == true {
                    self.alarms.clear();
                } else {
                    let base = frame["base"].as_u64().unwrap();
                    assert!(base <= self.alarms_seq, "a gap");
                }
                self.alarms_seq = seq;
                self.put_alarms(&frame, "closed");
            }
            "view" => self.take_view(&frame),
            "cells" => self.take_cells(&frame, seq),
            other => panic!("{other}"),
        }
    }

    pub(super) fn take_view(&mut self, frame: &Value) {
        self.was_told_its_view = true;
        self.is_whole = frame["whole"].as_bool().unwrap();
        let tiles = frame["tiles"].as_array().unwrap().iter();
        let part = |tile: &Value, at: usize| u16::try_from(tile[at].as_u64().unwrap()).unwrap();
        self.tiles = tiles
            .map(|tile| Tile {
                z: u8::try_from(part(tile, 0)).unwrap(),
                x: part(tile, 1),
                y: part(tile, 2),
            })
            .collect();
        let dropped: Vec<Tile> = self.picture.tiles().map(|(tile, _)| tile).collect();
        for tile in dropped
            .into_iter()
            .filter(|tile| !self.tiles.contains(tile))
        {
            self.picture.forget(tile);
        }
    }

    pub(super) fn take_cells(&mut self, frame: &Value, seq: u64) {
        if frame["all"] == true {
            self.cells.clear();
        } else {
            assert!(frame["base"].as_u64().unwrap() <= self.cells_seq, "a gap");
        }
        self.cells_seq = seq;
        self.n_vehicles = frame["vehicles"].as_u64().unwrap();
        for cell in frame["cells"].as_array().unwrap() {
            let n: u64 = cell.as_array().unwrap()[4..]
                .iter()
                .map(|n| n.as_u64().unwrap())
                .sum();
            let place = (cell[0].as_u64().unwrap(), cell[1].as_u64().unwrap());
            self.cells.insert(place, n);
        }
    }

    pub(super) fn put(&mut self, frame: &Value, seq: u64) {
        self.seq = seq;
        self.put_alarms(frame, "alarms_closed");
        for id in frame["removed"].as_array().into_iter().flatten() {
            self.vehicles.remove(id.as_str().unwrap());
        }
        for vehicle in frame["vehicles"].as_array().into_iter().flatten() {
            let id = vehicle["id"].as_str().unwrap().to_owned();
            self.vehicles.insert(id, vehicle.clone());
        }
    }

    pub(super) fn put_alarms(&mut self, frame: &Value, closed: &str) {
        for id in frame[closed].as_array().into_iter().flatten() {
            let was_shown = self.alarms.remove(id.as_str().unwrap()).is_some();
            assert!(was_shown, "{id} was not shown");
        }
        for alarm in frame["alarms"].as_array().into_iter().flatten() {
            let id = alarm["id"].as_str().unwrap().to_owned();
            self.alarms.insert(id, alarm.clone());
        }
    }

    pub(super) fn is_resumed(&self) -> bool {
        self.hello["resumed"].as_bool().unwrap()
    }

    /// Compares the tiles that it was told it gets with what is in them.
    #[track_caller]
    pub(super) fn shows_its_tiles(&self) {
        let vehicles = self.hub.current().vehicles;
        for tile in &self.tiles {
            let held = self.picture.tile(*tile).unwrap();
            let shown: BTreeMap<String, Row> = held
                .rows
                .iter()
                .map(|(index, row)| (self.picture.entry(*index).unwrap().id.to_string(), *row))
                .collect();
            let here = vehicles.iter().map(|entry| &entry.vehicle);
            let truth = here
                .map(|vehicle| (vehicle.id.to_string(), Row::of(vehicle)))
                .filter(|(_, row)| tile.holds(row));
            assert_eq!(shown, truth.collect(), "{tile:?}");
        }
    }

    /// Compares what it shows with what is.
    #[track_caller]
    pub(super) fn is_true(&self) {
        let current = self.hub.current();
        let alarms = current.alarms.iter().map(|json| {
            let alarm: Value = serde_json::from_str(json.get()).unwrap();
            (alarm["id"].as_str().unwrap().to_owned(), alarm)
        });
        assert_eq!(self.alarms, alarms.collect());
        if self.is_bin {
            let held = self.picture.tile(Tile::ROOT).unwrap();
            let shown: BTreeMap<String, (String, Row)> = held
                .rows
                .iter()
                .map(|(index, row)| {
                    let entry = self.picture.entry(*index).unwrap();
                    (entry.id.to_string(), (entry.name.to_string(), *row))
                })
                .collect();
            let truth = |entry: &crate::live::hub::Entry| {
                let vehicle = &entry.vehicle;
                (
                    vehicle.id.to_string(),
                    (vehicle.name.to_string(), Row::of(vehicle)),
                )
            };
            assert_eq!(shown, current.vehicles.iter().map(truth).collect());
        } else {
            let truth = |entry: &crate::live::hub::Entry| {
                let json = serde_json::from_str(entry.json().get()).unwrap();
                (entry.vehicle.id.to_string(), json)
            };
            assert_eq!(self.vehicles, current.vehicles.iter().map(truth).collect());
            assert_eq!(self.seq, current.seq);
        }
    }
}
