//! The calls as OpenAPI: what each call declares, and what follows from that for all of them.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use utoipa::PartialSchema as _;
use utoipa::openapi::OpenApi;

use crate::{cookie, problem};

const PROBLEM: &str = "application/problem+json";

/// Completes what the calls declare.
pub(super) fn complete(calls: &OpenApi) -> Value {
    let mut document = serde_json::to_value(calls).unwrap_or_default();
    document["components"]["securitySchemes"] = schemes();
    document["components"]["schemas"]["Problem"] = serde_json::to_value(problem::Body::schema()).unwrap_or_default();
    for (_path, item) in members(&mut document["paths"]) {
        for (method, operation) in members(item) {
            if let Some(schema) = operation.pointer_mut("/requestBody/content/application~1json/schema") {
                something(schema);
            }
            imply(method, operation);
            tell(operation);
        }
    }
    never_null(&mut document);
    document
}

/// How one says who asks.
fn schemes() -> Value {
    let bearer = "The token from `POST /api/users`, `POST /api/session` or `welcome`.";
    let by_browser = "The same token, as browsers keep it. A page of another site can't use it to change anything.";
    json!({
        "bearer": { "type": "http", "scheme": "bearer", "description": bearer },
        "cookie": { "type": "apiKey", "in": "cookie", "name": cookie::NAME, "description": by_browser },
    })
}

/// What may come of a call, by what it takes.
fn imply(method: &str, operation: &mut Value) {
    let takes_body = operation.get("requestBody").is_some();
    let parameters = operation["parameters"].as_array().is_some_and(|list| !list.is_empty());
    let security = operation["security"].as_array().cloned().unwrap_or_default();
    let needs_somebody = !security.is_empty() && security.iter().all(|way| way != &json!({}));
    let asks_engine = takes_body || !security.is_empty();
    let implied = [
        (parameters || takes_body, 400, "what was sent can't be read"),
        (needs_somebody, 401, "sign in first: with a bearer token, or the cookie"),
        (method != "get", 403, "a page of another site may not do this"),
        (takes_body, 408, "the body takes too long"),
        (takes_body, 413, "the body is too long"),
        (takes_body, 415, "the body is to be `application/json`"),
        (takes_body, 422, "some fields are not valid"),
        (true, 429, "too often; try again later"),
        (asks_engine, 503, "a part of the server restarts; ask again"),
    ];
    for (applies, status, description) in implied {
        let status = status.to_string();
        if applies && operation["responses"].get(&status).is_none() {
            operation["responses"][status] = json!({ "description": description });
        }
    }
}

/// Every refusal is a problem.
fn tell(operation: &mut Value) {
    for (status, response) in members(&mut operation["responses"]) {
        let Ok(code) = status.parse::<u16>() else { continue };
        if code < 400 {
            continue;
        }
        let title = StatusCode::from_u16(code).ok().and_then(|code| code.canonical_reason()).unwrap_or("error");
        let mut example = json!({
            "type": "about:blank", "title": title, "status": code, "detail": response["description"],
        });
        if code == 422 {
            example["errors"] = json!({ "the field": "what is wrong with it" });
        }
        let schema = json!({ "$ref": "#/components/schemas/Problem" });
        response["content"] = json!({ PROBLEM: { "schema": schema, "example": example } });
        if let Some((name, description)) = header_of(code) {
            response["headers"][name] = json!({ "description": description, "schema": { "type": "string" } });
        }
    }
}

fn header_of(status: u16) -> Option<(&'static str, &'static str)> {
    match status {
        401 => Some(("WWW-Authenticate", "`Bearer`")),
        429 | 503 => Some(("Retry-After", "In how many seconds the same may succeed.")),
        _ => None,
    }
}

/// An extension that says what null means in a field.
const NULL_MEANS: &str = "x-null-means";

/// What may be left out is left out where there is nothing, and never null, but where null is said to mean something.
pub(super) fn never_null(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(never_null),
        Value::Object(object) => {
            optional_fields(object);
            object.values_mut().for_each(never_null);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn optional_fields(object: &mut Map<String, Value>) {
    let required = object.get("required").cloned().unwrap_or_default();
    let needed = |name: &str| required.as_array().is_some_and(|all| all.iter().any(|one| one == name));
    if let Some(Value::Bool(false)) = object.get("required") {
        // A parameter.
        if let Some(schema) = object.get_mut("schema") {
            something(schema);
        }
    }
    let Some(Value::Object(properties)) = object.get_mut("properties") else { return };
    properties.iter_mut().filter(|(name, _)| !needed(name)).for_each(|(_, schema)| something(schema));
}

/// The schema without null.
fn something(schema: &mut Value) {
    if schema.get(NULL_MEANS).is_some() {
        return;
    }
    let null = json!("null");
    if let Some(Value::Array(kinds)) = schema.get_mut("type") {
        kinds.retain(|kind| *kind != null);
        if let [only] = kinds.as_slice() {
            let only = only.clone();
            schema["type"] = only;
        }
    }
    let Some(Value::Array(either)) = schema.get_mut("oneOf") else { return };
    either.retain(|kind| kind.get("type") != Some(&null));
    if let [only] = either.as_slice() {
        let only = only.clone();
        *schema = only;
    }
}

/// What an object has, by name.
pub(super) fn members(value: &mut Value) -> impl Iterator<Item = (&String, &mut Value)> {
    value.as_object_mut().into_iter().flat_map(Map::iter_mut)
}
