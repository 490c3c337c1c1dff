//! Branches and loops.

use enigma_ir::{Op, ValueId};
use smallvec::SmallVec;

use super::{Components, Lowering};
use crate::llvm::{self, BinaryOp, IntPredicate, Type, Value};

impl<'k> Lowering<'k, '_> {
    pub fn branch(&mut self, op: &'k Op) {
        let condition = self.number(op.operands[0]);
        let [yes, no, join] = ["then", "else", "join"].map(|name| self.out.add_block(name));
        self.out.branch_if(condition, yes, no);
        let [(yes, taken), (no, passed)] = [(yes, op.blocks[0]), (no, op.blocks[1])].map(|(start, block)| {
            self.out.go_to(start);
            self.block(block);
            let end = self.out.block();
            self.out.branch(join);
            (end, self.flattened(&self.kernel.block(block).yields))
        });
        self.out.go_to(join);
        let merged = self.merge(&[(taken, yes), (passed, no)]);
        self.define_all(&op.results, &merged);
    }

    /// What `inside` gives where the condition holds, and elsewhere what stood there before; it is not run there.
    pub fn guarded(
        &mut self,
        condition: Value,
        otherwise: &[Value],
        inside: impl FnOnce(&mut Self) -> Components,
    ) -> Components {
        let before = self.out.block();
        let [yes, join] = ["where", "join"].map(|name| self.out.add_block(name));
        self.out.branch_if(condition, yes, join);
        self.out.go_to(yes);
        let given = inside(self);
        let end = self.out.block();
        self.out.branch(join);
        self.out.go_to(join);
        self.merge(&[(given, end), (Components::from_slice(otherwise), before)])
    }

    /// A value for each that comes from several blocks.
    fn merge(&mut self, ways: &[(Components, llvm::BlockId)]) -> Components {
        (0..ways[0].0.len())
            .map(|n| {
                let incoming: SmallVec<[_; 2]> = ways.iter().map(|(values, block)| (values[n], *block)).collect();
                match incoming.iter().all(|(value, _)| *value == incoming[0].0) {
                    true => incoming[0].0,
                    false => {
                        let ty = self.out.type_of(incoming[0].0);
                        self.out.phi(ty, &incoming)
                    }
                }
            })
            .collect()
    }

    pub fn for_loop(&mut self, op: &'k Op) {
        let body = op.blocks[0];
        let arguments = &self.kernel.block(body).args;
        let [lo, hi, step] = [0, 1, 2].map(|n| self.number(op.operands[n]));
        let signed = self.element_type(arguments[0]).is_signed_integer();
        let down = self.kernel.integer(op.operands[2]).is_some_and(|step| step < 0);
        let within = match (signed, down) {
            (true, false) => IntPredicate::Slt,
            (true, true) => IntPredicate::Sgt,
            (false, false) => IntPredicate::Ult,
            (false, true) => IntPredicate::Ugt,
        };
        let mut initial = Components::from_slice(&[lo]);
        initial.extend(self.flattened(&op.operands[3..]));

        let [head, inside, after] = ["for", "body", "done"].map(|name| self.out.add_block(name));
        let carried = self.enter_loop(head, &initial);
        self.define_all(arguments, &carried);
        let goes_on = self.out.compare(within, carried[0], hi);
        self.out.branch_if(goes_on, inside, after);

        self.out.go_to(inside);
        self.block(body);
        let mut next = Components::from_slice(&[self.out.binary(BinaryOp::Add, carried[0], step)]);
        next.extend(self.flattened(&self.kernel.block(body).yields));
        self.repeat_loop(head, &carried, &next);

        self.out.go_to(after);
        self.define_all(&op.results, &carried[1..]);
    }

    pub fn while_loop(&mut self, op: &'k Op) {
        let [test, body] = [op.blocks[0], op.blocks[1]];
        let initial = self.flattened(&op.operands);
        let [head, inside, after] = ["while", "body", "done"].map(|name| self.out.add_block(name));
        let carried = self.enter_loop(head, &initial);
        self.define_all(&self.kernel.block(test).args, &carried);
        self.block(test);
        let condition = self.number(self.kernel.block(test).yields[0]);
        self.out.branch_if(condition, inside, after);

        self.out.go_to(inside);
        self.define_all(&self.kernel.block(body).args, &carried);
        self.block(body);
        let next = self.flattened(&self.kernel.block(body).yields);
        self.repeat_loop(head, &carried, &next);

        self.out.go_to(after);
        self.define_all(&op.results, &carried);
    }

    /// Runs `body` for each number from 0 up to `count`, which is known.
    pub fn repeat(&mut self, count: u64, body: impl FnOnce(&mut Self, Value)) {
        let [zero, one, count] = [0, 1, count.into()].map(|n| self.out.int(Type::I64, n));
        self.count(zero, count, one, body);
    }

    /// Runs `body` for each `i64` from `lo` on in steps of `step` while it is less than `hi`, signed.
    pub fn count(&mut self, lo: Value, hi: Value, step: Value, body: impl FnOnce(&mut Self, Value)) {
        self.count_with([lo, hi, step], &[], |this, n, _| {
            body(this, n);
            Components::new()
        });
    }

    /// As [`count`](Self::count), with values that `body` gets and gives anew; the result is what it gave last.
    pub fn count_with(
        &mut self,
        [lo, hi, step]: [Value; 3],
        initial: &[Value],
        body: impl FnOnce(&mut Self, Value, &[Value]) -> Components,
    ) -> Components {
        let [head, inside, after] = ["each", "body", "done"].map(|name| self.out.add_block(name));
        let carried = self.enter_loop(head, &[&[lo], initial].concat());
        let goes_on = self.out.compare(IntPredicate::Slt, carried[0], hi);
        self.out.branch_if(goes_on, inside, after);
        self.out.go_to(inside);
        let given = body(self, carried[0], &carried[1..]);
        let mut next = Components::from_slice(&[self.out.binary(BinaryOp::Add, carried[0], step)]);
        next.extend(given);
        self.repeat_loop(head, &carried, &next);
        self.out.go_to(after);
        Components::from_slice(&carried[1..])
    }

    /// Goes on at a loop's head, with a value for each that the loop carries; the other way in is told by
    /// [`repeat_loop`](Self::repeat_loop).
    pub fn enter_loop(&mut self, head: llvm::BlockId, initial: &[Value]) -> Components {
        let before = self.out.block();
        self.out.branch(head);
        self.out.go_to(head);
        initial
            .iter()
            .map(|&value| {
                let ty = self.out.type_of(value);
                self.out.phi(ty, &[(value, before)])
            })
            .collect()
    }

    /// Goes back to a loop's head, with the next value for each that the loop carries.
    pub fn repeat_loop(&mut self, head: llvm::BlockId, carried: &[Value], next: &[Value]) {
        let end = self.out.block();
        self.out.branch(head);
        for (&phi, &value) in carried.iter().zip(next) {
            self.out.add_incoming(phi, value, end);
        }
    }

    /// The components of several values, one after the other.
    fn flattened(&self, values: &[ValueId]) -> Components {
        values.iter().flat_map(|&value| self.components(value).iter().copied()).collect()
    }

    /// Says what several values are, given their components one after the other.
    fn define_all(&mut self, values: &[ValueId], components: &[Value]) {
        let mut rest = components;
        for &value in values {
            let (own, others) = rest.split_at(self.component_count(value));
            self.define(value, Components::from_slice(own));
            rest = others;
        }
    }
}
