// What the shim's headers, its kernels and its C file ask of the runtime (runtime.cpp).
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// One GPU thread, by the names of Metal's attributes.
typedef struct ShimThread {
    uint32_t thread_position_in_grid[3];
    uint32_t thread_position_in_threadgroup[3];
    uint32_t threadgroup_position_in_grid[3];
    uint32_t threads_per_threadgroup[3];
    uint32_t threads_per_grid[3];
    uint32_t threadgroups_per_grid[3];
    uint32_t thread_index_in_threadgroup;
    uint32_t thread_index_in_simdgroup;
    uint32_t simdgroup_index_in_threadgroup;
    uint32_t threads_per_simdgroup;
    uint32_t simdgroups_per_threadgroup;
} ShimThread;

// Who must arrive before any goes on.
typedef enum ShimScope { SHIM_ACTIVE_LANES, SHIM_SIMDGROUP, SHIM_THREADGROUP } ShimScope;

// Done once by the last to arrive, with what each of them brought, in the order of their lanes.
typedef void (*ShimAction)(void **brought, unsigned count);

// Waits for the others. `line` tells places of one scope apart: of lanes that have diverged, those furthest behind in
// the source go on first.
void shim_meet(ShimScope scope, int line, void *brought, ShimAction action);

// The thread that runs now, and the kernel's arguments: the address of each buffer and of each scalar.
const ShimThread *shim_thread(void);
void **shim_arguments(void);

// Says on which line of the kernel a function is called that meets others itself; 0 when it has returned. Such functions
// stand above the kernel, so that their own lines say nothing about the order of the kernel.
void shim_calls(int line);

// Lets every other thread of the threadgroup that can go on run first.
void shim_yield(void);

// Says where function constant `index` lives, and how many bytes it takes, at most 8.
void shim_register_constant(uint32_t index, void *variable, uint32_t size);

// Ends the run with a message, which must outlive it.
void shim_fail(const char *message);

// A kernel's launch, as shim_run_* take it from the host.
typedef struct ShimLaunch {
    void **arguments;
    uint32_t grid[3];
    uint32_t threads[3];
    // Function constants: the index of each, and its bytes in the low end of a word.
    uint32_t constant_count;
    const uint32_t *constant_indices;
    const uint64_t *constant_values;
} ShimLaunch;

// Runs a kernel. Returns null, or what went wrong.
const char *shim_launch(void (*kernel)(void), const ShimLaunch *launch);

// Copies in flight: hears of the threadgroup's barriers; forgets all before a threadgroup starts; after it, returns null or
// what is left.
void shim_air_barrier(void);
void shim_air_reset(void);
const char *shim_air_finish(void);

#ifdef __cplusplus
}
#endif
