//! The one HTTP client: time-outs, a cap on bodies, no redirects, no cookies, TLS verified, and
//! errors that show no query and no secret.

pub mod account;
pub mod auth;
mod disguise;
pub mod reach;
pub mod secrets;
pub mod tls;
pub mod trouble;
pub mod retry_after;
pub mod url_guard;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Method, header};
use metrics::{counter, histogram};
use rustls::ClientConfig;
use tokio::time::Instant;
use url::Url;

use self::secrets::Secrets;
use self::trouble::{Kind, Trouble};
use crate::domain::SourceId;

/// A connection stands within this, or there is none.
pub const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// An answer is complete within this, or within the poll interval where that is shorter.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// A greater body is no list of vehicles: some vendors send a whole fleet at once, and a hundred
/// thousand vehicles of a kilobyte each fit.
const BODY_MAX_BYTES: usize = 128 * 1024 * 1024;
/// A token, a stream's session and a failure are a few hundred bytes. They are read as a whole, which
/// may take many times their size, so nobody needs us to take more of them.
const GRANT_MAX_BYTES: usize = 64 * 1024;
const USER_AGENT: &str = concat!("fleetglass/", env!("CARGO_PKG_VERSION"));

/// The client of one account.
#[derive(Clone, Debug)]
pub struct Http {
    client: reqwest::Client,
    /// For this very machine: past any proxy, which would read what is sent in the clear.
    at_home: reqwest::Client,
    source: SourceId,
    secrets: Secrets,
    tls: Arc<ClientConfig>,
    answer_within: Duration,
    body_max_bytes: usize,
}

/// One request, complete with its credentials.
#[derive(Debug)]
pub struct Ask {
    /// GET or POST.
    pub method: Method,
    /// Where to.
    pub url: Url,
    /// The credentials; sent to this very address and no other.
    pub authorization: HeaderValue,
    /// What is sent along.
    pub body: Body,
}

/// What a request carries.
#[derive(Clone, Debug)]
pub enum Body {
    /// Nothing.
    None,
    /// A JSON text.
    Json(String),
    /// An encoded form.
    Form(&'static str),
}

/// An answer of any status, its body complete.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, decompressed: at most 128 MiB, and 64 KiB where something was posted, since that
    /// asks for a token or a session. Of a status that is no success the first 64 KiB.
    pub body: Bytes,
}

impl Http {
    /// A client for the account `source`, with `tls` as [`tls`] makes it.
    ///
    /// # Errors
    /// Where the client cannot be set up at all.
    pub fn new(
        source: SourceId,
        (tls, secrets): (Arc<ClientConfig>, Secrets),
        poll_interval: Option<Duration>,
    ) -> Result<Self, String> {
        let answer_within = poll_interval.map_or(ANSWER_WITHIN, |poll| poll.min(ANSWER_WITHIN));
        let builder = || {
            reqwest::Client::builder()
                .user_agent(USER_AGENT)
                .tls_backend_preconfigured(ClientConfig::clone(&tls))
                .connect_timeout(CONNECT_WITHIN)
                .timeout(answer_within)
                // A redirect would carry the request elsewhere; no vendor's contract knows one.
                .redirect(reqwest::redirect::Policy::none())
                .pool_idle_timeout(Duration::from_secs(50))
                .tcp_keepalive(Duration::from_secs(20))
        };
        let build = |builder: reqwest::ClientBuilder| {
            let client = builder.build();
            client
                .map_err(|error| format!("the HTTP client cannot be set up: {}", innermost(&error)))
        };
        Ok(Self {
            client: build(builder())?,
            at_home: build(builder().no_proxy())?,
            source,
            secrets,
            answer_within,
            body_max_bytes: BODY_MAX_BYTES,
            tls,
        })
    }

    /// The secrets that are replaced in words.
    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// How certificates are checked, for whatever else is connected to.
    pub fn tls(&self) -> &Arc<ClientConfig> {
        &self.tls
    }

    /// Sends `ask`, and reads the whole answer. A status of any kind is an answer.
    pub async fn send(&self, ask: Ask) -> Result<Answer, Trouble> {
        let started_at = Instant::now();
        let result = self.exchange(ask).await;
        let outcome = match &result {
            Ok(answer) if (200..300).contains(&answer.status) => "ok",
            Ok(answer) => Kind::of_status(answer.status).as_label(),
            Err(trouble) => trouble.kind.as_label(),
        };
        let source = self.source.to_string();
        counter!("fleetglass_source_requests_total", "source" => source.clone(), "outcome" => outcome)
            .increment(1);
        histogram!("fleetglass_source_request_seconds", "source" => source)
            .record(started_at.elapsed());
        result
    }

    async fn exchange(&self, ask: Ask) -> Result<Answer, Trouble> {
        let host = ask.url.host_str().unwrap_or_default().to_owned();
        let is_at_home = ask
            .url
            .host()
            .is_some_and(|host| url_guard::is_loopback(&host));
        let client = if is_at_home {
            &self.at_home
        } else {
            &self.client
        };
        let is_for_grant = ask.method == Method::POST;
        let request = client
            .request(ask.method, ask.url)
            .header(header::ACCEPT, "application/json")
            .header(header::AUTHORIZATION, ask.authorization);
        let request = match ask.body {
            Body::None => request,
            Body::Json(json) => request
                .header(header::CONTENT_TYPE, "application/json")
                .body(json),
            Body::Form(form) => request
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(form),
        };
        let sent = request.send().await;
        let mut response = sent.map_err(|error| self.unreachable(&host, &error))?;
        let status = response.status().as_u16();
        let headers = std::mem::take(response.headers_mut());
        let is_failure = !(200..300).contains(&status);
        let most = if is_failure || is_for_grant {
            GRANT_MAX_BYTES
        } else {
            self.body_max_bytes
        };
        let (body, is_whole) = match up_to(most, &mut response).await {
            Ok(read) => read,
            Err(error) => return Err(self.unreachable(&host, &error)),
        };
        // A failure is one whatever it says, and its status is what counts.
        if !is_whole && !is_failure {
            let kib = most / 1024;
            let words = format!("{host} answers with more than {kib} KiB");
            return Err(Trouble::new(Kind::Odd, words));
        }
        Ok(Answer {
            status,
            headers,
            body,
        })
    }

    fn unreachable(&self, host: &str, error: &reqwest::Error) -> Trouble {
        if error.is_connect()
            && let Some(words) = tls::objection(host, error)
        {
            return Trouble::untrusted(&self.secrets.clean(&words));
        }
        let words = if error.is_connect() {
            format!("cannot connect to {host}: {}", innermost(error))
        } else if error.is_timeout() {
            format!("no answer from {host} within {:?}", self.answer_within)
        } else {
            format!("the connection to {host} broke: {}", innermost(error))
        };
        let mut trouble = Trouble::new(Kind::Unreachable, self.secrets.clean(&words));
        // A request that found no connection has cost nothing of a budget.
        trouble.reached = !error.is_connect();
        trouble
    }
}

/// The body, if it has at most so many bytes, else its first ones; and whether that is all.
async fn up_to(
    most: usize,
    response: &mut reqwest::Response,
) -> Result<(Bytes, bool), reqwest::Error> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await? {
        let room = most - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if room < chunk.len() {
            return Ok((body.freeze(), false));
        }
    }
    Ok((body.freeze(), true))
}

/// The deepest cause, which alone says what happened, and never names the address.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.downcast_ref::<reqwest::Error>().map_or_else(
        || cause.to_string(),
        |_| "the request could not be completed".to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use wiremock::matchers::{header_exists, path};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;

    fn http(poll_interval: Option<Duration>) -> Http {
        let tls = tls::client_config(&[], false).unwrap();
        let proof = (tls, Secrets::default());
        Http::new(SourceId::new("x"), proof, poll_interval).unwrap()
    }

    fn get(url: &str) -> Ask {
        Ask {
            method: Method::GET,
            url: url.parse().unwrap(),
            authorization: HeaderValue::from_static("Bearer canary"),
            body: Body::None,
        }
    }

    #[tokio::test]
    async fn credentials_do_not_follow_a_redirect() {
        let (here, there) = (MockServer::start().await, MockServer::start().await);
        let target = format!("{}/b", there.uri());
        Mock::given(path("/a"))
            .respond_with(ResponseTemplate::new(302).insert_header("location", target.as_str()))
            .mount(&here)
            .await;
        Mock::given(header_exists("authorization"))
            .respond_with(ResponseTemplate::new(200))
            .expect(0)
            .mount(&there)
            .await;
        let answer = http(None).send(get(&format!("{}/a", here.uri()))).await;
        assert_eq!(answer.unwrap().status, 302);
    }

    #[tokio::test]
    async fn a_body_beyond_the_cap_is_refused() {
        let server = MockServer::start().await;
        Mock::given(path("/big"))
            .respond_with(ResponseTemplate::new(200).set_body_bytes(vec![b' '; 4096]))
            .mount(&server)
            .await;
        let mut http = http(None);
        http.body_max_bytes = 4096;
        let url = format!("{}/big", server.uri());
        assert_eq!(http.send(get(&url)).await.unwrap().body.len(), 4096);
        http.body_max_bytes = 4095;
        let trouble = http.send(get(&url)).await.unwrap_err();
        assert_eq!(trouble.kind, Kind::Odd);
    }

    #[tokio::test]
    async fn of_what_is_no_list_only_a_little_is_read() {
        let server = MockServer::start().await;
        let large = vec![b' '; GRANT_MAX_BYTES + 1];
        for (at, status) in [("/list", 200), ("/failure", 401), ("/elsewhere", 302)] {
            Mock::given(path(at))
                .respond_with(ResponseTemplate::new(status).set_body_bytes(large.clone()))
                .mount(&server)
                .await;
        }
        let http = http(None);
        let ask = |at: &str| get(&format!("{}{at}", server.uri()));
        let whole = http.send(ask("/list")).await.unwrap();
        assert_eq!(whole.body.len(), large.len());
        // What it says does not count, that it is one does.
        for (at, status) in [("/failure", 401), ("/elsewhere", 302)] {
            let answer = http.send(ask(at)).await.unwrap();
            let read = (answer.status, answer.body.len());
            assert_eq!(read, (status, GRANT_MAX_BYTES));
        }
        let grant = Ask {
            method: Method::POST,
            body: Body::Form("grant_type=client_credentials"),
            ..ask("/list")
        };
        let trouble = http.send(grant).await.unwrap_err();
        assert_eq!(trouble.kind, Kind::Odd);
        assert_eq!(trouble.words, "127.0.0.1 answers with more than 64 KiB");
    }

    #[tokio::test]
    async fn nobody_listening_is_told_without_the_query() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let url = format!("http://{address}/a?key=canary");
        let trouble = http(None).send(get(&url)).await.unwrap_err();
        assert_eq!(trouble.kind, Kind::Unreachable);
        assert!(!trouble.reached);
        assert!(trouble.words.contains("refused"), "{trouble}");
        assert!(!trouble.words.contains("canary"), "{trouble}");
    }

    #[tokio::test]
    async fn a_server_that_stalls_within_its_body_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/a?key=canary", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut buffer = [0; 1024];
            let _ = socket.read(&mut buffer).await.unwrap();
            let head = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf";
            socket.write_all(head).await.unwrap();
            std::future::pending::<()>().await;
        });
        let patience = Some(Duration::from_millis(300));
        let trouble = http(patience).send(get(&url)).await.unwrap_err();
        assert_eq!(trouble.words, "no answer from 127.0.0.1 within 300ms");
        assert!(trouble.reached);
        server.abort();
    }
}
