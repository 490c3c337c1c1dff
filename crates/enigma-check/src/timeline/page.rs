//! The timeline as a page: the drawing, which can be stretched and scrolled, with what went wrong listed above it.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::Timeline;
use super::svg::{Drawing, NAMES, finding_id, legible, step, style};
use crate::theme;

/// Lines that the finest axis may have; finer ones could only be seen by stretching the plot beyond sense.
const FINEST: usize = 500;

impl Timeline {
    /// The timeline as one HTML page that needs nothing else. Without its script it can still be read and scrolled.
    pub fn to_html(&self) -> String {
        let drawing = Drawing::of(self);
        let (legend, legend_height) = drawing.legend();
        let style = [style().as_str(), include_str!("page.css")].concat();
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width";
                    meta name="color-scheme" content="light dark";
                    title { (self.kernel) " \u{b7} timeline" }
                    style { (PreEscaped(theme::adaptive(&style))) }
                }
                body class="enigma" {
                    header {
                        h1 { (self.kernel) }
                        p class="summary" { (self.summary()) }
                        @if let Some(omission) = self.omission() { p class="omission" { (omission) } }
                        (self.findings())
                        div class="tools" {
                            svg width="100%" height=(legend_height) { (legend) }
                            div class="zoom" {
                                button data-zoom="0.5" title="Narrower (\u{2212})" { "\u{2212}" }
                                button data-zoom="0" title="The whole run (0)" { "all" }
                                button data-zoom="2" title="Wider (+, or Ctrl and the wheel)" { "+" }
                            }
                        }
                    }
                    @if self.rows.is_empty() {
                        p class="summary" { "Nothing ran, so there is nothing to show." }
                    } @else {
                        (self.viewer(&drawing))
                        div class="detail" hidden {}
                        script { (PreEscaped(include_str!("page.js"))) }
                    }
                }
            }
        };
        legible(page.into_string())
    }

    /// What went wrong, each with a link to its place in the drawing.
    fn findings(&self) -> Markup {
        html! {
            @if self.rows.iter().any(|row| !row.troubles.is_empty()) {
                ul class="findings" {
                    @for (n, row) in self.rows.iter().enumerate() {
                        @for trouble in &row.troubles {
                            li {
                                a href=(format!("#{}", finding_id(n, trouble.at))) { (trouble.rule) }
                                " " (trouble.message)
                                " " span class="place" { (trouble.place) ", simdgroup " (n) ", operation " (trouble.at) }
                            }
                        }
                    }
                }
            }
        }
    }

    fn viewer(&self, drawing: &Drawing) -> Markup {
        let (width, height) = (drawing.layout.width, drawing.height());
        html! {
            main {
                svg width=(NAMES) height=(height) { (drawing.names()) }
                div class="scroller" tabindex="0" {
                    svg.plot.tight[drawing.layout.is_tight()] width=(width) height=(height) data-span=(self.span())
                        data-roomy=(drawing.layout.roomy) {
                        @for step in steps(self.span()) {
                            (drawing.axis(step))
                        }
                        (drawing.plot())
                    }
                }
            }
        }
    }
}

/// The steps that an axis can have, the finest first, to be chosen from as the plot is stretched.
fn steps(span: u64) -> Vec<u64> {
    let mut steps: Vec<u64> = (0..).map(|n| step(span, FINEST >> n)).take_while(|step| *step < span).collect();
    steps.push(step(span, 1));
    steps.dedup();
    steps
}
