//! The cookie that carries a token where a browser can't set a header.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};

/// What it is called.
pub(crate) const NAME: &str = "greenroom_session";

/// As long as browsers keep any cookie: a guest's token does not expire.
pub(crate) const LONGEST: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// Whether a request has come over TLS, by a sign that can be trusted. The server speaks no TLS, and believes no
/// header about it; a listener that does speak it is to say so here.
const OVER_TLS: bool = false;

/// The token in a request's cookie.
pub(crate) fn token(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == NAME).map(|(_, token)| token)
}

/// Hands a token to the browser, for so long. Scripts of the page can't read it, and other sites' forms don't send it.
pub(crate) fn set(token: &str, keep: Duration) -> HeaderValue {
    written(token, keep, OVER_TLS)
}

/// Takes it away again.
pub(crate) fn clear() -> HeaderValue {
    written("", Duration::ZERO, OVER_TLS)
}

fn written(token: &str, keep: Duration, secure: bool) -> HeaderValue {
    let secure = if secure { "; Secure" } else { "" };
    let cookie = format!("{NAME}={token}; HttpOnly; SameSite=Lax; Path=/; Max-Age={}{secure}", keep.as_secs());
    let mut value = HeaderValue::try_from(cookie).unwrap_or_else(|_| HeaderValue::from_static(""));
    // Whoever prints headers is not to print this one.
    value.set_sensitive(true);
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_for_this_server_alone_and_for_no_script() {
        let cookie = set("s1.abc-_", Duration::from_secs(60));
        let expected = "greenroom_session=s1.abc-_; HttpOnly; SameSite=Lax; Path=/; Max-Age=60";
        assert_eq!(cookie.to_str().unwrap(), expected);
        assert_eq!(written("s1.abc-_", Duration::from_secs(60), true).to_str().unwrap(), format!("{expected}; Secure"));
        assert!(clear().to_str().unwrap().contains("greenroom_session=; ") && clear().is_sensitive());
    }
}
