#include "tile.h"

kernel void line_reused_early(global float *A, global float *B)
{
    local float tile[32];
    uint lane = get_local_id(0);
    tile[lane] = A[lane];
    PUBLISH;
    event_t ev = async_work_group_copy(B, tile, 32, 0);
    if (!WRONG)
        wait_group_events(1, &ev);
    tile[lane] = 0;
    if (WRONG)
        wait_group_events(1, &ev);
}

kernel void column_reused_beside_the_rows(global float *A, global float *B, uint pitch)
{
    local float tile[64];
    uint lane = get_local_id(0), place = lane / 8 * pitch + lane % 8;
    tile[place] = A[lane];
    PUBLISH;
    event_t ev = rows_out(B, 8, tile, pitch, 8, 4);
    tile[place + (WRONG ? 7 : 8)] = 0;
    wait_group_events(1, &ev);
}

kernel void input_overwritten_early(global float *A, global float *B)
{
    local float tile[32];
    uint lane = get_local_id(0);
    event_t ev = async_work_group_copy(tile, A, 32, 0);
    if (!WRONG)
        wait_group_events(1, &ev);
    A[lane] = 0;
    if (WRONG)
        wait_group_events(1, &ev);
    B[lane] = tile[lane];
}

kernel void input_overwritten_beside_the_rows(global float *A, global float *B, uint pitch)
{
    local float tile[32];
    uint lane = get_local_id(0);
    event_t ev = rows_in(tile, 8, A, pitch, 8, 4);
    A[lane / 8 * pitch + lane % 8 + (WRONG ? 7 : 8)] = 0;
    wait_group_events(1, &ev);
    B[lane] = tile[lane];
}

kernel void reused_after_the_wrong_wait(global float *A, global float *B)
{
    local float tile[32];
    uint lane = get_local_id(0);
    tile[lane] = A[lane];
    PUBLISH;
    event_t low = async_work_group_copy(B, tile, 16, 0);
    event_t high = async_work_group_copy(B + 16, tile + 16, 16, 0);
    wait_group_events(1, WRONG ? &high : &low);
    if (lane < 16)
        tile[lane] = 0;
    wait_group_events(1, WRONG ? &low : &high);
}

kernel void last_element_overwritten_by_another_threadgroup(global float *A, global float *B)
{
    local float tile[33];
    uint lane = get_local_id(0);
    if (get_group_id(0) == 0) {
        event_t ev = async_work_group_copy(tile, A, WRONG ? 33 : 32, 0);
        wait_group_events(1, &ev);
        B[lane] = tile[lane];
    } else {
        A[lane + 32] = 0;
    }
}

kernel void slot_of_a_ring_reused_early(global float *A, global float *B, uint begin, uint end)
{
    local float tile[64];
    uint lane = get_local_id(0), slots = WRONG ? 1 : 2;
    tile[lane] = A[lane];
    PUBLISH;
    event_t before = async_work_group_copy(B, tile, 32, 0);
    for (uint t = begin; t < end; t++) {
        uint slot = t % slots * 32;
        tile[slot + lane] = A[t * 32 + lane];
        PUBLISH;
        event_t ev = async_work_group_copy(B + t * 32, tile + slot, 32, 0);
        wait_group_events(1, &before);
        before = ev;
    }
    wait_group_events(1, &before);
}

kernel void last_element_exchanged_by_another_threadgroup(global float *A, global float *B)
{
    local float tile[33];
    uint lane = get_local_id(0);
    if (get_group_id(0) == 0) {
        event_t ev = async_work_group_copy(tile, A, WRONG ? 33 : 32, 0);
        wait_group_events(1, &ev);
        B[lane] = tile[lane];
    } else
        atomic_xchg(A + lane + 32, 0.0f);
}
