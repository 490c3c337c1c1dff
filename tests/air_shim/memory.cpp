// Atomic operations, fences and asynchronous copies.

#include "functions.h"

// The copies of ../metal_shim/air.c. Metal source calls them by these names, which C++ can only write as labels.
using Pair = unsigned long __attribute__((vector_size(16)));
extern "C" {
air::Event *copy_1d_in(ulong, ulong, void *, const void *, ulong) __asm__("air.simdgroup_async_copy_1d.p3i8.p1i8");
air::Event *copy_1d_out(ulong, ulong, void *, const void *, ulong) __asm__("air.simdgroup_async_copy_1d.p1i8.p3i8");
air::Event *copy_2d_in(ulong, ulong, void *, ulong, ulong, Pair, const void *, ulong, ulong, Pair, Pair, int)
    __asm__("air.simdgroup_async_copy_2d.p3i8.p1i8");
air::Event *copy_2d_out(ulong, ulong, void *, ulong, ulong, Pair, const void *, ulong, ulong, Pair, Pair, int)
    __asm__("air.simdgroup_async_copy_2d.p1i8.p3i8");
void wait_events(int, air::Event **) __asm__("air.wait_simdgroup_events");
}

namespace air {
namespace {

// What every atomic operation is told besides its operands: its order, which is relaxed, its scope, and that it happens.
constexpr uint RELAXED = 0;
template <int space> constexpr uint scope_of = space == 1 ? 2 : 1;

template <class T, int space> metal::atomic<T> *atomic(Pointer<T, space> object, uint order, uint scope, bool is_volatile) {
    if (order != RELAXED) shim_fail("an atomic operation takes no other order than relaxed, 0");
    if (scope != scope_of<space>) shim_fail("an atomic operation has scope 2 in device memory, 1 in threadgroup memory");
    if (!is_volatile) shim_fail("an atomic operation is volatile");
    return reinterpret_cast<metal::atomic<T> *>(object.address);
}

template <int space> std::string atomic_name(const char *operation) {
    return std::string(space == 1 ? "air.atomic.global." : "air.atomic.local.") + operation + ".";
}

// Of 32 bits, whatever they mean.
template <int space> void add_exchanges(Table &table) {
    const std::string type = "i32";
    using T = uint;
    using P = Pointer<T, space>;
    table.add(atomic_name<space>("load") + type, [](P p, uint order, uint scope, bool is_volatile) {
        return metal::atomic_load_explicit(atomic(p, order, scope, is_volatile), metal::memory_order_relaxed);
    });
    table.add(atomic_name<space>("store") + type, [](P p, T x, uint order, uint scope, bool is_volatile) {
        metal::atomic_store_explicit(atomic(p, order, scope, is_volatile), x, metal::memory_order_relaxed);
    });
    table.add(atomic_name<space>("xchg") + type, [](P p, T x, uint order, uint scope, bool is_volatile) {
        return metal::atomic_exchange_explicit(atomic(p, order, scope, is_volatile), x, metal::memory_order_relaxed);
    });
    // Gives what the object held, and leaves that where the expected value was.
    table.add(atomic_name<space>("cmpxchg.weak") + type,
              [](P p, Pointer<T, 0> expected, T x, uint order, uint failure, uint scope, bool is_volatile) {
                  auto *object = atomic(p, order | failure, scope, is_volatile);
                  metal::atomic_compare_exchange_weak_explicit(object, expected.address, x, metal::memory_order_relaxed,
                                                               metal::memory_order_relaxed);
                  return *expected.address;
              });
}

#define FETCH(name) \
    table.add(atomic_name<space>(#name) + type, [](P p, T x, uint order, uint scope, bool is_volatile) { \
        auto *object = atomic(p, order, scope, is_volatile); \
        return metal::atomic_fetch_##name##_explicit(object, x, metal::memory_order_relaxed); \
    });
template <class T, int space> void add_fetches(Table &table) {
    const std::string type = signed_suffix<T>();
    using P = Pointer<T, space>;
    FETCH(add)
    FETCH(sub)
    if constexpr (std::is_integral_v<T>) {
        FETCH(min)
        FETCH(max)
        FETCH(and)
        FETCH(or)
        FETCH(xor)
    }
}
#undef FETCH

template <int space> void add_atomics(Table &table) {
    add_exchanges<space>(table);
    add_fetches<int, space>(table);
    add_fetches<uint, space>(table);
    // Of floats Metal has sums in device memory only.
    if constexpr (space == 1) add_fetches<float, space>(table);
}

using Device = Pointer<char, 1>;
using Threadgroup = Pointer<char, 3>;
using Events = Pointer<Pointer<Event, 0>, 0>;
using MadeEvent = Pointer<Event, 0>;

Pair pair(ulong2 v) { return Pair{v.x, v.y}; }

void add_copies(Table &table) {
    table.add("air.simdgroup_async_copy_1d.p3i8.p1i8", [](ulong size, ulong align, Threadgroup to, Device from, ulong n) {
        return MadeEvent{copy_1d_in(size, align, to.address, from.address, n)};
    });
    table.add("air.simdgroup_async_copy_1d.p1i8.p3i8", [](ulong size, ulong align, Device to, Threadgroup from, ulong n) {
        return MadeEvent{copy_1d_out(size, align, to.address, from.address, n)};
    });
#define COPY_2D(name, suffix, To, From) \
    table.add("air.simdgroup_async_copy_2d." suffix, \
              [](ulong size, ulong align, To to, ulong to_pitch, ulong to_stride, ulong2 to_tile, From from, \
                 ulong from_pitch, ulong from_stride, ulong2 from_tile, ulong2 offset, int clamp) { \
                  return MadeEvent{name(size, align, to.address, to_pitch, to_stride, pair(to_tile), from.address, \
                                        from_pitch, from_stride, pair(from_tile), pair(offset), clamp)}; \
              });
    COPY_2D(copy_2d_in, "p3i8.p1i8", Threadgroup, Device)
    COPY_2D(copy_2d_out, "p1i8.p3i8", Device, Threadgroup)
#undef COPY_2D
    table.add("air.wait_simdgroup_events", [](int count, Events events) {
        wait_events(count, reinterpret_cast<Event **>(events.address));
    });
}

constexpr uint SEQUENTIALLY_CONSISTENT = 5;

}  // namespace

void add_memory(Table &table) {
    add_atomics<1>(table);
    add_atomics<3>(table);
    table.add("air.atomic.fence", [](uint memory, uint order, uint scope) {
        if (memory == 0 || memory > 3) shim_fail("air.atomic.fence orders device memory, threadgroup memory or both");
        if (order != SEQUENTIALLY_CONSISTENT) shim_fail("air.atomic.fence takes the order 5");
        if (scope != 1 && scope != 2) shim_fail("air.atomic.fence has the scope 1 or 2");
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
    });
    add_copies(table);
}

}  // namespace air
