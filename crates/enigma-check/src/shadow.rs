//! Shadow memory: a [`Cell`] for every element that conflicts may be about.

use std::ops::Range;

use enigma_ir::OpId;

use crate::record::{Agent, Cell, MAX_SITES};

/// Elements of a page.
pub const PAGE: usize = 32;

/// How an element of device memory is used.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Class {
    /// By a load.
    Read,
    /// By a store.
    Write,
    /// As the source of a copy.
    CopyRead,
    /// As the destination of a copy.
    CopyWrite,
    /// By an atomic load.
    AtomicRead,
    /// By another atomic operation.
    AtomicWrite,
}

impl Class {
    pub const ALL: [Class; 6] =
        [Class::Read, Class::Write, Class::CopyRead, Class::CopyWrite, Class::AtomicRead, Class::AtomicWrite];
}

/// Who used an element at which operation; 0 is nobody.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Use(u32);

impl Use {
    pub const NONE: Use = Use(0);

    pub fn new(agent: Agent, site: OpId) -> Self {
        Use(1 << 31 | agent.bits() << 20 | site.index() as u32)
    }

    pub fn is_some(self) -> bool {
        self != Use::NONE
    }

    pub fn agent(self) -> Agent {
        Agent::from_bits(self.0 >> 20 & 0x7ff)
    }

    pub fn site(self) -> usize {
        self.0 as usize & (MAX_SITES - 1)
    }

    /// What is added to get from one to the other.
    pub fn step_to(self, next: Use) -> i32 {
        next.0.wrapping_sub(self.0) as i32
    }

    pub fn advanced(self, steps: i32) -> Use {
        Use(self.0.wrapping_add(steps as u32))
    }
}

/// What one threadgroup did to each element of a page, by class.
pub type Uses = [[Use; PAGE]; Class::ALL.len()];

/// The shadow of a memory that threads share.
#[derive(Debug)]
pub enum Shadow {
    /// None: nothing that happens there can conflict.
    None,
    /// Of threadgroup memory.
    Tile(Vec<Cell>),
    /// Of device memory, from that element of the paged region on.
    Device { region: usize, offset: usize },
}

/// The part of a region of device memory that a threadgroup has touched. Pages are given back at its end.
#[derive(Debug, Default)]
pub struct Region {
    /// The page's place among `pages`, plus one, by its number.
    table: Vec<u32>,
    pages: Vec<Page>,
    /// The numbers of the pages in use, in the order of `pages`.
    touched: Vec<u32>,
    /// Whether what happens from here on is not taken down.
    ordered: bool,
}

#[derive(Debug)]
struct Page {
    cells: [Cell; PAGE],
    uses: Uses,
}

const UNUSED: Uses = [[Use::NONE; PAGE]; Class::ALL.len()];

impl Region {
    pub fn new(elements: usize) -> Self {
        Region { table: vec![0; elements.div_ceil(PAGE)], ..Region::default() }
    }

    fn page(&mut self, number: usize) -> &mut Page {
        let place = &mut self.table[number];
        if *place == 0 {
            self.touched.push(number as u32);
            *place = self.touched.len() as u32;
            if self.pages.len() < self.touched.len() {
                self.pages.push(Page { cells: [Cell::default(); PAGE], uses: UNUSED });
            }
        }
        &mut self.pages[*place as usize - 1]
    }

    /// The cell of an element, which is used so.
    #[inline]
    pub fn cell(&mut self, element: usize, class: Class, used: Use) -> &mut Cell {
        let ordered = self.ordered;
        let page = self.page(element / PAGE);
        if !ordered {
            page.uses[class as usize][element % PAGE] = used;
        }
        &mut page.cells[element % PAGE]
    }

    /// Visits the cells of consecutive elements, all used so, or, with [`Use::NONE`], not.
    pub fn visit(&mut self, range: Range<usize>, class: Class, used: Use, mut visit: impl FnMut(usize, &mut Cell)) {
        let counts = used.is_some() && !self.ordered;
        let mut element = range.start;
        while element < range.end {
            let within = element % PAGE..(element % PAGE + range.end - element).min(PAGE);
            let page = self.page(element / PAGE);
            if counts {
                page.uses[class as usize][within.clone()].fill(used);
            }
            for cell in &mut page.cells[within] {
                visit(element, cell);
                element += 1;
            }
        }
    }

    /// What the threadgroup did so far may come before what others do, and is not held against them.
    pub fn release(&mut self) {
        self.pages.iter_mut().for_each(|page| page.uses = UNUSED);
    }

    /// What the threadgroup does from here on may come after what others did, and is not held against them.
    pub fn acquire(&mut self) {
        self.ordered = true;
    }

    /// Hands over what the threadgroup did, page by page, and forgets it. Cells need no clearing: what they hold is older than the
    /// next threadgroup.
    pub fn hand_over(&mut self, mut take: impl FnMut(u32, &Uses)) {
        for (number, page) in self.touched.drain(..).zip(&mut self.pages) {
            self.table[number as usize] = 0;
            take(number, &page.uses);
            page.uses = UNUSED;
        }
        self.ordered = false;
    }

    /// Forgets the cells, when ticks begin anew.
    pub fn forget(&mut self) {
        self.pages.clear();
    }
}
