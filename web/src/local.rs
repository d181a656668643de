//! What only this machine and admins may see: nobody else is told that it is there.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use greenroom_actors::Administrator;

use crate::accept::Edge;
use crate::caller::{administrator, caller};
use crate::problem::Problem;

/// Lets requests from this machine and from admins through; to everybody else there is nothing here.
pub(crate) async fn from_here_or_admins(
    State(edge): State<Arc<Edge>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    if !is_from_here(peer, request.headers()) {
        let admin = admin(&edge, request.headers()).await?.ok_or_else(Problem::nothing_here)?;
        request.extensions_mut().insert(admin);
    }
    Ok(next.run(request).await)
}

/// Lets observers through: admins, and with the laboratory open whoever is on this machine.
pub(crate) async fn observers(
    State(edge): State<Arc<Edge>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    if !(edge.config.lab && is_from_here(peer, request.headers())) {
        let admin = admin(&edge, request.headers()).await?.ok_or_else(Problem::nothing_here)?;
        request.extensions_mut().insert(admin);
    }
    Ok(next.run(request).await)
}

async fn admin(edge: &Edge, headers: &HeaderMap) -> Result<Option<Administrator>, Problem> {
    match caller(edge, headers).await {
        Ok(Some(identity)) if identity.admin => Ok(Some(administrator(&identity))),
        Ok(_) => Ok(None),
        Err(refused) if refused.status() == StatusCode::UNAUTHORIZED => Ok(None),
        Err(unavailable) => Err(unavailable),
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
