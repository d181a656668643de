//! Where a request comes from: the one place that decides it, for limits and for logs.
//!
//! Anybody can write a header that says where a request was forwarded from, so it counts only where the connection comes
//! from a proxy that is trusted by configuration, and only as far as trusted proxies have written it.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, header};
use ipnet::IpNet;

use crate::accept::Edge;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The client of a request: the connection's other end, or whoever a trusted proxy speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Client {
    /// Where it is.
    pub(crate) ip: IpAddr,
    /// Whether a trusted proxy says that it was spoken to over TLS.
    pub(crate) https: bool,
}

impl Client {
    /// The client of a request with these extensions and headers.
    pub(crate) fn of(extensions: &Extensions, headers: &HeaderMap, trusted: &[IpNet]) -> Self {
        // Every connection is noted; a request without one would be a defect, and is nobody's.
        let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
        let peer = extensions.get::<ConnectInfo<SocketAddr>>().map_or(nowhere, |ConnectInfo(peer)| *peer);
        Self::behind(peer.ip().to_canonical(), headers, trusted)
    }

    fn behind(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> Self {
        let is_trusted = |ip: &IpAddr| trusted.iter().any(|net| net.contains(ip));
        if !is_trusted(&peer) {
            return Self { ip: peer, https: false };
        }
        let hops = hops(headers);
        // Whom the nearest proxies name, as long as those are trusted themselves. What is no address, such as
        // `unknown`, ends the chain at who has said so.
        let mut client = Self { ip: peer, https: is_https(last(headers, &X_FORWARDED_PROTO)) };
        for hop in hops.iter().rev() {
            let Some(ip) = hop.ip else { break };
            client = Self { ip, https: client.https || hop.https };
            if !is_trusted(&ip) {
                break;
            }
        }
        client
    }
}

/// Somebody for whom a request was forwarded.
struct Hop {
    ip: Option<IpAddr>,
    https: bool,
}

/// All that is said of whom a request was forwarded for, the nearest last. Proxies add to one of both headers, mostly to
/// the older one, and pass the other on as it came: so the older one is believed where there is one.
fn hops(headers: &HeaderMap) -> Vec<Hop> {
    if headers.contains_key(X_FORWARDED_FOR) {
        return entries(headers, &X_FORWARDED_FOR).map(|entry| Hop { ip: address(entry), https: false }).collect();
    }
    entries(headers, &header::FORWARDED).map(forwarded).collect()
}

/// The entries of a header that may stand there more than once; one that is no text is one that says nothing.
fn entries<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    headers.get_all(name).iter().flat_map(|value| value.to_str().unwrap_or_default().split(','))
}

fn last<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let value = headers.get_all(name).iter().next_back().map(HeaderValue::to_str)?.ok()?;
    value.rsplit(',').next()
}

fn is_https(protocol: Option<&str>) -> bool {
    protocol.is_some_and(|protocol| protocol.trim().eq_ignore_ascii_case("https"))
}

/// One element of `Forwarded` (RFC 7239), such as `for="[2001:db8::1]:4711";proto=https`.
fn forwarded(element: &str) -> Hop {
    let pairs = || element.split(';').filter_map(|pair| pair.trim().split_once('='));
    let value = |name: &str| pairs().find(|(of, _)| of.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    Hop { ip: value("for").and_then(address), https: is_https(value("proto").map(|proto| proto.trim_matches('"'))) }
}

/// An address with a port or without one, in quotes or not; an IPv6 address may be in brackets.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"');
    let ip = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((v6, _port)) => v6.parse().ok(),
        None => text.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|with_port| with_port.ip())),
    };
    ip.map(|ip: IpAddr| ip.to_canonical())
}

impl FromRequestParts<Arc<Edge>> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, edge: &Arc<Edge>) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.extensions, &parts.headers, &edge.config.trusted_proxies))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, said: &[(&'static str, &'static str)]) -> (String, bool) {
        let trusted = ["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        let said = said.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let mut headers = HeaderMap::new();
        said.for_each(|(name, value)| {
            headers.append(name, value);
        });
        let peer: IpAddr = peer.parse().unwrap();
        let Client { ip, https } = Client::behind(peer.to_canonical(), &headers, &trusted);
        (ip.to_string(), https)
    }

    fn ip(peer: &str, said: &[(&'static str, &'static str)]) -> String {
        client(peer, said).0
    }

    #[test]
    fn whoever_is_no_trusted_proxy_is_who_they_are() {
        let forged = [("x-forwarded-for", "192.0.2.1"), ("forwarded", "for=192.0.2.1"), ("x-forwarded-proto", "https")];
        assert_eq!(client("198.51.100.7", &forged), ("198.51.100.7".to_owned(), false));
        assert_eq!(client("::ffff:198.51.100.7", &forged), ("198.51.100.7".to_owned(), false));
        assert_eq!(ip("10.1.1.1", &[]), "10.1.1.1", "a trusted proxy that speaks for itself");
    }

    #[test]
    fn the_client_is_the_last_that_trusted_proxies_name() {
        assert_eq!(ip("10.1.1.1", &[("x-forwarded-for", "192.0.2.1")]), "192.0.2.1");
        assert_eq!(ip("::ffff:10.1.1.1", &[("x-forwarded-for", "192.0.2.1:4711")]), "192.0.2.1");
        let forged = [("x-forwarded-for", "203.0.113.9, 192.0.2.1"), ("x-forwarded-for", "10.2.2.2")];
        assert_eq!(ip("10.1.1.1", &forged), "192.0.2.1", "what they have written before it is theirs");
        assert_eq!(ip("10.1.1.1", &[("x-forwarded-for", "10.3.3.3, 10.2.2.2")]), "10.3.3.3", "all are trusted");
        assert_eq!(ip("10.1.1.1", &[("x-forwarded-for", "192.0.2.1, unknown")]), "10.1.1.1");
        assert_eq!(ip("10.1.1.1", &[("x-forwarded-for", "192.0.2.1, unknown, 10.2.2.2")]), "10.2.2.2");
        assert_eq!(ip("fd00::1", &[("x-forwarded-for", "[2001:db8::5]:80")]), "2001:db8::5");
    }

    #[test]
    fn the_newer_header_counts_where_the_older_one_is_missing() {
        let forwarded = ("forwarded", "for=203.0.113.9, For=\"[2001:db8::5]:4711\";Proto=https;by=10.2.2.2");
        assert_eq!(client("10.1.1.1", &[forwarded]), ("2001:db8::5".to_owned(), true));
        assert_eq!(ip("10.1.1.1", &[forwarded, ("x-forwarded-for", "192.0.2.1")]), "192.0.2.1");
        assert_eq!(ip("10.1.1.1", &[("forwarded", "for=_hidden")]), "10.1.1.1");
    }

    #[test]
    fn a_trusted_proxy_says_whether_it_was_spoken_to_over_tls() {
        let through = ("x-forwarded-for", "192.0.2.1");
        assert!(client("10.1.1.1", &[through, ("x-forwarded-proto", "https")]).1);
        assert!(!client("10.1.1.1", &[through, ("x-forwarded-proto", "https, http")]).1, "the nearest has said http");
        assert!(!client("10.1.1.1", &[through]).1);
    }
}
