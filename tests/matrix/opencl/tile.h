// What the OpenCL forms share. WRONG is 1 for the kernel with the fault, 0 for its twin.

#define PUBLISH barrier(CLK_LOCAL_MEM_FENCE)

// The rows of a tile, each a copy of its own, all under one event.
event_t rows_in(local float *dst, uint dst_pitch, const global float *src, uint src_pitch, uint cols, uint rows)
{
    event_t ev = 0;
    for (uint r = 0; r < rows; r++)
        ev = async_work_group_copy(dst + r * dst_pitch, src + r * src_pitch, cols, ev);
    return ev;
}

event_t rows_out(global float *dst, uint dst_pitch, const local float *src, uint src_pitch, uint cols, uint rows)
{
    event_t ev = 0;
    for (uint r = 0; r < rows; r++)
        ev = async_work_group_copy(dst + r * dst_pitch, src + r * src_pitch, cols, ev);
    return ev;
}
