//! The whole path without vendors: observations, fleet, encoder, shards, to viewers of the binary
//! protocol that inflate.
//!
//! Vehicles report once a second, spread evenly over it, in the order of a list; a quarter of
//! them stands still and still reports.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use fleetglass::clock;
use fleetglass::domain::{
    DeviceKey, Facts, Label, Mode, Observation, Origin, Reading, Report, Said, SourceId,
};
use fleetglass::fleet::writer::{self, Inbox, Publish, Pulse};
use fleetglass::fleet::{Changes, Fleet, FleetSettings, SourceIntro};
use fleetglass::live::encoder::Encoder;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::child::{self, Server};
use crate::product::Live;
use crate::text::Result;

pub(crate) const N_VEHICLES: u32 = 10_000;
/// Reports come in so many pieces a second.
const PIECES: u32 = 100;
const TICK: Duration = Duration::from_millis(250);

struct Feeding {
    is_on: Arc<AtomicBool>,
}

struct Publisher(Encoder);

impl Publish for Publisher {
    fn is_ready(&self) -> bool {
        self.0.is_ready()
    }

    fn publish(&mut self, changes: Changes, now: Timestamp) {
        self.0.publish(changes, now);
    }
}

pub(crate) fn serve() -> Result<()> {
    let Live {
        runtime,
        encoder,
        port,
        ..
    } = Live::open(None, 0)?;
    let (reports, inbox) = mpsc::channel(256);
    let (_, settings) = mpsc::channel(1);
    let intro = SourceIntro {
        id: source(),
        kind: "bench",
        mode: Mode::Stream,
        interval: SignedDuration::from_secs(1),
        sandbox: false,
    };
    let fleet = Fleet::new(FleetSettings::default(), vec![intro], clock::now());
    let stop = CancellationToken::new();
    let pulse = Pulse::default();
    runtime.spawn(writer::run(
        fleet,
        Inbox {
            reports: inbox,
            settings,
        },
        Publisher(encoder),
        TICK,
        pulse,
        clock::now,
        stop,
    ));
    let is_on = Arc::new(AtomicBool::new(true));
    runtime.spawn(feed(reports, Arc::clone(&is_on)));
    // Every vehicle has reported, and the fleet is at its ordinary work.
    std::thread::sleep(Duration::from_secs(4));
    child::obey(port, &mut Feeding { is_on })
}

impl Server for Feeding {
    /// The fleet publishes by itself.
    fn publish(&mut self, _bytes: usize) -> Result<()> {
        self.is_on.store(true, Ordering::Relaxed);
        Ok(())
    }

    fn idle(&mut self) -> Result<()> {
        Ok(())
    }
}

fn source() -> SourceId {
    SourceId::new("bench")
}

async fn feed(reports: mpsc::Sender<Report>, is_on: Arc<AtomicBool>) {
    let said = |said| Report {
        source: source(),
        at: clock::now(),
        said,
    };
    if reports.send(said(Said::Listed(None))).await.is_err() {
        return;
    }
    let keys: Vec<DeviceKey> = (0..N_VEHICLES)
        .map(|number| DeviceKey::new(source(), number.to_string()))
        .collect();
    let size = keys.len() / usize::try_from(PIECES).unwrap_or(1);
    let mut beat = tokio::time::interval(Duration::from_secs(1) / PIECES);
    let mut second = 0_u32;
    while is_on.load(Ordering::Relaxed) {
        for (nth, piece) in keys.chunks(size).enumerate() {
            beat.tick().await;
            let first = nth * size;
            let number = |at: usize| u32::try_from(first + at).unwrap_or(0);
            let records = piece.iter().enumerate();
            let records = records
                .map(|(at, key)| observation(key, number(at), second))
                .collect();
            if reports.send(said(Said::Observed(records))).await.is_err() {
                return;
            }
        }
        second += 1;
    }
}

/// Every fourth stands; the others go round in circles of their own.
fn observation(key: &DeviceKey, number: u32, second: u32) -> Observation {
    let moves = !number.is_multiple_of(4);
    let (n, s) = (f64::from(number), f64::from(if moves { second } else { 0 }));
    let speed_mps = if moves { 5.0 + n % 25.0 } else { 0.0 };
    let angle = (n + s * 0.05) % std::f64::consts::TAU;
    let radius_deg = 0.002 + (n % 50.0) * 1e-4;
    let now = clock::now();
    let reading = Reading {
        vendor_at: Some(now),
        heading_deg: Some(angle.to_degrees()),
        speed_mps: Some(speed_mps),
        ..Reading::at(
            -26.0 + (n % 97.0) * 0.01 + radius_deg * angle.sin(),
            28.0 + (n % 89.0) * 0.01 + radius_deg * angle.cos(),
        )
    };
    Observation {
        device: key.clone(),
        received_at: now,
        origin: Origin::Stream,
        reading: Some(reading),
        contact_at: None,
        label: Label::default(),
        facts: Facts::default(),
    }
}
