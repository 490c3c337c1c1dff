//! Which stretches of memory the buffers of a launch lie in.
//!
//! Two buffers may overlap. A GPU that works on copies of them must then have one copy of both, else what is written through one
//! could not be read through the other, and one would overwrite the other's results in the end.

use std::ops::Range;

use enigma_cpu::Argument;
use enigma_ir::{Diagnostic, Diagnostics, Kernel, Rule};

/// A stretch of memory that buffers lie in, one or several that overlap.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Region {
    /// Its addresses.
    pub addresses: Range<usize>,
    /// Whether one of them may be written.
    pub writable: bool,
}

/// Where the buffer of a parameter lies.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// The number of its region.
    pub region: usize,
    /// Bytes from the region's start.
    pub offset: usize,
}

/// The memory of a launch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Regions {
    /// The stretches, which do not overlap.
    pub regions: Vec<Region>,
    /// Where each parameter's buffer lies; `None` for a number.
    pub places: Vec<Option<Place>>,
}

impl Regions {
    /// Of the arguments of a launch.
    ///
    /// # Errors
    ///
    /// `invalid-binding` for buffers that overlap by a part of an element, which no copy could align for both.
    pub fn of(kernel: &Kernel, arguments: &[Argument<'_>]) -> Result<Regions, Diagnostics> {
        let mut buffers: Vec<_> =
            arguments.iter().enumerate().filter_map(|(n, argument)| buffer(n, argument)).collect();
        // Empty ones overlap nothing, and stand between none.
        buffers.sort_by_key(|(_, Region { addresses, .. })| (addresses.is_empty(), addresses.start, addresses.end));
        let mut made = Regions { regions: Vec::new(), places: vec![None; arguments.len()] };
        for (number, buffer) in buffers {
            let start = buffer.addresses.start;
            match made.regions.last_mut().filter(|last| start < last.addresses.end && !buffer.addresses.is_empty()) {
                Some(last) => {
                    last.addresses.end = last.addresses.end.max(buffer.addresses.end);
                    last.writable |= buffer.writable;
                }
                None => made.regions.push(buffer),
            }
            let region = made.regions.len() - 1;
            let offset = start - made.regions[region].addresses.start;
            made.places[number] = Some(Place { region, offset });
        }
        made.aligned(kernel)?;
        Ok(made)
    }

    /// Refuses a buffer that begins inside an element of the one that it overlaps.
    fn aligned(&self, kernel: &Kernel) -> Result<(), Diagnostics> {
        for (param, place) in kernel.params().iter().zip(&self.places) {
            let Some(place) = place.filter(|place| !place.offset.is_multiple_of(param.dtype.size())) else { continue };
            let others = kernel.params().iter().zip(&self.places);
            let mut first = others.filter(|(_, other)| **other == Some(Place { offset: 0, ..place }));
            let other = first.next().map_or("another buffer", |(other, _)| other.name.as_str());
            let message = format!(
                "`{}` overlaps `{other}` and begins {} bytes after it, which is no multiple of the {} bytes of its elements",
                param.name,
                place.offset,
                param.dtype.size()
            );
            let found = Diagnostic::new(Rule::InvalidBinding, message, param.span, "bound to memory of another's")
                .with_help("pass a copy of one of the two arrays");
            return Err(Diagnostics::new(vec![found], kernel.files().clone()));
        }
        Ok(())
    }
}

fn buffer(number: usize, argument: &Argument<'_>) -> Option<(usize, Region)> {
    match argument {
        Argument::Buffer(buffer) => {
            Some((number, Region { addresses: buffer.addresses(), writable: buffer.writable() }))
        }
        Argument::Scalar(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use enigma_cpu::lend_parts;
    use enigma_ir::{Builder, DType, Literal, Span};
    use proptest::prelude::*;

    /// A kernel of so many buffers of 4-byte elements, and a number at the end.
    fn kernel(buffers: usize) -> Kernel {
        let span = Span { file: 0, line: 1, column: 1, end_line: 1, end_column: 2 };
        let mut b = Builder::new("k", "k.py", Some("k".into()), [1, 1, 1, 2]);
        for n in 0..buffers {
            b.buffer_param(&format!("b{n}"), DType::F32, span);
        }
        b.scalar_param("n", DType::U32, span);
        b.finish()
    }

    /// The regions of buffers that begin at those bytes of one array and have so many elements.
    fn regions(parts: &[(usize, usize)]) -> Result<(usize, Regions), Diagnostics> {
        let mut memory = vec![0u8; 1024];
        let base = memory.as_ptr() as usize;
        let lent = lend_parts(&mut memory, parts.iter().map(|&(start, len)| (DType::F32, start, len)));
        let mut arguments: Vec<Argument<'_>> = lent.map(Argument::Buffer).collect();
        arguments.push(Argument::Scalar(Literal::Int(1)));
        Regions::of(&kernel(parts.len()), &arguments).map(|regions| (base, regions))
    }

    #[test]
    fn buffers_that_do_not_overlap_lie_alone() {
        let (base, made) = regions(&[(400, 10), (0, 100)]).unwrap();
        let alone = |start: usize, len| Region { addresses: base + start..base + start + len, writable: true };
        assert_eq!(made.regions, [alone(0, 400), alone(400, 40)]);
        let place = |region| Some(Place { region, offset: 0 });
        assert_eq!(made.places, [place(1), place(0), None]);
    }

    #[test]
    fn buffers_that_overlap_share() {
        let (base, made) = regions(&[(80, 10), (0, 30), (100, 10), (500, 1), (80, 10)]).unwrap();
        assert_eq!(made.regions.len(), 2);
        assert_eq!(made.regions[0].addresses, base..base + 140);
        let offsets: Vec<_> = made.places.iter().flatten().map(|place| (place.region, place.offset)).collect();
        assert_eq!(offsets, [(0, 80), (0, 0), (0, 100), (1, 0), (0, 80)]);
    }

    #[test]
    fn an_overlap_within_an_element_is_refused() {
        let refused = regions(&[(0, 30), (42, 10)]).unwrap_err().to_string();
        assert!(refused.contains("`b1` overlaps `b0` and begins 42 bytes after it"), "{refused}");
        assert!(refused.contains("pass a copy"), "{refused}");
    }

    #[test]
    fn empty_buffers_lie_alone() {
        let (_, made) = regions(&[(0, 30), (40, 0), (40, 0)]).unwrap();
        assert_eq!(made.regions.len(), 3);
        assert!(made.places.iter().flatten().all(|place| place.offset == 0));
    }

    proptest! {
        #[test]
        fn every_buffer_is_where_it_was(parts in prop::collection::vec((0usize..64, 0usize..32), 0..8)) {
            let parts: Vec<_> = parts.into_iter().map(|(start, len)| (start * 4, len)).collect();
            let (base, made) = regions(&parts).unwrap();
            for (&(start, len), place) in parts.iter().zip(&made.places) {
                let Place { region, offset } = place.unwrap();
                let region = &made.regions[region].addresses;
                prop_assert_eq!(region.start + offset, base + start);
                prop_assert!(region.end >= base + start + len * 4);
            }
            for pair in made.regions.windows(2) {
                let (a, b) = (&pair[0].addresses, &pair[1].addresses);
                prop_assert!(a.is_empty() || b.is_empty() || a.end <= b.start);
            }
        }
    }
}
