// Elements at positions that an array holds.
//
// Element number i of the chosen part has three places: in the array that is chosen from (but for the axes that the positions are along),
// in the other array, and in that of the positions. `over` are the axes that the positions are along, `length` how many elements they have.

template<int RANK, int OVER, class I, class Index>
METHOD I place(const Walk<OVER, 1, I>& over, I length, const Index* index, I at) {
    I k = (I)index[at];
    return locate(over, k < 0 ? k + length : k);
}

template<class T, class Index, int RANK, int OVER, class I>
__global__ void gather(T* out, I n, Walk<RANK, 3, I> walk, const T* data, const Index* index, Walk<OVER, 1, I> over, I length) {
    for (I i = first<I>(); i < n; i += step<I>()) {
        I at[3];
        locate(walk, i, at);
        out[at[1]] = data[at[0] + place<RANK>(over, length, index, at[2])];
    }
}

// Where a position comes twice, either value stays.
template<class T, class Index, int RANK, int OVER, class I>
__global__ void scatter(T* data, I n, Walk<RANK, 3, I> walk, const T* values, const Index* index, Walk<OVER, 1, I> over, I length) {
    for (I i = first<I>(); i < n; i += step<I>()) {
        I at[3];
        locate(walk, i, at);
        data[at[0] + place<RANK>(over, length, index, at[2])] = values[at[1]];
    }
}

// Whether any index is outside of [-length, length).
template<class Index, class I> __global__ void any_outside(u32* found, const Index* index, I n, i64 length) {
    for (I i = first<I>(); i < n; i += step<I>()) {
        Index k = index[i];
        bool good = is_signed<Index> ? (i64)k >= -length && (i64)k < length : (u64)k < (u64)length;
        if (!good) *found = 1; // all that write, write the same
    }
}
