//! The whole engine in one thread, under a seed.
//!
//! The shells of rooms, sessions and the rooms' supervisor are the real ones, and so are the outboxes and the
//! tables of who lives. What is not: their mailboxes are queues, of which the seed says which is next; the
//! clock stands still unless the seed moves it; the store is a model of the log; and the clients' links are cut, stalled and taken up
//! again. Rooms have relays from the second or third session on. At any step anything may die: a room or a relay over a command or between two, the store's actor, the rooms'
//! supervisor with all its rooms, a session, all sessions. Now and then the faults cease, everything is delivered,
//! and the accounts must balance: see `World::check`.
//!
//! A seed that fails is printed. `GREENROOM_SEED=17 cargo test -p greenroom-actors simulation -- --nocapture`
//! runs that one again and tells its steps; `GREENROOM_SEEDS=100000` runs so many instead of the usual number.

mod client;
mod crowd;
mod dice;
mod faults;
mod log;
mod words;
mod world;

use dice::Dice;
use world::World;

/// Seeds of an ordinary run: some seconds of it.
const SEEDS: u64 = 600;

/// They are shared among so many threads.
const THREADS: u64 = 2;

/// How often in a run faults cease, and all is checked.
const ROUNDS: usize = 4;

/// Steps with faults before that.
const STEPS: usize = 160;

#[test]
fn whatever_dies_whenever_nothing_acknowledged_is_lost_doubled_or_moved() {
    let number = |name| std::env::var(name).ok().map(|value| value.parse::<u64>().unwrap());
    if let Some(seed) = number("GREENROOM_SEED") {
        return run(seed, true);
    }
    let seeds = number("GREENROOM_SEEDS").unwrap_or(SEEDS);
    std::thread::scope(|threads| {
        for first in 0..THREADS {
            threads.spawn(move || (first..seeds).step_by(THREADS as usize).for_each(|seed| run(seed, false)));
        }
    });
}

fn run(seed: u64, told: bool) {
    let _told = Seed(seed);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let mut world = World::new(Dice::new(seed), told).await;
        for _ in 0..ROUNDS {
            for _ in 0..STEPS {
                world.step().await;
            }
            world.come_to_rest().await;
            world.check();
            world.last_word().await;
            world.come_to_rest().await;
            world.check();
        }
    });
}

/// Says which seed it was, should it fail.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("GREENROOM_SEED={}", self.0);
        }
    }
}
