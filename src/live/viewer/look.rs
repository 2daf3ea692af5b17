//! A view as one viewer sees it: the channel it reads, and how far it has got.

use std::sync::Arc;

use super::Moment;
use crate::live::channel::{Channel, Next, Pace};
use crate::live::hub::{Hub, View};

/// A view the viewer looks at, and what it holds of it.
#[derive(Debug)]
pub(super) struct Look {
    pub(super) view: View,
    channel: Arc<Channel>,
    pub(super) held: Option<u64>,
    deflates: bool,
}

impl Look {
    pub(super) fn new(hub: &Hub, view: View, deflates: bool) -> Self {
        Self {
            view,
            channel: hub.join(view, deflates),
            held: None,
            deflates,
        }
    }

    /// Whether the viewer, which says it has everything up to `seq`, can go on from there.
    pub(super) fn can_resume(&self, seq: u64) -> bool {
        self.channel.can_resume(seq, self.deflates)
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
