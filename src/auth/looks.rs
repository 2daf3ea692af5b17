//! Looks at the past, as the audit log tells them: a page that plays the past asks for one picture
//! after the other, and one that shows a trail asks for it again. That is one look, told when it
//! begins, and again each minute for as long as it goes on.

use std::sync::PoisonError;

use jiff::{SignedDuration, Timestamp};

use super::Access;
use super::audit::Event;
use super::secret::Digest;
use super::throttle::Gate;
use super::viewer::Viewer;

const TOLD_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// The looks that were told of lately.
pub(super) fn none() -> Gate<Digest> {
    Gate::new(1, TOLD_EVERY)
}

impl Access {
    /// As [`Self::audit`], of a look by `viewer`: once a minute for the same session or token, the
    /// same kind of look and the same vehicle.
    pub async fn audit_look(&self, viewer: &Viewer, event: Event, now: Timestamp) {
        let key = key(viewer, &event);
        {
            let looks = &self.0.looks;
            let mut looks = looks.lock().unwrap_or_else(PoisonError::into_inner);
            if looks.wait(key, now).is_positive() {
                return;
            }
            looks.take(key, now);
        }
        self.audit(event, now).await;
    }
}

fn key(viewer: &Viewer, event: &Event) -> Digest {
    let viewer = viewer.id.text();
    let subject = event.subject.text().unwrap_or_default();
    // A NUL stands in none of them.
    Digest::of(&[&viewer, event.what.as_str(), &subject].join("\0"))
}

#[cfg(test)]
mod tests {
    use super::super::audit::{Subject, What};
    use super::super::people::UserId;
    use super::super::{AccessSettings, Actor, ViewerId};
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    #[tokio::test]
    async fn a_look_is_told_when_it_begins_and_each_minute_and_every_other_look_is_another() {
        let access = Access::open(AccessSettings::default()).unwrap();
        let here = Viewer::local();
        let other = Viewer {
            id: ViewerId::User(UserId(7)),
            user: Some(UserId(7)),
            ..Viewer::local()
        };
        let truck = || Subject::Vehicle("truck".into());
        let van = Subject::Vehicle("van".into());
        let looks = [
            (0, &here, What::TrailOpened, truck(), true),
            (59, &here, What::TrailOpened, truck(), false),
            (59, &here, What::TrailOpened, van, true),
            (59, &here, What::Exported, truck(), true),
            (59, &other, What::TrailOpened, truck(), true),
            (60, &here, What::TrailOpened, truck(), true),
            (61, &here, What::TimeTravel, Subject::None, true),
            (62, &here, What::TimeTravel, Subject::None, false),
        ];
        let mut n_expected = 0;
        for (second, viewer, what, subject, is_told) in looks {
            let event = Event {
                by: Actor::of(viewer, [192, 0, 2, 1].into()),
                what,
                subject,
            };
            access.audit_look(viewer, event, at(second)).await;
            n_expected += usize::from(is_told);
            let entries = access.audited(&Actor::console(), None, 100).await.unwrap();
            assert_eq!(entries.len(), n_expected, "{what:?} at {second}");
        }
    }
}
