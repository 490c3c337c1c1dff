//! Printing: a line for each thread, in the order of the threads.

use enigma_ir::DType;
use enigma_ir::format::{Number, Piece};
use half::{bf16, f16};

use super::Machine;
use crate::lane::Lane;
use crate::observer::Observer;
use crate::plan::{PrintNode, Reg};

impl<O: Observer> Machine<'_, O> {
    pub(super) fn print(&mut self, node: &PrintNode) {
        let regs: Vec<Reg> = node.values.iter().flat_map(|(_, regs)| regs.iter().copied()).collect();
        self.spell_out(&regs);
        for thread in self.holds(node.condition).threads() {
            if self.lines.len() < self.context.printout.most() {
                let line = self.line(node, thread);
                self.lines.push(line);
            } else {
                self.unprinted += 1;
            }
        }
    }

    /// Hands over what the threadgroup has printed.
    pub(super) fn hand_over_lines(&mut self, threadgroup: u64) {
        if !self.lines.is_empty() || self.unprinted > 0 {
            let (lines, omitted) = (std::mem::take(&mut self.lines), std::mem::take(&mut self.unprinted));
            self.context.printout.add(threadgroup, lines, omitted);
        }
    }

    fn line(&self, node: &PrintNode, thread: usize) -> String {
        let mut line = String::new();
        let mut values = node.values.iter();
        for piece in &node.pieces {
            let spec = match piece {
                Piece::Text(text) => {
                    line.push_str(text);
                    continue;
                }
                Piece::Value(spec) => spec,
            };
            let Some((dtype, regs)) = values.next() else { continue };
            let is_vector = regs.len() > 1;
            line.push_str(if is_vector { "(" } else { "" });
            for (n, &reg) in regs.iter().enumerate() {
                line.push_str(if n > 0 { ", " } else { "" });
                spec.write(self.number(reg, thread, *dtype), self.dialect(), &mut line);
            }
            line.push_str(if is_vector { ")" } else { "" });
        }
        line
    }

    fn number(&self, reg: Reg, thread: usize, dtype: DType) -> Number {
        let slot = self.slot(reg);
        match dtype {
            DType::F32 => Number::Float(slot.of(thread)),
            DType::F16 => Number::Float(slot.of::<f16>(thread).wide()),
            DType::BF16 => Number::Float(slot.of::<bf16>(thread).wide()),
            DType::Bool => Number::Bool(self.integer(reg, thread, dtype) != 0),
            _ => Number::Int(self.integer(reg, thread, dtype)),
        }
    }
}
