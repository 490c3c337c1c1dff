// The functions of AIR, as a table: the name of each, its type as LLVM writes it, and what it does here.
//
// A function is added as a lambda, from whose C++ type its LLVM type follows. Calls pass the address of each argument
// and of the result, so that no two compilers need agree on how a `half` or a vector is passed.
#pragma once

#include <map>
#include <string>
#include <utility>

#include <metal_stdlib>

namespace air {

// Calls a function with the addresses of its result and of its arguments.
using Function = void (*)(void *result, void **arguments);

// A pointer into an address space of AIR: 0 is the thread's own memory, 1 device, 2 constant, 3 threadgroup memory.
template <class T, int space> struct Pointer {
    T *address;
};

// What an event of an asynchronous copy points to.
struct Event;

// A simdgroup's 8x8 matrix as one lane has it: elements 0 and 1 are the lane's own, nobody uses the others.
template <class T> struct Matrix {
    T at[64];
};

// How a type is written in LLVM IR.
template <class T> struct Written;
#define AIR_WRITTEN(T, text) \
    template <> struct Written<T> { static std::string name() { return text; } };
AIR_WRITTEN(void, "void")
AIR_WRITTEN(bool, "i1")
AIR_WRITTEN(char, "i8")
AIR_WRITTEN(uchar, "i8")
AIR_WRITTEN(short, "i16")
AIR_WRITTEN(ushort, "i16")
AIR_WRITTEN(int, "i32")
AIR_WRITTEN(uint, "i32")
AIR_WRITTEN(long, "i64")
AIR_WRITTEN(ulong, "i64")
AIR_WRITTEN(half, "half")
AIR_WRITTEN(bfloat, "bfloat")
AIR_WRITTEN(float, "float")
AIR_WRITTEN(Event, "%struct._simdgroup_event_t")
#undef AIR_WRITTEN
template <class T> struct Written<Pointer<T, 0>> {
    static std::string name() { return Written<T>::name() + "*"; }
};
template <class T, int space> struct Written<Pointer<T, space>> {
    static std::string name() { return Written<T>::name() + " addrspace(" + std::to_string(space) + ")*"; }
};
template <class T, int N> struct Written<metal::vec<T, N>> {
    static std::string name() { return "<" + std::to_string(N) + " x " + Written<T>::name() + ">"; }
};
template <class T> struct Written<Matrix<T>> {
    static std::string name() { return "<64 x " + Written<T>::name() + ">"; }
};

// The type at the end of a function's name: f32, f16, i8..i64.
template <class T> std::string suffix() {
    if constexpr (std::is_same_v<T, bool>) return "i1";
    else if constexpr (std::is_same_v<T, bfloat>) return "bf16";
    else return (std::is_integral_v<T> ? "i" : "f") + std::to_string(sizeof(T) * 8);
}
// The same after the letter for its sign, where it is an integer: s.i32, u.i32, f32.
template <class T> std::string signed_suffix() {
    std::string sign = std::is_integral_v<T> ? std::is_signed_v<T> ? "s." : "u." : "";
    return sign + suffix<T>();
}
// The same after the letter for its kind, as in the names of conversions: f.f32, s.i32, u.i1.
template <class T> std::string kind_suffix() { return (std::is_integral_v<T> ? "" : "f.") + signed_suffix<T>(); }

class Table {
public:
    template <class F> void add(const std::string &name, F) { add<F>(name, &F::operator()); }

    // The function of that name and type, written one after the other.
    Function find(const std::string &name_and_type) const;

    // A line for each function: its name, then its type. One name may have several types.
    std::string list() const;

private:
    using Name = std::string (*)();
    std::map<std::string, Function> functions;

    template <class F, class R, class... As> void add(const std::string &name, R (F::*)(As...) const) {
        insert(name, Written<R>::name, {Written<As>::name...}, call<F, R, As...>);
    }
    void insert(const std::string &name, Name result, std::initializer_list<Name> parameters, Function call);

    template <class F, class R, class... As> static void call(void *result, void **arguments) {
        return call<F, R, As...>(result, arguments, std::index_sequence_for<As...>());
    }
    template <class F, class R, class... As, size_t... n>
    static void call(void *result, void **arguments, std::index_sequence<n...>) {
        if constexpr (std::is_void_v<R>) F{}(*static_cast<As *>(arguments[n])...);
        else *static_cast<R *>(result) = F{}(*static_cast<As *>(arguments[n])...);
    }
};

// What each file of this directory adds.
void add_numbers(Table &table);
void add_lanes(Table &table);
void add_memory(Table &table);

}  // namespace air
