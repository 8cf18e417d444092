// What decompositions need beside the library: matrices are scaled where their elements are huge or tiny, marked where they are not
// finite, and small systems are solved here.

// In place of an exponent: an element is not finite.
constexpr int NOT_FINITE = 0x7fffffff;

// The largest modulus of a part, and whether all are finite.
template<class T> METHOD double largest_part(T x) {
    if constexpr (is_complex<T>) {
        double re = fabs((double)x.re), im = fabs((double)x.im);
        return is_nan(re) || is_nan(im) ? not_a_number() : fmax(re, im);
    } else return fabs((double)x);
}

// Of each matrix of `size` elements the exponent of the largest, 0 where squares of its elements neither overflow nor vanish anyway. A
// block takes a matrix.
template<class T> __global__ void exponents(i32* out, const T* x, i64 count, i64 size, i32 safe) {
    __shared__ double found[256];
    int t = threadIdx.x;
    for (i64 b = blockIdx.x; b < count; b += gridDim.x) {
        double most = 0;
        for (i64 i = t; i < size; i += blockDim.x) {
            double v = largest_part(x[b * size + i]);
            most = is_nan(v) ? infinity() : fmax(most, v);
        }
        found[t] = most;
        __syncthreads();
        for (int half = blockDim.x / 2; half > 0; half /= 2) {
            if (t < half) found[t] = fmax(found[t], found[t + half]);
            __syncthreads();
        }
        if (t == 0) {
            int e = 0;
            if (!is_finite(found[0])) e = NOT_FINITE;
            else if (found[0] > 0) {
                split(found[0], e);
                if (e >= -safe && e <= safe) e = 0;
            }
            out[b] = e;
        }
        // What is read after the last barrier is read by the thread that overwrites it.
    }
}

template<class T> METHOD T times_power(T x, int e) {
    if constexpr (is_complex<T>) return T{(decltype(x.re))scaled((double)x.re, e), (decltype(x.re))scaled((double)x.im, e)};
    else return (T)scaled((double)x, e);
}

// Takes the exponents out. A matrix that is not finite becomes an identity, with which every algorithm ends; `rows` are its columns' length.
template<class T> __global__ void prepare(T* x, const i32* e, i64 n, i64 size, i64 rows) {
    for (i64 i = first<i64>(); i < n; i += step<i64>()) {
        int own = e[i / size];
        i64 at = i % size;
        if (own == NOT_FINITE) x[i] = convert<T>(at % rows == at / rows ? 1.0f : 0.0f);
        else if (own) x[i] = times_power(x[i], -own);
    }
}

// Puts exponents back: those of `up`, less those of `down` where there are some. `scales` = 0: only what is not finite becomes NaN.
template<class T> __global__ void restore(T* x, const i32* up, const i32* down, i64 n, i64 size, i32 scales) {
    for (i64 i = first<i64>(); i < n; i += step<i64>()) {
        int plus = up[i / size], minus = down ? down[i / size] : 0;
        if (plus == NOT_FINITE || minus == NOT_FINITE) {
            if constexpr (is_complex<T>) x[i] = convert<T>(make(not_a_number(), not_a_number()));
            else x[i] = (T)not_a_number();
        } else if (scales && plus != minus) x[i] = times_power(x[i], plus - minus);
    }
}

// The first `rows` rows of the upper triangle of matrices that lie by columns of length `m`, in C order, with their exponents.
template<class T> __global__ void upper(T* out, const T* x, const i32* e, i64 n, i64 rows, i64 columns, i64 m) {
    for (i64 i = first<i64>(); i < n; i += step<i64>()) {
        i64 b = i / (rows * columns), r = i / columns % rows, c = i % columns;
        T v = r <= c ? x[(b * columns + c) * m + r] : T{};
        if (e[b] == NOT_FINITE) v = convert<T>(not_a_number());
        else if (e[b]) v = times_power(v, e[b]);
        out[i] = v;
    }
}

template<class T> __global__ void identity(T* out, i64 n, i64 rows, i64 columns) {
    for (i64 i = first<i64>(); i < n; i += step<i64>()) out[i] = convert<T>(i / columns % rows == i % columns ? 1.0f : 0.0f);
}

// Systems whose right sides are not finite have NaN for a solution, whatever their matrix: that it is singular does not count.
template<class T> __global__ void forgive(i32* found, const i32* sides, i64 n, i64 count) {
    for (i64 i = first<i64>(); i < n; i += step<i64>())
        if (sides[i % count] == NOT_FINITE && found[i] > 0) found[i] = 0;
}

// -- two equal rows ----------------------------------------------------------------------------------------------------------
//
// Elimination that multiplies by reciprocals may leave a little of one of two equal rows, so they are looked for. Matrices by columns.

// A number of each row: equal rows have the same.
template<class T> __global__ void row_digests(u64* out, const T* x, i64 rows, i64 n) {
    for (i64 i = first<i64>(); i < rows; i += step<i64>()) {
        const T* row = x + i / n * n * n + i % n;
        u64 h = 14695981039346656037ull;
        for (i64 j = 0; j < n; ++j) {
            c128 v = convert<c128>(row[j * n]);
            // -0 is 0.
            h = (h ^ (u64)__double_as_longlong(v.re + 0.0)) * 1099511628211ull;
            h = (h ^ h >> 29 ^ (u64)__double_as_longlong(v.im + 0.0)) * 1099511628211ull;
            h ^= h >> 32;
        }
        out[i] = h;
    }
}

template<class T> __global__ void equal_rows(i32* found, const u64* digests, const T* x, i64 rows, i64 n) {
    for (i64 i = first<i64>(); i < rows; i += step<i64>()) {
        i64 b = i / n, own = i % n;
        const T* matrix = x + b * n * n;
        for (i64 other = 0; other < own; ++other) {
            if (digests[b * n + other] != digests[i]) continue;
            bool same_row = true;
            for (i64 j = 0; j < n && same_row; ++j) {
                c128 p = convert<c128>(matrix[j * n + own]), q = convert<c128>(matrix[j * n + other]);
                same_row = p.re == q.re && p.im == q.im;
            }
            if (same_row) found[b] = 1; // all that write, write the same
        }
    }
}

// -- small systems -------------------------------------------------------------------------------------------------------------

DEVICE double modulus(double x) { return fabs(x); }
DEVICE double modulus(c128 x) { return hypot(x.re, x.im); }
DEVICE double quotient(double x, double y) { return x / y; }
DEVICE c128 quotient(c128 x, c128 y) { return divide(x, y); }
DEVICE double less(double x, double f, double y) { return x - f * y; }
DEVICE c128 less(c128 x, c128 f, c128 y) {
    c128 p = multiply(f, y);
    return make(x.re - p.re, x.im - p.im);
}

// Elimination with row exchanges in shared memory, a block for each system: `a` is n x n, `b` n x k, both in C order; `b` becomes the
// solution. It divides by pivots, so that of two equal rows nothing is left. No pivot: `found` is not 0, and `b` holds anything.
template<class T, int MOST> __global__ void eliminate(i32* found, const T* a, T* b, i64 count, i32 n, i64 k) {
    __shared__ T m[MOST * MOST];
    __shared__ int pivot;
    int t = threadIdx.x, threads = blockDim.x;
    for (i64 which = blockIdx.x; which < count; which += gridDim.x) {
        const T* given = a + which * n * n;
        T* x = b + which * n * k;
        for (int i = t; i < n * n; i += threads) m[i] = given[i];
        __syncthreads();
        bool singular = false;
        for (int p = 0; p < n && !singular; ++p) {
            if (t == 0) {
                int best = p;
                for (int i = p + 1; i < n; ++i)
                    if (modulus(m[i * n + p]) > modulus(m[best * n + p])) best = i;
                double most = modulus(m[best * n + p]);
                pivot = most > 0 && is_finite(most) ? best : -1;
            }
            __syncthreads();
            int row = pivot;
            singular = row < 0;
            if (!singular && row != p) {
                for (int j = t; j < n; j += threads) {
                    T v = m[p * n + j];
                    m[p * n + j] = m[row * n + j];
                    m[row * n + j] = v;
                }
                for (i64 j = t; j < k; j += threads) {
                    T v = x[p * k + j];
                    x[p * k + j] = x[row * k + j];
                    x[row * k + j] = v;
                }
            }
            __syncthreads();
            if (!singular)
                for (int i = p + 1 + t; i < n; i += threads) m[i * n + p] = quotient(m[i * n + p], m[p * n + p]);
            __syncthreads();
            if (!singular) {
                int left = n - p - 1;
                for (int q = t; q < left * left; q += threads) {
                    int i = p + 1 + q / left, j = p + 1 + q % left;
                    m[i * n + j] = less(m[i * n + j], m[i * n + p], m[p * n + j]);
                }
                for (i64 q = t; q < left * k; q += threads) {
                    i64 i = p + 1 + q / k, j = q % k;
                    x[i * k + j] = less(x[i * k + j], m[i * n + p], x[p * k + j]);
                }
            }
            __syncthreads();
        }
        if (singular && t == 0) found[which] = 1;
        // Backwards; a thread takes columns of its own.
        if (!singular)
            for (i64 j = t; j < k; j += threads)
                for (int p = n - 1; p >= 0; --p) {
                    T v = x[p * k + j];
                    for (int i = p + 1; i < n; ++i) v = less(v, m[p * n + i], x[i * k + j]);
                    x[p * k + j] = quotient(v, m[p * n + p]);
                }
        __syncthreads(); // before the matrix is overwritten
    }
}
