//! Which pages may open a WebSocket here.
//!
//! A browser sends its cookies along with any WebSocket that any page opens, so a page of another
//! site could act as the person in front of it (cross-site WebSocket hijacking). Browsers say which
//! page asks in `Origin`; a client without one is no browser, and has nothing to be hijacked.

/// Whether a page of this origin may connect to this host.
pub(crate) fn may_connect(origin: Option<&str>, host: Option<&str>, allowed: &[String]) -> bool {
    let Some(origin) = origin else { return true };
    let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    let same_host = authority.is_some() && authority == host;
    same_host || allowed.iter().any(|allowed| allowed == origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_this_host_and_listed_ones_connect() {
        let host = Some("chat.example:3000");
        let allowed = ["https://app.example".to_owned()];
        for good in
            [None, Some("http://chat.example:3000"), Some("https://chat.example:3000"), Some("https://app.example")]
        {
            assert!(may_connect(good, host, &allowed), "{good:?}");
        }
        for bad in [
            "null",
            "",
            "https://evil.example",
            "http://chat.example",
            "http://chat.example:3000.evil.example",
            "HTTP://CHAT.EXAMPLE:3000",
            "http://app.example",
            "ftp://chat.example:3000",
        ] {
            assert!(!may_connect(Some(bad), host, &allowed), "{bad}");
        }
        assert!(!may_connect(Some("http://"), None, &allowed));
    }
}
