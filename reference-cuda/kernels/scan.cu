// Running sums along lines of `length` elements. A unit of work is one part, of `part` elements, of one line: the sums of the parts before
// it are in `before`, by part and line, if there are several.

template<class Out, class Acc> METHOD void write_sum(Out* at, Acc sum) { *at = convert<Out>(single(sum)); }

// A block for each unit.
template<class Fold, class T, class Out, int RANK, class I>
__global__ void scan_rows(Out* out, const T* x, const typename Fold::Acc* before, I lines, I parts, I length, I part, Walk<RANK, 2, I> walk,
                          I out_step, I x_step) {
    typedef typename Fold::Acc Acc;
    __shared__ Acc room[THREADS];
    for (I unit = blockIdx.x; unit < lines * parts; unit += gridDim.x) {
        I from = unit / lines * part, to = length - from < part ? length : from + part, at[2];
        locate(walk, unit % lines, at);
        Acc carry = before ? before[unit] : Fold::nothing();
        for (I start = from; start < to; start += blockDim.x) {
            I k = start + (I)threadIdx.x;
            Acc own = Fold::nothing();
            if (k < to) own = Fold::lift(x[at[1] + k * x_step], T(), 0);
            own = block_scan<Fold>(own, room);
            if (k < to) write_sum(out + (at[0] + k * out_step), Fold::join(carry, own));
            carry = Fold::join(carry, room[blockDim.x - 1]);
            __syncthreads();
        }
    }
}

// A thread for each line.
template<class Fold, class T, class Out, int RANK, class I>
__global__ void scan_columns(Out* out, const T* x, I lines, I length, Walk<RANK, 2, I> walk, I out_step, I x_step) {
    for (I line = first<I>(); line < lines; line += step<I>()) {
        I at[2];
        locate(walk, line, at);
        typename Fold::Acc sum = Fold::nothing();
        for (I k = 0; k < length; ++k) {
            sum = Fold::join(sum, Fold::lift(x[at[1] + k * x_step], T(), 0));
            write_sum(out + (at[0] + k * out_step), sum);
        }
    }
}

// The sum of each part becomes that of all parts before it.
template<class Fold, class I> __global__ void scan_parts(typename Fold::Acc* sums, I lines, I parts) {
    for (I line = first<I>(); line < lines; line += step<I>()) {
        auto sum = Fold::nothing();
        for (I p = 0; p < parts; ++p) {
            auto own = sums[p * lines + line];
            sums[p * lines + line] = sum;
            sum = Fold::join(sum, own);
        }
    }
}
