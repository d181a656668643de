//! The fault laboratory of a program that was started with `--lab`.

use greenroom_actors::supervision::Policy;
use greenroom_protocol::MessageId;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{Host, soon, until};

/// Asks the laboratory for something, and returns the status of its answer.
pub(crate) async fn lab(server: &impl Host, call: &str, body: Value) -> StatusCode {
    let call = reqwest::Client::new().post(server.url(&format!("/api/lab/{call}"))).json(&body);
    soon("the laboratory", call.send()).await.expect("the laboratory answers").status()
}

/// Arms a fault point, to strike so often.
pub(crate) async fn arm(server: &impl Host, point: &str, strike: &str, times: u32) {
    let fault = json!({ "point": point, "strike": strike, "times": times });
    assert_eq!(lab(server, "fault", fault).await, StatusCode::ACCEPTED, "{point}");
}

/// Arms a fault point for one message.
pub(crate) async fn arm_for(server: &impl Host, point: &str, strike: &str, id: MessageId) {
    let fault = json!({ "point": point, "strike": strike, "key": id.to_string() });
    assert_eq!(lab(server, "fault", fault).await, StatusCode::ACCEPTED, "{point}");
}

/// Does to an actor what the laboratory calls so: `crash`, `hang`.
pub(crate) async fn hurt(server: &impl Host, call: &str, actor: &str) {
    assert_eq!(lab(server, call, json!({ "actor": actor })).await, StatusCode::ACCEPTED, "{actor} is alive");
}

/// Crashes an actor as often as its supervisor bears, and once more; each time when it is back.
pub(crate) async fn crash_until_the_budget_is_spent(server: &impl Host, name: &str, policy: &Policy) {
    for restarts in 0..=policy.budget.restarts {
        let look = async || find(&tree(server).await, name);
        let is_up = |actor: &Option<Value>| {
            actor.as_ref().is_some_and(|actor| actor["restarts"] == restarts && actor["status"] == "running")
        };
        until("it to be up again", look, is_up).await;
        hurt(server, "crash", name).await;
    }
}

/// The live supervision tree.
pub(crate) async fn tree(server: &impl Host) -> Value {
    let tree = reqwest::get(server.url("/api/lab/tree")).await.expect("the laboratory answers");
    tree.json().await.expect("a tree")
}

/// Audits the ledgers: whatever came in has gone out, waits, or was given up for a reason.
pub(crate) async fn balances(server: &impl Host) {
    let audit = soon("the audit", reqwest::Client::new().post(server.url("/api/lab/audit")).send()).await;
    let balance: Value = audit.expect("the laboratory answers").json().await.expect("a balance");
    assert!(balance["audits"].as_u64() > Some(0), "it was audited: {balance}");
    assert_eq!(balance["imbalances"], 0, "{balance}");
}

/// An actor of the tree.
pub(crate) fn find(tree: &Value, name: &str) -> Option<Value> {
    if tree["name"] == name {
        return Some(tree.clone());
    }
    tree["children"].as_array()?.iter().find_map(|child| find(child, name))
}

/// How often an actor of the tree was started again.
pub(crate) fn restarts(tree: &Value, name: &str) -> u64 {
    find(tree, name).and_then(|actor| actor["restarts"].as_u64()).unwrap_or_else(|| panic!("no {name} in {tree}"))
}

/// How many living actors have names that start so.
pub(crate) fn count(tree: &Value, prefix: &str) -> usize {
    let here = tree["name"].as_str().is_some_and(|name| name.starts_with(prefix) && tree["status"] == "running");
    let below = tree["children"].as_array().into_iter().flatten();
    usize::from(here) + below.map(|child| count(child, prefix)).sum::<usize>()
}
