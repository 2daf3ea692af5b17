//! The agenda against a vendor that counts, in simulated time.

use http::HeaderMap;

use super::*;

const WINDOW: Duration = Duration::from_mins(15);
const STEP: Duration = Duration::from_millis(50);
const LIMIT: u32 = 150;

/// What befalls the stream.
#[derive(Clone, Copy)]
enum Stream {
    /// It is cut every so often, counted from the start.
    CutEvery(Duration),
    /// The same, but all is quiet until then.
    CutsFrom(Duration, Duration),
    /// Sessions are had, but no socket ever opens.
    NeverOpens,
}

/// A vendor with `n_vehicles` that report every `report_every`, and our side of it.
struct World {
    now: Instant,
    start: Instant,
    agenda: Agenda,
    budget: Budget,
    stream: Stream,
    is_up: bool,
    opens_at: Option<Instant>,
    busy_until: Instant,
    page: u32,
    n_pages: u32,
    vehicle_page: u32,
    vehicles_at: Instant,
    n_asked: u32,
    n_refused: u32,
    /// Last fix: by the vendor's knowledge, and as shown.
    fixes: Vec<(Instant, Instant)>,
    report_every: Duration,
    oldest_shown: Duration,
    /// History is asked for in the pauses, without end.
    has_history: bool,
    n_history: u32,
    /// Each request of live work.
    live: Vec<(Duration, Need)>,
}

impl World {
    fn new(stream: Stream, n_vehicles: usize, n_pages: u32, report_every: Duration) -> Self {
        let start = Instant::now();
        Self {
            now: start,
            start,
            agenda: Agenda::new(start),
            budget: Budget::new(LIMIT, WINDOW),
            stream,
            is_up: false,
            opens_at: None,
            busy_until: start,
            page: 0,
            n_pages,
            vehicle_page: 0,
            vehicles_at: start,
            n_asked: 0,
            n_refused: 0,
            fixes: vec![(start, start); n_vehicles],
            report_every,
            oldest_shown: Duration::ZERO,
            has_history: false,
            n_history: 0,
            live: Vec::new(),
        }
    }

    fn run_for(&mut self, span: Duration) {
        while self.now < self.start + span {
            self.now += STEP;
            self.vendor();
            self.us();
            let oldest = self.fixes.iter().map(|(_, shown)| self.now - *shown).max();
            self.oldest_shown = self.oldest_shown.max(oldest.unwrap_or_default());
        }
    }

    fn vendor(&mut self) {
        let elapsed_ms = (self.now - self.start).as_millis();
        let n_vehicles = self.fixes.len() as u128;
        let every_ms = self.report_every.as_millis();
        for (n, fix) in self.fixes.iter_mut().enumerate() {
            let phase_ms = n as u128 * every_ms / n_vehicles / 50 * 50;
            if (elapsed_ms + phase_ms).is_multiple_of(every_ms) {
                fix.0 = self.now;
                if self.is_up {
                    fix.1 = self.now;
                }
            }
        }
        let is_cut = match self.stream {
            Stream::CutEvery(every) => elapsed_ms.is_multiple_of(every.as_millis()),
            Stream::CutsFrom(from, every) => {
                from.as_millis() <= elapsed_ms && elapsed_ms.is_multiple_of(every.as_millis())
            }
            Stream::NeverOpens => false,
        };
        if is_cut && self.is_up {
            self.is_up = false;
            if !self.agenda.closed(self.now) {
                self.agenda
                    .stream_failed(self.now, self.now + Duration::from_secs(1));
            }
        }
        if self.opens_at.is_some_and(|at| at <= self.now) {
            self.opens_at = None;
            if let Stream::NeverOpens = self.stream {
                self.agenda
                    .stream_failed(self.now, self.now + Duration::from_secs(4));
            } else {
                self.is_up = true;
                self.agenda.opened(self.now, None);
            }
        }
    }

    fn us(&mut self) {
        if self.now < self.busy_until {
            return;
        }
        let vehicles = (self.vehicles_at, self.n_pages);
        let next = self
            .agenda
            .next(self.now, &self.budget, self.n_pages, vehicles);
        let Next::Serve(need) = next else {
            self.history();
            return;
        };
        self.live.push((self.now - self.start, need));
        if !self.ask() {
            return;
        }
        match need {
            Need::Stream => {
                self.agenda.attempted(self.now);
                self.agenda.opening();
                self.opens_at = Some(self.now + Duration::from_millis(100));
            }
            Need::Positions => self.read_positions(),
            Need::Vehicles => {
                self.vehicle_page += 1;
                if self.vehicle_page == self.n_pages {
                    self.vehicles_at = self.now + Duration::from_hours(1);
                }
            }
        }
    }

    /// One request of history, if it takes nothing from live work. It is dropped when that is due.
    fn history(&mut self) {
        let spare_at = self.budget.spare_at(2 * self.n_pages, self.now);
        if self.has_history && self.agenda.is_calm() && spare_at <= self.now {
            self.ask();
            self.busy_until = self.now;
            self.n_history += 1;
        }
    }

    fn read_positions(&mut self) {
        self.agenda.reading_positions(self.now);
        let per_page = self.fixes.len().div_ceil(self.n_pages as usize);
        let rows = self.fixes.chunks_mut(per_page).nth(self.page as usize);
        for fix in rows.into_iter().flatten() {
            fix.1 = fix.0;
        }
        self.page += 1;
        if self.page == self.n_pages {
            self.page = 0;
            self.agenda.positions_read();
        }
    }

    /// Asks; whether the vendor answers with a success.
    fn ask(&mut self) -> bool {
        let window_s = WINDOW.as_secs();
        let elapsed_s = (self.now - self.start).as_secs();
        // The vendor's window begins with our first request.
        if elapsed_s.is_multiple_of(window_s) && 0 < elapsed_s && 100 < self.n_asked {
            self.n_asked = 0;
        }
        self.busy_until = self.now + STEP;
        self.budget.spend(self.now);
        self.n_asked += 1;
        let reset = u32::try_from(window_s - elapsed_s % window_s).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("x-rate-limit-limit", LIMIT.into());
        let remaining = LIMIT.saturating_sub(self.n_asked);
        headers.insert("x-rate-limit-remaining", remaining.into());
        headers.insert("x-rate-limit-reset", reset.into());
        self.budget
            .learn(&headers, self.now, jiff::Timestamp::UNIX_EPOCH);
        let is_refused = LIMIT < self.n_asked;
        self.n_refused += u32::from(is_refused);
        !is_refused
    }
}

#[tokio::test]
async fn fifteen_minutes_of_cuts_stay_within_the_limit_and_show_nothing_old() {
    for n_pages in [3, 4] {
        // No slower: reports that all fall into gaps are shown by the lists alone, each 51 s.
        for report_s in [5, 15] {
            let cuts = Stream::CutEvery(Duration::from_secs(10));
            let mut world = World::new(cuts, 300, n_pages, Duration::from_secs(report_s));
            world.run_for(WINDOW);
            let context = format!("{n_pages} pages, a report every {report_s} s");
            assert_eq!(world.n_refused, 0, "{context}");
            assert!(world.n_asked <= LIMIT, "{} asked; {context}", world.n_asked);
            let oldest = world.oldest_shown;
            assert!(oldest <= Duration::from_mins(1), "{oldest:?}; {context}");
        }
    }
}

#[tokio::test]
async fn a_stream_that_never_opens_leaves_room_for_polling() {
    let mut world = World::new(Stream::NeverOpens, 300, 3, Duration::from_secs(5));
    world.run_for(WINDOW);
    assert_eq!(world.n_refused, 0);
    assert!(world.n_asked <= LIMIT, "{} asked", world.n_asked);
    assert!(
        world.oldest_shown <= Duration::from_mins(1),
        "{:?}",
        world.oldest_shown
    );
}

#[tokio::test]
async fn the_first_minute_goes_to_the_stream_then_to_positions_then_to_names() {
    let start = Instant::now();
    let budget = Budget::new(LIMIT, WINDOW);
    let mut agenda = Agenda::new(start);
    let next = |agenda: &Agenda, now| agenda.next(now, &budget, 1, (start, 1));
    assert_eq!(next(&agenda, start), Next::Serve(Need::Stream));
    agenda.opening();
    let patience = Next::Wait(start + FIRST_POSITIONS_AFTER);
    assert_eq!(next(&agenda, start), patience);
    assert!(agenda.opened(start, None));
    assert_eq!(next(&agenda, start), Next::Serve(Need::Positions));
    agenda.reading_positions(start);
    agenda.positions_read();
    assert_eq!(next(&agenda, start), Next::Serve(Need::Vehicles));
}

#[tokio::test]
async fn names_are_read_though_positions_cannot_be() {
    let start = Instant::now();
    let budget = Budget::new(LIMIT, WINDOW);
    let mut agenda = Agenda::new(start);
    agenda.opened(start, None);
    agenda.reading_positions(start);
    let again_at = start + Duration::from_secs(8);
    agenda.positions_failed(again_at);
    let next = |now| agenda.next(now, &budget, 1, (start, 1));
    assert_eq!(next(start), Next::Serve(Need::Vehicles));
    assert_eq!(next(again_at), Next::Serve(Need::Positions));
}

#[tokio::test]
async fn a_planned_overlap_is_no_gap() {
    let start = Instant::now();
    let later = start + Duration::from_secs(48);
    let budget = Budget::new(LIMIT, WINDOW);
    let never = (later + WINDOW, 1);
    let mut agenda = Agenda::new(start);
    agenda.opened(start, Some(later));
    agenda.reading_positions(start);
    agenda.positions_read();
    assert_eq!(agenda.next(start, &budget, 1, never), Next::Wait(later));
    assert_eq!(
        agenda.next(later, &budget, 1, never),
        Next::Serve(Need::Stream)
    );
    agenda.opening();
    assert!(!agenda.opened(later, None), "no gap");
    let next = agenda.next(later + WINDOW / 2, &budget, 1, never);
    assert!(matches!(next, Next::Wait(_)), "{next:?}");
}

#[tokio::test]
async fn a_gap_within_a_reading_is_read_again() {
    let start = Instant::now();
    let budget = Budget::new(LIMIT, WINDOW);
    let never = (start + WINDOW, 1);
    let mut agenda = Agenda::new(start);
    agenda.opened(start, None);
    agenda.reading_positions(start);
    agenda.closed(start + GOOD_AFTER);
    agenda.opened(start + GOOD_AFTER, None);
    agenda.positions_read();
    let due_at = start + budget.gap(1, GAP_SHARE);
    assert_eq!(
        agenda.next(start + GOOD_AFTER, &budget, 1, never),
        Next::Wait(due_at)
    );
    assert_eq!(
        agenda.next(due_at, &budget, 1, never),
        Next::Serve(Need::Positions)
    );
}

#[tokio::test]
async fn wrong_credentials_hold_everything_back() {
    let start = Instant::now();
    let mut agenda = Agenda::new(start);
    agenda.pause(start + WINDOW);
    let budget = Budget::new(LIMIT, WINDOW);
    let next = agenda.next(start, &budget, 1, (start, 1));
    assert!(matches!(next, Next::Wait(_)), "{next:?}");
}

#[tokio::test]
async fn a_long_wait_for_the_stream_is_spent_polling() {
    let start = Instant::now();
    let budget = Budget::new(LIMIT, WINDOW);
    let mut agenda = Agenda::new(start);
    agenda.stream_failed(start, start + WINDOW);
    assert!(agenda.is_fallback(start));
    let next = agenda.next(start, &budget, 1, (start, 1));
    assert_eq!(next, Next::Serve(Need::Positions));
}

/// The law of history: live work makes the same requests at the same times with it and without.
#[tokio::test]
async fn history_takes_nothing_from_live_work_however_often_the_stream_is_cut() {
    let every = Duration::from_secs(10);
    for n_pages in [1, 3, 4] {
        for quiet_min in [0, 3, 6, 9, 12] {
            let cuts = Stream::CutsFrom(Duration::from_mins(quiet_min), every);
            let mut runs = [false, true].map(|has_history| {
                let mut world = World::new(cuts, 300, n_pages, Duration::from_secs(5));
                world.has_history = has_history;
                world.run_for(WINDOW);
                world
            });
            let [without, with] = &mut runs;
            let context = format!("{n_pages} pages, quiet for {quiet_min} min");
            assert_eq!(with.live, without.live, "{context}");
            assert_eq!(with.n_refused, 0, "{context}");
            assert!(
                quiet_min < 6 || 15 < with.n_history,
                "{}; {context}",
                with.n_history
            );
        }
    }
}

#[tokio::test]
async fn in_a_quiet_window_history_may_have_what_is_left() {
    let quiet = Stream::CutsFrom(WINDOW, WINDOW);
    let mut world = World::new(quiet, 300, 3, Duration::from_secs(5));
    world.has_history = true;
    world.run_for(Duration::from_mins(14));
    assert_eq!(world.n_refused, 0);
    assert!(90 < world.n_history, "{}", world.n_history);
}
