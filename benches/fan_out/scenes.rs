//! What happens when viewers misbehave, or all come at once.

use std::time::Duration;

use crate::cells::Seen;
use crate::child::Pipe;
use crate::common::Noise;
use crate::text::{Result, say};

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

/// Of 1,000 viewers 10 % read 1 KB a second and 1 % nothing: the others must not notice.
pub(crate) fn stress() -> Result<()> {
    let noise = Noise::start();
    let (bytes, hz, seconds) = (20_000, 4.0, 25.0);
    say(
        "good  slow  deaf | p99 beside all good (<= 1.10) | p50, p99, max ms | gaps | slow left | deaf left",
    );
    let mut before = Vec::new();
    let mut under = Vec::new();
    for _ in 0..2 {
        before.push(Scene::open(890, 0, 0)?.run(bytes, hz, seconds)?);
        let mut scene = Scene::open(890, 100, 10)?;
        under.push(scene.run(bytes, hz, seconds)?);
    }
    for (before, under) in before.iter().zip(&under) {
        say(&format!(
            " 890   100    10 | {:28.2} | {}, {}, {} | {} | {} | {}",
            ratio(under.p99_ms, before.p99_ms),
            under.p50_ms,
            under.p99_ms,
            under.max_ms,
            under.gaps,
            under.slow_left,
            under.deaf_left
        ));
        say(&format!(
            " (all good: {}, {}, {} ms)",
            before.p50_ms, before.p99_ms, before.max_ms
        ));
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
        "p99 before {} ms, after {} ms (<= 1000); gaps {}",
        calm.p99_ms, seen.p99_ms, seen.gaps
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

#[expect(clippy::cast_precision_loss, reason = "milliseconds")]
fn ratio(part: i64, whole: i64) -> f64 {
    part as f64 / whole.max(1) as f64
}
