//! Axes: from values to places between 0 and 1, and the values that are written at them.

/// Where a value goes, and what is written beside.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Axis {
    pub(crate) title: String,
    /// Places, and what is written there.
    pub(crate) ticks: Vec<(f64, String)>,
    is_log: bool,
    from: f64,
    to: f64,
}

/// About so many steps on a linear axis.
const STEPS: f64 = 5.0;

/// Beyond so many decades only every power of ten is written.
const DECADES: f64 = 2.5;

/// The percentiles that are written, as far as there are enough values for them.
const PERCENTILES: [f64; 8] = [50.0, 90.0, 99.0, 99.9, 99.99, 99.999, 99.999_9, 99.999_99];

impl Axis {
    /// From 0.
    pub(crate) fn linear(title: impl Into<String>, most: f64) -> Self {
        let step = step(most);
        let to = ((most / step - 1e-9).ceil() * step).max(step);
        let ticks = (0..=(to / step).round() as u32).map(|nth| f64::from(nth) * step);
        Self::new(title, false, (0.0, to), ticks.map(|tick| (tick, short(tick))))
    }

    /// From 0 to just there.
    pub(crate) fn time(title: impl Into<String>, most: f64) -> Self {
        let (step, most) = (step(most), most.max(f64::MIN_POSITIVE));
        let ticks = (0..=(most / step + 1e-9) as u32).map(|nth| f64::from(nth) * step);
        Self::new(title, false, (0.0, most), ticks.map(|tick| (tick, short(tick))))
    }

    /// Powers of ten at the same distance.
    pub(crate) fn log(title: impl Into<String>, least: f64, most: f64) -> Self {
        let fine = ladder(least, most, &[1.0, 2.0, 5.0]);
        let (from, to) = (fine[0], fine[fine.len() - 1]);
        let ticks = if (to / from).log10() > DECADES { ladder(least, most, &[1.0]) } else { fine };
        let ticks: Vec<_> = ticks.into_iter().filter(|tick| (from..=to).contains(tick)).collect();
        Self::new(title, true, (from, to), ticks.into_iter().map(|tick| (tick, short(tick))))
    }

    /// Powers of ten at the same distance, with just these sizes written.
    pub(crate) fn sizes(title: impl Into<String>, sizes: &[f64]) -> Self {
        let least = sizes.iter().copied().fold(f64::INFINITY, f64::min);
        let most = sizes.iter().copied().fold(least, f64::max);
        // Some space on both sides, so that no point lies on the edge.
        let (from, to) = (least / 1.25, most * 1.25);
        Self::new(title, true, (from, to), sizes.iter().map(|size| (*size, short(*size))))
    }

    /// Each nine more of a percentile at the same distance, as on HdrHistogram's own plots.
    pub(crate) fn percentiles(title: impl Into<String>, count: u64) -> Self {
        let to = nines(100.0, count).max(1.0);
        let ticks = PERCENTILES.iter().map(|at| (nines(*at, u64::MAX), format!("{at} %")));
        Self::new(title, false, (0.0, to), ticks.filter(|(at, _)| *at <= to + 1e-9))
    }

    fn new(
        title: impl Into<String>,
        is_log: bool,
        (from, to): (f64, f64),
        ticks: impl Iterator<Item = (f64, String)>,
    ) -> Self {
        let mut axis = Self { title: title.into(), ticks: Vec::new(), is_log, from, to };
        axis.ticks = ticks.map(|(value, text)| (axis.place(value), text)).collect();
        axis
    }

    /// The place of a value, from 0 to 1.
    pub(crate) fn place(&self, value: f64) -> f64 {
        let along = |value: f64| if self.is_log { value.max(f64::MIN_POSITIVE).log10() } else { value };
        let (from, to) = (along(self.from), along(self.to));
        if to > from { ((along(value) - from) / (to - from)).clamp(0.0, 1.0) } else { 0.5 }
    }
}

/// How far out a percentile is: 1 for 90, 2 for 99. There are no more nines than values to tell them by.
pub(crate) fn nines(percentile: f64, count: u64) -> f64 {
    let most = (count.max(1) as f64).log10();
    (-(1.0 - percentile / 100.0).max(0.0).log10()).clamp(0.0, most)
}

/// 1, 2 or 5 times a power of ten, some of which make `most`.
fn step(most: f64) -> f64 {
    let about = most.max(1e-6) / STEPS;
    let power = 10_f64.powf(about.log10().floor());
    let times = [1.0, 2.0, 5.0, 10.0].into_iter().find(|times| times * power >= about * 0.999).unwrap_or(10.0);
    times * power
}

/// All values of that kind around a range, from just below its least to just above its greatest.
fn ladder(least: f64, most: f64, of: &[f64]) -> Vec<f64> {
    let decades = (least.log10().floor() as i32)..=(most.log10().ceil() as i32 + 1);
    let all: Vec<f64> = decades.flat_map(|decade| of.iter().map(move |times| times * 10_f64.powi(decade))).collect();
    let first = all.iter().rposition(|value| *value <= least * (1.0 + 1e-9)).unwrap_or(0);
    let last = all.iter().position(|value| *value >= most * (1.0 - 1e-9)).unwrap_or(all.len() - 1).max(first + 1);
    all[first..=last.min(all.len() - 1)].to_vec()
}

/// A number without what says nothing.
fn short(value: f64) -> String {
    let value = value + 0.0;
    if value.abs() >= 1_000_000.0 {
        let millions = format!("{:.2}", value / 1_000_000.0);
        return format!("{} M", millions.trim_end_matches('0').trim_end_matches('.'));
    }
    if value.abs() >= 1_000.0 {
        return super::thousands(value);
    }
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|(_, text)| text.as_str()).collect()
    }

    #[test]
    fn a_linear_axis_begins_at_nothing_and_ends_above_the_most() {
        let axis = Axis::linear("1/s", 1_730.0);
        assert_eq!(written(&axis), ["0", "500", "1,000", "1,500", "2,000"]);
        assert_eq!((axis.place(0.0), axis.place(1_000.0), axis.place(2_000.0)), (0.0, 0.5, 1.0));
    }

    #[test]
    fn a_log_axis_has_as_many_words_as_it_has_room_for() {
        assert_eq!(written(&Axis::log("ms", 0.7, 30.0)), ["0.5", "1", "2", "5", "10", "20", "50"]);
        assert_eq!(written(&Axis::log("ms", 0.7, 3_000.0)), ["1", "10", "100", "1,000"]);
        assert_eq!(written(&Axis::log("ms", 1.0, 1.0)), ["1", "2"]);
    }

    #[test]
    fn each_nine_is_as_far_as_the_one_before() {
        let axis = Axis::percentiles("", 10_000);
        assert_eq!(written(&axis), ["50 %", "90 %", "99 %", "99.9 %", "99.99 %"]);
        assert!((axis.place(nines(99.0, 10_000)) - 0.5).abs() < 1e-9);
        assert_eq!(nines(100.0, 1_000), 3.0);
        assert_eq!(nines(99.99, 1_000), 3.0);
    }

    #[test]
    fn sizes_are_where_they_were_measured() {
        let axis = Axis::sizes("members", &[10.0, 100.0, 1_000.0]);
        assert_eq!(written(&axis), ["10", "100", "1,000"]);
        assert!((axis.place(100.0) - 0.5).abs() < 1e-9);
    }
}
