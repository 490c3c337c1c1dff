//! Which version of the language the text needs, and where.
//!
//! Most of the text is Metal 2.4, and every target has 3.0. A kernel that needs more than its target has is refused at the
//! first place that does: no spelling in an older version means the same.

use enigma_ir::target::{Feature, Version};
use enigma_ir::{DType, Diagnostics, Op, Span};

use crate::body::Emitter;

/// The type, its vectors and its matrices.
const BFLOAT: Feature = Feature { name: "`bfloat`", since: Version { major: 3, minor: 1 } };

impl Emitter<'_> {
    /// Refuses a kernel that needs a newer version of the language than the target's system has.
    pub fn check_language(&self) -> Result<(), Diagnostics> {
        self.options.target.system.provide(self.kernel, self.features())
    }

    /// What the text needs that not every version has, in the order of the kernel.
    fn features(&self) -> impl Iterator<Item = (Feature, Span)> {
        let params = self.kernel.params().iter().filter(|param| param.dtype == DType::BF16);
        let params = params.map(|param| (BFLOAT, param.span));
        let ops = self.live_operations().into_iter().flat_map(|op| {
            let orders = (op.acquires() || op.releases()).then_some(Feature::FENCES);
            let bfloat = self.is_of_bfloat(op).then_some(BFLOAT);
            [orders, bfloat].into_iter().flatten().map(|feature| (feature, op.span))
        });
        params.chain(ops)
    }

    fn is_of_bfloat(&self, op: &Op) -> bool {
        let values = op.operands.iter().chain(&op.results).map(|&value| self.kernel.ty(value).dtype());
        let memories = op.memories.iter().map(|&memory| Some(self.kernel.memory(memory).dtype));
        values.chain(memories).any(|dtype| dtype == Some(DType::BF16))
    }
}
