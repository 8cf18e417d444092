// Element by element: any number of operands, any element function, written once.

// All operands in C order without gaps, or one value: 16 bytes at a time. `packs` is how many groups of elements are aligned for that.
template<class Op, class Out, class I, class... In> __global__ void flat(Out* out, I n, I packs, Source<In>... in) {
    constexpr int largest = Largest<Out, In...>::size, width = 16 / largest;
    for (I p = first<I>(); p < packs; p += step<I>()) {
        auto result = [&](Pack<In, width>... loaded) {
            Pack<Out, width> made;
            #pragma unroll
            for (int k = 0; k < width; ++k) made.at[k] = Op::template f<Out>(loaded.at[k]...);
            return made;
        }(in.template pack<width>(p)...);
        ((Pack<Out, width>*)out)[p] = result;
    }
    for (I i = packs * width + first<I>(); i < n; i += step<I>()) out[i] = Op::template f<Out>(in.at(i)...);
}

template<class Op, class Out, int RANK, int N, class I, int... K, class... In>
METHOD void visit(Out* out, I n, const Walk<RANK, N, I>& walk, Numbers<K...>, const Source<In>&... in) {
    for (I i = first<I>(); i < n; i += step<I>()) {
        I at[N];
        locate(walk, i, at);
        out[at[0]] = Op::template f<Out>(in.at(at[K + 1])...);
    }
}

// Any layouts, the result included.
template<class Op, class Out, int RANK, class I, class... In>
__global__ void strided(Out* out, I n, Walk<RANK, sizeof...(In) + 1, I> walk, Source<In>... in) {
    visit<Op, Out>(out, n, walk, typename Count<sizeof...(In)>::type(), in...);
}

// Whether any element is negative.
template<class T, class I> __global__ void any_negative(u32* found, const T* x, I n) {
    for (I i = first<I>(); i < n; i += step<I>())
        if (x[i] < T(0)) *found = 1; // all that write, write the same
}
