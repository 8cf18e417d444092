// The exponential function for float and narrower types.

// `exp(x)` with a relative error of 2^-33: rounded to float it is within 0.501 ULP. `x = k log(2) + r`, `|r| <= log(2)/2`, and a minimax
// polynomial for `(exp(r) - 1) / r`. Beyond the limits the result overflows or vanishes once it is rounded.
DEVICE double exp_of(float x) {
    if (is_nan(x)) return x;
    const double magic = 6755399441055744.0; // 1.5 2^52: adding it rounds to an integer, which the lowest bits hold
    double c = x < -105 ? -105 : x > 89 ? 89 : x;
    double t = fma(c, 1.4426950408889634, magic), r = fma(t - magic, -0.6931471805599453, c);
    double p = 0.0001976765865810578;
    p = fma(p, r, 0.0013945921018498398);
    p = fma(p, r, 0.00833356904907533);
    p = fma(p, r, 0.04166627222810083);
    p = fma(p, r, 0.16666665162268596);
    p = fma(p, r, 0.5000000077242425);
    p = fma(p, r, 1.0000000002088658);
    p = fma(p, r, 1.0);
    return __longlong_as_double((i64)((u64)__double_as_longlong(p) + ((u64)__double_as_longlong(t) << 52)));
}
