//! What docs/protocol.md says of codes is what the code says.

use greenroom_protocol::{CloseCode, ErrorCode, Reconnect};

const DOCUMENT: &str = include_str!("../../docs/protocol.md");

/// The rows of the table after a mark, without its head.
fn table(mark: &str) -> Vec<&'static str> {
    let after = DOCUMENT.split_once(&format!("<!-- {mark}:")).expect("the document has the mark").1;
    after.lines().skip(3).take_while(|line| line.starts_with('|')).collect()
}

#[test]
fn the_table_of_errors_is_the_enum() {
    let row = |code: ErrorCode| {
        let retry = if code.retry() { "retry " } else { "" };
        format!("| `{}` | {} | {retry}|", code.name(), code.meaning())
    };
    assert_eq!(table("errors"), ErrorCode::ALL.map(row));
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
    assert_eq!(table("closes"), CloseCode::ALL.map(row));
}
