// Where the elements are that are chosen: those of each tile are counted, the counts become running sums, the positions are written.

constexpr int TILE = 2048;

// What chooses an element.
struct IsTrue { template<class T, class I> METHOD static bool at(const T* x, I i) { return truth(x[i]); } };
// The first of equal neighbours; a NaN equals nothing.
struct IsNew {
    template<class T, class I> METHOD static bool at(const T* x, I i) {
        if (i == 0) return true;
        T a = x[i - 1], b = x[i];
        if constexpr (is_complex<T>) return !(a.re == b.re && a.im == b.im);
        else return !(wide(a) == wide(b));
    }
};

template<class Chosen, class T, class I> __global__ void count_tiles(i64* counts, I tiles, const T* x, I n) {
    __shared__ i64 room[THREADS];
    for (I tile = blockIdx.x; tile < tiles; tile += gridDim.x) {
        I from = tile * TILE, to = n - from < TILE ? n : from + TILE;
        i64 count = 0;
        for (I i = from + (I)threadIdx.x; i < to; i += blockDim.x) count += Chosen::at(x, i);
        count = block_join<NonZero>(count, room);
        if (threadIdx.x == 0) counts[tile] = count;
        __syncthreads();
    }
}

// `ends` has the number of all that are chosen up to the end of each tile.
template<class Chosen, class T, class I> __global__ void write_tiles(i64* out, I tiles, const i64* ends, const T* x, I n) {
    __shared__ i64 room[THREADS];
    for (I tile = blockIdx.x; tile < tiles; tile += gridDim.x) {
        I from = tile * TILE, to = n - from < TILE ? n : from + TILE;
        i64 before = tile ? ends[tile - 1] : 0;
        for (I start = from; start < to; start += blockDim.x) {
            I i = start + (I)threadIdx.x;
            i64 own = i < to && Chosen::at(x, i), place = block_scan<NonZero>(own, room);
            if (own) out[before + place - 1] = i;
            before += room[blockDim.x - 1];
            __syncthreads();
        }
    }
}

// The index along one axis of positions in C order: `(position / behind) % length`.
template<class I> __global__ void along_axis(i64* out, I n, const i64* positions, i64 behind, i64 length) {
    for (I i = first<I>(); i < n; i += step<I>()) out[i] = positions[i] / behind % length;
}
