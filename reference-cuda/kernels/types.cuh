// The element types, without headers: integers by width, half precision as storage that computes in float, complex numbers as pairs.
typedef signed char i8;
typedef short i16;
typedef int i32;
typedef long long i64;
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

#define DEVICE static __device__ __forceinline__
#define METHOD __device__ __forceinline__

// A float that lost bits, so that the next rounding is the only one: the last bit is set where the conversion was not exact.
DEVICE float sticky(double x) {
    float f = (float)x;
    double back = f;
    if (back == x || x != x) return f;
    u32 bits = __float_as_uint(f);
    if ((back < 0 ? -back : back) > (x < 0 ? -x : x)) bits -= 1;
    return __uint_as_float(bits | 1);
}

struct f16 {
    u16 bits;
    METHOD operator float() const {
        u32 sign = (u32)(bits & 0x8000) << 16, field = bits >> 10 & 31, fraction = bits & 1023;
        if (field == 0) return __uint_as_float(__float_as_uint((float)fraction * 5.9604644775390625e-8f) | sign);
        return __uint_as_float(sign | (field == 31 ? 255 : field + 112) << 23 | fraction << 13);
    }
    METHOD static f16 from(float x) {
        u32 all = __float_as_uint(x), sign = all >> 16 & 0x8000, u = all & 0x7fffffff;
        f16 out;
        if (u > 0x7f800000) out.bits = sign | 0x7e00;                 // NaN
        else if (u >= 0x477ff000) out.bits = sign | 0x7c00;           // 65520 and more
        else if (u < 0x38800000)                                      // subnormal: the adder rounds to multiples of 2^-24
            out.bits = sign | (__float_as_uint(__uint_as_float(u) + 0.5f) - 0x3f000000);
        else out.bits = sign | ((u + 0xfff + (u >> 13 & 1) - 0x38000000) >> 13);
        return out;
    }
};

struct bf16 {
    u16 bits;
    METHOD operator float() const { return __uint_as_float((u32)bits << 16); }
    METHOD static bf16 from(float x) {
        u32 u = __float_as_uint(x);
        bf16 out;
        out.bits = (u & 0x7fffffff) > 0x7f800000 ? (u >> 16 | 0x40) : (u + 0x7fff + (u >> 16 & 1)) >> 16;
        return out;
    }
};

template<class T> struct alignas(2 * sizeof(T)) complex {
    T re, im;
};
typedef complex<float> c64;
typedef complex<double> c128;

enum Kind { BOOL, INT, UINT, FLOAT, COMPLEX };

// Of each type: its kind, the type that arithmetic is done in, and the integers without sign of its width.
template<class T> struct Type;
template<> struct Type<bool> { static const Kind kind = BOOL; typedef bool arithmetic; typedef u8 bits; };
template<> struct Type<i8> { static const Kind kind = INT; typedef i8 arithmetic; typedef u8 bits; };
template<> struct Type<i16> { static const Kind kind = INT; typedef i16 arithmetic; typedef u16 bits; };
template<> struct Type<i32> { static const Kind kind = INT; typedef i32 arithmetic; typedef u32 bits; };
template<> struct Type<i64> { static const Kind kind = INT; typedef i64 arithmetic; typedef u64 bits; };
template<> struct Type<u8> { static const Kind kind = UINT; typedef u8 arithmetic; typedef u8 bits; };
template<> struct Type<u16> { static const Kind kind = UINT; typedef u16 arithmetic; typedef u16 bits; };
template<> struct Type<u32> { static const Kind kind = UINT; typedef u32 arithmetic; typedef u32 bits; };
template<> struct Type<u64> { static const Kind kind = UINT; typedef u64 arithmetic; typedef u64 bits; };
template<> struct Type<f16> { static const Kind kind = FLOAT; typedef float arithmetic; typedef u16 bits; };
template<> struct Type<bf16> { static const Kind kind = FLOAT; typedef float arithmetic; typedef u16 bits; };
template<> struct Type<float> { static const Kind kind = FLOAT; typedef float arithmetic; typedef u32 bits; };
template<> struct Type<double> { static const Kind kind = FLOAT; typedef double arithmetic; typedef u64 bits; };
template<> struct Type<c64> { static const Kind kind = COMPLEX; typedef c64 arithmetic; };
template<> struct Type<c128> { static const Kind kind = COMPLEX; typedef c128 arithmetic; };

template<class T> constexpr bool is_integer = Type<T>::kind == INT || Type<T>::kind == UINT;
template<class T> constexpr bool is_signed = Type<T>::kind == INT;
template<class T> constexpr bool is_float = Type<T>::kind == FLOAT;
template<class T> constexpr bool is_complex = Type<T>::kind == COMPLEX;
template<class A, class B> constexpr bool same = false;
template<class A> constexpr bool same<A, A> = true;

template<class T> METHOD constexpr bool is_nan(T x) { return x != x; }
DEVICE double infinity() { return __longlong_as_double(0x7ff0000000000000ll); }
DEVICE double not_a_number() { return __longlong_as_double(0x7ff8000000000000ll); }
DEVICE double magnitude(double x) { return fabs(x); }
DEVICE bool is_infinite(double x) { return magnitude(x) == infinity(); }
DEVICE bool is_finite(double x) { return magnitude(x) < infinity(); }

// A number of one type as one of another. Between floats: to the nearest, ties to even, once.
template<class To, class From> METHOD To convert(From x) {
    if constexpr (same<To, From>) return x;
    else if constexpr (is_complex<From>) return To{(decltype(To::re))x.re, (decltype(To::re))x.im};
    else if constexpr (is_complex<To>) return To{convert<decltype(To::re)>(x), 0};
    else if constexpr (same<From, f16> || same<From, bf16>) return convert<To>((float)x);
    else if constexpr (same<To, bool>) return x != From(0);
    else if constexpr (same<To, f16> || same<To, bf16>) {
        if constexpr (same<From, float>) return To::from(x);
        else if constexpr (same<From, double>) return To::from(sticky(x));
        else {
            // 64 bits do not fit a double: what falls off sets the last bit.
            bool negative = x < From(0);
            u64 all = negative ? 0 - (u64)x : (u64)x;
            if (all >> 53) all = (all >> 11 | ((all & 2047) != 0)) << 11;
            return To::from(sticky(negative ? -(double)all : (double)all));
        }
    } else return (To)x;
}

// Half precision is widened, the rest stays as it is.
template<class T> METHOD typename Type<T>::arithmetic wide(T x) { return (typename Type<T>::arithmetic)x; }

// Whether an element is not 0.
template<class T> METHOD bool truth(T x) {
    if constexpr (is_complex<T>) return x.re != 0 || x.im != 0;
    else return convert<bool>(x);
}
