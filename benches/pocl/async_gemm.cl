// A work-group of 32 x 4 work-items computes a 32 x 32 tile of c, eight elements each.

kernel void async_gemm(global const float *a, global const float *b, global float *c, local float *tile_a, local float *tile_b) {
    uint column = get_local_id(0), first = get_local_id(1);
    uint row = get_group_id(1) * 32, col = get_group_id(0) * 32;
    float sums[8] = {0};
    for (uint k = 0; k < SIDE; k += 32) {
        for (uint r = first; r < 32; r += 4) {
            tile_a[r * 32 + column] = a[(row + r) * SIDE + k + column];
            tile_b[r * 32 + column] = b[(k + r) * SIDE + col + column];
        }
        barrier(CLK_LOCAL_MEM_FENCE);
        for (uint n = 0; n < 32; n++) {
            float factor = tile_b[n * 32 + column];
            for (uint r = 0; r < 8; r++) sums[r] += tile_a[(first + r * 4) * 32 + n] * factor;
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    for (uint r = 0; r < 8; r++) c[(row + first + r * 4) * SIDE + col + column] = sums[r];
}
