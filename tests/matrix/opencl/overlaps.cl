#include "tile.h"

kernel void one_element_into_the_next_line(global float *A, global float *B)
{
    local float tile[64];
    uint lane = get_local_id(0);
    event_t ev = async_work_group_copy(tile, A, WRONG ? 33 : 32, 0);
    ev = async_work_group_copy(tile + 32, A + 32, 32, ev);
    wait_group_events(1, &ev);
    B[lane] = tile[lane];
    B[lane + 32] = tile[lane + 32];
}

kernel void one_column_into_the_next_tile(global float *A, global float *B)
{
    local float tile[64];
    uint lane = get_local_id(0);
    event_t left = rows_in(tile, 16, A, 16, WRONG ? 9 : 8, 4);
    event_t right = rows_in(tile + 8, 16, A + 8, 16, 8, 4);
    wait_group_events(1, &left);
    wait_group_events(1, &right);
    B[lane] = tile[lane];
    B[lane + 32] = tile[lane + 32];
}

kernel void stored_before_it_arrived(global float *A, global float *B)
{
    local float tile[32];
    event_t arrival = async_work_group_copy(tile, A, 32, 0);
    if (!WRONG)
        wait_group_events(1, &arrival);
    event_t departure = async_work_group_copy(B, tile, 32, 0);
    if (WRONG)
        wait_group_events(1, &arrival);
    wait_group_events(1, &departure);
}

kernel void next_tile_loaded_before_this_one_left(global float *A, global float *B)
{
    local float tile[32];
    uint lane = get_local_id(0);
    tile[lane] = A[lane];
    PUBLISH;
    event_t departure = rows_out(B, 8, tile, 8, 8, 4);
    if (!WRONG)
        wait_group_events(1, &departure);
    event_t arrival = rows_in(tile, 8, A + 32, 8, 8, 4);
    if (WRONG)
        wait_group_events(1, &departure);
    wait_group_events(1, &arrival);
    B[lane + 32] = tile[lane];
}

kernel void stored_line_loaded_back_early(global float *A, global float *B)
{
    local float tile[64];
    uint lane = get_local_id(0);
    tile[lane] = A[lane];
    PUBLISH;
    event_t out = async_work_group_copy(B, tile, 32, 0);
    if (!WRONG)
        wait_group_events(1, &out);
    event_t back = async_work_group_copy(tile + 32, B, 32, 0);
    if (WRONG)
        wait_group_events(1, &out);
    wait_group_events(1, &back);
    B[lane + 32] = tile[lane + 32];
}

kernel void both_of_two_alternatives(global float *A, global float *B, uint n)
{
    local float tile[32];
    uint lane = get_local_id(0);
    event_t many = async_work_group_copy(tile, A, n > 4 ? 32 : 0, 0);
    event_t few = async_work_group_copy(tile, A + 16, n <= (WRONG ? 5 : 4) ? 16 : 0, 0);
    wait_group_events(1, &many);
    wait_group_events(1, &few);
    B[lane] = tile[lane];
}

kernel void threadgroups_store_one_element_too_many(global float *A, global float *B)
{
    local float tile[33];
    uint start = get_group_id(0) * 32;
    event_t arrival = async_work_group_copy(tile, A + start, 33, 0);
    wait_group_events(1, &arrival);
    event_t departure = async_work_group_copy(B + start, tile, WRONG ? 33 : 32, 0);
    wait_group_events(1, &departure);
}

kernel void loaded_while_another_threadgroup_stores(global float *A, global float *B)
{
    local float tile[32];
    uint lane = get_local_id(0);
    tile[lane] = A[lane];
    PUBLISH;
    if (get_group_id(0) == 0) {
        event_t out = rows_out(B, 8, tile, 8, 8, 4);
        wait_group_events(1, &out);
    } else {
        event_t back = rows_in(tile, 8, WRONG ? B : A + 32, 8, 8, 4);
        wait_group_events(1, &back);
        B[lane + 32] = tile[lane];
    }
}

kernel void stores_of_a_loop_one_element_apart(global float *A, global float *B, uint begin, uint end, uint stride)
{
    local float tile[64];
    uint lane = get_local_id(0);
    tile[lane] = A[lane];
    PUBLISH;
    event_t before = async_work_group_copy(B, tile, 32, 0);
    for (uint t = begin; t < end; t++) {
        uint slot = t % 2 * 32;
        tile[slot + lane] = A[t * 32 + lane];
        PUBLISH;
        event_t ev = async_work_group_copy(B + t * (WRONG ? stride - 1 : stride), tile + slot, 32, 0);
        wait_group_events(1, &before);
        before = ev;
    }
    wait_group_events(1, &before);
}
