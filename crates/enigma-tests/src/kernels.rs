//! One kernel for each feature, built by hand: the emitter's snapshots show them, and tests run them.

use enigma_ir::{Arg, DType, MemoryId, Opcode, ValueId};

use crate::make::{Make, float, int, name};

/// Writes a kernel.
pub type Build = fn(&mut Make);

/// Every kernel of this module, by its name.
pub const ALL: [(&str, Build); 19] = [
    ("vector_add", vector_add),
    ("tiled_load", tiled_load),
    ("reverse", reverse),
    ("row_softmax", row_softmax),
    ("async_gemm", async_gemm),
    ("edges", edges),
    ("predicate", predicate),
    ("register_copies", register_copies),
    ("branches", branches),
    ("loops", loops),
    ("numbers", numbers),
    ("histogram", histogram),
    ("last_group", last_group),
    ("bfloat_square", bfloat_square),
    ("unread", unread),
    ("compare_exchange", compare_exchange),
    ("lanes", lanes),
    ("transform", transform),
    ("bits_and_directions", bits_and_directions),
];

/// C = A + B.
pub fn vector_add(k: &mut Make) {
    let [a, b, c] = ["A", "B", "C"].map(|name| k.buffer(name, DType::F32));
    let i = k.named("i", Opcode::ThreadPositionInGrid, &[]);
    let (x, y) = (k.load(a, i), k.load(b, i));
    let sum = k.value(Opcode::Add, &[x.into(), y.into()]);
    k.store(c, i, sum);
}

/// Loads a tile of 64 by an asynchronous copy.
pub fn tiled_load(k: &mut Make) {
    let (input, output) = (k.buffer("input", DType::F32), k.buffer("output", DType::F32));
    let tile = k.tile("tile", DType::F32, 64);
    let ev = k.named("ev", Opcode::AsyncCopy1dD2t, &[tile.into(), int(0), input.into(), int(0), int(64)]);
    k.wait(&[ev]);
    k.barrier();
    let tid = k.named("tid", Opcode::ThreadPositionInGrid, &[]);
    let x = k.load(tile, tid);
    k.store(output, tid, x);
}

/// Turns each group of 256 around, by way of threadgroup memory.
pub fn reverse(k: &mut Make) {
    let data = k.buffer("data", DType::I32);
    let tile = k.tile("tile", DType::I32, 256);
    let i = k.named("i", Opcode::ThreadIndexInThreadgroup, &[]);
    let base = k.value(Opcode::ThreadgroupPositionInGrid, &[]);
    let base = k.named("base", Opcode::Mul, &[base.into(), int(256)]);
    let from = k.value(Opcode::Add, &[base.into(), i.into()]);
    let x = k.load(data, from);
    k.store(tile, i, x);
    k.barrier();
    let mirrored = k.value(Opcode::Sub, &[int(255), i.into()]);
    let y = k.load(tile, mirrored);
    let to = k.value(Opcode::Add, &[base.into(), i.into()]);
    k.store(data, to, y);
}

/// Softmax over each row, a simdgroup a row.
pub fn row_softmax(k: &mut Make) {
    let (x, y) = (k.buffer("x", DType::F32), k.buffer("y", DType::F32));
    let cols = k.scalar("cols", DType::U32);
    let row = k.named("row", Opcode::ThreadgroupPositionInGrid, &[]);
    let lane = k.named("lane", Opcode::ThreadIndexInSimdgroup, &[]);
    let start = k.named("start", Opcode::Mul, &[row.into(), cols.into()]);
    let at = |k: &mut Make, i: ValueId| k.value(Opcode::Add, &[start.into(), i.into()]);

    let (i, best) = k.begin_for([lane.into(), cols.into(), int(32)], &[float(f64::NEG_INFINITY)]);
    k.call_it(best[0], "best");
    let index = at(k, i);
    let value = k.load(x, index);
    let best = k.value(Opcode::Fmax, &[best[0].into(), value.into()]);
    let best = k.end_for(&[best]);
    let best = k.named("row_max", Opcode::SimdMax, &[best[0].into()]);

    let (i, total) = k.begin_for([lane.into(), cols.into(), int(32)], &[float(0.0)]);
    k.call_it(total[0], "total");
    let index = at(k, i);
    let value = k.load(x, index);
    let shifted = k.value(Opcode::Sub, &[value.into(), best.into()]);
    let e = k.named("e", Opcode::Exp, &[shifted.into()]);
    k.store(y, index, e);
    let total = k.value(Opcode::Add, &[total[0].into(), e.into()]);
    let total = k.end_for(&[total]);
    let total = k.named("row_sum", Opcode::SimdSum, &[total[0].into()]);

    let (i, _) = k.begin_for([lane.into(), cols.into(), int(32)], &[]);
    let index = at(k, i);
    let value = k.load(y, index);
    let scaled = k.value(Opcode::Div, &[value.into(), total.into()]);
    k.store(y, index, scaled);
    k.end_for(&[]);
}

/// C = A·B for one 8x8 block of C, K in steps of 8, double-buffered: the copies of step k+1 fly while step k is used.
pub fn async_gemm(k: &mut Make) {
    let [a, b, c] = ["A", "B", "C"].map(|name| k.buffer(name, DType::F32));
    let (n, depth) = (k.scalar("N", DType::U32), k.scalar("K", DType::U32));
    let a_tile = k.tile("a_tile", DType::F32, 128);
    let b_tile = k.tile("b_tile", DType::F32, 128);
    let c_tile = k.tile("c_tile", DType::F32, 64);
    let row = k.named("row", Opcode::ThreadgroupPositionInGrid, &[name("y")]);
    let col = k.named("col", Opcode::ThreadgroupPositionInGrid, &[name("x")]);
    let a_row = k.value(Opcode::Mul, &[row.into(), int(8)]);
    let a_row = k.named("a_row", Opcode::Mul, &[a_row.into(), depth.into()]);
    let b_col = k.named("b_col", Opcode::Mul, &[col.into(), int(8)]);

    let issue = |k: &mut Make, slot: Arg, a_from: Arg, b_from: Arg, more: Arg| {
        [(a_tile, a, a_from, depth), (b_tile, b, b_from, n)].map(|(tile, source, from, pitch)| {
            let near = [tile.into(), slot.clone(), int(8)];
            let far = [source.into(), from, pitch.into()];
            let args = [near.as_slice(), &far, &[int(8), int(8), more.clone()]].concat();
            k.value(Opcode::AsyncCopy2dD2t, &args)
        })
    };

    let steps = k.named("steps", Opcode::Div, &[depth.into(), int(8)]);
    let acc = k.value(Opcode::MakeFilledSimdgroupMatrix, &[float(0.0)]);
    let first = issue(k, int(0), a_row.into(), b_col.into(), Arg::Missing);
    let init = [acc.into(), first[0].into(), first[1].into()];
    let (step, carry) = k.begin_for([int(0), steps.into(), int(1)], &init);
    k.call_it(step, "step");
    for (&value, name) in carry.iter().zip(["acc", "a_ready", "b_ready"]) {
        k.call_it(value, name);
    }
    k.wait(&carry[1..]);
    k.barrier();
    let next = k.named("next", Opcode::Add, &[step.into(), int(1)]);
    let more = k.named("more", Opcode::CmpLt, &[next.into(), steps.into()]);
    let back = k.value(Opcode::And, &[next.into(), int(1)]);
    let back = k.named("back", Opcode::Mul, &[back.into(), int(64)]);
    let at = k.named("at", Opcode::Mul, &[next.into(), int(8)]);
    let a_from = k.value(Opcode::Add, &[a_row.into(), at.into()]);
    let b_from = k.value(Opcode::Mul, &[at.into(), n.into()]);
    let b_from = k.value(Opcode::Add, &[b_from.into(), b_col.into()]);
    let flying = issue(k, back.into(), a_from.into(), b_from.into(), more.into());
    let slot = k.value(Opcode::And, &[step.into(), int(1)]);
    let slot = k.named("front", Opcode::Mul, &[slot.into(), int(64)]);
    let load = |k: &mut Make, name: &str, tile: MemoryId| {
        k.named(name, Opcode::SimdgroupMatrixLoad, &[tile.into(), int(8), Arg::Missing, int(8), int(8), slot.into()])
    };
    let (left, right) = (load(k, "left", a_tile), load(k, "right", b_tile));
    let acc = k.named("acc", Opcode::SimdgroupMultiplyAccumulate, &[left.into(), right.into(), carry[0].into()]);
    k.barrier();
    let result = k.end_for(&[acc, flying[0], flying[1]]);
    k.wait(&result[1..]);

    k.does(Opcode::SimdgroupMatrixStore, &[result[0].into(), c_tile.into(), int(8)]);
    k.does(Opcode::SimdBarrier, &[]);
    let c_row = k.value(Opcode::Mul, &[row.into(), int(8)]);
    let c_row = k.value(Opcode::Mul, &[c_row.into(), n.into()]);
    let c_at = k.value(Opcode::Add, &[c_row.into(), b_col.into()]);
    let out = [c.into(), c_at.into(), n.into(), c_tile.into(), int(0), int(8), int(8), int(8)];
    let done = k.named("done", Opcode::AsyncCopy2dT2d, &out);
    k.wait(&[done]);
}

/// A tile in and out again at the edge of an image.
pub fn edges(k: &mut Make) {
    let (image, output) = (k.buffer("image", DType::F16), k.buffer("output", DType::F16));
    let (width, height) = (k.scalar("width", DType::U32), k.scalar("height", DType::U32));
    let tile = k.tile("tile", DType::F16, 16 * 32);
    let x = k.value(Opcode::ThreadgroupPositionInGrid, &[name("x")]);
    let x = k.named("x", Opcode::Mul, &[x.into(), int(32)]);
    let y = k.value(Opcode::ThreadgroupPositionInGrid, &[name("y")]);
    let y = k.named("y", Opcode::Mul, &[y.into(), int(16)]);
    let start = k.value(Opcode::Mul, &[y.into(), width.into()]);
    let start = k.named("start", Opcode::Add, &[start.into(), x.into()]);
    let cols = k.named("cols", Opcode::Sub, &[width.into(), x.into()]);
    let rows = k.named("rows", Opcode::Sub, &[height.into(), y.into()]);
    let mut args: Vec<Arg> =
        vec![tile.into(), int(0), int(32), image.into(), start.into(), width.into(), int(32), int(16)];
    args.extend([Arg::Missing, cols.into(), rows.into(), name("edge")]);
    let ev = k.named("ev", Opcode::AsyncCopy2dD2t, &args);
    k.wait(&[ev]);
    k.barrier();
    let mut args: Vec<Arg> =
        vec![output.into(), start.into(), width.into(), tile.into(), int(0), int(32), int(32), int(16)];
    args.extend([Arg::Missing, cols.into(), rows.into()]);
    let ev = k.named("ev", Opcode::AsyncCopy2dT2d, &args);
    k.wait(&[ev]);
}

/// A copy that only the first simdgroup issues.
pub fn predicate(k: &mut Make) {
    let (input, output) = (k.buffer("input", DType::F32), k.buffer("output", DType::F32));
    let tile = k.tile("tile", DType::F32, 256);
    let group = k.value(Opcode::SimdgroupIndexInThreadgroup, &[]);
    let first = k.value(Opcode::CmpEq, &[group.into(), int(0)]);
    let args = [tile.into(), int(0), input.into(), int(0), int(256), first.into()];
    let ev = k.named("ev", Opcode::AsyncCopy1dD2t, &args);
    k.wait(&[ev]);
    k.barrier();
    let i = k.named("i", Opcode::ThreadIndexInThreadgroup, &[]);
    let x = k.load(tile, i);
    k.store(output, i, x);
}

/// Copies to and from registers.
pub fn register_copies(k: &mut Make) {
    let (input, output) = (k.buffer("input", DType::F32), k.buffer("output", DType::F32));
    let mine = k.registers("mine", DType::F32, 4, Some(float(0.0)));
    let i = k.value(Opcode::ThreadPositionInGrid, &[]);
    let i = k.named("first", Opcode::Mul, &[i.into(), int(4)]);
    let ev = k.value(Opcode::AsyncCopy1dD2t, &[mine.into(), int(0), input.into(), i.into(), int(4)]);
    k.wait(&[ev]);
    let (n, _) = k.begin_for([int(0), int(4), int(1)], &[]);
    let x = k.load(mine, n);
    let twice = k.value(Opcode::Mul, &[x.into(), float(2.0)]);
    k.store(mine, n, twice);
    k.end_for(&[]);
    let ev = k.value(Opcode::AsyncCopy1dT2d, &[output.into(), i.into(), mine.into(), int(0), int(4)]);
    k.wait(&[ev]);
}

/// Branches with and without results.
pub fn branches(k: &mut Make) {
    let (data, n) = (k.buffer("data", DType::I32), k.scalar("n", DType::U32));
    let i = k.named("i", Opcode::ThreadPositionInGrid, &[]);
    let inside = k.value(Opcode::CmpLt, &[i.into(), n.into()]);
    k.begin_if(inside);
    let x = k.load(data, i);
    k.call_it(x, "x");
    let small = k.value(Opcode::CmpLt, &[x.into(), int(10)]);
    k.begin_if(small);
    k.store(data, i, int(0));
    k.begin_else(&[]);
    let large = k.value(Opcode::CmpGt, &[x.into(), int(100)]);
    k.begin_if(large);
    k.store(data, i, int(100));
    k.begin_else(&[]);
    let negated = k.value(Opcode::Neg, &[x.into()]);
    k.store(data, i, negated);
    k.end_if(&[]);
    k.end_if(&[]);
    let even = k.value(Opcode::Rem, &[x.into(), int(2)]);
    let even = k.value(Opcode::CmpEq, &[even.into(), int(0)]);
    k.begin_if(even);
    let half = k.value(Opcode::Shr, &[x.into(), int(1)]);
    k.store(data, int(1), half);
    k.begin_else(&[half.into()]);
    let more = k.end_if(&[x.into()]);
    k.call_it(more[0], "more");
    let next = k.value(Opcode::Add, &[i.into(), n.into()]);
    k.store(data, next, more[0]);
    k.begin_else(&[]);
    k.end_if(&[]);
}

/// Fibonacci numbers by a swap, Collatz steps by a `while`, a sum that goes down.
pub fn loops(k: &mut Make) {
    let out = k.buffer("out", DType::I32);
    let i = k.named("i", Opcode::ThreadPositionInGrid, &[]);

    let (_, carry) = k.begin_for([int(0), i.into(), int(1)], &[int(0), int(1)]);
    k.call_it(carry[0], "a");
    k.call_it(carry[1], "b");
    let sum = k.value(Opcode::Add, &[carry[0].into(), carry[1].into()]);
    let fibonacci = k.end_for(&[carry[1], sum]);
    k.store(out, i, fibonacci[0]);

    let start = k.value(Opcode::Add, &[i.into(), int(1)]);
    let carry = k.begin_while(&[start.into(), int(0)]);
    k.call_it(carry[0], "n");
    k.call_it(carry[1], "steps");
    let go_on = k.value(Opcode::CmpNe, &[carry[0].into(), int(1)]);
    let carry = k.begin_while_body(go_on);
    let odd = k.value(Opcode::And, &[carry[0].into(), int(1)]);
    let odd = k.value(Opcode::CmpEq, &[odd.into(), int(1)]);
    let thrice = k.value(Opcode::Mul, &[carry[0].into(), int(3)]);
    let up = k.value(Opcode::Add, &[thrice.into(), int(1)]);
    let down = k.value(Opcode::Div, &[carry[0].into(), int(2)]);
    let next = k.value(Opcode::Select, &[down.into(), up.into(), odd.into()]);
    let steps = k.value(Opcode::Add, &[carry[1].into(), int(1)]);
    let result = k.end_while(&[next, steps]);
    let at = k.value(Opcode::Add, &[i.into(), int(64)]);
    k.store(out, at, result[1]);

    let (j, total) = k.begin_for([int(10), int(0), int(-2)], &[int(0)]);
    k.call_it(total[0], "total");
    let total = k.value(Opcode::Add, &[total[0].into(), j.into()]);
    let total = k.end_for(&[total]);
    let at = k.value(Opcode::Add, &[i.into(), int(128)]);
    k.store(out, at, total[0]);
}

/// Types side by side: literals, casts, vectors, `bfloat` by way of `float`, floor division.
pub fn numbers(k: &mut Make) {
    let (h, b) = (k.buffer("h", DType::F16), k.buffer("b", DType::BF16));
    let (n, f) = (k.buffer("n", DType::I32), k.buffer("f", DType::F32));
    let i = k.named("i", Opcode::ThreadPositionInGrid, &[]);
    let x = k.load(h, i);
    let x = k.value(Opcode::Mul, &[x.into(), float(0.5)]);
    let root = k.value(Opcode::Sqrt, &[x.into()]);
    k.store(h, i, root);
    let y = k.load(b, i);
    let y = k.value(Opcode::Add, &[y.into(), float(1.5)]);
    let root = k.value(Opcode::Sqrt, &[y.into()]);
    k.store(b, i, root);
    let z = k.load(n, i);
    let z = k.value(Opcode::FloorDiv, &[z.into(), int(-7)]);
    let z = k.value(Opcode::Shl, &[z.into(), i.into()]);
    k.store(n, i, z);
    let u = k.load(f, i);
    let v = k.named("v", Opcode::MakeVec, &[u.into(), float(1.0), float(2.0)]);
    let w = k.value(Opcode::Fma, &[v.into(), v.into(), float(1.0)]);
    let w = k.value(Opcode::Neg, &[w.into()]);
    let w = k.value(Opcode::VecExtract, &[w.into(), name("z")]);
    k.store(f, i, w);
}

/// Counts values by the bits that two function constants name, in a tile first.
pub fn histogram(k: &mut Make) {
    let (data, counts) = (k.buffer("data", DType::U32), k.buffer("counts", DType::U32));
    let total = k.buffer("total", DType::F32);
    let first_bit = k.named("first_bit", Opcode::FunctionConstant, &[Arg::DType(DType::U32), int(0)]);
    let bins = k.tile("bins", DType::U32, 256);
    let sum = k.tile("sum", DType::F32, 1);
    let (i, own) =
        (k.named("i", Opcode::ThreadPositionInGrid, &[]), k.named("own", Opcode::ThreadIndexInThreadgroup, &[]));
    k.store(bins, own, int(0));
    let is_first = k.named("is_first", Opcode::CmpEq, &[own.into(), int(0)]);
    k.does(Opcode::StoreIf, &[sum.into(), int(0), float(0.0), is_first.into()]);
    k.barrier();
    let value = k.load(data, i);
    let value = k.call_it(value, "value");
    let bin = k.named("bin", Opcode::ExtractBits, &[value.into(), first_bit.into(), int(8)]);
    k.does(Opcode::DebugPrint, &[name("{} is in\nbin {}"), is_first.into(), value.into(), bin.into()]);
    k.does(Opcode::AtomicFetchAdd, &[bins.into(), bin.into(), int(1)]);
    let weight = k.value(Opcode::Cast, &[value.into(), Arg::DType(DType::F32)]);
    k.does(Opcode::AtomicFetchAdd, &[sum.into(), int(0), weight.into()]);
    k.barrier();
    let count = k.load(bins, own);
    k.does(Opcode::AtomicFetchAdd, &[counts.into(), own.into(), count.into()]);
    k.begin_if(is_first);
    let weight = k.load(sum, int(0));
    k.does(Opcode::AtomicFetchAdd, &[total.into(), int(0), weight.into()]);
    k.begin_else(&[]);
    k.end_if(&[]);
}

/// The last threadgroup to finish adds up what all have written.
pub fn last_group(k: &mut Make) {
    let (partial, finished, total) =
        (k.buffer("partial", DType::F32), k.buffer("finished", DType::U32), k.buffer("total", DType::F32));
    let group = k.named("group", Opcode::ThreadgroupPositionInGrid, &[]);
    let groups = k.named("groups", Opcode::ThreadgroupsPerGrid, &[]);
    let lane = k.value(Opcode::ThreadIndexInSimdgroup, &[]);
    let is_first = k.value(Opcode::CmpEq, &[lane.into(), int(0)]);
    k.begin_if(is_first);
    let x = k.load(partial, group);
    let squared = k.value(Opcode::Mul, &[x.into(), x.into()]);
    k.store(partial, group, squared);
    let before = k.named("before", Opcode::AtomicFetchAdd, &[finished.into(), int(0), int(1), name("acq_rel")]);
    let after = k.value(Opcode::Add, &[before.into(), int(1)]);
    let is_last = k.value(Opcode::CmpEq, &[after.into(), groups.into()]);
    k.begin_if(is_last);
    let (i, sum) = k.begin_for([int(0), groups.into(), int(1)], &[float(0.0)]);
    k.call_it(sum[0], "sum");
    let x = k.load(partial, i);
    let sum = k.value(Opcode::Add, &[sum[0].into(), x.into()]);
    let sum = k.end_for(&[sum]);
    k.store(total, int(0), sum[0]);
    k.begin_else(&[]);
    k.end_if(&[]);
    k.begin_else(&[]);
    k.end_if(&[]);
}

/// The square of a matrix of `bfloat`, brought in by a copy, and the roots of what it holds.
pub fn bfloat_square(k: &mut Make) {
    let (a, square, roots) =
        (k.buffer("A", DType::BF16), k.buffer("square", DType::F32), k.buffer("roots", DType::BF16));
    let tile = k.tile("tile", DType::BF16, 64);
    let ev = k.named("ev", Opcode::AsyncCopy1dD2t, &[tile.into(), int(0), a.into(), int(0), int(64)]);
    k.wait(&[ev]);
    k.barrier();
    let left = k.named("left", Opcode::SimdgroupMatrixLoad, &[tile.into(), int(8)]);
    let acc = k.named("acc", Opcode::MakeFilledSimdgroupMatrix, &[float(0.0)]);
    let product = k.value(Opcode::SimdgroupMultiplyAccumulate, &[left.into(), left.into(), acc.into()]);
    k.does(Opcode::SimdgroupMatrixStore, &[product.into(), square.into(), int(8)]);
    let lane = k.named("lane", Opcode::ThreadIndexInSimdgroup, &[]);
    let x = k.load(tile, lane);
    let root = k.value(Opcode::Sqrt, &[x.into()]);
    k.store(roots, lane, root);
}

/// Brings two tiles in and reads but one; a mask decides over the read of the other.
pub fn unread(k: &mut Make) {
    let (a, out) = (k.buffer("A", DType::F32), k.buffer("out", DType::F32));
    let tile = k.tile("tile", DType::F32, 96);
    let copy = |k: &mut Make, name: &str, at: i128| {
        k.named(name, Opcode::AsyncCopy1dD2t, &[tile.into(), int(at), a.into(), int(at), int(32)])
    };
    let (first, second) = (copy(k, "first", 0), copy(k, "second", 64));
    k.wait(&[first, second]);
    let lane = k.named("lane", Opcode::ThreadIndexInSimdgroup, &[]);
    let few = k.named("few", Opcode::CmpLt, &[lane.into(), int(5)]);
    let x = k.named("x", Opcode::LoadIf, &[tile.into(), lane.into(), few.into(), float(-1.0)]);
    k.store(out, lane, x);
}

/// Adds one to an element in a loop that goes on until no other thread came between.
pub fn compare_exchange(k: &mut Make) {
    let total = k.buffer("total", DType::F32);
    let done = k.begin_while(&[Arg::Literal(enigma_ir::Literal::Bool(false))]);
    k.call_it(done[0], "done");
    let again = k.value(Opcode::Not, &[done[0].into()]);
    k.begin_while_body(again);
    let held = k.value(Opcode::AtomicLoad, &[total.into(), int(0)]);
    let next = k.value(Opcode::Add, &[held.into(), float(1.0)]);
    let done = k.value(Opcode::AtomicCompareExchangeWeak, &[total.into(), int(0), held.into(), next.into()]);
    k.end_while(&[done]);
}

/// Sums over a simdgroup by shuffles, of 32 bits and of 64.
pub fn lanes(k: &mut Make) {
    let (x, y) = (k.buffer("x", DType::F32), k.buffer("y", DType::I64));
    let i = k.named("i", Opcode::ThreadPositionInGrid, &[]);
    let sum = k.load(x, i);
    let mut sum = k.call_it(sum, "sum");
    for distance in [16, 8, 4, 2, 1] {
        let other = k.value(Opcode::SimdShuffleDown, &[sum.into(), int(distance)]);
        sum = k.named("sum", Opcode::Add, &[sum.into(), other.into()]);
    }
    let total = k.value(Opcode::SimdBroadcast, &[sum.into(), int(0)]);
    k.store(x, i, total);
    let wide = k.load(y, i);
    let below = k.named("below", Opcode::SimdPrefixExclusiveSum, &[wide.into()]);
    let neighbour = k.named("neighbour", Opcode::QuadShuffleXor, &[below.into(), int(1)]);
    k.store(y, i, neighbour);
}

/// Turns vectors by a matrix, four at a time, as far as the mask allows.
pub fn transform(k: &mut Make) {
    let (points, weights, out) =
        (k.buffer("points", DType::F32), k.buffer("weights", DType::F32), k.buffer("out", DType::F32));
    let n = k.scalar("n", DType::U32);
    let i = k.named("i", Opcode::ThreadPositionInGrid, &[]);
    let inside = k.named("inside", Opcode::CmpLt, &[i.into(), n.into()]);
    let weight = k.named("weight", Opcode::LoadIf, &[weights.into(), i.into(), inside.into(), float(1.0)]);
    let column = |k: &mut Make, components: [f64; 3]| k.value(Opcode::MakeVec, &components.map(float));
    let columns = [[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]].map(|c| Arg::from(column(k, c)));
    let turn = k.named("turn", Opcode::MatMake, &columns);
    let first = k.value(Opcode::Mul, &[i.into(), int(3)]);
    let first = k.call_it(first, "first");
    let point = k.value(Opcode::VecLoad, &[points.into(), first.into(), int(3)]);
    let turned = k.value(Opcode::MatMul, &[turn.into(), point.into()]);
    let scaled = k.value(Opcode::Mul, &[turned.into(), weight.into()]);
    k.does(Opcode::VecStore, &[out.into(), first.into(), scaled.into()]);
}

/// Bits of integers, and geometry of `bfloat`, which has no functions of its own.
pub fn bits_and_directions(k: &mut Make) {
    let (words, v) = (k.buffer("words", DType::U32), k.buffer("v", DType::BF16));
    let i = k.named("i", Opcode::ThreadPositionInGrid, &[]);
    let word = k.load(words, i);
    let word = k.call_it(word, "word");
    let turned = k.value(Opcode::Rotate, &[word.into(), i.into()]);
    let field = k.value(Opcode::ExtractBits, &[word.into(), int(4), i.into()]);
    let mixed = k.value(Opcode::InsertBits, &[turned.into(), field.into(), i.into(), int(3)]);
    let float_bits = k.value(Opcode::AsType, &[mixed.into(), Arg::DType(DType::F32)]);
    let magnitude = k.value(Opcode::Abs, &[float_bits.into()]);
    let back = k.value(Opcode::AsType, &[magnitude.into(), Arg::DType(DType::U32)]);
    let held = k.value(Opcode::Iclamp, &[back.into(), int(1), int(1000)]);
    k.store(words, i, held);
    let at = k.value(Opcode::Mul, &[i.into(), int(2)]);
    let at = k.call_it(at, "at");
    let direction = k.value(Opcode::VecLoad, &[v.into(), at.into(), int(2)]);
    let direction = k.value(Opcode::Normalize, &[direction.into()]);
    k.does(Opcode::VecStore, &[v.into(), at.into(), direction.into()]);
}
