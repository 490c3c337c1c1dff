// What the lanes of a simdgroup, of a quad and the threads of a threadgroup do together.
//
// The host marks each call with its line in the text (see shim_calls), so no line is passed here.

#include "functions.h"

namespace air {
namespace {

template <class T> void add_exchanges(Table &table) {
    const std::string type = "." + signed_suffix<T>();
#define LANES_1(name) table.add("air." #name + type, [](T x) { return metal::name(x, 0); });
#define LANES_2(name) table.add("air." #name + type, [](T x, ushort other) { return metal::name(x, other, 0); });
#define GROUP(group) \
    LANES_1(group##_sum) \
    LANES_1(group##_product) \
    LANES_1(group##_min) \
    LANES_1(group##_max) \
    LANES_1(group##_prefix_exclusive_sum) \
    LANES_1(group##_prefix_inclusive_sum) \
    LANES_2(group##_shuffle) \
    LANES_2(group##_shuffle_up) \
    LANES_2(group##_shuffle_down) \
    LANES_2(group##_shuffle_xor) \
    LANES_2(group##_broadcast) \
    if constexpr (std::is_integral_v<T>) { \
        LANES_1(group##_and) \
        LANES_1(group##_or) \
        LANES_1(group##_xor) \
    }
    GROUP(simd)
    GROUP(quad)
    LANES_1(simd_prefix_exclusive_product)
    LANES_1(simd_prefix_inclusive_product)
#undef GROUP
#undef LANES_1
#undef LANES_2
}

template <class... Ts> void add_exchanges_of(Table &table) { (add_exchanges<Ts>(table), ...); }

void add_masks(Table &table) {
    table.add("air.simd_active_threads_mask.i64", [] { return ulong(metal::simd_active_threads_mask(0)); });
    table.add("air.quad_active_threads_mask", [] { return ushort(uint(metal::quad_active_threads_mask(0))); });
}

// Which memory a barrier or a fence orders: device memory 1, threadgroup memory 2, or both.
constexpr uint DEVICE_AND_THREADGROUP = 3;

void add_barriers(Table &table) {
    table.add("air.wg.barrier", [](uint memory, uint scope) {
        if (memory > DEVICE_AND_THREADGROUP) shim_fail("air.wg.barrier orders a memory that no kernel has");
        if (scope != 1) shim_fail("air.wg.barrier has the scope of a threadgroup, 1");
        shim_meet(SHIM_THREADGROUP, 0, nullptr, nullptr);
    });
    // Earlier compilers wrote 1 for its scope, later ones 4.
    table.add("air.simdgroup.barrier", [](uint memory, uint scope) {
        if (memory > DEVICE_AND_THREADGROUP) shim_fail("air.simdgroup.barrier orders a memory that no kernel has");
        if (scope != 1 && scope != 4) shim_fail("air.simdgroup.barrier has the scope 1 or 4");
        shim_meet(SHIM_SIMDGROUP, 0, nullptr, nullptr);
    });
}

// A lane's own two elements of an 8x8 matrix: they lie side by side.
constexpr uint LANES = 32;
uint row_of(uint lane) { return (lane >> 4) * 4 + (lane >> 1 & 3); }
uint column_of(uint lane) { return (lane >> 3 & 1) * 4 + (lane & 1) * 2; }

// Where a matrix lies in memory: element (row, column) is `strides.y` rows and `strides.x` columns from the first.
struct Place {
    ulong2 strides, origin;

    size_t at(uint row, uint column) const {
        return (origin.x + column) * strides.x + (origin.y + row) * strides.y;
    }
};

ulong2 strides(ulong pitch, bool transposed) { return transposed ? ulong2(pitch, 1) : ulong2(1, pitch); }

template <class T> Matrix<T> nothing() {
    Matrix<T> matrix;
    std::memset(&matrix, 0xa5, sizeof matrix);
    return matrix;
}

uint lane() { return shim_thread()->thread_index_in_simdgroup; }

template <class T> Matrix<T> load(const T *source, Place place) {
    shim_meet(SHIM_SIMDGROUP, 0, nullptr, nullptr);
    Matrix<T> matrix = nothing<T>();
    for (uint i : {0, 1}) matrix.at[i] = source[place.at(row_of(lane()), column_of(lane()) + i)];
    return matrix;
}

template <class T> void store(Matrix<T> matrix, T *target, Place place) {
    shim_meet(SHIM_SIMDGROUP, 0, nullptr, nullptr);
    for (uint i : {0, 1}) target[place.at(row_of(lane()), column_of(lane()) + i)] = matrix.at[i];
    shim_meet(SHIM_SIMDGROUP, 0, nullptr, nullptr);
}

// The whole matrix, put together from the lanes' elements.
template <class T> struct Whole {
    T at[8][8];

    void put(uint lane, const Matrix<T> &part) {
        for (uint i : {0, 1}) at[row_of(lane)][column_of(lane) + i] = part.at[i];
    }
};

template <class D, class A, class B, class C> struct Product {
    Matrix<A> a;
    Matrix<B> b;
    Matrix<C> c;
    Matrix<D> d;

    // Sums are taken in the order of k, with fused multiply-adds in float, and rounded once.
    static void together(void **lanes, unsigned count) {
        if (count != LANES) return shim_fail("a simdgroup matrix takes all 32 lanes");
        auto part = [&](uint lane) -> Product & { return *static_cast<Product *>(lanes[lane]); };
        Whole<A> a;
        Whole<B> b;
        for (uint lane = 0; lane < LANES; lane++) {
            a.put(lane, part(lane).a);
            b.put(lane, part(lane).b);
        }
        for (uint lane = 0; lane < LANES; lane++)
            for (uint i : {0, 1}) {
                float sum = part(lane).c.at[i];
                for (uint k = 0; k < 8; k++)
                    sum = std::fma(float(a.at[row_of(lane)][k]), float(b.at[k][column_of(lane) + i]), sum);
                part(lane).d.at[i] = static_cast<D>(sum);
            }
    }
};

template <class D, class A, class B, class C> void add_product(Table &table) {
    const std::string types =
        ".v64" + suffix<D>() + ".v64" + suffix<A>() + ".v64" + suffix<B>() + ".v64" + suffix<C>();
    table.add("air.simdgroup_matrix_8x8_multiply_accumulate" + types, [](Matrix<A> a, Matrix<B> b, Matrix<C> c) {
        Product<D, A, B, C> product{a, b, c, nothing<D>()};
        shim_meet(SHIM_SIMDGROUP, 0, &product, Product<D, A, B, C>::together);
        return product.d;
    });
}

// Loads and stores have two forms: before AIR 2.8 they took a row's length and whether the matrix is transposed.
template <class T, int space> void add_matrix_access(Table &table) {
    const std::string types = ".v64" + suffix<T>() + ".p" + std::to_string(space) + suffix<T>();
    table.add("air.simdgroup_matrix_8x8_load" + types,
              [](Pointer<T, space> source, ulong pitch, ulong2 origin, bool transposed) {
                  return load<T>(source.address, {strides(pitch, transposed), origin});
              });
    table.add("air.simdgroup_matrix_8x8_store" + types,
              [](Matrix<T> matrix, Pointer<T, space> target, ulong pitch, ulong2 origin, bool transposed) {
                  store<T>(matrix, target.address, {strides(pitch, transposed), origin});
              });
    table.add("air.simdgroup_matrix_8x8_load" + types, [](Pointer<T, space> source, ulong2, ulong2 strides, ulong2 origin) {
        return load<T>(source.address, {strides, origin});
    });
    table.add("air.simdgroup_matrix_8x8_store" + types,
              [](Matrix<T> matrix, Pointer<T, space> target, ulong2, ulong2 strides, ulong2 origin) {
                  store<T>(matrix, target.address, {strides, origin});
              });
}

template <class T> void add_matrices(Table &table) {
    add_matrix_access<T, 1>(table);
    add_matrix_access<T, 3>(table);
    add_product<T, T, T, T>(table);
    const std::string types = ".v64" + suffix<T>() + "." + suffix<T>();
    table.add("air.simdgroup_matrix_8x8_init_filled" + types, [](T value) {
        Matrix<T> matrix = nothing<T>();
        for (uint i : {0, 1}) matrix.at[i] = value;
        return matrix;
    });
}

}  // namespace

void add_lanes(Table &table) {
    add_exchanges_of<char, uchar, short, ushort, int, uint, half, float>(table);
    add_masks(table);
    add_barriers(table);
    add_matrices<float>(table);
    add_matrices<half>(table);
    add_matrices<bfloat>(table);
    add_product<float, half, half, float>(table);
    add_product<float, bfloat, bfloat, float>(table);
}

}  // namespace air
