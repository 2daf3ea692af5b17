//! What the benches share: CPU time, which a busy machine hardly disturbs, and how busy it was.

use std::fs;
use std::time::Duration;

use tokio::time::Instant;

/// CPU time of this thread so far.
pub(crate) fn thread_cpu() -> Duration {
    // The kernel brings the figure up to date when a thread lets go of its core.
    std::thread::yield_now();
    fs::read_to_string("/proc/thread-self/schedstat").map_or(Duration::ZERO, |text| on_cpu(&text))
}

/// Runs `work`; its result and the CPU time of this thread in milliseconds.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let before = thread_cpu();
    let result = std::hint::black_box(work());
    let took = thread_cpu().saturating_sub(before);
    (result, took.as_secs_f64() * 1e3)
}

/// The middle one of some; `NaN` of none.
pub(crate) fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}

/// CPU time of all threads of this process that still live.
pub(crate) fn process_cpu() -> Duration {
    let Ok(tasks) = fs::read_dir("/proc/self/task") else {
        return Duration::ZERO;
    };
    tasks
        .flatten()
        .filter_map(|task| fs::read_to_string(task.path().join("schedstat")).ok())
        .map(|text| on_cpu(&text))
        .sum()
}

/// The first number of a `schedstat`: nanoseconds on a CPU.
fn on_cpu(schedstat: &str) -> Duration {
    let nanos = schedstat.split_whitespace().next();
    let nanos = nanos.and_then(|nanos| nanos.parse().ok());
    Duration::from_nanos(nanos.unwrap_or_default())
}

/// This thread's CPU time from lap to lap.
#[derive(Debug)]
pub(crate) struct Watch(Duration);

impl Watch {
    /// The first lap begins.
    pub(crate) fn start() -> Self {
        Self(thread_cpu())
    }

    /// What this lap took; the next one begins.
    pub(crate) fn lap(&mut self) -> Duration {
        let before = std::mem::replace(&mut self.0, thread_cpu());
        self.0.saturating_sub(before)
    }
}

/// How much others disturbed a measurement.
#[derive(Debug)]
pub(crate) struct Noise {
    started_at: Instant,
    own: Duration,
    machine: [u64; 3],
}

impl Noise {
    /// From here on.
    pub(crate) fn start() -> Self {
        Self {
            started_at: Instant::now(),
            own: process_cpu(),
            machine: machine(),
        }
    }

    /// A line for people: our CPU time against the wall's, and what others and the host took.
    pub(crate) fn report(&self) -> String {
        let wall_s = self.started_at.elapsed().as_secs_f64();
        let own_s = process_cpu().saturating_sub(self.own).as_secs_f64();
        let [busy, steal, all] = machine();
        let [busy_before, steal_before, all_before] = self.machine;
        let share = |now: u64, before: u64| {
            ratio(now.saturating_sub(before), all.saturating_sub(all_before))
        };
        let n_cpus = std::thread::available_parallelism().map_or(1, usize::from);
        let own = own_s / wall_s / ratio(n_cpus as u64, 1);
        format!(
            "noise: {own_s:.2} s on a CPU in {wall_s:.2} s; of the machine others took {:.0} %, \
             the host {:.0} %",
            100.0 * (share(busy, busy_before) - own).max(0.0),
            100.0 * share(steal, steal_before),
        )
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of ticks")]
fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}

/// Ticks of all CPUs: busy, stolen by the host, and all there were.
fn machine() -> [u64; 3] {
    let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
    let ticks: Vec<u64> = stat
        .lines()
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .filter_map(|ticks| ticks.parse().ok())
        .collect();
    let at = |n: usize| ticks.get(n).copied().unwrap_or_default();
    let (idle, steal) = (at(3) + at(4), at(7));
    let all: u64 = ticks.iter().take(8).sum();
    [all - idle - steal, steal, all]
}
