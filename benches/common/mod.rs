//! What the benches share: CPU time as Linux counts it, and how much else the machine did.
//!
//! Wall time says little on a machine that others use too. CPU time does, but for caches that
//! others have emptied; so each bench ends with how noisy it was.

use std::fs;
use std::time::{Duration, Instant};

/// Whose time.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Whose {
    /// The thread that asks.
    Thread,
    /// All living threads of the process. What a thread used before it ended is not counted.
    Process,
}

/// CPU time, and time spent ready to run while others ran. Exact for the thread that asks; of
/// other threads what is still running counts up to the kernel's last tick.
///
/// # Panics
/// Where there is no `/proc` of Linux.
pub(crate) fn cpu_time(whose: Whose) -> (Duration, Duration) {
    // The kernel brings its books up to date when a thread gives way.
    std::thread::yield_now();
    match whose {
        Whose::Thread => schedstat("/proc/thread-self/schedstat").expect("Linux with schedstat"),
        Whose::Process => {
            let tasks = fs::read_dir("/proc/self/task").expect("Linux").flatten();
            let each =
                tasks.filter_map(|task| schedstat(&format!("{}/schedstat", task.path().display())));
            each.fold(
                Default::default(),
                |(run, waited), (more_run, more_waited)| (run + more_run, waited + more_waited),
            )
        }
    }
}

/// Nanoseconds that ran, nanoseconds that waited; `None` where the thread has just ended.
fn schedstat(path: &str) -> Option<(Duration, Duration)> {
    let text = fs::read_to_string(path).ok()?;
    let mut numbers = text.split_whitespace().map(str::parse);
    let run = Duration::from_nanos(numbers.next()?.ok()?);
    Some((run, Duration::from_nanos(numbers.next()?.ok()?)))
}

/// Runs `work`; its result and the CPU time of this thread in milliseconds.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let (before, _) = cpu_time(Whose::Thread);
    let result = std::hint::black_box(work());
    let (after, _) = cpu_time(Whose::Thread);
    (result, after.saturating_sub(before).as_secs_f64() * 1e3)
}

/// The middle one.
///
/// # Panics
/// Of nothing.
pub(crate) fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// A run, from its beginning.
#[derive(Debug)]
pub(crate) struct Run {
    began: Instant,
    cpu: (Duration, Duration),
}

impl Run {
    /// Begins now.
    #[expect(clippy::disallowed_methods, reason = "a bench measures time")]
    pub(crate) fn begin() -> Self {
        Self {
            began: Instant::now(),
            cpu: cpu_time(Whose::Process),
        }
    }

    /// How noisy the machine was: a run that had a core to itself waits next to nothing.
    pub(crate) fn noise(&self) -> String {
        let (run, waited) = cpu_time(Whose::Process);
        let (run, waited) = (
            run.saturating_sub(self.cpu.0),
            waited.saturating_sub(self.cpu.1),
        );
        let wall = self.began.elapsed();
        let part = waited.as_secs_f64() / run.as_secs_f64().max(1e-9);
        format!(
            "noise: {:.2} s wall, {:.2} s CPU, {:.2} s waiting for a core ({:.0} % of the CPU time; quiet is below 5 %)",
            wall.as_secs_f64(),
            run.as_secs_f64(),
            waited.as_secs_f64(),
            part * 100.0
        )
    }
}
