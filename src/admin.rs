//! `greenroom admin`: the calls of administration from the command line, whether or not the server runs.

use std::io::BufRead as _;

use anyhow::{Context as _, ensure};
use reqwest::Method;
use serde_json::{Value, json};

use crate::cli::{AdminCommand, AdminFlags, Flags};
use crate::config::Config;

mod door;
mod print;

use door::Door;

/// A call that is to be made.
struct Errand {
    method: Method,
    /// Below `/api/admin`.
    path: Vec<String>,
    query: Vec<(&'static str, String)>,
    body: Option<Value>,
}

/// A list that comes in pages.
struct List {
    /// The path below `/api/admin`, and the field of the answer.
    of: &'static str,
    /// The field of a row behind which the next page begins.
    key: &'static str,
    query: String,
}

/// Does what is asked for, and prints what has come of it.
///
/// # Errors
/// Where the data can't be reached, or it was refused; the text says what to do.
pub async fn run(flags: AdminFlags) -> anyhow::Result<()> {
    let AdminFlags { command, data, config, json } = flags;
    let config = Config::from(Flags { data, config, ..Flags::default() })?;
    match command {
        AdminCommand::List { query } => {
            let rows = walk(&config, List { of: "users", key: "name", query }).await?;
            print::list("users", rows, json, print::USER);
        }
        AdminCommand::Rooms { query } => {
            let rows = walk(&config, List { of: "rooms", key: "room", query }).await?;
            print::list("rooms", rows, json, print::ROOM);
        }
        AdminCommand::Create { email, name, password_stdin } => {
            let password = password(password_stdin)?;
            let account = json!({ "email": email, "name": name, "password": password, "admin": true });
            let made = ask(&config, Errand::new(Method::POST, ["users"], Some(account)), true).await?;
            print::done(&made, json, &format!("{name} is an admin"));
        }
        AdminCommand::Disable { user } => {
            change(&config, json, &user, json!({ "disabled": true }), "is disabled, and signed out everywhere").await?;
        }
        AdminCommand::Enable { user } => {
            change(&config, json, &user, json!({ "disabled": false }), "may sign in").await?;
        }
        AdminCommand::Promote { user } => {
            change(&config, json, &user, json!({ "admin": true }), "is an admin").await?;
        }
        AdminCommand::Demote { user } => {
            change(&config, json, &user, json!({ "admin": false }), "is no admin").await?;
        }
        AdminCommand::Delete { user, erase } => {
            let mut errand = Errand::new(Method::DELETE, ["users", &user], None);
            errand.query.push(("erase", erase.to_string()));
            let done = ask(&config, errand, false).await?;
            let erased = if erase { ", and what they have said is erased" } else { "" };
            print::done(&done, json, &format!("{user} is deleted{erased}"));
        }
        AdminCommand::Erase { user } => {
            let done = ask(&config, Errand::new(Method::DELETE, ["users", &user, "messages"], None), false).await?;
            print::done(
                &done,
                json,
                &format!("what {user} has said is erased; it leaves the disk while the server runs"),
            );
        }
        AdminCommand::SignOut { user } => {
            let done = ask(&config, Errand::new(Method::DELETE, ["users", &user, "sessions"], None), false).await?;
            print::done(&done, json, &format!("{user} is signed out everywhere"));
        }
        AdminCommand::DeleteRoom { room } => {
            let done = ask(&config, Errand::new(Method::DELETE, ["rooms", &room], None), false).await?;
            print::done(&done, json, &format!("{room} is deleted"));
        }
    }
    Ok(())
}

async fn change(config: &Config, json: bool, user: &str, change: Value, said: &str) -> anyhow::Result<()> {
    let changed = ask(config, Errand::new(Method::PATCH, ["users", user], Some(change)), false).await?;
    let name = changed["name"].as_str().unwrap_or(user);
    print::done(&changed, json, &format!("{name} {said}"));
    Ok(())
}

async fn ask(config: &Config, errand: Errand, may_make: bool) -> anyhow::Result<Value> {
    let door = Door::open(config, may_make).await?;
    let answer = door.ask(&errand).await;
    door.close().await;
    answer
}

/// All rows of a list, page by page.
async fn walk(config: &Config, list: List) -> anyhow::Result<Vec<Value>> {
    let door = Door::open(config, false).await?;
    let rows = all(&door, list).await;
    door.close().await;
    rows
}

async fn all(door: &Door, List { of, key, query }: List) -> anyhow::Result<Vec<Value>> {
    let mut errand = Errand::new(Method::GET, [of], None);
    errand.query.push(("query", query));
    let mut rows = Vec::new();
    loop {
        let mut page = door.ask(&errand).await?;
        rows.extend(page[of].as_array_mut().map(std::mem::take).unwrap_or_default());
        let last = rows.last().and_then(|row| row[key].as_str()).map(str::to_owned);
        match last {
            Some(last) if page["more"] == true => {
                errand.query.truncate(1);
                errand.query.push(("after", last));
            }
            Some(_) | None => return Ok(rows),
        }
    }
}

fn password(from_stdin: bool) -> anyhow::Result<String> {
    if from_stdin {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).context("standard input can't be read")?;
        return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
    }
    let ask = |what: &str| {
        rpassword::prompt_password(what).context("there is no terminal to ask for a password; use --password-stdin")
    };
    let password = ask("Password: ")?;
    ensure!(password == ask("The same again: ")?, "the two passwords are not the same");
    Ok(password)
}

impl Errand {
    fn new<const N: usize>(method: Method, path: [&str; N], body: Option<Value>) -> Self {
        Self { method, path: path.map(str::to_owned).into(), query: Vec::new(), body }
    }
}
