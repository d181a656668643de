use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, StatusCode};

use crate::support::{Host as _, Process, Server};

#[tokio::test]
async fn the_bare_path_of_the_api_and_a_wrong_method_on_the_page_are_problems_too() {
    let server = Server::start().await;
    let client = reqwest::Client::new();
    for (method, path, status) in [
        (Method::GET, "/api", StatusCode::NOT_FOUND),
        (Method::GET, "/api/", StatusCode::NOT_FOUND),
        (Method::POST, "/", StatusCode::METHOD_NOT_ALLOWED),
    ] {
        let response = client.request(method, server.url(path)).send().await.unwrap();
        assert_eq!(response.status(), status, "{path}");
        let kind = response.headers().get(CONTENT_TYPE).map(|kind| kind.to_str().unwrap());
        assert_eq!(kind, Some("application/problem+json"), "{path}");
    }
}

#[tokio::test]
async fn a_body_that_is_not_what_was_asked_for_is_a_problem_too() {
    let server = Process::start(&["--lab"]).await;
    let client = reqwest::Client::new();
    for (kind, body, status) in [
        ("application/json", "{", StatusCode::BAD_REQUEST),
        ("application/json", r#"{"actor":7}"#, StatusCode::UNPROCESSABLE_ENTITY),
        ("text/plain", r#"{"actor":"store"}"#, StatusCode::UNSUPPORTED_MEDIA_TYPE),
    ] {
        let crash = client.post(server.url("/api/lab/crash")).header(CONTENT_TYPE, kind).body(body);
        let response = crash.send().await.unwrap();
        assert_eq!(response.status(), status, "{kind} {body}");
        assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json", "{kind} {body}");
    }
}
