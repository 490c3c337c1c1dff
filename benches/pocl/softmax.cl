// A work-group of COLS / HELD work-items for each row, each of which holds HELD elements of it.

kernel void softmax(global const float *x, global float *y, local float *parts) {
    uint item = get_local_id(0), items = get_local_size(0), start = get_group_id(0) * COLS;
    float held[HELD];
    float greatest = -INFINITY;
    for (uint n = 0; n < HELD; n++) {
        held[n] = x[start + n * items + item];
        greatest = fmax(greatest, held[n]);
    }
    parts[item] = greatest;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint width = items / 2; width > 0; width /= 2) {
        if (item < width) parts[item] = fmax(parts[item], parts[item + width]);
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    greatest = parts[0];
    barrier(CLK_LOCAL_MEM_FENCE);
    float total = 0.0f;
    for (uint n = 0; n < HELD; n++) {
        held[n] = exp(held[n] - greatest);
        total += held[n];
    }
    parts[item] = total;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint width = items / 2; width > 0; width /= 2) {
        if (item < width) parts[item] += parts[item + width];
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    float scale = 1.0f / parts[0];
    for (uint n = 0; n < HELD; n++) y[start + n * items + item] = held[n] * scale;
}
