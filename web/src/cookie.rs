//! The cookie that carries a token where a browser can't set a header.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};

/// What it is called.
pub(crate) const NAME: &str = "greenroom_session";

/// As long as browsers keep any cookie: a guest's token does not expire.
pub(crate) const LONGEST: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// The token in a request's cookie.
pub(crate) fn token(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == NAME).map(|(_, token)| token)
}

/// Takes the token away again.
pub(crate) fn clear(secure: bool) -> HeaderValue {
    set("", Duration::ZERO, secure)
}

/// Hands a token to the browser, for so long. Scripts of the page can't read it, and other sites' forms don't send it;
/// what was handed over TLS (`secure`) is never sent without.
pub(crate) fn set(token: &str, keep: Duration, secure: bool) -> HeaderValue {
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
        let cookie = set("s1.abc-_", Duration::from_secs(60), false);
        let expected = "greenroom_session=s1.abc-_; HttpOnly; SameSite=Lax; Path=/; Max-Age=60";
        assert_eq!(cookie.to_str().unwrap(), expected);
        let cookie = set("s1.abc-_", Duration::from_secs(60), true);
        assert_eq!(cookie.to_str().unwrap(), format!("{expected}; Secure"));
        let cleared = clear(false);
        assert!(cleared.to_str().unwrap().contains("greenroom_session=; ") && cleared.is_sensitive());
    }
}
