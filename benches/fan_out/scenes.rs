//! What happens when viewers misbehave, or all come at once.

use std::time::Duration;

use crate::cells::{Seen, in_ms};
use crate::child::Pipe;
use crate::common::Noise;
use crate::text::{Result, say};

/// How often each crowd of `stress` has its turn.
const STRESS_ROUNDS: usize = 5;

/// A server with a crowd of `good`, `slow` and `deaf` viewers.
struct Scene {
    server: Pipe,
    client: Pipe,
}

impl Scene {
    fn open(good: usize, slow: usize, deaf: usize) -> Result<Self> {
        let mut server = Pipe::open(0, &["as-product"])?;
        let port = server.answer()?;
        let [good, slow, deaf] = [good, slow, deaf].map(|n| n.to_string());
        let mut client = Pipe::open(1, &["as-client", &port, &good, &slow, &deaf])?;
        client.answer()?;
        std::thread::sleep(Duration::from_millis(500));
        Ok(Self { server, client })
    }

    fn run(&mut self, bytes: usize, hz: f64, seconds: f64) -> Result<Seen> {
        self.client.order("start")?;
        self.server
            .measure(&format!("run {bytes} {hz} {seconds}"))?;
        self.client.order("stop")?;
        Seen::read(&self.client.answer()?)
    }
}

/// 10,000 vehicles at 1 Hz to 1,000 viewers, all of it from the observation on.
pub(crate) fn fleet() -> Result<()> {
    let noise = Noise::start();
    let mut server = Pipe::open(0, &["as-fleet"])?;
    let port = server.answer()?;
    let alone = server.measure("run 0 4 10")?;
    let mut client = Pipe::open(1, &["as-client", &port, "1000", "0", "0", "bin"])?;
    client.answer()?;
    std::thread::sleep(Duration::from_secs(1));
    client.order("start")?;
    let load = server.measure("run 0 4 10")?;
    client.order("stop")?;
    let told = client.answer()?;
    let mut numbers = told.split(' ').map(str::parse::<u64>);
    let mut next = || {
        numbers
            .next()
            .and_then(std::result::Result::ok)
            .unwrap_or(0)
    };
    let (frames, bytes) = (next(), next());
    // The child sleeps a little after a run to let it end.
    let core = |cpu: Duration| cpu.as_secs_f64() / 10.3;
    say(&format!(
        "{} vehicles at 1 Hz to 1,000 viewers: {:.2} of the limit ({:.3} of a core, limit 0.2)",
        crate::fleet::N_VEHICLES,
        core(load.cpu) / 0.2,
        core(load.cpu)
    ));
    say(&format!(
        "  without viewers {:.3} of a core; {frames} frames, {} bytes each",
        core(alone.cpu),
        bytes / frames.max(1)
    ));
    say(&noise.report());
    Ok(())
}

/// Of 1,000 viewers 10 % read 1 KB a second and 1 % nothing: the others must not notice. The p99 of
/// one crowd differs from run to run by more than what is looked for, so both take turns, and the
/// middle of each is compared.
pub(crate) fn stress() -> Result<()> {
    let noise = Noise::start();
    let (bytes, hz, seconds) = (20_000, 4.0, 15.0);
    let (mut before, mut under) = (Vec::new(), Vec::new());
    for _ in 0..STRESS_ROUNDS {
        before.push(Scene::open(890, 0, 0)?.run(bytes, hz, seconds)?);
        under.push(Scene::open(890, 100, 10)?.run(bytes, hz, seconds)?);
    }
    let p99_us = |runs: &[Seen]| {
        let mut all: Vec<i64> = runs.iter().map(|seen| seen.p99_us).collect();
        all.sort_unstable();
        all[all.len() / 2]
    };
    say(&format!(
        "p99 beside 100 slow and 10 deaf ones, of that among 890 good ones alone: {:.2} (<= 1.10), medians of {STRESS_ROUNDS}",
        in_ms(p99_us(&under)) / in_ms(p99_us(&before)).max(0.001),
    ));
    for (name, runs) in [("alone", &before), ("beside", &under)] {
        for seen in runs {
            say(&format!(
                "  {name:6}: p50 {:.1}, p99 {:.1}, max {:.1} ms; gaps {}; slow ones there {}, deaf ones {}",
                in_ms(seen.p50_us),
                in_ms(seen.p99_us),
                in_ms(seen.max_us),
                seen.gaps,
                seen.slow_left,
                seen.deaf_left
            ));
        }
    }
    say(&noise.report());
    Ok(())
}

/// 2,000 viewers are cut at once and come back.
pub(crate) fn storm() -> Result<()> {
    let noise = Noise::start();
    let mut scene = Scene::open(2_000, 0, 0)?;
    let calm = scene.run(2_000, 4.0, 5.0)?;
    scene.server.order("run 2000 4 20")?;
    std::thread::sleep(Duration::from_secs(2));
    scene.client.order("cut")?;
    let told = scene.client.answer()?;
    let mut numbers = told.split(' ');
    let (ms, resumed) = (numbers.next().unwrap_or("?"), numbers.next().unwrap_or("?"));
    scene.client.order("start")?;
    scene.server.answer()?;
    scene.client.order("stop")?;
    let seen = Seen::read(&scene.client.answer()?)?;
    say(&format!(
        "2,000 viewers cut: all in step after {ms} ms (<= 20000), {resumed} of 2000 by resume (>= 1800)"
    ));
    say(&format!(
        "p99 before {:.1} ms, after {:.1} ms (<= 1000); gaps {}",
        in_ms(calm.p99_us),
        in_ms(seen.p99_us),
        seen.gaps
    ));
    say(&noise.report());
    Ok(())
}

/// Two million frames, each checked for the number after the one before.
pub(crate) fn continuity() -> Result<()> {
    let noise = Noise::start();
    let mut scene = Scene::open(1_000, 0, 0)?;
    let (mut frames, mut gaps, mut keyframes) = (0, 0, 0);
    while frames < 2_000_000 {
        let seen = scene.run(200, 100.0, 5.0)?;
        frames += seen.frames;
        gaps += seen.gaps;
        keyframes += seen.keyframes;
        say(&format!(
            "{frames} frames, {gaps} gaps, {keyframes} keyframes in place of frames"
        ));
    }
    say(&noise.report());
    if gaps == 0 {
        Ok(())
    } else {
        Err(format!("{gaps} gaps").into())
    }
}
