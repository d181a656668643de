//! How often, and how many: what is refused with `rate_limited` or 429, and lifted by `--no-limits`.
//!
//! Each value can be configured by its name. The standard ones are meant never to be met by anybody who uses a client,
//! however heavily; the strict ones are for a server that is open to the world and has been troubled before.

use super::rate::{Rate, Span};

/// Who shares one bucket, or one number of places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// All sockets and calls of a person.
    User,
    /// One socket.
    Session,
    /// Everybody at an IP address; for IPv6, in a /64.
    Address,
    /// Everybody who tries one e-mail.
    Email,
    /// Everybody.
    Server,
}

impl Whose {
    /// As the documents call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Session => "session",
            Self::Address => "address",
            Self::Email => "e-mail",
            Self::Server => "server",
        }
    }
}

/// What is counted in buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bucket {
    /// `send`.
    Sends,
    /// `join`.
    Joins,
    /// Joining a room that there was not, and so making it.
    RoomCreations,
    /// `history`.
    History,
    /// `typing`.
    Typing,
    /// `delivered` and `read`.
    Cursors,
    /// `status`.
    Statuses,
    /// `ping`, the command.
    Pings,
    /// Commands that were refused for coming too often.
    Refusals,
    /// Text frames that are no command.
    Malformed,
    /// WebSocket frames of any kind.
    Frames,
    /// Calls over HTTP by somebody.
    Requests,
    /// Calls over HTTP that read messages.
    MessageReads,
    /// Calls over HTTP by nobody.
    AnonymousRequests,
    /// Upgrades to a WebSocket.
    Upgrades,
    /// New guests.
    Guests,
    /// Sign-ins, right or wrong, from one address.
    SignIns,
    /// Sign-ins, right or wrong, with one e-mail.
    SignInsWithEmail,
    /// New accounts.
    Registrations,
}

/// What is said of one limit.
#[derive(Clone, Copy, Debug)]
pub struct Terms<T> {
    /// Its name in the configuration, the documents and the metrics.
    pub name: &'static str,
    /// Who shares it.
    pub whose: Whose,
    /// Its value, where nothing else is said.
    pub standard: T,
    /// Its value with `--limits strict`.
    pub strict: T,
    /// Why these.
    pub reason: &'static str,
}

impl<T> Terms<T> {
    const fn new(name: &'static str, whose: Whose, standard: T, strict: T, reason: &'static str) -> Self {
        Self { name, whose, standard, strict, reason }
    }
}

impl Bucket {
    /// All of them, in the order of the documents.
    pub const ALL: [Self; 19] = [
        Self::Sends,
        Self::Joins,
        Self::RoomCreations,
        Self::History,
        Self::Typing,
        Self::Cursors,
        Self::Statuses,
        Self::Pings,
        Self::Refusals,
        Self::Malformed,
        Self::Frames,
        Self::Requests,
        Self::MessageReads,
        Self::AnonymousRequests,
        Self::Upgrades,
        Self::Guests,
        Self::SignIns,
        Self::SignInsWithEmail,
        Self::Registrations,
    ];

    /// What is said of it.
    #[must_use]
    pub const fn terms(self) -> Terms<Rate> {
        use Span::{Hour, Minute, Second};
        use Whose::{Address, Email, Session, User};
        const fn rate(burst: u32, refill: u32, per: Span) -> Rate {
            Rate::new(burst, refill, per)
        }
        match self {
            Self::Sends => {
                let reason =
                    "What was written in a tunnel goes out at once; nobody types five messages a second after that.";
                Terms::new("sends", User, rate(20, 5, Second), rate(10, 2, Second), reason)
            }
            Self::Joins => {
                let reason = "Eight windows with as many rooms as a socket may join all come back at the same moment; strict: one.";
                Terms::new("joins", User, rate(2_048, 50, Second), rate(256, 10, Second), reason)
            }
            Self::RoomCreations => {
                let reason = "Somebody sets up a community in one go. A room is for good, and costs the disk.";
                Terms::new("room_creations", User, rate(20, 10, Minute), rate(5, 1, Minute), reason)
            }
            Self::History => {
                let reason = "A page of 200 for each tenth of a second of scrolling; each may be a read of the disk.";
                Terms::new("history", User, rate(60, 10, Second), rate(20, 2, Second), reason)
            }
            Self::Typing => {
                let reason =
                    "A client that says so at every key, of a fast typist; one sign in three seconds is enough.";
                Terms::new("typing", Session, rate(30, 15, Second), rate(10, 2, Second), reason)
            }
            Self::Cursors => {
                let reason = "Both cursors of every room after coming back, then of many busy rooms; a moment's moves fit in one.";
                Terms::new("cursors", Session, rate(600, 60, Second), rate(600, 10, Second), reason)
            }
            Self::Statuses => {
                let reason =
                    "Windows that are looked at and left in quick turns; everybody who shares a room hears of each.";
                Terms::new("statuses", Session, rate(20, 1, Second), rate(5, 10, Minute), reason)
            }
            Self::Pings => {
                let reason = "A client that measures its connection every second.";
                Terms::new("pings", Session, rate(20, 2, Second), rate(10, 1, Second), reason)
            }
            Self::Refusals => {
                let reason = "Commands under way when the first refusal arrives, 32 at most; whoever goes on is closed with 4429.";
                Terms::new("refusals", Session, rate(32, 1, Second), rate(32, 1, Second), reason)
            }
            Self::Malformed => {
                let reason =
                    "A client's defect shows in its log, not in ours; above it the socket is closed with 4429.";
                Terms::new("malformed", Session, rate(20, 1, Second), rate(5, 1, Second), reason)
            }
            Self::Frames => {
                let reason = "All of the above at once, 256 rooms joined again included; above it the socket is closed with 4429.";
                Terms::new("frames", Session, rate(1_000, 100, Second), rate(1_000, 40, Second), reason)
            }
            Self::Requests => {
                let reason = "Ten a second for a minute: a script that does its work, not one that runs away.";
                Terms::new("requests", User, Rate::every(Minute, 600), Rate::every(Minute, 100), reason)
            }
            Self::MessageReads => {
                let reason = "60,000 messages a minute in pages of 200; live clients read them from the socket.";
                Terms::new("message_reads", User, Rate::every(Minute, 300), Rate::every(Minute, 10), reason)
            }
            Self::AnonymousRequests => {
                let reason = "An office behind one address that opens the page at nine o'clock.";
                Terms::new("anonymous_requests", Address, Rate::every(Minute, 300), Rate::every(Minute, 20), reason)
            }
            Self::Upgrades => {
                let reason = "All sockets that an address may have, lost and back twice in a row.";
                Terms::new("upgrades", Address, rate(200, 5, Second), rate(100, 1, Second), reason)
            }
            Self::Guests => {
                let reason = "A school class that comes in together, thrice. Each guest has buckets of their own.";
                Terms::new("guests", Address, rate(100, 1, Second), rate(10, 10, Minute), reason)
            }
            Self::SignIns => {
                let reason = "A family in a hurry, not a list of passwords. Right ones count, too.";
                Terms::new("sign_ins", Address, Rate::every(Minute, 10), Rate::every(Minute, 5), reason)
            }
            Self::SignInsWithEmail => {
                let reason = "Guessing one person's password from many addresses takes as long.";
                Terms::new("sign_ins_with_email", Email, Rate::every(Minute, 10), Rate::every(Minute, 5), reason)
            }
            Self::Registrations => {
                let reason =
                    "Each costs a hash, and takes a name for good; a class that begins together comes as guests first.";
                Terms::new("registrations", Address, Rate::every(Hour, 10), Rate::every(Hour, 3), reason)
            }
        }
    }
}

/// What is counted as long as it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cap {
    /// WebSockets of one person.
    SocketsOfUser,
    /// WebSockets from one address.
    SocketsFromAddress,
    /// WebSockets in all.
    Sockets,
}

impl Cap {
    /// All of them, in the order of the documents.
    pub const ALL: [Self; 3] = [Self::SocketsOfUser, Self::SocketsFromAddress, Self::Sockets];

    /// What is said of it.
    #[must_use]
    pub const fn terms(self) -> Terms<u32> {
        match self {
            Self::SocketsOfUser => {
                let reason = "Every device and window of one person, and those that died without a word and are still waited for.";
                Terms::new("sockets_of_user", Whose::User, 20, 10, reason)
            }
            Self::SocketsFromAddress => {
                let reason =
                    "An office or a school behind one address; a proxy has to be trusted, or all have its address.";
                Terms::new("sockets_from_address", Whose::Address, 100, 50, reason)
            }
            Self::Sockets => {
                let reason = "Below 1 GiB of memory, at some 15 KiB for each that is idle in a room.";
                Terms::new("sockets", Whose::Server, 50_000, 50_000, reason)
            }
        }
    }
}

/// Every limit, decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    rates: [Rate; Bucket::ALL.len()],
    caps: [u32; Cap::ALL.len()],
}

impl Limits {
    /// What nobody who uses a client meets.
    #[must_use]
    pub fn standard() -> Self {
        Self {
            rates: Bucket::ALL.map(|bucket| bucket.terms().standard),
            caps: Cap::ALL.map(|cap| cap.terms().standard),
        }
    }

    /// For a server that is open to the world.
    #[must_use]
    pub fn strict() -> Self {
        Self { rates: Bucket::ALL.map(|bucket| bucket.terms().strict), caps: Cap::ALL.map(|cap| cap.terms().strict) }
    }

    /// How often.
    #[must_use]
    pub const fn rate(&self, bucket: Bucket) -> Rate {
        self.rates[bucket as usize]
    }

    /// How many.
    #[must_use]
    pub const fn cap(&self, cap: Cap) -> u32 {
        self.caps[cap as usize]
    }

    /// Decides one anew.
    pub fn set_rate(&mut self, bucket: Bucket, rate: Rate) {
        self.rates[bucket as usize] = rate;
    }

    /// Decides one anew.
    pub fn set_cap(&mut self, cap: Cap, value: u32) {
        self.caps[cap as usize] = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_has_its_own_place_and_name() {
        let mut names: Vec<_> = Bucket::ALL.iter().map(|bucket| bucket.terms().name).collect();
        names.extend(Cap::ALL.iter().map(|cap| cap.terms().name));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Bucket::ALL.len() + Cap::ALL.len());
        for bucket in Bucket::ALL {
            assert_eq!(Bucket::ALL[bucket as usize], bucket);
            assert_eq!(Limits::strict().rate(bucket), bucket.terms().strict);
        }
        for cap in Cap::ALL {
            assert_eq!(Cap::ALL[cap as usize], cap);
            assert_eq!(Limits::standard().cap(cap), cap.terms().standard);
        }
    }

    #[test]
    fn a_client_that_comes_back_with_all_its_rooms_meets_no_limit() {
        let rooms = u32::try_from(super::super::JOINED_ROOMS).unwrap();
        for limits in [Limits::standard(), Limits::strict()] {
            let at_once = |bucket| limits.rate(bucket).burst.get();
            assert!(at_once(Bucket::Joins) >= rooms && at_once(Bucket::Cursors) >= 2 * rooms);
            assert!(at_once(Bucket::Frames) > 3 * rooms, "hello, and a join and both cursors for each");
            assert!(at_once(Bucket::Upgrades) >= limits.cap(Cap::SocketsFromAddress));
            let under_way = u32::try_from(super::super::UNANSWERED_COMMANDS).unwrap();
            assert!(at_once(Bucket::Refusals) >= under_way, "what was said before the first refusal was heard");
        }
    }
}
