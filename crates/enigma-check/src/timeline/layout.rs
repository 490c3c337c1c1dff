//! Where things stand: the lane that each copy takes, and how high the rows become.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::ops::RangeInclusive;

use super::{Flight, Row, Timeline};

/// The strip at the head of each row, in pixels, in which work, waits and troubles stand.
pub(super) const STRIP: usize = 26;
/// Lanes that are drawn for one buffer and one simdgroup; copies beyond them are drawn over each other in the last.
const LANES: usize = 32;
const GAP: usize = 6;
/// How wide a bar or a mark should be on average, and how wide the drawing may become for that.
const BAR: usize = 12;
const MARK: usize = 9;
const WIDTHS: RangeInclusive<usize> = 960..=24_000;

/// Everything that can be said about the drawing without drawing it. Lengths are pixels.
pub(super) struct Layout<'a> {
    /// The buffers, in the order in which copies are first issued; the position is the colour.
    pub tiles: Vec<&'a str>,
    pub bands: Vec<Band<'a>>,
    pub height: usize,
    /// The width at which the bars of the fullest lane, and the marks of the fullest row, can be told apart.
    pub roomy: usize,
    /// The width that the drawing has to begin with.
    pub width: usize,
}

/// One simdgroup's part of the drawing.
pub(super) struct Band<'a> {
    pub row: &'a Row,
    pub top: usize,
    pub height: usize,
    pub groups: Vec<Group<'a>>,
}

/// The copies of one simdgroup that concern one buffer.
pub(super) struct Group<'a> {
    pub tile: usize,
    /// Below the top of the band.
    pub top: usize,
    /// From one lane to the next.
    pub pitch: usize,
    pub lanes: Vec<Vec<&'a Flight>>,
    /// How many copies found no lane free and lie over others in the last.
    pub crowded: usize,
}

impl<'a> Layout<'a> {
    pub fn of(timeline: &'a Timeline) -> Self {
        let tiles = tiles(timeline);
        let mut height = 0;
        let bands: Vec<Band> = timeline
            .rows
            .iter()
            .map(|row| {
                let groups = groups(row, &tiles);
                let band = Band { row, top: height, height: groups.last().map_or(STRIP, Group::bottom) + GAP, groups };
                height += band.height;
                band
            })
            .collect();
        let bars = bands.iter().flat_map(|band| &band.groups).flat_map(|group| &group.lanes).map(Vec::len).max();
        let marks = timeline.rows.iter().map(|row| row.marks.len()).max();
        let roomy = (bars.unwrap_or(0) * BAR).max(marks.unwrap_or(0) * MARK).max(*WIDTHS.start());
        Layout { tiles, bands, height, roomy, width: roomy.min(*WIDTHS.end()) }
    }
}

impl Layout<'_> {
    /// Whether there is less room than bars and marks need, so that details had better be left out.
    pub fn is_tight(&self) -> bool {
        self.width < self.roomy
    }
}

impl Group<'_> {
    pub fn height(&self) -> usize {
        self.lanes.len() * self.pitch
    }

    fn bottom(&self) -> usize {
        self.top + self.height()
    }
}

/// The buffers that copies are into or out of, in the order of the first issue.
fn tiles(timeline: &Timeline) -> Vec<&str> {
    let mut flights: Vec<&Flight> = timeline.rows.iter().flat_map(|row| &row.flights).collect();
    flights.sort_by_key(|flight| (flight.issued, flight.number));
    let mut tiles = Vec::new();
    for flight in flights {
        if !tiles.contains(&flight.tile()) {
            tiles.push(flight.tile());
        }
    }
    tiles
}

fn groups<'a>(row: &'a Row, tiles: &[&str]) -> Vec<Group<'a>> {
    let mut top = STRIP;
    let mut groups = Vec::new();
    for (tile, name) in tiles.iter().enumerate() {
        let (lanes, crowded) = lanes(row.flights.iter().filter(|flight| flight.tile() == *name), LANES);
        if lanes.is_empty() {
            continue;
        }
        let group = Group { tile, top, pitch: (96 / lanes.len()).clamp(5, 18), lanes, crowded };
        top = group.bottom() + GAP / 2;
        groups.push(group);
    }
    groups
}

/// Packs copies, which come in the order of their issue, into as few lanes as they need for none to lie over another.
/// When `limit` lanes are taken, the last is shared; the second result says by how many copies.
pub(super) fn lanes<'a>(flights: impl Iterator<Item = &'a Flight>, limit: usize) -> (Vec<Vec<&'a Flight>>, usize) {
    let mut lanes: Vec<Vec<&Flight>> = Vec::new();
    let mut free = BTreeSet::new();
    let mut busy = BinaryHeap::new();
    let mut crowded = 0;
    for flight in flights {
        while let Some(&Reverse((_, lane))) = busy.peek().filter(|Reverse((end, _))| *end <= flight.issued) {
            busy.pop();
            free.insert(lane);
        }
        let lane = match free.pop_first() {
            Some(lane) => lane,
            None if lanes.len() < limit => {
                lanes.push(Vec::new());
                lanes.len() - 1
            }
            None => {
                crowded += 1;
                lanes[limit - 1].push(flight);
                continue;
            }
        };
        lanes[lane].push(flight);
        busy.push(Reverse((flight.waited.unwrap_or(u64::MAX), lane)));
    }
    (lanes, crowded)
}
