// Products of matrices of integers, modulo 2^bits. A block makes one tile of the result at a time, from tiles of both operands in shared
// memory; every thread makes one element.

// A stack of matrices: where it starts, and the distances between neighbours in a column, in a row, in the stack.
template<class T> struct Stack {
    const T* data;
    i64 down, across, step;
};

template<class T> __global__ void product(T* out, i64 step, Stack<T> a, Stack<T> b, i64 m, i64 n, i64 k, i64 count) {
    constexpr int side = 16;
    // Unsigned arithmetic at least as wide as int, so that nothing is undefined.
    typedef typename Type<T>::bits bits;
    typedef decltype(bits() + 0u) sum_type;
    // One column more than is used: rows start in different banks.
    __shared__ T left[side][side + 1], right[side][side + 1];
    int row = threadIdx.x / side, column = threadIdx.x % side;
    i64 wide = (n + side - 1) / side, tiles = (m + side - 1) / side * wide;
    for (i64 tile = blockIdx.x; tile < tiles * count; tile += gridDim.x) {
        i64 which = tile / tiles, place = tile % tiles;
        i64 i = place / wide * side + row, j = place % wide * side + column;
        const T *x = a.data + which * a.step, *y = b.data + which * b.step;
        sum_type sum = 0;
        for (i64 p = 0; p < k; p += side) {
            left[row][column] = i < m && p + column < k ? x[i * a.down + (p + column) * a.across] : T(0);
            right[row][column] = p + row < k && j < n ? y[(p + row) * b.down + j * b.across] : T(0);
            __syncthreads();
            #pragma unroll
            for (int q = 0; q < side; ++q) sum += (sum_type)left[row][q] * (sum_type)right[q][column];
            __syncthreads(); // before the tiles are overwritten
        }
        if (i < m && j < n) out[which * step + i * n + j] = (T)sum;
    }
}
