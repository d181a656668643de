//! The calls as a page to read: no scripts, and nothing from elsewhere.

use serde_json::Value;

/// What it looks like.
pub(super) const STYLE: &str = include_str!("page.css");

/// The methods, in the order of the page.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// The page of a document.
pub(super) fn render(document: &Value) -> String {
    let (mut nav, mut body) = (String::new(), String::new());
    for tag in list(&document["tags"]) {
        let name = text(&tag["name"]);
        nav.push_str(&format!("<li><a href=\"#{0}\">{0}</a><ul>", escaped(name)));
        let about = escaped(text(&tag["description"]));
        body.push_str(&format!("<section id=\"{0}\"><h2>{0}</h2><p>{about}</p>", escaped(name)));
        for (path, method, operation) in operations(document) {
            if list(&operation["tags"]).any(|tag| tag == name) {
                let id = escaped(text(&operation["operationId"]));
                nav.push_str(&format!("<li><a href=\"#call-{id}\">{}</a></li>", call(method, path)));
                call_section(&mut body, path, method, operation);
            }
        }
        nav.push_str("</ul></li>");
        body.push_str("</section>");
    }
    schemas(&mut body, &document["components"]["schemas"]);
    let title = format!("{} {}", text(&document["info"]["title"]), text(&document["info"]["version"]));
    let about = prose(text(&document["info"]["description"]));
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}: the calls</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" \
         content=\"light dark\"><link rel=\"stylesheet\" href=\"/api/docs/style.css\"></head><body>\
         <a class=\"skip\" href=\"#main\">To the calls</a><header><h1>{title}</h1><p>{about}</p>\
         <p>The same for programs: <a href=\"/api/openapi.json\">OpenAPI</a> for the calls, \
         <a href=\"/api/asyncapi.json\">AsyncAPI</a> for the WebSocket.</p></header>\
         <nav aria-label=\"Calls\"><ul>{nav}<li><a href=\"#schemas\">schemas</a></li></ul></nav>\
         <main id=\"main\">{body}</main></body></html>"
    )
}

fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    fields(&document["paths"]).flat_map(|(path, item)| {
        METHODS.iter().filter_map(move |method| Some((path.as_str(), *method, item.get(method)?)))
    })
}

fn call(method: &str, path: &str) -> String {
    format!("<span class=\"method {method}\">{}</span> <code>{}</code>", method.to_uppercase(), escaped(path))
}

fn call_section(page: &mut String, path: &str, method: &str, operation: &Value) {
    let id = escaped(text(&operation["operationId"]));
    page.push_str(&format!("<article id=\"call-{id}\"><h3>{}</h3>", call(method, path)));
    page.push_str(&format!("<p>{}</p><p class=\"who\">{}</p>", prose(text(&operation["summary"])), who(operation)));
    parameters(page, &operation["parameters"]);
    for (kind, content) in fields(&operation["requestBody"]["content"]) {
        page.push_str(&format!("<h4>Body</h4>{}", contents(kind, content)));
    }
    page.push_str("<h4>Answers</h4><table><thead><tr><th scope=\"col\">status</th><th scope=\"col\">when</th>");
    page.push_str("</tr></thead><tbody>");
    for (status, response) in fields(&operation["responses"]) {
        let when = prose(text(&response["description"]));
        page.push_str(&format!("<tr><th scope=\"row\">{}</th><td>{when}", escaped(status)));
        for (kind, content) in fields(&response["content"]) {
            page.push_str(&format!("<details><summary>example</summary>{}</details>", contents(kind, content)));
        }
        page.push_str("</td></tr>");
    }
    page.push_str("</tbody></table></article>");
}

fn who(operation: &Value) -> &'static str {
    let mut ways = list(&operation["security"]).peekable();
    if ways.peek().is_none() {
        return "For everybody.";
    }
    let anybody = ways.any(|way| way.as_object().is_some_and(|way| way.is_empty()));
    if anybody { "With or without a token." } else { "With a token." }
}

fn parameters(page: &mut String, parameters: &Value) {
    let mut rows = String::new();
    for parameter in list(parameters) {
        let (name, place) = (escaped(text(&parameter["name"])), escaped(text(&parameter["in"])));
        let needed = if parameter["required"] == true { ", needed" } else { "" };
        let (kind, about) = (shape(&parameter["schema"]), prose(text(&parameter["description"])));
        rows.push_str(&format!("<tr><th scope=\"row\"><code>{name}</code></th><td>{place}{needed}</td>"));
        rows.push_str(&format!("<td>{kind}</td><td>{about}</td></tr>"));
    }
    table(page, "Parameters", &["name", "where", "what", "meaning"], &rows);
}

fn table(page: &mut String, title: &str, columns: &[&str], rows: &str) {
    if rows.is_empty() {
        return;
    }
    let columns: String = columns.iter().map(|column| format!("<th scope=\"col\">{column}</th>")).collect();
    page.push_str(&format!("<h4>{title}</h4><table><thead><tr>{columns}</tr></thead><tbody>{rows}</tbody></table>"));
}

fn contents(kind: &str, content: &Value) -> String {
    let example = &content["example"];
    let written = || serde_json::to_string_pretty(example).unwrap_or_default();
    let example = example.as_str().map_or_else(written, ToOwned::to_owned);
    let shape = shape(&content["schema"]);
    // Whoever has no mouse scrolls it too.
    let block = format!("<pre tabindex=\"0\"><code>{}</code></pre>", escaped(&example));
    format!("<p class=\"kind\"><code>{}</code> {shape}</p>{block}", escaped(kind))
}

fn schemas(page: &mut String, schemas: &Value) {
    page.push_str("<section id=\"schemas\"><h2>schemas</h2>");
    for (name, schema) in fields(schemas) {
        page.push_str(&format!("<article id=\"schema-{0}\"><h3>{0}</h3>", escaped(name)));
        page.push_str(&format!("<p>{} {}</p>", prose(text(&schema["description"])), shape(schema)));
        for part in list(&schema["oneOf"]).chain(list(&schema["allOf"])).chain([schema]) {
            properties(page, part);
        }
        page.push_str("</article>");
    }
    page.push_str("</section>");
}

fn properties(page: &mut String, schema: &Value) {
    let mut rows = String::new();
    for (name, property) in fields(&schema["properties"]) {
        let needed = if list(&schema["required"]).any(|one| one == name) { "always" } else { "" };
        let (name, about) = (escaped(name), prose(text(&property["description"])));
        rows.push_str(&format!("<tr><th scope=\"row\"><code>{name}</code></th><td>{needed}</td>"));
        rows.push_str(&format!("<td>{}</td><td>{about}</td></tr>", shape(property)));
    }
    table(page, "Fields", &["name", "there", "what", "meaning"], &rows);
    list(&schema["allOf"]).for_each(|part| properties(page, part));
}

/// What a schema wants, in a few words.
fn shape(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|name| name.rsplit('/').next()) {
        return format!("<a href=\"#schema-{0}\">{0}</a>", escaped(name));
    }
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<String> = values.iter().map(|value| format!("<code>{}</code>", escaped(text(value)))).collect();
        return values.join(", ");
    }
    for (key, joint) in [("oneOf", " or "), ("allOf", " with ")] {
        if schema[key].is_array() {
            return list(&schema[key]).map(shape).collect::<Vec<_>>().join(joint);
        }
    }
    let bounds = ["format", "pattern", "minLength", "maxLength", "minimum", "maximum", "maxItems"];
    let bounds = bounds.iter().filter_map(|key| Some(format!(", {key} {}", plain(schema.get(key)?))));
    let one = std::iter::once(&schema["type"]).filter(|kind| kind.is_string());
    let kind = list(&schema["type"]).chain(one).map(text).collect::<Vec<_>>().join(" or ");
    let items = if schema["items"].is_null() { String::new() } else { format!(" of {}", shape(&schema["items"])) };
    escaped(&kind) + &items + &escaped(&bounds.collect::<String>())
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn fields(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// A description, in which what stands between backticks is code.
fn prose(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let part = |(place, part)| if place % 2 == 1 { format!("<code>{}</code>", escaped(part)) } else { escaped(part) };
    parts.map(part).collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_a_document_says_is_text_and_never_markup() {
        let evil = "<script>alert(\"x\")</script>";
        let document = json!({
            "info": { "title": "Greenroom", "version": "1", "description": evil },
            "tags": [{ "name": "rooms", "description": evil }],
            "paths": { "/a": { "get": { "tags": ["rooms"], "operationId": "a", "summary": evil, "responses": {} } } },
        });
        let page = render(&document);
        assert_eq!(page.matches("&lt;script&gt;").count(), 3, "{page}");
        assert!(!page.contains("<script"), "{page}");
        assert_eq!(prose("say `a<b`"), "say <code>a&lt;b</code>");
    }
}
