//! A chart: bars for each row, how many times as long one takes as another, on a logarithmic axis.
use super::text::ratio;
use std::fmt::Write;

const WIDTH: f64 = 900.0;
/// Where bars may lie.
const LEFT: f64 = 215.0;
const RIGHT: f64 = 845.0;
const TOP: f64 = 112.0;
const BAR: f64 = 9.5;
const GAP: f64 = 6.0;
const GROUP: f64 = 30.0;

/// Colours by class, for light and dark surroundings; the ground is drawn, so that text is readable on any page.
const STYLE: &str = "\
text { font: 11px system-ui, sans-serif; fill: #24292f; }
.title { font-size: 16px; font-weight: 600; }
.group { font-weight: 600; }
.small { fill: #57606a; }
.value { font-size: 9px; fill: #57606a; }
.ground { fill: #ffffff; }
.grid { stroke: #d8dee4; }
.one { stroke: #24292f; stroke-width: 1.5; }
.run0 { fill: #7fb2e5; } .run1 { fill: #1f6fbf; } .run2 { fill: #0d3a66; }
.run0.behind { fill: #f2b37e; } .run1.behind { fill: #d9691e; } .run2.behind { fill: #8a3d0b; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; } .small, .value { fill: #9aa4af; } .ground { fill: #0d1117; } .grid { stroke: #2b323b; } .one { stroke: #e6edf3; }
  .run0 { fill: #2f5f8f; } .run1 { fill: #58a6ff; } .run2 { fill: #a5d0ff; }
  .run0.behind { fill: #8a4a1c; } .run1.behind { fill: #f0883e; } .run2.behind { fill: #ffc08a; }
}
";
/// Of a stamp.
const STAMP: &str = "font-size: 64px; font-weight: 700; opacity: 0.35; fill: #cf222e";
/// Numbers along the axis, at most.
const TICKS: i32 = 12;
/// Room that a number needs left of the shortest bar, in powers of two.
const LABEL: f64 = 0.4;
/// Classes of [`STYLE`]; more bars share the last.
const CLASSES: usize = 3;

/// What is drawn.
pub struct Chart {
    /// Above all.
    pub title: String,
    /// What the chart is, for those who do not see it.
    pub label: String,
    /// Where, when, with what: two lines below the title.
    pub lines: [String; 2],
    /// What the first bar of each row is, the second, and so on.
    pub bars: Vec<String>,
    /// What a bar to the left of 1 means.
    pub behind: String,
    /// Written across everything.
    pub stamp: Option<&'static str>,
    /// The rows.
    pub rows: Vec<Bars>,
}

/// The bars of one row.
pub struct Bars {
    /// What rows it stands among.
    pub group: String,
    /// Of the row.
    pub name: String,
    /// As many as there are [`Chart::bars`].
    pub ratios: Vec<Option<f64>>,
}

/// From ratios to places.
struct Axis {
    low: f64,
    high: f64,
}

impl Axis {
    /// Powers of two around all ratios, and around 1.
    fn around(ratios: impl Iterator<Item = f64>) -> Axis {
        let (low, high) = ratios.map(f64::log2).fold((-1.0, 1.0), |(low, high): (f64, f64), r| (low.min(r), high.max(r)));
        Axis { low: (low - LABEL).floor(), high: high.ceil() }
    }

    fn at(&self, ratio: f64) -> f64 {
        LEFT + (RIGHT - LEFT) * (ratio.log2() - self.low) / (self.high - self.low)
    }

    /// Powers of two, as many as have room for their numbers; 1 is one of them.
    fn ticks(&self) -> impl Iterator<Item = f64> {
        let (low, high) = (self.low as i32, self.high as i32);
        let step = (high - low) / TICKS + 1;
        (low..=high).filter(move |e| e % step == 0).map(|e| f64::from(e).exp2())
    }
}

impl Chart {
    /// The drawing.
    pub fn svg(&self) -> String {
        let axis = Axis::around(self.rows.iter().flat_map(|row| row.ratios.iter().copied().flatten()));
        let step = BAR * self.bars.len() as f64 + GAP;
        let (mut body, mut y, mut group) = (String::new(), TOP, "");
        for row in &self.rows {
            if row.group != group {
                group = &row.group;
                y += GROUP;
                text(&mut body, "group", 12.0, y - 8.0, "start", group);
            }
            text(&mut body, "", LEFT - 8.0, y + (step - GAP) / 2.0 + 4.0, "end", &row.name);
            for (i, ratio) in row.ratios.iter().enumerate() {
                if let Some(r) = *ratio {
                    bar(&mut body, &axis, i.min(CLASSES - 1), y + BAR * i as f64, r);
                }
            }
            y += step;
        }
        let (bottom, height) = (y + 4.0, y + 34.0);
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" role=\"img\" \
             aria-label=\"{}\">\n<style>\n{STYLE}</style>\n\
             <rect class=\"ground\" width=\"{WIDTH}\" height=\"{height}\" rx=\"6\"/>\n",
            self.label
        );
        self.head(&mut out);
        for tick in axis.ticks() {
            let (x, class) = (axis.at(tick), if tick == 1.0 { "one" } else { "grid" });
            let label = if tick < 1.0 { format!("1/{}x", 1.0 / tick) } else { format!("{tick}x") };
            // Writing to a string cannot fail, here and below.
            let _ = writeln!(out, "<line class=\"{class}\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{:.1}\" y2=\"{bottom:.1}\"/>", TOP + 2.0);
            text(&mut out, "small", x, TOP - 4.0, "middle", &label);
            text(&mut out, "small", x, bottom + 14.0, "middle", &label);
        }
        out += &body;
        if let Some(stamp) = self.stamp {
            let (x, y) = (WIDTH / 2.0, TOP + (bottom - TOP) / 2.0);
            let _ = writeln!(out, "<text x=\"{x}\" y=\"{y:.1}\" text-anchor=\"middle\" style=\"{STAMP}\">{stamp}</text>");
        }
        out + "</svg>\n"
    }

    fn head(&self, out: &mut String) {
        text(out, "title", 12.0, 26.0, "start", &self.title);
        text(out, "small", 12.0, 44.0, "start", &self.lines[0]);
        text(out, "small", 12.0, 59.0, "start", &self.lines[1]);
        let mut x = 12.0;
        for (i, label) in self.bars.iter().enumerate() {
            let class = i.min(CLASSES - 1);
            let _ = writeln!(out, "<rect class=\"run{class}\" x=\"{x}\" y=\"70\" width=\"11\" height=\"11\"/>");
            text(out, "", x + 16.0, 80.0, "start", label);
            x += 30.0 + 6.2 * label.len() as f64;
        }
        let class = self.bars.len().clamp(1, CLASSES) - 1;
        let _ = writeln!(out, "<rect class=\"run{class} behind\" x=\"{x}\" y=\"70\" width=\"11\" height=\"11\"/>");
        text(out, "", x + 16.0, 80.0, "start", &self.behind);
    }
}

fn bar(out: &mut String, axis: &Axis, class: usize, y: f64, r: f64) {
    let (one, end) = (axis.at(1.0), axis.at(r));
    let (x, width, behind) = (one.min(end), (end - one).abs(), if r < 1.0 { " behind" } else { "" });
    let _ =
        writeln!(out, "<rect class=\"run{class}{behind}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{:.1}\"/>", BAR - 1.0);
    let (at, anchor) = if r < 1.0 { (x - 3.0, "end") } else { (end + 3.0, "start") };
    text(out, "value", at, y + BAR - 1.0, anchor, &ratio(r));
}

fn text(out: &mut String, class: &str, x: f64, y: f64, anchor: &str, content: &str) {
    let content = content.replace('&', "&amp;").replace('<', "&lt;");
    let _ = writeln!(out, "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{content}</text>");
}
