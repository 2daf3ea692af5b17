//! One life of the loop of a streamed source: requests one at a time, by the agenda, and the
//! coming and going of sockets.

mod session;

use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep, sleep_until};
use tracing::{debug, info};

use super::agenda::{Agenda, Need, Next};
use super::idle::{Idle, Rhythm};
use super::socket::{self, Ending};
use super::{Habits, Streamed};
use crate::domain::{Mode, Said, Signal};
use crate::source::backoff::Backoff;
use crate::source::budget::Budget;
use crate::source::http::trouble::{Kind, Trouble};
use crate::source::listing::Walk;
use crate::source::lists::{Lists, Metadata};
use crate::source::outlet::{Activity, Outlet};
use crate::source::recall::Recaller;

/// Unknown devices are looked for so often.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Reading names for the sake of unknown devices takes at most this share of the limit.
const NEWS_SHARE: f64 = 0.1;

/// A socket that has a successor may still speak what it holds for so long; what both have heard
/// is told twice, which harms nobody.
const DRAIN_FOR: Duration = Duration::from_secs(2);

/// One life of the loop.
pub(super) struct Run<'a> {
    lists: &'a mut Lists,
    habits: &'a Habits,
    outlet: &'a Outlet,
    agenda: Agenda,
    metadata: Metadata,
    walk: Walk,
    stream_backoff: Backoff,
    positions_backoff: Backoff,
    /// Every socket's task; dropping the set ends them all.
    sockets: JoinSet<Ending>,
    /// Each ends a socket that has a successor.
    reapers: JoinSet<()>,
    opened: (mpsc::Sender<Id>, mpsc::Receiver<Id>),
    current: Option<AbortHandle>,
    opening: Option<Opening>,
    /// The vendor's handshake wants the bearer header.
    with_bearer: bool,
    /// The vendor's session wants the vehicles named.
    with_ids: bool,
    in_fallback: bool,
    /// The heartbeat that earlier sockets heard.
    rhythm: Rhythm,
    recaller: Recaller,
}

/// What ended a pause.
enum Event {
    Opened(Id),
    Ended(Result<(Id, Ending), JoinError>),
    Over,
}

struct Opening {
    task: AbortHandle,
    renew_at: Option<Instant>,
}

impl<'a> Run<'a> {
    pub(super) fn new(source: &'a mut Streamed, outlet: &'a Outlet) -> Self {
        let now = Instant::now();
        Self {
            lists: &mut source.lists,
            habits: &source.habits,
            outlet,
            agenda: Agenda::new(now),
            metadata: Metadata::new(now),
            walk: Walk::default(),
            stream_backoff: Backoff::default(),
            positions_backoff: Backoff::default(),
            sockets: JoinSet::new(),
            reapers: JoinSet::new(),
            opened: mpsc::channel(4),
            current: None,
            opening: None,
            with_bearer: false,
            with_ids: false,
            in_fallback: false,
            rhythm: Rhythm::default(),
            recaller: Recaller::new(source.archive),
        }
    }

    pub(super) async fn for_ever(&mut self) {
        loop {
            self.hear_all().await;
            self.tell_mode().await;
            match self.next(Instant::now()) {
                Next::Serve(Need::Stream) => self.ask_stream().await,
                Next::Serve(Need::Positions) => self.ask_positions().await,
                Next::Serve(Need::Vehicles) => self.ask_vehicles().await,
                Next::Wait(until) => self.rest(until).await,
            }
        }
    }

    fn next(&self, now: Instant) -> Next {
        let budget = self.budget();
        let n_pages = self.lists.vehicles.n_pages();
        let gap = budget.gap(n_pages, NEWS_SHARE);
        let vehicles_at = self.metadata.due_at(self.outlet.has_news(), gap);
        let n_positions = self.lists.positions.n_pages();
        self.agenda
            .next(now, &budget, n_positions, (vehicles_at, n_pages))
    }

    fn budget(&self) -> Budget {
        let budget = self.lists.account.budget.clone();
        budget.unwrap_or_else(Budget::boundless)
    }

    /// Nothing is due until `until`: what was missed is asked for, or nothing.
    async fn rest(&mut self, until: Instant) {
        let now = Instant::now();
        let look_at = until.min(now + LOOK_EVERY);
        let budget = self.lists.account.budget.as_ref();
        let n_pages = self.lists.positions.n_pages() + self.lists.vehicles.n_pages();
        let recall_at = self.recaller.due_at(now, budget, n_pages, self.outlet);
        let recall_at = recall_at.filter(|at| self.agenda.is_calm() && *at < look_at);
        let event = match recall_at {
            Some(at) if now < at => self.event(at).await,
            Some(_) => {
                // What befalls the stream, and what is due, ends the step; it is asked again.
                let step = self.recaller.step(self.lists, self.outlet);
                tokio::select! {
                    biased;
                    Some(id) = self.opened.1.recv() => Event::Opened(id),
                    Some(ended) = self.sockets.join_next_with_id() => Event::Ended(ended),
                    () = sleep_until(until) => Event::Over,
                    () = step => Event::Over,
                }
            }
            None => self.event(look_at).await,
        };
        match event {
            Event::Opened(id) => self.on_opened(id),
            Event::Ended(ended) => self.on_ended(ended).await,
            Event::Over => {}
        }
    }

    /// What befalls the stream until `until`.
    async fn event(&mut self, until: Instant) -> Event {
        tokio::select! {
            Some(id) = self.opened.1.recv() => Event::Opened(id),
            Some(ended) = self.sockets.join_next_with_id() => Event::Ended(ended),
            () = sleep_until(until) => Event::Over,
        }
    }

    async fn hear_all(&mut self) {
        while let Ok(id) = self.opened.1.try_recv() {
            self.on_opened(id);
        }
        while let Some(ended) = self.sockets.try_join_next_with_id() {
            self.on_ended(ended).await;
        }
    }

    async fn tell_mode(&mut self) {
        let is_fallback = self.agenda.is_fallback(Instant::now());
        if is_fallback == self.in_fallback {
            return;
        }
        self.in_fallback = is_fallback;
        let (mode, interval) = if is_fallback {
            let n_pages = self.lists.positions.n_pages();
            let interval = Agenda::fallback_interval(&self.budget(), n_pages);
            info!(source.id = %self.outlet.source(), interval_s = interval.as_secs(),
                "no stream can be had; positions are polled");
            (Mode::Poll, interval)
        } else {
            let idle = Idle::new(self.habits.idle_timeout, self.rhythm.get());
            (Mode::Stream, idle.limit())
        };
        let signal = Signal::Mode {
            mode,
            fallback: is_fallback,
            interval: SignedDuration::try_from(interval).unwrap_or(SignedDuration::MAX),
        };
        self.outlet.say(Said::Signal(signal)).await;
    }

    async fn ask_positions(&mut self) {
        self.agenda.reading_positions(Instant::now());
        match self.lists.positions_page(&mut self.walk, self.outlet).await {
            Ok(is_last) => {
                self.positions_backoff.reset();
                self.outlet.success(Activity::Positions).await;
                if is_last {
                    self.walk = Walk::default();
                    self.agenda.positions_read();
                }
            }
            Err(trouble) => {
                self.walk = Walk::default();
                let wait = self.positions_backoff.wait_with_chance(&trouble);
                self.agenda.positions_failed(Instant::now() + wait);
                self.pause_if_all_is_lost(&trouble, wait);
                self.outlet
                    .failure(Activity::Positions, &trouble, wait)
                    .await;
            }
        }
    }

    async fn ask_vehicles(&mut self) {
        let page = self.lists.vehicles_page(&mut self.metadata, self.outlet);
        if let Err(trouble) = page.await {
            let wait = self.metadata.failed(&trouble, self.outlet).await;
            self.pause_if_all_is_lost(&trouble, wait);
        }
    }

    async fn ask_stream(&mut self) {
        match self.session().await {
            Ok((plug, renew_at)) => {
                self.agenda.attempted(Instant::now());
                self.agenda.opening();
                let opened = self.opened.0.clone();
                let task = self.sockets.spawn(socket::run(plug, opened));
                self.opening = Some(Opening { task, renew_at });
            }
            Err(trouble) => {
                // What was never answered was hardly counted, and must not delay the healing.
                if trouble.status.is_some() {
                    self.agenda.attempted(Instant::now());
                }
                self.stream_failed(&trouble).await;
            }
        }
    }

    async fn stream_failed(&mut self, trouble: &Trouble) {
        let wait = self.stream_backoff.wait_with_chance(trouble);
        let now = Instant::now();
        self.agenda.stream_failed(now, now + wait);
        self.pause_if_all_is_lost(trouble, wait);
        self.outlet.failure(Activity::Stream, trouble, wait).await;
    }

    /// Wrong credentials are wrong for every endpoint.
    fn pause_if_all_is_lost(&mut self, trouble: &Trouble, wait: Duration) {
        if trouble.status == Some(401) {
            self.agenda.pause(Instant::now() + wait);
        }
    }

    /// A socket is open: it takes over from whatever was in use.
    fn on_opened(&mut self, id: Id) {
        let Some(opening) = self.opening.take_if(|opening| opening.task.id() == id) else {
            return;
        };
        let had_gap = self.agenda.opened(Instant::now(), opening.renew_at);
        debug!(source.id = %self.outlet.source(), had_gap, "the stream is open");
        while self.reapers.try_join_next().is_some() {}
        if let Some(old) = self.current.replace(opening.task) {
            self.reapers.spawn(async move {
                sleep(DRAIN_FOR).await;
                old.abort();
            });
        }
    }

    async fn on_ended(&mut self, ended: Result<(Id, Ending), JoinError>) {
        let (id, ending) = match ended {
            Ok(ended) => ended,
            Err(error) if error.is_panic() => {
                (error.id(), Ending::Closed("its reader panicked".into()))
            }
            // We ended it ourselves, since it has a successor.
            Err(_) => return,
        };
        // Its opening may have been told, and not yet heard.
        while let Ok(opened) = self.opened.1.try_recv() {
            self.on_opened(opened);
        }
        if self
            .opening
            .take_if(|opening| opening.task.id() == id)
            .is_some()
        {
            self.on_unopened(ending).await;
        } else if self.current.take_if(|task| task.id() == id).is_some() {
            self.on_closed(ending).await;
        }
    }

    async fn on_unopened(&mut self, ending: Ending) {
        let trouble = match ending {
            Ending::Denied(_) if !self.with_bearer => {
                // The address did not carry the authorisation after all: once more, with ours.
                self.with_bearer = true;
                let now = Instant::now();
                self.agenda.stream_failed(now, now);
                return;
            }
            Ending::Denied(status) => {
                self.with_bearer = false;
                let words = format!("the stream's handshake answers {status}");
                Trouble::new(Kind::Denied, words)
            }
            Ending::Unopened(trouble) => trouble,
            ending => Trouble::new(Kind::Unreachable, ending.words()),
        };
        self.stream_failed(&trouble).await;
    }

    async fn on_closed(&mut self, ending: Ending) {
        if matches!(ending, Ending::Idle(_)) {
            // Perhaps its heart only beats more slowly than it did.
            self.rhythm.set(None);
        }
        self.outlet.line_lost();
        let words = ending.words();
        if self.agenda.closed(Instant::now()) {
            self.stream_backoff.reset();
            debug!(source.id = %self.outlet.source(), "{words}");
        } else {
            let trouble = Trouble::new(Kind::Unreachable, words);
            self.stream_failed(&trouble).await;
        }
    }
}
