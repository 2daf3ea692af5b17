//! What is counted of viewers, gathered cheaply and told now and then: a look-up of a metric for
//! each frame would be a good part of what a frame costs.

use super::viewer::End;

/// Counts of one thread or task that serves viewers.
#[derive(Debug, Default)]
pub struct Tally {
    bytes: u64,
    frames: u64,
    told_viewers: usize,
}

impl Tally {
    /// Bytes were written, and some frames ended by it.
    pub fn wrote(&mut self, n_bytes: usize, n_frames: u64) {
        self.bytes += n_bytes as u64;
        self.frames += n_frames;
    }

    /// A viewer is gone.
    pub fn ended(&self, end: End) {
        let reason = end.as_label();
        metrics::counter!("fleetglass_sessions_ended_total", "reason" => reason).increment(1);
    }

    /// Whether something was written that has not been told.
    pub fn has_news(&self) -> bool {
        0 < self.bytes
    }

    /// Tells what was counted since the last time.
    pub fn publish(&mut self, n_viewers: usize) {
        if 0 < self.bytes {
            metrics::counter!("fleetglass_frames_sent_total").increment(self.frames);
            metrics::counter!("fleetglass_frame_bytes_sent_total").increment(self.bytes);
            (self.frames, self.bytes) = (0, 0);
        }
        if n_viewers != self.told_viewers {
            let viewers = metrics::gauge!("fleetglass_viewers");
            viewers.increment(count(n_viewers) - count(self.told_viewers));
            self.told_viewers = n_viewers;
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a number of viewers")]
fn count(n: usize) -> f64 {
    n as f64
}
