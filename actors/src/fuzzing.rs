//! What must hold of a session and its outbox, whatever rooms do. The target in `fuzz/` looks for a sequence
//! of events for which it does not hold; the test below knows those that were found, and others worth keeping.

mod desk;
mod open_doors;
mod room;

use desk::Desk;

/// Events in a sequence; more show nothing new, and take time.
const EVENTS: usize = 400;

/// Each two bytes are something that happens: a frame of the client, a step of the session, an answer of a
/// room, its death, something late or repeated, or the socket takes what waits for it. In between a client
/// sees each room's events once and in order, and each answer once; in the end, all of them.
///
/// # Panics
/// Where that doesn't hold.
pub fn session(bytes: &[u8]) {
    let mut desk = Desk::new();
    for event in bytes.chunks_exact(2).take(EVENTS) {
        desk.happens(event[0], event[1]);
    }
    desk.comes_to_rest();
    desk.check();
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The name of one that fails is in the output.
    #[test]
    fn no_kept_sequence_breaks_a_session() {
        let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/session");
        let kept: Vec<_> = std::fs::read_dir(dir).unwrap().collect();
        assert!(!kept.is_empty());
        for file in kept {
            let path = file.unwrap().path();
            println!("{}", path.display());
            session(&std::fs::read(path).unwrap());
        }
    }
}
