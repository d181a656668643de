//! The journal itself, and the catalogues beside it.

use std::io;

use super::report::{CheckReport, Grade, LostEvents, Part};
use crate::data_dir::Looked;
use crate::journal::catalogue::Catalogue;
use crate::journal::scan::{Scan, records, scan};
use crate::journal::segment::{SEGMENT_HEADER, contents, store_of};
use crate::journal::{Segment, Segments};
use crate::logs::{Logs, Step, room_of_event};
use crate::record::{Lsn, Record};

/// Reads every segment, and counts what is in it.
pub(super) fn read(dir: &Looked, segments: &Segments, logs: &mut Logs, report: &mut CheckReport) {
    leftovers(dir, report);
    let mut next = 1;
    for (segment, behind) in segments.all() {
        let name = segment.name();
        if segment.first > next {
            let what =
                format!("{name}: the records {next} to {} should be before it, and are nowhere", segment.first - 1);
            report.find(Part::Journal, Grade::Damage, what);
        }
        let mut reading = Reading { name: &name, logs, report };
        match reading.segment(segments, &segment, behind) {
            Ok(end) => next = end,
            Err(error) => reading.damage(&format!("it can't be read: {error}")),
        }
    }
}

/// What an interrupted start has left; the next one removes it.
fn leftovers(dir: &Looked, report: &mut CheckReport) {
    let Ok(entries) = std::fs::read_dir(dir.journal()) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.extension().is_some_and(|extension| extension == "new") {
            let what = format!("{} is left of an interrupted start; the next one removes it", path.display());
            report.find(Part::Journal, Grade::Mends, what);
        }
    }
}

struct Reading<'a> {
    name: &'a str,
    logs: &'a mut Logs,
    report: &'a mut CheckReport,
}

impl Reading<'_> {
    fn damage(&mut self, what: &str) {
        self.report.find(Part::Journal, Grade::Damage, format!("{}: {what}", self.name));
    }

    /// Reads a segment; says which number comes behind it.
    fn segment(&mut self, segments: &Segments, segment: &Segment, behind: Option<Lsn>) -> io::Result<Lsn> {
        let bytes = segment.bytes()?;
        if store_of(segment.path())?.is_none() {
            self.damage("its header is damaged; what follows it can be read all the same");
        }
        let found = scan(&bytes, SEGMENT_HEADER, segment.first, behind, segments.checksum);
        self.frames(&found, bytes.len());
        for &frame in &found.frames {
            for (lsn, place, record) in records(&bytes, frame, segments.checksum) {
                match record {
                    Ok(record) => self.record(lsn, &record),
                    Err(error) => self.damage(&format!("record {lsn}, at byte {place}: {error}")),
                }
            }
        }
        if behind.is_some() {
            self.catalogue(segments, segment, &bytes, &found);
        }
        Ok(found.next)
    }

    fn frames(&mut self, found: &Scan, bytes: usize) {
        let counts = &mut self.report.journal;
        counts.segments += 1;
        counts.bytes += bytes as u64;
        counts.frames += found.frames.iter().filter(|frame| frame.whole).count();
        for stretch in &found.damaged {
            self.damage(&format!("the bytes {} to {} are damaged", stretch.start, stretch.end));
        }
        if found.lost > 0 {
            self.damage(&format!("{} records are lost with what is damaged", found.lost));
        }
        if found.torn {
            let what = format!(
                "{}: the last write, at byte {}, was not finished, and nobody was told that it was; the next start cuts it off",
                self.name, found.end
            );
            self.report.find(Part::Journal, Grade::Mends, what);
        }
    }

    fn record(&mut self, lsn: Lsn, record: &Record<'_>) {
        self.report.journal.records += 1;
        self.report.journal.messages += u64::from(matches!(record, Record::Message(_)));
        let step = self.logs.take(record);
        let room = room_of_event(record).map(|room| self.logs.name(room)).unwrap_or_default();
        match step {
            Step::Aside | Step::Next => {}
            Step::Behind { first, last } => self.report.lose(LostEvents { room, first: first.0, last: last.0 }),
            Step::Taken => self.damage(&format!("record {lsn}: its place in {room} is taken")),
            Step::Miscounted => self.damage(&format!("record {lsn}: {room} has another number of messages by then")),
        }
    }

    fn catalogue(&mut self, segments: &Segments, segment: &Segment, bytes: &[u8], found: &Scan) {
        let path = segment.catalogue_path();
        let (places, mut keys) = contents(bytes, found, segment.first, segments.checksum, &segments.fingerprinter);
        keys.sort_unstable();
        let opened = Catalogue::open(&path, segment.first, segments.checksum);
        let name = path.file_name().unwrap_or_default().display().to_string();
        let (grade, what) = match opened.and_then(|catalogue| catalogue.has(&places, &keys)) {
            Ok(true) => {
                self.report.catalogues += 1;
                return;
            }
            Ok(false) => (Grade::Damage, "has not what its segment has; delete it, and it is made again".to_owned()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                (Grade::Mends, "is missing; the next start makes it".to_owned())
            }
            Err(error) => (Grade::Mends, format!("can't be read ({error}); it is made again when it is needed")),
        };
        self.report.find(Part::Catalogues, grade, format!("{name} {what}"));
    }
}
