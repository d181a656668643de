use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use greenroom_actors::TreeNode;
use greenroom_protocol::{Command, ErrorCode, History, MessageId, ServerFrame};
use tokio::task::JoinHandle;

use crate::support::{ATTIC, Ending, GREEN, Guest, Host as _, Process, Server, Steady, room, said, until};

/// People who talk in Green while actors are killed, and what each of them must have seen in the end.
struct Talk {
    server: Server,
    /// Listens only.
    dave: Steady,
    talkers: Vec<JoinHandle<Steady>>,
    enough: Arc<AtomicBool>,
}

const TALKERS: [&str; 3] = ["Alice", "Bob", "Carol"];

impl Talk {
    async fn begin() -> Self {
        let server = Server::start().await;
        let dave = Steady::enter(&server, "Dave", GREEN).await;
        let mut steadies = Vec::new();
        for name in TALKERS {
            steadies.push(Steady::enter(&server, name, GREEN).await);
        }
        let all_here = until(
            "all to be here",
            async || server.look(GREEN).await,
            |room| room.as_ref().is_some_and(|room| room.online == TALKERS.len() + 1),
        );
        all_here.await;
        let enough = Arc::new(AtomicBool::new(false));
        let talkers = steadies.into_iter().map(|mut steady| {
            let stop = Arc::clone(&enough);
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    steady.says_many(16).await;
                }
                steady
            })
        });
        let talkers = talkers.collect();
        Self { server, dave, talkers, enough }
    }

    /// Waits until another hundred messages were heard.
    async fn goes_on(&mut self) {
        let heard = self.dave.log().len() as u64;
        self.dave.hears_up_to(heard + 100).await;
    }

    /// Lets people talk on for a while, stops them, and checks what was promised: whatever was acknowledged is there, once, in
    /// one order that is the same for all. Gives back everyone, Dave last.
    async fn ends(mut self) -> (Server, Vec<Steady>) {
        self.goes_on().await;
        let Self { server, dave, talkers, enough } = self;
        enough.store(true, Ordering::Relaxed);
        let mut all = Vec::new();
        for talker in talkers {
            all.push(talker.await.expect("a talker"));
        }
        all.push(dave);
        let total: usize = all.iter().map(|steady| steady.acks.len()).sum();
        for steady in &mut all {
            steady.hears_up_to(total as u64).await;
        }
        let log = all[0].log();
        assert_eq!(log.len(), total, "each message is there once");
        for steady in &all {
            assert_eq!(steady.log(), log, "{} has the same log", steady.user().name);
            assert!(
                steady.acks.is_sorted_by_key(|ack| ack.seq) || !steady.endings.is_empty(),
                "in the order of saying"
            );
            for ack in &steady.acks {
                let stored = log[ack.seq.0 as usize - 1].message().expect("a message");
                assert_eq!((stored.id, stored.at, &stored.user), (ack.id, ack.at, steady.user()));
            }
        }
        let mut reader = Guest::enter(&server, "Eve").await;
        assert_eq!(reader.whole_history(GREEN).await, log, "and so it is on the disk");
        let balance = server.app().engine().lab().audit().await;
        assert!(balance.sessions.sends.acked >= total as u64, "the books know of every ack: {balance:?}");
        assert!(balance.holds(), "what was owed was handed over, is pending, or was given up: {balance:?}");
        (server, all)
    }
}

/// Nobody's socket was closed, and nobody was shown as gone.
fn nobody_noticed(people: &[Steady]) {
    for person in people {
        assert_eq!(person.endings, [], "{} stayed connected", person.user().name);
        let gone = |frame: &ServerFrame| matches!(frame, ServerFrame::Presence(seen) if !seen.left.is_empty());
        let gone: Vec<_> = person.guest().heard().into_iter().filter(gone).collect();
        assert!(gone.is_empty(), "nobody was shown as gone, but {gone:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_room_that_crashes_again_and_again_loses_nothing() {
    let mut talk = Talk::begin().await;
    // Four times: after the fifth within a minute a room is put aside.
    for _ in 1..=4 {
        talk.goes_on().await;
        let before = talk.server.look(GREEN).await.expect("Green lives").incarnation;
        talk.server.crash("room:green").await;
        let another = |room: &Option<greenroom_actors::RoomSnapshot>| {
            room.as_ref().is_some_and(|room| room.incarnation != before)
        };
        let server = &talk.server;
        until("another life of Green", async || server.look(GREEN).await, another).await;
    }
    let (_server, people) = talk.ends().await;
    nobody_noticed(&people);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_may_crash_under_load() {
    let mut talk = Talk::begin().await;
    for _ in 1..=3 {
        talk.goes_on().await;
        talk.server.crash("store").await;
    }
    let (_server, people) = talk.ends().await;
    nobody_noticed(&people);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_rooms_may_crash_with_their_supervisor() {
    let mut talk = Talk::begin().await;
    for _ in 1..=3 {
        talk.goes_on().await;
        talk.server.crash("rooms").await;
    }
    let (_server, people) = talk.ends().await;
    nobody_noticed(&people);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_talk_does_not_hang_on_may_crash_at_once() {
    let mut talk = Talk::begin().await;
    for _ in 1..=3 {
        talk.goes_on().await;
        for actor in ["store", "presence", "lobby", "rooms"] {
            talk.server.crash(actor).await;
        }
    }
    let (_server, people) = talk.ends().await;
    nobody_noticed(&people);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn presence_knows_everybody_again_after_a_crash() {
    let mut talk = Talk::begin().await;
    talk.goes_on().await;
    talk.server.crash("presence").await;
    let (server, people) = talk.ends().await;
    nobody_noticed(&people);
    let health = until(
        "all to be known",
        async || server.app().engine().health().await,
        |health| health.presence.is_some_and(|online| online.people == people.len()),
    );
    assert_eq!(health.await.status, "ok");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_lobby_knows_every_list_again_after_a_crash() {
    let mut talk = Talk::begin().await;
    talk.goes_on().await;
    talk.server.crash("lobby").await;
    let (server, people) = talk.ends().await;
    nobody_noticed(&people);
    let (alice, dave) = (&people[0], &people[3]);
    let all = dave.log().len() as u64;
    // Rooms tell the lobby of what is new in small windows.
    let list = async || {
        let phone = dave.guest().again(&server).await;
        phone.welcome().rooms.iter().map(|row| (row.last_seq.0, row.unread)).collect::<Vec<_>>()
    };
    until("the lobby to know that Dave has read nothing", list, |rows| *rows == [(all, all)]).await;
    let phone = dave.guest().again(&server).await;

    let mut laptop = alice.guest().again(&server).await;
    laptop.join(GREEN).await;
    laptop.says(GREEN, "one more").await;
    let news =
        |frame: &ServerFrame| matches!(frame, ServerFrame::Unread(unread) if unread.unread == all + 1).then_some(());
    phone.hears_frame("news of Green", news).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_crashes_closes_its_own_socket_only() {
    let mut server = Server::start().await;
    let (mut alice, mut bob) =
        (Steady::enter(&server, "Alice", GREEN).await, Steady::enter(&server, "Bob", GREEN).await);
    alice.says_many(10).await;
    bob.hears_up_to(10).await;
    for _ in 0..5 {
        server.crash(&bob.guest().actor()).await;
        assert_eq!(bob.guest().ended().await, Ending::Closed(1011));
        tokio::join!(bob.says_many(20), alice.says_many(20));
    }
    assert_eq!(bob.endings.len(), 5);
    assert_eq!(alice.endings, [], "Alice stayed connected");
    for steady in [&mut alice, &mut bob] {
        steady.hears_up_to(210).await;
    }
    assert_eq!(alice.log(), bob.log());
    let left = |frame: &ServerFrame| matches!(frame, ServerFrame::Presence(seen) if seen.left.contains(alice.user()));
    assert!(!bob.guest().heard().iter().any(left));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sends_under_way_when_a_session_crashes_are_made_once() {
    let mut talk = Talk::begin().await;
    for _ in 1..=3 {
        talk.goes_on().await;
        let sessions = talk.server.app().engine().sessions();
        assert_eq!(sessions, TALKERS.len() + 1);
        talk.server.crash(&talk.dave.guest().actor()).await;
        assert_eq!(talk.dave.guest().ended().await, Ending::Closed(1011));
    }
    let (_server, people) = talk.ends().await;
    let (dave, talkers) = people.split_last().expect("Dave is the last");
    assert_eq!(dave.endings.len(), 3);
    assert!(talkers.iter().all(|talker| talker.endings.is_empty()), "the others stayed connected");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shard_of_the_sessions_closes_its_own_and_nobody_else_s() {
    let mut talk = Talk::begin().await;
    for _ in 1..=3 {
        talk.goes_on().await;
        let tree = talk.server.app().engine().lab().tree().expect("a tree");
        let sessions = tree.children.iter().find(|part| part.name == "sessions").expect("it lives");
        let dave = talk.dave.guest().actor();
        let of_dave = |shard: &&TreeNode| shard.children.iter().any(|session| session.name == dave);
        let shard = sessions.children.iter().find(of_dave).expect("Dave is somewhere");
        assert_eq!(shard.children.len(), 1, "people are spread over the shards: {sessions:?}");
        talk.server.crash(&shard.name).await;
        assert_eq!(talk.dave.guest().ended().await, Ending::Closed(1012));
    }
    let (_server, people) = talk.ends().await;
    let (dave, talkers) = people.split_last().expect("Dave is the last");
    assert_eq!(dave.endings.len(), 3);
    assert!(talkers.iter().all(|talker| talker.endings.is_empty()), "the others stayed connected");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_supervisor_of_sessions_closes_all_of_them_and_everybody_comes_back() {
    let mut talk = Talk::begin().await;
    for _ in 1..=2 {
        talk.goes_on().await;
        talk.server.crash("sessions").await;
        assert_eq!(talk.dave.guest().ended().await, Ending::Closed(1012));
    }
    let (_server, people) = talk.ends().await;
    for person in &people {
        assert!(person.endings.iter().all(|ending| *ending == Ending::Closed(1012)), "{:?}", person.endings);
        assert!((1..=2).contains(&person.endings.len()), "{:?}", person.endings);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_room_that_keeps_crashing_is_put_aside_and_the_others_are_not() {
    let server = Server::start().await;
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.join(GREEN).await;
    alice.join(ATTIC).await;
    alice.says(GREEN, "before").await;
    for _ in 0..6 {
        let alive = until("Green to live", async || server.look(GREEN).await.is_some(), |alive| *alive);
        alive.await;
        server.crash("room:green").await;
        until(
            "Green to be dead",
            async || server.look(GREEN).await.is_none_or(|room| room.ledger.posts.accepted == 0),
            |dead| *dead,
        )
        .await;
    }
    alice.says(ATTIC, "elsewhere").await;
    let told = alice.refused(said(GREEN, MessageId::new(), "is anybody there?")).await;
    assert_eq!(told.code, ErrorCode::Unavailable, "who is in it is told so, and not left waiting");
    let mut bob = Guest::enter(&server, "Bob").await;
    bob.join(ATTIC).await;
    let history = History { room: room(GREEN), before: None, after: None, limit: None };
    let refused = bob.refused(Command::History(history)).await;
    assert_eq!(refused.code, ErrorCode::Unavailable);
    assert!(refused.retry_after_ms.is_some_and(|wait| wait > 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_engine_that_crashes_ends_the_program() {
    let mut process = Process::start(&["--lab"]).await;
    let client = reqwest::Client::new();
    let crash = client.post(process.url("/api/lab/crash")).json(&serde_json::json!({ "actor": "engine" }));
    assert_eq!(crash.send().await.unwrap().status(), 202);
    let (status, _) = process.end().await;
    assert_eq!(status.code(), Some(1), "{}", process.log());
    assert!(process.log().contains("engine"), "{}", process.log());
}
