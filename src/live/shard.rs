//! Threads that own viewers' sockets: one event loop each, one write per viewer and tick.
//!
//! A tick of the fleet is the same bytes for everyone, so what it costs is one `write` for each
//! viewer, and everything else a server might do around it (a task to wake, a queue, a copy) would
//! cost more than that. Each shard is one thread over non-blocking sockets; it asks every viewer
//! (`viewer.rs`) what to write and lets the kernel have it. What a socket does not take at once
//! stays where it is until the kernel says that there is room.

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::time::Instant;

use jiff::Timestamp;
use mio::{Events, Interest, Poll, Token, Waker};

use super::hub::{Hub, Wake};
use super::tally::Tally;
use super::viewer::{Moment, Viewer};

/// How often viewers are looked at for what is due by time alone.
const SWEEP_EVERY: Duration = Duration::from_millis(250);
/// Read from one viewer at once; more waits for the others' turn.
const READ_BYTES: usize = 16 << 10;
/// Messages given to the kernel in one call.
const MAX_SLICES: usize = 32;
/// The token of the waker; no viewer has it.
const WAKER: Token = Token(usize::MAX);

/// All shards, for whoever accepts viewers.
#[derive(Clone, Debug)]
pub struct Shards {
    all: Arc<[Shard]>,
    next: Arc<AtomicUsize>,
    threads: Arc<Mutex<Vec<JoinHandle<()>>>>,
}

#[derive(Debug)]
struct Shard {
    orders: Sender<Order>,
    waker: Arc<Waker>,
}

enum Order {
    Serve(Box<(TcpStream, Viewer)>),
    Stop,
}

impl Shards {
    /// Starts `n` shards over `hub`.
    pub fn start(n: usize, hub: &Arc<Hub>, clock: fn() -> Timestamp) -> io::Result<Self> {
        let mut all = Vec::new();
        let mut threads = Vec::new();
        for at in 0..n.max(1) {
            let poll = Poll::new()?;
            let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
            let (orders, inbox) = mpsc::channel();
            let its_waker = Arc::clone(&waker);
            hub.call(Wake(Box::new(move || {
                // It fails only when the shard is gone.
                let _ = its_waker.wake();
            })));
            let owner = Owner::new(poll, inbox, clock);
            let thread = std::thread::Builder::new().name(format!("shard-{at}"));
            threads.push(thread.spawn(move || owner.run())?);
            all.push(Shard { orders, waker });
        }
        Ok(Self {
            all: all.into(),
            next: Arc::default(),
            threads: Arc::new(Mutex::new(threads)),
        })
    }

    /// Hands a viewer and its socket over. The socket must be non-blocking.
    pub fn serve(&self, socket: TcpStream, viewer: Viewer) {
        let at = self.next.fetch_add(1, Ordering::Relaxed) % self.all.len();
        self.all[at].order(Order::Serve(Box::new((socket, viewer))));
    }

    /// Tells every viewer to come back later, and waits until all are gone. Blocks.
    pub fn stop(&self) {
        for shard in self.all.iter() {
            shard.order(Order::Stop);
        }
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        for thread in threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread that serves viewers broke down");
            }
        }
    }

    /// Whether all threads are alive; a dead one leaves its viewers with a frozen picture.
    pub fn are_well(&self) -> bool {
        let threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        threads.iter().all(|thread| !thread.is_finished())
    }
}

impl Drop for Shard {
    /// Whoever could hand viewers over is gone, and the thread does not notice by itself.
    fn drop(&mut self) {
        self.order(Order::Stop);
    }
}

impl Shard {
    fn order(&self, order: Order) {
        // Both fail only when the shard is gone, and its viewers with it.
        let _ = self.orders.send(order);
        let _ = self.waker.wake();
    }
}

/// One viewer's socket.
struct Served {
    socket: mio::net::TcpStream,
    viewer: Viewer,
    /// The kernel has no room; it will say when it has.
    is_full: bool,
    /// There may be more to be read, and its turn will come.
    is_unread: bool,
}

/// What one thread owns.
struct Owner {
    poll: Poll,
    inbox: Receiver<Order>,
    clock: fn() -> Timestamp,
    served: Vec<Option<Served>>,
    free: Vec<usize>,
    n_served: usize,
    /// Viewers that have more to be read than fits a turn.
    unread: Vec<usize>,
    swept_at: Instant,
    is_stopping: bool,
    tally: Tally,
}

impl Owner {
    fn new(poll: Poll, inbox: Receiver<Order>, clock: fn() -> Timestamp) -> Self {
        Self {
            poll,
            inbox,
            clock,
            served: Vec::new(),
            free: Vec::new(),
            n_served: 0,
            unread: Vec::new(),
            swept_at: Instant::now(),
            is_stopping: false,
            tally: Tally::default(),
        }
    }

    fn run(mut self) {
        let mut events = Events::with_capacity(1_024);
        while !(self.is_stopping && self.n_served == 0) {
            let wait = self.patience();
            if let Err(error) = self.poll.poll(&mut events, wait)
                && error.kind() != ErrorKind::Interrupted
            {
                tracing::error!(%error, "viewers can no longer be served");
                return;
            }
            let mut is_woken = false;
            for event in &events {
                if event.token() == WAKER {
                    is_woken = true;
                    continue;
                }
                if event.is_writable() {
                    self.go_on(event.token().0);
                }
                if event.is_readable() {
                    self.read(event.token().0);
                }
            }
            for at in std::mem::take(&mut self.unread) {
                if let Some(Some(served)) = self.served.get_mut(at) {
                    served.is_unread = false;
                }
                self.read(at);
            }
            if is_woken {
                self.take_orders();
                self.write_to_all();
            }
            self.sweep();
            self.tally.publish(self.n_served);
        }
    }

    /// How long nothing need be done; `None` until somebody wakes us.
    fn patience(&self) -> Option<Duration> {
        if !self.unread.is_empty() {
            return Some(Duration::ZERO);
        }
        (0 < self.n_served).then(|| SWEEP_EVERY.saturating_sub(self.swept_at.elapsed()))
    }

    fn now(&self) -> Moment {
        Moment {
            instant: Instant::now(),
            at: (self.clock)(),
        }
    }

    fn take_orders(&mut self) {
        loop {
            match self.inbox.try_recv() {
                Ok(Order::Serve(both)) => self.add(*both),
                Ok(Order::Stop) => self.send_all_away(),
                Err(mpsc::TryRecvError::Empty | mpsc::TryRecvError::Disconnected) => return,
            }
        }
    }

    fn add(&mut self, (socket, mut viewer): (TcpStream, Viewer)) {
        let at = self.free.pop().unwrap_or_else(|| {
            self.served.push(None);
            self.served.len() - 1
        });
        let mut socket = mio::net::TcpStream::from_std(socket);
        let interest = Interest::READABLE | Interest::WRITABLE;
        let registry = self.poll.registry();
        if let Err(error) = registry.register(&mut socket, Token(at), interest) {
            tracing::warn!(%error, "a viewer cannot be served");
            self.free.push(at);
            return;
        }
        if self.is_stopping {
            viewer.leave(0.0, self.now());
        }
        self.n_served += 1;
        self.served[at] = Some(Served {
            socket,
            viewer,
            is_full: false,
            is_unread: false,
        });
    }

    fn send_all_away(&mut self) {
        if std::mem::replace(&mut self.is_stopping, true) {
            return;
        }
        let now = self.now();
        for served in self.served.iter_mut().flatten() {
            served.viewer.leave(rand::random_range(0.0..1.0), now);
        }
    }

    /// The kernel has room again.
    fn go_on(&mut self, at: usize) {
        let now = self.now();
        if let Some(Some(served)) = self.served.get_mut(at) {
            served.is_full = false;
            served.write(now, &mut self.tally);
            self.drop_if_over(at);
        }
    }

    fn read(&mut self, at: usize) {
        let now = self.now();
        let Some(Some(served)) = self.served.get_mut(at) else {
            return;
        };
        let mut buffer = [0; READ_BYTES];
        match served.socket.read(&mut buffer) {
            Ok(0) => served.viewer.hung_up(),
            Ok(n) => {
                served.viewer.receive(&buffer[..n], now);
                served.write(now, &mut self.tally);
                served.read_on(at, &mut self.unread);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => return,
            Err(error) if error.kind() == ErrorKind::Interrupted => {
                served.read_on(at, &mut self.unread);
            }
            Err(_) => served.viewer.hung_up(),
        }
        self.drop_if_over(at);
    }

    fn write_to_all(&mut self) {
        let now = self.now();
        for at in 0..self.served.len() {
            if let Some(served) = &mut self.served[at] {
                served.write(now, &mut self.tally);
                self.drop_if_over(at);
            }
        }
    }

    /// Heartbeats, closes, and those who take nothing.
    fn sweep(&mut self) {
        if self.swept_at.elapsed() < SWEEP_EVERY {
            return;
        }
        self.swept_at = Instant::now();
        let now = self.now();
        for at in 0..self.served.len() {
            if let Some(served) = &mut self.served[at] {
                served.viewer.tick(now);
                served.write(now, &mut self.tally);
                self.drop_if_over(at);
            }
        }
    }

    fn drop_if_over(&mut self, at: usize) {
        let Some(slot) = self.served.get_mut(at) else {
            return;
        };
        let Some(end) = slot.as_ref().and_then(|served| served.viewer.end()) else {
            return;
        };
        self.tally.ended(end);
        if let Some(mut served) = slot.take() {
            // These fail only where the socket is gone already.
            let _ = self.poll.registry().deregister(&mut served.socket);
            if served.viewer.outbox().is_empty() {
                let _ = served.socket.shutdown(Shutdown::Write);
            } else {
                // It will not take what it was sent: the kernel need not keep that for it.
                let _ = socket2::SockRef::from(&served.socket).set_linger(Some(Duration::ZERO));
            }
            self.n_served -= 1;
            self.free.push(at);
        }
    }
}

impl Served {
    /// Has itself read again. Once for each turn, however often it is said: who never stops
    /// talking would else get more turns than the others, and more with each.
    fn read_on(&mut self, at: usize, unread: &mut Vec<usize>) {
        if !std::mem::replace(&mut self.is_unread, true) {
            unread.push(at);
        }
    }

    /// Writes what there is until nothing is left, or the kernel has no more room.
    fn write(&mut self, now: Moment, tally: &mut Tally) {
        while !self.is_full && self.viewer.end().is_none() {
            self.viewer.fill(now);
            if self.viewer.outbox().is_empty() {
                return;
            }
            let mut slices = [IoSlice::new(&[]); MAX_SLICES];
            let wrote = match self.viewer.outbox().slices(&mut slices) {
                1 => self.socket.write(&slices[0]),
                n => self.socket.write_vectored(&slices[..n]),
            };
            match wrote {
                Ok(n_bytes) => tally.wrote(n_bytes, self.viewer.wrote(n_bytes)),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.is_full = true;
                    self.viewer.got_stuck(now);
                }
                Err(_) => self.viewer.hung_up(),
            }
        }
    }
}
