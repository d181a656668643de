use greenroom_protocol::{Command, Hello, ServerFrame, TypingChanged};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::{ATTIC, GREEN, Guest, Server, call, room};

#[tokio::test]
async fn a_guest_with_a_token_is_the_same_guest_also_after_a_restart() {
    let mut server = Server::start().await;
    let alice = Guest::enter(&server, "Alice").await;
    let (user, token) = (alice.user().clone(), alice.token().to_owned());
    let phone = alice.again(&server).await;
    assert_eq!((phone.user(), phone.welcome().guest), (&user, true));
    assert_ne!(phone.welcome().session, alice.welcome().session, "another connection of the same person");

    server.restart().await;
    let alice = Guest::come_back(&server, &token).await;
    assert_eq!(*alice.user(), user);
}

#[tokio::test]
async fn the_upgrade_may_say_who_one_is() {
    let server = Server::start().await;
    let alice = Guest::enter(&server, "Alice").await;
    let bearer = format!("Bearer {}", alice.token());
    let mut again = Guest::connect_with(&server, &[("authorization", bearer)]).await.unwrap();
    again.hello(Hello::default()).await;
    assert_eq!(again.user(), alice.user());
}

#[tokio::test]
async fn a_forged_token_identifies_nobody() {
    let server = Server::start().await;
    let alice = Guest::enter(&server, "Alice").await;
    let token = alice.token();
    let other_letter = if token.ends_with('A') { "B" } else { "A" };
    let middle = token.len() / 2;
    let flipped = if &token[middle..=middle] == "x" { "y" } else { "x" };
    let forged = [
        String::new(),
        "nonsense".to_owned(),
        token[..token.len() - 1].to_owned(),
        format!("{}{other_letter}", &token[..token.len() - 1]),
        format!("{}{flipped}{}", &token[..middle], &token[middle + 1..]),
        format!("{token}A"),
    ];
    for token in forged {
        let mut mallory = Guest::connect(&server).await;
        mallory.raw(format!(r#"{{"type":"hello","token":"{token}"}}"#)).await;
        assert_eq!(mallory.closed().await, 4401, "{token:?}");
    }
    let mut mallory = Guest::connect_with(&server, &[("authorization", "Bearer nonsense".to_owned())]).await.unwrap();
    mallory.raw(r#"{"type":"hello"}"#).await;
    assert_eq!(mallory.closed().await, 4401);
}

#[tokio::test]
async fn a_token_of_another_server_identifies_nobody() {
    let (here, elsewhere) = (Server::start().await, Server::start().await);
    let stranger = Guest::enter(&elsewhere, "Alice").await;
    let mut mallory = Guest::connect(&here).await;
    mallory.raw(format!(r#"{{"type":"hello","token":"{}"}}"#, stranger.token())).await;
    assert_eq!(mallory.closed().await, 4401);
}

#[tokio::test]
async fn two_people_may_have_one_name() {
    let server = Server::start().await;
    let (mut alice, mut other) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Alice").await);
    assert_ne!(alice.user().id, other.user().id);
    alice.join(GREEN).await;
    assert_eq!(other.join(GREEN).await.online_count, 2);
    other.says(GREEN, "I am another").await;
    assert_eq!(alice.hears("I am another").await.user, *other.user());
}

#[tokio::test]
async fn people_are_seen_coming_and_going() {
    let server = Server::start().await;
    let mut alice = Guest::enter(&server, "Alice").await;
    assert_eq!(alice.join(GREEN).await.online, [alice.user().clone()]);

    let mut bob = Guest::enter(&server, "Bob").await;
    let joined = bob.join(GREEN).await;
    assert_eq!(joined.online_count, 2);
    assert!(joined.online.contains(alice.user()) && joined.online.contains(bob.user()));
    let came = alice.sees("Bob to come", |seen| seen.joined.contains(bob.user())).await;
    assert_eq!((came.online_count, came.left.len()), (2, 0));

    bob.leave(GREEN).await;
    let went = alice.sees("Bob to leave", |seen| seen.left.contains(bob.user())).await;
    assert_eq!(went.online_count, 1);

    bob.join(GREEN).await;
    alice.sees("Bob to come back", |seen| seen.joined.contains(bob.user())).await;
    let user = bob.user().clone();
    bob.goes().await;
    alice.sees("Bob to go", |seen| seen.left.contains(&user)).await;
}

#[tokio::test]
async fn whoever_is_cut_off_is_seen_to_be_gone() {
    let server = Server::start().await;
    let (mut alice, mut bob) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Bob").await);
    alice.join(GREEN).await;
    bob.join(GREEN).await;
    alice.sees("Bob to come", |seen| seen.joined.contains(bob.user())).await;
    let user = bob.user().clone();
    bob.vanishes();
    let went = alice.sees("Bob to be gone", |seen| seen.left.contains(&user)).await;
    assert_eq!(went.online_count, 1);
}

#[tokio::test]
async fn a_person_with_two_devices_is_one_person() {
    let server = Server::start().await;
    let (mut alice, mut phone) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Bob").await);
    alice.join(GREEN).await;
    phone.join(GREEN).await;
    let bob = phone.user().clone();
    alice.sees("Bob to come", |seen| seen.joined.contains(&bob)).await;

    let mut laptop = phone.again(&server).await;
    assert_eq!(laptop.join(GREEN).await.online_count, 2);
    phone.goes().await;
    // A third person comes after that, and so whatever there was to tell of Bob has been told before.
    let mut carol = Guest::enter(&server, "Carol").await;
    assert_eq!(carol.join(GREEN).await.online_count, 3);
    alice.sees("Carol to come", |seen| seen.joined.contains(carol.user())).await;
    let of_bob = |frame: &ServerFrame| matches!(frame, ServerFrame::Presence(seen) if seen.left.contains(&bob) || seen.joined.contains(&bob));
    assert_eq!(alice.heard().into_iter().filter(of_bob).count(), 1, "he came once");

    laptop.goes().await;
    alice.sees("Bob to go with his last device", |seen| seen.left.contains(&bob)).await;
}

#[tokio::test]
async fn who_is_here_is_known_by_room() {
    let server = Server::start().await;
    let (mut alice, mut bob) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Bob").await);
    alice.join(GREEN).await;
    assert_eq!(bob.join(ATTIC).await.online, [bob.user().clone()]);
}

/// Waits until somebody is told to type, or no longer to.
async fn typing(listener: &Guest, on: bool) -> TypingChanged {
    let pick = |frame: &ServerFrame| match frame {
        ServerFrame::Typing(typing) if typing.on == on => Some(typing.clone()),
        _ => None,
    };
    listener.hears_frame(if on { "typing" } else { "the end of typing" }, pick).await
}

#[tokio::test]
async fn typing_in_a_private_room_is_told_to_members_who_look_elsewhere_and_to_nobody_else() {
    let server = Server::start().await;
    let [mut alice, bob, mut carol] = [
        Guest::enter(&server, "Alice").await,
        Guest::enter(&server, "Bob").await,
        Guest::enter(&server, "Carol").await,
    ];
    let wish = json!({ "room": ATTIC, "kind": "private", "members": [bob.user().id, carol.user().id] });
    call(&server, Method::POST, "/api/rooms").by(alice.token()).json(&wish).answer().await.is(StatusCode::CREATED);
    alice.join(ATTIC).await;
    alice.types(ATTIC, true).await;
    let told = typing(&bob, true).await;
    assert_eq!((told.room.as_str(), &told.user), (ATTIC, alice.user()), "in his list, and not open");
    typing(&carol, true).await;
    assert_eq!(typing(&bob, false).await.user, *alice.user());

    let path = format!("/api/rooms/{ATTIC}/members/{}", carol.user().id);
    call(&server, Method::DELETE, &path).by(alice.token()).answer().await.is(StatusCode::NO_CONTENT);
    alice.types(ATTIC, true).await;
    typing(&bob, true).await;
    carol.ask(Command::Ping).await;
    assert_eq!(signs(&carol, ATTIC), 1, "she is out");

    // In a public room one is among strangers: those who have not joined it hear nothing of the kind.
    for guest in [&mut carol, &mut alice] {
        guest.join(GREEN).await;
    }
    carol.ask(Command::Leave { room: room(GREEN) }).await;
    alice.types(GREEN, true).await;
    alice.says(GREEN, "done").await;
    carol.hears_frame("a badge", |frame| matches!(frame, ServerFrame::Unread(_)).then_some(())).await;
    assert_eq!(signs(&carol, GREEN), 0);
}

/// How often somebody was told that others type in a room.
fn signs(guest: &Guest, place: &str) -> usize {
    let on = |frame: &ServerFrame| matches!(frame, ServerFrame::Typing(sign) if sign.on && sign.room == room(place));
    guest.heard().iter().filter(|frame| on(frame)).count()
}

#[tokio::test]
async fn typing_is_seen_by_others_and_ends_by_itself() {
    let server = Server::start().await;
    let (mut alice, mut bob) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Bob").await);
    alice.join(GREEN).await;
    bob.join(GREEN).await;

    alice.types(GREEN, true).await;
    assert_eq!(typing(&bob, true).await.user, *alice.user());
    assert_eq!(typing(&bob, false).await.user, *alice.user(), "three seconds later, without a word from Alice");

    alice.types(GREEN, true).await;
    typing(&bob, true).await;
    alice.types(GREEN, false).await;
    typing(&bob, false).await;

    // What Bob says now comes to Alice after whatever she would have been told before.
    bob.says(GREEN, "well?").await;
    alice.hears("well?").await;
    let echoed = alice.heard().into_iter().any(|frame| matches!(frame, ServerFrame::Typing(_)));
    assert!(!echoed, "typing is never echoed");
}

#[tokio::test]
async fn whoever_says_it_no_longer_types_it() {
    let server = Server::start().await;
    let (mut alice, mut bob) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Bob").await);
    alice.join(GREEN).await;
    bob.join(GREEN).await;
    alice.types(GREEN, true).await;
    typing(&bob, true).await;
    alice.says(GREEN, "there").await;
    bob.hears("there").await;
    typing(&bob, false).await;

    alice.types(GREEN, true).await;
    typing(&bob, true).await;
    alice.leave(GREEN).await;
    typing(&bob, false).await;
}
