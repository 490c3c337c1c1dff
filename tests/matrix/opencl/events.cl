#include "tile.h"

kernel void no_wait_at_all(global float *A, global float *B)
{
    local float tile[32];
    uint lane = get_local_id(0);
    tile[lane] = A[lane];
    PUBLISH;
    event_t ev = async_work_group_copy(B, tile, 32, 0);
    if (!WRONG)
        wait_group_events(1, &ev);
}

kernel void wait_in_a_branch_not_taken(global float *A, global float *B, uint n)
{
    local float tile[32];
    uint lane = get_local_id(0);
    tile[lane] = A[lane];
    PUBLISH;
    event_t ev = rows_out(B, 8, tile, 8, 8, 4);
    if (n > (WRONG ? 5 : 4))
        wait_group_events(1, &ev);
}

kernel void wait_in_a_loop_without_iterations(global float *A, global float *B, uint n)
{
    local float tile[32];
    uint lane = get_local_id(0);
    tile[lane] = A[lane];
    PUBLISH;
    event_t ev = async_work_group_copy(B, tile, 32, 0);
    for (uint t = WRONG ? 1 : 0; t < n; t++)
        wait_group_events(1, &ev);
}

kernel void waited_on_two_lines(global float *A, global float *B)
{
    local float tile[32];
    uint lane = get_local_id(0);
    event_t ev = async_work_group_copy(tile, A, 32, 0);
    wait_group_events(1, &ev);
    if (WRONG)
        wait_group_events(1, &ev);
    B[lane] = tile[lane];
}

kernel void named_twice_in_one_wait(global float *A, global float *B)
{
    local float tile[32];
    uint lane = get_local_id(0);
    event_t low = rows_in(tile, 8, A, 16, 8, 2);
    event_t high = rows_in(tile + 16, 8, A + 32, 16, 8, 2);
    event_t events[3] = {low, high, low};
    wait_group_events(WRONG ? 3 : 2, events);
    B[lane] = tile[lane];
}

kernel void waited_in_a_branch_and_after_it(global float *A, global float *B, uint n)
{
    local float tile[32];
    uint lane = get_local_id(0);
    event_t ev = async_work_group_copy(tile, A, 32, 0);
    if (n > (WRONG ? 4 : 5))
        wait_group_events(1, &ev);
    wait_group_events(1, &ev);
    B[lane] = tile[lane];
}

kernel void waited_in_every_iteration(global float *A, global float *B, uint n)
{
    local float tile[32];
    uint lane = get_local_id(0);
    event_t ev = rows_in(tile, 8, A, 8, 8, 4);
    for (uint t = 0; t < (WRONG ? n + 1 : n); t++)
        wait_group_events(1, &ev);
    B[lane] = tile[lane];
}
