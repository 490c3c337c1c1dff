//! The timeline as SVG: one band per simdgroup, a lane for each copy in flight, time from left to right.
//!
//! Along the time every length is a share of the width, so that a page can stretch the drawing without stretching its text.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, PreEscaped, html};

use super::layout::{Band, Group, Layout, STRIP};
use super::{Flight, Mark, MarkKind, Timeline, Trouble, Work};
use crate::theme;

/// What the drawing looks like; the colours are the theme's.
pub(crate) fn style() -> String {
    let tiles =
        (0..theme::TILES).map(|n| format!(".enigma .tile-{n}{{fill:var(--tile-{n});stroke:var(--tile-{n})}}\n"));
    tiles.chain([include_str!("drawing.css").to_owned()]).collect()
}

/// The column with the names, the axis above the bands, and the space around, in pixels.
pub(super) const NAMES: usize = 168;
const AXIS: usize = 24;
const MARGIN: usize = 16;
const LINE: usize = 22;
/// How wide a line of the legend may become.
const LEGEND: usize = 940;
/// The width of a character of the drawing's text, roughly; used to lay out the legend and to leave out what cannot fit.
const CHARACTER: usize = 7;

impl Timeline {
    /// The timeline as one SVG image that needs nothing else. Hovering over anything says what it is.
    pub fn to_svg(&self) -> String {
        let style = html! { style { (PreEscaped(theme::fixed(&style()))) } };
        legible(self.image(style).into_string())
    }

    /// The image, with a style or, in a page that has one, without.
    pub(crate) fn image(&self, style: Markup) -> Markup {
        let drawing = Drawing::of(self);
        let width = NAMES + drawing.layout.width + 2 * MARGIN;
        let (legend, legend_height) = drawing.legend();
        let top = 2 * MARGIN + LINE + legend_height;
        let bottom = top + drawing.height() + MARGIN;
        let height = bottom + if self.omitted > 0 { LINE } else { 0 };
        html! {
            svg xmlns="http://www.w3.org/2000/svg" class="enigma" width=(width) height=(height) {
                (style)
                rect class="paper" width="100%" height="100%" {}
                text x=(MARGIN) y="28" {
                    tspan class="name" { (self.kernel) } tspan class="muted" dx="10" { (self.summary()) }
                }
                g transform=(format!("translate({MARGIN} {})", MARGIN + LINE + 4)) { (legend) }
                svg x=(MARGIN) y=(top) width=(NAMES) height=(drawing.height()) { (drawing.names()) }
                svg.plot.tight[drawing.layout.is_tight()] x=(MARGIN + NAMES) y=(top) width=(drawing.layout.width)
                    height=(drawing.height()) {
                    (drawing.axis(drawing.natural_step()))
                    (drawing.plot())
                }
                @if let Some(omission) = self.omission() {
                    text class="omitted" x=(MARGIN) y=(bottom + 4) { (omission) }
                }
            }
        }
    }

    /// Where, how long, how many.
    pub(super) fn summary(&self) -> String {
        let [x, y, z] = self.threadgroup;
        let count = |of: fn(&super::Row) -> usize| self.rows.iter().map(of).sum::<usize>() as u64;
        let parts = [
            format!("threadgroup ({x}, {y}, {z})"),
            counted(self.rows.len() as u64, "simdgroup"),
            counted(self.end, "operation"),
            counted(count(|row| row.flights.len()), "asynchronous copy"),
            match count(|row| row.troubles.len()) {
                0 => "nothing wrong".to_owned(),
                troubles => counted(troubles, "finding"),
            },
        ];
        parts.join(" · ")
    }

    /// What the reader must know if the timeline is not complete.
    pub(super) fn omission(&self) -> Option<String> {
        let events = counted(self.omitted, "further event");
        (self.omitted > 0).then(|| format!("Not everything is shown: {events} did not fit into the timeline."))
    }

    /// What it means that a copy has no wait. Of an incomplete timeline nobody knows whether there was one.
    fn open_end(&self) -> &'static str {
        if self.omitted == 0 { "never waited for" } else { "wait not shown" }
    }

    /// Everything about a copy, as a few lines of text.
    fn description(&self, flight: &Flight) -> String {
        let Flight { number, dst, src, extent: [columns, rows], bytes, issued, place, .. } = flight;
        let time = match flight.waited {
            Some(waited) => {
                let duration = counted(waited.saturating_sub(*issued), "operation");
                format!("in flight for {duration}, from {issued} to {waited}")
            }
            None => format!("{}, in flight from {issued} to the end", self.open_end()),
        };
        format!(
            "copy {number}: {src} \u{2192} {dst}\n{columns} \u{d7} {rows} elements, {bytes} bytes\n{time}\nissued at {place}"
        )
    }

    /// How much time the drawing shows; never nothing, so that places in it are shares of something.
    pub(super) fn span(&self) -> u64 {
        self.end.max(1)
    }
}

/// A timeline with what its drawing has to know in advance.
pub(super) struct Drawing<'a> {
    timeline: &'a Timeline,
    pub layout: Layout<'a>,
    /// The copies that a trouble is about.
    accused: BTreeSet<u32>,
}

impl<'a> Drawing<'a> {
    pub fn of(timeline: &'a Timeline) -> Self {
        let troubles = timeline.rows.iter().flat_map(|row| &row.troubles);
        let accused = troubles.filter_map(|trouble| trouble.copy).collect();
        Drawing { timeline, layout: Layout::of(timeline), accused }
    }

    /// What the colours and signs that occur stand for, and how high that is.
    pub fn legend(&self) -> (Markup, usize) {
        let (mut x, mut y) = (0, 0);
        let entries: Vec<(usize, usize, Sample, String)> = self
            .samples()
            .into_iter()
            .map(|(sample, words)| {
                let width = 26 + words.chars().count() * CHARACTER + 14;
                if x > 0 && x + width > LEGEND {
                    (x, y) = (0, y + LINE);
                }
                x += width;
                (x - width, y, sample, words)
            })
            .collect();
        let height = if entries.is_empty() { 0 } else { y + LINE };
        let legend = html! {
            g class="legend" {
                @for (x, y, sample, words) in entries {
                    g transform=(format!("translate({x} {y})")) { (sample.draw()) text x="24" y="14" { (words) } }
                }
            }
        };
        (legend, height)
    }

    fn samples(&self) -> Vec<(Sample, String)> {
        let rows = &self.timeline.rows;
        let flight = |is: fn(&Flight) -> bool| rows.iter().flat_map(|row| &row.flights).any(is);
        let mark = |kind| rows.iter().flat_map(|row| &row.marks).any(|mark| mark.kind == kind);
        let tiles = self.layout.tiles.iter().enumerate();
        let signs = [
            (rows.iter().any(|row| !row.work.is_empty()), Sample::Work, "work"),
            (mark(MarkKind::Wait), Sample::Wait, "wait"),
            (mark(MarkKind::Barrier), Sample::Barrier, "barrier"),
            (mark(MarkKind::SimdBarrier), Sample::SimdBarrier, "barrier of a simdgroup"),
            (flight(|flight| flight.to_device), Sample::Outward, "to device memory"),
            (flight(|flight| flight.waited.is_none()), Sample::Torn, self.timeline.open_end()),
            (rows.iter().any(|row| !row.troubles.is_empty()), Sample::Trouble, "finding"),
        ];
        tiles
            .map(|(tile, name)| (Sample::Tile(tile), shortened(name, 24)))
            .chain(
                signs.into_iter().filter(|(occurs, ..)| *occurs).map(|(_, sample, words)| (sample, words.to_owned())),
            )
            .collect()
    }

    /// The height of names and plot.
    pub fn height(&self) -> usize {
        AXIS + self.layout.height
    }

    /// What each band and each group of lanes stands for.
    pub fn names(&self) -> Markup {
        html! {
            text class="muted" x=(NAMES - 14) y="13" text-anchor="end" { "operations" }
            @for (n, band) in self.layout.bands.iter().enumerate() {
                g transform=(format!("translate(0 {})", AXIS + band.top)) {
                    line class="rule" x2="100%" {}
                    text class="row" y=(STRIP / 2 + 4) { "simdgroup " (n) }
                    @for group in &band.groups {
                        (self.group_name(group))
                    }
                }
            }
        }
    }

    fn group_name(&self, group: &Group) -> Markup {
        let name = self.layout.tiles[group.tile];
        let crowded = counted(group.crowded as u64, "copy");
        html! {
            g class=(tile_class(group.tile)) {
                title {
                    (name)
                    @if group.crowded > 0 { "\n" (crowded) " more than there are lanes lie over others in the last one" }
                }
                rect class="swatch" x=(NAMES - 12) y=(group.top) width="3" height=(group.height() - 3) rx="1.5" {}
                text class="muted" x=(NAMES - 20) y=(group.top + 12) text-anchor="end" { (shortened(name, 20)) }
                @if group.crowded > 0 {
                    text class="omitted" x=(NAMES - 20) y=(group.top + 28) text-anchor="end" { "+ " (crowded) }
                }
            }
        }
    }

    /// The step of the axis where the plot has its natural width.
    fn natural_step(&self) -> u64 {
        step(self.timeline.span(), self.layout.width / 90)
    }

    /// Lines at every `step`, named, over the height of the drawing. Of several axes one is shown.
    pub fn axis(&self, step: u64) -> Markup {
        let shown = step == self.natural_step();
        html! {
            g class=(if shown { "axis shown" } else { "axis" }) data-step=(step) {
                @for time in (0..=self.timeline.span()).step_by(usize::try_from(step).unwrap_or(usize::MAX)) {
                    line x1=(self.x(time)) x2=(self.x(time)) y1=(AXIS - 4) y2=(self.height()) {}
                    text x=(self.x(time)) y="13" text-anchor="middle" { (time) }
                }
            }
        }
    }

    /// Everything that has a place in time.
    pub fn plot(&self) -> Markup {
        html! {
            defs {
                path id="enigma-wait" class="glyph" d="M-4.5 -7H4.5L0 0Z" {}
                path id="enigma-simd-barrier" class="glyph" d="M0 -4.5L4.5 0L0 4.5L-4.5 0Z" {}
                path id="enigma-trouble" d="M-7 0a7 7 0 1 1 14 0a7 7 0 1 1 -14 0ZM-1.3 -4.6L-.8 1.2H.8L1.3 -4.6ZM-1.1 2.4H1.1V4.6H-1.1Z" {}
            }
            g transform=(format!("translate(0 {AXIS})")) {
                @for band in &self.layout.bands { line class="rule" x2="100%" y1=(band.top) y2=(band.top) {} }
                (self.barriers())
                @for (n, band) in self.layout.bands.iter().enumerate() {
                    g transform=(format!("translate(0 {})", band.top)) {
                        @for work in &band.row.work { (self.work(*work)) }
                        @for mark in &band.row.marks { (self.mark(mark, band)) }
                        @for group in &band.groups { (self.group(group)) }
                        @for troubles in band.row.troubles.chunk_by(|a, b| a.at == b.at) {
                            (self.troubles(n, troubles, band))
                        }
                    }
                }
            }
        }
    }

    /// One line for each barrier, over all the simdgroups that are at it.
    fn barriers(&self) -> Markup {
        let mut barriers: BTreeMap<(u64, &str), Vec<usize>> = BTreeMap::new();
        for (n, row) in self.timeline.rows.iter().enumerate() {
            for mark in row.marks.iter().filter(|mark| mark.kind == MarkKind::Barrier) {
                barriers.entry((mark.at, &mark.place)).or_default().push(n);
            }
        }
        html! {
            @for ((at, place), rows) in &barriers {
                g class="barrier" {
                    title { "barrier, operation " (at) "\n" (place) }
                    @for neighbours in rows.chunk_by(|a, b| a + 1 == *b) {
                        @let last = &self.layout.bands[neighbours[neighbours.len() - 1]];
                        (self.upright(*at, self.layout.bands[neighbours[0]].top, last.top + last.height))
                    }
                }
            }
        }
    }

    fn work(&self, Work { from, to }: Work) -> Markup {
        html! {
            rect class="work" x=(self.x(from)) y="9" width=(self.x(to.saturating_sub(from))) height="8" rx="2" {
                title { "work: " (counted(to.saturating_sub(from), "operation")) " (" (from) " to " (to) ")" }
            }
        }
    }

    fn group(&self, group: &Group) -> Markup {
        html! {
            g class=(tile_class(group.tile)) {
                @for (lane, flights) in group.lanes.iter().enumerate() {
                    g transform=(format!("translate(0 {})", group.top + lane * group.pitch)) {
                        @for flight in flights { (self.flight(flight, group.pitch)) }
                    }
                }
            }
        }
    }

    fn flight(&self, flight: &Flight, pitch: usize) -> Markup {
        let height = if pitch > 8 { pitch - 3 } else { pitch - 1 };
        let duration = flight.waited.unwrap_or(self.timeline.end).saturating_sub(flight.issued);
        let (x, width) = (self.x(flight.issued), self.x(duration));
        let room = (self.layout.width as u64).saturating_mul(duration) / self.timeline.span();
        html! {
            g class=(self.flight_class(flight)) data-copy=(flight.number) {
                title { (self.timeline.description(flight)) }
                rect x=(x) width=(width) height=(height) rx=(if height > 8 { 2.5 } else { 1.0 }) {}
                @if let Some(label) = flight.label(room as usize).filter(|_| height > 12) {
                    svg x=(x) width=(width) height=(height) { text x="5" y=(height - 4) { (label) } }
                }
                @if flight.waited.is_none() {
                    (torn("100%", height))
                }
            }
        }
    }

    fn flight_class(&self, flight: &Flight) -> String {
        let classes =
            [("flight", true), ("outward", flight.to_device), ("accused", self.accused.contains(&flight.number))];
        classes.iter().filter(|(_, applies)| *applies).map(|(class, _)| *class).collect::<Vec<_>>().join(" ")
    }

    fn mark(&self, mark: &Mark, band: &Band) -> Markup {
        let (class, glyph, words) = match mark.kind {
            MarkKind::Wait => ("wait", "#enigma-wait", format!("wait for {}", listed(&mark.copies))),
            MarkKind::SimdBarrier => ("simd-barrier", "#enigma-simd-barrier", "barrier of the simdgroup".to_owned()),
            MarkKind::Barrier => return html! {},
        };
        let foot = if mark.kind == MarkKind::Wait { STRIP - 2 } else { STRIP / 2 };
        html! {
            g class=(class) data-copies=[numbers(&mark.copies)] {
                title { (words) ", operation " (mark.at) "\n" (mark.place) }
                (self.upright(mark.at, foot, band.height))
                use href=(glyph) x=(self.x(mark.at)) y=(foot) {}
            }
        }
    }

    /// The troubles of one moment under one sign.
    fn troubles(&self, row: usize, troubles: &[Trouble], band: &Band) -> Markup {
        let at = troubles[0].at;
        let copies: Vec<u32> = troubles.iter().filter_map(|trouble| trouble.copy).collect();
        html! {
            g id=(finding_id(row, at)) class="trouble" data-copies=[numbers(&copies)] {
                title {
                    @for (n, trouble) in troubles.iter().enumerate() {
                        @if n > 0 { "\n\n" }
                        (trouble.rule) ", operation " (at) "\n" (trouble.message) "\n" (trouble.place)
                    }
                }
                (self.upright(at, STRIP / 2, band.height))
                use href="#enigma-trouble" x=(self.x(at)) y=(STRIP / 2) {}
            }
        }
    }

    fn upright(&self, at: u64, from: usize, to: usize) -> Markup {
        let x = self.x(at);
        html! { line x1=(x) x2=(x) y1=(from) y2=(to) {} }
    }

    /// A time, or a length of time, as a share of the width.
    fn x(&self, time: u64) -> String {
        percent(time, self.timeline.span())
    }
}

/// What the legend explains.
enum Sample {
    Tile(usize),
    Work,
    Wait,
    Barrier,
    SimdBarrier,
    Outward,
    Torn,
    Trouble,
}

impl Sample {
    /// The sign, in 18 by 20 pixels.
    fn draw(&self) -> Markup {
        html! {
            @match self {
                Sample::Tile(tile) => g class={ "flight " (tile_class(*tile)) } { (bar()) },
                Sample::Outward => g class="flight outward sample" { (bar()) },
                Sample::Torn => g class="flight sample" { (bar()) g transform="translate(18 4)" { (torn("0", 11)) } },
                Sample::Work => rect class="work" y="6" width="18" height="8" rx="2" {},
                Sample::Barrier => g class="barrier" { line x1="9" x2="9" y1="2" y2="18" {} },
                Sample::Wait => g class="wait" { use href="#enigma-wait" x="9" y="14" {} },
                Sample::SimdBarrier => g class="simd-barrier" { use href="#enigma-simd-barrier" x="9" y="10" {} },
                Sample::Trouble => g class="trouble" { use href="#enigma-trouble" x="9" y="10" {} },
            }
        }
    }
}

fn bar() -> Markup {
    html! { rect y="4" width="18" height="11" rx="2.5" {} }
}

impl Flight {
    /// What can be written into a bar of so many pixels.
    fn label(&self, room: usize) -> Option<String> {
        let Flight { number, dst, src, extent: [columns, rows], .. } = self;
        let (arrow, other) = if self.to_device { ('\u{2192}', dst) } else { ('\u{2190}', src) };
        let labels = [
            format!("{number} {arrow} {other} {columns}\u{d7}{rows}"),
            format!("{number} {arrow} {other}"),
            number.to_string(),
        ];
        labels.into_iter().find(|label| label.chars().count() * CHARACTER + 6 <= room)
    }
}

/// The round distance (1, 2 or 5 times a power of ten) that divides a span into at most so many parts.
pub(super) fn step(span: u64, parts: usize) -> u64 {
    let wanted = span.div_ceil(parts.max(1) as u64).max(1);
    let power = 10u64.pow(wanted.ilog10());
    [1, 2, 5]
        .map(|digit| power.saturating_mul(digit))
        .into_iter()
        .find(|step| *step >= wanted)
        .unwrap_or(power.saturating_mul(10))
}

fn percent(part: u64, whole: u64) -> String {
    let share = format!("{:.4}", 100.0 * part as f64 / whole as f64);
    format!("{}%", share.trim_end_matches('0').trim_end_matches('.'))
}

/// The end of a bar that has none: torn off at `x`.
fn torn(x: &str, height: usize) -> Markup {
    let tooth = |n: usize| format!("L{} {}", if n.is_multiple_of(2) { -1 } else { -5 }, n * 3 - 1);
    let edge = format!("M-5 -1{}", (1..=height / 3 + 1).map(tooth).collect::<String>());
    html! {
        svg class="torn" x=(x) width="1" height=(height) {
            path class="paper" d={ (edge) "H3V-1Z" } stroke="none" {}
            path d=(edge) fill="none" {}
        }
    }
}

/// What the page's list of findings links to.
pub(super) fn finding_id(row: usize, at: u64) -> String {
    format!("finding-{row}-{at}")
}

pub(super) fn tile_class(tile: usize) -> String {
    format!("tile-{}", tile % theme::TILES)
}

/// "copies 1, 2 and 5".
fn listed(copies: &[u32]) -> String {
    match copies {
        [] => "no copy".to_owned(),
        [one] => format!("copy {one}"),
        [first @ .., last] => {
            let first: Vec<String> = first.iter().map(u32::to_string).collect();
            format!("copies {} and {last}", first.join(", "))
        }
    }
}

/// The copies as the page's script finds them again.
fn numbers(copies: &[u32]) -> Option<String> {
    let numbers: Vec<String> = copies.iter().map(u32::to_string).collect();
    (!numbers.is_empty()).then(|| numbers.join(" "))
}

fn counted(number: u64, noun: &str) -> String {
    match (number, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{number} {stem}ies"),
        (_, None) => format!("{number} {noun}s"),
    }
}

fn shortened(name: &str, length: usize) -> String {
    if name.chars().count() <= length {
        name.to_owned()
    } else {
        name.chars().take(length - 1).chain(['\u{2026}']).collect()
    }
}

/// XML cannot hold most control characters, not even escaped; they become the sign for what cannot be shown.
pub(crate) fn legible(markup: String) -> String {
    let shown = |c: char| (!c.is_control() || c == '\n' || c == '\t') && !matches!(c, '\u{fffe}' | '\u{ffff}');
    markup.chars().map(|c| if shown(c) { c } else { char::REPLACEMENT_CHARACTER }).collect()
}
