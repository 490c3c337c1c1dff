#include "tile.h"

kernel void one_element_more_than_was_stored(global float *A, global float *B)
{
    local float tile[32];
    uint lane = get_local_id(0);
    if (lane < 31)
        tile[lane] = A[lane];
    if (lane < (WRONG ? 32 : 31))
        B[lane] = tile[lane];
}

kernel void one_element_more_than_was_copied(global float *A, global float *B)
{
    local float tile[32];
    uint lane = get_local_id(0);
    event_t ev = async_work_group_copy(tile, A, WRONG ? 31 : 32, 0);
    wait_group_events(1, &ev);
    B[lane] = tile[lane];
}

kernel void column_between_the_rows(global float *A, global float *B)
{
    local float tile[64];
    uint lane = get_local_id(0);
    event_t ev = rows_in(tile, 16, A, 16, WRONG ? 7 : 8, 4);
    wait_group_events(1, &ev);
    B[lane] = tile[lane / 8 * 16 + lane % 8];
}

kernel void nothing_copied_where_the_predicate_is_false(global float *A, global float *B, uint n)
{
    local float tile[32];
    uint lane = get_local_id(0);
    if (n > (WRONG ? 5 : 4)) {
        event_t ev = async_work_group_copy(tile, A, 32, 0);
        wait_group_events(1, &ev);
    }
    B[lane] = tile[lane];
}

kernel void register_without_a_fill(global float *A, global float *B)
{
    float own[2];
    uint lane = get_local_id(0);
    own[WRONG ? 0 : 1] = A[lane];
    B[lane] = own[1];
}

kernel void partly_written_line_stored(global float *A, global float *B)
{
    local float tile[32];
    uint lane = get_local_id(0);
    if (lane < 31)
        tile[lane] = A[lane];
    PUBLISH;
    event_t ev = async_work_group_copy(B, tile, WRONG ? 32 : 31, 0);
    wait_group_events(1, &ev);
}

kernel void column_too_many_stored(global float *A, global float *B)
{
    local float tile[64];
    uint lane = get_local_id(0);
    tile[lane / 8 * 16 + lane % 8] = A[lane];
    PUBLISH;
    event_t ev = rows_out(B, 16, tile, 16, WRONG ? 9 : 8, 4);
    wait_group_events(1, &ev);
}

kernel void loop_one_short_of_the_tile(global float *A, global float *B, uint n)
{
    local float tile[32];
    uint lane = get_local_id(0);
    for (uint t = 0; t < (WRONG ? n - 1 : n); t++) {
        event_t ev = async_work_group_copy(tile + t * 8, A + t * 8, 8, 0);
        wait_group_events(1, &ev);
    }
    B[lane] = tile[lane];
}

kernel void tile_of_another_threadgroup(global float *A, global float *B)
{
    local float tile[32];
    uint lane = get_local_id(0), own = get_group_id(0);
    if (own <= (WRONG ? 0 : 1))
        tile[lane] = A[own * 32 + lane];
    B[own * 32 + lane] = tile[lane];
}
