kernel void round_trip(global const float *x, global float *y, float a, float b, local float *tile) {
    size_t start = get_group_id(0) * TILE;
    event_t arrival = async_work_group_copy(tile, x + start, TILE, 0);
    wait_group_events(1, &arrival);
    for (uint i = get_local_id(0); i < TILE; i += get_local_size(0)) tile[i] = tile[i] * a + b;
    barrier(CLK_LOCAL_MEM_FENCE);
    event_t departure = async_work_group_copy(y + start, tile, TILE, 0);
    wait_group_events(1, &departure);
}
