//! Where viewers come in: from an upgraded connection to whoever serves it.
//!
//! A bare socket goes to a shard, together with the bytes that the HTTP server had already read;
//! anything else (TLS, a test's pipe) is served by a task of its own.

use std::io;
use std::sync::Arc;
use tokio::time::Instant;

use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto::upgrade::downcast;
use jiff::Timestamp;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::hub::Hub;
use super::letters::Letters;
use super::pass::{Dismissal, Held, Pass, Passes};
use super::shard::Shards;
use super::viewer::{Introduction, Moment, Viewer, ViewerSettings};
use super::wrapped;

/// Takes viewers in, and sends them away at the end.
#[derive(Clone, Debug)]
pub struct Reception {
    hub: Arc<Hub>,
    settings: ViewerSettings,
    clock: fn() -> Timestamp,
    shards: Shards,
    passes: Passes,
    /// Viewers on their way in, and those that no shard can serve.
    tasks: TaskTracker,
    shutdown: CancellationToken,
}

/// What somebody is let in to.
#[derive(Clone, Debug)]
pub struct Admission {
    /// The hub of what it may see.
    pub hub: Arc<Hub>,
    /// By this number it can be sent away again. Whoever gives the numbers knows whose they are.
    pub pass: u64,
    /// Dropped when it leaves.
    pub held: Held,
    /// The box in which it is told what is for it alone.
    pub letters: Option<Arc<Letters>>,
}

impl Reception {
    /// Opens, with `n_shards` threads; `hub` is any of those whose viewers are to be served.
    pub fn open(
        hub: Arc<Hub>,
        settings: ViewerSettings,
        n_shards: usize,
        clock: fn() -> Timestamp,
    ) -> io::Result<Self> {
        Ok(Self {
            shards: Shards::start(n_shards, &hub, clock)?,
            passes: Passes::default(),
            hub,
            settings,
            clock,
            tasks: TaskTracker::new(),
            shutdown: CancellationToken::new(),
        })
    }

    /// Serves a viewer as soon as its connection is upgraded. It can be dismissed from now on: who
    /// may have lost the right to look meanwhile is to be asked for once more after this.
    pub fn receive(&self, upgrade: OnUpgrade, who: Introduction, admission: Admission) {
        let mut pass = self.passes.admit(admission.pass);
        pass.hold(admission.held);
        pass.read(admission.letters);
        let hub = admission.hub;
        let me = self.clone();
        self.tasks.spawn(async move {
            let served = match upgrade.await {
                Ok(upgraded) => me.serve(upgraded, who, hub, pass).await,
                Err(error) => Err(io::Error::other(error)),
            };
            if let Err(error) = served {
                tracing::debug!(%error, "a viewer was lost on its way in");
            }
        });
    }

    /// Ends those who carry this number within 300 ms, however they are served; whether anybody
    /// carries it. Nothing more is shown to them.
    pub fn dismiss(&self, pass: u64, why: Dismissal) -> bool {
        let is_here = self.passes.dismiss(pass, why);
        if is_here {
            self.hub.wake_all();
        }
        is_here
    }

    /// Has everybody looked after, since somebody has a letter: on bare sockets at once, elsewhere
    /// within 250 ms.
    pub fn wake(&self) {
        self.hub.wake_all();
    }

    /// The numbers of those who are here, or on their way in.
    pub fn passes(&self) -> Vec<u64> {
        self.passes.numbers()
    }

    async fn serve(
        &self,
        upgraded: Upgraded,
        who: Introduction,
        hub: Arc<Hub>,
        pass: Pass,
    ) -> io::Result<()> {
        let news = hub.news();
        match downcast::<TokioIo<TcpStream>>(upgraded) {
            Ok(parts) => {
                let socket = parts.io.into_inner().into_std()?;
                let viewer = self.viewer(who, hub, pass, &parts.read_buf);
                self.shards.serve(socket, viewer);
            }
            Err(wrapped) => {
                let stream = TokioIo::new(wrapped);
                let viewer = self.viewer(who, hub, pass, &[]);
                let stop = self.shutdown.clone();
                wrapped::run(stream, viewer, news, self.clock, stop).await;
            }
        }
        Ok(())
    }

    /// A viewer that may have begun to speak already.
    fn viewer(&self, who: Introduction, hub: Arc<Hub>, pass: Pass, said: &[u8]) -> Viewer {
        let now = Moment {
            instant: Instant::now(),
            at: (self.clock)(),
        };
        let mut viewer = Viewer::new(hub, self.settings, who, now);
        viewer.carry(pass);
        if !said.is_empty() {
            viewer.receive(said, now);
        }
        viewer
    }

    /// Whether all threads are alive.
    pub fn is_well(&self) -> bool {
        self.shards.are_well()
    }

    /// Tells every viewer to come back later, and waits until all are gone.
    pub async fn close(&self) {
        self.shutdown.cancel();
        self.tasks.close();
        let shards = self.shards.clone();
        let stopping = tokio::task::spawn_blocking(move || shards.stop());
        self.tasks.wait().await;
        // It panics nowhere, and is not aborted.
        let _ = stopping.await;
    }
}
