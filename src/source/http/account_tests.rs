//! An account against a vendor that limits it.

use http::HeaderValue;
use wiremock::matchers::{any, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::source::decode::live::Token;
use crate::source::http::auth::Tokens;
use crate::source::trial::settings;

const MANNERS: Manners = Manners {
    check_401: "",
    check_403: "",
    limits_by_403: true,
    gap: Duration::ZERO,
};
const HOUR: Duration = Duration::from_hours(1);

fn account(server: &MockServer) -> Account {
    let settings = settings("mycartracks", &[]);
    let base: Url = server.uri().parse().unwrap();
    let header = HeaderValue::from_static("Bearer x");
    let auth = Auth::Tokens(Tokens {
        url: base.join("token").unwrap(),
        client: header.clone(),
        form: "",
        decode: |_| {
            Ok(Token {
                access_token: "y".into(),
                expires_in: HOUR,
            })
        },
        held: Some((header, Instant::now() + HOUR)),
    });
    let mut account = Account::new(&settings, base, (auth, Secrets::default()), MANNERS).unwrap();
    account.budget = Some(Budget::new(150, Duration::from_mins(15)));
    account
}

fn request() -> Request {
    Request {
        method: Method::GET,
        path: "/rows".into(),
        query: Vec::new(),
        body: Body::None,
    }
}

async fn answers(server: &MockServer, status: u16, reset: &str) {
    let template = ResponseTemplate::new(status)
        .insert_header("X-Rate-Limit-Remaining", "0")
        .insert_header("X-Rate-Limit-Reset", reset);
    Mock::given(path("/token"))
        .respond_with(ResponseTemplate::new(200))
        .mount(server)
        .await;
    Mock::given(any())
        .respond_with(template)
        .mount(server)
        .await;
}

async fn n_asked(server: &MockServer, at: &str) -> usize {
    let requests = server.received_requests().await.unwrap();
    requests
        .iter()
        .filter(|request| request.url.path() == at)
        .count()
}

fn wait_s(account: &Account) -> u64 {
    let now = Instant::now();
    let ready_at = account.budget.as_ref().unwrap().ready_at(now);
    (ready_at - now).as_secs()
}

#[tokio::test]
async fn no_reset_silences_an_account_for_years() {
    let soon = (clock::now().as_second() + 100).to_string();
    for (reset, at_least_s, at_most_s) in [
        (soon.as_str(), 95, 102),
        ("1000000000", 55, 60),
        ("9000000000", 55, 60),
        ("18446744073709551615", 55, 60),
        ("86400", 86_300, 86_400),
    ] {
        let server = MockServer::start().await;
        answers(&server, 403, reset).await;
        let mut account = account(&server);
        let trouble = account.ask(&request()).await.unwrap_err();
        assert_eq!(trouble.kind, Kind::Limited);
        let wait_s = wait_s(&account);
        assert!(
            (at_least_s..=at_most_s).contains(&wait_s),
            "{reset}: {wait_s} s"
        );
    }
}

#[tokio::test]
async fn a_repeat_after_a_401_is_not_sent_when_nothing_is_left() {
    let server = MockServer::start().await;
    answers(&server, 401, "100").await;
    let trouble = account(&server).ask(&request()).await.unwrap_err();
    assert_eq!(trouble.kind, Kind::Limited);
    let wait_s = trouble.retry_after.unwrap().as_secs();
    assert!((95..=102).contains(&wait_s), "{wait_s} s");
    assert_eq!(n_asked(&server, "/rows").await, 1);
}

#[tokio::test]
async fn a_repeat_after_a_401_waits_for_a_window_that_ends_soon() {
    let server = MockServer::start().await;
    answers(&server, 401, "0").await;
    let started_at = Instant::now();
    let trouble = account(&server).ask(&request()).await.unwrap_err();
    assert_eq!(trouble.status, Some(401));
    assert!(Duration::from_secs(1) <= started_at.elapsed());
    assert_eq!(n_asked(&server, "/rows").await, 2);
}
