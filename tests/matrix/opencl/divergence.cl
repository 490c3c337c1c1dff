#include "tile.h"

kernel void copy_for_half_the_lanes(global float *A, global float *B)
{
    local float tile[32];
    uint lane = get_local_id(0);
    if (lane < (WRONG ? 16 : 32)) {
        event_t ev = async_work_group_copy(tile, A, 32, 0);
        wait_group_events(1, &ev);
    }
    B[lane] = tile[lane];
}

kernel void copy_where_the_data_say_so(global float *A, global float *B)
{
    local float tile[64];
    uint i = get_local_id(0);
    if (A[i] < (WRONG ? 64 : 65)) {
        event_t ev = rows_in(tile, 8, A, 8, 8, 8);
        wait_group_events(1, &ev);
    }
    B[i] = tile[i];
}

kernel void offset_of_the_lane(global float *A, global float *B)
{
    local float tile[32];
    uint lane = get_local_id(0);
    tile[lane] = A[lane];
    PUBLISH;
    event_t ev = async_work_group_copy(B + (WRONG ? lane : 0), tile, 32, 0);
    wait_group_events(1, &ev);
}

kernel void offset_from_memory(global float *A, global float *B)
{
    local float tile[32];
    uint lane = get_local_id(0);
    uint row = (uint)(WRONG ? A[lane] : A[0]) / 32 * 8;
    event_t ev = rows_in(tile + row, 8, A + row, 8, 8, 3);
    wait_group_events(1, &ev);
    if (lane < 24)
        B[lane] = tile[lane];
}

kernel void wait_for_some_lanes(global float *A, global float *B)
{
    local float tile[32];
    uint lane = get_local_id(0);
    event_t ev = rows_in(tile, 8, A, 8, 8, 4);
    if (A[lane] > (WRONG ? 1 : 0))
        wait_group_events(1, &ev);
    B[lane] = tile[lane];
}

kernel void one_lane_stays_longer_in_the_loop(global float *A, global float *B)
{
    local float tile[32];
    uint lane = get_local_id(0);
    uint trips = (uint)(WRONG ? A[lane] : A[0]) / 32 + 1;
    for (uint t = 0; t < trips; t++) {
        event_t ev = async_work_group_copy(tile, A, 32, 0);
        wait_group_events(1, &ev);
    }
    B[lane] = tile[lane];
}

kernel void barrier_for_half_the_lanes(global float *A, global float *B)
{
    local float tile[32];
    uint lane = get_local_id(0);
    tile[lane] = A[lane];
    if (lane < (WRONG ? 16 : 32))
        PUBLISH;
    B[lane] = tile[31 - lane];
}

kernel void barrier_where_the_data_say_so(global float *A, global float *B)
{
    local float tile[64];
    uint i = get_local_id(0);
    tile[i] = A[i];
    if (A[i] != (WRONG ? 41 : 0))
        PUBLISH;
    B[i] = tile[63 - i];
}

kernel void barrier_for_one_simdgroup(global float *A, global float *B)
{
    local float tile[64];
    uint i = get_local_id(0);
    tile[i] = A[i];
    if (i / 32 < (WRONG ? 1 : 2))
        PUBLISH;
    B[i] = tile[63 - i];
}

kernel void one_iteration_more_for_one_simdgroup(global float *A, global float *B, uint n)
{
    local float tile[64];
    uint i = get_local_id(0);
    tile[i] = A[i];
    for (uint t = 0; t < n + i / 32 * WRONG; t++)
        PUBLISH;
    B[i] = tile[63 - i];
}

kernel void barrier_in_a_loop_that_threads_leave(global float *A, global float *B)
{
    local float tile[64];
    uint i = get_local_id(0), count = 0, last = WRONG ? i / 32 + 1 : 2;
    tile[i] = A[i];
    while (count < last) {
        PUBLISH;
        count++;
    }
    B[i] = tile[63 - i];
}
