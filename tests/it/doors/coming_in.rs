//! Coming in, staying, and leaving.

use reqwest::header::{ORIGIN, SET_COOKIE};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Doors, HORSE, client, code, cookie};

#[tokio::test(flavor = "multi_thread")]
async fn a_login_makes_a_new_session_and_ends_the_one_before() {
    let doors = Doors::open(|_| {}).await;
    // What somebody put there beforehand is good for nothing.
    let planted = "sid=planted-by-somebody-else-0000000000000000000";
    let answer = doors.login("ann", HORSE, Some(planted)).await;
    let line = answer.headers()[SET_COOKIE]
        .to_str()
        .expect("text")
        .to_owned();
    for part in ["Path=/", "HttpOnly", "SameSite=Lax", "Max-Age="] {
        assert!(line.contains(part), "{line}");
    }
    assert!(!line.contains("Secure"), "this is plain, on this machine");
    let first = cookie(answer.headers());
    assert_ne!(first, planted);
    assert!(!doors.knows(planted).await && doors.knows(&first).await);
    let answer = doors.login("ann", HORSE, Some(&first)).await;
    let second = cookie(answer.headers());
    assert_ne!(first, second, "a login rotates");
    assert!(!doors.knows(&first).await, "and ends what the browser held");
    let left = doors.with(&second, Method::DELETE, "/api/v1/session").await;
    assert_eq!(left.status(), StatusCode::NO_CONTENT);
    assert!(
        cookie(left.headers()).ends_with('='),
        "the cookie is taken away"
    );
    assert!(!doors.knows(&second).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_listed_and_revoked_by_their_owner_and_by_administrators() {
    let doors = Doors::open(|_| {}).await;
    let (one, two) = (doors.enter("ann").await, doors.enter("ann").await);
    let boss = doors.enter("boss").await;
    let list = |cookie: String, path: &'static str| {
        let doors = &doors;
        async move {
            let answer = doors.with(&cookie, Method::GET, path).await;
            let body: Value = answer.json().await.expect("JSON");
            body["sessions"].as_array().cloned().unwrap_or_default()
        }
    };
    let own = list(one.clone(), "/api/v1/sessions").await;
    assert_eq!(own.len(), 2);
    assert_eq!(
        own.iter()
            .filter(|session| session["is_this"] == true)
            .count(),
        1
    );
    assert!(own.iter().all(|session| session["user"]["name"] == "ann"));
    let refused = doors
        .with(&one, Method::GET, "/api/v1/sessions?all=true")
        .await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    assert_eq!(
        list(boss.clone(), "/api/v1/sessions?all=true").await.len(),
        3
    );
    let of_two = own.iter().find(|session| session["is_this"] == false);
    let id = of_two.expect("the other one")["id"]
        .as_str()
        .expect("an id");
    let revoked = doors
        .with(&one, Method::DELETE, &format!("/api/v1/sessions/{id}"))
        .await;
    assert_eq!(revoked.status(), StatusCode::NO_CONTENT);
    assert!(!doors.knows(&two).await && doors.knows(&one).await);
    // Nobody ends a stranger's.
    let of_boss = list(boss.clone(), "/api/v1/sessions").await;
    let id = of_boss[0]["id"].as_str().expect("an id");
    let refused = doors
        .with(&one, Method::DELETE, &format!("/api/v1/sessions/{id}"))
        .await;
    assert!(refused.status().is_client_error());
    assert!(doors.knows(&boss).await);
    let of_one = list(one.clone(), "/api/v1/sessions").await;
    let id = of_one[0]["id"].as_str().expect("an id");
    let revoked = doors
        .with(&boss, Method::DELETE, &format!("/api/v1/sessions/{id}"))
        .await;
    assert_eq!(revoked.status(), StatusCode::NO_CONTENT);
    assert!(!doors.knows(&one).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_logins_cost_ten_hashes_at_most() {
    const N: usize = 1_000;
    let doors = Doors::open(|_| {}).await;
    let client = client();
    let mut trying = tokio::task::JoinSet::new();
    for n in 0..N {
        let request = client.post(doors.server.url("/api/v1/session"));
        let request = request.header(ORIGIN, doors.server.url(""));
        let name = if n % 2 == 0 {
            "ann".to_owned()
        } else {
            format!("nobody{n}")
        };
        let body = json!({ "name": name, "password": "not the password" });
        trying.spawn(request.json(&body).send());
    }
    let mut statuses = Vec::new();
    while let Some(answer) = trying.join_next().await {
        statuses.push(answer.expect("a task").expect("an answer").status());
    }
    let throttled = doors.login("boss", HORSE, None).await;
    assert_eq!(
        throttled.status(),
        StatusCode::TOO_MANY_REQUESTS,
        "from this address"
    );
    assert!(throttled.headers().contains_key("retry-after"));
    assert_eq!(code(throttled).await, "throttled");
    let hashing = doors.server.access.hashing();
    assert!(
        (1..=10).contains(&hashing.in_all),
        "{hashing:?}: a flood is throttled before it is hashed"
    );
    assert!(hashing.most_at_once <= 2, "{hashing:?}");
    // Who is told that it was wrong has cost a hash; nobody else has.
    let n_of = |status| statuses.iter().filter(|found| **found == status).count();
    let n_hashed = n_of(StatusCode::UNAUTHORIZED);
    assert_eq!(n_hashed as u64, hashing.in_all);
    assert_eq!(n_hashed + n_of(StatusCode::TOO_MANY_REQUESTS), N);
}
