#include "tile.h"

kernel void line_written_early(global float *A, global float *B)
{
    local float tile[32];
    uint lane = get_local_id(0);
    event_t ev = async_work_group_copy(tile, A, 32, 0);
    if (!WRONG)
        wait_group_events(1, &ev);
    tile[lane] = A[lane] * 2;
    if (WRONG)
        wait_group_events(1, &ev);
    B[lane] = tile[lane];
}

kernel void column_written_beside_the_rows(global float *A, global float *B, uint pitch)
{
    local float tile[64];
    uint lane = get_local_id(0);
    uint place = lane / 8 * pitch + lane % 8, free = place + (WRONG ? 7 : 8);
    event_t ev = rows_in(tile, pitch, A, pitch, 8, 4);
    tile[free] = A[lane] * 2;
    wait_group_events(1, &ev);
    PUBLISH;
    B[lane] = tile[free];
    B[lane + 32] = tile[place];
}

kernel void result_written_while_stored(global float *A, global float *B)
{
    local float tile[32];
    uint lane = get_local_id(0);
    tile[lane] = A[lane];
    PUBLISH;
    event_t ev = async_work_group_copy(B, tile, 32, 0);
    if (!WRONG)
        wait_group_events(1, &ev);
    B[lane] = A[lane] * 2;
    if (WRONG)
        wait_group_events(1, &ev);
}

kernel void wait_after_the_write_in_rows(global float *A, global float *B)
{
    local float tile[64];
    uint lane = get_local_id(0);
    event_t low = rows_in(tile, 8, A, 8, 8, 4);
    event_t high = rows_in(tile + 32, 8, A, 8, 8, 4);
    wait_group_events(1, WRONG ? &low : &high);
    tile[lane + 32] = A[lane] + 1;
    wait_group_events(1, WRONG ? &high : &low);
    B[lane] = tile[lane];
    B[lane + 32] = tile[lane + 32];
}

kernel void line_written_early_where_copied(global float *A, global float *B, uint n)
{
    local float tile[32];
    uint lane = get_local_id(0);
    if (n > 3) {
        event_t ev = async_work_group_copy(tile, A, 32, 0);
        if (!WRONG)
            wait_group_events(1, &ev);
        tile[lane] = A[lane] * 2;
        if (WRONG)
            wait_group_events(1, &ev);
    }
    B[lane] = tile[lane];
}

kernel void last_element_written_by_another_threadgroup(global float *A, global float *B)
{
    local float tile[33];
    uint lane = get_local_id(0), own = get_group_id(0);
    tile[lane] = A[lane];
    if (lane == 0)
        tile[32] = A[32];
    PUBLISH;
    if (own == 0) {
        event_t ev = async_work_group_copy(B, tile, WRONG ? 33 : 32, 0);
        wait_group_events(1, &ev);
    } else {
        B[lane + 32] = A[lane + 32];
    }
}

kernel void double_buffer_written_in_the_other_half(global float *A, global float *B, uint tiles)
{
    local float tile[64];
    uint lane = get_local_id(0);
    event_t here = async_work_group_copy(tile, A, 32, 0);
    for (uint t = 0; t < tiles; t++) {
        uint half_ = t % 2 * 32, other_half = (t + 1) % 2 * 32;
        event_t ahead = async_work_group_copy(tile + other_half, A + (t + 1) * 32, t + 1 < tiles ? 32 : 0, 0);
        wait_group_events(1, &here);
        B[t * 32 + lane] = tile[half_ + lane];
        tile[(WRONG ? other_half : half_) + lane] = 0;
        PUBLISH;
        here = ahead;
    }
    wait_group_events(1, &here);
}
