//! What docs/protocol.md says of codes, and docs/limits.md of limits, is what the code says.

use std::fmt::Display;

use greenroom_protocol::limits::rates::Terms;
use greenroom_protocol::limits::{Bucket, Cap};
use greenroom_protocol::{CloseCode, ErrorCode, Reconnect};

const PROTOCOL: &str = include_str!("../../docs/protocol.md");
const LIMITS: &str = include_str!("../../docs/limits.md");

/// The rows of the table after a mark, without its head.
fn table(document: &'static str, mark: &str) -> Vec<&'static str> {
    let after = document.split_once(&format!("<!-- {mark}:")).expect("the document has the mark").1;
    after.lines().skip(3).take_while(|line| line.starts_with('|')).collect()
}

#[test]
fn the_table_of_errors_is_the_enum() {
    let row = |code: ErrorCode| {
        let retry = if code.retry() { "retry " } else { "" };
        format!("| `{}` | {} | {retry}|", code.name(), code.meaning())
    };
    assert_eq!(table(PROTOCOL, "errors"), ErrorCode::ALL.map(row));
}

#[test]
fn the_table_of_closes_is_the_enum() {
    let reconnect = |code: CloseCode| match code.reconnect() {
        Reconnect::No => "no",
        Reconnect::AtOnce => "at once",
        Reconnect::WithJitter => "with jitter",
        Reconnect::AfterSignIn => "after signing in",
        Reconnect::Later => "later",
    };
    let row = |code: CloseCode| format!("| {} | {} | {} |", code.number(), code.meaning(), reconnect(code));
    assert_eq!(table(PROTOCOL, "closes"), CloseCode::ALL.map(row));
}

fn limit<T: Display>(terms: Terms<T>) -> String {
    let Terms { name, whose, standard, strict, reason } = terms;
    format!("| `{name}` | {} | {standard} | {strict} | {reason} |", whose.name())
}

#[test]
fn the_table_of_rates_is_the_code() {
    assert_eq!(table(LIMITS, "rates"), Bucket::ALL.map(|bucket| limit(bucket.terms())));
}

#[test]
fn the_table_of_caps_is_the_code() {
    assert_eq!(table(LIMITS, "caps"), Cap::ALL.map(|cap| limit(cap.terms())));
}
