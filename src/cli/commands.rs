//! What each command does.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use fleetglass::config::server::refuse_beyond_loopback;
use fleetglass::config::source::VendorSpec;
use fleetglass::config::{Config, ConfigError, Env, Flags, ProcessEnv};
use fleetglass::sim::{self, SimSettings};
use fleetglass::{app, check as checker, source};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Check, Demo, Serve, Sim, World, first_link, print};

pub(super) async fn serve(serve: Serve) -> anyhow::Result<ExitCode> {
    let flags = Flags {
        listen: serve.listen,
        state_dir: serve.state_dir,
    };
    let config = load(serve.config.as_deref(), &ProcessEnv, &flags)?;
    let orders = orders_on_hangup(serve.config, flags)?;
    run_server(config, orders, stop_signal()?).await
}

pub(super) async fn demo(demo: Demo) -> anyhow::Result<ExitCode> {
    let shutdown = stop_signal()?;
    let settings = settings(demo.world);
    let listener = bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let mut env: HashMap<String, String> = sim::environment(listener.local_addr()?, &settings)
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    // The vendors are the simulator's whatever this shell has set; the address is the user's.
    if let Some(listen) = ProcessEnv.var("FLEETGLASS_LISTEN") {
        env.insert("FLEETGLASS_LISTEN".to_owned(), listen);
    }
    let simulator = tokio::spawn(sim::run(listener, settings, shutdown.clone()));
    // What a simulated fleet did is worth nothing tomorrow: it goes with this directory.
    let state_dir = tempfile::Builder::new()
        .prefix("fleetglass-demo-")
        .tempdir();
    let state_dir = state_dir.context("there is no room for the demo's history")?;
    let flags = Flags {
        listen: demo.listen,
        state_dir: Some(state_dir.path().to_owned()),
    };
    let config = load(None, &env, &flags)?;
    let code = run_server(config, Orders::none(), shutdown.clone()).await;
    shutdown.cancel();
    simulator.await.context("the simulator broke down")??;
    code
}

pub(super) async fn sim(sim: Sim) -> anyhow::Result<ExitCode> {
    let shutdown = stop_signal()?;
    let settings = settings(sim.world);
    refuse_beyond_loopback("--listen", sim.listen)?;
    let listener = bind(sim.listen).await?;
    let environment = sim::environment(listener.local_addr()?, &settings);
    print(
        environment
            .into_iter()
            .map(|(name, value)| format!("{name}={value}")),
    )?;
    sim::run(listener, settings, shutdown).await?;
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn check(check: Check) -> anyhow::Result<ExitCode> {
    let config = load(check.config.as_deref(), &ProcessEnv, &Flags::default())?;
    let (roster, off_duty) = (config.roster, config.off_duty);
    let duty = checker::Duty { roster, off_duty };
    let outcome = checker::run(config.sources, &duty, check.record).await?;
    Ok(if outcome.is_well() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn load(file: Option<&Path>, env: &dyn Env, flags: &Flags) -> Result<Config, ConfigError> {
    let vendors: Vec<&'static VendorSpec> = source::VENDORS.iter().map(|v| &v.spec).collect();
    Config::load(file, env, flags, &vendors)
}

async fn run_server(
    config: Config,
    orders: Orders,
    shutdown: CancellationToken,
) -> anyhow::Result<ExitCode> {
    app::refuse_unusable(&config).await?;
    allow_many_connections();
    let memory = app::remember(&config)?;
    let listener = bind(config.server.listen).await?;
    let address = listener.local_addr()?;
    print([format!("{}/", app::own_url(&config, address))])?;
    let link = app::first_link(&config, &memory, address).await?;
    first_link::tell(link.as_ref(), config.server.state_dir.as_deref())?;
    let setup = app::Setup {
        config,
        memory,
        reloads: orders.reloads,
        renewals: orders.renewals,
    };
    app::run_with(setup, listener, shutdown).await?;
    Ok(ExitCode::SUCCESS)
}

/// Each viewer is an open file, and many systems allow a thousand unless more is asked for.
fn allow_many_connections() {
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(limit) => tracing::debug!(limit, "open files that are allowed"),
        Err(error) => tracing::warn!(%error, "the limit of open files stays as it is"),
    }
}

async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}; give another with --listen, such as 127.0.0.1:0")
    })
}

fn settings(world: World) -> SimSettings {
    SimSettings {
        vehicles: world.vehicles,
        seed: world.seed,
        faults: world.faults,
        ..SimSettings::default()
    }
}

/// What a running server is told to read again.
struct Orders {
    reloads: mpsc::Receiver<Config>,
    renewals: mpsc::Receiver<()>,
}

impl Orders {
    fn none() -> Self {
        Self {
            reloads: mpsc::channel(1).1,
            renewals: mpsc::channel(1).1,
        }
    }
}

/// The configuration as it is at each SIGHUP, and certificate and key. A configuration that is
/// refused changes nothing, and keeps no certificate from being read.
fn orders_on_hangup(file: Option<PathBuf>, flags: Flags) -> anyhow::Result<Orders> {
    let (reloads, reload) = mpsc::channel(1);
    let (renewals, renewal) = mpsc::channel(1);
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            // Where there is no room, the order is there already; where there is nobody, no TLS.
            let _ = renewals.try_send(());
            match load(file.as_deref(), &ProcessEnv, &flags) {
                Ok(config) => {
                    if reloads.send(config).await.is_err() {
                        return;
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "SIGHUP: the configuration is refused, and stays as it was");
                }
            }
        }
    });
    Ok(Orders {
        reloads: reload,
        renewals: renewal,
    })
}

/// Cancelled by SIGTERM or SIGINT.
fn stop_signal() -> anyhow::Result<CancellationToken> {
    let shutdown = CancellationToken::new();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let stop = shutdown.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        stop.cancel();
    });
    Ok(shutdown)
}
