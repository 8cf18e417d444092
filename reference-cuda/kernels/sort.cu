// Lines of keys, `length` each, one after the other; what is sorted are the positions in the line, equal keys in the order that they have.

// -- short lines -------------------------------------------------------------------------------------------------------

// Each element looks for its place: the number of those that come before it.
template<class K, class I> __global__ void rank_lines(I* positions, const K* keys, I n, I length) {
    for (I i = first<I>(); i < n; i += step<I>()) {
        I line = i / length * length, own = i - line, place = 0;
        K key = keys[i];
        for (I k = 0; k < length; ++k) place += keys[line + k] < key || (keys[line + k] == key && k < own);
        positions[line + place] = own;
    }
}

// -- long lines: four bits at a time, the lowest first -----------------------------------------------------------------
//
// A tile is TILE elements of one line, `tiles` of them a line. Counts are by line, digit and tile, so that their running sums along a line
// are the places where each digit of each tile goes.

constexpr int DIGITS = 16, ITEMS = 8, TILE = THREADS * ITEMS;

template<class K, class I> __global__ void count_digits(i64* counts, const K* keys, I lines, I tiles, I length, I shift) {
    __shared__ u32 room[DIGITS];
    for (I unit = blockIdx.x; unit < lines * tiles; unit += gridDim.x) {
        I line = unit / tiles, tile = unit % tiles, from = tile * TILE, to = length - from < TILE ? length : from + TILE;
        // A counter is set to 0 by the thread that read it last.
        if (threadIdx.x < DIGITS) room[threadIdx.x] = 0;
        __syncthreads();
        for (I k = from + (I)threadIdx.x; k < to; k += blockDim.x) atomicAdd(&room[keys[line * length + k] >> shift & (DIGITS - 1)], 1u);
        __syncthreads();
        if (threadIdx.x < DIGITS) counts[(line * DIGITS + (I)threadIdx.x) * tiles + tile] = room[threadIdx.x];
    }
}

// How often each digit occurs, 16 bits each: no more than TILE times.
struct Digits {
    u64 four[DIGITS / 4];

    METHOD static Digits none() {
        Digits out;
        #pragma unroll
        for (int i = 0; i < DIGITS / 4; ++i) out.four[i] = 0;
        return out;
    }
    METHOD void add(u32 digit) { four[digit >> 2] += 1ull << 16 * (digit & 3); }
    METHOD u32 of(u32 digit) const { return four[digit >> 2] >> 16 * (digit & 3) & 0xffff; }
};
struct DigitCounts {
    METHOD static Digits join(Digits a, Digits b) {
        #pragma unroll
        for (int i = 0; i < DIGITS / 4; ++i) a.four[i] += b.four[i];
        return a;
    }
};

// `ends` has the running sums of the counts. Without `positions` they are those of the keys.
template<class K, class I>
__global__ void move_digits(K* keys_out, I* positions_out, const K* keys, const I* positions, const i64* ends, I lines, I tiles, I length,
                            I shift) {
    __shared__ Digits room[THREADS];
    for (I unit = blockIdx.x; unit < lines * tiles; unit += gridDim.x) {
        I line = unit / tiles, tile = unit % tiles, base = line * length, end = length - tile * TILE < TILE ? length : (tile + 1) * TILE;
        // A thread has ITEMS elements that follow each other.
        I from = tile * TILE + (I)threadIdx.x * ITEMS, to = from > end ? from : end - from < ITEMS ? end : from + ITEMS;
        Digits own = Digits::none();
        for (I k = from; k < to; ++k) own.add((u32)(keys[base + k] >> shift & (DIGITS - 1)));
        Digits upto = block_scan<DigitCounts>(own, room), met = Digits::none();
        for (I k = from; k < to; ++k) {
            K key = keys[base + k];
            u32 digit = (u32)(key >> shift & (DIGITS - 1));
            I entry = (I)digit * tiles + tile, before = entry ? (I)ends[line * DIGITS * tiles + entry - 1] : 0;
            I place = base + before + (I)(upto.of(digit) - own.of(digit) + met.of(digit));
            met.add(digit);
            keys_out[place] = key;
            positions_out[place] = positions ? positions[base + k] : k;
        }
    }
}

// -- what is done with positions ---------------------------------------------------------------------------------------

// The elements at positions in their line.
template<class T, class P, class I> __global__ void pick(T* out, const T* x, const P* positions, I n, I length) {
    for (I i = first<I>(); i < n; i += step<I>()) out[i] = x[i / length * length + (I)positions[i]];
}

// The number of sorted keys that come before each wanted one; equal keys do, where `right` is not 0.
template<class K, class I> __global__ void search(i64* out, const K* wanted, I n, const K* keys, I length, I right) {
    for (I i = first<I>(); i < n; i += step<I>()) {
        K key = wanted[i];
        I low = 0, high = length;
        while (low < high) {
            I middle = low + (high - low) / 2;
            if (keys[middle] < key || (right && keys[middle] == key)) low = middle + 1;
            else high = middle;
        }
        out[i] = low;
    }
}
