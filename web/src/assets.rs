//! The browser page, embedded in the binary by `build.rs` with its files already compressed.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse as _, Response},
};

/// What the page may load and do: its own files, its own server, nothing else. The two policies of
/// `trusted-types` are the one that Svelte parses its templates with, and the page's own.
pub(crate) const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; script-src 'self'; \
    style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; object-src 'none'; \
    base-uri 'none'; frame-ancestors 'none'; form-action 'self'; \
    require-trusted-types-for 'script'; trusted-types svelte-trusted-html greenroom";

/// The chat, which is the page of every place that is not below another.
const INDEX: &str = "/index.html";
/// Pages beside it, with the places that are theirs: all below that path.
const BESIDE: [(&str, &str); 1] = [("/observatory", "/observatory.html")];
/// Vite writes a hash of the content into these names, so what was fetched once stays right.
const HASHED: &str = "/assets/";
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");
const NO_PAGE: &str = "This Greenroom was built without its page. \
    Install Node.js 20.19, 22.12 or later and build it again.\n";

/// One file of the page.
#[derive(Debug)]
struct Asset {
    path: &'static str,
    /// Of the plain content.
    hash: &'static str,
    plain: &'static [u8],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

static ASSETS: &[Asset] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// Answers `GET` and `HEAD` for whatever no other route wants: a file of the page, or the page
/// itself, which knows its own places such as `/r/general`.
pub(crate) async fn asset(uri: Uri, headers: HeaderMap) -> Response {
    serve(ASSETS, uri.path(), &headers)
}

fn serve(assets: &'static [Asset], path: &str, headers: &HeaderMap) -> Response {
    match find(assets, path) {
        Found::File(asset) => respond(asset, headers),
        Found::Nothing => StatusCode::NOT_FOUND.into_response(),
        Found::NoPage => {
            (StatusCode::SERVICE_UNAVAILABLE, [(header::CACHE_CONTROL, ASK_AGAIN)], NO_PAGE).into_response()
        }
    }
}

enum Found {
    File(&'static Asset),
    Nothing,
    /// The binary was built without a page.
    NoPage,
}

fn find(assets: &'static [Asset], path: &str) -> Found {
    if let Some(asset) = assets.iter().find(|asset| asset.path == path) {
        return Found::File(asset);
    }
    if !is_place(path) {
        return Found::Nothing;
    }
    let page = BESIDE.iter().find(|(place, _)| is_below(path, place)).map_or(INDEX, |(_, page)| page);
    assets.iter().find(|asset| asset.path == page).map_or(Found::NoPage, Found::File)
}

fn is_below(path: &str, place: &str) -> bool {
    path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether a path may be a place within the page; one with a dot is a file that does not exist, and
/// the server's own paths never answer with a page.
fn is_place(path: &str) -> bool {
    let servers = ["/api", "/ws", "/metrics"];
    !path.contains('.') && !servers.into_iter().any(|own| is_below(path, own))
}

fn respond(asset: &'static Asset, request: &HeaderMap) -> Response {
    let (encoding, bytes) = best_encoding(asset, request);
    let etag = format!("\"{}-{}\"", asset.hash, encoding.unwrap_or("plain"));
    let cache = if asset.path.starts_with(HASHED) { FOR_EVER } else { ASK_AGAIN };
    let unchanged = names_etag(request, &etag);
    let mut response = Response::new(if unchanged { Body::empty() } else { Body::from(bytes) });
    if unchanged {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, cache);
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(etag) = HeaderValue::try_from(etag) {
        headers.insert(header::ETAG, etag);
    }
    if !unchanged {
        describe(headers, asset, encoding);
    }
    response
}

fn describe(headers: &mut HeaderMap, asset: &Asset, encoding: Option<&'static str>) {
    let content_type = HeaderValue::from_static(content_type(asset.path));
    headers.insert(header::CONTENT_TYPE, content_type);
    if let Some(encoding) = encoding {
        let encoding = HeaderValue::from_static(encoding);
        headers.insert(header::CONTENT_ENCODING, encoding);
    }
}

/// The smallest form that the client reads.
fn best_encoding(asset: &'static Asset, request: &HeaderMap) -> (Option<&'static str>, &'static [u8]) {
    let twins = [("br", asset.brotli), ("gzip", asset.gzip)];
    twins
        .into_iter()
        .find_map(|(name, bytes)| {
            let bytes = bytes.filter(|_| accepts(request, name))?;
            Some((Some(name), bytes))
        })
        .unwrap_or((None, asset.plain))
}

fn accepts(request: &HeaderMap, encoding: &str) -> bool {
    listed(request, header::ACCEPT_ENCODING).any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let named = parts.next().is_some_and(|n| n.eq_ignore_ascii_case(encoding));
        // A weight of nought means "not this one".
        let refused = parts.filter_map(|part| part.strip_prefix("q=")).any(|weight| weight.parse() == Ok(0.0_f32));
        named && !refused
    })
}

fn names_etag(request: &HeaderMap, etag: &str) -> bool {
    listed(request, header::IF_NONE_MATCH).any(|item| item == "*" || item.trim_start_matches("W/") == etag)
}

/// The items of a header that is a list, in one line or several.
fn listed(request: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    request
        .get_all(name)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("json" | "map") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static PAGE: &[Asset] = &[
        Asset {
            path: "/index.html",
            hash: "1",
            plain: b"<!doctype html>",
            brotli: Some(b"brotli"),
            gzip: Some(b"gzip"),
        },
        Asset { path: "/observatory.html", hash: "3", plain: b"<!doctype html>", brotli: None, gzip: None },
        Asset { path: "/assets/index-abc.js", hash: "2", plain: b"start()", brotli: None, gzip: Some(b"gzip") },
    ];

    fn get(path: &str, headers: &[(HeaderName, &'static str)]) -> Response {
        let headers = headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect();
        serve(PAGE, path, &headers)
    }

    fn header_of(response: &Response, name: HeaderName) -> &str {
        response.headers().get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[test]
    fn a_place_within_the_page_is_the_page() {
        for path in ["/", "/r/general", "/wsx"] {
            let page = get(path, &[]);
            assert_eq!(page.status(), StatusCode::OK, "{path}");
            let content_type = header_of(&page, header::CONTENT_TYPE);
            assert_eq!(content_type, "text/html; charset=utf-8", "{path}");
        }
    }

    #[test]
    fn the_observatory_has_a_page_of_its_own_and_all_places_below_it() {
        for path in ["/observatory", "/observatory/", "/observatory/actor/room:green"] {
            assert_eq!(header_of(&get(path, &[]), header::ETAG), "\"3-plain\"", "{path}");
        }
        assert_eq!(header_of(&get("/observatoryx", &[]), header::ETAG), "\"1-plain\"");
        assert_eq!(get("/observatory/nothing.js", &[]).status(), StatusCode::NOT_FOUND);
    }

    #[test]
    fn a_file_that_is_not_there_and_the_servers_own_paths_are_not_the_page() {
        for path in ["/nothing.js", "/assets/old-1.css", "/api", "/api/nothing", "/ws", "/metrics"] {
            assert_eq!(get(path, &[]).status(), StatusCode::NOT_FOUND, "{path}");
        }
    }

    #[test]
    fn only_hashed_names_are_kept_for_ever() {
        let hashed = get("/assets/index-abc.js", &[]);
        assert_eq!(header_of(&hashed, header::CACHE_CONTROL), FOR_EVER);
        assert_eq!(header_of(&get("/", &[]), header::CACHE_CONTROL), ASK_AGAIN);
    }

    #[test]
    fn the_best_encoding_that_the_client_reads_is_sent() {
        for (accepted, sent) in [
            ("gzip, deflate, br, zstd", "br"),
            ("gzip;q=1.0, br;q=0", "gzip"),
            ("GZIP", "gzip"),
            ("identity", ""),
            ("brotli", ""),
        ] {
            let page = get("/", &[(header::ACCEPT_ENCODING, accepted)]);
            assert_eq!(header_of(&page, header::CONTENT_ENCODING), sent, "{accepted}");
            assert_eq!(header_of(&page, header::VARY), "accept-encoding");
        }
    }

    #[test]
    fn a_file_without_a_brotli_twin_comes_as_gzip() {
        let script = get("/assets/index-abc.js", &[(header::ACCEPT_ENCODING, "br, gzip")]);
        assert_eq!(header_of(&script, header::CONTENT_ENCODING), "gzip");
    }

    #[test]
    fn what_the_client_has_is_not_sent_again() {
        let first = get("/", &[(header::ACCEPT_ENCODING, "br")]);
        assert_eq!(header_of(&first, header::ETAG), "\"1-br\"");

        let held = [(header::ACCEPT_ENCODING, "br"), (header::IF_NONE_MATCH, "\"0-br\", W/\"1-br\"")];
        let again = get("/", &held);
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(header_of(&again, header::ETAG), "\"1-br\"");

        let other_encoding = get("/", &[(header::IF_NONE_MATCH, "\"1-br\"")]);
        assert_eq!(other_encoding.status(), StatusCode::OK);
    }

    #[test]
    fn a_binary_without_a_page_says_what_to_install() {
        let answer = serve(&[], "/", &HeaderMap::new());
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(serve(&[], "/api/x", &HeaderMap::new()).status(), StatusCode::NOT_FOUND);
    }
}
