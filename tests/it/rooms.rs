use futures_util::future::join_all;
use greenroom_protocol::{
    Command, ErrorCode, Event, History, Join, LeftReason, MemberChange, MessageId, Role, RoomRow, ServerFrame,
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{ATTIC, Answer, GREEN, Guest, Host, Member, Server, call, room, said, seqs, until};

async fn open_server() -> Server {
    Server::start_with(|config| config.no_limits = true).await
}

/// A call by a guest.
async fn asks(host: &impl Host, guest: &Guest, method: Method, path: &str, body: Option<Value>) -> Answer {
    let call = call(host, method, path).by(guest.token());
    match body {
        Some(body) => call.json(&body).answer().await,
        None => call.answer().await,
    }
}

fn id(guest: &Guest) -> String {
    guest.user().id.to_string()
}

/// A private room of this person's, and of those whom they bring.
async fn attic(host: &impl Host, owner: &Guest, members: &[&Guest]) -> Answer {
    let members: Vec<String> = members.iter().map(|guest| id(guest)).collect();
    let wish = json!({ "room": ATTIC, "kind": "private", "title": "The attic", "members": members });
    asks(host, owner, Method::POST, "/api/rooms", Some(wish)).await.is(StatusCode::CREATED)
}

async fn remove(host: &impl Host, by: &Guest, whom: &Guest) -> Answer {
    asks(host, by, Method::DELETE, &format!("/api/rooms/{ATTIC}/members/{}", id(whom)), None).await
}

async fn add(host: &impl Host, by: &Guest, whom: &Guest, role: Option<&str>) -> Answer {
    let body = role.map(|role| json!({ "role": role }));
    asks(host, by, Method::PUT, &format!("/api/rooms/{ATTIC}/members/{}", id(whom)), body).await
}

fn join(place: &str) -> Command {
    Command::Join(Join { room: room(place), since: None, epoch: None, limit: None })
}

fn history(place: &str) -> Command {
    Command::History(History { room: room(place), before: None, after: None, limit: None })
}

/// Waits until one's list has, or no longer has, a room; returns its row.
async fn listed(guest: &Guest, place: &str) -> RoomRow {
    let pick = |frame: &ServerFrame| match frame {
        ServerFrame::Rooms(changed) => changed.rooms.iter().find(|row| row.room == room(place)).cloned(),
        _ => None,
    };
    guest.hears_frame("the room in one's list", pick).await
}

async fn unlisted(guest: &Guest, place: &str) {
    let pick = |frame: &ServerFrame| match frame {
        ServerFrame::Rooms(changed) => changed.gone.contains(&room(place)).then_some(()),
        _ => None,
    };
    guest.hears_frame("the room to be gone from one's list", pick).await;
}

async fn left(guest: &Guest) -> LeftReason {
    let pick = |frame: &ServerFrame| match frame {
        ServerFrame::Left(left) if left.room == room(ATTIC) => left.reason,
        _ => None,
    };
    guest.hears_frame("the end of the attic's stream", pick).await
}

#[tokio::test]
async fn a_private_room_is_there_for_its_members_and_for_nobody_else() {
    let server = Server::start().await;
    let (mut alice, mut bob) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Bob").await);
    let mut mallory = Guest::enter(&server, "Mallory").await;
    let made = attic(&server, &alice, &[&bob]).await;
    assert_eq!((made.text("/kind"), made.text("/title"), made.text("/role")), ("private", "The attic", "owner"));
    assert_eq!(made.body["member_count"], 2);
    let row = listed(&bob, ATTIC).await;
    assert_eq!((row.title.as_str(), row.role, row.unread), ("The attic", Some(Role::Member), 0));

    let joined = alice.join(ATTIC).await;
    bob.join(ATTIC).await;
    assert_eq!((joined.role, seqs(&joined.events)), (Some(Role::Owner), vec![1, 2]));
    let Event::Member(added) = &joined.events[1] else { panic!("{joined:?}") };
    assert_eq!((added.change, &added.user, &added.by), (MemberChange::Added, bob.user(), alice.user()));
    alice.says(ATTIC, "between us").await;
    bob.hears("between us").await;

    for command in [join(ATTIC), history(ATTIC)] {
        assert_eq!(mallory.refused(command).await.code, ErrorCode::NotFound);
    }
    assert_eq!(mallory.refused(said(ATTIC, MessageId::new(), "hello?")).await.code, ErrorCode::NotJoined);
    for path in ["", "/members", "/messages"] {
        let hidden = asks(&server, &mallory, Method::GET, &format!("/api/rooms/{ATTIC}{path}"), None).await;
        let none = asks(&server, &mallory, Method::GET, &format!("/api/rooms/nowhere{path}"), None).await;
        assert_eq!((hidden.status, &hidden.body), (StatusCode::NOT_FOUND, &none.body), "as if there were none");
    }
    let list = asks(&server, &mallory, Method::GET, "/api/rooms", None).await;
    assert_eq!(list.body, json!({ "rooms": [] }));
    mallory.is_heard().await;
    let heard = mallory.heard();
    assert!(!heard.iter().any(|frame| format!("{frame:?}").contains("between us")), "{heard:?}");
}

#[tokio::test]
async fn a_removed_member_hears_nothing_more() {
    let server = Server::start().await;
    let (mut alice, mut bob) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Bob").await);
    let mut phone = bob.again(&server).await;
    attic(&server, &alice, &[&bob]).await;
    alice.join(ATTIC).await;
    bob.join(ATTIC).await;
    alice.says(ATTIC, "before").await;
    bob.hears("before").await;
    listed(&phone, ATTIC).await;

    remove(&server, &alice, &bob).await.is(StatusCode::NO_CONTENT);
    assert_eq!(left(&bob).await, LeftReason::Removed);
    unlisted(&bob, ATTIC).await;
    unlisted(&phone, ATTIC).await;
    let known = phone.heard().len();
    alice.types(ATTIC, true).await;
    let after = alice.says(ATTIC, "after").await;
    alice.reads(ATTIC, after.seq.0).await;
    alice.is_heard().await;

    assert_eq!(bob.refused(said(ATTIC, MessageId::new(), "am I in?")).await.code, ErrorCode::NotJoined);
    for socket in [&mut bob, &mut phone] {
        for command in [join(ATTIC), history(ATTIC)] {
            assert_eq!(socket.refused(command).await.code, ErrorCode::NotFound);
        }
    }
    let page = asks(&server, &bob, Method::GET, &format!("/api/rooms/{ATTIC}/messages"), None).await;
    page.is(StatusCode::NOT_FOUND);
    assert_eq!(seqs(&bob.log(ATTIC)), [1, 2, 3], "not even the event with which he is out");
    let more = &phone.heard()[known..];
    assert!(more.iter().all(|frame| matches!(frame, ServerFrame::Error(_))), "no badge, no typing: {more:?}");

    add(&server, &alice, &bob, None).await.is(StatusCode::CREATED);
    listed(&bob, ATTIC).await;
    let joined = bob.join(ATTIC).await;
    assert_eq!(seqs(&joined.events), [1, 2, 3, 4, 5, 6], "a member sees the whole history");
}

/// How often somebody is put out in the midst of a conversation. `GREENROOM_RACES=1000` has it tried so often.
fn races() -> usize {
    std::env::var("GREENROOM_RACES").map_or(100, |races| races.parse().expect("a number"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_put_out_in_the_midst_of_a_conversation_hears_nothing_from_there_on() {
    let server = open_server().await;
    let (mut alice, bob) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Bob").await);
    attic(&server, &alice, &[&bob]).await;
    alice.join(ATTIC).await;
    for round in 0..races() {
        let (mut laptop, mut phone) = (bob.again(&server).await, bob.again(&server).await);
        laptop.join(ATTIC).await;
        phone.join(ATTIC).await;
        let talking = alice.says_many(ATTIC, (0..8).map(|n| format!("{round}.{n}")));
        let reading = async {
            // Whatever it gets of the past, it gets as a member.
            let _page = laptop.ask(history(ATTIC)).await;
            let _page = laptop.ask(history(ATTIC)).await;
        };
        let (_acks, removed, ()) = tokio::join!(talking, remove(&server, &bob, &bob), reading);
        removed.is(StatusCode::NO_CONTENT);
        let own = alice.log_up_to(ATTIC, 0).await;
        let out = own.iter().rev().find_map(|event| match event {
            Event::Member(member) if member.change == MemberChange::Left => Some(member.seq),
            _ => None,
        });
        let out = match out {
            Some(out) => out,
            None => {
                alice
                    .hears_frame("Bob to be out", |frame| match frame {
                        ServerFrame::Member(member) if member.change == MemberChange::Left => Some(member.seq),
                        _ => None,
                    })
                    .await
            }
        };
        for device in [&laptop, &phone] {
            assert_eq!(left(device).await, LeftReason::Removed);
            let heard = seqs(&device.log(ATTIC));
            assert!(heard.iter().all(|seq| *seq < out.0), "round {round}: out at {out}, heard {heard:?}");
        }
        laptop.is_heard().await;
        let heard = seqs(&laptop.log(ATTIC));
        assert!(heard.iter().all(|seq| *seq < out.0), "round {round}: out at {out}, heard {heard:?}");
        add(&server, &alice, &bob, None).await.is(StatusCode::CREATED);
    }
}

#[tokio::test]
async fn two_people_have_one_direct_room_whoever_begins_and_however_often() {
    let mut server = Server::start().await;
    let (mut alice, bob) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Bob").await);
    let begins = |from: &Guest, to: &Guest| {
        let (token, to) = (from.token().to_owned(), json!({ "user": id(to) }));
        let call = call(&server, Method::POST, "/api/direct").by(&token).json(&to);
        async move { call.answer().await }
    };
    let both = (0..10).map(|n| if n % 2 == 0 { begins(&alice, &bob) } else { begins(&bob, &alice) });
    let answers = join_all(both).await;
    let made = answers.iter().filter(|answer| answer.status == StatusCode::CREATED).count();
    assert_eq!((made, answers.iter().all(|answer| answer.status.is_success())), (1, true), "{answers:?}");
    let place = answers[0].text("/room").to_owned();
    assert!(answers.iter().all(|answer| answer.text("/room") == place));
    assert_eq!(listed(&bob, &place).await.with.as_ref(), Some(alice.user()));

    alice.join(&place).await;
    alice.says(&place, "only you").await;
    let badge = |frame: &ServerFrame| match frame {
        ServerFrame::Unread(unread) if unread.room == room(&place) => Some((unread.unread, unread.last.clone())),
        _ => None,
    };
    let (unread, last) = bob.hears_frame("a badge", badge).await;
    assert_eq!((unread, last.map(|last| last.body)), (1, Some("only you".to_owned())));
    let carol = Guest::enter(&server, "Carol").await;
    for (method, path, body) in [
        (Method::DELETE, format!("/api/rooms/{place}"), None),
        (Method::PATCH, format!("/api/rooms/{place}"), Some(json!({ "title": "Ours" }))),
        (Method::DELETE, format!("/api/rooms/{place}/members/me"), None),
        (Method::PUT, format!("/api/rooms/{place}/members/{}", id(&carol)), None),
    ] {
        asks(&server, &alice, method, &path, body).await.is(StatusCode::FORBIDDEN);
    }
    let alone = asks(&server, &alice, Method::POST, "/api/direct", Some(json!({ "user": id(&alice) }))).await;
    assert_eq!(alone.is(StatusCode::UNPROCESSABLE_ENTITY).wrong(), ["user"]);

    server.restart().await;
    let mut bob = bob.again(&server).await;
    let row = bob.welcome().rooms.iter().find(|row| row.room == room(&place)).cloned().expect("it is in the list");
    assert_eq!((row.unread, row.with.as_ref()), (1, Some(alice.user())));
    bob.join(&place).await;
    assert_eq!(bob.conversation(&place), ["only you"]);
}

#[tokio::test]
async fn what_is_read_on_one_device_is_read_on_all() {
    let server = Server::start().await;
    let (mut alice, mut bob) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Bob").await);
    let phone = bob.again(&server).await;
    attic(&server, &alice, &[&bob]).await;
    alice.join(ATTIC).await;
    let first = alice.says(ATTIC, "one").await;
    let badge = |count: u64| {
        move |frame: &ServerFrame| match frame {
            ServerFrame::Unread(unread) if unread.unread == count => Some(()),
            _ => None,
        }
    };
    phone.hears_frame("a badge", badge(1)).await;
    bob.join(ATTIC).await;
    bob.reads(ATTIC, first.seq.0).await;
    phone.hears_frame("no badge", badge(0)).await;
    let list = asks(&server, &bob, Method::GET, "/api/rooms", None).await;
    assert_eq!((&list.body["rooms"][0]["unread"], &list.body["rooms"][0]["read_seq"]), (&json!(0), &json!(first.seq)));
}

#[tokio::test]
async fn a_message_that_is_posted_again_is_the_same_message() {
    let mut server = Server::start().await;
    let (mut alice, bob) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Bob").await);
    attic(&server, &alice, &[&bob]).await;
    alice.join(ATTIC).await;
    let path = format!("/api/rooms/{ATTIC}/messages");
    let id = MessageId::new();
    let post = |body: &str| json!({ "id": id, "body": body });
    let first = asks(&server, &bob, Method::POST, &path, Some(post("by post"))).await.is(StatusCode::CREATED);
    assert_eq!((first.text("/room"), &first.body["seq"]), (ATTIC, &json!(3)));
    assert_eq!(alice.hears("by post").await.id, id);
    server.restart().await;
    let again = asks(&server, &bob, Method::POST, &path, Some(post("by post"))).await.is(StatusCode::OK);
    assert_eq!(again.body, first.body);
    let other = asks(&server, &bob, Method::POST, &path, Some(post("something else"))).await;
    assert_eq!(other.is(StatusCode::CONFLICT).wrong(), ["id"]);
    let page = asks(&server, &bob, Method::GET, &format!("{path}?after=2"), None).await.is(StatusCode::OK);
    assert_eq!((page.body["events"].as_array().map(Vec::len), &page.body["more"]), (Some(1), &json!(false)));
}

#[tokio::test]
async fn bad_posts_and_pages_are_told_field_by_field() {
    let server = Server::start().await;
    let alice = Guest::enter(&server, "Alice").await;
    attic(&server, &alice, &[]).await;
    let path = format!("/api/rooms/{ATTIC}/messages");
    let wrong = async |body: Value| {
        let answer = asks(&server, &alice, Method::POST, &path, Some(body)).await;
        answer.is(StatusCode::UNPROCESSABLE_ENTITY).wrong().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let id = MessageId::new();
    assert_eq!(wrong(json!({})).await, ["body", "id"]);
    assert_eq!(wrong(json!({ "id": "seven", "body": "x" })).await, ["id"]);
    assert_eq!(wrong(json!({ "id": id, "body": " " })).await, ["body"]);
    assert_eq!(wrong(json!({ "id": id, "body": "x".repeat(8_001) })).await, ["body"]);
    assert_eq!(wrong(json!({ "id": id, "body": "x", "reply_to": 99 })).await, ["reply_to"]);
    assert_eq!(
        wrong(json!({ "id": id, "body": "x", "user": "somebody else" })).await,
        ["user"],
        "nobody speaks for others"
    );
    for query in ["limit=0", "limit=201", "before=1&after=1"] {
        let answer = asks(&server, &alice, Method::GET, &format!("{path}?{query}"), None).await;
        answer.is(StatusCode::UNPROCESSABLE_ENTITY);
    }
    asks(&server, &alice, Method::GET, &format!("{path}?after=x"), None).await.is(StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn pages_over_http_lead_through_the_whole_log_in_both_directions() {
    let server = open_server().await;
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.join(GREEN).await;
    alice.says_many(GREEN, (1..=25).map(|n| n.to_string())).await;
    let page = async |query: &str| {
        let path = format!("/api/rooms/{GREEN}/messages?limit=10&{query}");
        let page = asks(&server, &alice, Method::GET, &path, None).await.is(StatusCode::OK).body;
        let events = page["events"].as_array().expect("events").iter();
        let seqs: Vec<u64> = events.map(|event| event["seq"].as_u64().expect("a seq")).collect();
        (seqs, page["more"].as_bool().expect("more"))
    };
    assert_eq!(page("").await, ((16..=25).collect(), true));
    assert_eq!(page("before=16").await, ((6..=15).collect(), true));
    assert_eq!(page("before=6").await, ((1..=5).collect(), false));
    assert_eq!(page("after=0").await, ((1..=10).collect(), true));
    assert_eq!(page("after=20").await, ((21..=25).collect(), false));
}

#[tokio::test]
async fn a_deleted_room_ends_for_everybody_and_its_name_is_never_given_out_again() {
    let mut server = Server::start().await;
    let (mut alice, mut bob) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Bob").await);
    attic(&server, &alice, &[&bob]).await;
    alice.join(ATTIC).await;
    bob.join(ATTIC).await;
    let path = format!("/api/rooms/{ATTIC}");
    asks(&server, &bob, Method::DELETE, &path, None).await.is(StatusCode::FORBIDDEN);
    asks(&server, &alice, Method::DELETE, &path, None).await.is(StatusCode::NO_CONTENT);
    for guest in [&alice, &bob] {
        assert_eq!(left(guest).await, LeftReason::Deleted);
        unlisted(guest, ATTIC).await;
    }
    for _ in ["at once", "after a restart"] {
        let mut alice = alice.again(&server).await;
        assert!(alice.welcome().rooms.is_empty());
        assert_eq!(alice.refused(join(ATTIC)).await.code, ErrorCode::NotFound);
        asks(&server, &alice, Method::GET, &path, None).await.is(StatusCode::NOT_FOUND);
        let wish = json!({ "room": ATTIC });
        asks(&server, &alice, Method::POST, "/api/rooms", Some(wish)).await.is(StatusCode::CONFLICT);
        server.restart().await;
    }
}

#[tokio::test]
async fn the_last_owner_stays_also_when_both_want_to_go_at_once() {
    let server = Server::start().await;
    let (alice, bob) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Bob").await);
    let carol = Guest::enter(&server, "Carol").await;
    attic(&server, &alice, &[&bob, &carol]).await;
    remove(&server, &alice, &alice).await.is(StatusCode::CONFLICT);
    add(&server, &alice, &bob, Some("owner")).await.is(StatusCode::CREATED);
    let (one, other) = tokio::join!(remove(&server, &alice, &alice), remove(&server, &bob, &bob));
    let mut both = [one.status, other.status];
    both.sort_unstable();
    assert_eq!(both, [StatusCode::NO_CONTENT, StatusCode::CONFLICT], "one of the two");
    let look = asks(&server, &carol, Method::GET, &format!("/api/rooms/{ATTIC}"), None).await.is(StatusCode::OK);
    assert_eq!(look.body["member_count"], 2);
}

#[tokio::test]
async fn a_room_changes_its_title_for_all_who_have_it_in_their_list() {
    let server = Server::start().await;
    let (mut alice, bob) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Bob").await);
    attic(&server, &alice, &[&bob]).await;
    alice.join(ATTIC).await;
    listed(&bob, ATTIC).await;
    let path = format!("/api/rooms/{ATTIC}");
    let change = json!({ "title": "The loft", "topic": "dust" });
    asks(&server, &bob, Method::PATCH, &path, Some(change.clone())).await.is(StatusCode::FORBIDDEN);
    add(&server, &alice, &bob, Some("moderator")).await.is(StatusCode::CREATED);
    asks(&server, &bob, Method::PATCH, &path, Some(change)).await.is(StatusCode::OK);
    let renamed = |frame: &ServerFrame| match frame {
        ServerFrame::Room(changed) => Some((changed.title.clone(), changed.by.clone())),
        _ => None,
    };
    assert_eq!(alice.hears_frame("the change", renamed).await, ("The loft".to_owned(), bob.user().clone()));
    let row = |frame: &ServerFrame| match frame {
        ServerFrame::Rooms(changed) => changed.rooms.iter().find(|row| row.title == "The loft").cloned(),
        _ => None,
    };
    assert_eq!(bob.hears_frame("the new title in the list", row).await.topic, "dust");
    let bad = asks(&server, &alice, Method::PATCH, &path, Some(json!({ "title": "", "topic": "x".repeat(501) }))).await;
    assert_eq!(bad.is(StatusCode::UNPROCESSABLE_ENTITY).wrong(), ["title", "topic"]);
}

#[tokio::test]
async fn whoever_takes_a_public_room_off_their_list_hears_no_more_of_it() {
    let server = Server::start().await;
    let (mut alice, mut bob) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Bob").await);
    bob.join(GREEN).await;
    listed(&bob, GREEN).await;
    bob.leave(GREEN).await;
    let path = format!("/api/rooms/{GREEN}/members/me");
    asks(&server, &bob, Method::DELETE, &path, None).await.is(StatusCode::NO_CONTENT);
    unlisted(&bob, GREEN).await;
    alice.join(GREEN).await;
    let ack = alice.says(GREEN, "who hears me?").await;
    assert_eq!(ack.seq.0, 1, "this makes no event");
    let list =
        async || asks(&server, &alice, Method::GET, "/api/rooms", None).await.body["rooms"][0]["last_seq"].clone();
    until("the lobby to know", list, |seq| *seq == json!(1)).await;
    bob.is_heard().await;
    assert!(!bob.heard().iter().any(|frame| matches!(frame, ServerFrame::Unread(_))), "{:?}", bob.heard());
}

#[tokio::test]
async fn a_room_that_somebody_asks_for_is_theirs_and_its_name_theirs_first() {
    let server = open_server().await;
    let alice = Member::register(&server, "Alice").await;
    let wish = json!({ "room": "office", "title": "The office", "topic": "work" });
    let makes = || async { call(&server, Method::POST, "/api/rooms").by(&alice.token).json(&wish).answer().await };
    let answers = join_all((0..5).map(|_| makes())).await;
    let made = answers.iter().filter(|answer| answer.status == StatusCode::CREATED).count();
    let taken = answers.iter().filter(|answer| answer.status == StatusCode::CONFLICT).count();
    assert_eq!((made, taken), (1, 4), "{answers:?}");
    let mut bob = Guest::enter(&server, "Bob").await;
    let joined = bob.join("office").await;
    assert_eq!((joined.title.as_str(), joined.topic.as_str(), joined.role), ("The office", "work", None));
    let direct = asks(&server, &bob, Method::POST, "/api/direct", Some(json!({ "user": "alice" }))).await;
    assert_eq!(direct.is(StatusCode::CREATED).text("/with/name"), "Alice", "whoever has an account is found by name");
}
