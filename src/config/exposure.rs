//! Whether a server may start as it is configured: who can reach it, and what keeps strangers out.
//!
//! A pure function of four facts, so that every cell of the table in `docs/security.md` is tried.

use super::document::ConfigError;

/// What decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exposure {
    /// Only this machine reaches the address.
    pub is_loopback: bool,
    /// `[access] login`, where it is set.
    pub login: Option<bool>,
    /// `[server.tls]` is set.
    pub has_tls: bool,
    /// `trusted_proxies` names somebody: a proxy publishes the server.
    pub has_proxy: bool,
}

/// Whether everybody has to log in, or why the server does not start.
pub fn needs_login(exposure: Exposure) -> Result<bool, ConfigError> {
    let Exposure {
        is_loopback,
        login,
        has_tls,
        has_proxy,
    } = exposure;
    let is_published = !is_loopback || has_proxy;
    let login = login.unwrap_or(is_published);
    if is_published && !login {
        let who = if is_loopback {
            "`trusted_proxies` is set, so a proxy publishes this server"
        } else {
            "`listen` is an address that others on the network may reach"
        };
        return Err(ConfigError::new(format!(
            "{who}, and `login` is \"off\": anyone could watch the fleet. Take `login` out of \
             [access], or listen on 127.0.0.1:8080 without `trusted_proxies` and reach it through \
             an SSH tunnel"
        )));
    }
    if !is_loopback && !has_tls && !has_proxy {
        return Err(ConfigError::new(
            "`listen` is an address that others on the network may reach, and nothing encrypts \
             what goes there: passwords and positions could be read on the way. Give a \
             certificate and key in [server.tls], or name the proxy that speaks HTTPS for us in \
             `trusted_proxies` of [server], or listen on 127.0.0.1:8080 and reach it through an \
             SSH tunnel",
        ));
    }
    Ok(login)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_of_the_table() {
        const OPEN: Option<bool> = Some(false);
        const LOGIN: Option<bool> = Some(true);
        const REFUSED: Option<bool> = None;
        // Columns: neither, TLS, proxy, both.
        let table = [
            (true, None, [OPEN, OPEN, LOGIN, LOGIN]),
            (true, Some(false), [OPEN, OPEN, REFUSED, REFUSED]),
            (true, Some(true), [LOGIN, LOGIN, LOGIN, LOGIN]),
            (false, None, [REFUSED, LOGIN, LOGIN, LOGIN]),
            (false, Some(false), [REFUSED, REFUSED, REFUSED, REFUSED]),
            (false, Some(true), [REFUSED, LOGIN, LOGIN, LOGIN]),
        ];
        let columns = [(false, false), (true, false), (false, true), (true, true)];
        let mut n_cells = 0;
        for (is_loopback, login, row) in table {
            for ((has_tls, has_proxy), expected) in columns.into_iter().zip(row) {
                let exposure = Exposure {
                    is_loopback,
                    login,
                    has_tls,
                    has_proxy,
                };
                assert_eq!(needs_login(exposure).ok(), expected, "{exposure:?}");
                n_cells += 1;
            }
        }
        assert_eq!(n_cells, 24);
    }

    #[test]
    fn a_refusal_names_the_ways_out() {
        let bare = Exposure {
            is_loopback: false,
            login: None,
            has_tls: false,
            has_proxy: false,
        };
        let said = needs_login(bare).unwrap_err().to_string();
        for way in ["[server.tls]", "trusted_proxies", "127.0.0.1", "SSH"] {
            assert!(said.contains(way), "{said}");
        }
        let open = Exposure {
            login: Some(false),
            ..bare
        };
        let said = needs_login(open).unwrap_err().to_string();
        assert!(said.contains("`login`") && said.contains("SSH"), "{said}");
    }
}
