// The entry points of libcusolver that the backend uses: singular values by one-sided Jacobi rotations, QR by reflections, LU with partial
// pivoting. Matrices by columns.
#include "stand_in.h"
#include <cmath>

namespace {
enum Status { SUCCESS = 0, NOT_INITIALIZED = 1, INVALID_VALUE = 3, EXECUTION_FAILED = 6, NOT_SUPPORTED = 9 };
// So many bytes are asked for to work with, to see that they are given.
constexpr size_t DEVICE_ROOM = 256, HOST_ROOM = 64;

typedef Handle_of<0x501E> Handle;
typedef Handle_of<0x9A4A> Parameters;

int check(const Handle* handle, const Parameters* parameters) {
    if (!valid(handle) || !valid(parameters)) return NOT_INITIALIZED;
    if (!handle->stream) return refuse("cuSOLVER: the handle is not bound to a stream"), NOT_INITIALIZED;
    return SUCCESS;
}

int begin(void* device, size_t device_bytes, void* host, size_t host_bytes, int* info) {
    if (device_bytes < DEVICE_ROOM || host_bytes < HOST_ROOM || !host) return refuse("cuSOLVER: too little to work with"), INVALID_VALUE;
    if (!reaches(device, device_bytes, "what a decomposition works with") || !reaches(info, sizeof(int), "how a decomposition ended"))
        return INVALID_VALUE;
    if (!runs()) return EXECUTION_FAILED;
    // Whatever was there is lost.
    memset(device, 0xCD, device_bytes);
    memset(host, 0xCD, host_bytes);
    return SUCCESS;
}

// A matrix by columns, without gaps.
struct Matrix {
    size_t m, n;
    std::vector<number> at;
    Matrix(size_t m, size_t n) : m(m), n(n), at(m * n, number{ 0, 0 }) {}
    number* column(size_t j) { return at.data() + j * m; }
    number& operator()(size_t i, size_t j) { return at[i + j * m]; }
};
Matrix read(int kind, const void* p, size_t m, size_t n, size_t leading) {
    Matrix out(m, n);
    for (size_t j = 0; j < n; j++)
        for (size_t i = 0; i < m; i++) out(i, j) = get(kind, p, i + j * leading);
    return out;
}
void write(int kind, void* p, size_t leading, Matrix& x, size_t columns) {
    for (size_t j = 0; j < columns; j++)
        for (size_t i = 0; i < x.m; i++) put(kind, p, i + j * leading, x(i, j));
}

// Whether squares of the elements overflow, or all of them vanish, in the arithmetic of the real library: it would not get through unhurt.
bool out_of_range(int kind, const Matrix& x) {
    real largest = 0;
    for (number v : x.at) largest = fmaxl(largest, fmaxl(fabsl(v.re), fabsl(v.im)));
    int e = 0;
    frexpl(largest, &e);
    int most = part(kind) ? 490 : 55;
    return largest != 0 && (e > most || e < -most);
}
void spoil(Matrix& x) {
    for (number& v : x.at) v = { NAN, NAN };
}

// x^H y
number inner(const number* x, const number* y, size_t n) {
    number out = { 0, 0 };
    for (size_t i = 0; i < n; i++) out = out + conj(x[i]) * y[i];
    return out;
}
real norm(const number* x, size_t n) {
    real out = 0;
    for (size_t i = 0; i < n; i++) out += square(x[i]);
    return sqrtl(out);
}

// Makes columns [from, to) of `u` orthonormal to all before them, out of unit vectors.
void complete(Matrix& u, size_t from, size_t to) {
    size_t unit = 0;
    for (size_t j = from; j < to; j++) {
        for (;;) {
            for (size_t i = 0; i < u.m; i++) u(i, j) = { (real)(i == unit), 0 };
            unit++;
            for (int twice = 0; twice < 2; twice++)
                for (size_t p = 0; p < j; p++) {
                    number f = inner(u.column(p), u.column(j), u.m);
                    for (size_t i = 0; i < u.m; i++) u(i, j) = u(i, j) - f * u(i, p);
                }
            real length = norm(u.column(j), u.m);
            // One of the unit vectors has at least that much left.
            if (length < 0.5L / sqrtl((real)u.m)) continue;
            for (size_t i = 0; i < u.m; i++) u(i, j) = (1 / length) * u(i, j);
            break;
        }
    }
}

// Rotates columns until they are orthogonal: a = u diag(s), and v. False: it did not end.
bool rotate(Matrix& a, Matrix& v) {
    real all = norm(a.at.data(), a.at.size());
    for (int sweep = 0; sweep < 60; sweep++) {
        bool still = true;
        for (size_t p = 0; p < a.n; p++)
            for (size_t q = p + 1; q < a.n; q++) {
                real x = norm(a.column(p), a.m), y = norm(a.column(q), a.m);
                number g = inner(a.column(p), a.column(q), a.m);
                real size = sqrtl(square(g));
                // What is left of dependent columns has no direction.
                if (size <= 1e-19L * x * y || x <= 1e-19L * all || y <= 1e-19L * all) continue;
                still = false;
                // The phase makes the product real, the rotation makes it 0.
                number phase = (1 / size) * g;
                real t, zeta = (y - x) * (y + x) / (2 * size);
                t = (zeta >= 0 ? 1 : -1) / (fabsl(zeta) + sqrtl(1 + zeta * zeta));
                real c = 1 / sqrtl(1 + t * t), s = c * t;
                for (Matrix* m : { &a, &v })
                    for (size_t i = 0; i < m->m; i++) {
                        number f = (*m)(i, p), h = conj(phase) * (*m)(i, q);
                        (*m)(i, p) = c * f - s * h;
                        (*m)(i, q) = s * f + c * h;
                    }
            }
        if (still) return true;
    }
    return false;
}
}

ENTRY cusolverDnCreate(Handle** out) { return out ? *out = new Handle, SUCCESS : INVALID_VALUE; }
ENTRY cusolverDnDestroy(Handle* handle) { return end(handle) ? SUCCESS : NOT_INITIALIZED; }
ENTRY cusolverDnSetStream(Handle* handle, void* stream) { return bind(handle, stream) ? SUCCESS : NOT_INITIALIZED; }
ENTRY cusolverDnCreateParams(Parameters** out) { return out ? *out = new Parameters, SUCCESS : INVALID_VALUE; }
ENTRY cusolverDnDestroyParams(Parameters* parameters) { return end(parameters) ? SUCCESS : NOT_INITIALIZED; }

// -- singular values ---------------------------------------------------------------------------------------------------------

ENTRY cusolverDnXgesvd_bufferSize(Handle* handle, Parameters* parameters, signed char, signed char, long long m, long long n, int a_kind,
                                  const void*, long long lda, int s_kind, const void*, int, const void*, long long, int, const void*,
                                  long long, int, size_t* device, size_t* host) {
    if (int bad = check(handle, parameters)) return bad;
    if (m < n || n < 0 || lda < m || !known(a_kind) || s_kind != part(a_kind)) return refuse("cuSOLVER: gesvd takes tall matrices"), INVALID_VALUE;
    *device = DEVICE_ROOM;
    *host = HOST_ROOM;
    return SUCCESS;
}
ENTRY cusolverDnXgesvd(Handle* handle, Parameters* parameters, signed char job_u, signed char job_v, long long m, long long n, int a_kind,
                       void* a, long long lda, int s_kind, void* s, int u_kind, void* u, long long ldu, int v_kind, void* vh,
                       long long ldv, int compute, void* device, size_t device_bytes, void* host, size_t host_bytes, int* info) {
    if (int bad = check(handle, parameters)) return bad;
    bool full = job_u == 'A';
    if ((job_u != 'A' && job_u != 'S') || job_v != job_u) return NOT_SUPPORTED;
    if (!known(a_kind) || u_kind != a_kind || v_kind != a_kind || compute != a_kind || s_kind != part(a_kind)) return NOT_SUPPORTED;
    if (n <= 0 || m < n || lda < m || ldu < m || ldv < n) return refuse("cuSOLVER: lengths of gesvd"), INVALID_VALUE;
    size_t columns = full ? m : n;
    if (!reaches(a_kind, a, m, n, lda, "a matrix") || !reaches(s_kind, s, n, 1, n, "singular values") ||
        !reaches(u_kind, u, m, columns, ldu, "left singular vectors") || !reaches(v_kind, vh, n, n, ldv, "right singular vectors"))
        return INVALID_VALUE;
    if (int bad = begin(device, device_bytes, host, host_bytes, info)) return bad;
    Matrix x = read(a_kind, a, m, n, lda), v(n, n);
    for (long long i = 0; i < n; i++) v(i, i) = { 1, 0 };
    bool hurt = out_of_range(a_kind, x);
    *info = rotate(x, v) ? 0 : 1;
    std::vector<real> lengths(n);
    std::vector<size_t> order(n);
    for (long long j = 0; j < n; j++) lengths[j] = norm(x.column(j), m), order[j] = j;
    for (long long i = 0; i < n; i++)
        for (long long j = i + 1; j < n; j++)
            if (lengths[order[j]] > lengths[order[i]]) std::swap(order[i], order[j]);
    Matrix left(m, columns), right(n, n);
    real largest = lengths[order[0]];
    size_t rank = 0;
    // Columns of hardly any length have no direction.
    while (rank < (size_t)n && lengths[order[rank]] > 1e-18L * largest) rank++;
    for (size_t j = 0; j < (size_t)n; j++) {
        size_t from = order[j];
        put_part(s_kind, s, j, lengths[from]);
        for (long long i = 0; i < n; i++) right(j, i) = conj(v(i, from));
        for (long long i = 0; j < rank && i < m; i++) left(i, j) = (1 / lengths[from]) * x(i, from);
    }
    complete(left, rank, columns);
    if (hurt) {
        spoil(left);
        for (long long j = 0; j < n; j++) put_part(s_kind, s, j, NAN);
    }
    write(u_kind, u, ldu, left, columns);
    write(v_kind, vh, ldv, right, n);
    // The matrix is lost.
    for (long long j = 0; j < n; j++) memset((char*)a + (size_t)j * lda * bytes_of(a_kind), 0xCD, m * bytes_of(a_kind));
    return SUCCESS;
}

// -- reflections -----------------------------------------------------------------------------------------------------------------

ENTRY cusolverDnXgeqrf_bufferSize(Handle* handle, Parameters* parameters, long long m, long long n, int a_kind, const void*, long long lda,
                                  int tau_kind, const void*, int compute, size_t* device, size_t* host) {
    if (int bad = check(handle, parameters)) return bad;
    if (m < 0 || n < 0 || lda < m || !known(a_kind) || tau_kind != a_kind || compute != a_kind) return INVALID_VALUE;
    *device = DEVICE_ROOM;
    *host = HOST_ROOM;
    return SUCCESS;
}
// A = Q R with Q = H(1) H(2) ..., H = I - tau v v^H, v = (1, what is left below the diagonal).
ENTRY cusolverDnXgeqrf(Handle* handle, Parameters* parameters, long long m, long long n, int a_kind, void* a, long long lda, int tau_kind,
                       void* tau, int compute, void* device, size_t device_bytes, void* host, size_t host_bytes, int* info) {
    if (int bad = check(handle, parameters)) return bad;
    if (m <= 0 || n <= 0 || lda < m || !known(a_kind) || tau_kind != a_kind || compute != a_kind) return INVALID_VALUE;
    long long k = m < n ? m : n;
    if (!reaches(a_kind, a, m, n, lda, "a matrix") || !reaches(a_kind, tau, k, 1, k, "factors of reflections")) return INVALID_VALUE;
    if (int bad = begin(device, device_bytes, host, host_bytes, info)) return bad;
    Matrix x = read(a_kind, a, m, n, lda);
    if (out_of_range(a_kind, x)) spoil(x);
    for (long long p = 0; p < k; p++) {
        number alpha = x(p, p), factor = { 0, 0 };
        real below = norm(x.column(p) + p + 1, m - p - 1);
        if (below != 0 || alpha.im != 0) {
            real beta = (alpha.re >= 0 ? -1 : 1) * sqrtl(square(alpha) + below * below);
            factor = { (beta - alpha.re) / beta, -alpha.im / beta };
            number scale = number{ 1, 0 } / (alpha - number{ beta, 0 });
            for (long long i = p + 1; i < m; i++) x(i, p) = scale * x(i, p);
            x(p, p) = { beta, 0 };
            for (long long j = p + 1; j < n; j++) {
                number f = x(p, j);
                for (long long i = p + 1; i < m; i++) f = f + conj(x(i, p)) * x(i, j);
                f = conj(factor) * f;
                x(p, j) = x(p, j) - f;
                for (long long i = p + 1; i < m; i++) x(i, j) = x(i, j) - f * x(i, p);
            }
        }
        put(a_kind, tau, p, factor);
    }
    write(a_kind, a, lda, x, n);
    *info = 0;
    return SUCCESS;
}

namespace {
int orthonormal(int kind, Handle* handle, int m, int n, int k, void* a, int lda, const void* tau, void* work, int room, int* info) {
    if (!valid(handle)) return NOT_INITIALIZED;
    if (!handle->stream) return refuse("cuSOLVER: the handle is not bound to a stream"), NOT_INITIALIZED;
    if (k <= 0 || n < k || m < n || lda < m) return refuse("cuSOLVER: lengths of orgqr"), INVALID_VALUE;
    if ((size_t)room * bytes_of(kind) < DEVICE_ROOM) return refuse("cuSOLVER: too little to work with"), INVALID_VALUE;
    if (!reaches(kind, a, m, n, lda, "reflections") || !reaches(kind, tau, k, 1, k, "factors of reflections") ||
        !reaches(work, room * bytes_of(kind), "what a decomposition works with") || !reaches(info, sizeof(int), "how it ended"))
        return INVALID_VALUE;
    if (!runs()) return EXECUTION_FAILED;
    memset(work, 0xCD, room * bytes_of(kind));
    Matrix v = read(kind, a, m, k, lda), q(m, n);
    for (int j = 0; j < n; j++) q(j, j) = { 1, 0 };
    for (int p = k - 1; p >= 0; p--) {
        number factor = get(kind, tau, p);
        for (int j = 0; j < n; j++) {
            number f = q(p, j);
            for (int i = p + 1; i < m; i++) f = f + conj(v(i, p)) * q(i, j);
            f = factor * f;
            q(p, j) = q(p, j) - f;
            for (int i = p + 1; i < m; i++) q(i, j) = q(i, j) - f * v(i, p);
        }
    }
    write(kind, a, lda, q, n);
    *info = 0;
    return SUCCESS;
}
int orthonormal_room(int kind, Handle* handle, int* room) {
    if (!valid(handle) || !room) return NOT_INITIALIZED;
    *room = (int)(DEVICE_ROOM / bytes_of(kind));
    return SUCCESS;
}
}

#define ORTHONORMAL(NAME, KIND) \
    ENTRY NAME##_bufferSize(Handle* handle, int, int, int, const void*, int, const void*, int* room) { return orthonormal_room(KIND, handle, room); } \
    ENTRY NAME(Handle* handle, int m, int n, int k, void* a, int lda, const void* tau, void* work, int room, int* info) { \
        return orthonormal(KIND, handle, m, n, k, a, lda, tau, work, room, info); \
    }
ORTHONORMAL(cusolverDnSorgqr, R32)
ORTHONORMAL(cusolverDnDorgqr, R64)
ORTHONORMAL(cusolverDnCungqr, C32)
ORTHONORMAL(cusolverDnZungqr, C64)

// -- elimination -----------------------------------------------------------------------------------------------------------------

ENTRY cusolverDnXgetrf_bufferSize(Handle* handle, Parameters* parameters, long long m, long long n, int a_kind, const void*, long long lda,
                                  int compute, size_t* device, size_t* host) {
    if (int bad = check(handle, parameters)) return bad;
    if (m < 0 || n < 0 || lda < m || !known(a_kind) || compute != a_kind) return INVALID_VALUE;
    *device = DEVICE_ROOM;
    *host = HOST_ROOM;
    return SUCCESS;
}
// Elements are rounded to their dtype at each step, and multiplied by reciprocals of pivots: of two equal rows a little may be left.
ENTRY cusolverDnXgetrf(Handle* handle, Parameters* parameters, long long m, long long n, int a_kind, void* a, long long lda,
                       long long* exchanges, int compute, void* device, size_t device_bytes, void* host, size_t host_bytes, int* info) {
    if (int bad = check(handle, parameters)) return bad;
    if (m <= 0 || m != n || lda < m || !known(a_kind) || compute != a_kind) return INVALID_VALUE;
    if (!reaches(a_kind, a, m, n, lda, "a matrix") || !reaches(exchanges, n * sizeof(long long), "row exchanges")) return INVALID_VALUE;
    if (int bad = begin(device, device_bytes, host, host_bytes, info)) return bad;
    auto rounded = [&](number v) {
        char room[16];
        put(a_kind, room, 0, v);
        return get(a_kind, room, 0);
    };
    Matrix x = read(a_kind, a, m, n, lda);
    *info = 0;
    for (long long p = 0; p < n; p++) {
        long long best = p;
        for (long long i = p + 1; i < n; i++)
            if (square(x(i, p)) > square(x(best, p))) best = i;
        exchanges[p] = best + 1;
        for (long long j = 0; j < n; j++) std::swap(x(p, j), x(best, j));
        if (square(x(p, p)) == 0) {
            if (!*info) *info = (int)p + 1;
            continue;
        }
        number reciprocal = rounded(number{ 1, 0 } / x(p, p));
        for (long long i = p + 1; i < n; i++) x(i, p) = rounded(reciprocal * x(i, p));
        for (long long j = p + 1; j < n; j++)
            for (long long i = p + 1; i < n; i++) x(i, j) = rounded(x(i, j) - x(i, p) * x(p, j));
    }
    write(a_kind, a, lda, x, n);
    return SUCCESS;
}
ENTRY cusolverDnXgetrs(Handle* handle, Parameters* parameters, int transposition, long long n, long long sides, int a_kind, const void* a,
                       long long lda, const long long* exchanges, int b_kind, void* b, long long ldb, int* info) {
    if (int bad = check(handle, parameters)) return bad;
    if (transposition) return NOT_SUPPORTED;
    if (n <= 0 || sides <= 0 || lda < n || ldb < n || !known(a_kind) || b_kind != a_kind) return INVALID_VALUE;
    if (!reaches(a_kind, a, n, n, lda, "factors") || !reaches(b_kind, b, n, sides, ldb, "right sides") ||
        !reaches(exchanges, n * sizeof(long long), "row exchanges") || !reaches(info, sizeof(int), "how it ended"))
        return INVALID_VALUE;
    if (!runs()) return EXECUTION_FAILED;
    Matrix x = read(a_kind, a, n, n, lda), y = read(b_kind, b, n, sides, ldb);
    for (long long j = 0; j < sides; j++) {
        for (long long p = 0; p < n; p++) std::swap(y(p, j), y(exchanges[p] - 1, j));
        for (long long p = 0; p < n; p++)
            for (long long i = p + 1; i < n; i++) y(i, j) = y(i, j) - x(i, p) * y(p, j);
        for (long long p = n - 1; p >= 0; p--) {
            y(p, j) = y(p, j) / x(p, p);
            for (long long i = 0; i < p; i++) y(i, j) = y(i, j) - x(i, p) * y(p, j);
        }
    }
    write(b_kind, b, ldb, y, sides);
    *info = 0;
    return SUCCESS;
}
