use std::process::Output;

use greenroom_protocol::{Command, ErrorCode, Join};

use crate::support::{GREEN, Guest, Host as _, Process, greenroom, room, soon};

/// Runs the program with arguments that end it at once.
async fn run(args: &[&str]) -> Output {
    soon("the program to end", greenroom().args(args).output()).await.expect("it runs")
}

/// Runs it, expects that it can't start, and returns what it says.
async fn fails(args: &[&str]) -> String {
    let output = run(args).await;
    let (said, printed) = (String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout));
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert_eq!(printed, "", "nothing on standard output");
    said.into_owned()
}

#[tokio::test]
async fn the_one_line_on_standard_output_says_where_it_listens() {
    let mut process = Process::start(&[]).await;
    assert_ne!(process.address().port(), 0, "a free port was taken");
    let mut alice = Guest::enter(&process, "Alice").await;
    alice.join(GREEN).await;
    alice.says(GREEN, "a secret").await;
    let token = alice.token().to_owned();
    let (status, rest) = process.terminate().await;
    assert_eq!((status.code(), rest.as_str()), (Some(0), ""));
    assert_eq!(alice.closed().await, 1001);
    let log = process.log();
    assert!(!log.is_empty() && !log.contains("a secret") && !log.contains(&token), "neither bodies nor tokens: {log}");
}

#[tokio::test]
async fn an_interrupt_ends_it_in_order_too() {
    let mut process = Process::start(&[]).await;
    let alice = Guest::enter(&process, "Alice").await;
    process.signal("INT").await;
    assert_eq!(process.end().await.0.code(), Some(0));
    assert_eq!(alice.closed().await, 1001);
}

#[tokio::test]
async fn a_second_copy_on_the_same_directory_is_told_why_not() {
    let process = Process::start(&[]).await;
    let data = process.home().data();
    let data = data.to_str().unwrap();
    let said = fails(&["--listen", "127.0.0.1:0", "--data", data]).await;
    assert!(said.contains(data), "it names the directory: {said}");
    let alice = Guest::enter(&process, "Alice").await;
    assert!(alice.is_connected(), "the first goes on");
}

#[tokio::test]
async fn a_taken_port_is_named_with_what_to_do() {
    let process = Process::start(&[]).await;
    let (address, data) = (process.address().to_string(), process.home().path().join("other"));
    let said = fails(&["serve", "--listen", &address, "--data", data.to_str().unwrap()]).await;
    assert!(said.contains(&address) && said.contains("--listen"), "{said}");
}

#[tokio::test]
async fn a_directory_that_cannot_be_used_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "not a directory").unwrap();
    for path in [file.clone(), file.join("below")] {
        let path = path.to_str().unwrap();
        let said = fails(&["--listen", "127.0.0.1:0", "--data", path]).await;
        assert!(said.contains(path), "{said}");
    }
}

#[tokio::test]
async fn a_foreign_directory_is_not_touched() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("thesis.txt"), "years of work").unwrap();
    // Whether it starts there or refuses: what was there is still there.
    let mut child = greenroom()
        .args(["--listen", "127.0.0.1:0", "--data"])
        .arg(dir.path())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut stdout = tokio::io::BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    soon("a word or the end", tokio::io::AsyncBufReadExt::read_line(&mut stdout, &mut line)).await.unwrap();
    child.kill().await.unwrap();
    assert_eq!(std::fs::read_to_string(dir.path().join("thesis.txt")).unwrap(), "years of work");
}

#[tokio::test]
async fn a_bad_configuration_is_named_by_file_and_line() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("greenroom.toml");
    let path = file.to_str().unwrap();
    std::fs::write(&file, "lab = true\nlisten = \"nowhere\"\n").unwrap();
    let said = fails(&["--config", path]).await;
    assert!(said.contains(path) && said.contains("line 2"), "{said}");
    std::fs::write(&file, "lab = true\n\nroom_creation = false\n").unwrap();
    let said = fails(&["--config", path]).await;
    assert!(said.contains(path) && said.contains("line 3") && said.contains("room_creation"), "{said}");
    let said = fails(&["--config", "/nowhere/greenroom.toml"]).await;
    assert!(said.contains("/nowhere/greenroom.toml"), "{said}");
}

#[tokio::test]
async fn a_bad_flag_is_told_apart_from_a_failed_start() {
    for args in [&["--listen", "nowhere"][..], &["--colour"], &["dance"], &["--durability", "maybe"]] {
        let output = run(args).await;
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("--help"), "{said}");
    }
}

#[tokio::test]
async fn the_help_teaches_every_flag() {
    let help = run(&["--help"]).await;
    assert!(help.status.success());
    let text = String::from_utf8_lossy(&help.stdout);
    let flags = ["--listen", "--data", "--durability", "--lab", "--no-limits", "--no-room-creation", "--config"];
    for flag in flags.into_iter().chain([
        "--allow-origin",
        "--log-format",
        "--tls-cert",
        "--tls-key",
        "--log-dir",
        "GREENROOM_LISTEN",
        "127.0.0.1:3000",
    ]) {
        assert!(text.contains(flag), "{flag} in {text}");
    }
    let version = run(&["--version"]).await;
    assert_eq!(String::from_utf8_lossy(&version.stdout).trim(), format!("greenroom {}", env!("CARGO_PKG_VERSION")));
}

#[tokio::test]
async fn without_room_creation_nobody_makes_a_room_by_joining() {
    let process = Process::start(&["--no-room-creation"]).await;
    let mut alice = Guest::enter(&process, "Alice").await;
    let join = Join { room: room(GREEN), since: None, epoch: None, limit: None };
    assert_eq!(alice.refused(Command::Join(join)).await.code, ErrorCode::NotFound);
}

#[tokio::test]
async fn a_room_that_was_made_before_is_there_without_room_creation() {
    let mut server = crate::support::Server::start().await;
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.join(GREEN).await;
    let token = alice.token().to_owned();
    server.configure(|config| config.no_room_creation = true);
    server.restart().await;
    let mut alice = Guest::come_back(&server, &token).await;
    alice.join(GREEN).await;
    alice.says(GREEN, "still here").await;
}

#[tokio::test]
async fn the_environment_and_the_file_configure_it_and_a_flag_wins() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("greenroom.toml");
    std::fs::write(&file, "no_room_creation = true\nlisten = \"127.0.0.1:1\"\n").unwrap();
    let config = file.to_str().unwrap();
    // The harness gives --listen, which wins over the port of the file, where nobody may listen.
    let process = Process::start(&["--config", config]).await;
    let mut alice = Guest::enter(&process, "Alice").await;
    let join = Join { room: room(GREEN), since: None, epoch: None, limit: None };
    assert_eq!(alice.refused(Command::Join(join)).await.code, ErrorCode::NotFound);

    let output = greenroom().env("GREENROOM_CONFIG", "/nowhere.toml").output();
    let output = soon("the program to end", output).await.unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("/nowhere.toml"));
}

#[tokio::test]
async fn logs_are_json_where_they_are_asked_to_be() {
    let mut process = Process::start(&["--log-format", "json"]).await;
    process.terminate().await;
    let log = process.log();
    assert!(log.lines().count() > 0);
    for line in log.lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    }
}

#[tokio::test]
async fn data_of_an_unknown_format_is_not_touched() {
    let mut process = Process::start(&[]).await;
    let token = Guest::enter(&process, "Alice").await.token().to_owned();
    process.terminate().await;
    let data = process.home().data();
    let format = data.join("format");
    let before = std::fs::read_to_string(&format).unwrap();
    let newer = before.replacen("greenroom 1", "greenroom 99", 1);
    assert_ne!(newer, before, "the file says which format it is: {before}");
    std::fs::write(&format, &newer).unwrap();

    let data = data.to_str().unwrap();
    let said = fails(&["--listen", "127.0.0.1:0", "--data", data]).await;
    assert!(said.contains(data) && said.contains("99"), "{said}");
    assert_eq!(std::fs::read_to_string(&format).unwrap(), newer);
    std::fs::write(&format, before).unwrap();
    let process = process.restart().await;
    Guest::come_back(&process, &token).await;
}

#[tokio::test]
async fn the_journal_of_another_server_is_not_touched() {
    let (mut one, mut other) = (Process::start(&[]).await, Process::start(&[]).await);
    let mut alice = Guest::enter(&one, "Alice").await;
    alice.join(GREEN).await;
    alice.says(GREEN, "in one house").await;
    one.terminate().await;
    other.terminate().await;
    let journal = |process: &Process| process.home().data().join("journal");
    let segment = std::fs::read_dir(journal(&one)).unwrap().next().expect("a segment").unwrap();
    let whole = std::fs::read(segment.path()).unwrap();
    let moved = journal(&other).join(segment.file_name());
    std::fs::write(&moved, &whole).unwrap();

    let data = other.home().data();
    let said = fails(&["--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()]).await;
    assert!(said.contains(moved.to_str().unwrap()) && said.contains("format"), "it says what does not fit: {said}");
    assert!(std::fs::read(&moved).unwrap() == whole, "what is in it is still there");
}
