#include "tile.h"

kernel void element_behind_the_tile(global float *A, global float *B)
{
    local volatile float tile[32];
    uint lane = get_local_id(0);
    if (lane == 0) {
        tile[WRONG ? 32 : 31] = A[0];
        B[0] = A[0];
    }
}

kernel void last_thread_reads_beyond_the_input(global float *A, global float *B)
{
    uint i = get_global_id(0);
    B[i] = A[WRONG ? i + 1 : i];
}

kernel void first_thread_writes_before_the_tile(global float *A, global float *B)
{
    local float tile[31];
    int lane = get_local_id(0);
    if (lane >= (WRONG ? 0 : 1))
        tile[lane - 1] = A[lane];
    PUBLISH;
    if (lane < 31)
        B[lane] = tile[lane];
}

kernel void line_longer_than_the_tile(global float *A, global float *B, uint n)
{
    local float tile[32];
    uint lane = get_local_id(0);
    tile[lane] = A[lane];
    PUBLISH;
    event_t ev = async_work_group_copy(tile + WRONG, A, n, 0);
    wait_group_events(1, &ev);
    B[lane] = tile[lane];
}

kernel void line_beyond_the_input(global float *A, global float *B)
{
    local float tile[33];
    uint lane = get_local_id(0), start = get_group_id(0) * 32;
    tile[lane] = A[start + lane];
    PUBLISH;
    event_t ev = async_work_group_copy(tile, A + start, WRONG ? 33 : 32, 0);
    wait_group_events(1, &ev);
    B[start + lane] = tile[lane];
}

kernel void last_row_beyond_the_input(global float *A, global float *B, uint pitch)
{
    local float tile[32];
    uint lane = get_local_id(0);
    tile[lane] = 0;
    PUBLISH;
    event_t ev = rows_in(tile, 8, A + (WRONG ? 9 : 8), pitch, 8, 4);
    wait_group_events(1, &ev);
    B[lane] = tile[lane];
}

kernel void edge_tile_without_its_valid_extent(global float *A, global float *B, uint rows)
{
    local float tile[32];
    uint lane = get_local_id(0), row = get_group_id(0) * 4;
    tile[lane] = 0;
    PUBLISH;
    event_t ev = rows_in(tile, 8, A + row * 8, 8, 8, WRONG ? 4 : min(rows - row, 4u));
    wait_group_events(1, &ev);
    if (row * 8 + lane < rows * 8)
        B[row * 8 + lane] = tile[lane];
}

kernel void stored_edge_tile_without_its_valid_extent(global float *A, global float *B, uint rows)
{
    local float tile[32];
    uint lane = get_local_id(0), row = get_group_id(0) * 4;
    tile[lane] = A[(row * 8 + lane) % 48];
    PUBLISH;
    event_t ev = rows_out(B + row * 8, 8, tile, 8, 8, WRONG ? 4 : min(rows - row, 4u));
    wait_group_events(1, &ev);
}

kernel void one_element_where_none_is_right(global float *A, global float *B, int n)
{
    local float tile[32];
    uint lane = get_local_id(0);
    tile[lane] = A[lane];
    PUBLISH;
    event_t ev = async_work_group_copy(tile, A + 1000, WRONG ? n + 1 : n, 0);
    wait_group_events(1, &ev);
    B[lane] = tile[lane];
}

kernel void loop_beyond_the_registers(global float *A, global float *B, uint n)
{
    float own[4];
    uint first = get_local_id(0) * 4;
    for (uint k = 0; k < (WRONG ? n + 1 : n); k++)
        own[k] = A[first + k % 4];
    for (uint k = 0; k < 4; k++)
        B[first + k] = own[k];
}
