//! How long a room gathers who came and who went before it tells everybody.

use std::time::{Duration, Instant};

use greenroom_protocol::limits::{GATHER, GATHER_MOST, GATHER_PEOPLE};

/// The window in which changes are gathered, and how long the last one was.
///
/// Each window costs a frame for everybody in the room. So it grows with their number; and where one change follows on
/// another, each is twice as long as the one before: who comes into a quiet room is seen at once, and a crowd that comes
/// over ten seconds is told in eight frames.
#[derive(Debug, Default)]
pub(super) struct Window {
    ends: Option<Instant>,
    /// When the last one ended.
    ended: Option<Instant>,
    length: Duration,
}

impl Window {
    /// Something has changed in a room with so many people.
    pub(super) fn open(&mut self, people: usize, now: Instant) {
        if self.ends.is_some() {
            return;
        }
        let times = u32::try_from(1 + people / GATHER_PEOPLE).unwrap_or(u32::MAX);
        let follows = self.ended.is_some_and(|ended| now.saturating_duration_since(ended) < self.length);
        let grown = if follows { self.length.saturating_mul(2) } else { Duration::ZERO };
        self.length = GATHER.saturating_mul(times).max(grown).min(GATHER_MOST);
        self.ends = Some(now + self.length);
    }

    /// When it ends, if one is open.
    pub(super) fn ends(&self) -> Option<Instant> {
        self.ends
    }

    /// Ends it, if it is over; says whether it did.
    pub(super) fn end(&mut self, now: Instant) -> bool {
        let over = self.ends.take_if(|ends| *ends <= now).is_some();
        if over {
            self.ended = Some(now);
        }
        over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_into_a_quiet_room_is_seen_at_once_and_a_crowd_together() {
        let (mut window, begin) = (Window::default(), Instant::now());
        let (mut now, mut told) = (begin, Vec::new());
        while now < begin + Duration::from_secs(10) {
            window.open(3, now);
            if window.end(now) {
                told.push(now - begin);
            }
            now += Duration::from_millis(10);
        }
        assert_eq!(told[0], GATHER);
        assert!((6..=8).contains(&told.len()), "{told:?}");
        assert!(told.windows(2).all(|two| two[1] - two[0] <= GATHER_MOST + Duration::from_millis(10)), "{told:?}");
        now += GATHER_MOST;
        assert!(window.end(now));
        now += GATHER_MOST;
        window.open(3, now);
        assert_eq!(window.ends(), Some(now + GATHER), "it has been quiet since");
    }

    #[test]
    fn the_window_grows_with_the_people_in_the_room() {
        let (mut window, now) = (Window::default(), Instant::now());
        window.open(3 * GATHER_PEOPLE, now);
        assert_eq!(window.ends(), Some(now + 4 * GATHER));
        assert!(!window.end(now + 3 * GATHER) && window.end(now + 4 * GATHER));
        window.open(1_000_000, now + Duration::from_secs(60));
        assert_eq!(window.ends(), Some(now + Duration::from_secs(60) + GATHER_MOST));
    }
}
