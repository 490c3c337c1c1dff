//! Lets registers share slots, so that the values of a threadgroup stay in the nearest cache.
//!
//! Lowering gives every value a register of its own. Most are needed for a few operations only: here registers that hold the same
//! kind of value and are never needed at the same time become one. The way through a plan is a line: the blocks of a
//! branch come one after the other, which is how they are carried out where threads go both ways. A register is needed from
//! the first operation that names it to the last, and if a loop names one that is there before it, to the end of
//! that loop, since the next iteration may need it again.
//!
//! Registers that an operation names together are never made one: it may take the result's slot away while it reads.

use std::collections::HashMap;

use smallvec::SmallVec;

use crate::plan::{Block, MapNode, Node, Pass, Plan, Reg, Shape};

/// What is met on the way through a plan.
enum Met<'p> {
    /// An operation, or the end of a block.
    Step,
    /// A register that it names; met once, to be renamed.
    Register(&'p mut Reg),
    /// A register that is needed here without being named.
    Needed(Reg),
    /// What is met until the loop is left may be met again.
    EnterLoop,
    /// The innermost loop is left.
    LeaveLoop,
}

/// Lets the registers of a plan share slots.
pub fn share(plan: &mut Plan) {
    let mut lives = Lives { lives: vec![None; plan.registers.len()], ..Lives::default() };
    walk(&mut plan.body, &mut |met| lives.meet(met));
    let lives = lives.lives;

    let mut slots = Slots { old: std::mem::take(&mut plan.registers), ..Slots::default() };
    slots.new_of = vec![None; slots.old.len()];
    let kept = plan.constants.iter_mut().map(|(reg, _)| reg).chain(plan.scalars.iter_mut().map(|(reg, _)| reg));
    kept.for_each(|reg| *reg = slots.take(*reg));
    let mut now = 0;
    walk(&mut plan.body, &mut |met| match met {
        Met::Step => {
            now += 1;
            slots.free_before(now);
        }
        Met::Register(reg) => *reg = slots.of(*reg, &lives),
        Met::Needed(reg) => drop(slots.of(reg, &lives)),
        Met::EnterLoop | Met::LeaveLoop => {}
    });
    plan.registers = slots.shapes;
}

/// The steps at which a register is first and last needed.
#[derive(Copy, Clone)]
struct Life {
    first: usize,
    last: usize,
}

#[derive(Default)]
struct Lives {
    lives: Vec<Option<Life>>,
    now: usize,
    /// The loops that the way is in: where each begins, and the registers that are needed to its end.
    loops: Vec<(usize, Vec<Reg>)>,
}

impl Lives {
    fn meet(&mut self, met: Met<'_>) {
        match met {
            Met::Step => self.now += 1,
            Met::Register(&mut reg) | Met::Needed(reg) => self.touch(reg),
            Met::EnterLoop => self.loops.push((self.now, Vec::new())),
            Met::LeaveLoop => {
                for reg in self.loops.pop().map(|(_, held)| held).unwrap_or_default() {
                    self.touch(reg);
                }
            }
        }
    }

    fn touch(&mut self, reg: Reg) {
        let now = self.now;
        let life = self.lives[reg as usize].get_or_insert(Life { first: now, last: now });
        life.last = now;
        let first = life.first;
        // The outermost loop that does not begin before the register does.
        if let Some((_, held)) = self.loops.iter_mut().find(|(start, _)| first < *start) {
            held.push(reg);
        }
    }
}

#[derive(Default)]
struct Slots {
    /// What the old registers hold, and what the new ones do.
    old: Vec<Shape>,
    shapes: Vec<Shape>,
    new_of: Vec<Option<Reg>>,
    /// New registers in use, with the step at which they are last needed.
    taken: Vec<(usize, Reg)>,
    /// New registers that are not, by what they hold; the one that was used last is at the end, and is the next.
    free: HashMap<Shape, Vec<Reg>>,
}

impl Slots {
    /// A new register for good.
    fn take(&mut self, old: Reg) -> Reg {
        let shape = self.old[old as usize];
        let new = self.free.get_mut(&shape).and_then(Vec::pop).unwrap_or_else(|| {
            self.shapes.push(shape);
            self.shapes.len() as Reg - 1
        });
        self.new_of[old as usize] = Some(new);
        new
    }

    fn of(&mut self, old: Reg, lives: &[Option<Life>]) -> Reg {
        if let Some(new) = self.new_of[old as usize] {
            return new;
        }
        let new = self.take(old);
        if let Some(life) = lives[old as usize] {
            self.taken.push((life.last, new));
        }
        new
    }

    fn free_before(&mut self, now: usize) {
        let (shapes, free) = (&self.shapes, &mut self.free);
        self.taken.retain(|&(last, reg)| {
            let needed = last >= now;
            if !needed {
                free.entry(shapes[reg as usize]).or_default().push(reg);
            }
            needed
        });
    }
}

fn walk(nodes: &mut [Node], meet: &mut dyn FnMut(Met<'_>)) {
    for node in nodes {
        meet(Met::Step);
        registers(node, meet);
    }
}

fn registers(node: &mut Node, meet: &mut dyn FnMut(Met<'_>)) {
    let mut each = |regs: &mut [&mut Reg]| regs.iter_mut().for_each(|reg| meet(Met::Register(reg)));
    match node {
        Node::Map(node) => map(node, meet),
        Node::Vector(node) => node.operands.iter_mut().chain(&mut node.results).for_each(|reg| each(&mut [reg])),
        Node::Position(_, _, result) => each(&mut [result]),
        Node::RegisterFill { memory: _, value } => value.iter_mut().for_each(|reg| each(&mut [reg])),
        Node::Load(node) | Node::Store(node) => each(&mut [&mut node.index, &mut node.value]),
        Node::Barrier { .. } => {}
        Node::Copy(node) => {
            node.operands.iter_mut().for_each(|operand| each(&mut [&mut operand.reg]));
            each(&mut [&mut node.event]);
        }
        Node::Wait { site: _, events } => events.iter_mut().for_each(|event| each(&mut [event])),
        Node::Reduce(node) => each(&mut [&mut node.operand, &mut node.result]),
        Node::Shuffle(node) => each(&mut [&mut node.value, &mut node.by.reg, &mut node.result]),
        Node::Atomic(node) => {
            let [first, second] = &mut node.operands;
            each(&mut [&mut node.access.index, &mut node.access.value, first, second]);
        }
        Node::Print(node) => {
            each(&mut [&mut node.condition]);
            node.values.iter_mut().flat_map(|(_, regs)| regs).for_each(|reg| each(&mut [reg]));
        }
        Node::MatrixLoad(node) | Node::MatrixStore(node) => {
            each(&mut [&mut node.pitch.reg, &mut node.offset.reg, &mut node.matrix]);
        }
        Node::MatrixMultiply(node) => each(&mut [&mut node.a, &mut node.b, &mut node.c, &mut node.result]),
        Node::MatrixFill { dtype: _, value, result } => each(&mut [value, result]),
        Node::If(node) => {
            each(&mut [&mut node.condition]);
            // What the blocks pass on is needed from beginning to end: one passes it on, and then the other runs.
            let passes = node.blocks.iter().flat_map(|block| &block.passes);
            let results: SmallVec<[Reg; 8]> = passes.map(|pass| pass.to).collect();
            results.iter().for_each(|&reg| meet(Met::Needed(reg)));
            node.blocks.iter_mut().for_each(|inner| block(inner, meet));
            results.iter().for_each(|&reg| meet(Met::Needed(reg)));
        }
        Node::For(node) => {
            each(&mut [&mut node.lo, &mut node.hi, &mut node.step, &mut node.cursor]);
            passes(&mut node.init, meet);
            meet(Met::Step);
            meet(Met::EnterLoop);
            meet(Met::Register(&mut node.induction));
            block(&mut node.body, meet);
            map(&mut node.advance, meet);
            meet(Met::LeaveLoop);
        }
        Node::While(node) => {
            passes(&mut node.init, meet);
            meet(Met::Step);
            meet(Met::EnterLoop);
            walk(&mut node.condition, meet);
            meet(Met::Step);
            meet(Met::Register(&mut node.holds));
            block(&mut node.body, meet);
            meet(Met::LeaveLoop);
        }
    }
}

/// The operations of a block, and then all that it passes on.
fn block(block: &mut Block, meet: &mut dyn FnMut(Met<'_>)) {
    walk(&mut block.nodes, meet);
    meet(Met::Step);
    passes(&mut block.asides, meet);
    passes(&mut block.passes, meet);
}

fn passes(passes: &mut [Pass], meet: &mut dyn FnMut(Met<'_>)) {
    for pass in passes {
        meet(Met::Register(&mut pass.from));
        meet(Met::Register(&mut pass.to));
    }
}

fn map(node: &mut MapNode, meet: &mut dyn FnMut(Met<'_>)) {
    node.operands[..node.arity as usize].iter_mut().for_each(|reg| meet(Met::Register(reg)));
    meet(Met::Register(&mut node.result));
}

#[cfg(test)]
mod tests {
    use enigma_ir::{DType, Opcode};

    use super::*;
    use crate::map;
    use crate::plan::Affine;

    const SHAPE: Shape = Shape::Lanes(DType::U32);

    fn add(a: Reg, b: Reg, result: Reg) -> MapNode {
        let map = map::operation(Opcode::Add, DType::U32).expect("integers can be added");
        MapNode { map, operands: [a, b, 0], arity: 2, result, dtype: DType::U32, affine: Affine::Add }
    }

    /// A plan whose register 0 is a constant.
    fn shared(registers: usize, body: Vec<Node>) -> Plan {
        let mut plan = Plan { registers: vec![SHAPE; registers], constants: vec![(0, 1)], body, ..Plan::default() };
        share(&mut plan);
        plan
    }

    #[test]
    fn a_chain_takes_two_slots() {
        let body = (0..9).map(|n| Node::Map(add(n, 0, n + 1))).collect();
        let plan = shared(10, body);
        assert_eq!(plan.registers.len(), 3);
        for node in &plan.body {
            let Node::Map(map) = node else { unreachable!("there are only maps") };
            assert!(map.result != map.operands[0] && map.result != 0);
        }
    }

    #[test]
    fn what_an_iteration_needs_is_kept_for_the_next() {
        let mut lives = Lives { lives: vec![None; 3], ..Lives::default() };
        // 0 is made before the loop and needed at its beginning only; 1 and 2 are made in it.
        let met =
            [Met::Needed(0), Met::Step, Met::EnterLoop, Met::Needed(0), Met::Needed(1), Met::Step, Met::Needed(2)];
        met.into_iter().for_each(|met| lives.meet(met));
        lives.meet(Met::LeaveLoop);
        let lives: Vec<_> = lives.lives.iter().flatten().map(|life| (life.first, life.last)).collect();
        assert_eq!(lives, [(0, 2), (1, 1), (2, 2)]);
    }
}
