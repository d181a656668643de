//! What is printed: lines for people, or JSON.

use serde_json::{Value, json};

/// A column: its head, and the field that is in it.
type Column = (&'static str, &'static str);

pub(super) const USER: &[Column] = &[
    ("id", "id"),
    ("name", "name"),
    ("e-mail", "email"),
    ("admin", "admin"),
    ("disabled", "disabled"),
    ("since", "created_at"),
];

pub(super) const ROOM: &[Column] =
    &[("room", "room"), ("kind", "kind"), ("title", "title"), ("last seq", "last_seq"), ("online", "online_count")];

/// What was done.
pub(super) fn done(answer: &Value, json: bool, said: &str) {
    if !json {
        say(said);
    } else if answer.is_null() {
        say("{}");
    } else {
        say(&answer.to_string());
    }
}

/// A list, as a table with as much space as its longest cells need.
pub(super) fn list(of: &str, rows: Vec<Value>, json: bool, columns: &[Column]) {
    if json {
        say(&json!({ of: rows }).to_string());
        return;
    }
    let heads = columns.iter().map(|(head, _)| (*head).to_owned()).collect();
    let cells = |row: &Value| columns.iter().map(|(_, field)| cell(&row[*field])).collect();
    let table: Vec<Vec<String>> = std::iter::once(heads).chain(rows.iter().map(cells)).collect();
    let width = |column: usize| table.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    for row in &table {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        say(cells.join("  ").trim_end());
    }
}

/// What people have written is shown without what a terminal would obey.
fn cell(value: &Value) -> String {
    match value {
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) | Value::Null => "-".to_owned(),
        Value::String(text) => text.chars().filter(|c| !c.is_control()).collect(),
        Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

#[allow(clippy::print_stdout, reason = "what a command prints is its result")]
fn say(line: &str) {
    println!("{line}");
}
