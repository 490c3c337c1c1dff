//! The representation's own invariants. The builder cannot break them; a pass that rewrites kernels could.

use crate::diagnostic::{Diagnostic, Rule};
use crate::kernel::{Kernel, Op};
use crate::table::{Kind, Opcode};
use crate::types::Type;

pub(super) fn check(kernel: &Kernel) -> Vec<Diagnostic> {
    let refused_before = !kernel.refused.is_empty();
    kernel.walk().into_iter().filter_map(|id| flaw(kernel, kernel.op(id), refused_before)).collect()
}

fn flaw(kernel: &Kernel, op: &Op, refused_before: bool) -> Option<Diagnostic> {
    let name = op.code.info().name;
    let report = |what: String| Some(Diagnostic::new(Rule::InvalidKernel, what, op.span, "made here"));
    for &operand in &op.operands {
        if !kernel.encloses(kernel.home(operand), op.parent) {
            return report(format!("`{name}` uses {operand} outside the block that it belongs to"));
        }
    }
    let invalid = op.results.iter().any(|&v| kernel.ty(v) == Type::Invalid);
    if invalid && !refused_before {
        return report(format!("`{name}` has a result without a type"));
    }
    let wanted = blocks_of(op.code);
    if op.blocks.len() != wanted {
        return report(format!("`{name}` owns {} blocks instead of {wanted}", op.blocks.len()));
    }
    if wanted > 0 {
        return yields_flaw(kernel, op).and_then(report);
    }
    let params = op.code.info().signature.params;
    let memories = params.iter().filter(|p| matches!(p.kind, Kind::Memory(..))).count();
    if !params.is_empty() && op.memories.len() != memories {
        return report(format!("`{name}` has {} memories instead of {memories}", op.memories.len()));
    }
    None
}

fn blocks_of(code: Opcode) -> usize {
    match code {
        Opcode::If | Opcode::While => 2,
        Opcode::For => 1,
        _ => 0,
    }
}

/// What does not match between the values that blocks take, pass on and result in.
fn yields_flaw(kernel: &Kernel, op: &Op) -> Option<String> {
    let types = |values: &[crate::kernel::ValueId]| -> Vec<Type> { values.iter().map(|&v| kernel.ty(v)).collect() };
    let results = types(&op.results);
    let last = kernel.block(*op.blocks.last()?);
    (types(&last.yields) != results)
        .then(|| format!("`{}` yields other types than its results have", op.code.info().name))
}

#[cfg(test)]
mod tests {
    use crate::builder::{Arg, Builder};
    use crate::kernel::ValueId;
    use crate::span::Span;
    use crate::table::Opcode;
    use crate::types::{DType, Literal};
    use crate::verify;

    #[test]
    fn a_broken_kernel_is_refused() {
        let span = Span { file: 0, line: 1, column: 1, end_line: 1, end_column: 2 };
        let mut b = Builder::new("k", "k.py", None, [1, 1, 1, 2]);
        let int = |v| Arg::Literal(Literal::Int(v));
        let (i, _) = b.begin_for([&int(0), &int(4), &int(1)], DType::U32, &[], span);
        b.end_for(&[], span);
        b.value(Opcode::Neg, &[int(1)], span);
        let mut kernel = b.finish();
        let last = kernel.ops.len() - 1;
        kernel.ops[last].operands[0] = ValueId(i.0);
        let error = verify(kernel).unwrap_err();
        assert_eq!(error.items()[0].message, format!("`neg` uses {i} outside the block that it belongs to"));
    }
}
