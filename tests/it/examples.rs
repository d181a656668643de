//! Each example says something by itself, and two of them talk over a restart of the server.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::support::{GREEN, Guest, Host, Server, soon};

const TALKATIVE: &str = "it's \"quoted\" \\ $HOME 👋";

fn example(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(path)
}

/// Whether examples are left out. Where they are not, whatever they need must be there.
pub(crate) fn skipped() -> bool {
    std::env::var_os("GREENROOM_TEST_EXAMPLES").is_some_and(|value| value == "skip")
}

/// Fails with what to install where a command does not work.
async fn needs(program: &OsString, args: &[&str], otherwise: &str) {
    let tried = Command::new(program).args(args).stdin(Stdio::null()).output().await;
    let works = tried.as_ref().is_ok_and(|output| output.status.success());
    assert!(works, "{otherwise}, or leave the examples out with GREENROOM_TEST_EXAMPLES=skip ({tried:?})");
}

/// An interpreter of Python with the package that clients need.
pub(crate) async fn interpreter() -> OsString {
    let python = std::env::var_os("GREENROOM_PYTHON").unwrap_or_else(|| "python3".into());
    let advice = "the Python example needs Python 3.9 with the package websockets: pip install websockets, \
                  or name another interpreter in GREENROOM_PYTHON";
    needs(&python, &["-c", "import websockets.asyncio.client"], advice).await;
    python
}

async fn python() -> Command {
    let mut command = Command::new(interpreter().await);
    command.arg(example("python/chat.py"));
    command
}

async fn javascript() -> Command {
    needs(&"node".into(), &["--version"], "the JavaScript example needs Node.js 20 or later").await;
    let advice = "the JavaScript example needs its one package: run npm ci in examples/javascript";
    assert!(example("javascript/node_modules/ws").exists(), "{advice}");
    let mut command = Command::new("node");
    command.arg(example("javascript/chat.mjs"));
    command
}

async fn shell() -> Command {
    for tool in ["bash", "curl", "jq"] {
        needs(&tool.into(), &["--version"], &format!("the shell example needs {tool}; install it")).await;
    }
    Command::new(example("shell/chat.sh"))
}

fn in_green<'a>(command: &'a mut Command, host: &impl Host, name: &str) -> &'a mut Command {
    let url = format!("ws://{}/ws", host.address());
    command.args(["--url", &url, "--room", GREEN, "--name", name]).kill_on_drop(true)
}

async fn output(command: &mut Command) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = soon("the example to end", command.output()).await.expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (status.code(), text(stdout), text(stderr))
}

/// Says one thing in a room where Alice has said something before, and shows both.
async fn says_one_thing(command: &mut Command) {
    let server = Server::start().await;
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.join(GREEN).await;
    alice.says(GREEN, "first").await;
    let (code, printed, complained) = output(in_green(command, &server, "Bob").args(["--say", TALKATIVE])).await;
    assert_eq!(code, Some(0), "{complained}");
    assert!(printed.ends_with(&format!("[1] Alice: first\n[2] Bob: {TALKATIVE}\n")), "{printed}");
    assert_eq!(alice.hears(TALKATIVE).await.user.name.as_str(), "Bob");
}

/// Says what comes in on standard input, hears what others say, and comes back when the server does.
async fn talks(command: &mut Command) {
    let mut server = Server::start().await;
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.join(GREEN).await;
    let (stdin, stdout) = (Stdio::piped(), Stdio::piped());
    let mut child = in_green(command, &server, "Bob").stdin(stdin).stdout(stdout).spawn().expect("it runs");
    let mut keyboard = child.stdin.take().expect("piped");
    keyboard.write_all(b"hello Alice\n").await.expect("typed");
    let bob = alice.hears("hello Alice").await.user;
    alice.says(GREEN, "hello Bob").await;

    let token = alice.token().to_owned();
    server.restart().await;
    let mut alice = Guest::come_back(&server, &token).await;
    alice.join(GREEN).await;
    alice.says(GREEN, "are you back?").await;
    keyboard.write_all(b"here I am\n").await.expect("typed");
    assert_eq!(alice.hears("here I am").await.user, bob, "with the token he is the same guest");
    drop(keyboard);

    let ended = soon("the example to end", child.wait_with_output()).await.expect("it ends");
    assert!(ended.status.success(), "{}", ended.status);
    let expected = "[1] Bob: hello Alice\n[2] Alice: hello Bob\n[3] Alice: are you back?\n[4] Bob: here I am\n";
    assert_eq!(String::from_utf8_lossy(&ended.stdout), expected, "each message once, in order");
}

/// Says what it is told where it can't do what it should.
async fn complains(command: &mut Command) {
    let server = Server::start().await;
    let (code, printed, complained) = output(in_green(command, &server, "Bob").args(["--say", " "])).await;
    assert_eq!((code, complained.contains("invalid")), (Some(1), true), "{complained}");
    assert!(!printed.contains("Bob"), "{printed}");
}

#[tokio::test]
async fn the_python_client_says_one_thing() {
    if !skipped() {
        says_one_thing(&mut python().await).await;
    }
}

#[tokio::test]
async fn the_python_client_talks_and_comes_back() {
    if !skipped() {
        talks(&mut python().await).await;
    }
}

#[tokio::test]
async fn the_python_client_says_what_went_wrong() {
    if !skipped() {
        complains(&mut python().await).await;
    }
}

#[tokio::test]
async fn the_javascript_client_says_one_thing() {
    if !skipped() {
        says_one_thing(&mut javascript().await).await;
    }
}

#[tokio::test]
async fn the_javascript_client_talks_and_comes_back() {
    if !skipped() {
        talks(&mut javascript().await).await;
    }
}

#[tokio::test]
async fn the_javascript_client_says_what_went_wrong() {
    if !skipped() {
        complains(&mut javascript().await).await;
    }
}

#[tokio::test]
async fn the_shell_client_shows_the_rooms_and_says_one_thing_where_it_can() {
    if skipped() {
        return;
    }
    let mut shell = shell().await;
    // Few systems have a package of websocat, so its part of the script is tried only where it is there.
    if Command::new("websocat").arg("--version").output().await.is_ok() {
        says_one_thing(&mut shell).await;
        return complains(&mut self::shell().await).await;
    }
    let server = Server::start().await;
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.join(GREEN).await;
    let (code, printed, complained) = output(in_green(&mut shell, &server, "Bob").args(["--say", TALKATIVE])).await;
    assert_eq!(code, Some(3), "{complained}");
    assert!(complained.contains("install websocat"), "{complained}");
    assert!(printed.contains("server: ok\n") && printed.contains("room green: "), "{printed}");
}
