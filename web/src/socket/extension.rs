//! Whether a client and this server compress what they say (RFC 7692, section 7).

use axum::http::{HeaderMap, HeaderValue, header};

/// What is agreed: each message is compressed by itself, in both directions.
const AGREED: &str = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

/// The same, where the client wants to hear how far back the server may point.
const AGREED_WINDOW: &str =
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=15";

/// The answer to the first offer that can be met; nothing where there is none.
pub(super) fn agreed(headers: &HeaderMap) -> Option<HeaderValue> {
    let lists = headers.get_all(header::SEC_WEBSOCKET_EXTENSIONS).iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| split(list, ',')).find_map(answer).map(HeaderValue::from_static)
}

/// The answer to one offer.
fn answer(offer: &str) -> Option<&'static str> {
    let mut parts = split(offer, ';').map(str::trim);
    if parts.next() != Some("permessage-deflate") {
        return None;
    }
    let mut seen = Vec::new();
    let mut agreed = AGREED;
    for part in parts {
        let (name, value) = match part.split_once('=') {
            Some((name, value)) => (name.trim_end(), Some(unquoted(value.trim_start()))),
            None => (part, None),
        };
        if seen.contains(&name) {
            return None;
        }
        seen.push(name);
        match (name, value) {
            ("server_no_context_takeover" | "client_no_context_takeover" | "client_max_window_bits", None) => {}
            // How far back the client points is its own affair.
            ("client_max_window_bits", Some(bits)) if is_window(bits) => {}
            // A frame is compressed once for everybody, with the widest window. Who needs a smaller one has no use for it.
            ("server_max_window_bits", Some("15")) => agreed = AGREED_WINDOW,
            _ => return None,
        }
    }
    Some(agreed)
}

fn is_window(bits: &str) -> bool {
    matches!(bits, "8" | "9" | "10" | "11" | "12" | "13" | "14" | "15")
}

/// What a value says, with or without quotes.
fn unquoted(value: &str) -> &str {
    value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value)
}

/// Splits at a sign that is not between quotes.
fn split(text: &str, at: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |sign| {
        let was_escaped = std::mem::take(&mut escaped);
        match sign {
            '"' if !was_escaped => quoted = !quoted,
            '\\' if quoted && !was_escaped => escaped = true,
            _ => {}
        }
        sign == at && !quoted
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer_to(offers: &[&'static str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for offer in offers {
            headers.append(header::SEC_WEBSOCKET_EXTENSIONS, HeaderValue::from_static(offer));
        }
        agreed(&headers).map(|answer| answer.to_str().unwrap().to_owned())
    }

    #[test]
    fn what_browsers_and_libraries_offer_is_agreed_to() {
        for offer in [
            "permessage-deflate",
            "permessage-deflate; client_max_window_bits",
            "permessage-deflate; client_max_window_bits=12",
            "permessage-deflate;client_no_context_takeover;server_no_context_takeover",
            " permessage-deflate ; client_max_window_bits = \"10\" ",
        ] {
            assert_eq!(answer_to(&[offer]).as_deref(), Some(AGREED), "{offer}");
        }
    }

    #[test]
    fn an_offer_that_cannot_be_met_is_passed_over_for_the_next() {
        for declined in [
            "permessage-deflate; server_max_window_bits=10",
            "permessage-deflate; server_max_window_bits",
            "permessage-deflate; server_max_window_bits=015",
            "permessage-deflate; client_max_window_bits=7",
            "permessage-deflate; client_max_window_bits=16",
            "permessage-deflate; server_no_context_takeover=1",
            "permessage-deflate; client_max_window_bits; client_max_window_bits",
            "permessage-deflate; later_idea",
            "permessage-deflate; later_idea=\"a, permessage-deflate, \\\", permessage-deflate; b\"",
            "permessage-deflate;",
            "permessage-bzip2",
            "x-webkit-deflate-frame",
            "",
        ] {
            assert_eq!(answer_to(&[declined]), None, "{declined}");
            assert_eq!(answer_to(&[declined, "permessage-deflate"]).as_deref(), Some(AGREED), "{declined}");
        }
        let offers = "permessage-deflate; server_max_window_bits=10, permessage-deflate; server_max_window_bits=\"15\"";
        assert_eq!(answer_to(&[offers]).as_deref(), Some(AGREED_WINDOW));
        assert_eq!(answer_to(&["foo, bar; baz=2", "permessage-deflate"]).as_deref(), Some(AGREED));
        assert_eq!(answer_to(&[]), None);
    }
}
