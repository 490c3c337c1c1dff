//! The shape of a launch: how a grid of threads is cut into threadgroups.

use crate::lane::SIMDGROUP;

/// How many threads run a kernel.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Launch {
    /// Threads of the grid, in x, y and z.
    pub grid: [u32; 3],
    /// Threads of a threadgroup; the last one in a dimension is smaller where the grid is no multiple.
    pub threads: [u32; 3],
}

impl Launch {
    /// Threadgroups in each dimension.
    pub fn threadgroups(&self) -> [u32; 3] {
        std::array::from_fn(|d| self.grid[d].div_ceil(self.threads[d].max(1)))
    }

    /// Threadgroups in all.
    pub fn threadgroup_count(&self) -> u64 {
        // Three factors below 2^32 may exceed 64 bits; a launch of so many would not end.
        self.threadgroups().iter().fold(1u64, |count, &n| count.saturating_mul(u64::from(n)))
    }

    /// The place among the threadgroups of the one with that number, x fastest.
    pub fn position(&self, number: u64) -> [u32; 3] {
        let [x, y, _] = self.threadgroups().map(|n| u64::from(n.max(1)));
        [(number % x) as u32, (number / x % y) as u32, (number / x / y) as u32]
    }

    /// The threadgroup of that number, x fastest.
    pub(crate) fn threadgroup(&self, number: u64) -> Threadgroup {
        let position = self.position(number);
        let threads = std::array::from_fn(|d| {
            let start = u64::from(position[d]) * u64::from(self.threads[d]);
            u64::from(self.threads[d]).min(u64::from(self.grid[d]) - start) as u32
        });
        Threadgroup { position, threads }
    }
}

/// One threadgroup of a launch.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Threadgroup {
    /// Its place among the threadgroups.
    pub position: [u32; 3],
    /// Its threads.
    pub threads: [u32; 3],
}

impl Threadgroup {
    /// Threads in all.
    pub fn count(&self) -> usize {
        self.threads.iter().map(|&n| n as usize).product()
    }

    /// Simdgroups that hold them.
    pub fn simdgroups(&self) -> usize {
        self.count().div_ceil(SIMDGROUP)
    }

    /// The place of a thread, by its number.
    pub fn thread(&self, number: usize) -> [u32; 3] {
        let [x, y, _] = self.threads;
        let number = number as u32;
        [number % x, number / x % y, number / x / y]
    }
}
