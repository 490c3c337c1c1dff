//! The buffers of a check: copies of the caller's, which stay as they are. Arguments that overlap in memory overlap in the
//! copies as well.

use std::ops::Range;

use enigma_cpu::{Argument, lend_parts};
use enigma_ir::{Binding, DType, Diagnostic, Diagnostics, Kernel, Literal, MemoryId, Rule};

/// One argument.
#[derive(Clone, Debug)]
enum Slot {
    Scalar(Literal),
    Part { block: usize, dtype: DType, start: usize, len: usize },
}

/// Copies of the arguments.
#[derive(Clone, Debug)]
pub struct Buffers {
    /// Memory that no other block overlaps.
    blocks: Vec<Vec<u8>>,
    slots: Vec<Slot>,
}

/// The parts of device memory in which accesses can conflict: what the kernel writes, and what overlaps that.
#[derive(Debug)]
pub struct Regions {
    /// By memory: the region it lies in, and the element of it that it begins at.
    places: Vec<Option<(usize, usize)>>,
    /// Elements of each region.
    lengths: Vec<usize>,
}

impl Regions {
    pub fn place(&self, memory: MemoryId) -> Option<(usize, usize)> {
        self.places[memory.index()]
    }

    pub fn lengths(&self) -> impl ExactSizeIterator<Item = usize> + '_ {
        self.lengths.iter().copied()
    }
}

impl Buffers {
    /// Copies the arguments.
    pub fn copy(arguments: &[Argument<'_>]) -> Buffers {
        let mut spans: Vec<Range<usize>> = arguments.iter().filter_map(addresses).filter(|s| !s.is_empty()).collect();
        spans.sort_by_key(|span| span.start);
        let mut bounds: Vec<Range<usize>> = Vec::new();
        for span in spans {
            match bounds.last_mut() {
                Some(last) if span.start < last.end => last.end = last.end.max(span.end),
                _ => bounds.push(span),
            }
        }
        let mut blocks: Vec<Vec<u8>> = bounds.iter().map(|bound| vec![0; bound.len()]).collect();
        let slots = arguments
            .iter()
            .map(|argument| match argument {
                Argument::Scalar(literal) => Slot::Scalar(*literal),
                Argument::Buffer(buffer) => {
                    let span = buffer.addresses();
                    let block = bounds.iter().position(|bound| bound.contains(&span.start)).unwrap_or(0);
                    let start = bounds.get(block).map_or(0, |bound| span.start.saturating_sub(bound.start));
                    if !span.is_empty() {
                        blocks[block][start..start + span.len()].copy_from_slice(&buffer.to_bytes());
                    }
                    Slot::Part { block, dtype: buffer.dtype(), start, len: buffer.len() }
                }
            })
            .collect();
        Buffers { blocks, slots }
    }

    /// The arguments of one run.
    pub fn lend(&mut self) -> Vec<Argument<'_>> {
        let mut arguments: Vec<Option<Argument<'_>>> = self
            .slots
            .iter()
            .map(|slot| match slot {
                Slot::Scalar(literal) => Some(Argument::Scalar(*literal)),
                Slot::Part { dtype, len: 0, .. } => {
                    lend_parts(&mut [], [(*dtype, 0, 0)].into_iter()).next().map(Argument::Buffer)
                }
                Slot::Part { .. } => None,
            })
            .collect();
        for (number, block) in self.blocks.iter_mut().enumerate() {
            let parts = || {
                self.slots.iter().enumerate().filter_map(move |(n, slot)| match *slot {
                    Slot::Part { block, dtype, start, len } if block == number && len > 0 => {
                        Some((n, dtype, start, len))
                    }
                    _ => None,
                })
            };
            let lent = lend_parts(block, parts().map(|(_, dtype, start, len)| (dtype, start, len)));
            for ((n, ..), buffer) in parts().zip(lent) {
                arguments[n] = Some(Argument::Buffer(buffer));
            }
        }
        arguments.into_iter().flatten().collect()
    }

    /// The bytes of each buffer, `None` for a `Scalar`.
    pub fn into_bytes(self) -> Vec<Option<Vec<u8>>> {
        self.slots
            .iter()
            .map(|slot| match *slot {
                Slot::Part { block, dtype, start, len } if len > 0 => {
                    Some(self.blocks[block][start..start + len * dtype.size()].to_vec())
                }
                Slot::Part { .. } => Some(Vec::new()),
                Slot::Scalar(_) => None,
            })
            .collect()
    }

    /// Whether two runs left the same behind.
    pub fn hold_the_same(&self, other: &Buffers) -> bool {
        self.blocks == other.blocks
    }

    /// The regions in which accesses can conflict.
    ///
    /// # Errors
    ///
    /// `invalid-binding` for arguments that overlap otherwise than element by element, and are written.
    pub fn regions(&self, kernel: &Kernel) -> Result<Regions, Diagnostics> {
        let mut regions = Regions { places: vec![None; kernel.memories().len()], lengths: Vec::new() };
        for number in 0..self.blocks.len() {
            let parts: Vec<(usize, MemoryId, DType, usize)> = self.parts(kernel, number).collect();
            if !parts.iter().any(|(_, memory, ..)| kernel.writes(*memory)) {
                continue;
            }
            let (first, _, dtype, _) = parts[0];
            let size = dtype.size();
            for (param, memory, dtype, start) in parts {
                if dtype.size() != size || start % size != 0 {
                    return Err(misaligned(kernel, first, param));
                }
                regions.places[memory.index()] = Some((regions.lengths.len(), start / size));
            }
            regions.lengths.push(self.blocks[number].len().div_ceil(size));
        }
        Ok(regions)
    }

    /// The parameter, the memory, the element type and the first byte of each buffer in a block.
    fn parts(&self, kernel: &Kernel, number: usize) -> impl Iterator<Item = (usize, MemoryId, DType, usize)> {
        self.slots.iter().zip(kernel.params()).enumerate().filter_map(move |(n, (slot, param))| {
            match (slot, param.binding) {
                (Slot::Part { block, dtype, start, len: 1.. }, Binding::Buffer(memory)) if *block == number => {
                    Some((n, memory, *dtype, *start))
                }
                _ => None,
            }
        })
    }
}

fn addresses(argument: &Argument<'_>) -> Option<Range<usize>> {
    match argument {
        Argument::Buffer(buffer) => Some(buffer.addresses()),
        Argument::Scalar(_) => None,
    }
}

fn misaligned(kernel: &Kernel, first: usize, second: usize) -> Diagnostics {
    let [first, second] = [first, second].map(|n| &kernel.params()[n]);
    let message =
        format!("`{}` and `{}` were given memory that overlaps, and not element by element", first.name, second.name);
    let found = Diagnostic::new(Rule::InvalidBinding, message, second.span, "this argument")
        .with_label(first.span, "and this one")
        .with_help("a check follows elements that two parameters share only where both have the same width: pass arrays that do not overlap");
    Diagnostics::new(vec![found], kernel.files().clone())
}

#[cfg(test)]
mod tests {
    use enigma_cpu::Buffer;

    use super::*;

    #[test]
    fn what_overlaps_overlaps_in_the_copies() {
        let (data, other) = ([0u32, 1, 2, 3, 4, 5], [7u16]);
        let arguments = [
            Argument::Buffer(Buffer::read(DType::U32, &data)),
            Argument::Scalar(Literal::Int(3)),
            Argument::Buffer(Buffer::read(DType::U32, &data[4..])),
            Argument::Buffer(Buffer::read(DType::U16, &other)),
        ];
        let mut copy = Buffers::copy(&arguments);
        assert_eq!(copy.blocks.len(), 2);
        let lent = copy.lend();
        let spans: Vec<_> = lent.iter().filter_map(addresses).collect();
        assert_eq!(spans[0].start + 16, spans[1].start);
        assert_eq!(spans[1].len(), 8);
        drop(lent);
        let bytes = copy.into_bytes();
        assert_eq!(bytes[2].as_deref(), Some(&[4u8, 0, 0, 0, 5, 0, 0, 0][..]));
        assert_eq!((&bytes[1], bytes[3].as_deref()), (&None, Some(&[7u8, 0][..])));
    }
}
