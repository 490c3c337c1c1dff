//! Vectors, element by element.

use enigma_ir::{Arg, MemoryId, Opcode, ValueId};
use enigma_tests::Make;
use enigma_tests::make::int;

/// The vector of `width` elements from `first` on; a scalar where `width` is 1.
pub fn gather(k: &mut Make, memory: MemoryId, first: ValueId, width: usize) -> ValueId {
    let components: Vec<Arg> = (0..width)
        .map(|c| {
            let at = k.value(Opcode::Add, &[first.into(), int(c as i128)]);
            k.load(memory, at).into()
        })
        .collect();
    match &components[..] {
        [Arg::Value(one)] => *one,
        _ => k.value(Opcode::MakeVec, &components),
    }
}

/// Stores the components of a value from `first + base` on.
pub fn scatter(k: &mut Make, memory: MemoryId, first: ValueId, base: usize, value: ValueId, width: usize) {
    for c in 0..width {
        let at = k.value(Opcode::Add, &[first.into(), int((base + c) as i128)]);
        let element = match width {
            1 => value,
            _ => k.value(Opcode::VecExtract, &[value.into(), int(c as i128)]),
        };
        k.store(memory, at, element);
    }
}
