//! The report as HTML, for notebooks.

use ansi_to_html::Converter;
use enigma_ir::{Severity, SourceFiles, Style};
use maud::{Markup, PreEscaped, html};

use crate::order::Order;
use crate::report::{Figures, Finding, Report};
use crate::theme;
use crate::timeline::{self, Timeline};

/// How many events of a timeline are drawn in a notebook, which keeps all its outputs in one file.
const DRAWN: usize = 4_000;

impl Report {
    /// The report as a piece of HTML that brings its style with it: the verdict, the findings with their source lines, the
    /// figures, and the timeline, folded.
    pub fn to_html(&self) -> String {
        let style = [timeline::style().as_str(), include_str!("report.css")].concat();
        let (sign, class) = if self.ok() { ("\u{2713}", "right") } else { ("\u{2717}", "wrong") };
        let fragment = html! {
            div class="enigma report" {
                style { (PreEscaped(theme::adaptive(&style))) }
                p class={ "verdict " (class) } {
                    b { (sign) } " " code { (self.kernel()) } ": " (self.verdict())
                    span class="aside" { (self.circumstances()) }
                }
                @for finding in self.findings() { (finding.section(self.files())) }
                @if self.runs().count > 0 { (self.figures().list()) }
                (self.timeline().folded())
            }
        };
        timeline::legible(fragment.into_string())
    }

    /// How many findings of each severity there are.
    fn verdict(&self) -> String {
        let counts =
            [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Advice, "piece of advice")]
                .map(|(severity, noun)| (self.of(severity).count(), noun));
        let plural = |n: usize, noun: &str| match (n, noun) {
            (1, _) => format!("1 {noun}"),
            (_, "piece of advice") => format!("{n} pieces of advice"),
            _ => format!("{n} {noun}s"),
        };
        let parts: Vec<String> = counts.into_iter().filter(|(n, _)| *n > 0).map(|(n, noun)| plural(n, noun)).collect();
        if parts.is_empty() { "nothing wrong".to_owned() } else { parts.join(", ") }
    }

    /// The launch and the runs behind the report.
    fn circumstances(&self) -> String {
        let (launch, runs) = (self.launch(), self.runs());
        let [grid, threads] = [launch.grid, launch.threads].map(|[x, y, z]| format!("({x}, {y}, {z})"));
        let mut text = format!("grid {grid}, threads {threads}, order {}, ", runs.order);
        text += &match runs.count {
            0 => "refused before it ran".to_owned(),
            1 => "1 run".to_owned(),
            count => format!("{count} runs"),
        };
        if runs.order == Order::All && runs.count > 0 && !runs.exhaustive {
            text += ", not every order";
        }
        if !runs.differing.is_empty() {
            let orders: Vec<String> = runs.differing.iter().map(Order::to_string).collect();
            text += &format!(", other results with {}", orders.join(", "));
        }
        text
    }
}

impl Finding {
    fn section(&self, files: &SourceFiles) -> Markup {
        let severity = self.diagnostic.severity();
        // The first line of the rendering is the message, which stands in the summary.
        let below = |style| self.diagnostic.render(files, style).split_once('\n').map(|(_, rest)| rest.to_owned());
        html! {
            details class={ "finding " (severity.name()) } open[severity != Severity::Advice] {
                summary {
                    span class="severity" { (severity.name()) } " " code { (self.diagnostic.rule.name()) } " "
                    (self.diagnostic.message)
                    @if self.count > 1 { " " span class="count" { "\u{d7} " (self.count) } }
                }
                @if let Some(coloured) = below(Style::Colour) {
                    pre {
                        @match Converter::new().four_bit_var_prefix(Some("ansi-".to_owned())).convert(&coloured) {
                            Ok(html) => (PreEscaped(html)),
                            // Escape sequences of the user's own that have no meaning.
                            Err(_) => (below(Style::Plain).unwrap_or_default()),
                        }
                    }
                }
            }
        }
    }
}

impl Figures {
    fn list(&self) -> Markup {
        let Figures { threadgroups, copies, bytes_copied, max_in_flight, overlap } = self;
        let figures = [
            ("threadgroups", threadgroups.to_string()),
            ("asynchronous copies", copies.to_string()),
            ("bytes copied", bytes_copied.to_string()),
            ("most in flight at once", max_in_flight.to_string()),
            ("operations with a copy in flight", format!("{:.0}%", overlap * 100.0)),
        ];
        html! {
            dl { @for (name, value) in figures { div { dt { (name) } dd { (value) } } } }
        }
    }
}

impl Timeline {
    /// The drawing behind a line that opens it.
    fn folded(&self) -> Markup {
        let events: usize =
            self.rows.iter().map(|row| row.flights.len() + row.marks.len() + row.work.len() + row.troubles.len()).sum();
        html! {
            @if !self.rows.is_empty() {
                details class="timeline" {
                    summary { "Timeline" }
                    @if events <= DRAWN {
                        div class="scroll" { (self.image(html! {})) }
                    } @else {
                        p class="aside" {
                            "Its " (events) " events are too many for a notebook: write "
                            code { "report.timeline.to_html()" } " into a file."
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use enigma_cpu::Launch;
    use enigma_ir::{Diagnostic, Diagnostics, Rule, Span};
    use scraper::{Html, Selector};

    use super::*;
    use crate::report::Runs;
    use crate::timeline::{Row, Work};

    const LAUNCH: Launch = Launch { grid: [128, 1, 1], threads: [64, 1, 1] };
    const SOURCE: &str = "ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64)\nB[i] = tile[i] + 1\n";

    /// A read before the wait, with `text` wherever a user's text can stand.
    fn diagnostic(file: u32, text: &str) -> Diagnostic {
        let span = |line, column, end_column| Span { file, line, column, end_line: line, end_column };
        Diagnostic::new(
            Rule::ReadBeforeWait,
            format!("`{text}` is read"),
            span(2, 8, 15),
            format!("{text} is read here"),
        )
        .with_label(span(1, 6, 49), "while this copy may be in flight")
        .with_note("it happened 17 times")
        .with_help("wait for the copy first")
    }

    fn report(text: &str) -> Report {
        let mut files = SourceFiles::default();
        let file = files.intern("kernel.py", || Some(format!("{SOURCE}# {text}").into()));
        let refusal = Diagnostics::new(vec![diagnostic(file, text)], files);
        let mut report = Report::refused("double_buffer", LAUNCH, Order::Late, &refusal);
        report.findings[0].count = 17;
        report.figures = Figures { threadgroups: 2, copies: 8, bytes_copied: 2048, max_in_flight: 2, overlap: 0.625 };
        report.runs = Runs { order: Order::All, count: 24, exhaustive: false, differing: vec![Order::Reverse] };
        report.timeline.rows = vec![Row { work: vec![Work { from: 0, to: 9 }], ..Row::default() }];
        report
    }

    /// The fragment, parsed; what an HTML parser objects to fails the test.
    fn parsed(report: &Report) -> Html {
        let fragment = Html::parse_fragment(&report.to_html());
        assert!(fragment.errors.is_empty(), "{:?}", fragment.errors);
        fragment
    }

    fn text(html: &Html, selector: &str) -> String {
        html.select(&Selector::parse(selector).unwrap()).flat_map(|found| found.text()).collect()
    }

    fn count(html: &Html, selector: &str) -> usize {
        html.select(&Selector::parse(selector).unwrap()).count()
    }

    #[test]
    fn a_finding_is_told_in_full() {
        let html = report("tile").to_html();
        let (_, body) = html.split_once("</style>").unwrap();
        let (body, _) = body.split_once("<details class=\"timeline\">").unwrap();
        insta::assert_snapshot!(body.replace("><", ">\n<"));
    }

    #[test]
    fn the_source_reads_as_it_does_on_a_terminal() {
        let report = report("tile");
        let plain = report.findings()[0].diagnostic.render(report.files(), Style::Plain);
        let (_, below) = plain.split_once('\n').unwrap();
        assert_eq!(text(&parsed(&report), "pre"), below);
    }

    #[test]
    fn the_timeline_is_folded_and_drawn() {
        let html = parsed(&report("tile"));
        assert_eq!(count(&html, "details.timeline:not([open]) svg .work"), 2, "one, and its sample in the legend");
        assert_eq!(count(&html, "style"), 1, "the drawing takes the report's");
    }

    #[test]
    fn a_long_timeline_is_named_instead() {
        let mut report = report("tile");
        report.timeline.rows[0].work = vec![Work { from: 0, to: 9 }; DRAWN + 1];
        let html = parsed(&report);
        assert_eq!(count(&html, "svg"), 0);
        assert!(text(&html, "details.timeline").contains("4001 events"));
    }

    #[test]
    fn hostile_text_stays_text() {
        let hostile = "</pre><script>alert('1')</script>&lt;\u{1b}[31m\u{1b}[99;0z";
        let html = parsed(&report(hostile));
        assert_eq!(count(&html, "script"), 0);
        assert_eq!(count(&html, "pre"), 1);
        assert!(text(&html, "summary").contains("</pre><script>alert('1')</script>&lt;"));
        assert!(text(&html, "pre").contains("</pre><script>alert('1')</script>&lt;"));
    }

    #[test]
    fn a_refused_kernel_has_neither_figures_nor_timeline() {
        let refusal = Diagnostics::from(Diagnostic::placeless(Rule::InvalidKernel, "no kernel"));
        let html = parsed(&Report::refused("k", LAUNCH, Order::Late, &refusal));
        assert_eq!(count(&html, "dl, details.timeline"), 0);
        assert!(text(&html, ".verdict").contains("refused before it ran"));
    }

    #[test]
    fn nothing_wrong_says_so() {
        let refusal = Diagnostics::new(Vec::new(), SourceFiles::default());
        let html = parsed(&Report::refused("k", LAUNCH, Order::Late, &refusal));
        assert_eq!(count(&html, ".verdict.right"), 1);
        assert!(text(&html, ".verdict").contains("nothing wrong"));
    }
}
