//! The three forms of a timeline, read back by parsers that know nothing of how they were written.

use std::collections::{BTreeMap, BTreeSet};

use roxmltree::{Document, Node};
use scraper::{Html, Selector};
use serde_json::Value as Json;

use super::{Flight, Mark, MarkKind, Row, Timeline, Trouble, Work};

const PLACE: &str = "kernel.py:12:5";

fn flight(number: u32, issued: u64, waited: Option<u64>) -> Flight {
    Flight {
        number,
        dst: "tile".into(),
        src: "A".into(),
        to_device: false,
        extent: [16, 8],
        bytes: 512,
        issued,
        waited,
        place: PLACE.into(),
    }
}

fn mark(kind: MarkKind, at: u64, copies: &[u32]) -> Mark {
    Mark { kind, at, place: PLACE.into(), copies: copies.to_vec() }
}

fn trouble(at: u64, copy: Option<u32>) -> Trouble {
    let message = "`tile` is read while copy 2 may be in flight".into();
    Trouble { at, rule: "read-before-wait".into(), message, place: "kernel.py:20:9".into(), copy }
}

/// Two simdgroups and one of everything that can happen.
fn everything() -> Timeline {
    let first = Row {
        flights: vec![flight(1, 2, Some(12)), flight(2, 4, Some(20)), flight(5, 22, None)],
        marks: vec![
            mark(MarkKind::Wait, 12, &[1]),
            mark(MarkKind::Barrier, 14, &[]),
            mark(MarkKind::SimdBarrier, 16, &[]),
            mark(MarkKind::Wait, 20, &[2]),
        ],
        work: vec![Work { from: 0, to: 12 }, Work { from: 16, to: 30 }],
        troubles: vec![trouble(8, Some(2)), trouble(30, Some(5))],
    };
    let store = Flight { dst: "C".into(), src: "result".into(), to_device: true, ..flight(4, 16, Some(28)) };
    let second = Row {
        flights: vec![flight(3, 3, Some(12)), store],
        marks: vec![mark(MarkKind::Barrier, 14, &[]), mark(MarkKind::Wait, 28, &[3, 4])],
        work: vec![Work { from: 3, to: 11 }],
        troubles: vec![trouble(28, None), trouble(28, None)],
    };
    Timeline { kernel: "double_buffer".into(), threadgroup: [1, 2, 0], rows: vec![first, second], end: 30, omitted: 3 }
}

/// One simdgroup that keeps several copies in flight all the time.
fn stream(copies: u32) -> Timeline {
    let flights = (0..copies).map(|n| flight(n + 1, u64::from(n) * 10, Some(u64::from(n) * 10 + 35))).collect();
    let marks = (0..copies).map(|n| mark(MarkKind::Wait, u64::from(n) * 10 + 35, &[n + 1])).collect();
    let row = Row { flights, marks, ..Row::default() };
    Timeline { kernel: "stream".into(), rows: vec![row], end: u64::from(copies) * 10 + 35, ..Timeline::default() }
}

fn with_class<'a>(svg: &'a Document, class: &str) -> Vec<Node<'a, 'a>> {
    let has = |node: &Node| node.attribute("class").is_some_and(|classes| classes.split(' ').any(|c| c == class));
    svg.descendants().filter(has).collect()
}

fn title<'a>(node: &Node<'a, '_>) -> &'a str {
    node.children().find(|child| child.has_tag_name("title")).and_then(|title| title.text()).unwrap()
}

/// The page, parsed; what an HTML parser objects to fails the test.
fn parsed(page: &str) -> Html {
    let html = Html::parse_document(page);
    assert!(html.errors.is_empty(), "{:?}", html.errors);
    html
}

fn count(html: &Html, selector: &str) -> usize {
    html.select(&Selector::parse(selector).unwrap()).count()
}

#[test]
fn one_of_everything_as_svg() {
    let svg = everything().to_svg();
    let (_, drawing) = svg.split_once("</style>").unwrap();
    insta::assert_snapshot!(drawing.replace("><", ">\n<"));
}

#[test]
fn one_of_everything_as_trace() {
    insta::assert_snapshot!(serde_json::to_string_pretty(&everything().to_trace()).unwrap());
}

#[test]
fn bars_say_what_is_in_flight_and_never_overlap() {
    let text = everything().to_svg();
    let svg = Document::parse(&text).unwrap();
    let copies: Vec<Node> = with_class(&svg, "flight").into_iter().filter(|f| f.has_attribute("data-copy")).collect();
    assert_eq!(copies.len(), 5);
    assert_eq!(
        title(&copies[0]),
        "copy 1: A → tile\n16 × 8 elements, 512 bytes\nin flight for 10 operations, from 2 to 12\nissued at kernel.py:12:5"
    );
    let mut ends: BTreeMap<usize, f64> = BTreeMap::new();
    for copy in &copies {
        let bar = copy.children().find(|child| child.has_tag_name("rect")).unwrap();
        let share = |name| bar.attribute(name).unwrap().strip_suffix('%').unwrap().parse::<f64>().unwrap();
        let end = ends.entry(copy.parent().unwrap().range().start).or_default();
        assert!(share("x") >= *end - 1e-3, "a bar begins before the one left of it ends");
        *end = share("x") + share("width");
    }
    assert!(ends.values().all(|end| *end < 100.001));
}

#[test]
fn marks_and_troubles_stand_at_their_time() {
    let text = everything().to_svg();
    let svg = Document::parse(&text).unwrap();
    let titled = |class| -> Vec<&str> {
        with_class(&svg, class).iter().filter(|n| n.children().any(|c| c.has_tag_name("title"))).map(title).collect()
    };
    assert_eq!(titled("barrier"), ["barrier, operation 14\nkernel.py:12:5"], "one line for both simdgroups");
    assert_eq!(titled("simd-barrier").len(), 1);
    assert_eq!(titled("wait")[2], "wait for copies 3 and 4, operation 28\nkernel.py:12:5");
    let troubles = titled("trouble");
    assert_eq!(troubles.len(), 3, "two at the same time share a sign");
    assert_eq!(troubles[2].matches("read-before-wait, operation 28").count(), 2);
    let accused: Vec<_> = with_class(&svg, "accused").iter().filter_map(|n| n.attribute("data-copy")).collect();
    assert_eq!(accused, ["5", "2"], "one in each lane");
    assert!(text.contains("3 further events"), "what is left out is said");
}

#[test]
fn a_copy_without_a_wait_is_blamed_only_where_every_wait_is_shown() {
    let mut timeline = everything();
    assert!(timeline.to_svg().contains("wait not shown, in flight from 22 to the end"));
    timeline.omitted = 0;
    let text = timeline.to_svg();
    assert!(text.contains("never waited for, in flight from 22 to the end") && !text.contains("wait not shown"));
}

#[test]
fn a_barrier_that_a_simdgroup_misses_leaves_a_gap() {
    let at_it = Row { marks: vec![mark(MarkKind::Barrier, 5, &[])], ..Row::default() };
    let rows = vec![at_it.clone(), Row::default(), at_it.clone(), at_it];
    let text = Timeline { rows, end: 9, ..Timeline::default() }.to_svg();
    let svg = Document::parse(&text).unwrap();
    let barrier = with_class(&svg, "barrier").into_iter().find(|node| title_of(node).is_some()).unwrap();
    assert_eq!(barrier.children().filter(|child| child.has_tag_name("line")).count(), 2);

    fn title_of<'a>(node: &Node<'a, '_>) -> Option<&'a str> {
        node.children().find(|child| child.has_tag_name("title"))?.text()
    }
}

#[test]
fn the_page_lists_what_went_wrong_and_links_to_it() {
    let html = parsed(&everything().to_html());
    assert_eq!(count(&html, "[data-copy]"), 5);
    assert_eq!(count(&html, ".findings li"), 4);
    for link in html.select(&Selector::parse(".findings a").unwrap()) {
        assert_eq!(count(&html, link.attr("href").unwrap()), 1);
    }
    assert_eq!(count(&html, ".axis.shown"), 1);
    assert_eq!(count(&html, ".omission"), 1);
}

#[test]
fn nothing_from_outside_is_loaded() {
    let page = everything().to_html();
    let html = parsed(&page);
    assert_eq!(count(&html, "link, img, iframe, [src]"), 0);
    assert!(!page.contains("http") && !page.contains("url("));
}

#[test]
fn an_empty_timeline_has_every_form() {
    let empty = Timeline { kernel: "nothing".into(), ..Timeline::default() };
    Document::parse(&empty.to_svg()).unwrap();
    let html = parsed(&empty.to_html());
    assert_eq!(count(&html, "main, script"), 0);
    assert!(html.root_element().text().any(|text| text.contains("Nothing ran")));
    assert_eq!(empty.to_trace()["traceEvents"].as_array().unwrap().len(), 1);
}

#[test]
fn hostile_names_are_text() {
    let hostile = "</style></title></script><script>alert(\"1\")</script>'&amp;\0\u{1b}]]>";
    let mut timeline = everything();
    timeline.kernel = hostile.into();
    for row in &mut timeline.rows {
        row.flights.iter_mut().for_each(|f| (f.src, f.dst, f.place) = (hostile.into(), hostile.into(), hostile.into()));
        row.marks.iter_mut().for_each(|m| m.place = hostile.into());
        row.troubles
            .iter_mut()
            .for_each(|t| (t.rule, t.message, t.place) = (hostile.into(), hostile.into(), hostile.into()));
    }
    let text = timeline.to_svg();
    let svg = Document::parse(&text).unwrap();
    assert!(svg.descendants().all(|node| !node.has_tag_name("script")));
    assert!(title(&with_class(&svg, "barrier")[1]).contains("<script>alert(\"1\")</script>'&amp;\u{fffd}"));
    let html = parsed(&timeline.to_html());
    assert_eq!(count(&html, "script"), 1, "its own");
    assert_eq!(count(&html, "[data-copy]"), 5);
    assert_eq!(timeline.to_trace()["otherData"]["kernel"], hostile);
}

#[test]
fn times_at_the_far_end_of_what_can_be_counted_do_no_harm() {
    let row = Row { flights: vec![flight(1, u64::MAX - 1, None), flight(2, 0, Some(u64::MAX))], ..Row::default() };
    let timeline = Timeline { rows: vec![row], end: u64::MAX, ..Timeline::default() };
    Document::parse(&timeline.to_svg()).unwrap();
    parsed(&timeline.to_html());
}

#[test]
fn ten_thousand_copies_stay_small() {
    let timeline = stream(10_000);
    let text = timeline.to_svg();
    let svg = Document::parse(&text).unwrap();
    let bars = with_class(&svg, "flight").iter().filter(|node| node.has_attribute("data-copy")).count();
    assert_eq!(bars, 10_000);
    assert!(text.len() < 5_000_000, "{} bytes", text.len());
    assert!(timeline.to_html().len() < 5_000_000);
}

#[test]
fn copies_that_pile_up_share_the_last_lane_and_that_is_said() {
    let flights = (0..100).map(|n| flight(n + 1, u64::from(n), None)).collect();
    let timeline = Timeline { rows: vec![Row { flights, ..Row::default() }], end: 100, ..Timeline::default() };
    let text = timeline.to_svg();
    let svg = Document::parse(&text).unwrap();
    assert_eq!(with_class(&svg, "omitted")[0].text().unwrap(), "+ 68 copies");
    assert!(text.contains("68 copies more than there are lanes"));
    let bars = with_class(&svg, "flight").iter().filter(|node| node.has_attribute("data-copy")).count();
    assert_eq!(bars, 100, "all are drawn");
}

/// The rules of the Trace Event Format for the kinds of event that we write.
#[test]
fn every_trace_event_is_as_the_format_asks() {
    let mut crowd = everything();
    crowd.rows.push(stream(500).rows.remove(0));
    crowd.end = 6000;
    let trace = crowd.to_trace();
    let mut spans: BTreeMap<u64, Vec<[u64; 2]>> = BTreeMap::new();
    let mut named = BTreeSet::new();
    for event in trace["traceEvents"].as_array().unwrap() {
        let number = |key: &str| event[key].as_u64().unwrap_or_else(|| panic!("{key} of {event}"));
        assert_eq!(number("pid"), 1);
        assert!(event["name"].is_string() && event["args"].is_object());
        match event["ph"].as_str().unwrap() {
            "M" if event["name"] == "thread_sort_index" => assert_eq!(event["args"]["sort_index"], number("tid")),
            "M" => {
                assert!(event["name"] == "process_name" || named.insert(number("tid")), "two names for one thread");
                assert!(event["args"]["name"].is_string());
            }
            "X" => spans.entry(number("tid")).or_default().push([number("ts"), number("ts") + number("dur")]),
            "i" => {
                assert!(number("ts") <= crowd.end);
                assert!(event["s"] == "t" || event["s"] == "p");
            }
            kind => panic!("an event of kind {kind}"),
        }
        assert!(event["ph"] == "M" || named.contains(&number("tid")), "a thread without a name");
    }
    for spans in spans.values_mut() {
        spans.sort();
        assert!(spans.windows(2).all(|pair| pair[0][1] <= pair[1][0]), "durations of one thread lie across each other");
    }
    let events = |category: &str| -> Vec<&Json> {
        trace["traceEvents"].as_array().unwrap().iter().filter(|event| event["cat"] == category).collect()
    };
    assert_eq!(events("copy").len(), 505);
    assert_eq!(events("finding").len(), 4);
    assert_eq!(events("barrier").len(), 2, "a barrier is one event for all simdgroups");
    assert_eq!(trace["otherData"]["omitted_events"], 3);
}
