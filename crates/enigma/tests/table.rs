//! Every row of the operation table can be reached from Rust.

use std::collections::BTreeSet;

use enigma::prelude::*;
use enigma_ir::Opcode;
use enigma_ir::table::TABLE;

type Float1 = fn(Val<f32>) -> Val<f32>;
type Float2 = fn(Val<f32>, Val<f32>) -> Val<f32>;
type Float3 = fn(Val<f32>, Val<f32>, Val<f32>) -> Val<f32>;
type FloatTest = fn(Val<f32>) -> Val<bool>;
type Integer1 = fn(Val<u32>) -> Val<u32>;
type Integer2 = fn(Val<u32>, Val<u32>) -> Val<u32>;
type Integer3 = fn(Val<u32>, Val<u32>, Val<u32>) -> Val<u32>;

const FLOAT1: [Float1; 38] = [
    sqrt,
    rsqrt,
    abs,
    ceil,
    floor,
    round,
    trunc,
    sign,
    saturate,
    fract,
    exp,
    exp2,
    log,
    log2,
    log10,
    sin,
    cos,
    tan,
    asin,
    acos,
    atan,
    sinh,
    cosh,
    tanh,
    simd_sum,
    simd_product,
    simd_min,
    simd_max,
    simd_prefix_exclusive_sum,
    simd_prefix_inclusive_sum,
    simd_prefix_exclusive_product,
    simd_prefix_inclusive_product,
    quad_sum,
    quad_product,
    quad_min,
    quad_max,
    quad_prefix_exclusive_sum,
    quad_prefix_inclusive_sum,
];
const FLOAT2: [Float2; 7] = [fmin, fmax, pow, fmod, atan2, copysign, step];
const FLOAT3: [Float3; 4] = [clamp, fma, mix, smoothstep];
const FLOAT_TESTS: [FloatTest; 5] = [isnan, isinf, isfinite, signbit, isnormal];
const INTEGER1: [Integer1; 10] =
    [simd_and, simd_or, simd_xor, quad_and, quad_or, quad_xor, popcount, clz, ctz, reverse_bits];
const INTEGER2: [Integer2; 17] = [
    imin,
    imax,
    abs_diff,
    add_sat,
    sub_sat,
    mul_hi,
    rotate,
    simd_shuffle,
    simd_shuffle_up,
    simd_shuffle_down,
    simd_shuffle_xor,
    simd_broadcast,
    quad_shuffle,
    quad_shuffle_up,
    quad_shuffle_down,
    quad_shuffle_xor,
    quad_broadcast,
];
const INTEGER3: [Integer3; 3] = [iclamp, mad_sat, extract_bits];

#[enigma::kernel]
fn positions(out: Buffer<u32>) {
    let places = [
        thread_position_in_grid,
        thread_position_in_threadgroup,
        threadgroup_position_in_grid,
        threads_per_threadgroup,
        threads_per_grid,
        threadgroups_per_grid,
        thread_index_in_threadgroup,
        thread_index_in_simdgroup,
        simdgroup_index_in_threadgroup,
        threads_per_simdgroup,
        simdgroups_per_threadgroup,
    ];
    for (i, place) in places.into_iter().enumerate() {
        out.store(i, place());
    }
}

#[enigma::kernel]
fn values(x: Val<f32>, i: Val<u32>, out: Buffer<f32>) {
    let results = [x + 1.0, x - 1.0, x * 2.0, x / 2.0, x.floordiv(2.0), x % 2.0, -x];
    let bits = [i << 1, i >> 1, i & 1, i | 1, i ^ 1, !i];
    let tests = [x.eq(1.0), x.ne(1.0), x.lt(1.0), x.le(1.0), x.gt(1.0), x.ge(1.0)];
    let unsigned = [i.unsigned_lt(1), i.unsigned_le(1), i.unsigned_gt(1), i.unsigned_ge(1)];
    let functions = FLOAT1.map(|f| f(x)).into_iter();
    let functions = functions.chain(FLOAT2.map(|f| f(x, x))).chain(FLOAT3.map(|f| f(x, x, x)));
    let tests = tests.into_iter().chain(unsigned).chain(FLOAT_TESTS.map(|f| f(x)));
    let integers = bits.into_iter().chain(INTEGER1.map(|f| f(i)));
    let integers = integers.chain(INTEGER2.map(|f| f(i, i))).chain(INTEGER3.map(|f| f(i, i, i)));
    let integers = integers.chain([x.as_type::<u32>(), i.insert_bits(i, 3, 4)]);

    let sum = results.into_iter().chain(functions).fold(x, |sum, y| sum + y);
    let sum = tests.fold(sum, |sum, test| select(test, sum, 0.0));
    let sum = integers.fold(sum, |sum, y| sum + y.cast::<f32>());
    out.store(0, make_vec([sum, x]).x());
}

#[enigma::kernel]
fn vectors(x: Val<f32>, out: Buffer<f32>) {
    let v = make_vec([x, x, x]);
    let w = v.cross(v).normalize() + v.reflect(v) + v.refract(v, 1.5) + v.faceforward(v, v);
    out.store(0, v.dot(w) + w.length() + v.distance(w));
    let m = mat_make([v, w, v]);
    out.store(1, m.transpose().determinant() + (m * v).x() + (v * m).y() + (m * m).column(2).z());
}

#[enigma::kernel]
fn packing(v: Val<f32>, out: Buffer<f32>) {
    let v = make_vec([v, v]);
    let v = v.pack_float_to_snorm2x16().unpack_snorm2x16_to_float();
    let v = v.pack_float_to_unorm2x16().unpack_unorm2x16_to_float();
    let v = make_vec([v.x(), v.y(), v.x(), v.y()]);
    let v = v.pack_float_to_snorm4x8().unpack_snorm4x8_to_float();
    let v = v.pack_float_to_unorm4x8().unpack_unorm4x8_to_float();
    let v = v.pack_float_to_srgb_unorm4x8().unpack_srgb_unorm4x8_to_float();
    let v = v.pack_float_to_unorm10a2().unpack_unorm10a2_to_float();
    out.store(0, v.w());
}

#[enigma::kernel]
fn accesses(a: Buffer<u32>, out: Buffer<u32>) {
    let i = thread_position_in_grid();
    let inside = i.lt(function_constant::<u32>(0));
    out.store_if(i, a.load_if(i, inside, 0), inside);
    out.vec_store(0, a.vec_load::<4>(0));
    debug_print!("{}", i);
}

#[enigma::kernel]
fn atomics(i: Val<u32>, out: Buffer<u32>) {
    let held = [
        out.atomic_load(0),
        out.atomic_exchange(0, i),
        out.atomic_fetch_add(0, i),
        out.atomic_fetch_sub(0, i),
        out.atomic_fetch_min(0, i),
        out.atomic_fetch_max(0, i),
        out.atomic_fetch_and(0, i),
        out.atomic_fetch_or(0, i),
        out.atomic_fetch_xor(0, i),
    ];
    let sum = held.into_iter().fold(i, |sum, held| sum + held);
    let exchanged = out.atomic_compare_exchange_weak(0, i, sum);
    out.atomic_store(0, select(exchanged, sum, i));
}

#[enigma::kernel]
fn structure(n: Val<u32>, out: Buffer<u32>) {
    let sums = registers::<u32>(1, 0);
    for_range(..n, |i| sums.store(0, sums.load(0) + i));
    while_(|| sums.load(0).gt(10), || sums.store(0, sums.load(0) / 2));
    if_(n.gt(1), || out.store(0, sums.load(0)));
}

#[enigma::kernel]
fn copies(a: Buffer<f32>, out: Buffer<f32>) {
    let tile = threadgroup::<f32>(64);
    let tile = tile.copy(Copy1d::from(a, 64)).wait();
    let rows = || At { offset: 0, pitch: 8 };
    let tile = tile.copy(Copy2d::from(a, rows(), Size { cols: 8, rows: 8 })).wait();
    barrier();
    let product = Matrix::filled(0.0).multiply_accumulate(Matrix::load(&tile, 0, 8), Matrix::load(&tile, 0, 8));
    simd_barrier();
    product.store(&tile, 0, 8);
    let tile = tile.copy(Copy1d::to(out, 64)).wait();
    tile.copy(Copy2d::to(out, rows(), Size { cols: 8, rows: 8 })).wait();
}

#[test]
fn every_row_is_reachable() {
    let (positions, values, vectors, packing) = (positions(), values(), vectors(), packing());
    let (accesses, atomics, structure, copies) = (accesses(), atomics(), structure(), copies());
    let on_values = [positions.ir(), values.ir(), vectors.ir(), packing.ir()];
    let on_memory = [accesses.ir(), atomics.ir(), structure.ir(), copies.ir()];
    let kernels = on_values.into_iter().chain(on_memory);
    let reached: BTreeSet<Opcode> =
        kernels.flat_map(|kernel| kernel.walk().into_iter().map(|op| kernel.op(op).code)).collect();
    let missing: Vec<&str> = TABLE.iter().filter(|row| !reached.contains(&row.code)).map(|row| row.name).collect();
    assert!(missing.is_empty(), "no way from Rust to {missing:?}");
}

#[test]
fn what_reaches_them_is_right() {
    positions().compile().unwrap();
    values().compile().unwrap();
    vectors().compile().unwrap();
    packing().compile().unwrap();
    accesses().compile().unwrap();
    atomics().compile().unwrap();
    structure().compile().unwrap();
    copies().compile().unwrap();
}
