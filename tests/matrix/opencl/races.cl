#include "tile.h"

kernel void lanes_exchange_without_a_barrier(global float *A, global float *B)
{
    local float tile[32];
    uint lane = get_local_id(0);
    tile[lane] = A[lane];
    if (!WRONG)
        PUBLISH;
    B[lane] = tile[31 - lane];
}

kernel void device_memory_exchanged_with_the_wrong_flags(global float *A, global float *B)
{
    uint i = get_local_id(0);
    A[i] = A[i] + 1;
    barrier(WRONG ? CLK_LOCAL_MEM_FENCE : CLK_GLOBAL_MEM_FENCE);
    B[i] = A[63 - i];
}

kernel void tile_exchanged_with_the_wrong_flags(global float *A, global float *B)
{
    local float tile[64];
    uint i = get_local_id(0);
    tile[i] = A[i];
    barrier(WRONG ? CLK_GLOBAL_MEM_FENCE : CLK_LOCAL_MEM_FENCE);
    B[i] = tile[63 - i];
}

kernel void two_lanes_store_to_one_element(global float *A, global float *B)
{
    uint lane = get_local_id(0);
    B[WRONG ? lane / 2 : lane] = A[lane];
}

kernel void everybody_stores_the_same_value(global float *A, global float *B)
{
    local float tile[1];
    uint i = get_local_id(0);
    if (i < (WRONG ? 64 : 1))
        tile[0] = 7;
    PUBLISH;
    B[i] = tile[0];
}

kernel void threadgroups_store_one_element_too_early(global float *A, global float *B)
{
    uint lane = get_local_id(0), own = get_group_id(0);
    B[own * (WRONG ? 31 : 32) + lane] = A[own * 32 + lane];
}

kernel void result_of_another_threadgroup_read(global float *A, global float *B)
{
    uint i = get_global_id(0);
    B[i] = A[i];
    B[i + 64] = B[WRONG ? i % 32 : i];
}

kernel void reduction_without_its_barrier(global float *A, global float *B)
{
    local float sums[64];
    uint i = get_local_id(0);
    sums[i] = A[i];
    PUBLISH;
    for (uint step = 0; step < 6; step++) {
        uint reach = 32u >> step;
        if (i < reach)
            sums[i] = sums[i] + sums[i + reach];
        if (!WRONG)
            PUBLISH;
    }
    if (i == 0)
        B[0] = sums[0];
}

kernel void wait_is_no_barrier_between_lanes(global float *A, global float *B)
{
    local float tile[64];
    uint lane = get_local_id(0);
    event_t ev = rows_in(tile + 32, 8, A + 32, 8, 8, 4);
    tile[lane] = A[lane];
    wait_group_events(1, &ev);
    if (!WRONG)
        PUBLISH;
    B[lane] = tile[31 - lane];
    B[lane + 32] = tile[lane + 32];
}

kernel void neighbour_overwritten_in_a_branch(global float *A, global float *B, uint n)
{
    local float tile[32];
    uint lane = get_local_id(0);
    tile[lane] = A[lane];
    PUBLISH;
    B[lane] = tile[(lane + 1) % 32];
    if (n > 3) {
        if (!WRONG)
            PUBLISH;
        tile[lane] = 0;
    }
}

kernel void flag_set_plainly_by_another_threadgroup(global float *A, global float *B)
{
    uint i = get_global_id(0);
    if (i == 0)
        atomic_xchg(B, 1.0f);
    if (i == 32) {
        if (WRONG)
            B[0] = 1;
        else
            atomic_xchg(B, 1.0f);
    }
}
