//! The command line: what each command does, and what its end means to a shell.

mod commands;
mod first_link;
mod seeing;
mod users;

use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use fleetglass::alarm::AlarmError;
use fleetglass::auth::AuthError;
use fleetglass::config::server::parse_address;
use fleetglass::config::{ConfigError, Env, ProcessEnv};
use fleetglass::desk::DeskError;
use fleetglass::history::HistoryError;
use fleetglass::sim::FaultSetting;
use fleetglass::source;
use fleetglass::webhook::WebhookError;
use tracing::Level;
use tracing_subscriber::filter::{FilterExt, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// The exit code for a refused configuration (`EX_CONFIG`).
const REFUSED_CONFIGURATION: u8 = 78;

/// One true live map of a fleet, from several vendors.
///
/// Try `fleetglass demo`: it needs nothing. For a real account set the vendors' variables, or
/// write a configuration file, and run `fleetglass check`, then `fleetglass serve`.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server against real accounts
    Serve(Serve),
    /// Run the server against a simulated fleet of three vendors; needs nothing
    Demo(Demo),
    /// Run the vendor simulator alone; prints the environment that makes `serve` use it
    Sim(Sim),
    /// Validate the configuration and ask each source once
    Check(Check),
    /// Say who may come in: add, passwd, role, disable, enable, list
    #[command(subcommand)]
    User(users::UserCommand),
}

#[derive(Debug, Args)]
struct Serve {
    /// Configuration file (TOML); without it sources come from the environment
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Address to listen on; port 0 picks one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR", value_parser = address)]
    listen: Option<SocketAddr>,
    /// Where history and users are kept; by default fleetglass in the state home of XDG or ~/.local/state
    #[arg(long, value_name = "DIR")]
    state_dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Demo {
    /// Address to listen on; port 0 picks one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR", value_parser = address)]
    listen: Option<SocketAddr>,
    #[command(flatten)]
    world: World,
}

#[derive(Debug, Args)]
struct Sim {
    /// Address to listen on; port 0 picks one
    #[arg(long, value_name = "ADDR", value_parser = address, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    #[command(flatten)]
    world: World,
}

#[derive(Debug, Args)]
struct World {
    /// Vehicles, counted after merging
    #[arg(long, value_name = "N", default_value_t = 300)]
    vehicles: usize,
    /// The same seed gives the same world
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// A vendor's fault from the start, such as mycartracks:cut; may be given several times
    #[arg(long = "fault", value_name = "VENDOR:FAULT")]
    faults: Vec<FaultSetting>,
}

#[derive(Debug, Args)]
struct Check {
    /// Configuration file (TOML); without it sources come from the environment
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Keep samples of the answers here, with everything personal replaced
    #[arg(long, value_name = "DIR")]
    record: Option<PathBuf>,
}

/// Reads the command line; wrong arguments end the process with 2, as clap has it.
pub(crate) fn parse() -> Arguments {
    let command = Arguments::command().after_help(after_help());
    Arguments::from_arg_matches(&command.get_matches()).unwrap_or_else(|error| error.exit())
}

/// What stands below the options: the variables, the vendors' by their own word.
fn after_help() -> String {
    let mut text = String::from("Environment:\n");
    for vendor in source::VENDORS {
        let names: Vec<_> = vendor.spec.keys.iter().filter_map(|key| key.env).collect();
        text.push_str(
            &names
                .iter()
                .fold(String::from(" "), |line, name| line + " " + name),
        );
        text.push('\n');
    }
    text.push_str(OWN_ENVIRONMENT);
    text
}

const OWN_ENVIRONMENT: &str = "  \
FLEETGLASS_LISTEN
  FLEETGLASS_STATE_DIR   where history and users are kept
  FLEETGLASS_LOG         what is logged, such as info or fleetglass=debug [default: info]
  FLEETGLASS_LOG_FORMAT  json for machines

Exit codes: 0 well; 1 failure; 2 wrong arguments; 78 refused configuration";

fn address(text: &str) -> Result<SocketAddr, String> {
    let wanted = || "write an address and a port, such as 127.0.0.1:8080".to_owned();
    parse_address(text).ok_or_else(wanted)
}

/// Runs what was asked for.
pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    match arguments.command {
        Command::Serve(serve) => commands::serve(serve).await,
        Command::Demo(demo) => commands::demo(demo).await,
        Command::Sim(sim) => commands::sim(sim).await,
        Command::Check(check) => commands::check(check).await,
        Command::User(command) => users::run(command).await,
    }
}

/// Logs go to stderr: stdout belongs to what a command prints.
///
/// Of other crates only warnings are let through, whatever is asked for: below that, WebSocket
/// and HTTP libraries log addresses and headers, and with them tokens.
pub(crate) fn start_tracing() {
    let wanted = ProcessEnv.var("FLEETGLASS_LOG");
    let filter = EnvFilter::try_new(wanted.as_deref().unwrap_or("info"))
        .unwrap_or_else(|_error| EnvFilter::new("info"));
    let is_ours_or_grave = filter_fn(|metadata| {
        metadata.target().starts_with("fleetglass") || *metadata.level() <= Level::WARN
    });
    let is_json = ProcessEnv.var("FLEETGLASS_LOG_FORMAT").as_deref() == Some("json");
    let layer = tracing_subscriber::fmt::layer()
        .with_ansi(!is_json && std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    let layer = if is_json {
        layer.json().boxed()
    } else {
        layer.boxed()
    };
    tracing_subscriber::registry()
        .with(layer.with_filter(filter.and(is_ours_or_grave)))
        .init();
}

/// Says why on stderr, and gives the exit code that fits.
pub(crate) fn fail(error: &anyhow::Error) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "fleetglass: {error:#}");
    let is_newer = matches!(
        error.downcast_ref::<HistoryError>(),
        Some(HistoryError::Newer { .. })
    ) || error.downcast_ref().is_some_and(AuthError::is_newer)
        || error.downcast_ref().is_some_and(AlarmError::is_newer)
        || error.downcast_ref().is_some_and(DeskError::is_newer)
        || error.downcast_ref().is_some_and(WebhookError::is_newer);
    if is_newer || error.downcast_ref::<ConfigError>().is_some() {
        ExitCode::from(REFUSED_CONFIGURATION)
    } else {
        ExitCode::FAILURE
    }
}

/// Prints lines on stdout and flushes: somebody waits for them.
fn print(lines: impl IntoIterator<Item = String>) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    for line in lines {
        writeln!(stdout, "{line}")?;
    }
    stdout.flush()
}
