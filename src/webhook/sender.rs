//! How a delivery is sent: once, signed, without following anybody elsewhere. What a name leads to
//! is looked at where it is connected to, so that a name cannot lead into somebody's own network.

use std::error::Error;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use rustls::ClientConfig;
use secrecy::SecretString;
use url::Host;

use super::envelope::{DELIVERY, SIGNATURE, signature};
use super::hook::{Hook, PRIVATE_REMEDY};
use crate::source::http::{reach, tls, url_guard};

const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// An answer is there within this.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
const USER_AGENT: &str = concat!("fleetglass/", env!("CARGO_PKG_VERSION"));

/// Sends deliveries of all webhooks.
#[derive(Clone, Debug)]
pub(super) struct Sender {
    client: reqwest::Client,
    private: bool,
}

/// A delivery to be sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parcel<'a> {
    pub(super) hook: &'a Hook,
    pub(super) secret: &'a SecretString,
    pub(super) id: &'a str,
    pub(super) body: &'a str,
}

impl Sender {
    /// A sender that may reach `private` networks.
    ///
    /// # Errors
    /// Where TLS cannot be set up at all.
    pub(super) fn new(private: bool) -> Result<Self, String> {
        let tls = tls::client_config(&[], false)?;
        let client = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .tls_backend_preconfigured(ClientConfig::clone(&tls))
            .connect_timeout(CONNECT_WITHIN)
            .timeout(ANSWER_WITHIN)
            .redirect(reqwest::redirect::Policy::none())
            // A proxy would look names up itself, and reach what we may not.
            .no_proxy()
            .dns_resolver(Guarded { private })
            .pool_idle_timeout(Duration::from_secs(50))
            .build();
        let client = client.map_err(|_cause| "the HTTP client cannot be set up".to_owned())?;
        Ok(Self { client, private })
    }

    /// Sends it; gives the status of who answered.
    ///
    /// # Errors
    /// Words that name the host and nothing else of the address.
    pub(super) async fn send(&self, parcel: Parcel<'_>, now: Timestamp) -> Result<u16, String> {
        let Parcel {
            hook,
            secret,
            id,
            body,
        } = parcel;
        self.may_reach(hook)?;
        let request = self
            .client
            .post(hook.url.clone())
            .header(http::header::CONTENT_TYPE, "application/json")
            .header(SIGNATURE, signature(secret, body, now))
            .header(DELIVERY, id)
            .body(body.to_owned());
        match request.send().await {
            Ok(answer) => Ok(answer.status().as_u16()),
            Err(error) => Err(words(hook, &error)),
        }
    }

    /// An address in numbers is looked up by nobody.
    fn may_reach(&self, hook: &Hook) -> Result<(), String> {
        let ip = match hook.url.host() {
            Some(Host::Ipv4(ip)) => ip.into(),
            Some(Host::Ipv6(ip)) => ip.into(),
            Some(Host::Domain(_)) | None => return Ok(()),
        };
        let is_here = hook
            .url
            .host()
            .is_some_and(|host| url_guard::is_loopback(&host));
        if is_here || self.private || reach::is_public(ip) {
            return Ok(());
        }
        Err(format!("{ip} is on a private network; {PRIVATE_REMEDY}"))
    }
}

/// What a status that is no success means.
pub(super) fn refusal(hook: &Hook, status: u16) -> String {
    let host = hook.url.host_str().unwrap_or_default();
    match status {
        300..400 => format!(
            "{host} answered {status}, which leads elsewhere and is not followed; give the address \
             itself"
        ),
        _ => format!("{host} answered {status}"),
    }
}

fn words(hook: &Hook, error: &reqwest::Error) -> String {
    let host = hook.url.host_str().unwrap_or_default();
    if let Some(objection) = tls::objection(host, error) {
        return objection;
    }
    if error.is_timeout() {
        return format!("no answer from {host} within {} s", ANSWER_WITHIN.as_secs());
    }
    let mut cause: &dyn Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    // The client's own words have the whole address in them.
    let cause = match cause.downcast_ref::<reqwest::Error>() {
        Some(_) => "the request could not be completed".to_owned(),
        None => cause.to_string(),
    };
    format!("cannot reach {host}: {cause}")
}

/// Looks names up, and leaves out what may not be reached.
struct Guarded {
    private: bool,
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let private = self.private;
        Box::pin(async move {
            let is_here = url_guard::is_loopback(&Host::Domain(name.as_str()));
            let mut found: Vec<_> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let n_found = found.len();
            found.retain(|address| {
                if is_here {
                    address.ip().is_loopback()
                } else {
                    private || reach::is_public(address.ip())
                }
            });
            if found.is_empty() && 0 < n_found {
                return Err(format!("it is on a private network; {PRIVATE_REMEDY}").into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn resolved(name: &str, private: bool) -> Result<usize, String> {
        let found = Guarded { private }.resolve(name.parse().unwrap()).await;
        found
            .map(Iterator::count)
            .map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn a_name_leads_home_only_where_it_says_so() {
        assert!(resolved("localhost", false).await.is_ok());
        // The system reads it as 127.0.0.1, as a name of somebody else's might lead there.
        let refused = resolved("127.1", false).await.unwrap_err();
        assert!(refused.contains("private = true"), "{refused}");
        assert!(resolved("10.1", false).await.is_err());
        assert!(resolved("10.1", true).await.is_ok());
    }
}
