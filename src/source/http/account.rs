//! One account at one vendor: authorised requests, one at a time, within its limits, and a
//! failure's words for people. What differs between vendors is data ([`Manners`]).

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method};
use jiff::Timestamp;
use tokio::time::Instant;
use url::Url;

use super::auth::{Auth, TokenRefusal};
use super::retry_after::{LONGEST_WAIT, retry_after, text, wait};
use super::secrets::Secrets;
use super::trouble::{Kind, Trouble};
use super::{Answer, Ask, Body, Http, tls};
use crate::clock;
use crate::config::source::{KeyProblem, SourceSettings};
use crate::source::budget::Budget;
use crate::source::decode::words::vendor_words;
use crate::source::decode::{BodyError, Decoded, Dialect};
use crate::source::listing::{Pager, Row, Walk, decode};

/// A request waits at most this for the budget, and its caller for whatever is longer.
const BUDGET_PATIENCE: Duration = Duration::from_secs(30);

/// How a vendor speaks of failures, and what it asks of callers.
#[derive(Clone, Copy, Debug)]
pub struct Manners {
    /// What to check after a 401.
    pub check_401: &'static str,
    /// What to check after a 403.
    pub check_403: &'static str,
    /// A 403 without anything remaining is a rate limit.
    pub limits_by_403: bool,
    /// The least time between two requests.
    pub gap: Duration,
}

/// An account, ready to be asked.
#[derive(Debug)]
pub struct Account {
    /// The client.
    pub http: Http,
    /// Paths are below this.
    pub base: Url,
    /// The proof.
    pub auth: Auth,
    /// What may still be asked, where the vendor counts.
    pub budget: Option<Budget>,
    /// The vendor's manners.
    pub manners: Manners,
    /// When the last request went out.
    pub last_at: Option<Instant>,
}

/// What to ask.
#[derive(Clone, Debug)]
pub struct Request {
    /// GET or POST.
    pub method: Method,
    /// Below the base.
    pub path: Cow<'static, str>,
    /// Parameters.
    pub query: Vec<(&'static str, String)>,
    /// What is sent along.
    pub body: Body,
}

impl Account {
    /// An account at `base`, whose secrets are known.
    ///
    /// # Errors
    /// Names `base_url` where no client can be made for it.
    pub fn new(
        settings: &SourceSettings,
        base: Url,
        (auth, secrets): (Auth, Secrets),
        manners: Manners,
    ) -> Result<Self, KeyProblem> {
        let tls = tls::client_config(&settings.authorities, base.scheme() == "https");
        let http = tls.and_then(|tls| {
            let id = settings.id.clone();
            Http::new(id, (tls, secrets), settings.poll_interval)
        });
        let http = http.map_err(|problem| KeyProblem {
            key: "base_url",
            problem,
        })?;
        Ok(Self {
            http,
            base,
            auth,
            budget: None,
            manners,
            last_at: None,
        })
    }

    /// Asks, renewing a token once where that can heal. Any answer but a 2xx is a trouble.
    pub async fn ask(&mut self, request: &Request) -> Result<Bytes, Trouble> {
        let mut answer = self.send(request).await?;
        if answer.status == 401 && self.auth.forget() {
            answer = self.send(request).await?;
        }
        if (200..300).contains(&answer.status) {
            return Ok(answer.body);
        }
        Err(self.judge(&format!("{} {}", request.method, request.path), &answer))
    }

    /// Asks for the next page of `walk`; the rows, and whether they were the last.
    pub async fn page<T: Row + Send + 'static>(
        &mut self,
        dialect: &Dialect,
        pager: &mut Pager<T>,
        walk: &mut Walk,
    ) -> Result<(Decoded<T>, bool), Trouble> {
        let path = pager.listing.path;
        let body = self.page_body(pager, walk).await?;
        let decoded = decode(pager.listing.decode, dialect, body, clock::now()).await;
        let decoded = decoded.map_err(|error| self.unreadable(path, &error))?;
        let ends = pager.take(walk, &decoded.rows, &decoded.page);
        Ok((decoded, ends))
    }

    /// The body of the next page; where the vendor refuses the size of a page, of a smaller one.
    pub async fn page_body<T: Row>(
        &mut self,
        pager: &mut Pager<T>,
        walk: &Walk,
    ) -> Result<Bytes, Trouble> {
        let asked = pager.limit();
        loop {
            let request = Request {
                method: Method::GET,
                path: pager.listing.path.into(),
                query: pager.query(walk),
                body: Body::None,
            };
            match self.ask(&request).await {
                Err(trouble) if trouble.status == Some(400) => {
                    if !pager.halve() {
                        // It was not the size that was refused.
                        pager.set_limit(asked);
                        return Err(trouble);
                    }
                }
                result => return result,
            }
        }
    }

    /// A body that is no answer, as a trouble.
    pub fn unreadable(&self, path: &str, error: &BodyError) -> Trouble {
        let words = self.http.secrets().clean(&error.to_string());
        Trouble::new(Kind::Odd, format!("{path}: {words}"))
    }

    async fn send(&mut self, request: &Request) -> Result<Answer, Trouble> {
        self.wait_for_budget().await?;
        let authorization = match self.auth.header(&self.http, Instant::now()).await {
            Ok(header) => header,
            Err(TokenRefusal::Trouble(trouble)) => return Err(trouble),
            Err(TokenRefusal::Status(answer)) => {
                let mut trouble = self.judge("asking for a token", &answer);
                // It says nothing of the request itself, whose parameters are not to blame.
                trouble.status = trouble.status.filter(|status| *status == 401);
                return Err(trouble);
            }
            Err(TokenRefusal::Body(error)) => return Err(self.unreadable("the token", &error)),
        };
        if let Some(last_at) = self.last_at {
            tokio::time::sleep_until(last_at + self.manners.gap).await;
        }
        let now = Instant::now();
        self.last_at = Some(now);
        if let Some(budget) = &mut self.budget {
            budget.spend(now);
        }
        let ask = Ask {
            method: request.method.clone(),
            url: self.url(&request.path, &request.query),
            authorization,
            body: request.body.clone(),
        };
        let result = self.http.send(ask).await;
        if let Some(budget) = &mut self.budget {
            match &result {
                Ok(answer) => budget.learn(&answer.headers, Instant::now(), clock::now()),
                Err(trouble) if !trouble.reached => budget.unspend(),
                Err(_) => {}
            }
        }
        result
    }

    /// Repeats and further pages are requests like any other: none goes out before the budget
    /// allows it. A short wait is waited here, a long one is the caller's to spend.
    async fn wait_for_budget(&self) -> Result<(), Trouble> {
        let Some(budget) = &self.budget else {
            return Ok(());
        };
        let now = Instant::now();
        let ready_at = budget.ready_at(now);
        let wait = ready_at.saturating_duration_since(now);
        if wait <= BUDGET_PATIENCE {
            tokio::time::sleep_until(ready_at).await;
            return Ok(());
        }
        let words = "the account's rate limit leaves no room for another request yet";
        let mut trouble = Trouble::new(Kind::Limited, words);
        trouble.retry_after = Some(wait.min(LONGEST_WAIT));
        trouble.reached = false;
        Err(trouble)
    }

    fn url(&self, path: &str, query: &[(&'static str, String)]) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path().trim_end_matches('/')));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    /// What an answer that is no success means, in words that say what to check.
    fn judge(&mut self, what: &str, answer: &Answer) -> Trouble {
        let now = clock::now();
        let limited = answer.status == 403 && self.is_limit(&answer.headers);
        let kind = if limited {
            Kind::Limited
        } else {
            Kind::of_status(answer.status)
        };
        let retry_after = come_back_after(kind, &answer.headers, now);
        if let (Kind::Limited, Some(budget)) = (kind, &mut self.budget) {
            let wait = retry_after.unwrap_or(Duration::from_mins(1));
            budget.exhaust(Instant::now() + wait.min(LONGEST_WAIT));
        }
        Trouble {
            kind,
            words: self.words(what, kind, answer),
            retry_after,
            status: Some(answer.status),
            reached: true,
        }
    }

    fn is_limit(&self, headers: &HeaderMap) -> bool {
        let remaining = text(headers, "x-rate-limit-remaining").and_then(|n| n.parse().ok());
        self.manners.limits_by_403 && (remaining == Some(0) || headers.contains_key("retry-after"))
    }

    fn words(&self, what: &str, kind: Kind, answer: &Answer) -> String {
        let reason = http::StatusCode::from_u16(answer.status)
            .ok()
            .and_then(|status| status.canonical_reason())
            .unwrap_or_default();
        let mut words = format!("{what}: {} {reason}", answer.status);
        let check = match (kind, answer.status) {
            (Kind::Limited, _) => "the account's rate limit is used up",
            (_, 401) => self.manners.check_401,
            (_, 403) => self.manners.check_403,
            (_, 300..=399) => "redirects are not followed; check the base URL",
            _ => "",
        };
        if !check.is_empty() {
            words.extend([" (", check, ")"]);
        }
        if let Some(theirs) = vendor_words(&answer.body) {
            words.extend([": ", &self.http.secrets().clean(&theirs)]);
        }
        words
    }
}

/// When the vendor says to come back.
fn come_back_after(kind: Kind, headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    // The window's end says when a limit is over, and nothing about any other failure.
    let reset = || Some(wait(headers, "x-rate-limit-reset", now)? + Duration::from_secs(1));
    let told = retry_after(headers, now);
    match kind {
        // Neither says anything about when credentials will be good again.
        Kind::Denied => None,
        // Nobody who has just refused us for coming too often means "at once".
        Kind::Limited => told.filter(|wait| !wait.is_zero()).or_else(reset),
        _ => told,
    }
}

#[cfg(test)]
#[path = "account_tests.rs"]
mod tests;
