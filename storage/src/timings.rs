//! How long the disk takes, and how many share a sync.

use prometheus::{Histogram, HistogramOpts, exponential_buckets};

/// What the writer has measured since the start.
#[derive(Debug, Clone)]
pub struct Timings {
    /// Seconds of each sync of the journal.
    pub sync: Histogram,
    /// Records of each batch that was written.
    pub batch: Histogram,
}

impl Timings {
    pub(crate) fn new() -> Self {
        // A tenth of a millisecond to some three seconds, and one record to as many as fit.
        let sync = histogram("greenroom_sync_seconds", "Time of each sync of the journal", 0.000_1, 16);
        let batch = histogram("greenroom_batch_records", "Records written and synced together", 1.0, 13);
        Self { sync, batch }
    }
}

fn histogram(name: &str, help: &str, least: f64, count: usize) -> Histogram {
    let buckets = exponential_buckets(least, 2.0, count).expect("positive, growing, and some");
    Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets)).expect("a good name, and growing buckets")
}
