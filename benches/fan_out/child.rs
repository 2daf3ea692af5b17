//! Servers as child processes: what they are told over a pipe, and what they answer.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use tokio::time::Instant;

use crate::common::process_cpu;
use crate::text::{Result, say};

/// What both servers can do.
pub(crate) trait Server {
    /// Sends a frame with about this many bytes of payload to everyone.
    fn publish(&mut self, bytes: usize) -> Result<()>;
    /// Called often while nothing is published.
    fn idle(&mut self) -> Result<()>;
}

/// What a server measured of itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Own {
    pub(crate) cpu: Duration,
    pub(crate) rss_bytes: u64,
}

/// The child's side: tells its port, then does what it is told until the pipe ends.
///
/// `run BYTES HZ SECONDS` publishes and answers `CPU_NS RSS`; `look` answers the same at once.
pub(crate) fn obey(port: u16, server: &mut impl Server) -> Result<()> {
    say(&port.to_string());
    let (told, orders) = mpsc::channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(std::result::Result::ok) {
            if told.send(line).is_err() {
                return;
            }
        }
    });
    loop {
        match orders.recv_timeout(Duration::from_millis(2)) {
            Ok(order) => {
                let cpu = carry_out(&order, server)?;
                say(&format!("{} {}", cpu.as_nanos(), rss_bytes()));
            }
            Err(RecvTimeoutError::Timeout) => server.idle()?,
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
    }
}

fn carry_out(order: &str, server: &mut impl Server) -> Result<Duration> {
    let words: Vec<&str> = order.split_whitespace().collect();
    let before = process_cpu();
    if let ["run", bytes, hz, seconds] = words.as_slice() {
        let (bytes, hz): (usize, f64) = (bytes.parse()?, hz.parse()?);
        let tick = Duration::from_secs_f64(1.0 / hz);
        let until = Instant::now() + Duration::from_secs_f64(seconds.parse()?);
        let mut next = Instant::now();
        while Instant::now() < until {
            server.publish(bytes)?;
            next += tick;
            std::thread::sleep(next.saturating_duration_since(Instant::now()));
        }
        // What is still being written belongs to it.
        std::thread::sleep(Duration::from_millis(300));
    }
    Ok(process_cpu().saturating_sub(before))
}

fn rss_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kib.unwrap_or_default() << 10
}

/// A child and its pipes. It ends with us.
#[derive(Debug)]
pub(crate) struct Pipe {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Pipe {
    /// This very program in another role, on one CPU where there are several.
    pub(crate) fn open(cpu: usize, role: &[&str]) -> Result<Self> {
        let me = std::env::current_exe()?;
        let mut command = if has_taskset() {
            let mut command = Command::new("taskset");
            command.arg("-c").arg(cpu.to_string()).arg(me);
            command
        } else {
            Command::new(me)
        };
        let piped = command
            .args(role)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = piped.spawn()?;
        let (orders, answers) = (child.stdin.take(), child.stdout.take());
        Ok(Self {
            orders: orders.ok_or("no pipe to the child")?,
            answers: BufReader::new(answers.ok_or("no pipe from the child")?),
            child,
        })
    }

    pub(crate) fn order(&mut self, line: &str) -> Result<()> {
        writeln!(self.orders, "{line}")?;
        Ok(self.orders.flush()?)
    }

    pub(crate) fn answer(&mut self) -> Result<String> {
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            return Err("a child process ended before its time".into());
        }
        Ok(line.trim().to_owned())
    }

    /// Orders a server, and waits for what it measured.
    pub(crate) fn measure(&mut self, order: &str) -> Result<Own> {
        self.order(order)?;
        let answer = self.answer()?;
        let (cpu_ns, rss) = answer.split_once(' ').ok_or("no figures")?;
        Ok(Own {
            cpu: Duration::from_nanos(cpu_ns.parse()?),
            rss_bytes: rss.parse()?,
        })
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn has_taskset() -> bool {
    let several = std::thread::available_parallelism().is_ok_and(|n| 1 < n.get());
    several && Command::new("taskset").arg("--version").output().is_ok()
}
