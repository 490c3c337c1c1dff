// The OpenCL form of `sum_of_tiles` in checker.py.
kernel void sum_of_tiles(global const float *A, global float *B)
{
    local float tile[512];
    uint i = get_local_id(0);
    float sum = 0;
    for (uint t = 0; t < 16; t++) {
        event_t ev = async_work_group_copy(tile, A + t * 512, 512, 0);
        wait_group_events(1, &ev);
        for (uint k = 0; k < 8; k++)
            sum += tile[i + k * 64];
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    B[get_global_id(0)] = sum;
}
