//! What the server's own documents promise, held against what it does.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::{Answer, Host, call};

/// One call of the document.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) method: Method,
    pub(crate) path: String,
    spec: Value,
}

/// A document that the server hands out.
pub(crate) struct Contract {
    pub(crate) document: Value,
    /// Its components, in which a field that is not described is wrong.
    strict: Value,
}

impl Contract {
    pub(crate) async fn of(host: &impl Host, path: &str) -> Self {
        let answer = call(host, Method::GET, path).answer().await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let document = answer.body;
        let strict = strict(&document);
        Self { document, strict }
    }

    /// All calls.
    pub(crate) fn operations(&self) -> Vec<Operation> {
        let paths = self.document["paths"].as_object().expect("paths");
        let operations = paths.iter().flat_map(|(path, item)| {
            item.as_object().expect("a path has methods").iter().map(|(method, spec)| Operation {
                id: spec["operationId"].as_str().expect("calls are named").to_owned(),
                method: method.to_uppercase().parse().expect("a method"),
                path: path.clone(),
                spec: spec.clone(),
            })
        });
        operations.collect()
    }

    /// One call.
    pub(crate) fn operation(&self, id: &str) -> Operation {
        let found = self.operations().into_iter().find(|operation| operation.id == id);
        found.unwrap_or_else(|| panic!("no call {id} in the document"))
    }

    /// Fails where an answer is none that the document knows.
    pub(crate) fn check(&self, operation: &Operation, answer: &Answer) {
        let response = &operation.spec["responses"][answer.status.as_str()];
        assert!(!response.is_null(), "{} answers {answer:?}, which is not documented", operation.id);
        let Some(content) = response["content"].as_object() else {
            assert_eq!(answer.header("content-type"), "", "{} has no body: {answer:?}", operation.id);
            return;
        };
        let kind = answer.header("content-type").split(';').next().unwrap_or_default();
        let described = content.get(kind).unwrap_or_else(|| panic!("{} answers with {kind:?}", operation.id));
        if kind.ends_with("json") {
            let wrong = self.wrong_with(&described["schema"], &answer.body);
            assert!(wrong.is_empty(), "{} answers {answer:?}: {wrong:?}", operation.id);
        }
        for header in response["headers"].as_object().into_iter().flatten() {
            assert_ne!(answer.header(header.0), "", "{} says {}: {answer:?}", operation.id, header.0);
        }
    }

    /// What of a value is not as a schema wants it.
    pub(crate) fn wrong_with(&self, schema: &Value, value: &Value) -> Vec<String> {
        let mut whole = json!({ "allOf": [schema], "components": { "schemas": self.strict } });
        if schema.as_object().is_some_and(|wants| wants.keys().any(|key| key != "description")) {
            whole["unevaluatedProperties"] = json!(false);
        }
        let validator = jsonschema::validator_for(&whole).expect("the document has schemas");
        validator.iter_errors(value).map(|error| format!("{error} at {}", error.instance_path())).collect()
    }
}

impl Operation {
    /// The body that the document gives as an example.
    pub(crate) fn example(&self) -> Option<&Value> {
        self.spec.pointer("/requestBody/content/application~1json/example")
    }

    pub(crate) fn takes_body(&self) -> bool {
        self.spec.get("requestBody").is_some()
    }

    /// What its body is to be.
    pub(crate) fn body_schema(&self) -> Option<&Value> {
        self.spec.pointer("/requestBody/content/application~1json/schema")
    }

    /// What its answers are, by status: their schemas and examples.
    pub(crate) fn answers(&self) -> impl Iterator<Item = (&str, &str, &Value)> {
        let responses = self.spec["responses"].as_object().into_iter().flatten();
        responses.flat_map(|(status, response)| {
            let content = response["content"].as_object().into_iter().flatten();
            content.map(move |(kind, content)| (status.as_str(), kind.as_str(), content))
        })
    }

    /// Its row in the guide.
    pub(crate) fn row(&self) -> String {
        format!("| `{} {}` | {} |", self.method, self.path, self.spec["summary"].as_str().expect("a summary"))
    }

    /// The path, with these for its parameters.
    pub(crate) fn path_of(&self, parameters: &[(&str, &str)]) -> String {
        let fill = |path: String, (name, value): &(&str, &str)| path.replace(&format!("{{{name}}}"), value);
        parameters.iter().fold(self.path.clone(), fill)
    }
}

/// The same schemas, by which a field that is not described is wrong. Those that others are made of stay open.
fn strict(document: &Value) -> Value {
    let mut parts = BTreeSet::new();
    parts_of_others(document, &mut parts);
    let closed = document["components"]["schemas"].as_object().expect("schemas").iter().map(|(name, schema)| {
        let mut schema = schema.clone();
        if !parts.contains(name) {
            schema["unevaluatedProperties"] = json!(false);
        }
        (name.clone(), schema)
    });
    Value::Object(closed.collect::<Map<_, _>>())
}

fn parts_of_others(schema: &Value, parts: &mut BTreeSet<String>) {
    for part in schema["allOf"].as_array().into_iter().flatten() {
        if let Some(name) = part["$ref"].as_str().and_then(|name| name.rsplit('/').next()) {
            parts.insert(name.to_owned());
        }
    }
    let fields = schema.as_object().into_iter().flatten().map(|(_, part)| part);
    fields.chain(schema.as_array().into_iter().flatten()).for_each(|part| parts_of_others(part, parts));
}
