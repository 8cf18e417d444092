// The entry points of libcublas that the backend uses.
#include "stand_in.h"

namespace {
enum Status { SUCCESS = 0, NOT_INITIALIZED = 1, INVALID_VALUE = 7, EXECUTION_FAILED = 13, NOT_SUPPORTED = 15 };
typedef Handle_of<0xB1A5> Handle;
}

ENTRY cublasCreate_v2(Handle** out) {
    if (!out) return INVALID_VALUE;
    *out = new Handle;
    return SUCCESS;
}
ENTRY cublasDestroy_v2(Handle* handle) { return end(handle) ? SUCCESS : NOT_INITIALIZED; }
ENTRY cublasSetStream_v2(Handle* handle, void* stream) { return bind(handle, stream) ? SUCCESS : NOT_INITIALIZED; }
ENTRY cublasSetMathMode(Handle* handle, unsigned) { return valid(handle) ? SUCCESS : NOT_INITIALIZED; }

// C = alpha op(A) op(B) + beta C, by columns.
ENTRY cublasGemmStridedBatchedEx_64(Handle* handle, int ta, int tb, long long m, long long n, long long k, const void* alpha, const void* a,
                                    int a_kind, long long lda, long long a_step, const void* b, int b_kind, long long ldb, long long b_step,
                                    const void* beta, void* c, int c_kind, long long ldc, long long c_step, long long count, int compute,
                                    int) {
    if (!valid(handle)) return NOT_INITIALIZED;
    if (!handle->stream) return refuse("cuBLAS: the handle is not bound to a stream"), NOT_INITIALIZED;
    if (!alpha || !beta || !a || !b || !c) return refuse("cuBLAS: a null pointer"), INVALID_VALUE;
    if (m <= 0 || n <= 0 || k <= 0 || count <= 0) return refuse("cuBLAS: a length of 0, which should not come here"), INVALID_VALUE;
    if (ta < 0 || ta > 2 || tb < 0 || tb > 2) return INVALID_VALUE;
    if (!known(a_kind) || a_kind != b_kind || a_kind != c_kind) return NOT_SUPPORTED;
    // 32 and 64 bits, also *pedantic*; no lower precision inside.
    int wanted = part(a_kind) ? 70 : 68;
    if (compute != wanted && compute != wanted + 1) return refuse("cuBLAS: arithmetic that is not that of the elements"), NOT_SUPPORTED;
    long long a_rows = ta ? k : m, a_columns = ta ? m : k, b_rows = tb ? n : k, b_columns = tb ? k : n;
    if (lda < a_rows || ldb < b_rows || ldc < m) return refuse("cuBLAS: a leading dimension that is too small"), INVALID_VALUE;
    if (count > 1 && c_step < ldc * (n - 1) + m) return refuse("cuBLAS: results that overlap"), INVALID_VALUE;
    if (!runs()) return EXECUTION_FAILED;
    int kind = a_kind;
    number one = get(kind, alpha, 0), keep = get(kind, beta, 0);
    size_t size = bytes_of(kind);
    for (long long i = 0; i < count; i++) {
        const char *x = (const char*)a + i * a_step * (long long)size, *y = (const char*)b + i * b_step * (long long)size;
        char* z = (char*)c + i * c_step * (long long)size;
        if (!reaches(kind, x, a_rows, a_columns, lda, "the left operand of a product") ||
            !reaches(kind, y, b_rows, b_columns, ldb, "the right operand of a product") || !reaches(kind, z, m, n, ldc, "a product"))
            return INVALID_VALUE;
        auto left = [&](long long r, long long q) {
            number v = get(kind, x, ta ? q + r * lda : r + q * lda);
            return ta == 2 ? conj(v) : v;
        };
        auto right = [&](long long q, long long s) {
            number v = get(kind, y, tb ? s + q * ldb : q + s * ldb);
            return tb == 2 ? conj(v) : v;
        };
        for (long long s = 0; s < n; s++)
            for (long long r = 0; r < m; r++) {
                number sum = { 0, 0 };
                if (is_complex(kind))
                    for (long long q = 0; q < k; q++) sum = sum + left(r, q) * right(q, s);
                else
                    for (long long q = 0; q < k; q++) sum.re += left(r, q).re * right(q, s).re;
                if (one.re != 1 || one.im != 0) sum = one * sum;
                if (keep.re != 0 || keep.im != 0) sum = sum + keep * get(kind, z, r + s * ldc);
                put(kind, z, r + s * ldc, sum);
            }
    }
    return SUCCESS;
}

// Of float64, as the bench calls it.
ENTRY cublasDgemm_v2(Handle* handle, int ta, int tb, int m, int n, int k, const double* alpha, const double* a, int lda, const double* b,
                     int ldb, const double* beta, double* c, int ldc) {
    const int KIND = 1, COMPUTE = 70;
    return cublasGemmStridedBatchedEx_64(handle, ta, tb, m, n, k, alpha, a, KIND, lda, 0, b, KIND, ldb, 0, beta, c, KIND, ldc, 0, 1, COMPUTE,
                                         -1);
}
