//! Which pages may open a WebSocket here, and which may change something.
//!
//! A browser sends its cookies along with any WebSocket that any page opens, so a page of another
//! site could act as the person in front of it (cross-site WebSocket hijacking). Browsers say which
//! page asks in `Origin`; a client without one is no browser, and has nothing to be hijacked.

/// Who is asked, and by whom they may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    /// What the client calls this server.
    pub(crate) host: Option<&'a str>,
    /// Whether it speaks TLS. Where it doesn't, a proxy before it may, so its pages have either scheme.
    pub(crate) tls: bool,
    /// Origins of other pages that may connect.
    pub(crate) allowed: &'a [String],
}

/// Whether a page of this origin may connect here.
pub(crate) fn may_connect(origin: Option<&str>, place: Place<'_>) -> bool {
    let Some(origin) = origin else { return true };
    let plain = origin.strip_prefix("http://").filter(|_| !place.tls);
    let authority = plain.or_else(|| origin.strip_prefix("https://"));
    let same_host = authority.is_some() && authority == place.host;
    same_host || place.allowed.iter().any(|allowed| allowed == origin)
}

/// Whether what asks for a change may come from a page of this origin, on a site that its browser says is `same-origin`,
/// `same-site`, `cross-site`, or `none` where a person has asked by themselves.
pub(crate) fn may_change(origin: Option<&str>, site: Option<&str>, place: Place<'_>) -> bool {
    let listed = origin.is_some_and(|origin| place.allowed.iter().any(|allowed| allowed == origin));
    listed || (may_connect(origin, place) && matches!(site, None | Some("same-origin" | "none")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_this_host_and_listed_ones_connect() {
        let allowed = ["https://app.example".to_owned()];
        let place = Place { host: Some("chat.example:3000"), tls: false, allowed: &allowed };
        for good in
            [None, Some("http://chat.example:3000"), Some("https://chat.example:3000"), Some("https://app.example")]
        {
            assert!(may_connect(good, place), "{good:?}");
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
            assert!(!may_connect(Some(bad), place), "{bad}");
        }
        assert!(!may_connect(Some("http://"), Place { host: None, ..place }));
    }

    #[test]
    fn where_tls_is_spoken_a_page_that_came_without_it_does_not_connect() {
        let place = Place { host: Some("chat.example"), tls: true, allowed: &["http://app.example".to_owned()] };
        assert!(may_connect(Some("https://chat.example"), place) && may_connect(Some("http://app.example"), place));
        assert!(!may_connect(Some("http://chat.example"), place));
    }

    #[test]
    fn only_pages_of_this_host_and_listed_ones_change_something() {
        let allowed = ["https://app.example".to_owned()];
        let place = Place { host: Some("chat.example"), tls: false, allowed: &allowed };
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
            assert!(may_change(origin, site, place), "{origin:?} {site:?}");
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
            assert!(!may_change(origin, site, place), "{origin:?} {site:?}");
        }
    }
}
