//! Which pages may open a WebSocket here, and which may change something.
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

/// Whether what asks for a change may come from a page of this origin, on a site that its browser says is `same-origin`,
/// `same-site`, `cross-site`, or `none` where a person has asked by themselves.
pub(crate) fn may_change(origin: Option<&str>, host: Option<&str>, site: Option<&str>, allowed: &[String]) -> bool {
    let listed = origin.is_some_and(|origin| allowed.iter().any(|allowed| allowed == origin));
    listed || (may_connect(origin, host, allowed) && matches!(site, None | Some("same-origin" | "none")))
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
    #[test]
    fn only_pages_of_this_host_and_listed_ones_change_something() {
        let (host, allowed) = (Some("chat.example"), ["https://app.example".to_owned()]);
        let (ours, listed, evil) =
            (Some("http://chat.example"), Some("https://app.example"), Some("http://evil.example"));
        for (origin, site) in [
            (None, None),
            (ours, None),
            (ours, Some("same-origin")),
            (None, Some("none")),
            (listed, Some("cross-site")),
            (listed, None),
        ] {
            assert!(may_change(origin, host, site, &allowed), "{origin:?} {site:?}");
        }
        for (origin, site) in [
            (evil, None),
            (evil, Some("same-origin")),
            (Some("null"), None),
            (None, Some("cross-site")),
            (None, Some("same-site")),
            (ours, Some("cross-site")),
            (ours, Some("")),
        ] {
            assert!(!may_change(origin, host, site, &allowed), "{origin:?} {site:?}");
        }
    }
}
