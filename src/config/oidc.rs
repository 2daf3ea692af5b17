//! `[access.oidc]`: an `OpenID` provider by which people come in.

use std::path::Path;

use rustls::pki_types::CertificateDer;
use secrecy::SecretString;
use url::{Host, Url};

use super::authority;
use super::document::{ConfigError, Section};
use super::env::Env;
use super::given;
use super::rights::{NOBODY, Rights, rights};
use super::source::KeySpec;

/// `[access.oidc]`.
#[derive(Clone, Debug)]
pub struct OidcSettings {
    /// `issuer`: the provider, to the letter as it calls itself; `https`, or `http` on this
    /// machine.
    pub issuer: Url,
    /// `issuer` as it stands in the file; the provider must call itself so.
    pub issuer_text: String,
    /// `client_id`: what the provider calls us.
    pub client_id: String,
    /// `client_secret`; `None`: the provider knows us as a public client.
    pub client_secret: Option<SecretString>,
    /// `name`: what stands on the button. Default: the issuer's host.
    pub name: String,
    /// `scopes`: what is asked for beside `openid`. Default `profile` and `email`.
    pub scopes: Vec<String>,
    /// `groups_claim`: the claim with the names of the user's groups; a member of an object is
    /// named with dots. Default `groups`.
    pub groups_claim: String,
    /// `ca_file`: whose certificates are trusted of the provider, beside the system's authorities.
    pub authorities: Vec<CertificateDer<'static>>,
    /// `role`, `roles`, `sees`.
    pub rights: Rights,
}

/// Two are the same where nothing else than their secrets may differ.
impl PartialEq for OidcSettings {
    fn eq(&self, other: &Self) -> bool {
        let own = |of: &Self| {
            let asked = (of.scopes.clone(), of.groups_claim.clone());
            (
                of.issuer_text.clone(),
                of.client_id.clone(),
                of.name.clone(),
                asked,
            )
        };
        own(self) == own(other)
            && self.rights == other.rights
            && self.authorities == other.authorities
    }
}

impl Eq for OidcSettings {}

const SECRET: KeySpec = KeySpec {
    name: "client_secret",
    env: None,
    secret: true,
    required: false,
    default: None,
    help: "the secret that the provider shares with us",
};

/// Reads `[access.oidc]`. `login`: `[access] login`, where it is set.
pub(super) fn oidc(
    mut section: Section<'_>,
    login: Option<bool>,
    env: &dyn Env,
    folder: &Path,
) -> Result<OidcSettings, ConfigError> {
    let issuer = section.string("issuer")?;
    let client_id = section.string("client_id")?;
    let client_secret = given::in_file(&mut section, &SECRET, env, folder)?;
    let name = section.parsed("name", "1 to 40 characters", name)?;
    let scopes = scopes(&mut section)?;
    let groups_claim = section.parsed("groups_claim", "the name of a claim", claim)?;
    let authorities = authorities(&mut section, folder)?;
    let rights = rights(&mut section)?;
    if login == Some(false) {
        return Err(section.error(
            "[access.oidc] says how people sign in, and `login` is \"off\"; take one of them out",
        ));
    }
    let Some((issuer_text, span)) = issuer else {
        return Err(section.error(
            "`issuer` is missing; it is the provider's address, such as \
             https://id.example.org/realms/main",
        ));
    };
    let issuer =
        issuer_url(&issuer_text).map_err(|problem| section.error_at(&span, problem.to_owned()))?;
    let Some((client_id, _)) = client_id.filter(|(id, _)| !id.trim().is_empty()) else {
        return Err(section.error("`client_id` is missing; the provider gives it"));
    };
    if rights.let_nobody_in() {
        return Err(section.error(NOBODY));
    }
    if groups_claim.is_some() && !rights.ask_for_groups() {
        return Err(section.error(
            "`groups_claim` is given, and neither `roles` nor `sees` goes by groups; take it out, \
             or say what groups are worth",
        ));
    }
    section.finish()?;
    let host = issuer.host_str().unwrap_or_default().to_owned();
    Ok(OidcSettings {
        name: name.unwrap_or(host),
        issuer,
        issuer_text,
        client_id,
        client_secret: client_secret.map(|(secret, _)| SecretString::from(secret)),
        scopes,
        groups_claim: groups_claim.unwrap_or_else(|| "groups".to_owned()),
        authorities,
        rights,
    })
}

/// Whether nobody can read along what is sent to `url`: by `https`, or to this very machine.
pub fn is_safe(url: &Url) -> bool {
    match url.scheme() {
        "https" => url.host().is_some(),
        "http" => is_on_this_machine(url),
        _ => false,
    }
}

/// Whether `url` is of this very machine.
pub fn is_on_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

fn authorities(
    section: &mut Section<'_>,
    folder: &Path,
) -> Result<Vec<CertificateDer<'static>>, ConfigError> {
    let Some((file, span)) = section.string("ca_file")? else {
        return Ok(Vec::new());
    };
    authority::read(&folder.join(&file)).map_err(|why| {
        let problem = format!("`ca_file` names {file}, which {why}");
        section.error_at(&span, problem)
    })
}

fn issuer_url(text: &str) -> Result<Url, &'static str> {
    let Ok(url) = Url::parse(text) else {
        return Err("`issuer` must be an address, such as https://id.example.org");
    };
    if !is_safe(&url) {
        return Err(
            "`issuer` must begin with https://; what a provider says in the clear, anybody \
             on the way could say (http:// is taken for 127.0.0.1, [::1] and localhost only)",
        );
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("`issuer` must not hold credentials");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("`issuer` must not have a query or a fragment");
    }
    Ok(url)
}

fn name(text: &str) -> Option<String> {
    let text = text.trim();
    let is_fine = (1..=40).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    is_fine.then(|| text.to_owned())
}

fn claim(text: &str) -> Option<String> {
    let is_fine = !text.is_empty() && !text.chars().any(char::is_control);
    is_fine.then(|| text.to_owned())
}

/// `openid` is asked for in any case.
fn scopes(section: &mut Section<'_>) -> Result<Vec<String>, ConfigError> {
    let given = section.strings("scopes")?;
    if given.is_empty() {
        return Ok(vec!["profile".to_owned(), "email".to_owned()]);
    }
    let mut scopes = Vec::new();
    for (scope, span) in given {
        // RFC 6749, section 3.3.
        let is_plain = |b: u8| b.is_ascii_graphic() && b != b'"' && b != b'\\';
        if scope.is_empty() || !scope.bytes().all(is_plain) {
            let problem = "each of `scopes` must be one word, such as \"groups\"";
            return Err(section.error_at(&span, problem));
        }
        if scope != "openid" && !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    Ok(scopes)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use secrecy::ExposeSecret;

    use super::super::access::{AccessRules, access};
    use super::super::document::{Text, parse};
    use super::super::rights::RoleName;
    use super::*;

    fn read(text: &str) -> Result<AccessRules, String> {
        let text = Text {
            file: "f.toml",
            text,
        };
        let table = parse(text).unwrap();
        let section = Section::root(text, table.get_ref())
            .section("access")
            .unwrap();
        let env = HashMap::from([("OIDC_SECRET".to_owned(), "hush".to_owned())]);
        access(section, false, &env, Path::new(".")).map_err(|error| error.to_string())
    }

    #[test]
    fn a_good_section_means_what_it_says_and_asks_for_a_login() {
        let rules = read(
            "[access.oidc]\nissuer = \"https://id.example.org/realms/main\"\n\
             client_id = \"fleetglass\"\nclient_secret_env = \"OIDC_SECRET\"\n\
             scopes = [\"openid\", \"groups\"]\ngroups_claim = \"realm_access.roles\"\n\
             [access.oidc.roles]\nadmins = \"administrator\"\n\
             [access.oidc.sees]\nnorth = [\"North\"]",
        );
        let rules = rules.unwrap();
        assert_eq!(rules.login, Some(true));
        let oidc = rules.oidc.unwrap();
        assert_eq!(oidc.name, "id.example.org");
        assert_eq!(oidc.scopes, ["groups"]);
        assert_eq!(oidc.rights.roles["admins"], RoleName::Administrator);
        assert_eq!(oidc.client_secret.unwrap().expose_secret(), "hush");
        let rules = read(
            "[access.oidc]\nissuer = \"http://127.0.0.1:9000\"\nclient_id = \"x\"\n\
             name = \"Example\"\nrole = \"viewer\"",
        );
        let oidc = rules.unwrap().oidc.unwrap();
        assert!(oidc.client_secret.is_none());
        assert_eq!(
            (oidc.name.as_str(), oidc.groups_claim.as_str()),
            ("Example", "groups")
        );
        assert_eq!(oidc.scopes, ["profile", "email"]);
    }

    #[test]
    fn what_is_wrong_quotes_its_line() {
        const FINE: &str =
            "issuer = \"https://id.example.org\"\nclient_id = \"x\"\nrole = \"viewer\"\n";
        let issuer = |issuer: &str| format!("issuer = \"{issuer}\"\n");
        let cases = [
            (issuer("http://id.example.org"), "f.toml:2"),
            (issuer("https://u:p@id.example.org"), "f.toml:2"),
            (issuer("https://id.example.org?x=1"), "f.toml:2"),
            (issuer("id.example.org"), "f.toml:2"),
            (issuer("ftp://id.example.org"), "f.toml:2"),
            ("client_id = \"x\"".to_owned(), "`issuer` is missing"),
            (issuer("https://id.example.org"), "`client_id` is missing"),
            (
                format!("{}client_id = \"x\"", issuer("https://id.example.org")),
                "nobody would be let in",
            ),
            (format!("{FINE}scopes = [\"a b\"]"), "f.toml:5"),
            (format!("{FINE}name = \"\""), "f.toml:5"),
            (
                format!("{FINE}groups_claim = \"groups\""),
                "`groups_claim` is given",
            ),
            (format!("{FINE}client_secret_env = \"UNSET\""), "UNSET"),
            (
                format!("{FINE}client_secret_env = \"OIDC_SECRET\"\nclient_secret = \"x\""),
                "more than once",
            ),
            (format!("{FINE}redirect = \"x\""), "unknown key"),
            (
                format!("{FINE}ca_file = \"no/such.pem\""),
                "`ca_file` names no/such.pem, which cannot be read",
            ),
        ];
        for (text, expected) in cases {
            let said = read(&format!("[access.oidc]\n{text}")).unwrap_err();
            assert!(said.contains(expected), "{text}: {said}");
            assert!(said.contains("f.toml:"), "{said}");
        }
        let said = read(&format!("[access]\nlogin = \"off\"\n[access.oidc]\n{FINE}"));
        let said = said.unwrap_err();
        assert!(
            said.contains("`login` is \"off\"") && said.contains("f.toml:3"),
            "{said}"
        );
    }
}
