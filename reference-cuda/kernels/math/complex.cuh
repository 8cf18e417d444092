// Complex functions in complex128: without spurious overflow, accurate to a few ULP of the modulus, special cases of C99 annex G.

DEVICE c128 make(double re, double im) { return c128{re, im}; }
DEVICE bool finite(c128 z) { return is_finite(z.re) && is_finite(z.im); }

// The exponent of the larger part, 0 where there is none.
DEVICE int exponent(c128 z) {
    double m = fmax(fabs(z.re), fabs(z.im));
    if (m == 0 || !is_finite(m)) return 0;
    int e;
    split(m, e);
    return e;
}

// `v * 2^n`, rounded once.
DEVICE double scaled(double v, int n) { return ldexp(v, n); }
DEVICE c128 scaled(c128 z, int n) { return make(scaled(z.re, n), scaled(z.im, n)); }

// `a b + c d` with the error of the products added back: the sum does not lose its leading digits.
DEVICE double sum_of_products(double a, double b, double c, double d) {
    double cd = c * d, error = fma(c, d, -cd), sum = fma(a, b, cd), out = sum + error;
    return is_nan(out) ? a * b + c * d : out;
}

DEVICE c128 multiply(c128 x, c128 y) {
    c128 out = make(x.re * y.re - x.im * y.im, x.re * y.im + x.im * y.re);
    if (finite(out) || !finite(x) || !finite(y)) return out;
    // The products overflow, the sum may not.
    int ex = exponent(x), ey = exponent(y);
    x = scaled(x, -ex);
    y = scaled(y, -ey);
    return scaled(make(x.re * y.re - x.im * y.im, x.re * y.im + x.im * y.re), ex + ey);
}

DEVICE c128 divide(c128 x, c128 y) {
    int ex = exponent(x), ey = exponent(y);
    c128 a = scaled(x, -ex), b = scaled(y, -ey);
    // By the same steps as the numerator: z / z is 1.
    double norm = sum_of_products(b.re, b.re, b.im, b.im);
    double re = sum_of_products(a.re, b.re, a.im, b.im) / norm, im = sum_of_products(a.im, b.re, -a.re, b.im) / norm;
    c128 out = scaled(make(re, im), ex - ey);
    if (!(is_nan(out.re) && is_nan(out.im))) return out;
    // Annex G: infinities and zeros have a quotient where the formula finds none.
    if (y.re == 0 && y.im == 0 && !(is_nan(x.re) && is_nan(x.im))) {
        double large = copysign(infinity(), y.re);
        return make(large * x.re, large * x.im);
    }
    if ((is_infinite(x.re) || is_infinite(x.im)) && finite(y)) {
        double p = copysign(is_infinite(x.re) ? 1.0 : 0.0, x.re), q = copysign(is_infinite(x.im) ? 1.0 : 0.0, x.im);
        return make(infinity() * (p * y.re + q * y.im), infinity() * (q * y.re - p * y.im));
    }
    if ((is_infinite(y.re) || is_infinite(y.im)) && finite(x)) {
        double p = copysign(is_infinite(y.re) ? 1.0 : 0.0, y.re), q = copysign(is_infinite(y.im) ? 1.0 : 0.0, y.im);
        return make(0.0 * (x.re * p + x.im * q), 0.0 * (x.im * p - x.re * q));
    }
    return out;
}

DEVICE c128 sign(c128 z) {
    double nan = not_a_number();
    if (is_nan(z.re) || is_nan(z.im) || (is_infinite(z.re) && is_infinite(z.im))) return make(nan, nan);
    if (z.re == 0 && z.im == 0) return make(0, 0);
    if (is_infinite(z.re)) return make(copysign(1.0, z.re), copysign(0.0, z.im));
    if (is_infinite(z.im)) return make(copysign(0.0, z.re), copysign(1.0, z.im));
    z = scaled(z, -exponent(z));
    double r = hypot(z.re, z.im);
    return make(z.re / r, z.im / r);
}

DEVICE c128 sqrt(c128 z) {
    double x = z.re, y = z.im, nan = not_a_number();
    if (is_infinite(y)) return make(infinity(), y);
    if (is_nan(x) || (is_nan(y) && is_finite(x))) return make(nan, nan);
    if (x == infinity()) return make(x, is_nan(y) ? y : copysign(0.0, y));
    if (x == -infinity()) return make(is_nan(y) ? y : 0.0, copysign(infinity(), y));
    if (x == 0 && y == 0) return make(0, y);
    // An even exponent taken out, half of it put back.
    int e = exponent(z) & ~1;
    c128 w = scaled(z, -e);
    double r = sqrt((fabs(w.re) + hypot(w.re, w.im)) * 0.5), other = fabs(w.im) / (2 * r);
    return scaled(w.re >= 0 ? make(r, copysign(other, y)) : make(other, copysign(r, y)), e / 2);
}

// `exp(x) * (c, s)` where `exp(x)` alone may overflow.
DEVICE c128 exp_times(double x, double c, double s) {
    if (is_finite(x) && x > 700) {
        double half = exp(fmin(x * 0.5, 800.0));
        return make(c * half * half, s * half * half);
    }
    double e = exp(x);
    return make(e * c, e * s);
}

DEVICE c128 exp(c128 z) {
    double x = z.re, y = z.im;
    if (y == 0) return make(exp(x), y);
    if (x == -infinity() && !is_finite(y)) return make(0, 0);
    if (x == infinity() && !is_finite(y)) return make(x, not_a_number());
    return exp_times(x, cos(y), sin(y));
}

DEVICE c128 expm1(c128 z) {
    double x = z.re, y = z.im;
    if (y == 0) return make(expm1(x), y);
    if (!finite(z) || x > 20) {
        c128 e = exp(z);
        return make(e.re - 1, e.im);
    }
    // exp(x) cos(y) - 1 = expm1(x) cos(y) - 2 sin(y/2)^2
    double half = sin(y * 0.5);
    return make(sum_of_products(expm1(x), cos(y), -2 * half, half), exp(x) * sin(y));
}

DEVICE c128 log(c128 z) {
    double angle = atan2(z.im, z.re), big = fmax(fabs(z.re), fabs(z.im)), small = fmin(fabs(z.re), fabs(z.im));
    if (!finite(z)) return make(log(hypot(z.re, z.im)), angle);
    // |z|^2 - 1 = (big - 1)(big + 1) + small^2, where log(|z|) would lose what is close to 1.
    if (big >= 0.5 && big < 2) return make(0.5 * log1p(sum_of_products(big - 1, big + 1, small, small)), angle);
    int e = exponent(z);
    c128 w = scaled(z, -e);
    return make(log(hypot(w.re, w.im)) + e * 0.693147180559945309417, angle);
}

DEVICE c128 log1p(c128 z) {
    double x = z.re, y = z.im;
    if (y == 0 && x >= -1) return make(log1p(x), y);
    if (fabs(x) >= 0.5 || fabs(y) >= 0.5 || !finite(z)) return log(make(1 + x, y));
    // |1 + z|^2 - 1 = 2x + x^2 + y^2
    return make(0.5 * log1p(sum_of_products(x, 2 + x, y, y)), atan2(y, 1 + x));
}

DEVICE c128 sinh(c128 z) {
    double x = z.re, y = z.im;
    if (y == 0) return make(sinh(x), y);
    if (x == 0) return make(x, sin(y));
    if (!is_finite(x)) {
        if (is_infinite(x) && !is_finite(y)) return make(x, not_a_number());
        return make(x * cos(y), fabs(x) * sin(y));
    }
    double s = sin(y), c = cos(y);
    if (fabs(x) > 22) {
        // The two exponentials differ by more than the precision.
        c128 half = exp_times(fabs(x), 0.5 * c, 0.5 * s);
        return make(copysign(1.0, x) * half.re, half.im);
    }
    return make(sinh(x) * c, cosh(x) * s);
}

DEVICE c128 cosh(c128 z) {
    double x = z.re, y = z.im;
    if (y == 0) return make(cosh(x), x * y);
    if (x == 0) return make(cos(y), copysign(0.0, x) * sin(y));
    if (!is_finite(x)) {
        if (is_infinite(x) && !is_finite(y)) return make(infinity(), not_a_number());
        return make(fabs(x) * cos(y), x * sin(y));
    }
    double s = sin(y), c = cos(y);
    if (fabs(x) > 22) {
        c128 half = exp_times(fabs(x), 0.5 * c, 0.5 * s);
        return make(half.re, copysign(1.0, x) * half.im);
    }
    return make(cosh(x) * c, sinh(x) * s);
}

DEVICE c128 sin(c128 z) {
    c128 w = sinh(make(-z.im, z.re));
    return make(w.im, -w.re);
}

DEVICE c128 cos(c128 z) { return cosh(make(-z.im, z.re)); }

DEVICE c128 tanh(c128 z) {
    double x = z.re, y = z.im;
    if (y == 0) return make(tanh(x), y);
    if (is_nan(x)) return make(x, not_a_number());
    if (fabs(x) > 22) {
        // tanh is 1 up to the precision; the imaginary part is 4 sin(y) cos(y) exp(-2|x|).
        double im = is_finite(y) && is_finite(x) ? 4 * sin(y) * cos(y) * exp(-2 * fabs(x)) : copysign(0.0, is_finite(y) ? sin(2 * y) : y);
        return make(copysign(1.0, x), im);
    }
    if (!is_finite(y)) return make(x == 0 ? x : not_a_number(), not_a_number());
    // Kahan: with t = tan(y), s = sinh(x), beta = 1 + t^2, rho = sqrt(1 + s^2).
    double t = tan(y), beta = fma(t, t, 1.0), s = sinh(x), rho = sqrt(fma(s, s, 1.0));
    if (is_infinite(t)) return make(rho / s, 1 / t);
    double d = fma(beta * s, s, 1.0);
    return make(beta * rho * s / d, t / d);
}

// By repeated squaring.
DEVICE c128 integer_power(c128 base, u32 n) {
    c128 out = make(1, 0);
    while (n) {
        if (n & 1) out = multiply(out, base);
        n >>= 1;
        if (n) base = multiply(base, base);
    }
    return out;
}

// `a b - c d`, and what the products and the difference lost.
DEVICE double difference(double a, double b, double c, double d, double& lost) {
    double p = a * b, p_low = fma(a, b, -p), q = c * d, q_low = fma(c, d, -q);
    double s = p - q, back = s - p;
    lost = (p - (s - back)) - (q + back) + (p_low - q_low);
    return s;
}

DEVICE c128 pow(c128 x, c128 y) {
    if (y.re == 0 && y.im == 0) return make(1, 0);
    if (x.re == 0 && x.im == 0) {
        if (y.re > 0) return make(0, 0);
        if (y.re < 0 && y.im == 0) return divide(make(1, 0), x);
        return make(not_a_number(), not_a_number());
    }
    if (y.im == 0 && y.re == trunc(y.re) && fabs(y.re) <= 64 && finite(x)) {
        c128 power = integer_power(x, (u32)fabs(y.re));
        if (finite(power) && (power.re != 0 || power.im != 0)) return y.re < 0 ? divide(make(1, 0), power) : power;
    }
    c128 l = log(x);
    // The real part of y log(x) is the exponent of the modulus and needs no more digits than it has; the argument does.
    double re_low, im_low;
    double re = difference(y.re, l.re, y.im, l.im, re_low), im = difference(y.re, l.im, -y.im, l.re, im_low);
    c128 out = exp(make(re, im));
    // exp(a + d) = exp(a)(1 + d) for what the products lost.
    c128 correction = make(1 + re_low, im_low);
    return finite(out) && finite(correction) ? multiply(out, correction) : out;
}
