// Functions of numbers: floats, integers, conversions, packing.

#include "functions.h"

namespace air {
namespace {

// Of `float` and `half`. Those that Metal also has in a fast form are one and the same here.
template <class T> void add_floats(Table &table) {
    const std::string type = "." + suffix<T>();
#define FLOAT_1(name) table.add("air." #name + type, [](T x) { return metal::name(x); });
    FLOAT_1(sqrt)
    FLOAT_1(rsqrt)
    FLOAT_1(exp)
    FLOAT_1(exp2)
    FLOAT_1(log)
    FLOAT_1(log2)
    FLOAT_1(log10)
    FLOAT_1(sin)
    FLOAT_1(cos)
    FLOAT_1(tan)
    FLOAT_1(asin)
    FLOAT_1(acos)
    FLOAT_1(atan)
    FLOAT_1(sinh)
    FLOAT_1(cosh)
    FLOAT_1(tanh)
    FLOAT_1(floor)
    FLOAT_1(ceil)
    FLOAT_1(round)
    FLOAT_1(trunc)
#undef FLOAT_1
#define FLOAT_2(name) table.add("air." #name + type, [](T x, T y) { return metal::name(x, y); });
    FLOAT_2(pow)
    FLOAT_2(atan2)
    FLOAT_2(fmod)
    FLOAT_2(fmin)
    FLOAT_2(fmax)
#undef FLOAT_2
    table.add("air.fabs" + type, [](T x) { return metal::abs(x); });
    table.add("air.fma" + type, [](T x, T y, T z) { return metal::fma(x, y, z); });
}

template <class T> void add_bit_counts(Table &table) {
    const std::string type = "." + suffix<T>();
    table.add("air.popcount" + type, [](T x) { return metal::popcount(x); });
    table.add("air.reverse_bits" + type, [](T x) { return metal::reverse_bits(x); });
    // Apple's compiler never says that zero is undefined.
#define COUNT(name) \
    table.add("air." #name + type, [](T x, bool undefined) { \
        if (undefined) shim_fail("air." #name " is told that its operand is not zero"); \
        return metal::name(x); \
    });
    COUNT(clz)
    COUNT(ctz)
#undef COUNT
}

// A float of whole numbers towards zero, held within the integer's range; NaN gives 0.
template <class To, class From> To whole(From from) {
    double x = double(from);
    if (x != x) return 0;
    if (x <= double(std::numeric_limits<To>::min())) return std::numeric_limits<To>::min();
    if (x >= double(std::numeric_limits<To>::max())) return std::numeric_limits<To>::max();
    return static_cast<To>(x);
}

template <class T> void add_conversions(Table &table) {
    const std::string kind = kind_suffix<T>();
    table.add("air.convert.f.f32." + kind, [](T x) { return static_cast<float>(x); });
    table.add("air.convert." + kind + ".f.f32", [](float x) { return whole<T>(x); });
}

void add_packing(Table &table) {
#define PACKED(air_name, name, N, type) \
    table.add("air.pack." #air_name ".v" #N "f32", [](type##N v) { return metal::pack_float_to_##name(v); });
#define UNPACKED(air_name, name, N, type) \
    table.add("air.unpack." #air_name ".v" #N "f32", [](uint x) -> type##N { return metal::unpack_##name##_to_float(x); });
    PACKED(snorm4x8, snorm4x8, 4, float)
    PACKED(unorm4x8, unorm4x8, 4, float)
    PACKED(snorm2x16, snorm2x16, 2, float)
    PACKED(unorm2x16, unorm2x16, 2, float)
    PACKED(unorm4x8.srgb, srgb_unorm4x8, 4, float)
    PACKED(unorm.rgb10a2, unorm10a2, 4, float)
    UNPACKED(snorm4x8, snorm4x8, 4, float)
    UNPACKED(unorm4x8, unorm4x8, 4, float)
    UNPACKED(snorm2x16, snorm2x16, 2, float)
    UNPACKED(unorm2x16, unorm2x16, 2, float)
    UNPACKED(unorm4x8.srgb, unorm4x8_srgb, 4, float)
    UNPACKED(unorm.rgb10a2, unorm10a2, 4, float)
#undef PACKED
#undef UNPACKED
}

}  // namespace

void add_numbers(Table &table) {
    add_floats<float>(table);
    add_floats<half>(table);
    add_bit_counts<uchar>(table);
    add_bit_counts<ushort>(table);
    add_bit_counts<uint>(table);
    add_bit_counts<ulong>(table);
    add_conversions<int>(table);
    add_conversions<uint>(table);
    add_conversions<long>(table);
    add_conversions<ulong>(table);
    add_packing(table);
}

}  // namespace air
