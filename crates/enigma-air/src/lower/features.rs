//! What a kernel needs that not every system has.

use enigma_ir::target::{Feature, System, Version};
use enigma_ir::{DType, Diagnostics, Kernel, Op, Type};

/// `bfloat` itself is computed in `float`, and needs nothing.
const BFLOAT_MATRICES: Feature =
    Feature { name: "a simdgroup matrix of `bfloat`", since: Version { major: 3, minor: 1 } };

/// Refuses a kernel that needs what a system does not have.
pub(crate) fn check(kernel: &Kernel, system: System) -> Result<(), Diagnostics> {
    let is_bfloat_matrix = |op: &Op| {
        op.operands.iter().chain(&op.results).any(|&value| kernel.ty(value) == Type::SimdgroupMatrix(DType::BF16))
    };
    let ops = kernel.walk().into_iter().map(|id| kernel.op(id));
    let needs = ops.flat_map(|op| {
        let orders = (op.acquires() || op.releases()).then_some(Feature::FENCES);
        let matrix = is_bfloat_matrix(op).then_some(BFLOAT_MATRICES);
        orders.into_iter().chain(matrix).map(|feature| (feature, op.span))
    });
    system.provide(kernel, needs)
}
