use greenroom_protocol::{ErrorCode, MessageId, Seq};

use crate::support::{ATTIC, GREEN, Guest, Server, bodies, said};

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
    const MESSAGES: usize = 50;
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
