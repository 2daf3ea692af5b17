//! People whom an `OpenID` provider knows: the code flow with PKCE, state and nonce.
//!
//! A login goes out by [`Provider::begin`] and comes back by [`Provider::finish`]; what is between
//! is kept here, for the browser that began it. What comes out is who somebody is there and in
//! which groups; what that is worth here is for others to say. The provider is asked when somebody
//! wants in and not before: one that is down keeps nobody else from anything.

mod http;
mod known;
mod pending;
mod token;

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use openidconnect::core::{CoreAuthenticationFlow, CoreErrorResponseType};
use openidconnect::{
    AuthorizationCode, CsrfToken, IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge,
    RequestTokenError, Scope, UserInfoError,
};
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use self::http::{Http, NoAnswer};
use self::known::Known;
use self::pending::{Flow, NotTaken, Pending};
use self::token::{Client, Refusal, Refused, Tokens, UserInfo};
use crate::auth::AddressKey;
use crate::config::oidc::OidcSettings;

/// A login that is begun is good for this long.
pub const LASTS: SignedDuration = pending::LASTS;

/// A provider, and the logins that are under way there.
#[derive(Debug)]
pub struct Provider {
    settings: OidcSettings,
    http: Http,
    known: Known,
    pending: Mutex<Pending>,
}

/// A login that is to begin.
#[derive(Debug)]
pub struct Start {
    /// Where the provider sends the browser back to; registered there.
    pub redirect: String,
    /// Where the person wants to go.
    pub next: String,
    /// From where.
    pub from: IpAddr,
}

/// A login that has begun.
#[derive(Debug)]
pub struct Begun {
    /// Where the browser goes: the provider.
    pub address: Url,
    /// What the browser is to hold meanwhile.
    pub browser: SecretString,
}

/// What the provider sent back, by the browser: the query of the address.
#[derive(Deserialize)]
pub struct Callback {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

/// The code is a secret, and the rest is anybody's words.
impl std::fmt::Debug for Callback {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Callback(..)")
    }
}

/// Somebody whom the provider vouches for.
#[derive(Debug)]
pub struct Vouched {
    /// The provider.
    pub issuer: Arc<str>,
    /// Whom it means; never anybody else.
    pub subject: Arc<str>,
    /// What they may be called, the best first; nobody is known by it.
    pub names: Vec<String>,
    /// Their groups there.
    pub groups: Vec<String>,
    /// Where they wanted to go.
    pub next: String,
}

/// A login that comes to nothing.
#[derive(Debug)]
pub struct Failure {
    /// Why.
    pub error: OidcError,
    /// Where the person wanted to go, if that login is known: then somebody came this way by the
    /// provider, and not by an address that anybody can make up.
    pub next: Option<String>,
}

/// Why a login comes to nothing. No message holds a secret, or the provider's own words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OidcError {
    /// The provider cannot be asked.
    #[error("the OpenID provider cannot be asked: {0}")]
    Down(String),
    /// This server is called by a name that cannot stand in an address.
    #[error("this server's own address cannot be told to the OpenID provider")]
    Address,
    /// Nobody began it, it took too long, or it was gone on with before.
    #[error("this login is not known, or no longer")]
    Stale,
    /// Another browser began it.
    #[error("another browser began this login")]
    OtherBrowser,
    /// The provider let nobody in.
    #[error("the OpenID provider let nobody in: {0}")]
    Refused(&'static str),
    /// What it says cannot be trusted.
    #[error("the ID token is refused: {0}")]
    Untrusted(&'static str),
}

impl Provider {
    /// The provider that is configured; it is not asked for anything yet.
    ///
    /// # Errors
    /// Where the HTTP client cannot be set up.
    pub fn new(settings: OidcSettings) -> Result<Self, String> {
        let issuer = IssuerUrl::new(settings.issuer_text.clone());
        let issuer = issuer.map_err(|_not_a_url| "the issuer is no address".to_owned())?;
        Ok(Self {
            http: Http::new(&settings)?,
            known: Known::new(issuer),
            pending: Mutex::default(),
            settings,
        })
    }

    /// How it is configured.
    pub fn settings(&self) -> &OidcSettings {
        &self.settings
    }

    /// Begins a login.
    pub async fn begin(&self, start: Start, now: Timestamp) -> Result<Begun, OidcError> {
        let metadata = self.known.metadata(&self.http, now).await?;
        let client = token::client(&self.settings, &metadata, &start.redirect)?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let scopes = self.settings.scopes.iter().cloned().map(Scope::new);
        let (address, state, nonce) = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                || CsrfToken::new_random_len(32),
                || Nonce::new_random_len(32),
            )
            .add_scopes(scopes)
            .set_pkce_challenge(challenge)
            .url();
        let browser = SecretString::from(CsrfToken::new_random_len(32).into_secret());
        let flow = Flow {
            browser: browser.clone(),
            nonce,
            verifier,
            redirect: start.redirect,
            next: start.next,
            from: AddressKey::of(start.from),
            begun_at: now,
        };
        self.pending().add(state.into_secret(), flow);
        Ok(Begun { address, browser })
    }

    /// Goes on with the login that `told` is of, in the browser that holds `browser`.
    pub async fn finish(
        &self,
        told: Callback,
        browser: Option<&str>,
        now: Timestamp,
    ) -> Result<Vouched, Failure> {
        let state = told.state.as_deref().unwrap_or_default();
        let taken = self.pending().take(state, browser, now);
        let flow = taken.map_err(|refusal| Failure {
            error: match refusal {
                NotTaken::Unknown => OidcError::Stale,
                NotTaken::OtherBrowser => OidcError::OtherBrowser,
            },
            next: None,
        })?;
        let next = flow.next.clone();
        let vouched = self.vouched(told, flow, now).await;
        vouched.map_err(|error| Failure {
            error,
            next: Some(next),
        })
    }

    async fn vouched(
        &self,
        told: Callback,
        flow: Flow,
        now: Timestamp,
    ) -> Result<Vouched, OidcError> {
        if told.iss.is_some_and(|iss| iss != self.settings.issuer_text) {
            return Err(OidcError::Untrusted("the answer is by another issuer"));
        }
        if let Some(error) = told.error {
            return Err(OidcError::Refused(known_word(&error)));
        }
        let code = told.code.ok_or(OidcError::Refused("it sent no code"))?;
        let metadata = self.known.metadata(&self.http, now).await?;
        let mut client = token::client(&self.settings, &metadata, &flow.redirect)?;
        let asking = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|_no_endpoint| OidcError::Down("it names no token endpoint".to_owned()))?
            .set_pkce_verifier(flow.verifier);
        let tokens = asking.request_async(&self.http).await;
        let tokens = tokens.map_err(|error| not_exchanged(&error))?;
        let mut verified = token::verified(&client, &tokens, &flow.nonce, now);
        if let Err(Refused::UnknownKey) = verified {
            let renewed = self.known.with_new_keys(&metadata, &self.http, now).await?;
            client = token::client(&self.settings, &renewed, &flow.redirect)?;
            verified = token::verified(&client, &tokens, &flow.nonce, now);
        }
        let claims = verified.map_err(|refused| match refused {
            Refused::UnknownKey => OidcError::Untrusted("its key is not among the provider's"),
            Refused::Untrusted(why) => OidcError::Untrusted(why),
        })?;
        let subject = claims.subject().clone();
        let claim = &self.settings.groups_claim;
        let mut groups = token::groups(claims.additional_claims(), claim);
        let mut names = token::names(claims.preferred_username(), claims.name(), claims.email());
        let lacks_groups = groups.is_none() && self.settings.rights.ask_for_groups();
        if (lacks_groups || names.is_empty()) && metadata.userinfo_endpoint().is_some() {
            let told = self.user_info(&client, &tokens, subject.clone()).await?;
            groups = groups.or_else(|| token::groups(told.additional_claims(), claim));
            let told = token::names(told.preferred_username(), told.name(), told.email());
            names.extend(told);
        }
        names.push(subject.as_str().to_owned());
        Ok(Vouched {
            issuer: self.settings.issuer_text.as_str().into(),
            subject: subject.as_str().into(),
            names,
            groups: groups.unwrap_or_default(),
            next: flow.next,
        })
    }

    /// Some providers say groups and names here alone.
    async fn user_info(
        &self,
        client: &Client,
        tokens: &Tokens,
        subject: openidconnect::SubjectIdentifier,
    ) -> Result<UserInfo, OidcError> {
        let down = || OidcError::Down("it does not say who somebody is".to_owned());
        let asking = client.user_info(tokens.access_token().clone(), Some(subject));
        let asking = asking.map_err(|_no_endpoint| down())?;
        let told: Result<UserInfo, _> = asking.request_async(&self.http).await;
        told.map_err(|error| match error {
            UserInfoError::ClaimsVerification(_) => {
                OidcError::Untrusted("the userinfo endpoint speaks of somebody else")
            }
            UserInfoError::Request(no_answer) => OidcError::Down(no_answer.to_string()),
            _ => down(),
        })
    }

    fn pending(&self) -> std::sync::MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Of the errors that are known by name the name; anybody's words stay out of the log.
fn known_word(error: &str) -> &'static str {
    const KNOWN: [&str; 9] = [
        "access_denied",
        "invalid_request",
        "invalid_scope",
        "login_required",
        "interaction_required",
        "consent_required",
        "server_error",
        "temporarily_unavailable",
        "unauthorized_client",
    ];
    let found = KNOWN.into_iter().find(|known| *known == error);
    found.unwrap_or("an error of its own")
}

fn not_exchanged(error: &RequestTokenError<NoAnswer, Refusal>) -> OidcError {
    match error {
        RequestTokenError::ServerResponse(refusal) => OidcError::Refused(match refusal.error() {
            CoreErrorResponseType::InvalidClient => {
                "invalid_client; is the client_secret the right one?"
            }
            CoreErrorResponseType::InvalidGrant => "invalid_grant",
            CoreErrorResponseType::InvalidRequest => "invalid_request",
            CoreErrorResponseType::UnauthorizedClient => "unauthorized_client",
            _ => "an error of its own, for the code",
        }),
        RequestTokenError::Request(no_answer) => OidcError::Down(no_answer.to_string()),
        RequestTokenError::Parse(..) => {
            OidcError::Untrusted("the answer with it is not understood")
        }
        RequestTokenError::Other(_) => OidcError::Down("its answer is not understood".to_owned()),
    }
}
