//! A plot as inline SVG: shapes and classes, and no colour, so that the page's style decides, by day, by night and on paper.

use super::axis::Axis;

/// Space around the plot, for what is written there.
const LEFT: f64 = 66.0;
const RIGHT: f64 = 22.0;
const TOP: f64 = 26.0;
const BOTTOM: f64 = 46.0;

/// A plot, while it is drawn.
#[derive(Debug)]
pub(crate) struct Plot {
    width: f64,
    height: f64,
    x: Axis,
    y: Axis,
    shapes: String,
}

/// What may hold anything, made fit for an element or an attribute.
pub(crate) fn text(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // No document may have these; a label could.
            other if other.is_control() && other != '\n' && other != '\t' => safe.push('\u{FFFD}'),
            other => safe.push(other),
        }
    }
    safe
}

impl Plot {
    /// An empty one, with its grid.
    pub(crate) fn new((width, height): (f64, f64), x: Axis, y: Axis) -> Self {
        let mut plot = Self { width, height, x, y, shapes: String::new() };
        plot.grid();
        plot
    }

    fn grid(&mut self) {
        let (left, right, top, bottom) = (LEFT, self.width - RIGHT, TOP, self.height - BOTTOM);
        let mut shapes = String::new();
        for (place, said) in &self.y.ticks {
            let y = bottom + (top - bottom) * place;
            shapes += &format!(r#"<path class="grid" d="M{left:.1} {y:.1}H{right:.1}"/>"#);
            shapes += &word("end", left - 8.0, y + 4.0, said);
        }
        for (place, said) in &self.x.ticks {
            let x = left + (right - left) * place;
            shapes += &format!(r#"<path class="grid" d="M{x:.1} {top:.1}V{bottom:.1}"/>"#);
            shapes += &word("middle", x, bottom + 18.0, said);
        }
        shapes += &format!(r#"<path class="axis" d="M{left:.1} {top:.1}V{bottom:.1}H{right:.1}"/>"#);
        shapes += &word("start", 0.0, 14.0, &self.y.title);
        shapes += &word("end", right, self.height - 6.0, &self.x.title);
        self.shapes += &shapes;
    }

    fn at(&self, x: f64, y: f64) -> (f64, f64) {
        let across = LEFT + (self.width - LEFT - RIGHT) * self.x.place(x);
        let down = self.height - BOTTOM + (TOP + BOTTOM - self.height) * self.y.place(y);
        (across, down)
    }

    /// A line through these; where there is nothing, there is a gap.
    pub(crate) fn line(&mut self, class: &str, points: impl IntoIterator<Item = (f64, Option<f64>)>) {
        let (mut path, mut is_drawing) = (String::new(), false);
        for (x, y) in points {
            let Some(y) = y else {
                is_drawing = false;
                continue;
            };
            let (across, down) = self.at(x, y);
            // A point alone is a line to itself, which round ends make a dot.
            path += &if is_drawing { format!("L{across:.1} {down:.1}") } else { format!("M{across:.1} {down:.1}h0") };
            is_drawing = true;
        }
        self.shapes += &format!(r#"<path class="line {class}" d="{path}"/>"#);
    }

    /// A dot, with the range around it.
    pub(crate) fn dot(&mut self, class: &str, x: f64, y: f64, (low, high): (f64, f64)) {
        let ((across, down), (_, low), (_, high)) = (self.at(x, y), self.at(x, low), self.at(x, high));
        self.shapes += &format!(r#"<path class="line range {class}" d="M{across:.1} {low:.1}V{high:.1}"/>"#);
        self.shapes += &format!(r#"<circle class="dot {class}" cx="{across:.1}" cy="{down:.1}" r="4"/>"#);
    }

    /// A moment that matters.
    pub(crate) fn mark(&mut self, x: f64) {
        let (across, _) = self.at(x, 0.0);
        let (top, bottom) = (TOP, self.height - BOTTOM);
        self.shapes += &format!(
            r#"<path class="mark" d="M{across:.1} {top:.1}V{bottom:.1}"/><path class="flag" d="M{across:.1} {top:.1}l-5 -8h10z"/>"#
        );
    }

    /// All of it, with a sentence for whoever doesn't see it.
    pub(crate) fn finish(self, sentence: &str) -> String {
        format!(
            r#"<svg role="img" aria-label="{}" viewBox="0 0 {} {}">{}</svg>"#,
            text(sentence),
            self.width,
            self.height,
            self.shapes
        )
    }
}

fn word(anchor: &str, x: f64, y: f64, said: &str) -> String {
    format!(r#"<text class="{anchor}" x="{x:.1}" y="{y:.1}">{}</text>"#, text(said))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot() -> Plot {
        Plot::new((480.0, 300.0), Axis::linear("s", 10.0), Axis::linear("ms", 10.0))
    }

    #[test]
    fn nothing_that_is_said_becomes_markup() {
        assert_eq!(text("<b a='1' c=\"2\">&\u{0}"), "&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;\u{FFFD}");
        let svg = plot().finish("1 < 2 & \"so on\"");
        assert!(svg.contains(r#"aria-label="1 &lt; 2 &amp; &quot;so on&quot;""#));
    }

    #[test]
    fn a_gap_is_a_gap() {
        let mut plot = plot();
        plot.shapes.clear();
        plot.line("s0", [(0.0, Some(0.0)), (5.0, Some(10.0)), (6.0, None), (10.0, Some(0.0))]);
        assert_eq!(plot.shapes, r#"<path class="line s0" d="M66.0 254.0h0L262.0 26.0M458.0 254.0h0"/>"#);
    }
}
