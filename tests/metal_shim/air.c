// The asynchronous copies of Apple GPUs, for the CPU: each is recorded when it is issued, and carried out only when it
// is waited for. Until then its destination holds poison, so that reading it early shows.
//
// Operands as public sources give them; element size and alignment first, the destination before the source.
// Once for each simdgroup: all its lanes must pass the same operands.
//
// As an M1 is reported to need it, the threadgroup must come to a barrier after the wait for a tile.

#include "shim_runtime.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t pair __attribute__((vector_size(16)));

typedef struct Copy {
    uint64_t size, alignment;
    char *dst;
    uint64_t dst_pitch, dst_stride, dst_cols, dst_rows;
    const char *src;
    uint64_t src_pitch, src_stride, src_cols, src_rows;
    uint64_t offset_x, offset_y, clamp_mode;
    // From device to threadgroup memory.
    bool is_tile;
    struct Copy *issued;
    struct Copy *next;
} Copy;

static Copy *in_flight;

// Whether a tile was waited for since the last barrier of the threadgroup.
static bool owes_barrier;

static char *element(const Copy *copy, uint64_t row, uint64_t col) {
    return copy->dst + (row * copy->dst_pitch + col * copy->dst_stride) * copy->size;
}

static void poison(const Copy *copy) {
    for (uint64_t row = 0; row < copy->dst_rows; row++)
        for (uint64_t col = 0; col < copy->dst_cols; col++) memset(element(copy, row, col), 0xA5, copy->size);
}

static void carry_out(const Copy *copy) {
    for (uint64_t row = 0; row < copy->dst_rows; row++)
        for (uint64_t col = 0; col < copy->dst_cols; col++) {
            bool exists = row < copy->src_rows && col < copy->src_cols;
            if (!exists && copy->clamp_mode == 0) {
                memset(element(copy, row, col), 0, copy->size);
                continue;
            }
            uint64_t r = row < copy->src_rows ? row : copy->src_rows - 1;
            uint64_t c = col < copy->src_cols ? col : copy->src_cols - 1;
            memcpy(element(copy, row, col), copy->src + (r * copy->src_pitch + c * copy->src_stride) * copy->size, copy->size);
        }
}

static bool same_operands(const Copy *a, const Copy *b) {
    return a->size == b->size && a->dst == b->dst && a->dst_pitch == b->dst_pitch && a->dst_cols == b->dst_cols &&
           a->dst_rows == b->dst_rows && a->src == b->src && a->src_pitch == b->src_pitch &&
           a->src_cols == b->src_cols && a->src_rows == b->src_rows && a->clamp_mode == b->clamp_mode;
}

static void issue_once(void **lanes, unsigned count) {
    Copy *first = lanes[0];
    for (unsigned i = 1; i < count; i++)
        if (!same_operands(first, lanes[i])) shim_fail("lanes of a simdgroup pass different operands to a copy");
    if (first->dst_rows == 0 || first->dst_cols == 0 || first->src_rows == 0 || first->src_cols == 0)
        shim_fail("the hardware is handed an empty copy");
    if (first->dst_stride != 1 || first->src_stride != 1 || first->offset_x || first->offset_y)
        shim_fail("a copy has a stride or an offset that no lowering makes");
    if (first->clamp_mode > 1) shim_fail("a copy has a clamp mode that there is not");
    if (first->src_cols > first->dst_cols || first->src_rows > first->dst_rows)
        shim_fail("a copy has a source tile larger than its destination");
    if (!first->is_tile && (first->src_cols != first->dst_cols || first->src_rows != first->dst_rows))
        shim_fail("a copy to device memory fills");
    if (first->alignment != first->size) shim_fail("a copy's alignment is not its element's");
    Copy *copy = malloc(sizeof *copy);
    *copy = *first;
    copy->next = in_flight;
    in_flight = copy;
    poison(copy);
    for (unsigned i = 0; i < count; i++) ((Copy *)lanes[i])->issued = copy;
}

static void *issue(Copy copy) {
    shim_meet(SHIM_SIMDGROUP, -1, &copy, issue_once);
    return copy.issued;
}

typedef struct Wait {
    int count;
    Copy **events;
} Wait;

static void finish(Copy *copy) {
    for (Copy **link = &in_flight; *link; link = &(*link)->next)
        if (*link == copy) {
            carry_out(copy);
            owes_barrier |= copy->is_tile;
            *link = copy->next;
            free(copy);
            return;
        }
    shim_fail("a wait names an event that is not in flight");
}

static void wait_once(void **lanes, unsigned count) {
    Wait *first = lanes[0];
    for (unsigned i = 1; i < count; i++) {
        Wait *other = lanes[i];
        if (other->count != first->count || memcmp(other->events, first->events, first->count * sizeof(Copy *)))
            return shim_fail("lanes of a simdgroup wait for different events");
    }
    if (first->count <= 0) return shim_fail("a wait for no events");
    for (int i = 0; i < first->count; i++) finish(first->events[i]);
}

static Copy linear(uint64_t size, uint64_t alignment, void *dst, const void *src, uint64_t count) {
    return (Copy){.size = size, .alignment = alignment, .dst = dst, .dst_stride = 1, .dst_cols = count, .dst_rows = 1,
                  .src = src, .src_stride = 1, .src_cols = count, .src_rows = 1};
}

static Copy planar(uint64_t size, uint64_t alignment, void *dst, uint64_t dst_pitch, uint64_t dst_stride, pair dst_tile,
                   const void *src, uint64_t src_pitch, uint64_t src_stride, pair src_tile, pair offset, int clamp_mode) {
    return (Copy){.size = size, .alignment = alignment, .dst = dst, .dst_pitch = dst_pitch, .dst_stride = dst_stride,
                  .dst_cols = dst_tile[0], .dst_rows = dst_tile[1], .src = src, .src_pitch = src_pitch,
                  .src_stride = src_stride, .src_cols = src_tile[0], .src_rows = src_tile[1],
                  .offset_x = offset[0], .offset_y = offset[1], .clamp_mode = clamp_mode};
}

void *copy_1d_d2t(uint64_t, uint64_t, void *, const void *, uint64_t) __asm__("air.simdgroup_async_copy_1d.p3i8.p1i8");
void *copy_1d_t2d(uint64_t, uint64_t, void *, const void *, uint64_t) __asm__("air.simdgroup_async_copy_1d.p1i8.p3i8");
void *copy_2d_d2t(uint64_t, uint64_t, void *, uint64_t, uint64_t, pair, const void *, uint64_t, uint64_t, pair, pair, int)
    __asm__("air.simdgroup_async_copy_2d.p3i8.p1i8");
void *copy_2d_t2d(uint64_t, uint64_t, void *, uint64_t, uint64_t, pair, const void *, uint64_t, uint64_t, pair, pair, int)
    __asm__("air.simdgroup_async_copy_2d.p1i8.p3i8");
void wait_events(int, void **) __asm__("air.wait_simdgroup_events");

static void *issue_tile(Copy copy) {
    copy.is_tile = true;
    return issue(copy);
}

void *copy_1d_d2t(uint64_t size, uint64_t alignment, void *dst, const void *src, uint64_t count) {
    return issue_tile(linear(size, alignment, dst, src, count));
}

void *copy_1d_t2d(uint64_t size, uint64_t alignment, void *dst, const void *src, uint64_t count) {
    return issue(linear(size, alignment, dst, src, count));
}

void *copy_2d_d2t(uint64_t size, uint64_t alignment, void *dst, uint64_t dst_pitch, uint64_t dst_stride, pair dst_tile,
                  const void *src, uint64_t src_pitch, uint64_t src_stride, pair src_tile, pair offset, int clamp_mode) {
    return issue_tile(planar(size, alignment, dst, dst_pitch, dst_stride, dst_tile, src, src_pitch, src_stride, src_tile,
                             offset, clamp_mode));
}

void *copy_2d_t2d(uint64_t size, uint64_t alignment, void *dst, uint64_t dst_pitch, uint64_t dst_stride, pair dst_tile,
                  const void *src, uint64_t src_pitch, uint64_t src_stride, pair src_tile, pair offset, int clamp_mode) {
    return issue(planar(size, alignment, dst, dst_pitch, dst_stride, dst_tile, src, src_pitch, src_stride, src_tile,
                        offset, clamp_mode));
}

void wait_events(int count, void **events) {
    Wait wait = {count, (Copy **)events};
    shim_meet(SHIM_SIMDGROUP, -2, &wait, wait_once);
}

void shim_air_barrier(void) { owes_barrier = false; }

void shim_air_reset(void) {
    owes_barrier = false;
    while (in_flight) {
        Copy *next = in_flight->next;
        free(in_flight);
        in_flight = next;
    }
}

const char *shim_air_finish(void) {
    if (in_flight) return "a copy is still in flight when its threadgroup ends";
    return owes_barrier ? "an M1 may hang: no barrier follows the wait for a tile" : 0;
}
