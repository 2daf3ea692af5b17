//! A thousand logins, a hundred at a time, against the real program: of one address, of one account from a
//! thousand addresses, and of anybody from anywhere. What they cost in hashes, and in memory.
//!
//! A hash takes 19 MiB, so the memory also tells how many there were at once.

use std::path::Path;
use std::sync::Arc;

use fleetglass::auth::{Actor, Name, NewUser, Role};
use fleetglass::clock;
use fleetglass::domain::Sight;
use reqwest::header::ORIGIN;
use reqwest::{Client, StatusCode};
use secrecy::SecretString;
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::{HORSE, client, store};
use crate::publishing::{Program, first_line, start};

const N: usize = 1_000;
const MOST_HASHES: usize = 10;
const MOST_KIB: u64 = 64 << 10;
/// So many are under way: what a connection takes is bounded elsewhere.
const AT_ONCE: usize = 100;
const HOST: &str = "fleet.example.org";
/// A proxy on this machine says who asks, so that they can come from anywhere.
const CONFIG: &str = "[server]\nlisten = \"127.0.0.1:0\"\nhosts = [\"fleet.example.org\"]\n\
    trusted_proxies = [\"127.0.0.1\"]\n[access]\nlogin = \"on\"";

/// A figure of `/proc/PID/status`, in KiB.
fn memory_kib(program: &Program, name: &str) -> u64 {
    let path = format!("/proc/{}/status", program.0.id());
    let status = std::fs::read_to_string(path).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.trim_start_matches(':').split_whitespace().next());
    number.and_then(|n| n.parse().ok()).expect("a figure")
}

async fn user(dir: &Path, name: &str) {
    let (access, by, now) = (store(dir), Actor::console(), clock::now());
    let new = NewUser {
        name: Name::parse(name).expect("a name"),
        role: Role::Viewer,
        sight: Sight::everything(),
        external: None,
    };
    let id = access.add_user(&by, new, now).await.expect("a user");
    let set = access.set_password(&by, id, SecretString::from(HORSE), now);
    set.await.expect("a password");
}

/// What each of them is told; `who` says of the nth the name and the address.
async fn flood(
    client: &Client,
    url: &str,
    who: impl Fn(usize) -> (String, String),
) -> Vec<StatusCode> {
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let mut trying = JoinSet::new();
    for n in 0..N {
        let (name, address) = who(n);
        let request = client
            .post(format!("{url}api/v1/session"))
            .header("host", HOST)
            .header(ORIGIN, format!("https://{HOST}"))
            .header("x-forwarded-proto", "https")
            .header("x-forwarded-for", address)
            .json(&json!({ "name": name, "password": "not the password" }));
        let turns = Arc::clone(&turns);
        trying.spawn(async move {
            let _turn = turns.acquire().await.expect("a turn");
            request.send().await
        });
    }
    let mut statuses = Vec::new();
    while let Some(answer) = trying.join_next().await {
        statuses.push(answer.expect("a task").expect("an answer").status());
    }
    statuses
}

/// Puts a flood to a program of its own, and holds it to the promise; `most` hashes are made.
async fn costs_little(most: usize, who: impl Fn(usize) -> (String, String)) {
    let dir = tempfile::tempdir().expect("a directory");
    user(&dir.path().join("state"), "ann").await;
    let n_files = rlimit::increase_nofile_limit(4_096).expect("a limit");
    assert!(2_048 <= n_files, "too few open files are allowed here");
    let mut program = start(dir.path(), CONFIG);
    program.is_heard();
    let url = first_line(&mut program);
    let client = client();
    // All of it is there before it is measured.
    let alive = client
        .get(format!("{url}livez"))
        .header("host", HOST)
        .send();
    assert_eq!(alive.await.expect("an answer").status(), StatusCode::OK);
    let before_kib = memory_kib(&program, "VmRSS");
    let statuses = flood(&client, &url, who).await;
    let most_kib = memory_kib(&program, "VmHWM");
    // Who is told that it was wrong has cost a hash, and nobody else has.
    let n_of = |status| statuses.iter().filter(|found| **found == status).count();
    let n_hashed = n_of(StatusCode::UNAUTHORIZED);
    assert!((1..=most).contains(&n_hashed), "{n_hashed} hashes");
    let n_refused = n_of(StatusCode::TOO_MANY_REQUESTS) + n_of(StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(n_hashed + n_refused, N);
    let grown_kib = most_kib.saturating_sub(before_kib);
    assert!(
        grown_kib <= MOST_KIB,
        "{before_kib} KiB grew by {grown_kib}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_logins_from_one_address_cost_ten_hashes_and_64_mb_at_most() {
    costs_little(MOST_HASHES, |n| {
        (format!("nobody{n}"), "192.0.2.7".to_owned())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_logins_of_one_account_cost_ten_hashes_and_64_mb_at_most() {
    // Each from a network of its own.
    let anywhere = |n: usize| format!("10.{}.{}.1", n / 250, n % 250);
    costs_little(MOST_HASHES, |n| ("ann".to_owned(), anywhere(n))).await;
}

/// Nothing is to be throttled there, and those who do not get their turn are told to come back.
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_logins_of_anybody_from_anywhere_cost_64_mb_at_most() {
    let anywhere = |n: usize| format!("10.{}.{}.1", n / 250, n % 250);
    costs_little(N, |n| (format!("nobody{n}"), anywhere(n))).await;
}
