// Philox4x32-10: numbers are a function of key and position.

struct Words {
    u32 at[4];
};

DEVICE Words philox(u32 k0, u32 k1, u64 block) {
    Words c = {{(u32)block, (u32)(block >> 32), 0, 0}};
    for (int round = 0; round < 10; ++round) {
        u64 p0 = (u64)0xD2511F53u * c.at[0], p1 = (u64)0xCD9E8D57u * c.at[2];
        c = Words{{(u32)(p1 >> 32) ^ c.at[1] ^ k0, (u32)p1, (u32)(p0 >> 32) ^ c.at[3] ^ k1, (u32)p0}};
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    return c;
}

// The numbers of one block.
template<class T> struct Unit;
template<> struct Unit<float> {
    static const int count = 4;
    METHOD static float of(Words w, int k) { return (float)(w.at[k] >> 8) * 5.9604644775390625e-8f; } // 2^-24
};
template<> struct Unit<double> {
    static const int count = 2;
    METHOD static double of(Words w, int k) {
        u64 all = (u64)w.at[2 * k + 1] << 32 | w.at[2 * k];
        return (double)(all >> 11) * 1.1102230246251565e-16; // 2^-53
    }
};

template<class T, class I> __global__ void uniform(T* out, I n, I blocks, u32 k0, u32 k1) {
    for (I b = first<I>(); b < blocks; b += step<I>()) {
        Words words = philox(k0, k1, (u64)b);
        I from = b * Unit<T>::count;
        for (int k = 0; k < Unit<T>::count; ++k)
            if (from + k < n) out[from + k] = Unit<T>::of(words, k);
    }
}
