// Where elements lie: the one place for index arithmetic.

// Axes that several operands are walked along together, innermost last, in elements; `start` is where each operand begins.
template<int RANK, int N, class I> struct Walk {
    I length[RANK];
    I stride[N][RANK];
    I start[N];
};

// The places of element number `i` in each operand.
template<int RANK, int N, class I> METHOD void locate(const Walk<RANK, N, I>& walk, I i, I (&at)[N]) {
    #pragma unroll
    for (int n = 0; n < N; ++n) at[n] = walk.start[n];
    #pragma unroll
    for (int d = RANK - 1; d > 0; --d) {
        I rest = i / walk.length[d], k = i - rest * walk.length[d];
        #pragma unroll
        for (int n = 0; n < N; ++n) at[n] += k * walk.stride[n][d];
        i = rest;
    }
    #pragma unroll
    for (int n = 0; n < N; ++n) at[n] += i * walk.stride[n][0];
}

// The place of element number `i` in the only operand.
template<int RANK, class I> METHOD I locate(const Walk<RANK, 1, I>& walk, I i) {
    I at[1];
    locate(walk, i, at);
    return at[0];
}

// The numbers that a thread takes: from `first` on, one of every `step`.
template<class I> METHOD I first() { return (I)blockIdx.x * (I)blockDim.x + (I)threadIdx.x; }
template<class I> METHOD I step() { return (I)gridDim.x * (I)blockDim.x; }

// Elements that are loaded and stored as one.
template<class T, int N> struct alignas(sizeof(T) * N) Pack {
    T at[N];
};

// An operand: memory, or one value for all elements where there is no memory.
template<class T> struct Source {
    const T* data;
    i64 repeated; // not 0: the first element serves all
    alignas(16) unsigned char bytes[16];

    METHOD T value() const { return data ? *data : *(const T*)bytes; }
    template<int N> METHOD Pack<T, N> pack(i64 i) const {
        if (data && !repeated) return ((const Pack<T, N>*)data)[i];
        Pack<T, N> out;
        T one = value();
        #pragma unroll
        for (int k = 0; k < N; ++k) out.at[k] = one;
        return out;
    }
    METHOD T at(i64 i) const { return data ? data[repeated ? 0 : i] : *(const T*)bytes; }
};

// Numbers as a parameter pack.
template<int... K> struct Numbers {};
template<int N, int... K> struct Count : Count<N - 1, N - 1, K...> {};
template<int... K> struct Count<0, K...> { typedef Numbers<K...> type; };

template<class... T> struct Largest { static const int size = 1; };
template<class T, class... Rest> struct Largest<T, Rest...> {
    static const int rest = Largest<Rest...>::size;
    static const int size = (int)sizeof(T) > rest ? (int)sizeof(T) : rest;
};
