//! The vendor simulator: three vendors, a seeded world behind them, faults on demand.
//!
//! It is written from the vendors' contracts alone and shares no type with the adapters
//! (`source`) or their settings (`config`): were both sides to read one definition, a wrong
//! reading of a contract would cancel out and no test could see it.
//!
//! `world` is pure and knows no JSON; each vendor's folder turns what the devices reported into
//! that vendor's own words; `faults` decides what goes wrong, `wire` does it to the connection.

mod cartrack;
mod control;
mod eztotrack;
mod faults;
mod forms;
mod garbage;
mod gate;
mod guard;
mod limits;
mod mycartracks;
mod settings;
mod state;
#[cfg(test)]
mod testing;
mod truth;
mod wire;
pub mod world;

use std::fmt;
use std::future::IntoFuture;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use rand::RngExt;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use faults::{Fault, FaultError, FaultSetting};
pub use settings::{SimSettings, environment};

use state::Sim;
use wire::{Link, WireListener};

/// How long requests in flight may take after the shutdown.
const FAREWELL: Duration = Duration::from_millis(500);

/// Serves the three vendors on `listener` until `shutdown`, in a world that begins now.
///
/// # Errors
/// If the listener fails for good.
pub async fn run(
    listener: TcpListener,
    settings: SimSettings,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let sim = Arc::new(Sim::new(settings, shutdown.clone()));
    let end = CancellationToken::new();
    let _ends_with_this = end.clone().drop_guard();
    let service = router(&sim).into_make_service_with_connect_info::<Link>();
    let serving = axum::serve(WireListener { listener, end }, service)
        .with_graceful_shutdown(shutdown.cancelled_owned());
    let farewell = async {
        sim.live().await;
        tokio::time::sleep(FAREWELL).await;
    };
    tokio::select! {
        served = serving.into_future() => served,
        () = farewell => Ok(()),
    }
}

/// A running simulator, for tests; it ends when this is dropped.
pub struct RunningSim {
    /// Where it listens, on loopback.
    pub address: SocketAddr,
    /// The variables that make the server use it.
    pub environment: Vec<(&'static str, String)>,
    /// Ends it.
    pub shutdown: CancellationToken,
    /// Its task.
    pub task: tokio::task::JoinHandle<io::Result<()>>,
}

// The environment holds credentials, so it is left out.
impl fmt::Debug for RunningSim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("RunningSim");
        shown
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Drop for RunningSim {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

/// Starts a simulator on a free port of loopback.
///
/// # Errors
/// If no port can be bound.
pub async fn spawn(settings: SimSettings) -> io::Result<RunningSim> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let environment = environment(address, &settings);
    let shutdown = CancellationToken::new();
    let task = tokio::spawn(run(listener, settings, shutdown.clone()));
    Ok(RunningSim {
        address,
        environment,
        shutdown,
        task,
    })
}

/// Every route on one page.
fn router(sim: &Arc<Sim>) -> Router {
    Router::new()
        .merge(mycartracks::outer_routes())
        .nest(settings::MYCARTRACKS_BASE, mycartracks::routes(sim))
        .nest(settings::CARTRACK_BASE, cartrack::routes(sim))
        .nest(settings::EZTOTRACK_BASE, eztotrack::routes(sim))
        .layer(from_fn_with_state(Arc::clone(sim), gate::gate))
        .nest("/control", control::routes())
        .layer(from_fn(guard::guard))
        .with_state(Arc::clone(sim))
}

/// Locks, whether or not somebody panicked with the lock held: what is behind these locks is valid
/// between any two statements.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Every token and stream address that is given out begins so: a test can search for them in what
/// a client writes.
pub const SECRET_MARK: &str = "given0ut";

/// A word that nobody can guess.
fn secret() -> String {
    format!("{SECRET_MARK}{:032x}", rand::rng().random::<u128>())
}

/// The vendors that are imitated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Vendor {
    /// Polled, the whole fleet at once.
    Cartrack,
    /// Polled, with cursors.
    EzToTrack,
    /// Streamed; mostly phones.
    MyCarTracks,
}

impl Vendor {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Cartrack, Self::EzToTrack, Self::MyCarTracks];

    fn index(self) -> usize {
        match self {
            Self::Cartrack => 0,
            Self::EzToTrack => 1,
            Self::MyCarTracks => 2,
        }
    }

    /// The vendor as paths, flags and JSON name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cartrack => "cartrack",
            Self::EzToTrack => "eztotrack",
            Self::MyCarTracks => "mycartracks",
        }
    }
}
