//! When a room tells the lobby what is new, for those who look elsewhere.

use std::time::Instant;

use greenroom_protocol::limits::{GATHER, GATHER_MOST, GATHER_PEOPLE};

/// Whether there is news, and when it is told.
///
/// The lobby looks up at each news who of all that follow the room is elsewhere. So what is new in a quiet room is told at
/// once, and what comes right after it the later, the more people are in the room.
#[derive(Debug)]
pub(super) struct News {
    due: Option<Instant>,
    told: Option<Instant>,
}

impl News {
    /// News, to be told as soon as may be.
    pub(super) fn at(now: Instant) -> Self {
        Self { due: Some(now), told: None }
    }

    /// There is something new in a room with so many people.
    pub(super) fn come(&mut self, people: usize, now: Instant) {
        let times = u32::try_from(people / GATHER_PEOPLE).unwrap_or(u32::MAX);
        let apart = GATHER.saturating_mul(times).min(GATHER_MOST);
        let next = self.told.map_or(now, |told| told + apart);
        self.due.get_or_insert(next.max(now + GATHER));
    }

    /// When it is to be told.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// The lobby knows nothing any more.
    pub(super) fn begin_again(&mut self, now: Instant) {
        *self = Self::at(now + GATHER);
    }

    /// Whether it is to be told now.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.due.is_some_and(|due| due <= now)
    }

    /// All that is new was told.
    pub(super) fn told(&mut self, now: Instant) {
        (self.due, self.told) = (None, Some(now));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// When a room that says something every 10 ms for three seconds tells of it, with so many people in it.
    fn told(people: usize) -> Vec<Duration> {
        let begin = Instant::now();
        let (mut news, mut told) = (News::at(begin), Vec::new());
        assert!(news.is_due(begin));
        news.told(begin);
        let begin = begin + Duration::from_secs(60);
        for n in 0..300 {
            let now = begin + Duration::from_millis(10 * n);
            if news.is_due(now) {
                news.told(now);
                told.push(now - begin);
            }
            news.come(people, now);
        }
        told
    }

    #[test]
    fn the_first_word_in_a_quiet_room_is_news_at_once_however_many_are_there() {
        assert_eq!([3, 100_000].map(|people| told(people)[0]), [GATHER; 2]);
    }

    #[test]
    fn a_busy_room_tells_the_more_seldom_the_more_people_are_there() {
        assert_eq!([3, 20 * GATHER_PEOPLE, 1_000_000].map(|people| told(people).len()), [29, 2, 2]);
    }
}
