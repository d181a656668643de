//! What only this machine may see: nobody is asked who they are, but where they are.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::problem::Problem;

/// Lets requests from this machine through; to everybody else there is nothing here.
pub(crate) async fn only_from_here(
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    if is_from_here(peer, request.headers()) {
        next.run(request).await
    } else {
        Problem::new(StatusCode::NOT_FOUND, "there is nothing here").into_response()
    }
}

/// A proxy on this machine forwards what comes from elsewhere, and says so.
fn is_from_here(peer: SocketAddr, headers: &HeaderMap) -> bool {
    const FORWARDED: [HeaderName; 3] =
        [header::FORWARDED, HeaderName::from_static("x-forwarded-for"), HeaderName::from_static("x-real-ip")];
    peer.ip().to_canonical().is_loopback() && !FORWARDED.iter().any(|name| headers.contains_key(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn what_a_proxy_forwards_is_not_from_here() {
        let here: SocketAddr = "[::ffff:127.0.0.1]:5".parse().unwrap();
        let mut headers = HeaderMap::new();
        assert!(is_from_here(here, &headers));
        assert!(!is_from_here("10.0.0.1:5".parse().unwrap(), &headers));
        headers.insert("x-forwarded-for", HeaderValue::from_static("127.0.0.1"));
        assert!(!is_from_here(here, &headers));
    }
}
