//! Asynchronous copies, under three lowerings.
//!
//! The kernel calls a function named as the operation; what that function does is the lowering's business (see
//! `helpers`). Under `asm` it hands the copy to the hardware and returns an event; under `cooperative` the lanes
//! copy, and events vanish from the text. A copy to or from registers is each lane's own under every lowering.

use enigma_ir::analysis::read_back;
use enigma_ir::{Copy, CopyShape, Fill, Literal, MemFlags, Op, Opcode, ValueId};

use crate::AsyncLowering;
use crate::body::{Emitter, mem_flags};
use crate::expression::{Expression, conditional};
use crate::helpers::{CopyHelper, Helper};

/// Text wider than this is broken.
const LINE: usize = 110;

impl Emitter<'_> {
    /// Issues a copy.
    pub fn copy(&mut self, op: &Op) {
        let Some(copy) = op.as_copy() else { return };
        let event = op.results[0];
        let hardware = self.options.async_lowering != AsyncLowering::Cooperative && !copy.is_of_registers(self.kernel);
        let predicate = self.kernel.literal(copy.predicate);
        if predicate == Some(Literal::Bool(false)) {
            return self.complete(event);
        }
        let call = self.copy_call(op.code, &copy);
        if hardware {
            return self.issue(event, &copy, call);
        }
        if predicate.is_some() {
            self.statement_call(&call);
        } else {
            let condition = self.condition(copy.predicate);
            self.out.open(&format!("if ({}) {{", condition.text));
            self.statement_call(&call);
            self.out.close("}");
        }
        self.complete(event);
    }

    /// An event that has nothing to wait for.
    fn complete(&mut self, event: ValueId) {
        match self.variables.variable_of(event).map(str::to_owned) {
            Some(variable) => self.out.line(&format!("{variable} = nullptr;")),
            None => self.variables.bind(event, "nullptr"),
        }
        if self.plan.needs(event) && !self.is_only_waited_for(event) {
            self.helpers.events_may_be_null();
        }
    }

    /// Whether no loop and no branch passes an event on: all who use it are waits.
    fn is_only_waited_for(&self, event: ValueId) -> bool {
        self.plan.uses(event).iter().all(|place| {
            let user = self.kernel.block(place.block).ops.get(place.index);
            user.is_some_and(|&op| self.kernel.op(op).code == Opcode::AsyncCopyWait)
        })
    }

    fn issue(&mut self, event: ValueId, copy: &Copy, call: Expression) {
        let issued = match self.kernel.literal(copy.predicate) {
            Some(_) => call,
            None => {
                self.helpers.events_may_be_null();
                let condition = self.condition(copy.predicate);
                conditional(&condition, &call, &Expression::primary("nullptr"))
            }
        };
        if copy.may_be_empty(self.kernel) {
            self.helpers.events_may_be_null();
        }
        self.define(event, &issued);
    }

    fn statement_call(&mut self, call: &Expression) {
        self.out.line(&format!("{};", call.text));
    }

    /// Whether an event is that of a copy which is over as soon as it is issued.
    fn is_complete(&self, event: ValueId) -> bool {
        let copy = self.kernel.defining_op(event).and_then(Op::as_copy);
        copy.is_some_and(|copy| copy.is_over(self.kernel))
    }

    /// The call of the function that stands for a copy.
    fn copy_call(&mut self, code: Opcode, copy: &Copy) -> Expression {
        let registers = copy.is_of_registers(self.kernel);
        let dst = self.pointer(copy.dst, copy.dst_offset);
        let src = self.pointer(copy.src, copy.src_offset);
        let mut helper = CopyHelper {
            registers,
            tile: matches!(copy.shape, CopyShape::Tile { .. }),
            to_device: matches!(code, Opcode::AsyncCopy1dT2d | Opcode::AsyncCopy2dT2d),
            edges: false,
        };
        let arguments = match copy.shape {
            CopyShape::Linear { count } => vec![dst, src, self.plain(count)],
            CopyShape::Tile { dst_pitch, src_pitch, cols, rows, valid_cols, valid_rows, fill } => {
                let mut list = vec![dst, self.plain(dst_pitch), src, self.plain(src_pitch)];
                list.extend([self.plain(cols), self.plain(rows)]);
                helper.edges = copy.has_edges(self.kernel);
                if helper.edges {
                    list.extend([self.plain(valid_cols), self.plain(valid_rows)]);
                    list.extend(fill.map(|fill| Expression::primary(fill_name(fill))));
                }
                list
            }
        };
        self.helpers.need(Helper::Copy(helper));
        if copy.may_be_empty(self.kernel) {
            self.helpers.may_be_empty(helper);
        }
        let function = helper.name();
        let call = Expression::call(function, &arguments);
        match call.text.len() > LINE - 30 {
            true => {
                let list: Vec<&str> = arguments.iter().map(|a| a.text.as_str()).collect();
                Expression::primary(format!("{function}(\n{}{})", self.out.continuation(), list.join(", ")))
            }
            false => call,
        }
    }

    /// Waits for copies. Those that are known to be complete drop out.
    pub fn wait(&mut self, op: &Op) {
        if op.operands.iter().all(|&event| self.is_complete(event)) {
            return;
        }
        if self.options.async_lowering == AsyncLowering::Cooperative {
            return self.out.line(&format!("simdgroup_barrier({});", mem_flags(MemFlags::DeviceAndThreadgroup)));
        }
        let in_flight: Vec<ValueId> = op.operands.iter().copied().filter(|&v| !self.is_complete(v)).collect();
        let events: Vec<Expression> = in_flight.into_iter().map(|v| self.value(v)).collect();
        self.helpers.need(Helper::Wait);
        let call = Expression::call(Helper::Wait.name(), &events);
        self.out.line(&format!("{};", call.text));
    }

    /// Ends a kernel whose copied tiles may go unread: reads them, and meets at a barrier. See
    /// [`enigma_ir::analysis::read_back()`].
    pub fn read_back(&mut self) {
        let hardware = self.options.async_lowering != AsyncLowering::Cooperative;
        if !hardware || !self.options.target.reads_back() {
            return;
        }
        let left = read_back(self.kernel);
        let barrier = format!("threadgroup_barrier({});", mem_flags(MemFlags::Threadgroup));
        if left.barrier {
            self.out.line("");
            self.out.line(READ_BACK);
            self.out.line(&barrier);
        }
        for &(tile, element) in &left.elements {
            let tile = self.memory_name(tile);
            let place = if element == 0 { tile.to_owned() } else { format!("({tile} + {element})") };
            self.out.line(&format!("(void)*(const volatile threadgroup uchar*){place};"));
        }
        if !left.elements.is_empty() {
            self.out.line(&barrier);
        }
    }
}

const READ_BACK: &str =
    "// An M1 is reported to hang where nothing reads a tile that was copied in, or no barrier follows the wait.";

fn fill_name(fill: Fill) -> &'static str {
    match fill {
        Fill::Zero => "fill_zero",
        Fill::Edge => "fill_edge",
    }
}
