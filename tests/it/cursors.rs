use greenroom_protocol::{RoomKind, RoomRow, Seq, ServerFrame, UnreadCount};

use crate::support::{ATTIC, GREEN, Guest, Server, room};

/// Waits for a count of unread messages in Green.
async fn unread(listener: &Guest, count: u64) -> UnreadCount {
    let pick = |frame: &ServerFrame| match frame {
        ServerFrame::Unread(unread) if unread.unread == count => Some(unread.clone()),
        _ => None,
    };
    listener.hears_frame(&format!("{count} unread"), pick).await
}

/// A row of somebody's list: from their welcome, or told later where the server had not noted it by then.
async fn row(guest: &Guest, place: &str) -> RoomRow {
    let find = |rows: &[RoomRow]| rows.iter().find(|row| row.room == room(place)).cloned();
    if let Some(row) = find(&guest.welcome().rooms) {
        return row;
    }
    let pick = |frame: &ServerFrame| if let ServerFrame::Rooms(changed) = frame { find(&changed.rooms) } else { None };
    guest.hears_frame(&format!("{place} in the list"), pick).await
}

/// Waits until Alice is told how far Bob has got.
async fn receipt(alice: &Guest, bob: &Guest, delivered: u64, read: u64) {
    let pick = |frame: &ServerFrame| match frame {
        ServerFrame::Receipt(moved) if moved.receipt.user == *bob.user() => {
            let receipt = &moved.receipt;
            (receipt.delivered == Seq(delivered) && receipt.read == Seq(read)).then_some(())
        }
        _ => None,
    };
    alice.hears_frame(&format!("Bob to have received {delivered} and read {read}"), pick).await;
}

#[tokio::test]
async fn a_joined_room_is_in_the_list_and_counts_what_is_unread() {
    let server = Server::start().await;
    let (mut alice, mut bob) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Bob").await);
    alice.join(GREEN).await;
    bob.join(GREEN).await;
    row(&bob, GREEN).await;
    alice.says(GREEN, "one").await;
    bob.log_up_to(GREEN, 1).await;
    bob.reads(GREEN, 1).await;
    bob.leave(GREEN).await;

    alice.says(GREEN, "two").await;
    alice.says(GREEN, "three").await;
    let count = unread(&bob, 2).await;
    assert_eq!((count.last_seq, count.read_seq), (Seq(3), Seq(1)));
    let last = count.last.expect("the newest message");
    assert_eq!((last.seq, &last.user, last.body.as_str()), (Seq(3), alice.user(), "three"));

    let phone = bob.again(&server).await;
    let row = row(&phone, GREEN).await;
    assert_eq!((row.kind, row.last_seq, row.read_seq, row.unread), (RoomKind::Group, Seq(3), Seq(1), 2));
    assert_eq!(row.last.as_ref().map(|last| last.body.as_str()), Some("three"));
}

#[tokio::test]
async fn a_room_joined_on_one_device_appears_on_the_other() {
    let server = Server::start().await;
    let mut phone = Guest::enter(&server, "Alice").await;
    let laptop = phone.again(&server).await;
    assert!(laptop.welcome().rooms.is_empty());
    phone.join(GREEN).await;
    let pick = |frame: &ServerFrame| match frame {
        ServerFrame::Rooms(changed) => changed.rooms.iter().find(|row| row.room.as_str() == GREEN).cloned(),
        _ => None,
    };
    let row = laptop.hears_frame("Green in the list", pick).await;
    assert_eq!((row.unread, row.kind), (0, RoomKind::Group));
}

#[tokio::test]
async fn reading_on_one_device_clears_the_other() {
    let server = Server::start().await;
    let (mut alice, mut phone) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Bob").await);
    alice.join(GREEN).await;
    phone.join(GREEN).await;
    row(&phone, GREEN).await;
    alice.says(GREEN, "one").await;
    phone.hears("one").await;
    let laptop = phone.again(&server).await;
    // It was delivered, but not read. The list may be told so a moment after the room.
    if row(&laptop, GREEN).await.unread == 0 {
        unread(&laptop, 1).await;
    }
    phone.reads(GREEN, 1).await;
    assert_eq!(unread(&laptop, 0).await.read_seq, Seq(1));
}

#[tokio::test]
async fn what_one_says_oneself_is_never_unread() {
    let server = Server::start().await;
    let mut alice = Guest::enter(&server, "Alice").await;
    let laptop = alice.again(&server).await;
    alice.join(GREEN).await;
    row(&laptop, GREEN).await;
    alice.says(GREEN, "one").await;
    alice.says(GREEN, "two").await;
    let pick = |frame: &ServerFrame| match frame {
        ServerFrame::Unread(unread) if unread.last_seq == Seq(2) => Some(unread.unread),
        _ => None,
    };
    assert_eq!(laptop.hears_frame("news of Green", pick).await, 0);
    let phone = alice.again(&server).await;
    let row = row(&phone, GREEN).await;
    assert_eq!((row.unread, row.read_seq), (0, Seq(2)));
    let counted = |frame: &ServerFrame| matches!(frame, ServerFrame::Unread(unread) if unread.unread > 0);
    assert!(!laptop.heard().iter().any(counted), "not even for a moment");
}

#[tokio::test]
async fn everyone_in_the_room_sees_how_far_the_others_have_got() {
    let server = Server::start().await;
    let (mut alice, mut bob) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Bob").await);
    alice.join(GREEN).await;
    bob.join(GREEN).await;
    for text in ["one", "two", "three"] {
        alice.says(GREEN, text).await;
    }
    bob.log_up_to(GREEN, 3).await;
    bob.receives(GREEN, 2).await;
    receipt(&alice, &bob, 2, 0).await;
    bob.reads(GREEN, 1).await;
    receipt(&alice, &bob, 2, 1).await;
    bob.reads(GREEN, 1_000_000).await;
    receipt(&alice, &bob, 3, 3).await;

    bob.reads(GREEN, 1).await;
    bob.is_heard().await;
    let mut carol = Guest::enter(&server, "Carol").await;
    let receipts = carol.join(GREEN).await.receipts;
    let of_bob = receipts.iter().find(|receipt| receipt.user == *bob.user()).expect("Bob's receipt");
    assert_eq!((of_bob.delivered, of_bob.read), (Seq(3), Seq(3)), "nobody unreads, and nobody reads ahead");
}

#[tokio::test]
async fn what_was_read_is_read_after_a_restart() {
    let mut server = Server::start().await;
    let (mut alice, mut bob) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Bob").await);
    alice.join(GREEN).await;
    alice.join(ATTIC).await;
    bob.join(GREEN).await;
    bob.join(ATTIC).await;
    for text in ["one", "two", "three"] {
        alice.says(GREEN, text).await;
        alice.says(ATTIC, text).await;
    }
    bob.log_up_to(GREEN, 3).await;
    bob.receives(GREEN, 3).await;
    bob.reads(GREEN, 2).await;
    receipt(&alice, &bob, 3, 2).await;
    let token = bob.token().to_owned();

    server.restart().await;
    let mut bob = Guest::come_back(&server, &token).await;
    let (green, attic) = (row(&bob, GREEN).await, row(&bob, ATTIC).await);
    assert_eq!((green.last_seq, green.read_seq, green.unread), (Seq(3), Seq(2), 1));
    assert_eq!((attic.last_seq, attic.read_seq, attic.unread), (Seq(3), Seq(0), 3));
    assert_eq!(green.last.as_ref().map(|last| last.body.as_str()), Some("three"));
    let joined = bob.join(GREEN).await;
    assert_eq!(joined.read_seq, Seq(2));
    let mine = joined.receipts.iter().find(|receipt| receipt.user == *bob.user()).expect("Bob's own receipt");
    assert_eq!((mine.delivered, mine.read), (Seq(3), Seq(2)));
}
