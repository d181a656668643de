//! `greenroom check`.

use std::io::Write as _;
use std::path::Path;

use clap::Args;
use greenroom_storage::{CheckReport, Grade};

use super::Directory;

pub(super) const EXIT_CODES: &str = "\
Exit codes: 0 where it is sound, also if the next start has something to put right; 1 where it is damaged;
2 where it can't be verified, because a server uses it for instance.

An index is made again for comparison, in the directory for temporary files (TMPDIR).";

/// What to verify, and how to tell it.
#[derive(Debug, Clone, Args)]
pub struct CheckFlags {
    #[command(flatten)]
    directory: Directory,

    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

pub(super) fn check(flags: &CheckFlags) -> anyhow::Result<u8> {
    let dir = flags.directory.path()?;
    let report = greenroom_storage::check(&dir)?;
    let mut out = std::io::stdout().lock();
    if flags.json {
        serde_json::to_writer(&mut out, &report)?;
        writeln!(out)?;
    } else {
        out.write_all(text(&dir, &report).as_bytes())?;
    }
    out.flush()?;
    Ok(u8::from(!report.sound))
}

fn text(dir: &Path, report: &CheckReport) -> String {
    let CheckReport { journal, index, .. } = report;
    let verdict = if report.sound { "sound" } else { "damaged" };
    let mut text = format!(
        "{}: {verdict}\n  journal     {} segments, {} bytes, {} frames, {} records up to number {}: {} messages, {} rooms\n",
        dir.display(),
        journal.segments,
        journal.bytes,
        journal.frames,
        journal.records,
        journal.last_record,
        journal.messages,
        journal.rooms,
    );
    text += &format!("  catalogues  {} of {} sound\n", report.catalogues, journal.segments.saturating_sub(1));
    text += &format!("  floor       {} rooms\n", report.floor_rooms);
    text += &format!("  index       {} entries compared, {} records behind the journal\n", index.entries, index.behind);
    for (grade, title) in [(Grade::Damage, "Damage:"), (Grade::Mends, "What the next start puts right:")] {
        let these: Vec<_> = report.findings.iter().filter(|finding| finding.grade == grade).collect();
        if !these.is_empty() {
            text += &format!("{title}\n");
        }
        for finding in these {
            text += &format!("  {}: {}\n", format!("{:?}", finding.part).to_lowercase(), finding.what);
        }
    }
    if report.more_findings > 0 {
        text += &format!("  and {} findings more\n", report.more_findings);
    }
    if report.lost_events > 0 {
        text += &format!("Lost events: {}\n", report.lost_events);
        for lost in &report.lost {
            text += &format!("  {}: {} to {}\n", lost.room, lost.first, lost.last);
        }
    }
    text
}
