kernel void stencil(global const float *x, global float *y, uint width, uint height) {
    uint column = get_global_id(0), row = get_global_id(1);
    if (column > 0 && column < width - 1 && row > 0 && row < height - 1) {
        uint i = row * width + column;
        y[i] = x[i] * 0.5f + (x[i - 1] + x[i + 1] + x[i - width] + x[i + width]) * 0.125f;
    }
}
