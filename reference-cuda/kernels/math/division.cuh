// `floor_divide` and `remainder` of floats.

// What fmod leaves, with the sign of the divisor; the sum is the only rounding.
template<class T> METHOD T remainder_of(T x, T y) {
    T r = fmod(x, y);
    if (r == 0) return copysign((T)0, y);
    return !is_nan(r) && (r < 0) != (y < 0) ? r + y : r;
}

// `v = m * 2^e` with `m` in [1, 2), for finite `v` that is not 0.
DEVICE double split(double v, int& e) {
    i64 bits = __double_as_longlong(v);
    e = (int)(bits >> 52 & 0x7ff);
    if (e == 0) {
        bits = __double_as_longlong(v * 18014398509481984.0); // 2^54
        e = (int)(bits >> 52 & 0x7ff) - 54;
    }
    e -= 1023;
    return __longlong_as_double((bits & 0x800fffffffffffffll) | 0x3ff0000000000000ll);
}

// `2^e` for e in [-1022, 1023], 0 below.
DEVICE double power_of_two(int e) { return e < -1022 ? 0.0 : __longlong_as_double((i64)(e + 1023) << 52); }

// The floor of the exact quotient, rounded to nearest even: not the floor of the rounded quotient.
//
// float32 goes through here as well: a quotient of 24-bit numbers that is not a 24-bit number is further from every midpoint of float32
// than double rounding moves it, and more than 1 where the floor of a large one could.
DEVICE double floor_divide(double x, double y) {
    // With an infinite operand: the floor of the limit, which is what the quotient is (`floor_div_inf = "floor"`).
    double q = x / y;
    if (x == 0 || y == 0 || !is_finite(x) || !is_finite(y)) return q;
    if (fabs(q) < 4503599627370496.0) { // 2^52
        // Rounding cannot carry a quotient over an integer, only onto it: one that is no integer has the right floor.
        double n = floor(q);
        if (n != q) return n == 0 ? copysign(0.0, q) : n;
        double rest = fma(-n, y, x);
        n = rest != 0 && (rest < 0) != (y < 0) ? n - 1 : n;
        return n == 0 ? copysign(0.0, q) : n;
    }
    if (is_infinite(q)) return q;
    // Every number here is an integer. The floor of the exact quotient is q, or below q by less than half a unit, except where it is
    // the midpoint below: that goes to the even neighbour, while the quotient itself, a little above, went up to an odd q.
    int ex, ey;
    double a = split(x, ex), b = split(y, ey);
    double s = a / b;
    int low;
    split(s, low);
    double half = power_of_two(low - 53); // half a unit of s
    // (a - s b) / b is how far the exact quotient lies above s. `above` is b times its distance from the midpoint below s.
    double sign = b < 0 ? -1.0 : 1.0;
    double above = sign * fma(-s, b, a) + fabs(b) * half;
    double unit = fabs(b) * power_of_two(ey - ex); // 1 in the scale of s, times b
    if (low + ex - ey == 52) {
        // Units are 1: the floor is q, or the number before.
        return sign * fma(-s, b, a) < 0 ? q - 1 : q;
    }
    bool odd = __double_as_longlong(q) & 1;
    // Before q, towards minus infinity.
    return odd && above < unit ? __longlong_as_double(__double_as_longlong(q) - (q > 0 ? 1 : -1)) : q;
}
