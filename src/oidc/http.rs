//! How a provider is asked: by the same HTTP client as the vendors are, with time-outs, a cap on
//! bodies, no redirects, and never in the clear beyond this machine.

use std::error::Error;
use std::pin::Pin;
use std::time::Duration;

use http::Response;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use reqwest::Certificate;
use url::Url;

use crate::config::oidc::{OidcSettings, is_on_this_machine, is_safe};

/// A connection stands within this, or there is none.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// An answer is complete within this: somebody waits for it.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// No metadata, key set or token is longer.
const BODY_MAX_BYTES: usize = 1 << 20;
/// The remedy where nobody who is trusted has signed the provider's certificate.
const OWN_AUTHORITY: &str =
    "; if its authority is your own, name it with `ca_file` in [access.oidc]";
const USER_AGENT: &str = concat!("fleetglass/", env!("CARGO_PKG_VERSION"));

/// The client for one provider.
#[derive(Clone, Debug)]
pub(super) struct Http {
    client: reqwest::Client,
    /// The provider is on this machine, and may be asked in the clear.
    is_local: bool,
}

/// Why there is no answer. No message holds a query, a secret, or the provider's own words.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoAnswer {
    #[error("it names an address that is not https")]
    Plain,
    #[error("no connection: {0}")]
    Connect(String),
    #[error("no answer within {} s", ANSWER_WITHIN.as_secs())]
    TimeOut,
    #[error("an answer of more than {} KiB", BODY_MAX_BYTES >> 10)]
    TooLong,
    #[error("the connection broke: {0}")]
    Broken(String),
}

impl Http {
    /// For the provider that is configured.
    ///
    /// # Errors
    /// Where TLS cannot be set up at all.
    pub(super) fn new(settings: &OidcSettings) -> Result<Self, String> {
        let issuer = &settings.issuer;
        let is_local = issuer.scheme() == "http";
        let authorities = settings.authorities.iter();
        let authorities = authorities.map(|der| Certificate::from_der(der));
        let authorities: Vec<_> = authorities.collect::<Result<_, _>>().map_err(unusable)?;
        let mut builder = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .connect_timeout(CONNECT_WITHIN)
            .timeout(ANSWER_WITHIN)
            // Where a redirect leads, our secret would go along.
            .redirect(reqwest::redirect::Policy::none());
        if is_on_this_machine(issuer) {
            builder = builder.no_proxy();
        }
        if !authorities.is_empty() {
            builder = builder.tls_certs_merge(authorities);
        }
        let client = builder.build().map_err(unusable)?;
        Ok(Self { client, is_local })
    }

    /// Whether `url` may be asked, or a browser sent there.
    pub(super) fn may_ask(&self, url: &Url) -> bool {
        is_safe(url) && (self.is_local || url.scheme() == "https")
    }

    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, NoAnswer> {
        let request = reqwest::Request::try_from(request).map_err(|_not_ours| NoAnswer::Plain)?;
        if !self.may_ask(request.url()) {
            return Err(NoAnswer::Plain);
        }
        let mut answer = self.client.execute(request).await.map_err(no_answer)?;
        let mut complete = Response::new(Vec::new());
        *complete.status_mut() = answer.status();
        *complete.headers_mut() = std::mem::take(answer.headers_mut());
        while let Some(chunk) = answer.chunk().await.map_err(no_answer)? {
            if complete.body().len() + chunk.len() > BODY_MAX_BYTES {
                return Err(NoAnswer::TooLong);
            }
            complete.body_mut().extend_from_slice(&chunk);
        }
        Ok(complete)
    }
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = NoAnswer;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, NoAnswer>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.exchange(request))
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it is what map_err hands over"
)]
fn unusable(error: reqwest::Error) -> String {
    format!("the HTTP client cannot be set up: {}", innermost(&error))
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it is what map_err hands over"
)]
fn no_answer(error: reqwest::Error) -> NoAnswer {
    if error.is_timeout() {
        NoAnswer::TimeOut
    } else if error.is_connect() {
        let mut words = innermost(&error);
        // As TLS calls it, among words that say no more than that.
        if words.contains("UnknownIssuer") {
            words.push_str(OWN_AUTHORITY);
        }
        NoAnswer::Connect(words)
    } else {
        NoAnswer::Broken(innermost(&error))
    }
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
