// Many elements along axes become one. The order in which partial results are joined depends on the shape alone.
//
// The elements of each output are cut into parts of `part` elements; a unit of work is one part of one output. With more than one part,
// partial results go to `partial`, and `join_parts` makes the results of them.

template<class Fold, class T> struct Unit {
    typedef typename Fold::Acc Acc;
    static_assert(sizeof(Acc) <= 64, "the host makes room for 64 bytes");

    // Elements `from`, `from + by`, ... before `to` of an output.
    template<int GONE, class I> METHOD static Acc fold(const T* x, const Walk<GONE, 1, I>& gone, I from, I to, I by) {
        Acc acc = Fold::nothing();
        if (from >= to) return acc;
        T first = x[locate(gone, (I)0)];
        #pragma unroll 4
        for (I k = from; k < to; k += by) acc = Fold::join(acc, Fold::lift(x[locate(gone, k)], first, (i64)k));
        return acc;
    }
    // This thread's share of elements `from` to `to` of an output, which lie beside each other: 16 bytes at a time, several on their way.
    template<class I> METHOD static Acc share(const T* x, I from, I to) {
        constexpr int width = 16 / (int)sizeof(T), turns = 4;
        typedef Pack<T, width> Group;
        I own = threadIdx.x, by = blockDim.x, start = from + (I)((0 - (u64)(x + from)) % 16 / sizeof(T));
        if (start > to) start = to;
        I groups = (to - start) / width, end = start + groups * width;
        const Group* group = (const Group*)(x + start);
        T first = x[0];
        Acc acc[turns];
        #pragma unroll
        for (int t = 0; t < turns; ++t) acc[t] = Fold::nothing();
        auto take = [&](Acc& acc, Group some, I g) {
            #pragma unroll
            for (int k = 0; k < width; ++k) acc = Fold::join(acc, Fold::lift(some.at[k], first, (i64)(start + g * width + k)));
        };
        I g = own;
        for (; g + (turns - 1) * by < groups; g += turns * by) {
            Group some[turns];
            #pragma unroll
            for (int t = 0; t < turns; ++t) some[t] = group[g + t * by];
            #pragma unroll
            for (int t = 0; t < turns; ++t) take(acc[t], some[t], g + t * by);
        }
        for (; g < groups; g += by) take(acc[0], group[g], g);
        // Before the first group, and behind the last.
        if (from + own < start) acc[1] = Fold::join(acc[1], Fold::lift(x[from + own], first, (i64)(from + own)));
        if (end + own < to) acc[2] = Fold::join(acc[2], Fold::lift(x[end + own], first, (i64)(end + own)));
        return Fold::join(Fold::join(acc[0], acc[1]), Fold::join(acc[2], acc[3]));
    }
    template<class Out, class I> METHOD static void store(Out* out, Acc* partial, I unit, Acc acc, I length, double option) {
        if (partial) partial[unit] = acc;
        else out[unit] = Fold::template finish<Out>(acc, (i64)length, option);
    }
};

// A block for each unit: for many elements that lie beside each other.
template<class Fold, class T, class Out, int KEPT, int GONE, class I>
__global__ void rows(Out* out, typename Fold::Acc* partial, const T* x, I outputs, I parts, I length, I part, Walk<KEPT, 1, I> kept,
                     Walk<GONE, 1, I> gone, double option) {
    typedef typename Fold::Acc Acc;
    __shared__ Acc room[THREADS];
    for (I unit = blockIdx.x; unit < outputs * parts; unit += gridDim.x) {
        I from = unit / outputs * part, to = length - from < part ? length : from + part;
        const T* row = x + locate(kept, unit % outputs);
        bool beside = GONE == 1 && gone.stride[0][0] == 1 && from < to;
        Acc acc = beside ? Unit<Fold, T>::share(row + gone.start[0], from, to)
                         : Unit<Fold, T>::fold(row, gone, from + (I)threadIdx.x, to, (I)blockDim.x);
        acc = block_join<Fold>(acc, room);
        if (threadIdx.x == 0) Unit<Fold, T>::store(out, partial, unit, acc, length, option);
        __syncthreads();
    }
}

// A thread for each unit: for few elements, or where those of neighbouring outputs lie beside each other.
template<class Fold, class T, class Out, int KEPT, int GONE, class I>
__global__ void columns(Out* out, typename Fold::Acc* partial, const T* x, I outputs, I parts, I length, I part, Walk<KEPT, 1, I> kept,
                        Walk<GONE, 1, I> gone, double option) {
    for (I unit = first<I>(); unit < outputs * parts; unit += step<I>()) {
        I from = unit / outputs * part, to = length - from < part ? length : from + part;
        const T* row = x + locate(kept, unit % outputs);
        Unit<Fold, T>::store(out, partial, unit, Unit<Fold, T>::fold(row, gone, from, to, (I)1), length, option);
    }
}

// Results of the partial results of all parts.
template<class Fold, class Out, class I>
__global__ void join_parts(Out* out, const typename Fold::Acc* partial, I outputs, I parts, I length, double option) {
    typedef typename Fold::Acc Acc;
    __shared__ Acc room[THREADS];
    for (I output = blockIdx.x; output < outputs; output += gridDim.x) {
        Acc acc = Fold::nothing();
        for (I p = threadIdx.x; p < parts; p += blockDim.x) acc = Fold::join(acc, partial[p * outputs + output]);
        acc = block_join<Fold>(acc, room);
        if (threadIdx.x == 0) out[output] = Fold::template finish<Out>(acc, (i64)length, option);
        __syncthreads();
    }
}
