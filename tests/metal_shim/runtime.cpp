// Runs a grid on the CPU. Each GPU thread of a threadgroup is a fiber; threadgroups run one after the other.
//
// A fiber runs until it meets others (at a barrier, or where the lanes of its simdgroup act together) or yields to
// them (at an atomic operation). Once no fiber can go on by itself, the scheduler looks for a meeting that is complete.
// Lanes at a simd_sum count as complete when all others of the simdgroup wait elsewhere or have ended; of several such
// groups the one on the lowest source line goes first, so that lanes which have diverged meet again below. (Lanes that
// diverge inside a loop, some of them into a further simd_sum, may be grouped otherwise than on a GPU.)

#include "shim_runtime.h"

#include <sys/mman.h>
#include <ucontext.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

constexpr unsigned LANES = 32;
constexpr size_t STACK = 256 * 1024;

enum class State { ready, waiting, done };

// Where in the source a fiber waits: the line of the kernel, and that of the function which it calls there.
using Place = std::pair<int, int>;

struct Fiber {
    ucontext_t context;
    ShimThread thread;
    State state = State::ready;
    ShimScope scope = SHIM_ACTIVE_LANES;
    Place place;
    // The line of the kernel that calls a function which meets others; 0 outside such calls.
    int calls = 0;
    void *brought = nullptr;
    ShimAction action = nullptr;
};

std::vector<std::unique_ptr<Fiber>> fibers;
std::vector<void *> stacks;
Fiber *running = nullptr;
ucontext_t scheduler;
void (*entry)(void) = nullptr;
void **arguments_ = nullptr;
std::string failure;

struct Constant {
    uint32_t index;
    void *variable;
    uint32_t size;
};

// Filled while kernels are loaded, before any variable of this file may be initialised.
std::vector<Constant> &constants() {
    static std::vector<Constant> registered;
    return registered;
}

void bind_constants(const ShimLaunch &launch) {
    for (const Constant &constant : constants())
        for (uint32_t i = 0; i < launch.constant_count; i++)
            if (launch.constant_indices[i] == constant.index)
                std::memcpy(constant.variable, &launch.constant_values[i], constant.size);
}

void run_entry() {
    entry();
    running->state = State::done;
    swapcontext(&running->context, &scheduler);
}

void *stack(size_t index) {
    while (stacks.size() <= index) {
        stacks.push_back(mmap(nullptr, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    }
    return stacks[index];
}

void resume(Fiber &fiber) {
    running = &fiber;
    swapcontext(&scheduler, &fiber.context);
    running = nullptr;
}

using Group = std::vector<Fiber *>;

void release(const Group &group) {
    std::vector<void *> brought;
    for (Fiber *fiber : group) brought.push_back(fiber->brought);
    if (group[0]->action) group[0]->action(brought.data(), brought.size());
    for (Fiber *fiber : group) fiber->state = State::ready;
}

bool together(const Group &group, ShimScope scope) {
    return std::all_of(group.begin(), group.end(), [&](Fiber *fiber) {
        return fiber->scope == scope && fiber->place == group[0]->place && fiber->action == group[0]->action;
    });
}

// Releases a meeting of one simdgroup, if one is complete. Every fiber of it waits or is done.
bool release_simdgroup(const Group &waiting) {
    if (waiting.empty()) return false;
    Group lowest;
    for (Fiber *fiber : waiting) {
        if (fiber->scope != SHIM_ACTIVE_LANES) continue;
        if (!lowest.empty() && fiber->place < lowest[0]->place) lowest.clear();
        if (lowest.empty() || fiber->place == lowest[0]->place) lowest.push_back(fiber);
    }
    if (!lowest.empty()) {
        release(lowest);
        return true;
    }
    if (!together(waiting, SHIM_SIMDGROUP)) return false;
    release(waiting);
    return true;
}

// Releases whatever meeting is complete; false when there is none.
bool release_any() {
    bool released = false;
    for (size_t first = 0; first < fibers.size(); first += LANES) {
        Group waiting;
        size_t last = std::min(first + LANES, fibers.size());
        for (size_t i = first; i < last; i++)
            if (fibers[i]->state == State::waiting) waiting.push_back(fibers[i].get());
        released |= release_simdgroup(waiting);
    }
    if (released) return true;
    Group waiting;
    for (auto &fiber : fibers)
        if (fiber->state == State::waiting) waiting.push_back(fiber.get());
    if (waiting.size() != fibers.size() || !together(waiting, SHIM_THREADGROUP)) return false;
    shim_air_barrier();
    release(waiting);
    return true;
}

// Lets each fiber that is ready run on, until it waits, ends or yields; false when none is.
bool run_ready() {
    bool any = false;
    for (auto &fiber : fibers) {
        if (fiber->state != State::ready || !failure.empty()) continue;
        resume(*fiber);
        any = true;
    }
    return any;
}

void run_threadgroup() {
    for (;;) {
        while (failure.empty() && run_ready()) {
        }
        if (!failure.empty()) return;
        bool all_done = std::all_of(fibers.begin(), fibers.end(), [](auto &f) { return f->state == State::done; });
        if (all_done) return;
        if (!release_any()) {
            failure = "threads wait for others that never arrive: a barrier or a simdgroup operation diverges";
            return;
        }
    }
}

void start(size_t index, const ShimThread &thread) {
    auto fiber = std::make_unique<Fiber>();
    fiber->thread = thread;
    getcontext(&fiber->context);
    fiber->context.uc_stack.ss_sp = stack(index);
    fiber->context.uc_stack.ss_size = STACK;
    fiber->context.uc_link = nullptr;
    makecontext(&fiber->context, run_entry, 0);
    fibers.push_back(std::move(fiber));
}

void run_group(const uint32_t group[3], const uint32_t groups[3], const uint32_t grid[3], const uint32_t threads[3]) {
    uint32_t size[3];
    for (int d = 0; d < 3; d++) size[d] = std::min(threads[d], grid[d] - group[d] * threads[d]);
    uint32_t total = size[0] * size[1] * size[2];
    fibers.clear();
    for (uint32_t index = 0; index < total; index++) {
        ShimThread thread{};
        const uint32_t at[3] = {index % size[0], index / size[0] % size[1], index / size[0] / size[1]};
        for (int d = 0; d < 3; d++) {
            thread.thread_position_in_grid[d] = group[d] * threads[d] + at[d];
            thread.thread_position_in_threadgroup[d] = at[d];
            thread.threadgroup_position_in_grid[d] = group[d];
            thread.threads_per_threadgroup[d] = size[d];
            thread.threads_per_grid[d] = grid[d];
            thread.threadgroups_per_grid[d] = groups[d];
        }
        thread.thread_index_in_threadgroup = index;
        thread.thread_index_in_simdgroup = index % LANES;
        thread.simdgroup_index_in_threadgroup = index / LANES;
        thread.threads_per_simdgroup = LANES;
        thread.simdgroups_per_threadgroup = (total + LANES - 1) / LANES;
        start(index, thread);
    }
    shim_air_reset();
    run_threadgroup();
    const char *left = shim_air_finish();
    if (failure.empty() && left) failure = left;
}

}  // namespace

void shim_meet(ShimScope scope, int line, void *brought, ShimAction action) {
    Fiber &fiber = *running;
    fiber.scope = scope;
    fiber.place = fiber.calls ? Place(fiber.calls, line) : Place(line, 0);
    fiber.brought = brought;
    fiber.action = action;
    fiber.state = State::waiting;
    swapcontext(&fiber.context, &scheduler);
}

void shim_calls(int line) { running->calls = line; }

void shim_yield(void) { swapcontext(&running->context, &scheduler); }

void shim_register_constant(uint32_t index, void *variable, uint32_t size) {
    constants().push_back({index, variable, size});
}

const ShimThread *shim_thread(void) { return &running->thread; }

void **shim_arguments(void) { return arguments_; }

void shim_fail(const char *message) {
    if (failure.empty()) failure = message;
}

const char *shim_launch(void (*kernel)(void), const ShimLaunch *launch) {
    entry = kernel;
    arguments_ = launch->arguments;
    failure.clear();
    bind_constants(*launch);
    uint32_t groups[3];
    for (int d = 0; d < 3; d++) groups[d] = (launch->grid[d] + launch->threads[d] - 1) / launch->threads[d];
    for (uint32_t z = 0; z < groups[2] && failure.empty(); z++)
        for (uint32_t y = 0; y < groups[1] && failure.empty(); y++)
            for (uint32_t x = 0; x < groups[0] && failure.empty(); x++) {
                const uint32_t group[3] = {x, y, z};
                run_group(group, groups, launch->grid, launch->threads);
            }
    fibers.clear();
    return failure.empty() ? nullptr : failure.c_str();
}
