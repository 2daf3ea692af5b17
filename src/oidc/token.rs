//! The ID token: what it must be, and what it says of somebody.

use std::collections::BTreeMap;
use std::time::SystemTime;

use jiff::{SignedDuration, Timestamp};
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreClientAuthMethod, CoreErrorResponseType, CoreGenderClaim,
    CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm,
    CoreProviderMetadata, CoreRevocableToken, CoreRevocationErrorResponse,
    CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AccessTokenHash, AdditionalClaims, AuthType, ClaimsVerificationError, ClientId, ClientSecret,
    EmptyExtraTokenFields, EndUserEmail, EndUserName, EndUserUsername, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, IdTokenFields, IdTokenVerifier, LocalizedClaim, Nonce,
    OAuth2TokenResponse, RedirectUrl, SignatureVerificationError, StandardErrorResponse,
    StandardTokenResponse, TokenResponse as _,
};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::OidcError;
use crate::config::oidc::OidcSettings;

/// Keys that only the provider has sign it. `HS256` is not among them: its key would be our own
/// secret, or what an attacker makes us take for one.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];
/// The provider's clock may differ from ours by this.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_secs(60);

/// What a token says beside the usual.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Claims {
    #[serde(flatten)]
    all: BTreeMap<String, Value>,
}

impl AdditionalClaims for Claims {}

type Fields = IdTokenFields<
    Claims,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
/// What the token endpoint answers.
pub(super) type Tokens = StandardTokenResponse<Fields, CoreTokenType>;
type IdTokenClaims = openidconnect::IdTokenClaims<Claims, CoreGenderClaim>;
/// What the userinfo endpoint answers.
pub(super) type UserInfo = openidconnect::UserInfoClaims<Claims, CoreGenderClaim>;
/// What the token endpoint says when it refuses.
pub(super) type Refusal = StandardErrorResponse<CoreErrorResponseType>;

/// We, as the provider knows us.
pub(super) type Client = openidconnect::Client<
    Claims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    Refusal,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// We, at a provider that says `metadata` of itself; browsers come back to `redirect`.
pub(super) fn client(
    settings: &OidcSettings,
    metadata: &CoreProviderMetadata,
    redirect: &str,
) -> Result<Client, OidcError> {
    let redirect = RedirectUrl::new(redirect.to_owned());
    let redirect = redirect.map_err(|_not_a_url| OidcError::Address)?;
    let secret = settings.client_secret.as_ref();
    let client = Client::from_provider_metadata(
        metadata.clone(),
        ClientId::new(settings.client_id.clone()),
        secret.map(|secret| ClientSecret::new(secret.expose_secret().to_owned())),
    );
    // Where a provider says nothing, it takes the header.
    let methods = metadata.token_endpoint_auth_methods_supported();
    let takes_body_only = methods.is_some_and(|methods| {
        methods.contains(&CoreClientAuthMethod::ClientSecretPost)
            && !methods.contains(&CoreClientAuthMethod::ClientSecretBasic)
    });
    let auth = if takes_body_only {
        AuthType::RequestBody
    } else {
        AuthType::BasicAuth
    };
    Ok(client.set_redirect_uri(redirect).set_auth_type(auth))
}

/// Why an ID token does not count.
#[derive(Debug)]
pub(super) enum Refused {
    /// It is signed by a key that we do not know; the provider may have a new one.
    UnknownKey,
    /// It is none of ours.
    Untrusted(&'static str),
}

/// What the ID token among `tokens` says, if it is the provider's, for us, of now, and for the
/// login that `nonce` belongs to.
pub(super) fn verified<'t>(
    client: &Client,
    tokens: &'t Tokens,
    nonce: &Nonce,
    now: Timestamp,
) -> Result<&'t IdTokenClaims, Refused> {
    let token = tokens
        .id_token()
        .ok_or(Refused::Untrusted("it is missing"))?;
    let earlier = SystemTime::from(now.saturating_sub(CLOCKS_DIFFER).unwrap_or(now));
    let latest_s = now.as_second() + CLOCKS_DIFFER.as_secs();
    let verifier = client
        .id_token_verifier()
        .set_allowed_algs(ALGORITHMS)
        .set_time_fn(move || earlier.into())
        .set_issue_time_verifier_fn(move |at| {
            let is_fine = at.timestamp() <= latest_s;
            is_fine.then_some(()).ok_or_else(String::new)
        });
    let claims = token
        .claims(&verifier, nonce)
        .map_err(|error| why(&error))?;
    check_access_token(&verifier, tokens, claims)?;
    // The library looks at the audience alone.
    let party = claims.authorized_party();
    if party.is_some_and(|party| party.as_str() != client.client_id().as_str()) {
        return Err(Refused::Untrusted("it is for another client"));
    }
    if claims.subject().as_str().is_empty() || claims.subject().as_str().len() > 255 {
        return Err(Refused::Untrusted("its subject is not 1 to 255 letters"));
    }
    Ok(claims)
}

/// `at_hash`: the access token that came along is the one that the ID token was made with.
fn check_access_token(
    verifier: &IdTokenVerifier<'_, CoreJsonWebKey>,
    tokens: &Tokens,
    claims: &IdTokenClaims,
) -> Result<(), Refused> {
    const WRONG: Refused = Refused::Untrusted("its at_hash is of another access token");
    let (Some(expected), Some(token)) = (claims.access_token_hash(), tokens.id_token()) else {
        return Ok(());
    };
    let algorithm = token.signing_alg().map_err(|_none| WRONG)?;
    let key = token.signing_key(verifier).map_err(|_none| WRONG)?;
    let actual = AccessTokenHash::from_token(tokens.access_token(), algorithm, key);
    let is_it = actual.is_ok_and(|actual| actual.as_str() == expected.as_str());
    is_it.then_some(()).ok_or(WRONG)
}

fn why(error: &ClaimsVerificationError) -> Refused {
    Refused::Untrusted(match error {
        ClaimsVerificationError::SignatureVerification(
            SignatureVerificationError::NoMatchingKey,
        ) => return Refused::UnknownKey,
        ClaimsVerificationError::SignatureVerification(
            SignatureVerificationError::DisallowedAlg(_)
            | SignatureVerificationError::UnsupportedAlg(_)
            | SignatureVerificationError::NoSignature,
        ) => "it is not signed by an algorithm that is taken",
        ClaimsVerificationError::SignatureVerification(_) => "its signature is wrong",
        ClaimsVerificationError::Expired(_) => "it has expired, or is of the future",
        ClaimsVerificationError::InvalidAudience(_) => "it is for another client",
        ClaimsVerificationError::InvalidIssuer(_) => "it is by another issuer",
        ClaimsVerificationError::InvalidNonce(_) => "it is of another login",
        _ => "it is not as it must be",
    })
}

/// The names of the groups that `claim` holds: a text, or a list of texts; `None` where there is
/// no such claim. A claim may be named outright, or by the members that lead to it, with dots.
pub(super) fn groups(claims: &Claims, claim: &str) -> Option<Vec<String>> {
    let found = claims.all.get(claim).or_else(|| {
        let mut members = claim.split('.');
        let first = claims.all.get(members.next()?)?;
        members.try_fold(first, |value, member| value.get(member))
    })?;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    Some(match found {
        Value::Array(values) => values.iter().filter_map(text).collect(),
        other => text(other).into_iter().collect(),
    })
}

/// By which somebody may be called here, the best first.
pub(super) fn names(
    handle: Option<&EndUserUsername>,
    name: Option<&LocalizedClaim<EndUserName>>,
    email: Option<&EndUserEmail>,
) -> Vec<String> {
    let handle = handle.map(|handle| handle.to_string());
    let name = name.and_then(|name| name.get(None));
    let name = name.map(|name| name.to_string());
    let email = email.map(|email| email.to_string());
    [handle, name, email].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn groups_by_the_table() {
        let cases = [
            (json!({}), "groups", None),
            (json!({ "groups": "a" }), "groups", Some(vec!["a"])),
            (json!({ "groups": "a,b c" }), "groups", Some(vec!["a,b c"])),
            (
                json!({ "groups": ["a", "b"] }),
                "groups",
                Some(vec!["a", "b"]),
            ),
            (json!({ "groups": [] }), "groups", Some(vec![])),
            (json!({ "groups": null }), "groups", Some(vec![])),
            (json!({ "groups": 7 }), "groups", Some(vec![])),
            (json!({ "groups": { "a": true } }), "groups", Some(vec![])),
            (
                json!({ "groups": ["a", 7, ["b"]] }),
                "groups",
                Some(vec!["a"]),
            ),
            (
                json!({ "realm": { "roles": ["a"] } }),
                "realm.roles",
                Some(vec!["a"]),
            ),
            (json!({ "realm": { "roles": ["a"] } }), "realm.groups", None),
            (json!({ "realm": ["a"] }), "realm.roles", None),
            (
                json!({ "https://x.org/groups": ["a"] }),
                "https://x.org/groups",
                Some(vec!["a"]),
            ),
        ];
        for (value, claim, expected) in cases {
            let claims: Claims = serde_json::from_value(value.clone()).unwrap();
            let found = groups(&claims, claim);
            let found = found
                .as_ref()
                .map(|groups| groups.iter().map(String::as_str).collect());
            assert_eq!(found, expected, "{value} {claim}");
        }
    }
}
