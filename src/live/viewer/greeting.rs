//! The first words: hello, and what the viewer lacks of all that it looks at.

use super::{Moment, Phase, Viewer};
use crate::live::frame::{self, Frame, Stamp};

impl Viewer {
    /// Says hello once the first frame after it is there, since it tells that frame's `seq`.
    pub(super) fn greet(&mut self, resume: Option<u64>, now: Moment) {
        let can_resume =
            |seq: u64| seq <= self.hub.seq() && self.looks.iter().all(|look| look.can_resume(seq));
        if let Some(seq) = resume.filter(|seq| can_resume(*seq)) {
            for look in &mut self.looks {
                look.held = Some(seq);
            }
            self.promised = self.hub.seq();
            self.say_hello(true, seq, now);
            self.phase = Phase::Live;
            self.gather(now);
            return;
        }
        self.phase = Phase::Greeting { resume: None };
        let mut are_all_there = true;
        for look in &mut self.looks {
            are_all_there &= look.begin(&self.hub, now);
        }
        if are_all_there {
            self.begin(now);
        }
    }

    /// Says hello, and shows the first keyframes.
    fn begin(&mut self, now: Moment) {
        let firsts: Vec<_> = self
            .looks
            .iter_mut()
            .map(|look| look.first.take())
            .collect();
        let seq = firsts.iter().flatten().map(|(_, seq)| *seq).min();
        self.say_hello(false, seq.unwrap_or(0), now);
        self.say_view(now);
        for (look, (bytes, seq)) in self.looks.iter_mut().zip(firsts.into_iter().flatten()) {
            look.held = Some(seq);
            self.outbox.push(bytes);
        }
        self.phase = Phase::Live;
        self.gather(now);
    }

    fn say_hello(&mut self, resumed: bool, seq: u64, now: Moment) {
        let heartbeat = self.settings.heartbeat.as_millis();
        let hello = Frame::Hello {
            protocol: 1,
            server: "fleetglass",
            version: env!("CARGO_PKG_VERSION"),
            build: env!("FLEETGLASS_BUILD"),
            epoch: self.hub.epoch(),
            seq,
            resumed,
            heartbeat_ms: u64::try_from(heartbeat).unwrap_or(u64::MAX),
            at: Stamp(now.at),
        };
        let text = frame::encode(&hello);
        self.say(&text);
        self.whole_at = seq;
    }
}
