#include "tile.h"

kernel void stores_not_published_to_the_copy(global float *A, global float *B)
{
    local float tile[64];
    uint i = get_local_id(0);
    tile[i] = A[i];
    if (!WRONG)
        PUBLISH;
    event_t ev = async_work_group_copy(B, tile, 64, 0);
    wait_group_events(1, &ev);
}

kernel void next_line_loaded_while_others_read(global float *A, global float *B)
{
    local float tile[64];
    uint i = get_local_id(0);
    event_t ev = async_work_group_copy(tile, A, 64, 0);
    wait_group_events(1, &ev);
    B[i] = tile[i];
    if (!WRONG)
        PUBLISH;
    ev = async_work_group_copy(tile, A + 64, 64, 0);
    wait_group_events(1, &ev);
    B[i + 64] = tile[i];
}

kernel void single_buffer_without_its_second_barrier(global float *A, global float *B, uint tiles)
{
    local float tile[64];
    uint i = get_local_id(0);
    for (uint t = 0; t < tiles; t++) {
        event_t ev = rows_in(tile, 8, A + t * 64, 8, 8, 8);
        wait_group_events(1, &ev);
        B[t * 64 + i] = tile[i];
        if (!WRONG)
            PUBLISH;
    }
}

kernel void double_buffer_without_its_second_barrier(global float *A, global float *B, uint tiles)
{
    local float tile[128];
    uint i = get_local_id(0);
    event_t here = async_work_group_copy(tile, A, 64, 0);
    for (uint t = 0; t < tiles; t++) {
        event_t ahead = async_work_group_copy(
            tile + (t + 1) % 2 * 64, A + (t + 1) * 64, t + 1 < tiles ? 64 : 0, 0);
        wait_group_events(1, &here);
        B[t * 64 + i] = tile[t % 2 * 64 + i];
        if (!WRONG)
            PUBLISH;
        here = ahead;
    }
    wait_group_events(1, &here);
}

kernel void input_prepared_with_the_wrong_flags(global float *A, global float *B)
{
    local float tile[64];
    uint i = get_local_id(0);
    A[63 - i] = A[63 - i] * 2;
    barrier(WRONG ? CLK_LOCAL_MEM_FENCE : CLK_GLOBAL_MEM_FENCE);
    event_t ev = async_work_group_copy(tile, A, 64, 0);
    wait_group_events(1, &ev);
    B[63 - i] = tile[i];
}
