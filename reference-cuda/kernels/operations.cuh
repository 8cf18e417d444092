// What happens to an element, operation by operation. `f<Out>(x...)` takes elements and gives one of type `Out`.

#define UNARY(NAME) struct NAME { template<class Out, class T> METHOD static Out f(T x)
#define BINARY(NAME) struct NAME { template<class Out, class T> METHOD static Out f(T x, T y)

// -- moving ------------------------------------------------------------------------------------------------------------

struct Copy { template<class Out, class T> METHOD static Out f(T x) { return x; } };
struct Convert { template<class Out, class T> METHOD static Out f(T x) { return convert<Out>(x); } };
struct Where { template<class Out, class T> METHOD static Out f(bool choice, T x, T y) { return choice ? x : y; } };

// -- one operand -------------------------------------------------------------------------------------------------------

template<class T> METHOD T negated(T x) { return (T)(0 - (typename Type<T>::bits)x); }

UNARY(Abs) {
    if constexpr (is_complex<T>) return (Out)hypot((double)x.re, (double)x.im);
    else if constexpr (is_float<T>) return convert<Out>(fabs(wide(x)));
    else if constexpr (is_signed<T>) return x < 0 ? negated(x) : x;
    else return x;
} };
UNARY(IsNan) {
    if constexpr (is_complex<T>) return is_nan(x.re) || is_nan(x.im);
    else return is_nan(wide(x));
} };
UNARY(Negative) {
    if constexpr (is_complex<T>) return T{-x.re, -x.im};
    else if constexpr (is_float<T>) return convert<Out>(-wide(x));
    else return negated(x);
} };
UNARY(Round) {
    if constexpr (is_complex<T>) return T{rint(x.re), rint(x.im)};
    else if constexpr (is_float<T>) return convert<Out>(rint(wide(x)));
    else return x;
} };
UNARY(Sign) {
    if constexpr (is_complex<T>) return convert<Out>(sign(convert<c128>(x)));
    else {
        auto v = wide(x);
        return convert<Out>((decltype(v))(v > 0 ? 1 : v < 0 ? -1 : v == 0 ? 0 : v));
    }
} };
UNARY(Sqrt) {
    if constexpr (is_complex<T>) return convert<Out>(sqrt(convert<c128>(x)));
    else return convert<Out>(sqrt(wide(x)));
} };

// Elementary functions: of double, and of complex128; narrower types are computed there and rounded.
#define FUNCTION(NAME, F) UNARY(NAME) { \
    if constexpr (is_complex<T>) return convert<Out>(F(convert<c128>(x))); \
    else return convert<Out>(F((double)wide(x))); \
} }
FUNCTION(Cos, cos);
UNARY(Exp) {
    if constexpr (is_complex<T>) return convert<Out>(exp(convert<c128>(x)));
    else if constexpr (same<T, double>) return exp(x);
    else return convert<Out>(exp_of(wide(x)));
} };
FUNCTION(Expm1, expm1);
FUNCTION(Log, log);
FUNCTION(Log1p, log1p);
FUNCTION(Sin, sin);
FUNCTION(Tanh, tanh);

// -- two operands ------------------------------------------------------------------------------------------------------

// Integers modulo 2^bits: unsigned arithmetic at least as wide as int, so that nothing is undefined.
#define WRAPPING(OPERATOR) (T)((u64)x OPERATOR (u64)y)
#define ARITHMETIC(NAME, OPERATOR) BINARY(NAME) { \
    if constexpr (is_complex<T>) return T{x.re OPERATOR y.re, x.im OPERATOR y.im}; \
    else if constexpr (is_float<T>) return convert<Out>(wide(x) OPERATOR wide(y)); \
    else return WRAPPING(OPERATOR); \
} }
ARITHMETIC(Add, +);
ARITHMETIC(Subtract, -);
BINARY(Multiply) {
    if constexpr (is_complex<T>) return convert<Out>(multiply(convert<c128>(x), convert<c128>(y)));
    else if constexpr (is_float<T>) return convert<Out>(wide(x) * wide(y));
    else return WRAPPING(*);
} };
BINARY(Divide) {
    if constexpr (is_complex<T>) return convert<Out>(divide(convert<c128>(x), convert<c128>(y)));
    else return convert<Out>(wide(x) / wide(y));
} };
// A divisor of 0 gives 0, as declared by `int_div_zero`.
BINARY(FloorDivide) {
    if constexpr (is_float<T>) return convert<Out>(floor_divide((double)wide(x), (double)wide(y)));
    else if (y == 0) return 0;
    else if constexpr (is_signed<T>) {
        if (y == T(-1)) return negated(x);
        T q = x / y;
        return (x % y != 0) & ((x < 0) != (y < 0)) ? q - 1 : q;
    } else return x / y;
} };
BINARY(Remainder) {
    if constexpr (is_float<T>) return convert<Out>(remainder_of(wide(x), wide(y)));
    else if (y == 0) return 0;
    else if constexpr (is_signed<T>) {
        if (y == T(-1)) return 0;
        T r = x % y;
        return (r != 0) & ((r < 0) != (y < 0)) ? r + y : r;
    } else return x % y;
} };
BINARY(Pow) {
    if constexpr (is_complex<T>) return convert<Out>(pow(convert<c128>(x), convert<c128>(y)));
    else if constexpr (is_float<T>) {
        double base = wide(x), exponent = wide(y);
        // Squares are by far the most frequent powers.
        return convert<Out>(exponent == 2 ? base * base : pow(base, exponent));
    } else {
        u64 base = (u64)x, out = 1;
        for (u64 n = (u64)y; n; n >>= 1, base *= base)
            if (n & 1) out *= base;
        return (T)out;
    }
} };
BINARY(Atan2) { return convert<Out>(atan2((double)wide(x), (double)wide(y))); } };
BINARY(Hypot) { return convert<Out>(hypot((double)wide(x), (double)wide(y))); } };
BINARY(Copysign) { return convert<Out>(copysign(wide(x), wide(y))); } };
// A negative count gives 0, as declared by `shift_negative`.
BINARY(BitwiseLeftShift) { return (u64)(i64)y < 8 * sizeof(T) ? (T)((u64)x << (u64)y) : 0; } };
BINARY(BitwiseXor) { return x ^ y; } };
BINARY(LogicalAnd) { return x & y; } };
BINARY(Equal) {
    if constexpr (is_complex<T>) return x.re == y.re && x.im == y.im;
    else return wide(x) == wide(y);
} };
BINARY(Less) { return wide(x) < wide(y); } };
BINARY(Maximum) {
    auto a = wide(x), b = wide(y);
    return a > b || is_nan(a) ? x : y;
} };

// -- limits ------------------------------------------------------------------------------------------------------------

// A NaN on either side stays.
BINARY(AtLeast) {
    auto a = wide(x), b = wide(y);
    return a < b || is_nan(b) ? y : x;
} };
BINARY(AtMost) {
    auto a = wide(x), b = wide(y);
    return a > b || is_nan(b) ? y : x;
} };
struct Clip { template<class Out, class T> METHOD static Out f(T x, T low, T high) {
    return AtMost::template f<Out>(AtLeast::template f<T>(x, low), high);
} };
