//! Sets of elements that an access or a copy touches, as far as they are known when the kernel is traced.

use crate::analysis::evaluate::{Evaluator, Thread};
use crate::analysis::linear::Linear;
use crate::copy::{Copy, CopyShape};
use crate::kernel::{Kernel, MemoryId, Op, ValueId};
use crate::table::Opcode;

/// `rows` rows of `cols` consecutive elements, each `pitch` after the one before it. All are constant;
/// where the set begins may not be.
#[derive(Clone, Debug)]
pub(super) struct Extent {
    pub(super) memory: MemoryId,
    /// Where the set begins for the witness thread, if it can be told. Loop variables go on; this does not.
    witness: Option<i128>,
    /// Where the set begins, as a form that two extents can be compared by.
    pub(super) start: Linear,
    pub(super) shape: Shape,
}

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) struct Shape {
    pub(super) cols: i128,
    pub(super) rows: i128,
    pub(super) pitch: i128,
}

/// Rows that are compared one by one at most; beyond it nothing is said.
const MAX_ROWS: i128 = 1 << 16;

impl Shape {
    pub(super) const ELEMENT: Shape = Shape { cols: 1, rows: 1, pitch: 1 };

    fn line(count: i128) -> Shape {
        Shape { cols: count, rows: 1, pitch: count }
    }

    pub(super) fn is_empty(self) -> bool {
        self.cols <= 0 || self.rows <= 0
    }

    /// How far the set reaches from its first element, exclusive.
    pub(super) fn reach(self) -> i128 {
        if self.is_empty() {
            return 0;
        }
        self.pitch.max(0).saturating_mul(self.rows - 1).saturating_add(self.cols)
    }

    /// How far the set reaches back from its first element: below 0 where rows go backwards.
    pub(super) fn low(self) -> i128 {
        if self.is_empty() {
            return 0;
        }
        self.pitch.min(0).saturating_mul(self.rows - 1)
    }

    /// Whether the set is one interval without gaps.
    fn is_line(self) -> bool {
        self.rows == 1 || self.pitch == self.cols
    }

    /// Whether this set, moved by `shift`, meets `other`. `false` also where it is too large to tell.
    fn meets(self, shift: i128, other: Shape) -> bool {
        if self.is_empty() || other.is_empty() {
            return false;
        }
        if self.rows > other.rows {
            return other.meets(-shift, self);
        }
        if self.rows > MAX_ROWS || self.pitch < 0 || other.pitch < 0 {
            return false;
        }
        (0..self.rows).any(|row| {
            let from = shift + row * self.pitch;
            other.meets_interval(from, from + self.cols)
        })
    }

    /// Whether any row meets `from..to`. Row `r` does if it begins before the interval ends and ends after it begins:
    /// the rows between two bounds.
    fn meets_interval(self, from: i128, to: i128) -> bool {
        if self.pitch == 0 {
            return from < self.cols && to > 0;
        }
        let first = (from - self.cols).div_euclid(self.pitch) + 1;
        let last = (to - 1).div_euclid(self.pitch);
        first.max(0) <= last.min(self.rows - 1)
    }
}

impl Extent {
    fn new(kernel: &Kernel, evaluator: &Evaluator<'_>, memory: MemoryId, offset: ValueId, shape: Shape) -> Extent {
        let start = Linear::of(kernel, evaluator, offset);
        let witness = start.as_constant().or_else(|| evaluator.evaluate(offset, Thread::Lane(0)));
        Extent { memory, witness, start, shape }
    }

    /// What an operation that is no copy certainly touches in its memory, if it is an access: one element, those of a
    /// vector, or the rows of a matrix.
    pub(super) fn of_access(kernel: &Kernel, evaluator: &Evaluator<'_>, op: &Op) -> Option<Extent> {
        let known = |value| evaluator.evaluate(value, Thread::Every);
        let (offset, shape) = match op.code {
            Opcode::Load | Opcode::Store => (op.operands[0], Shape::ELEMENT),
            Opcode::LoadIf if known(op.operands[1])? == 1 => (op.operands[0], Shape::ELEMENT),
            Opcode::StoreIf if known(op.operands[2])? == 1 => (op.operands[0], Shape::ELEMENT),
            Opcode::VecLoad => (op.operands[0], Shape::line(kernel.ty(op.results[0]).width() as i128)),
            Opcode::VecStore => (op.operands[0], Shape::line(kernel.ty(op.operands[1]).width() as i128)),
            code if code.info().signature.atomic => (op.operands[0], Shape::ELEMENT),
            Opcode::SimdgroupMatrixLoad => (op.operands[1], Shape { cols: 8, rows: 8, pitch: known(op.operands[0])? }),
            Opcode::SimdgroupMatrixStore => (op.operands[2], Shape { cols: 8, rows: 8, pitch: known(op.operands[1])? }),
            _ => return None,
        };
        Some(Extent::new(kernel, evaluator, op.memories[0], offset, shape))
    }

    /// What a copy writes, where its extents are constant.
    pub(super) fn of_destination(kernel: &Kernel, evaluator: &Evaluator<'_>, copy: &Copy) -> Option<Extent> {
        let known = |value| evaluator.evaluate(value, Thread::Every);
        let shape = match copy.shape {
            CopyShape::Linear { count } => Shape::line(known(count)?),
            CopyShape::Tile { dst_pitch, cols, rows, fill: Some(_), .. } => tile(known, cols, rows, dst_pitch)?,
            CopyShape::Tile { dst_pitch, cols, rows, valid_cols, valid_rows, .. } => {
                clipped(known, [cols, rows], [valid_cols, valid_rows], dst_pitch)?
            }
        };
        Some(Extent::new(kernel, evaluator, copy.dst, copy.dst_offset, shape))
    }

    /// What a copy reads, where its extents are constant: never beyond the valid part.
    pub(super) fn of_source(kernel: &Kernel, evaluator: &Evaluator<'_>, copy: &Copy) -> Option<Extent> {
        let known = |value| evaluator.evaluate(value, Thread::Every);
        let shape = match copy.shape {
            CopyShape::Linear { count } => Shape::line(known(count)?),
            CopyShape::Tile { src_pitch, cols, rows, valid_cols, valid_rows, .. } => {
                clipped(known, [cols, rows], [valid_cols, valid_rows], src_pitch)?
            }
        };
        Some(Extent::new(kernel, evaluator, copy.src, copy.src_offset, shape))
    }

    /// Whether both are certainly the same set.
    pub(super) fn equals(&self, other: &Extent) -> bool {
        self.memory == other.memory && self.start == other.start && self.shape == other.shape
    }

    /// Whether the set is the whole of its memory.
    pub(super) fn is_whole(&self, kernel: &Kernel) -> bool {
        let length = kernel.memory(self.memory).space.length();
        let whole = self.start.as_constant() == Some(0) && self.shape.is_line();
        whole && length.is_some_and(|n| self.shape.reach() >= i128::from(n))
    }

    /// Whether both sets certainly have an element in common. `witness` says that the witness thread performs both.
    pub(super) fn certainly_meets(&self, other: &Extent, kernel: &Kernel, witness: bool) -> bool {
        if self.memory != other.memory || self.shape.is_empty() || other.shape.is_empty() {
            return false;
        }
        if self.is_whole(kernel) || other.is_whole(kernel) {
            return true;
        }
        let in_witness = || Some(other.witness? - self.witness?).filter(|_| witness);
        let difference = other.start.difference(&self.start).or_else(in_witness);
        difference.is_some_and(|shift| other.shape.meets(shift, self.shape))
    }
}

fn tile(known: impl Fn(ValueId) -> Option<i128>, cols: ValueId, rows: ValueId, pitch: ValueId) -> Option<Shape> {
    let (cols, rows) = (known(cols)?, known(rows)?);
    let pitch = known(pitch).or((rows == 1).then_some(cols))?;
    Some(Shape { cols, rows, pitch })
}

fn clipped(
    known: impl Fn(ValueId) -> Option<i128>,
    [cols, rows]: [ValueId; 2],
    [valid_cols, valid_rows]: [ValueId; 2],
    pitch: ValueId,
) -> Option<Shape> {
    let whole = tile(&known, cols, rows, pitch)?;
    let clip = |extent: i128, valid| Some(known(valid)?.clamp(0, extent.max(0)));
    let cols = clip(whole.cols, valid_cols)?;
    let rows = clip(whole.rows, valid_rows)?;
    // Negative extents stay what they are: an error, not an empty set.
    Some(Shape { cols: cols.min(whole.cols), rows: rows.min(whole.rows), pitch: whole.pitch })
}

#[cfg(test)]
mod tests {
    use super::Shape;
    use std::collections::HashSet;

    fn elements(shape: Shape, shift: i128) -> HashSet<i128> {
        (0..shape.rows).flat_map(|r| (0..shape.cols).map(move |c| shift + r * shape.pitch + c)).collect()
    }

    #[test]
    fn meeting_agrees_with_enumeration() {
        let shapes: Vec<Shape> =
            [(1, 1, 1), (5, 1, 5), (2, 3, 4), (3, 4, 7), (4, 2, 4), (1, 5, 3), (4, 3, 2), (2, 3, 0)]
                .map(|(cols, rows, pitch)| Shape { cols, rows, pitch })
                .to_vec();
        for &a in &shapes {
            for &b in &shapes {
                for shift in -30..30 {
                    let expected = !elements(a, shift).is_disjoint(&elements(b, 0));
                    assert_eq!(a.meets(shift, b), expected, "{a:?} moved by {shift} against {b:?}");
                }
            }
        }
    }
}
