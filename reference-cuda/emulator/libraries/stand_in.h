// What the stand-ins for NVIDIA's libraries share. They are plain and slow, compute in extended precision, and check what the real ones
// check: handles, streams, lengths, distances, addresses.
#pragma once
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <vector>

#define ENTRY extern "C" __attribute__((visibility("default"))) int

typedef long double real;
struct number {
    real re, im;
};
static inline number operator+(number x, number y) { return { x.re + y.re, x.im + y.im }; }
static inline number operator-(number x, number y) { return { x.re - y.re, x.im - y.im }; }
static inline number operator*(number x, number y) { return { x.re * y.re - x.im * y.im, x.re * y.im + x.im * y.re }; }
static inline number operator*(real f, number x) { return { f * x.re, f * x.im }; }
static inline number conj(number x) { return { x.re, -x.im }; }
static inline real square(number x) { return x.re * x.re + x.im * x.im; }
static inline number operator/(number x, number y) {
    real n = square(y);
    return { (x.re * y.re + x.im * y.im) / n, (x.im * y.re - x.re * y.im) / n };
}

// cudaDataType_t of the four types there are.
enum Kind { R32 = 0, R64 = 1, C32 = 4, C64 = 5 };
static inline bool known(int kind) { return kind == R32 || kind == R64 || kind == C32 || kind == C64; }
static inline bool is_complex(int kind) { return kind >= C32; }
static inline int part(int kind) { return kind & 1; }
static inline size_t bytes_of(int kind) { return (size_t)(kind & 1 ? 8 : 4) * (is_complex(kind) ? 2 : 1); }

static inline real part_at(int kind, const void* p, size_t i) { return part(kind) ? (real)((const double*)p)[i] : (real)((const float*)p)[i]; }
static inline void put_part(int kind, void* p, size_t i, real v) {
    if (part(kind)) ((double*)p)[i] = (double)v;
    else ((float*)p)[i] = (float)v;
}
static inline number get(int kind, const void* p, size_t i) {
    if (is_complex(kind)) return { part_at(kind, p, 2 * i), part_at(kind, p, 2 * i + 1) };
    return { part_at(kind, p, i), 0 };
}
static inline void put(int kind, void* p, size_t i, number v) {
    if (!is_complex(kind)) return put_part(kind, p, i, v.re);
    put_part(kind, p, 2 * i, v.re);
    put_part(kind, p, 2 * i + 1, v.im);
}

// An entry point of the emulated driver, told on standard error if there is none.
template <class F> F of_driver(const char* name) {
    auto found = (F)dlsym(RTLD_DEFAULT, name);
    if (!found) fprintf(stderr, "emulated library: there is no emulated driver\n");
    return found;
}
// Whether the device does the work of a call, as that of a launch: not if it is lost.
static inline bool runs() {
    static auto launch = of_driver<int (*)()>("emulated_launch");
    return launch && launch() == 0;
}
// Whether the bytes lie in one allocation of the device; tells on standard error if not.
static inline bool reaches(const void* p, size_t bytes, const char* what) {
    static auto ask = of_driver<int (*)(const void*, size_t, const char*)>("emulated_inside");
    return ask && ask(p, bytes, what);
}
// A matrix by columns, `leading` elements from one to the next.
static inline bool reaches(int kind, const void* p, long long rows, long long columns, long long leading, const char* what) {
    if (!rows || !columns) return true;
    return reaches(p, ((size_t)leading * (columns - 1) + rows) * bytes_of(kind), what);
}

static inline bool refuse(const char* what) {
    fprintf(stderr, "emulated library: %s\n", what);
    return true;
}

// What a library hands out. It ends visibly, so that a use after that is noticed.
template <unsigned MARK> struct Handle_of {
    unsigned live = MARK;
    void* stream = nullptr;
};
template <unsigned MARK> bool valid(const Handle_of<MARK>* handle) { return handle && handle->live == MARK; }
template <unsigned MARK> bool end(Handle_of<MARK>* handle) {
    if (!valid(handle)) return false;
    handle->live = 0;
    delete handle;
    return true;
}
template <unsigned MARK> bool bind(Handle_of<MARK>* handle, void* stream) {
    if (!valid(handle)) return false;
    handle->stream = stream;
    return true;
}
