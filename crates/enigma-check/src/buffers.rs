//! The buffers of a check: copies of the caller's, which stay as they are. Arguments that overlap in memory overlap in the
//! copies as well.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::iter::once;
use std::ops::Range;

use enigma_cpu::{Argument, Buffer, lend_parts};
use enigma_ir::{Binding, DType, Diagnostic, Diagnostics, Kernel, Literal, MemoryId, Rule};

/// One argument.
#[derive(Clone, Debug)]
enum Slot<'a> {
    Scalar(Literal),
    /// Memory that no run writes: the caller's own.
    Shared(&'a Buffer<'a>),
    /// Memory without elements.
    Empty(DType),
    /// Elements of a block, from that byte on.
    Part {
        block: usize,
        dtype: DType,
        start: usize,
        len: usize,
    },
}

/// The arguments, with copies of all that a run may write.
#[derive(Clone, Debug)]
pub struct Buffers<'a> {
    /// Copies of memory; none overlaps another.
    blocks: Vec<Vec<u8>>,
    slots: Vec<Slot<'a>>,
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

    /// Whether two memories lie in one region.
    pub fn any_shared(&self) -> bool {
        self.places.iter().flatten().count() > self.lengths.len()
    }

    pub fn lengths(&self) -> impl ExactSizeIterator<Item = usize> + '_ {
        self.lengths.iter().copied()
    }
}

impl<'a> Buffers<'a> {
    /// Copies what the kernel may write, and what overlaps that.
    pub fn copy(kernel: &Kernel, arguments: &'a [Argument<'a>]) -> Buffers<'a> {
        let bounds = written_bounds(kernel, arguments);
        let mut blocks: Vec<Vec<u8>> = bounds.iter().map(|bound| vec![0; bound.len()]).collect();
        let slot = |argument: &'a Argument<'a>| match argument {
            Argument::Scalar(literal) => Slot::Scalar(*literal),
            Argument::Buffer(buffer) if buffer.is_empty() => Slot::Empty(buffer.dtype()),
            Argument::Buffer(buffer) => {
                let span = buffer.addresses();
                match bounds.iter().position(|bound| bound.contains(&span.start)) {
                    Some(block) => {
                        let start = span.start - bounds[block].start;
                        blocks[block][start..start + span.len()].copy_from_slice(&buffer.to_bytes());
                        Slot::Part { block, dtype: buffer.dtype(), start, len: buffer.len() }
                    }
                    None => Slot::Shared(buffer),
                }
            }
        };
        let slots = arguments.iter().map(slot).collect();
        Buffers { blocks, slots }
    }

    /// The arguments of one run.
    pub fn lend(&mut self) -> Vec<Argument<'_>> {
        let mut arguments: Vec<Option<Argument<'_>>> = self
            .slots
            .iter()
            .map(|slot| match slot {
                Slot::Scalar(literal) => Some(Argument::Scalar(*literal)),
                Slot::Shared(buffer) => Some(Argument::Buffer(buffer.share())),
                Slot::Empty(dtype) => lend_parts(&mut [], once((*dtype, 0, 0))).next().map(Argument::Buffer),
                Slot::Part { .. } => None,
            })
            .collect();
        for (number, block) in self.blocks.iter_mut().enumerate() {
            let parts = || {
                self.slots.iter().enumerate().filter_map(move |(n, slot)| match *slot {
                    Slot::Part { block, dtype, start, len } if block == number => Some((n, dtype, start, len)),
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

    /// The bytes of each buffer that was copied, or has none; `None` for what no run writes.
    pub fn into_bytes(mut self) -> Vec<Option<Vec<u8>>> {
        let of_block = |slot: &Slot<'_>| match *slot {
            Slot::Part { block, .. } => Some(block),
            _ => None,
        };
        let mut left: Vec<Option<usize>> = self.slots.iter().map(of_block).collect();
        self.slots
            .iter()
            .enumerate()
            .map(|(n, slot)| match *slot {
                Slot::Part { block, dtype, start, len } => {
                    left[n] = None;
                    let last = !left.contains(&Some(block));
                    let range = start..start + len * dtype.size();
                    let bytes = &mut self.blocks[block];
                    // The last argument of a block that is the whole block takes it, which spares a copy.
                    Some(if last && range.len() == bytes.len() { std::mem::take(bytes) } else { bytes[range].to_vec() })
                }
                Slot::Empty(_) => Some(Vec::new()),
                Slot::Shared(_) | Slot::Scalar(_) => None,
            })
            .collect()
    }

    /// A number that tells what one run left behind from what another did.
    pub fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.blocks.hash(&mut hasher);
        hasher.finish()
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
            let Some(&(first, _, dtype, _)) = parts.first() else { continue };
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
                (Slot::Part { block, dtype, start, .. }, Binding::Buffer(memory)) if *block == number => {
                    Some((n, memory, *dtype, *start))
                }
                _ => None,
            }
        })
    }
}

/// The bounds of memory that the kernel writes, with all that overlaps it, in ascending order.
fn written_bounds(kernel: &Kernel, arguments: &[Argument<'_>]) -> Vec<Range<usize>> {
    let written = |binding| matches!(binding, Binding::Buffer(memory) if kernel.writes(memory));
    let mut spans: Vec<(Range<usize>, bool)> = arguments
        .iter()
        .zip(kernel.params())
        .filter_map(|(argument, param)| Some((addresses(argument)?, written(param.binding))))
        .filter(|(span, _)| !span.is_empty())
        .collect();
    spans.sort_by_key(|(span, _)| span.start);
    let mut bounds: Vec<(Range<usize>, bool)> = Vec::new();
    for (span, written) in spans {
        match bounds.last_mut() {
            Some((last, any)) if span.start < last.end => {
                last.end = last.end.max(span.end);
                *any |= written;
            }
            _ => bounds.push((span, written)),
        }
    }
    bounds.into_iter().filter(|(_, written)| *written).map(|(bound, _)| bound).collect()
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
    use enigma_ir::{Arg, Builder, Opcode, Span};

    use super::*;

    /// A kernel of four parameters that writes the first.
    fn writes_the_first() -> Kernel {
        let span = Span { file: 0, line: 1, column: 1, end_line: 1, end_column: 2 };
        let mut b = Builder::new("kernel", "kernel.py", None, [1, 1, 1, 2]);
        let first = b.buffer_param("first", DType::U32, span);
        b.scalar_param("n", DType::U32, span);
        b.buffer_param("tail", DType::U32, span);
        b.buffer_param("other", DType::U16, span);
        let zero = || Arg::Literal(Literal::Int(0));
        b.call(Opcode::Store, &[first.into(), zero(), zero()], span);
        b.finish()
    }

    #[test]
    fn what_overlaps_overlaps_in_the_copies() {
        let kernel = writes_the_first();
        let (data, other) = ([0u32, 1, 2, 3, 4, 5], [7u16]);
        let arguments = [
            Argument::Buffer(Buffer::read(DType::U32, &data)),
            Argument::Scalar(Literal::Int(3)),
            Argument::Buffer(Buffer::read(DType::U32, &data[4..])),
            Argument::Buffer(Buffer::read(DType::U16, &other)),
        ];
        let mut copy = Buffers::copy(&kernel, &arguments);
        assert_eq!(copy.blocks.len(), 1);
        let lent = copy.lend();
        let spans: Vec<_> = lent.iter().filter_map(addresses).collect();
        assert_eq!(spans[0].start + 16, spans[1].start);
        assert_eq!(spans[1].len(), 8);
        drop(lent);
        let bytes = copy.into_bytes();
        assert_eq!(bytes[2].as_deref(), Some(&[4u8, 0, 0, 0, 5, 0, 0, 0][..]));
        assert_eq!((&bytes[1], &bytes[3]), (&None, &None));
        let regions = Buffers::copy(&kernel, &arguments).regions(&kernel).unwrap();
        let places: Vec<_> = kernel.memories().map(|(memory, _)| regions.place(memory)).collect();
        assert_eq!(places, [Some((0, 0)), Some((0, 4)), None]);
    }
}
