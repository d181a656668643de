//! `GET /metrics`: the engine in numbers, in the text format of Prometheus.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use greenroom_actors::ledger::{Deliveries, Frames, Posts, Sends};
use greenroom_actors::{Balance, Health, Metrics};
use prometheus::core::Collector;
use prometheus::process_collector::ProcessCollector;
use prometheus::{IntCounterVec, IntGaugeVec, Opts, Registry, TEXT_FORMAT, TextEncoder};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accept::Edge;
use crate::problem::Problem;

pub(crate) fn routes() -> OpenApiRouter<Arc<Edge>> {
    OpenApiRouter::new().routes(routes!(metrics))
}

/// The engine in numbers; from this machine only.
#[utoipa::path(
    get, path = "/metrics", tag = "server", operation_id = "metrics",
    responses(
        (status = 200, description = "numbers in the text format of Prometheus", body = String, content_type = "text/plain", example = json!("# HELP greenroom_up 1 where all parts are well, 0 where one is not\n# TYPE greenroom_up gauge\ngreenroom_up 1\n")),
        (status = 404, description = "this is for the machine that the server runs on"),
        (status = 503, description = "the numbers can't be written now"),
    ),
)]
async fn metrics(State(edge): State<Arc<Edge>>) -> Result<Response, Problem> {
    let text = render(&edge.engine.metrics().await).map_err(|error| {
        tracing::error!(%error, "the metrics can't be written");
        Problem::unavailable()
    })?;
    let kind = format!("{TEXT_FORMAT}; charset=utf-8");
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

fn render(metrics: &Metrics) -> prometheus::Result<String> {
    let page = Page(Registry::new());
    page.ledger(&metrics.balance)?;
    page.health(&metrics.health)?;
    page.actors(metrics)?;
    page.refusals(&metrics.refusals)?;
    for timing in &metrics.timings {
        page.register(timing.clone())?;
    }
    page.0.register(Box::new(ProcessCollector::for_self()))?;
    TextEncoder::new().encode_to_string(&page.0.gather())
}

/// One answer: it is written from scratch each time, so that it can't disagree with the engine.
struct Page(Registry);

/// The values of one label, and the number for each.
type Rows<'a> = &'a [(&'a str, u64)];

impl Page {
    fn ledger(&self, balance: &Balance) -> prometheus::Result<()> {
        self.posts(&balance.rooms.posts)?;
        self.deliveries(&balance.rooms.deliveries)?;
        self.sends(&balance.sessions.sends)?;
        self.frames(&balance.sessions.frames)?;
        self.count("greenroom_ledger_audits_total", "Audits of all ledgers", balance.audits)?;
        let help = "Ledgers that did not balance when they were audited; anything but 0 is a defect";
        self.count("greenroom_ledger_imbalances_total", help, balance.imbalances)
    }

    fn posts(&self, posts: &Posts) -> prometheus::Result<()> {
        let Posts { accepted, stored, repeated, refused, orphaned, undecided } = *posts;
        let settled = [("stored", stored), ("repeated", repeated), ("orphaned", orphaned)];
        let reasons = [
            ("not_joined", refused.not_joined),
            ("invalid", refused.invalid),
            ("conflict", refused.conflict),
            ("unavailable", refused.unavailable),
            ("poison", refused.poison),
        ];
        self.count("greenroom_posts_accepted_total", "Posts that rooms have taken in hand", accepted)?;
        self.counts(
            "greenroom_posts_settled_total",
            "Posts that were stored, had been, or whose room ended",
            "outcome",
            &settled,
        )?;
        self.counts("greenroom_posts_refused_total", "Posts that were refused", "reason", &reasons)?;
        self.gauge("greenroom_posts_undecided", "Posts whose fate is not known yet", undecided)
    }

    fn deliveries(&self, deliveries: &Deliveries) -> prometheus::Result<()> {
        let Deliveries { owed, handed_over, dropped, pending } = *deliveries;
        let reasons = [("left", dropped.left), ("closed", dropped.closed), ("ended", dropped.ended)];
        self.count("greenroom_deliveries_owed_total", "Events owed, once for each session in their room", owed)?;
        self.count("greenroom_deliveries_handed_over_total", "Of these, put into an outbox", handed_over)?;
        self.counts("greenroom_deliveries_dropped_total", "Of these, given up", "reason", &reasons)?;
        self.gauge("greenroom_deliveries_pending", "Of these, to come as pages", pending)
    }

    fn sends(&self, sends: &Sends) -> prometheus::Result<()> {
        let Sends { accepted, acked, refused, closed, unanswered } = *sends;
        let outcomes = [("acked", acked), ("refused", refused), ("closed", closed)];
        self.count("greenroom_sends_accepted_total", "Sends that sessions have taken in hand", accepted)?;
        self.counts(
            "greenroom_sends_settled_total",
            "Sends answered, or whose socket was closed",
            "outcome",
            &outcomes,
        )?;
        self.gauge("greenroom_sends_unanswered", "Sends that wait for their answer", unanswered)
    }

    fn frames(&self, frames: &Frames) -> prometheus::Result<()> {
        let Frames { queued, written, superseded, closed, waiting } = *frames;
        let outcomes = [("written", written), ("superseded", superseded), ("closed", closed)];
        self.count("greenroom_frames_queued_total", "Frames put into outboxes", queued)?;
        self.counts("greenroom_frames_settled_total", "Frames that have left an outbox", "outcome", &outcomes)?;
        self.gauge("greenroom_frames_waiting", "Frames that wait for their socket", waiting)
    }

    fn health(&self, health: &Health) -> prometheus::Result<()> {
        self.gauge("greenroom_up", "1 where all parts are well, 0 where one is not", u64::from(health.status == "ok"))?;
        self.count(
            "greenroom_poison_total",
            "Commands that failed their room twice and were set aside",
            health.poison,
        )?;
        if let Some(online) = health.presence {
            self.gauge("greenroom_people_online", "People online", online.people as u64)?;
        }
        let Some(store) = &health.store else { return Ok(()) };
        self.count("greenroom_journal_records_total", "Number of the newest durable record", store.committed)?;
        self.gauge(
            "greenroom_index_lag_records",
            "Durable records that the index has yet to take over",
            store.committed.saturating_sub(store.applied),
        )?;
        self.gauge("greenroom_index_rebuilding", "1 while the index is rebuilt", store.rebuilding.into())?;
        self.gauge("greenroom_disk_full", "1 while sends are refused for want of space", store.disk_full.into())?;
        self.count("greenroom_damaged_records_total", "Stored records found damaged since the start", store.damaged)
    }

    fn actors(&self, metrics: &Metrics) -> prometheus::Result<()> {
        let living: Vec<_> = metrics.actors.iter().map(|(kind, (living, _))| (*kind, *living)).collect();
        let waiting: Vec<_> = metrics.actors.iter().map(|(kind, (_, waiting))| (*kind, *waiting)).collect();
        self.gauges("greenroom_actors", "Living actors", "kind", &living)?;
        self.gauges("greenroom_mailbox_messages", "Messages in mailboxes, those in hand included", "kind", &waiting)?;
        let name = "greenroom_actor_events_total";
        let life = IntCounterVec::new(Opts::new(name, "What has happened to actors"), &["kind", "event"])?;
        for (kind, event, count) in &metrics.life {
            life.with_label_values(&[*kind, event.as_str()]).inc_by(*count);
        }
        self.register(life)
    }

    fn refusals(&self, refusals: Rows<'_>) -> prometheus::Result<()> {
        let help = "Refusals for coming too often, or for being too many, by the limit";
        self.counts("greenroom_rate_limited_total", help, "bucket", refusals)
    }

    fn count(&self, name: &str, help: &str, value: u64) -> prometheus::Result<()> {
        let counter = prometheus::IntCounter::new(name, help)?;
        counter.inc_by(value);
        self.register(counter)
    }

    fn counts(&self, name: &str, help: &str, label: &str, rows: Rows<'_>) -> prometheus::Result<()> {
        let counters = IntCounterVec::new(Opts::new(name, help), &[label])?;
        rows.iter().for_each(|(row, value)| counters.with_label_values(&[*row]).inc_by(*value));
        self.register(counters)
    }

    fn gauge(&self, name: &str, help: &str, value: u64) -> prometheus::Result<()> {
        let gauge = prometheus::IntGauge::new(name, help)?;
        gauge.set(value.cast_signed());
        self.register(gauge)
    }

    fn gauges(&self, name: &str, help: &str, label: &str, rows: Rows<'_>) -> prometheus::Result<()> {
        let gauges = IntGaugeVec::new(Opts::new(name, help), &[label])?;
        rows.iter().for_each(|(row, value)| gauges.with_label_values(&[*row]).set(value.cast_signed()));
        self.register(gauges)
    }

    fn register(&self, collector: impl Collector + 'static) -> prometheus::Result<()> {
        self.0.register(Box::new(collector))
    }
}
