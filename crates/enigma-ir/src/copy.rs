//! Asynchronous copies, with their operands by name.

use crate::kernel::{Attr, Fill, Kernel, MemoryId, Op, Space, ValueId};
use crate::table::Opcode;
use crate::types::Literal;

/// The operands of an asynchronous copy, by name.
#[derive(Copy, Clone, Debug)]
pub struct Copy {
    /// Destination memory.
    pub dst: MemoryId,
    /// Source memory.
    pub src: MemoryId,
    /// First destination element.
    pub dst_offset: ValueId,
    /// First source element.
    pub src_offset: ValueId,
    /// The extent.
    pub shape: CopyShape,
    /// Whether anything is copied at all.
    pub predicate: ValueId,
}

/// The extent of a copy, in elements.
#[derive(Copy, Clone, Debug)]
pub enum CopyShape {
    /// Consecutive elements.
    Linear {
        /// How many.
        count: ValueId,
    },
    /// A tile of rows.
    Tile {
        /// Elements from one row of the destination to the next.
        dst_pitch: ValueId,
        /// Elements from one row of the source to the next.
        src_pitch: ValueId,
        /// Columns of the tile.
        cols: ValueId,
        /// Rows of the tile.
        rows: ValueId,
        /// Columns that exist in device memory.
        valid_cols: ValueId,
        /// Rows that exist in device memory.
        valid_rows: ValueId,
        /// What fills the rest, when the tile is the destination.
        fill: Option<Fill>,
    },
}

impl Op {
    /// This operation as a copy, if it is one.
    pub fn as_copy(&self) -> Option<Copy> {
        let o = &self.operands;
        let (shape, predicate) = match self.code {
            Opcode::AsyncCopy1dD2t | Opcode::AsyncCopy1dT2d => (CopyShape::Linear { count: o[2] }, o[3]),
            Opcode::AsyncCopy2dD2t | Opcode::AsyncCopy2dT2d => {
                let fill = match self.attrs.first() {
                    Some(Attr::Fill(fill)) => Some(*fill),
                    _ => None,
                };
                let shape = CopyShape::Tile {
                    dst_pitch: o[1],
                    src_pitch: o[3],
                    cols: o[4],
                    rows: o[5],
                    valid_cols: o[7],
                    valid_rows: o[8],
                    fill,
                };
                (shape, o[6])
            }
            _ => return None,
        };
        let src_offset = match shape {
            CopyShape::Linear { .. } => o[1],
            CopyShape::Tile { .. } => o[2],
        };
        Some(Copy { dst: self.memories[0], src: self.memories[1], dst_offset: o[0], src_offset, shape, predicate })
    }
}

impl Copy {
    /// Whether one side of it is in registers, so that it is each lane's own.
    pub fn is_of_registers(&self, kernel: &Kernel) -> bool {
        [self.dst, self.src].iter().any(|&memory| matches!(kernel.memory(memory).space, Space::Register { .. }))
    }

    /// Whether it is over as soon as it is issued: to or from registers, or never made.
    pub fn is_over(&self, kernel: &Kernel) -> bool {
        self.is_of_registers(kernel) || kernel.literal(self.predicate) == Some(Literal::Bool(false))
    }

    /// Whether an extent is not known to be positive.
    pub fn may_be_empty(&self, kernel: &Kernel) -> bool {
        let positive = |extent: ValueId| kernel.integer(extent).is_some_and(|n| n > 0);
        match self.shape {
            CopyShape::Linear { count } => !positive(count),
            CopyShape::Tile { cols, rows, valid_cols, valid_rows, .. } => {
                ![cols, rows, valid_cols, valid_rows].into_iter().all(positive)
            }
        }
    }

    /// Whether only a part of the tile may exist in device memory.
    pub fn has_edges(&self, kernel: &Kernel) -> bool {
        let same = |a: ValueId, b: ValueId| a == b || kernel.integer(a).is_some_and(|n| kernel.integer(b) == Some(n));
        match self.shape {
            CopyShape::Linear { .. } => false,
            CopyShape::Tile { cols, rows, valid_cols, valid_rows, .. } => {
                !same(cols, valid_cols) || !same(rows, valid_rows)
            }
        }
    }
}
