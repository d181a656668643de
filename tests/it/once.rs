use greenroom_protocol::{Ack, ClientFrame, ErrorCode, MessageId, Ref, Seq, ServerFrame};

use crate::support::{ATTIC, GREEN, Guest, Raw, Server, bodies, said};

#[tokio::test]
async fn the_same_message_again_is_the_same_message() {
    let mut server = Server::start().await;
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.join(GREEN).await;
    let id = MessageId::new();
    let first = alice.says_as(GREEN, id, "once").await;
    assert_eq!(first.seq, Seq(1));
    let same_socket = alice.says_as(GREEN, id, "once").await;
    assert_eq!((same_socket.seq, same_socket.at), (first.seq, first.at));

    let mut phone = alice.again(&server).await;
    phone.join(GREEN).await;
    let other_socket = phone.says_as(GREEN, id, "once").await;
    assert_eq!((other_socket.seq, other_socket.at), (first.seq, first.at));

    let token = alice.token().to_owned();
    server.restart().await;
    let mut alice = Guest::come_back(&server, &token).await;
    alice.join(GREEN).await;
    let after_restart = alice.says_as(GREEN, id, "once").await;
    assert_eq!((after_restart.seq, after_restart.at), (first.seq, first.at));

    alice.says(GREEN, "twice").await;
    assert_eq!(bodies(&alice.whole_history(GREEN).await), ["once", "twice"]);
}

#[tokio::test]
async fn the_same_id_with_another_body_is_a_conflict() {
    let mut server = Server::start().await;
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.join(GREEN).await;
    let id = MessageId::new();
    alice.says_as(GREEN, id, "yes").await;
    assert_eq!(alice.refused(said(GREEN, id, "no")).await.code, ErrorCode::Conflict);

    let token = alice.token().to_owned();
    server.restart().await;
    let mut alice = Guest::come_back(&server, &token).await;
    alice.join(GREEN).await;
    assert_eq!(alice.refused(said(GREEN, id, "no")).await.code, ErrorCode::Conflict);
    assert_eq!(bodies(&alice.whole_history(GREEN).await), ["yes"]);
}

#[tokio::test]
async fn an_id_belongs_to_a_person_and_a_room() {
    let server = Server::start().await;
    let (mut alice, mut mallory) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Mallory").await);
    let id = MessageId::new();
    for guest in [&mut alice, &mut mallory] {
        guest.join(GREEN).await;
        guest.join(ATTIC).await;
    }
    assert_eq!(alice.says_as(GREEN, id, "mine").await.seq, Seq(1));
    assert_eq!(mallory.says_as(GREEN, id, "mine too").await.seq, Seq(2), "another person's id is another id");
    assert_eq!(alice.says_as(ATTIC, id, "elsewhere").await.seq, Seq(1), "as is the same one in another room");
    assert_eq!(bodies(&alice.whole_history(GREEN).await), ["mine", "mine too"]);
}

#[tokio::test]
async fn a_message_sent_over_two_sockets_at_once_is_one_message() {
    const MESSAGES: usize = 250;
    let server = Server::start().await;
    let alice = Guest::enter(&server, "Alice").await;
    let ids: Vec<MessageId> = (0..MESSAGES).map(|_| MessageId::new()).collect();
    let devices = (0..2).map(|_| {
        let (ids, token, address) = (ids.clone(), alice.token().to_owned(), &server);
        async move {
            let mut device = Guest::come_back(address, &token).await;
            device.join(GREEN).await;
            let mut seqs = Vec::new();
            for half in ids.chunks(25) {
                for id in half {
                    // Twice in a row on each of the two: four times in all.
                    device.tell(said(GREEN, *id, "the same")).await;
                    device.tell(said(GREEN, *id, "the same")).await;
                }
                for id in half {
                    seqs.extend(device.acked_times(*id, 2).await.iter().map(|ack| ack.seq));
                }
            }
            seqs
        }
    });
    let [phone, laptop] = devices.collect::<Vec<_>>().try_into().unwrap_or_else(|_| unreachable!("there are two"));
    let (phone, laptop) = tokio::join!(phone, laptop);
    assert_eq!(phone, laptop, "both are told the same places");
    let mut reader = alice.again(&server).await;
    let events = reader.whole_history(GREEN).await;
    assert_eq!(events.len(), MESSAGES, "each is there once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_texts_under_one_id_at_once_one_is_said_and_the_other_is_a_conflict() {
    const RACES: usize = 200;
    let server = Server::start().await;
    let mut phone = Guest::enter(&server, "Alice").await;
    let mut laptop = phone.again(&server).await;
    phone.join(GREEN).await;
    laptop.join(GREEN).await;
    let mut kept = Vec::new();
    for _ in 0..RACES {
        let id = MessageId::new();
        match tokio::join!(phone.ask(said(GREEN, id, "yes")), laptop.ask(said(GREEN, id, "no"))) {
            (ServerFrame::Ack(_), ServerFrame::Error(error)) if error.code == ErrorCode::Conflict => kept.push("yes"),
            (ServerFrame::Error(error), ServerFrame::Ack(_)) if error.code == ErrorCode::Conflict => kept.push("no"),
            other => panic!("one is said, and the other a conflict: {other:?}"),
        }
    }
    assert_eq!(bodies(&phone.whole_history(GREEN).await), kept, "what was acknowledged is what is there");
}

#[tokio::test]
async fn whoever_never_heard_the_ack_says_it_again_and_gets_the_first_place() {
    let server = Server::start().await;
    let (mut alice, mut bob) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Bob").await);
    bob.join(GREEN).await;
    let id = MessageId::new();
    let mut train = Raw::connect(&server).await;
    train.text(format!(r#"{{"type":"hello","token":"{}"}}"#, alice.token()).as_bytes()).await;
    train.text(br#"{"type":"join","room":"green"}"#).await;
    train.text(format!(r#"{{"type":"send","room":"green","id":"{id}","body":"in a tunnel"}}"#).as_bytes()).await;
    let first = bob.hears("in a tunnel").await;
    // Nothing of what the server answered was read.
    train.resets();

    bob.says(GREEN, "what?").await;
    alice.join(GREEN).await;
    let Ack { seq, at, .. } = alice.says_as(GREEN, id, "in a tunnel").await;
    assert_eq!((seq, at), (first.seq, first.at));
    assert_eq!(bodies(&bob.whole_history(GREEN).await), ["in a tunnel", "what?"]);
}

#[tokio::test]
async fn a_refusal_in_the_middle_of_many_sends_leaves_the_others_in_their_order() {
    let server = Server::start().await;
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.join(GREEN).await;
    let taken = MessageId::new();
    alice.says_as(GREEN, taken, "something else").await;
    let ids: Vec<MessageId> = (1..=10).map(|n| if n == 3 { taken } else { MessageId::new() }).collect();
    let frames = ids.iter().zip(1..).map(|(id, n)| {
        let frame = ClientFrame { reference: Some(Ref::Number(1_000 + n)), command: said(GREEN, *id, &n.to_string()) };
        serde_json::to_string(&frame).unwrap()
    });
    alice.pipeline(&frames.collect::<Vec<_>>()).await;
    let refused = alice.hears_error().await;
    assert_eq!((refused.code, refused.reference), (ErrorCode::Conflict, Some(Ref::Number(1_003))));
    let others = ids.iter().filter(|id| **id != taken);
    for (id, seq) in others.zip(2..) {
        assert_eq!(alice.acked(*id).await.seq, Seq(seq));
    }
    let log = alice.log_up_to(GREEN, 10).await;
    assert_eq!(bodies(&log), ["something else", "1", "2", "4", "5", "6", "7", "8", "9", "10"]);
}

#[tokio::test]
async fn each_device_of_a_person_hears_each_message_once_and_all_of_them_are_one_person() {
    let server = Server::start().await;
    let (mut alice, mut phone) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Bob").await);
    let (mut laptop, mut tablet) = (phone.again(&server).await, phone.again(&server).await);
    alice.join(GREEN).await;
    for device in [&mut phone, &mut laptop, &mut tablet] {
        assert_eq!(device.join(GREEN).await.online_count, 2, "three devices are one Bob");
    }
    assert_eq!(server.app().engine().sessions(), 4, "each device has a session");
    alice.says(GREEN, "where are you?").await;
    phone.says(GREEN, "on the phone").await;
    laptop.says(GREEN, "and at the desk").await;
    tablet.says(GREEN, "and on the sofa").await;
    let said = ["where are you?", "on the phone", "and at the desk", "and on the sofa"];
    for device in [&mut phone, &mut laptop, &mut tablet] {
        device.log_up_to(GREEN, 4).await;
        // What would come twice has come by now: a socket's frames are in order.
        device.is_heard().await;
        assert_eq!(device.conversation(GREEN), said);
    }
}
