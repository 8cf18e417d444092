// What partial sums and products are kept in.

// A sum and what it lost by rounding: sums of float64 are rounded about once, in whatever order they are made.
struct Two {
    double high, low;
};

DEVICE Two two_sum(double a, double b) {
    double s = a + b, back = s - a;
    return Two{s, (a - (s - back)) + (b - back)};
}
// Once a sum is infinite or NaN, what it lost means nothing.
DEVICE double rounded(Two x) { return is_finite(x.high) && x.low != 0 ? x.high + x.low : x.high; }

DEVICE u64 plus(u64 a, u64 b) { return a + b; }
DEVICE double plus(double a, double b) { return a + b; }
DEVICE c128 plus(c128 a, c128 b) { return c128{a.re + b.re, a.im + b.im}; }
DEVICE Two plus(Two a, Two b) {
    Two s = two_sum(a.high, b.high);
    return Two{s.high, s.low + (a.low + b.low)};
}
template<class T> METHOD complex<T> plus(complex<T> a, complex<T> b) { return complex<T>{plus(a.re, b.re), plus(a.im, b.im)}; }

DEVICE u64 times(u64 a, u64 b) { return a * b; }
DEVICE double times(double a, double b) { return a * b; }
DEVICE c128 times(c128 a, c128 b) { return multiply(a, b); }

// Of a dtype: what it is multiplied in (integers modulo 2^64, floats in double) and what it is added in.
template<class T, Kind KIND = Type<T>::kind> struct Wide {
    typedef u64 factor;
    typedef u64 term;
    METHOD static u64 widen(T x) { return is_signed<T> ? (u64)(i64)x : (u64)x; }
    METHOD static u64 lift(T x) { return widen(x); }
};
template<class T> struct Wide<T, FLOAT> {
    typedef double factor;
    typedef double term;
    METHOD static double widen(T x) { return (double)(typename Type<T>::arithmetic)x; }
    METHOD static double lift(T x) { return widen(x); }
};
template<> struct Wide<double, FLOAT> {
    typedef double factor;
    typedef Two term;
    METHOD static double widen(double x) { return x; }
    METHOD static Two lift(double x) { return Two{x, 0}; }
};
template<class T> struct Wide<complex<T>, COMPLEX> {
    typedef c128 factor;
    typedef complex<typename Wide<T>::term> term;
    METHOD static c128 widen(complex<T> x) { return convert<c128>(x); }
    METHOD static term lift(complex<T> x) { return term{Wide<T>::lift(x.re), Wide<T>::lift(x.im)}; }
};

// A partial result as one number, rounded once.
DEVICE u64 single(u64 x) { return x; }
DEVICE double single(double x) { return x; }
DEVICE double single(Two x) { return rounded(x); }
template<class T> METHOD c128 single(complex<T> x) { return c128{single(x.re), single(x.im)}; }

// Nothing that changes no sum: -0 for floats.
template<class T> struct Nothing { METHOD static T sum() { return T(0); } METHOD static T product() { return T(1); } };
template<> struct Nothing<double> { METHOD static double sum() { return -0.0; } METHOD static double product() { return 1; } };
template<> struct Nothing<Two> { METHOD static Two sum() { return Two{-0.0, 0}; } };
template<class T> struct Nothing<complex<T>> {
    METHOD static complex<T> sum() { return complex<T>{Nothing<T>::sum(), Nothing<T>::sum()}; }
    METHOD static complex<T> product() { return complex<T>{1, 0}; }
};

// -- folds -------------------------------------------------------------------------------------------------------------
//
// `lift` makes a partial result of an element, of the first element along its axes and of its position there; `join` makes one of two, in
// any order; `finish` makes the result of the operation, given the number of elements and one option.

// Of elements converted to `R` first.
template<class R> struct Sum {
    typedef typename Wide<R>::term Acc;
    METHOD static Acc nothing() { return Nothing<Acc>::sum(); }
    template<class T> METHOD static Acc lift(T x, T, i64) { return Wide<R>::lift(convert<R>(x)); }
    METHOD static Acc join(Acc a, Acc b) { return plus(a, b); }
    template<class Out> METHOD static Out finish(Acc a, i64 n, double) { return n ? convert<Out>(single(a)) : convert<Out>(0.0f); }
};

template<class R> struct Prod {
    typedef typename Wide<R>::factor Acc;
    METHOD static Acc nothing() { return Nothing<Acc>::product(); }
    template<class T> METHOD static Acc lift(T x, T, i64) { return Wide<R>::widen(convert<R>(x)); }
    METHOD static Acc join(Acc a, Acc b) { return times(a, b); }
    template<class Out> METHOD static Out finish(Acc a, i64, double) { return convert<Out>(a); }
};

// 2^-64, and back: no array has 2^64 elements, so that sums of numbers this much smaller do not overflow.
constexpr double DOWN = 5.421010862427522e-20, UP = 18446744073709551616.0;
DEVICE double scaled(double x, double by) { return x * by; }
DEVICE c128 scaled(c128 x, double by) { return c128{x.re * by, x.im * by}; }
DEVICE double divided(double x, double n) { return x / n; }
DEVICE c128 divided(c128 x, double n) { return c128{x.re / n, x.im / n}; }
// The mean of numbers, or where their sum overflowed, of the smaller ones.
DEVICE double rescued(double direct, double small) { return is_finite(direct) || !is_finite(small) ? direct : small * UP; }
DEVICE c128 rescued(c128 direct, c128 small) { return c128{rescued(direct.re, small.re), rescued(direct.im, small.im)}; }

template<class T> struct Mean {
    typedef typename Wide<T>::term Term;
    typedef typename Wide<T>::factor Plain;
    struct Acc {
        Term sum;
        Plain small;
    };
    METHOD static Acc nothing() { return Acc{Nothing<Term>::sum(), Nothing<Plain>::sum()}; }
    METHOD static Acc lift(T x, T, i64) { return Acc{Wide<T>::lift(x), scaled(Wide<T>::widen(x), DOWN)}; }
    METHOD static Acc join(Acc a, Acc b) { return Acc{plus(a.sum, b.sum), plus(a.small, b.small)}; }
    template<class Out> METHOD static Out finish(Acc a, i64 n, double) {
        return convert<Out>(rescued(divided(single(a.sum), (double)n), divided(a.small, (double)n)));
    }
};

// The variance from the distances to one of the elements: their sum and that of their squares, with so many digits that what cancels
// leaves enough. One pass, whatever the order.
template<class T> struct Variance {
    struct Acc {
        Two away, square;
    };
    METHOD static Acc nothing() { return Acc{Two{0, 0}, Two{0, 0}}; }
    METHOD static Acc lift(T x, T first, i64) {
        Two away = two_sum(Wide<T>::widen(x), -Wide<T>::widen(first));
        if (!is_finite(away.high)) return Acc{Two{away.high, 0}, Two{away.high * away.high, 0}};
        double square = away.high * away.high;
        return Acc{away, Two{square, fma(away.high, away.high, -square) + 2 * away.high * away.low}};
    }
    METHOD static Acc join(Acc a, Acc b) { return Acc{plus(a.away, b.away), plus(a.square, b.square)}; }
    template<class Out> METHOD static Out finish(Acc a, i64 n, double correction) {
        double freedom = (double)n - correction;
        if (!(freedom > 0)) return convert<Out>(not_a_number());
        return convert<Out>(squares(a, (double)n) / freedom);
    }
    // The sum of the squared distances from the mean.
    METHOD static double squares(Acc a, double n) {
        double all = rounded(a.square), sum = rounded(a.away);
        if (is_infinite(all) && is_finite(sum)) return all; // the squares overflow
        // Less the square of the sum, over n, in two words: most of the digits may cancel.
        double lost = (a.away.high - sum) + a.away.low, mean = sum / n, rest = fma(-mean, n, sum) + lost;
        double product = sum * mean, low = fma(sum, mean, -product) + (sum * (rest / n) + lost * mean);
        Two apart = two_sum(a.square.high, -product);
        double out = apart.high + (apart.low + (a.square.low - low));
        return out < 0 ? 0 : out;
    }
};
template<class T> struct Deviation : Variance<T> {
    typedef typename Variance<T>::Acc Acc;
    template<class Out> METHOD static Out finish(Acc a, i64 n, double correction) {
        double freedom = (double)n - correction;
        if (!(freedom > 0)) return convert<Out>(not_a_number());
        return convert<Out>(sqrt(Variance<T>::squares(a, (double)n) / freedom));
    }
};

// -- order -------------------------------------------------------------------------------------------------------------

// An element and its position.
template<class T> struct Placed {
    T value;
    i64 at; // negative: nothing yet
};

// A NaN is larger than any number; of equal elements the first counts.
template<class T> struct First {
    typedef Placed<T> Acc;
    METHOD static Acc nothing() { return Acc{T(), -1}; }
    METHOD static Acc lift(T x, T, i64 at) { return Acc{x, at}; }
    METHOD static Acc join(Acc a, Acc b) {
        if (a.at < 0) return b;
        if (b.at < 0) return a;
        auto x = wide(a.value), y = wide(b.value);
        bool odd_x = is_nan(x), odd_y = is_nan(y);
        bool equal = x == y || (odd_x && odd_y);
        if (equal) return a.at < b.at ? a : b;
        return odd_x || (!odd_y && x > y) ? a : b;
    }
    template<class Out> METHOD static Out finish(Acc a, i64, double) { return a.at; }
};
// Without positions. A NaN stays; which of two zeros does is not specified.
template<class T> struct Greatest {
    typedef T Acc;
    METHOD static T nothing() {
        if constexpr (is_float<T>) return convert<T>(-infinity());
        else return is_signed<T> ? (T)((typename Type<T>::bits)1 << (8 * sizeof(T) - 1)) : (T)0;
    }
    METHOD static T lift(T x, T, i64) { return x; }
    METHOD static T join(T a, T b) { return b > a || is_nan(b) ? b : a; }
    template<class Out> METHOD static Out finish(T a, i64, double) { return a; }
};

// -- counts ------------------------------------------------------------------------------------------------------------

struct NonZero {
    typedef i64 Acc;
    METHOD static i64 nothing() { return 0; }
    template<class T> METHOD static i64 lift(T x, T, i64) { return truth(x); }
    METHOD static i64 join(i64 a, i64 b) { return a + b; }
    template<class Out> METHOD static Out finish(i64 a, i64, double) { return (Out)a; }
};
// All are not zero where as many are as there are.
struct All : NonZero {
    template<class Out> METHOD static Out finish(i64 a, i64 n, double) { return a == n; }
};
