// Elements as unsigned integers in the same order: equal elements have one key, all NaN the last one.

template<class T> METHOD typename Type<T>::bits bits_of(T x) { return (typename Type<T>::bits)x; }
METHOD u16 bits_of(f16 x) { return x.bits; }
METHOD u16 bits_of(bf16 x) { return x.bits; }
METHOD u32 bits_of(float x) { return __float_as_uint(x); }
METHOD u64 bits_of(double x) { return (u64)__double_as_longlong(x); }

template<class T> METHOD typename Type<T>::bits key_of(T x) {
    typedef typename Type<T>::bits Bits;
    constexpr Bits sign = (Bits)1 << (8 * sizeof(Bits) - 1);
    Bits bits = bits_of(x);
    if constexpr (is_float<T>) {
        auto v = wide(x);
        if (is_nan(v)) return (Bits)~(Bits)0;
        if (v == 0) return sign;
        return bits & sign ? (Bits)~bits : (Bits)(bits | sign);
    } else if constexpr (is_signed<T>) return bits ^ sign;
    else return bits;
}

UNARY(Key) { return key_of(x); } };
UNARY(KeyDescending) { return (Out)~key_of(x); } };
UNARY(KeyReal) { return key_of(x.re); } };
UNARY(KeyImaginary) { return key_of(x.im); } };
