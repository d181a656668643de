//! The audit: asks every room and looks at every outbox, and counts the ledgers that do not balance.

use std::time::Duration;

use crate::books::Balance;
use crate::directory::Directory;
use crate::ledger::SessionLedger;

/// Time between two audits: rare enough to cost nothing, often enough that a defect is seen while its
/// causes are still in the log.
pub(crate) const AUDIT: Duration = Duration::from_secs(5);

/// Audits everybody; what does not balance is logged and counted. A room that does not answer, since it is
/// dying or hangs, is audited the next time.
pub(crate) async fn audit(directory: &Directory) -> Balance {
    let mut imbalances = 0;
    for room in directory.rooms.living().await.unwrap_or_default() {
        if let Ok(snapshot) = room.look().await
            && !snapshot.ledger.balances()
        {
            imbalances += 1;
            tracing::error!(room = %snapshot.room, ledger = ?snapshot.ledger, "a room's ledger does not balance");
        }
    }
    for (session, living) in directory.sessions() {
        let ledger = living.outbox.ledger();
        if !ledger.balances() {
            imbalances += 1;
            tracing::error!(%session, ?ledger, "a session's ledger does not balance");
        }
    }
    directory.books.audited(imbalances);
    balance(directory)
}

/// What the books say now, the living sessions included.
pub(crate) fn balance(directory: &Directory) -> Balance {
    directory.books.balance(|| {
        let mut living = SessionLedger::default();
        directory.sessions().iter().for_each(|(_, session)| living += session.outbox.ledger());
        living
    })
}
