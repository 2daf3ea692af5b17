//! A view as one viewer sees it: the channel it reads, and how far it has got.

use std::sync::Arc;

use bytes::Bytes;

use super::Moment;
use crate::live::channel::{Channel, Next, Pace};
use crate::live::hub::{Hub, View};

/// A view the viewer looks at, and what it holds of it.
#[derive(Debug)]
pub(super) struct Look {
    pub(super) view: View,
    channel: Arc<Channel>,
    pub(super) held: Option<u64>,
    /// The first keyframe and its `seq`, kept until those of all views are there: of many views
    /// all the keyframes may never be new at once.
    pub(super) first: Option<(Bytes, u64)>,
    deflates: bool,
}

impl Look {
    pub(super) fn new(hub: &Hub, view: View, deflates: bool) -> Self {
        Self {
            view,
            channel: hub.join(view, deflates),
            held: None,
            first: None,
            deflates,
        }
    }

    /// Whether the viewer, which says it has everything up to `seq`, can go on from there.
    pub(super) fn can_resume(&self, seq: u64) -> bool {
        // Which parts of the world it holds, its number does not tell.
        !self.view.is_part() && self.channel.can_resume(seq, self.deflates)
    }

    /// Takes the first keyframe if it is there; whether it is.
    pub(super) fn begin(&mut self, hub: &Hub, now: Moment) -> bool {
        if self.first.is_none()
            && let Next::Keyframe(bytes, seq) = self.next(hub, Pace::Steady, now)
        {
            self.first = Some((bytes, seq));
        }
        self.first.is_some()
    }

    /// How the viewer wants what it lacks: up to what it was promised every frame, however slow
    /// its line is, and from there on at `pace`.
    pub(super) fn pace(&self, promised: u64, pace: Pace) -> Pace {
        if self.held.is_some_and(|held| held < promised) {
            Pace::Resuming
        } else {
            pace
        }
    }

    /// What the viewer lacks of the view. A keyframe that is not made yet is asked for.
    pub(super) fn next(&self, hub: &Hub, pace: Pace, now: Moment) -> Next {
        let next = self.channel.next(self.held, pace, self.deflates, now.at);
        if next == (Next::Later { is_new: true }) {
            hub.want_keyframe(self.view);
        }
        next
    }
}

impl Drop for Look {
    fn drop(&mut self) {
        self.channel.leave(self.deflates);
    }
}
