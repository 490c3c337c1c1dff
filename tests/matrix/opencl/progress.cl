#include "tile.h"

kernel void spin_on_a_tile_that_nobody_writes(global float *A, global float *B)
{
    local volatile float tile[32];
    uint lane = get_local_id(0);
    tile[lane] = 0;
    while (tile[lane] == 0)
        if (!WRONG)
            tile[lane] = A[lane];
    B[lane] = A[lane];
}
