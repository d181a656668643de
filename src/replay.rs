//! `greenroom replay`: a crash again, from its capsule, without a server.

use anyhow::Context as _;
use greenroom_actors::{Capsule, Replayed, TapedStep};

use crate::cli::ReplayFlags;

/// The rules failed over the same command, or the laboratory had crashed the room over it.
const SEEN_AGAIN: u8 = 0;
/// They did not.
const NOT_SEEN: u8 = 1;
/// Nothing was recorded.
const NOTHING: u8 = 3;

/// Steps that are printed where not all are.
const LAST: usize = 15;

/// Replays what the flags say; gives back the program's exit code.
///
/// # Errors
/// Where the file can't be read, or is no capsule.
pub fn replay(flags: &ReplayFlags) -> anyhow::Result<u8> {
    let path = flags.capsule.display();
    let bytes = std::fs::read(&flags.capsule).with_context(|| format!("{path} can't be read"))?;
    let capsule = Capsule::read(&bytes).with_context(|| format!("{path} can't be replayed"))?;
    say(&format!("{} crashed at {}: {}", capsule.actor, capsule.at, capsule.cause));
    if let Some(command) = &capsule.command {
        say(&format!("the command in hand: {command}"));
    }
    // A panic is what one looks for here: it is told as such, once.
    std::panic::set_hook(Box::new(|_| {}));
    let mut steps = Vec::new();
    let replayed = capsule.replay(|step| steps.push(line(step)));
    drop(std::panic::take_hook());
    begin(&capsule);
    let from = if flags.all { 0 } else { steps.len().saturating_sub(LAST) };
    if from > 0 {
        say(&format!("  … {from} steps before (--all shows them)"));
    }
    steps[from..].iter().for_each(|step| say(step));
    Ok(verdict(&capsule, &replayed, steps.len()))
}

fn begin(capsule: &Capsule) {
    let Some(taped) = &capsule.room else { return };
    let (room, seats, head) = (&taped.standing.room().id, taped.standing.seats(), taped.standing.head().seq.0);
    let since = match taped.steps_before {
        0 => "as it opened".to_owned(),
        before => format!("after {before} steps, which are not recorded any more"),
    };
    say(&format!("room {room} {since}: {seats} sessions sit there, the log ends at {head}"));
}

fn line(step: &TapedStep) -> String {
    format!("  step {:>6}  {:>12.3} ms  {:<14} {:>6} bytes", step.n, step.ms, step.kind, step.bytes)
}

fn verdict(capsule: &Capsule, replayed: &Replayed, steps: usize) -> u8 {
    let last = capsule.room.as_ref().and_then(|taped| taped.steps.last());
    let place = last.map_or_else(|| "before any step".to_owned(), |step| format!("step {} ({})", step.n, step.kind));
    match replayed {
        Replayed::SamePlace { panic } => {
            say(&format!("failed at the same place: {place}: {panic}"));
            SEEN_AGAIN
        }
        Replayed::Laboratory => {
            say(&format!("{place}: crashed here by the laboratory; the rules themselves are sound up to here"));
            SEEN_AGAIN
        }
        Replayed::Earlier { n, panic } => {
            say(&format!("failed earlier than the room did: step {n} of {steps}: {panic}"));
            NOT_SEEN
        }
        Replayed::Sound => {
            say(&format!("the rules did not fail, up to and with {place}: the defect is in what surrounds them"));
            NOT_SEEN
        }
        Replayed::Nothing => {
            say("nothing to replay: what a room is told is recorded with --lab only, and of other actors not at all");
            say("its last commands, by kind and size:");
            capsule.last.iter().for_each(|heard| say(&format!("  {:<14} {:>6} bytes", heard.kind, heard.bytes)));
            NOTHING
        }
    }
}

#[allow(clippy::print_stdout, reason = "what a command prints is its result")]
fn say(line: &str) {
    println!("{line}");
}
