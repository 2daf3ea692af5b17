//! `fleetglass user`: who may come in, on the command line of the machine that has the store.
//!
//! It writes the same file as a running server, which notices within a second. A password is
//! never an argument, as others on the machine can read those.

use std::io::{BufRead, IsTerminal};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use fleetglass::auth::invitation::link_path;
use fleetglass::auth::{Access, AccessSettings, Actor, Name, NewUser, Role, User, UserId};
use fleetglass::clock;
use fleetglass::config::{Config, ConfigError, Flags, ProcessEnv};
use fleetglass::domain::Sight;
use secrecy::{ExposeSecret, SecretString};

use super::print;
use super::seeing::{Seeing, words};

#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Make a user; without a password it prints a link, good once, to set one
    Add(Add),
    /// Set a user's password, and end its sessions
    Passwd(Passwd),
    /// Set what a user may do, and see
    Role(SetRole),
    /// Shut a user out, and end its sessions within a second
    Disable(Named),
    /// Let a user in again
    Enable(Named),
    /// List all users
    List(Place),
}

#[derive(Debug, Args)]
pub(super) struct Place {
    /// Configuration file (TOML) of the server; only its `state_dir` is read
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The server's state directory
    #[arg(long, value_name = "DIR")]
    state_dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Named {
    /// The user
    #[arg(value_parser = name)]
    name: Name,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// Its name: 1 to 64 characters; upper and lower case are one
    #[arg(value_parser = name)]
    name: Name,
    /// What it may do: viewer, dispatcher or administrator
    #[arg(long, value_name = "ROLE", value_parser = role, default_value = "viewer")]
    role: Role,
    #[command(flatten)]
    seeing: Seeing,
    /// Ask for its password on the terminal
    #[arg(long, conflicts_with = "password_stdin")]
    password: bool,
    /// Read its password from the first line of the standard input
    #[arg(long)]
    password_stdin: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub(super) struct Passwd {
    /// The user
    #[arg(value_parser = name)]
    name: Name,
    /// Read the password from the first line of the standard input, not from the terminal
    #[arg(long, conflicts_with = "link")]
    password_stdin: bool,
    /// Print a link, good once, by which the user sets it; until then the old one is good
    #[arg(long)]
    link: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub(super) struct SetRole {
    /// The user
    #[arg(value_parser = name)]
    name: Name,
    /// What it may do: viewer, dispatcher or administrator
    #[arg(value_name = "ROLE", value_parser = role)]
    role: Role,
    #[command(flatten)]
    seeing: Seeing,
    #[command(flatten)]
    place: Place,
}

fn name(text: &str) -> Result<Name, String> {
    Name::parse(text).map_err(|error| error.to_string())
}

fn role(text: &str) -> Result<Role, String> {
    let role: Result<Role, _> = text.parse();
    role.map_err(|error| error.to_string())
}

pub(super) async fn run(command: UserCommand) -> anyhow::Result<ExitCode> {
    match command {
        UserCommand::Add(add) => make(add).await?,
        UserCommand::Passwd(passwd) => set_password(passwd).await?,
        UserCommand::Role(role) => set_role(role).await?,
        UserCommand::Disable(named) => set_disabled(named, true).await?,
        UserCommand::Enable(named) => set_disabled(named, false).await?,
        UserCommand::List(place) => list(&place)?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn make(add: Add) -> anyhow::Result<()> {
    let access = open(&add.place)?;
    // Asked for first: a password that is not taken makes no user.
    let password = match (add.password, add.password_stdin) {
        (true, _) => Some(ask_for_password()?),
        (_, true) => Some(read_password()?),
        _ => None,
    };
    if let Some(password) = &password {
        fleetglass::auth::password::accept(password.expose_secret(), add.name.as_str())?;
    }
    let mut sight = Sight::everything();
    add.seeing.change(&mut sight);
    let (shown, by, now) = (add.name.clone(), Actor::console(), clock::now());
    let new = NewUser {
        name: add.name,
        role: add.role,
        sight,
        external: None,
    };
    let id = access.add_user(&by, new, now).await?;
    print([format!("{} was added, as {}", shown.as_str(), add.role)])?;
    match password {
        Some(password) => Ok(access.set_password(&by, id, password, now).await?),
        None => print_link(&access, id).await,
    }
}

async fn set_password(passwd: Passwd) -> anyhow::Result<()> {
    let access = open(&passwd.place)?;
    let user = find(&access, &passwd.name).await?;
    if passwd.link {
        return print_link(&access, user.id).await;
    }
    let password = if passwd.password_stdin {
        read_password()?
    } else {
        ask_for_password()?
    };
    let by = Actor::console();
    access
        .set_password(&by, user.id, password, clock::now())
        .await?;
    print([format!(
        "{} has a new password; its sessions have ended",
        user.name
    )])?;
    Ok(())
}

async fn set_role(set: SetRole) -> anyhow::Result<()> {
    let access = open(&set.place)?;
    let user = find(&access, &set.name).await?;
    let mut sight = (*user.sight).clone();
    set.seeing.change(&mut sight);
    let by = Actor::console();
    access
        .set_rights(&by, user.id, set.role, sight.clone(), clock::now())
        .await?;
    let (groups, hidden) = words(&sight);
    print([format!(
        "{} is {}, sees {groups}, hidden: {hidden}",
        user.name, set.role
    )])?;
    Ok(())
}

async fn set_disabled(named: Named, is_disabled: bool) -> anyhow::Result<()> {
    let access = open(&named.place)?;
    let user = find(&access, &named.name).await?;
    let by = Actor::console();
    access
        .set_disabled(&by, user.id, is_disabled, clock::now())
        .await?;
    let what = if is_disabled {
        "is shut out; its sessions have ended"
    } else {
        "may come in again"
    };
    print([format!("{} {what}", user.name)])?;
    Ok(())
}

fn list(place: &Place) -> anyhow::Result<()> {
    let users = open(place)?.users(&Actor::console())?;
    let head = [
        "NAME",
        "ROLE",
        "SEES",
        "HIDDEN",
        "COMES IN BY",
        "LAST CAME IN",
    ]
    .map(String::from);
    let rows: Vec<[String; 6]> = std::iter::once(head).chain(users.iter().map(row)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<usize> = (0..6).map(|column| width(column).unwrap_or(0)).collect();
    let line = |row: &[String; 6]| {
        let cells = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    print(rows.iter().map(line))?;
    Ok(())
}

fn row(user: &Arc<User>) -> [String; 6] {
    let (groups, hidden) = words(&user.sight);
    let by = match (user.is_disabled, &user.external, user.has_password) {
        (true, ..) => "nothing: disabled",
        (_, Some(_), _) => "a provider",
        (_, None, true) => "a password",
        (_, None, false) => "nothing yet",
    };
    let last = user
        .entered_at
        .map_or("never".to_owned(), |at| format!("{at:.0}"));
    [
        user.name.to_string(),
        user.role.to_string(),
        groups,
        hidden,
        by.to_owned(),
        last,
    ]
}

async fn print_link(access: &Access, user: UserId) -> anyhow::Result<()> {
    let link = access.invite(&Actor::console(), user, clock::now()).await?;
    print([
        "to set a password, open this behind the server's address, once and within a day:".into(),
        link_path(&link).expose_secret().to_owned(),
    ])?;
    Ok(())
}

fn open(place: &Place) -> anyhow::Result<Access> {
    let flags = Flags {
        listen: None,
        state_dir: place.state_dir.clone(),
    };
    let server = Config::server(place.config.as_deref(), &ProcessEnv, &flags)?;
    let Some(dir) = server.state_dir else {
        let words = "users are kept in the state directory, and none is known: give --state-dir";
        return Err(ConfigError::new(words).into());
    };
    Ok(Access::open(AccessSettings {
        dir: Some(dir),
        ..AccessSettings::default()
    })?)
}

async fn find(access: &Access, name: &Name) -> anyhow::Result<User> {
    let user = access.user_named(name).await?;
    user.with_context(|| format!("there is no user \"{}\"; try `user list`", name.as_str()))
}

fn read_password() -> anyhow::Result<SecretString> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    let password = line.trim_end_matches(['\n', '\r']);
    if password.is_empty() {
        bail!("no password came by the standard input");
    }
    Ok(SecretString::from(password.to_owned()))
}

fn ask_for_password() -> anyhow::Result<SecretString> {
    if !std::io::stdin().is_terminal() {
        bail!("there is no terminal to ask for a password; give --password-stdin");
    }
    let ask = |prompt| rpassword::prompt_password(prompt).context("the terminal cannot be read");
    let password = SecretString::from(ask("Password: ")?);
    let again = SecretString::from(ask("Once more: ")?);
    if password.expose_secret() != again.expose_secret() {
        bail!("these two are not the same; nothing was changed");
    }
    Ok(password)
}
