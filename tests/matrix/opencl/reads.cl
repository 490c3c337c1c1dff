#include "tile.h"

kernel void line_read_early(global float *A, global float *B)
{
    local float tile[32];
    uint lane = get_local_id(0);
    event_t ev = async_work_group_copy(tile, A, 32, 0);
    if (!WRONG)
        wait_group_events(1, &ev);
    B[lane] = tile[lane];
    if (WRONG)
        wait_group_events(1, &ev);
}

kernel void tile_read_early(global float *A, global float *B)
{
    local float tile[32];
    uint lane = get_local_id(0);
    event_t ev = rows_in(tile, 8, A, 16, 8, 4);
    if (!WRONG)
        wait_group_events(1, &ev);
    B[lane] = tile[lane];
    if (WRONG)
        wait_group_events(1, &ev);
}

kernel void barrier_instead_of_wait(global float *A, global float *B)
{
    local float tile[64];
    uint i = get_local_id(0);
    tile[i] = 0;
    PUBLISH;
    event_t ev = async_work_group_copy(tile, A, 64, 0);
    if (!WRONG)
        wait_group_events(1, &ev);
    PUBLISH;
    B[i] = tile[i];
    PUBLISH;
    if (WRONG)
        wait_group_events(1, &ev);
}

kernel void other_event_waited(global float *A, global float *B)
{
    local float tile[64];
    uint lane = get_local_id(0);
    tile[lane] = tile[lane + 32] = 0;
    PUBLISH;
    event_t low = async_work_group_copy(tile, A, 32, 0);
    event_t high = async_work_group_copy(tile + 32, A + 32, 32, 0);
    wait_group_events(1, WRONG ? &low : &high);
    B[lane] = tile[lane + 32];
    wait_group_events(1, WRONG ? &high : &low);
}

kernel void one_element_beyond_the_half(global float *A, global float *B)
{
    local float tile[64];
    uint lane = get_local_id(0);
    event_t low = async_work_group_copy(tile, A, 32, 0);
    wait_group_events(1, &low);
    event_t high = async_work_group_copy(tile + 32, A + 32, 32, 0);
    B[lane] = tile[WRONG ? lane + 1 : lane];
    wait_group_events(1, &high);
}

kernel void last_column_of_the_rows(global float *A, global float *B, uint pitch)
{
    local float tile[64];
    uint lane = get_local_id(0);
    event_t right = rows_in(tile + 8, pitch, A + 8, pitch, 8, 4);
    wait_group_events(1, &right);
    event_t left = rows_in(tile, pitch, A, pitch, 8, 4);
    B[lane] = tile[lane / 8 * pitch + lane % 8 + (WRONG ? 7 : 8)];
    wait_group_events(1, &left);
}

kernel void line_read_early_where_copied(global float *A, global float *B, uint n)
{
    local float tile[32];
    uint lane = get_local_id(0);
    tile[lane] = 0;
    PUBLISH;
    if (n > 3) {
        event_t ev = async_work_group_copy(tile, A, 32, 0);
        if (!WRONG)
            wait_group_events(1, &ev);
        B[lane] = tile[lane];
        if (WRONG)
            wait_group_events(1, &ev);
    }
}

kernel void line_read_early_in_a_branch(global float *A, global float *B, uint n)
{
    local float tile[32];
    uint lane = get_local_id(0);
    event_t ev = async_work_group_copy(tile, A, 32, 0);
    if (n > 3) {
        if (!WRONG)
            wait_group_events(1, &ev);
        B[lane] = tile[lane];
        if (WRONG)
            wait_group_events(1, &ev);
    } else {
        wait_group_events(1, &ev);
        B[lane] = tile[lane] * 2;
    }
}

kernel void other_half_of_a_double_buffer(global float *A, global float *B, uint tiles)
{
    local float tile[64];
    uint lane = get_local_id(0);
    event_t here = async_work_group_copy(tile, A, 32, 0);
    for (uint t = 0; t < tiles; t++) {
        uint half_ = t % 2 * 32, other_half = (t + 1) % 2 * 32;
        event_t ahead = async_work_group_copy(tile + other_half, A + (t + 1) * 32, t + 1 < tiles ? 32 : 0, 0);
        wait_group_events(1, &here);
        B[t * 32 + lane] = tile[(WRONG ? other_half : half_) + lane];
        PUBLISH;
        here = ahead;
    }
    wait_group_events(1, &here);
}

kernel void double_buffer_waits_for_the_copy_ahead(global float *A, global float *B, uint tiles)
{
    local float tile[64];
    uint lane = get_local_id(0);
    event_t here = rows_in(tile, 8, A, 8, 8, 4);
    for (uint t = 0; t < tiles; t++) {
        uint half_ = t % 2 * 32, other_half = (t + 1) % 2 * 32;
        event_t ahead = rows_in(tile + other_half, 8, A + t * 32 + 32, 8, t + 1 < tiles ? 8 : 0, 4);
        wait_group_events(1, WRONG ? &ahead : &here);
        B[t * 32 + lane] = tile[half_ + lane];
        PUBLISH;
        if (!WRONG)
            here = ahead;
    }
    wait_group_events(1, &here);
}

kernel void stored_line_read_back_early(global float *A, global float *B)
{
    local float tile[32];
    uint lane = get_local_id(0);
    tile[lane] = A[lane];
    PUBLISH;
    event_t ev = async_work_group_copy(B, tile, 32, 0);
    if (!WRONG)
        wait_group_events(1, &ev);
    B[lane + 32] = B[lane];
    if (WRONG)
        wait_group_events(1, &ev);
}

kernel void last_column_of_stored_rows(global float *A, global float *B, uint pitch)
{
    local float tile[32];
    uint lane = get_local_id(0);
    tile[lane] = A[lane];
    PUBLISH;
    event_t ev = rows_out(B, pitch, tile, 8, 8, 4);
    B[lane + 64] = B[lane / 8 * pitch + lane % 8 + (WRONG ? 7 : 8)] + 1;
    wait_group_events(1, &ev);
}

kernel void store_of_another_threadgroup_read(global float *A, global float *B)
{
    local float tile[32];
    uint lane = get_local_id(0), own = get_group_id(0);
    tile[lane] = A[own * 32 + lane];
    PUBLISH;
    event_t ev = async_work_group_copy(B + own * 32, tile, 32, 0);
    wait_group_events(1, &ev);
    uint read = WRONG ? (own + 1) % 2 : own;
    B[own * 32 + lane + 64] = B[read * 32 + lane];
}

kernel void atomic_load_while_in_flight(global float *A, global float *B)
{
    local float tile[32];
    uint lane = get_local_id(0);
    event_t ev = async_work_group_copy(tile, A, 32, 0);
    if (!WRONG)
        wait_group_events(1, &ev);
    B[lane] = as_float(atomic_or((local int *)tile + lane, 0));
    if (WRONG)
        wait_group_events(1, &ev);
}
