//! Atomic operations, on 32-bit words. The threads of a threadgroup act in the order of their index; those of different threadgroups in
//! any. Floats are added and subtracted as such, and compared bit for bit.

use enigma_ir::table::Access;
use enigma_ir::{DType, Opcode, Space};

use super::memory::Elements;
use super::{Machine, Stop};
use crate::observer::{Observer, Touch};
use crate::plan::AtomicNode;
use crate::slot::{Form, Mask, Slot, cells_mut};

impl Elements<'_, u32> {
    /// Replaces a word by what `change` makes of it, if it makes anything, and returns what was there: all as one.
    fn update(&mut self, at: usize, mut change: impl FnMut(u32) -> Option<u32>) -> u32 {
        match self {
            Elements::Device(device) => device.update(at, change),
            Elements::Tile(tile) => {
                let was = tile[at];
                tile[at] = change(was).unwrap_or(was);
                was
            }
        }
    }
}

/// What an operation leaves of what was there and its operands; nothing where it leaves all as it was.
type Change = fn(u32, [u32; 2]) -> Option<u32>;

fn float(bits: u32) -> f32 {
    f32::from_bits(bits)
}

fn change(code: Opcode, dtype: DType) -> Change {
    match (code, dtype) {
        (Opcode::AtomicLoad, _) => |_, _| None,
        (Opcode::AtomicStore | Opcode::AtomicExchange, _) => |_, [new, _]| Some(new),
        (Opcode::AtomicFetchAdd, DType::F32) => |was, [x, _]| Some((float(was) + float(x)).to_bits()),
        (Opcode::AtomicFetchSub, DType::F32) => |was, [x, _]| Some((float(was) - float(x)).to_bits()),
        (Opcode::AtomicFetchAdd, _) => |was, [x, _]| Some(was.wrapping_add(x)),
        (Opcode::AtomicFetchSub, _) => |was, [x, _]| Some(was.wrapping_sub(x)),
        (Opcode::AtomicFetchMin, DType::I32) => |was, [x, _]| Some((was as i32).min(x as i32) as u32),
        (Opcode::AtomicFetchMax, DType::I32) => |was, [x, _]| Some((was as i32).max(x as i32) as u32),
        (Opcode::AtomicFetchMin, _) => |was, [x, _]| Some(was.min(x)),
        (Opcode::AtomicFetchMax, _) => |was, [x, _]| Some(was.max(x)),
        (Opcode::AtomicFetchAnd, _) => |was, [x, _]| Some(was & x),
        (Opcode::AtomicFetchOr, _) => |was, [x, _]| Some(was | x),
        (Opcode::AtomicFetchXor, _) => |was, [x, _]| Some(was ^ x),
        // The one that is left: it compares, and exchanges where it finds what is expected.
        _ => |was, [expected, desired]| (was == expected).then_some(desired),
    }
}

impl<O: Observer> Machine<'_, O> {
    pub(super) fn atomic(&mut self, node: &AtomicNode) -> Result<(), Box<Stop>> {
        let does = match node.code {
            Opcode::AtomicLoad => "reads",
            Opcode::AtomicStore => "writes",
            _ => "updates",
        };
        self.access(&node.access, does, |machine, access, indices| {
            let compares = node.code == Opcode::AtomicCompareExchangeWeak;
            let deed = match node.code.info().signature.memories().next() {
                Some((deed, _)) if !compares => deed,
                // Whether it writes, too, is not known before.
                _ => Access::Read,
            };
            let touch = Touch { site: access.site, memory: access.memory, mask: &machine.mask, indices };
            machine.observer.atomic(touch, deed);
            machine.land_due();
            let written = machine.act(node, |thread| indices.of(thread) as usize);
            if compares && !written.is_empty() {
                let touch = Touch { site: access.site, memory: access.memory, mask: &written, indices };
                machine.observer.atomic(touch, Access::Write);
                machine.land_due();
            }
        })
    }

    /// Carries it out for one thread after another; returns those that wrote.
    fn act(&mut self, node: &AtomicNode, element: impl Fn(usize) -> usize) -> Mask {
        self.spell_out(&node.operands);
        let memory = node.access.memory;
        let mut tile = std::mem::take(&mut self.tiles[memory.index()]);
        let mut data = std::mem::take(&mut self.slot_mut(node.access.value).data);
        let mut words = self.elements_of::<u32>(memory, &mut tile);
        let [x, y] = node.operands.map(|reg| self.slot(reg));
        let change = change(node.code, node.dtype);
        let mut written = Mask::default();
        let mut changed = false;
        for thread in self.mask.threads() {
            let operands = [x.of(thread), y.of(thread)];
            let mut new = None;
            let was = words.update(element(thread), |was| {
                new = change(was, operands);
                new
            });
            if let Some(new) = new {
                written.add(thread);
                changed |= new != was;
            }
            match node.code {
                Opcode::AtomicCompareExchangeWeak => cells_mut::<u8>(&mut data)[thread] = new.is_some().into(),
                _ => cells_mut::<u32>(&mut data)[thread] = was,
            }
        }
        self.tiles[memory.index()] = tile;
        *self.slot_mut(node.access.value) = Slot { data, form: Form::Varying, stride: 0 };
        self.effects += u64::from(changed);
        // What is there may be different the next time, without anything that this threadgroup does.
        let shared = self.context.kernel.memory(memory).space == Space::Device;
        self.glances += u64::from(shared && self.context.launch.threadgroup_count() > 1);
        written
    }
}
