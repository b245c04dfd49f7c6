//! The API's description and its checked-in copy.

use std::path::Path;

use serde_json::Value;
use signalbox_server::http::openapi;

use crate::console::{Console, Who};

#[tokio::test]
async fn the_checked_in_description_is_the_one_that_is_served() {
    let console = Console::start().await;
    let served = console.get(&Who::Nobody, "/api/v1/openapi.json").await.body;
    assert_eq!(served, serde_json::to_value(openapi::complete()).unwrap());

    // A test's working directory is its package's.
    let path = Path::new("../docs/openapi.json");
    let text = format!("{}\n", serde_json::to_string_pretty(&served).unwrap());
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(path, text).unwrap();
        return;
    }
    let checked_in = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        checked_in == text,
        "docs/openapi.json is not what the code describes. Look at the difference after: \
         UPDATE_OPENAPI=1 cargo test -p signalbox-server --test it openapi"
    );
}

#[test]
fn every_schema_that_is_named_is_there() {
    let document = serde_json::to_value(openapi::complete()).unwrap();
    let mut missing = Vec::new();
    walk(&document, &mut |reference| {
        let pointer = reference.trim_start_matches('#');
        if document.pointer(pointer).is_none() {
            missing.push(reference.to_owned());
        }
    });
    assert_eq!(missing, Vec::<String>::new());
}

fn walk(value: &Value, seen: &mut impl FnMut(&str)) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(reference)) = fields.get("$ref") {
                seen(reference);
            }
            fields.values().for_each(|value| walk(value, seen));
        }
        Value::Array(items) => items.iter().for_each(|value| walk(value, seen)),
        _ => {}
    }
}
