//! Copies through loops.

use super::Walk;
use super::state::{Instance, State, Way};
use crate::analysis::Uniformity;
use crate::analysis::evaluate::Thread;
use crate::kernel::{BlockId, Op, ValueId};

/// How many iterations of a loop with a constant trip count are gone through one by one.
const EXACT: i128 = 3;

impl Walk<'_, '_> {
    pub(super) fn for_loop(&mut self, op: &Op, state: &mut State, witness: bool) {
        let kernel = self.kernel();
        let init = &op.operands[3..];
        let entry_passed = instances(state, init);
        let trips = self.subject.trips(op, Thread::Every);
        if trips == Some(0) {
            name_all(state, &op.results, &entry_passed);
            return;
        }
        let body = op.blocks[0];
        let (variable, carries) = (kernel.block(body).args[0], &kernel.block(body).args[1..]);
        let comes_by =
            witness && (self.uniform(&op.operands[..3]) || self.subject.trips(op, Thread::Lane(0)) > Some(0));
        self.move_in(state, init);
        let entry = Way { state: state.clone(), passed: entry_passed };

        let [lo, step] = [0, 2].map(|n| self.subject.evaluator.evaluate(op.operands[n], Thread::Every));
        let mut numbers = self.known(init);
        let mut passed = entry.passed.clone();
        let exact = trips.unwrap_or(1).min(EXACT);
        for iteration in 0..exact {
            let at = lo.zip(step).map(|(lo, step)| lo + iteration * step).or(lo.filter(|_| iteration == 0));
            self.subject.evaluator.bind(variable, at);
            self.bind_all(carries, &numbers);
            name_all(state, carries, &passed);
            self.block(body, state, comes_by);
            passed = self.leave(body, state);
            numbers = self.known(&kernel.block(body).yields);
            self.blur(state, body);
        }
        self.subject.evaluator.bind(variable, None);
        self.bind_all(carries, &vec![None; carries.len()]);
        if trips == Some(exact) {
            name_all(state, &op.results, &passed);
            return;
        }
        let common = entry.state.len();
        let any = self.any_iteration(state, common, &passed, |walk, any, passed| {
            name_all(any, carries, passed);
            walk.block(body, any, false);
            walk.leave(body, any)
        });
        let mut others = vec![any];
        if trips.is_none() {
            others.push(entry);
        }
        state.join(common, &op.results, &passed, &others);
    }

    pub(super) fn while_loop(&mut self, op: &Op, state: &mut State, witness: bool) {
        let kernel = self.kernel();
        let (head, body) = (op.blocks[0], op.blocks[1]);
        let entry_passed = instances(state, &op.operands);
        self.move_in(state, &op.operands);
        let cond = kernel.block(head).yields[0];
        let (head_args, body_args) = (&kernel.block(head).args, &kernel.block(body).args);

        name_all(state, head_args, &entry_passed);
        self.block(head, state, witness);
        state.forget(|v| kernel.home(v) == head);
        if self.subject.evaluator.evaluate(cond, Thread::Every) == Some(0) {
            name_all(state, &op.results, &entry_passed);
            return;
        }
        let entry = Way { state: state.clone(), passed: entry_passed };
        let comes_by =
            witness && (self.uniform(&[cond]) || self.subject.evaluator.evaluate(cond, Thread::Lane(0)) == Some(1));
        name_all(state, body_args, &entry.passed);
        self.block(body, state, comes_by);
        let passed = self.leave(body, state);
        self.blur(state, body);
        self.blur(state, head);
        let common = entry.state.len();
        let any = self.any_iteration(state, common, &passed, |walk, any, passed| {
            name_all(any, head_args, passed);
            walk.block(head, any, false);
            any.forget(|v| kernel.home(v) == head);
            name_all(any, body_args, passed);
            walk.block(body, any, false);
            walk.leave(body, any)
        });
        state.join(common, head_args, &passed, &[any, entry]);
        // The condition is computed once more before the loop ends.
        self.silently(|walk| walk.block(head, state, false));
        let last = instances(state, head_args);
        state.forget(|v| kernel.home(v) == head);
        name_all(state, &op.results, &last);
    }

    /// Goes once more through a body of which nothing is known but that it comes after others, and reports nothing.
    /// Of a copy that is not one of the `common` ones from before the loop, it takes up only that it is in flight.
    fn any_iteration(
        &mut self,
        state: &State,
        common: usize,
        passed: &[Option<Instance>],
        body: impl FnOnce(&mut Self, &mut State, &[Option<Instance>]) -> Vec<Option<Instance>>,
    ) -> Way {
        let mut any = state.clone();
        let take_up = |&instance: &Option<Instance>| match instance? {
            shared if shared < common => Some(shared),
            own => {
                let blurred = any.flight(own).blurred();
                Some(any.add(blurred))
            }
        };
        let taken_up: Vec<Option<Instance>> = passed.iter().map(take_up).collect();
        let passed = self.silently(|walk| body(walk, &mut any, &taken_up));
        Way { state: any, passed }
    }

    fn silently<T>(&mut self, go: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.silent, true);
        let result = go(self);
        self.silent = before;
        result
    }

    /// An event that is used nowhere but to start a loop's carry is in reach only through the carry.
    fn move_in(&self, state: &mut State, init: &[ValueId]) {
        state.forget(|v| init.contains(&v) && self.uses[v.index()] == 1);
    }

    fn blur(&self, state: &mut State, body: BlockId) {
        let kernel = self.kernel();
        state.blur(|v| kernel.encloses(body, kernel.home(v)));
    }

    fn uniform(&self, values: &[ValueId]) -> bool {
        values.iter().all(|v| self.subject.levels[v.index()] == Uniformity::Grid)
    }

    fn known(&self, values: &[ValueId]) -> Vec<Option<i128>> {
        values.iter().map(|&v| self.subject.evaluator.evaluate(v, Thread::Every)).collect()
    }

    fn bind_all(&mut self, values: &[ValueId], numbers: &[Option<i128>]) {
        for (&value, &number) in values.iter().zip(numbers) {
            self.subject.evaluator.bind(value, number);
        }
    }
}

fn instances(state: &State, events: &[ValueId]) -> Vec<Option<Instance>> {
    events.iter().map(|&event| state.instance(event)).collect()
}

pub(super) fn name_all(state: &mut State, events: &[ValueId], instances: &[Option<Instance>]) {
    for (&event, &instance) in events.iter().zip(instances) {
        state.name(event, instance);
    }
}
