//! The opening: whether a request asks for a WebSocket as RFC 6455 4.2.1 wants it, and what the
//! 101 answer says.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::header::{
    CONNECTION, HOST, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Version};
use sha1::{Digest, Sha1};

use super::extensions;

/// What the accept key is salted with (RFC 6455 1.3).
const SALT: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The last character of a key has four bits that mean nothing; not all clients clear them.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical)
        .with_decode_allow_trailing_bits(true),
);

/// What the client asked for, checked to RFC 6455 4.2.1.
#[derive(Clone, Debug)]
pub struct Handshake {
    accept: HeaderValue,
    offered: Vec<String>,
    extension: Option<&'static str>,
}

/// Why a request does not open a WebSocket; the text names the remedy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HandshakeError {
    /// The method is not GET.
    #[error("a WebSocket is opened with GET: use that method")]
    Method,
    /// The request is not HTTP/1.1.
    #[error("a WebSocket is opened over HTTP/1.1: connect with that version")]
    HttpVersion,
    /// There is no `Host`.
    #[error("the Host header is missing: send the name and port that you connected to")]
    Host,
    /// `Upgrade` does not name `websocket`.
    #[error("this address speaks WebSocket: send the header Upgrade: websocket")]
    Upgrade,
    /// `Connection` does not name `Upgrade`; proxies like to drop it.
    #[error("the header Connection: Upgrade is missing: send it, and let proxies pass it on")]
    Connection,
    /// The client speaks another version of the protocol, or names none.
    #[error("only version 13 of WebSocket is spoken: send Sec-WebSocket-Version: 13")]
    WebSocketVersion,
    /// The key is missing, there are two, or it is not 16 bytes.
    #[error("Sec-WebSocket-Key is not one key: send 16 random bytes in base64")]
    Key,
    /// A subprotocol is no token, or is offered twice.
    #[error("Sec-WebSocket-Protocol is malformed: send names once each, separated by commas")]
    Protocol,
}

impl HandshakeError {
    /// Whether the answer is 426 and names the version that is spoken
    /// (`Sec-WebSocket-Version: 13`); else it is 400.
    pub fn wants_version_header(&self) -> bool {
        *self == Self::WebSocketVersion
    }
}

impl Handshake {
    /// Checks a request. `headers` are those of the request, `Host` included.
    pub fn check(
        method: &Method,
        version: Version,
        headers: &HeaderMap,
    ) -> Result<Self, HandshakeError> {
        let need = |holds: bool, error| if holds { Ok(()) } else { Err(error) };
        need(method == Method::GET, HandshakeError::Method)?;
        need(version == Version::HTTP_11, HandshakeError::HttpVersion)?;
        need(headers.contains_key(HOST), HandshakeError::Host)?;
        let is_named = |name, token: &str| {
            list(headers, name).any(|element| element.eq_ignore_ascii_case(token))
        };
        need(is_named(&UPGRADE, "websocket"), HandshakeError::Upgrade)?;
        need(is_named(&CONNECTION, "upgrade"), HandshakeError::Connection)?;
        let is_spoken = only(headers, &SEC_WEBSOCKET_VERSION) == Some(b"13");
        need(is_spoken, HandshakeError::WebSocketVersion)?;
        Ok(Self {
            accept: accept(headers).ok_or(HandshakeError::Key)?,
            offered: offered(headers).ok_or(HandshakeError::Protocol)?,
            extension: extensions::agree(headers),
        })
    }

    /// The subprotocols, as offered, in order.
    pub fn offered(&self) -> &[String] {
        &self.offered
    }

    /// Whether permessage-deflate is agreed: then either side may compress a message.
    pub fn deflates(&self) -> bool {
        self.extension.is_some()
    }

    /// The headers of the 101 answer. A `protocol` that was not offered is left out, because a
    /// client must fail on it.
    pub fn answer(&self, protocol: Option<&str>) -> Vec<(HeaderName, HeaderValue)> {
        let mut headers = vec![
            (CONNECTION, HeaderValue::from_static("Upgrade")),
            (UPGRADE, HeaderValue::from_static("websocket")),
            (SEC_WEBSOCKET_ACCEPT, self.accept.clone()),
        ];
        let protocol = protocol.filter(|name| self.offered.iter().any(|offer| offer == name));
        if let Some(Ok(name)) = protocol.map(HeaderValue::from_str) {
            headers.push((SEC_WEBSOCKET_PROTOCOL, name));
        }
        if let Some(extension) = self.extension {
            let value = HeaderValue::from_static(extension);
            headers.push((SEC_WEBSOCKET_EXTENSIONS, value));
        }
        headers
    }
}

/// The answer to the client's key; none if the key is not one.
fn accept(headers: &HeaderMap) -> Option<HeaderValue> {
    let key = only(headers, &SEC_WEBSOCKET_KEY)?;
    let nonce = BASE64.decode(key).ok()?;
    if nonce.len() != 16 {
        return None;
    }
    let digest = Sha1::new().chain_update(key).chain_update(SALT).finalize();
    HeaderValue::from_str(&BASE64.encode(digest)).ok()
}

/// The subprotocols; none if they break RFC 6455 4.1.
fn offered(headers: &HeaderMap) -> Option<Vec<String>> {
    let mut names: Vec<String> = Vec::new();
    let is_text = |value: &HeaderValue| value.to_str().is_ok();
    if !headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter().all(is_text) {
        return None;
    }
    for name in list(headers, &SEC_WEBSOCKET_PROTOCOL) {
        if !extensions::is_token(name) || names.iter().any(|other| other == name) {
            return None;
        }
        names.push(name.to_owned());
    }
    Some(names)
}

/// The value of a header that may stand there once only.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a [u8]> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    let is_alone = values.next().is_none();
    is_alone.then(|| value.as_bytes().trim_ascii())
}

/// The elements of a header that is a list, over all its lines; empty ones are no elements.
fn list<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(name).into_iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .filter(|element| !element.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The request of RFC 6455 1.2.
    fn request() -> HeaderMap {
        with(&[
            ("host", "server.example.com"),
            ("upgrade", "websocket"),
            ("connection", "Upgrade"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ("sec-websocket-version", "13"),
        ])
    }

    fn with(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        };
        lines.iter().map(pair).collect()
    }

    fn check(headers: &HeaderMap) -> Result<Handshake, HandshakeError> {
        Handshake::check(&Method::GET, Version::HTTP_11, headers)
    }

    fn answered(handshake: &Handshake, protocol: Option<&str>, name: &HeaderName) -> Vec<String> {
        let answer = handshake.answer(protocol);
        let values = answer.iter().filter(|(of, _)| of == name);
        values
            .map(|(_, value)| value.to_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn the_example_of_the_rfc_is_answered_with_its_key() {
        let handshake = check(&request()).unwrap();
        let of = |name| answered(&handshake, None, name);
        assert_eq!(of(&SEC_WEBSOCKET_ACCEPT), ["s3pPLMBiTxaQ9kYGzzhZRbK+xOo="]);
        assert_eq!(of(&UPGRADE), ["websocket"]);
        assert_eq!(of(&CONNECTION), ["Upgrade"]);
        assert_eq!(handshake.answer(None).len(), 3);
        assert!(!handshake.deflates());
    }

    #[test]
    fn each_fault_is_named() {
        type Fault = (&'static str, Option<&'static str>, HandshakeError);
        let faults: [Fault; 12] = [
            ("host", None, HandshakeError::Host),
            ("upgrade", None, HandshakeError::Upgrade),
            ("upgrade", Some("h2c"), HandshakeError::Upgrade),
            ("connection", Some("keep-alive"), HandshakeError::Connection),
            (
                "sec-websocket-version",
                None,
                HandshakeError::WebSocketVersion,
            ),
            (
                "sec-websocket-version",
                Some("8"),
                HandshakeError::WebSocketVersion,
            ),
            (
                "sec-websocket-version",
                Some("13, 8"),
                HandshakeError::WebSocketVersion,
            ),
            ("sec-websocket-key", None, HandshakeError::Key),
            (
                "sec-websocket-key",
                Some("dGhlIHNhbXBsZQ=="),
                HandshakeError::Key,
            ),
            ("sec-websocket-key", Some("no key"), HandshakeError::Key),
            (
                "sec-websocket-protocol",
                Some("a b"),
                HandshakeError::Protocol,
            ),
            (
                "sec-websocket-protocol",
                Some("a, a"),
                HandshakeError::Protocol,
            ),
        ];
        for (name, value, error) in faults {
            let mut headers = request();
            headers.remove(name);
            if let Some(value) = value {
                headers.insert(name, HeaderValue::from_static(value));
            }
            assert_eq!(check(&headers).unwrap_err(), error, "{name}: {value:?}");
            let is_version = name == "sec-websocket-version";
            assert_eq!(error.wants_version_header(), is_version);
        }
    }

    #[test]
    fn only_get_over_http_1_1_opens() {
        let of = |method, version| Handshake::check(&method, version, &request()).unwrap_err();
        assert_eq!(of(Method::POST, Version::HTTP_11), HandshakeError::Method);
        assert_eq!(
            of(Method::GET, Version::HTTP_10),
            HandshakeError::HttpVersion
        );
        assert_eq!(
            of(Method::GET, Version::HTTP_2),
            HandshakeError::HttpVersion
        );
    }

    #[test]
    fn a_key_or_version_that_stands_twice_is_refused() {
        let mut headers = request();
        headers.append(
            SEC_WEBSOCKET_KEY,
            HeaderValue::from_static("AAAAAAAAAAAAAAAAAAAAAA=="),
        );
        assert_eq!(check(&headers).unwrap_err(), HandshakeError::Key);
        let mut headers = request();
        headers.append(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        assert!(check(&headers).unwrap_err().wants_version_header());
    }

    #[test]
    fn bits_beyond_the_sixteen_bytes_of_a_key_mean_nothing() {
        let mut headers = request();
        let key = HeaderValue::from_static("AAAAAAAAAAAAAAAAAAAAAB==");
        headers.insert(SEC_WEBSOCKET_KEY, key);
        assert!(check(&headers).is_ok());
    }

    #[test]
    fn subprotocols_that_are_no_text_are_refused() {
        let mut headers = request();
        let value = HeaderValue::from_bytes(b"a, \xff").unwrap();
        headers.insert(SEC_WEBSOCKET_PROTOCOL, value);
        assert_eq!(check(&headers).unwrap_err(), HandshakeError::Protocol);
    }

    #[test]
    fn names_are_found_in_lists_over_lines_and_in_any_case() {
        let mut headers = request();
        headers.insert(UPGRADE, HeaderValue::from_static("h2c,  WebSocket"));
        headers.insert(CONNECTION, HeaderValue::from_static("keep-alive"));
        headers.append(CONNECTION, HeaderValue::from_static(",UPGRADE"));
        assert!(check(&headers).is_ok());
    }

    #[test]
    fn subprotocols_keep_their_order_and_only_an_offered_one_is_answered() {
        let mut headers = request();
        headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("b , a"));
        headers.append(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("c"));
        let handshake = check(&headers).unwrap();
        assert_eq!(handshake.offered(), ["b", "a", "c"]);
        let of = |name| answered(&handshake, Some(name), &SEC_WEBSOCKET_PROTOCOL);
        assert_eq!(of("a"), ["a"]);
        assert_eq!(of("x"), Vec::<String>::new());
    }

    #[test]
    fn deflate_is_agreed_without_context_and_said_so() {
        let mut headers = request();
        headers.insert(
            SEC_WEBSOCKET_EXTENSIONS,
            HeaderValue::from_static("permessage-deflate; client_max_window_bits"),
        );
        let handshake = check(&headers).unwrap();
        assert!(handshake.deflates());
        assert_eq!(
            answered(&handshake, None, &SEC_WEBSOCKET_EXTENSIONS),
            ["permessage-deflate; server_no_context_takeover; client_no_context_takeover"]
        );
    }
}
