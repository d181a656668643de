//! What the server's documents say of frames is what frames are.

use super::*;
use jsonschema::Validator;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// The schema of a type, by which a field that is not described is wrong.
fn described<T: ToSchema>() -> Validator {
    let mut schemas = Vec::new();
    T::schemas(&mut schemas);
    let schemas: serde_json::Map<String, Value> = schemas
        .into_iter()
        .map(|(name, schema)| (name, serde_json::to_value(schema).expect("schemas are JSON")))
        .collect();
    let schema = json!({
        "allOf": [T::schema()], "unevaluatedProperties": false, "components": { "schemas": schemas },
    });
    jsonschema::validator_for(&schema).expect("a good schema")
}

proptest! {
    #[test]
    fn whatever_the_server_says_is_described(frame in server_frame()) {
        let validator = described::<ServerFrame>();
        let mut value = serde_json::to_value(&frame).unwrap();
        prop_assert!(validator.is_valid(&value), "{value}: {:?}", validator.validate(&value));
        value["colour"] = json!("green");
        prop_assert!(!validator.is_valid(&value), "a field that there is not: {value}");
    }

    #[test]
    fn whatever_a_client_may_say_is_described(command in command()) {
        let validator = described::<Command>();
        let value = serde_json::to_value(&command).unwrap();
        prop_assert!(validator.is_valid(&value), "{value}: {:?}", validator.validate(&value));
    }

    #[test]
    fn a_field_is_described_as_needed_where_a_frame_is_none_without_it(frame in server_frame()) {
        let validator = described::<ServerFrame>();
        let value = serde_json::to_value(&frame).unwrap();
        for (field, _) in value.as_object().unwrap() {
            let mut without = value.clone();
            without.as_object_mut().unwrap().remove(field);
            let parsed = serde_json::from_value::<ServerFrame>(without.clone());
            // What is written always, even as null, a reader may still do without.
            if parsed.is_err() {
                prop_assert!(!validator.is_valid(&without), "{field} is needed: {without}");
            } else {
                prop_assert!(validator.is_valid(&without), "{field} may be left out: {without}");
            }
        }
    }

    #[test]
    fn a_command_without_a_field_is_described_as_wrong_where_it_is_refused(command in command()) {
        let validator = described::<Command>();
        let value = serde_json::to_value(&command).unwrap();
        for (field, _) in value.as_object().unwrap() {
            let mut without = value.clone();
            without.as_object_mut().unwrap().remove(field);
            let refused = ClientFrame::parse(&without.to_string()).is_err();
            prop_assert_eq!(refused, !validator.is_valid(&without), "{}", without);
        }
    }
}
