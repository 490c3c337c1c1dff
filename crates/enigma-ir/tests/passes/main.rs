//! Each pass alone, on small kernels: the text before and after is the snapshot. The verifier judges what each pass makes.

#[allow(dead_code, reason = "each test file uses a part of the kernels")]
#[path = "../common/mod.rs"]
mod common;

mod fold;
mod hoist;
mod share;
mod specialise;
mod sweep;
mod whole;
mod widen;

use common::Sketch;
use enigma_ir::{DType, Kernel, MemoryId, Opcode, ValueId, Verified, print, verify};

/// The kernel after a pass that changes it, which has nothing to do a second time.
fn after(pass: fn(&mut Kernel) -> bool, kernel: &Verified<Kernel>) -> Verified<Kernel> {
    let mut changed = Kernel::clone(kernel);
    assert!(pass(&mut changed), "nothing is changed:\n{}", print(kernel));
    let changed = verify(changed).unwrap_or_else(|found| panic!("a right kernel stays right:\n{found}"));
    untouched(pass, &changed);
    changed
}

/// Both texts, one under the other.
fn before_and_after(pass: fn(&mut Kernel) -> bool, kernel: &Verified<Kernel>) -> String {
    format!("{}\nbecomes\n\n{}", print(kernel), print(&after(pass, kernel)))
}

/// Holds a pass to leaving a kernel as it is.
fn untouched(pass: fn(&mut Kernel) -> bool, kernel: &Verified<Kernel>) {
    let mut same = Kernel::clone(kernel);
    let changed = pass(&mut same);
    assert_eq!(print(&same), print(kernel));
    assert!(!changed, "nothing was changed, and the pass says that something was");
}

/// How often an operation stands in a kernel.
fn count(kernel: &Kernel, code: Opcode) -> usize {
    kernel.walk().into_iter().filter(|&id| kernel.op(id).code == code).count()
}

/// A kernel that stores what `build` computes from two numbers `x` and `y`, each in an element of its own.
fn numbers(dtype: DType, build: impl FnOnce(&mut Sketch, ValueId, ValueId) -> Vec<ValueId>) -> Verified<Kernel> {
    let mut k = Sketch::new("numbers");
    let (x, y) = (k.scalar("x", dtype), k.scalar("y", dtype));
    let results = build(&mut k, x, y);
    for (n, &result) in results.iter().enumerate() {
        let dtype = k.builder.kernel().ty(result).dtype().expect("a scalar");
        let out = k.buffer(&format!("out{n}"), dtype);
        store(&mut k, out, 0, result);
    }
    k.finish()
}

fn load(k: &mut Sketch, memory: MemoryId, index: ValueId) -> ValueId {
    k.value(Opcode::Load, &[memory.into(), index.into()])
}

fn store(k: &mut Sketch, memory: MemoryId, index: i128, value: ValueId) {
    k.call(Opcode::Store, &[memory.into(), common::int(index), value.into()]);
}
