// Where the elements are that are not zero: chunks are counted, the counts summed, the positions written. A thread takes a chunk, so
// nobody waits for anybody.

template<class T> METHOD bool truth(T x) {
    if constexpr (is_complex<T>) return x.re != 0 || x.im != 0;
    else return convert<bool>(x);
}

template<class T, class I> __global__ void count_chunks(i64* counts, I chunks, const T* x, I n, I chunk) {
    for (I c = first<I>(); c < chunks; c += step<I>()) {
        I end = n - c * chunk < chunk ? n : (c + 1) * chunk;
        i64 count = 0;
        for (I i = c * chunk; i < end; ++i) count += truth(x[i]);
        counts[c] = count;
    }
}

// Sums of chunks.
template<class I> __global__ void sum_chunks(i64* sums, I chunks, const i64* x, I n, I chunk) {
    for (I c = first<I>(); c < chunks; c += step<I>()) {
        I end = n - c * chunk < chunk ? n : (c + 1) * chunk;
        i64 sum = 0;
        for (I i = c * chunk; i < end; ++i) sum += x[i];
        sums[c] = sum;
    }
}

// Each element becomes the sum of all before it, where `starts` has the sums before the chunks (none: 0).
template<class I> __global__ void run_chunks(i64* x, I chunks, const i64* starts, I n, I chunk) {
    for (I c = first<I>(); c < chunks; c += step<I>()) {
        I end = n - c * chunk < chunk ? n : (c + 1) * chunk;
        i64 sum = starts ? starts[c] : 0;
        for (I i = c * chunk; i < end; ++i) {
            i64 own = x[i];
            x[i] = sum;
            sum += own;
        }
    }
}

template<class T, class I> __global__ void write_chunks(i64* out, I chunks, const i64* starts, const T* x, I n, I chunk) {
    for (I c = first<I>(); c < chunks; c += step<I>()) {
        I end = n - c * chunk < chunk ? n : (c + 1) * chunk;
        i64 at = starts[c];
        for (I i = c * chunk; i < end; ++i)
            if (truth(x[i])) out[at++] = i;
    }
}

// The index along one axis of positions in C order: `(position / behind) % length`.
template<class I> __global__ void along_axis(i64* out, I n, const i64* positions, i64 behind, i64 length) {
    for (I i = first<I>(); i < n; i += step<I>()) out[i] = positions[i] / behind % length;
}
