// CUDA C++ as a host compiler reads it. Only what kernels use; no headers, so that a kernel compiles in a tenth of a second.
#pragma once
#include "machine.h"

typedef unsigned long size_t;
#define __global__
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __restrict__ __restrict
// Blocks run one after the other; the driver finds these variables by their names, and poisons them before each block.
#define __shared__ static
#define __constant__ static const

static Machine* machine;
#define threadIdx (machine->thread)
#define blockIdx (machine->block)
#define blockDim (machine->block_size)
#define gridDim (machine->grid_size)

// -- threads that wait for each other ------------------------------------------------------------------------------------

// The driver runs a kernel as a plain loop where none of these are left in its library.
#define EMULATED_WAIT __attribute__((noinline)) static

// A barrier is known by its line: the compiler may have made several of one.
EMULATED_WAIT void __syncthreads(size_t line = __builtin_LINE()) { machine->meet_block((const void*)line); }
EMULATED_WAIT void emulated_wait_warp(unsigned mask) { machine->meet_warp(mask); }
EMULATED_WAIT unsigned emulated_wait_ballot(unsigned mask, int brought) { return machine->ballot(mask, brought); }
EMULATED_WAIT void emulated_wait_exchange(unsigned mask, const void* brought, void* taken, unsigned size, unsigned source) {
    machine->exchange(mask, brought, taken, size, source);
}
static inline void __syncwarp(unsigned mask = ~0u) { emulated_wait_warp(mask); }
static inline unsigned __ballot_sync(unsigned mask, int brought) { return emulated_wait_ballot(mask, brought); }
static inline int __any_sync(unsigned mask, int brought) { return emulated_wait_ballot(mask, brought) != 0; }
static inline int __all_sync(unsigned mask, int brought) { return emulated_wait_ballot(mask, !brought) == 0; }
template<class T> static inline T emulated_exchange(unsigned mask, T v, unsigned source) {
    static_assert(sizeof(T) <= 16, "the machine exchanges at most 16 bytes");
    T out;
    emulated_wait_exchange(mask, &v, &out, sizeof(T), source);
    return out;
}
template<class T> static inline T __shfl_sync(unsigned mask, T v, unsigned lane, unsigned width = 32) {
    unsigned i = machine->lane & 31;
    return emulated_exchange(mask, v, (i & ~(width - 1)) + (lane & (width - 1)));
}
template<class T> static inline T __shfl_down_sync(unsigned mask, T v, unsigned by, unsigned width = 32) {
    unsigned i = machine->lane & 31;
    return emulated_exchange(mask, v, (i & (width - 1)) + by < width ? i + by : i);
}
template<class T> static inline T __shfl_up_sync(unsigned mask, T v, unsigned by, unsigned width = 32) {
    unsigned i = machine->lane & 31;
    return emulated_exchange(mask, v, (i & (width - 1)) >= by ? i - by : i);
}
template<class T> static inline T __shfl_xor_sync(unsigned mask, T v, unsigned by, unsigned = 32) {
    return emulated_exchange(mask, v, (machine->lane & 31) ^ by);
}
static inline void __threadfence() {}
static inline void __threadfence_block() {}

// -- atomics: threads change only where they wait, so plain operations are atomic ------------------------------------------

template<class T> static inline T atomicAdd(T* p, T v) { T old = *p; *p = old + v; return old; }
template<class T> static inline T atomicMax(T* p, T v) { T old = *p; if (v > old) *p = v; return old; }
template<class T> static inline T atomicMin(T* p, T v) { T old = *p; if (v < old) *p = v; return old; }
template<class T> static inline T atomicOr(T* p, T v) { T old = *p; *p = old | v; return old; }
template<class T> static inline T atomicExch(T* p, T v) { T old = *p; *p = v; return old; }
template<class T> static inline T atomicCAS(T* p, T compare, T v) { T old = *p; if (old == compare) *p = v; return old; }

// -- bits --------------------------------------------------------------------------------------------------------------

template<class To, class From> static inline To emulated_bits(From x) {
    static_assert(sizeof(To) == sizeof(From), "");
    To out;
    __builtin_memcpy(&out, &x, sizeof(To));
    return out;
}
static inline unsigned __float_as_uint(float x) { return emulated_bits<unsigned>(x); }
static inline float __uint_as_float(unsigned x) { return emulated_bits<float>(x); }
static inline long long __double_as_longlong(double x) { return emulated_bits<long long>(x); }
static inline double __longlong_as_double(long long x) { return emulated_bits<double>(x); }
static inline int __popc(unsigned x) { return __builtin_popcount(x); }
static inline int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
static inline int __clz(int x) { return x ? __builtin_clz(x) : 32; }
static inline int __clzll(long long x) { return x ? __builtin_clzll(x) : 64; }
static inline int __ffs(int x) { return __builtin_ffs(x); }
static inline unsigned __umulhi(unsigned x, unsigned y) { return (unsigned long long)x * y >> 32; }
static inline unsigned long long __umul64hi(unsigned long long x, unsigned long long y) { return (unsigned __int128)x * y >> 64; }

// -- mathematics: that of the host --------------------------------------------------------------------------------------

#define EMULATED_1(NAME) \
    static inline double NAME(double x) { return __builtin_##NAME(x); } \
    static inline float NAME(float x) { return __builtin_##NAME##f(x); }
#define EMULATED_2(NAME) \
    static inline double NAME(double x, double y) { return __builtin_##NAME(x, y); } \
    static inline float NAME(float x, float y) { return __builtin_##NAME##f(x, y); }
EMULATED_1(fabs) EMULATED_1(rint) EMULATED_1(floor) EMULATED_1(ceil) EMULATED_1(trunc) EMULATED_1(sqrt)
EMULATED_1(exp) EMULATED_1(expm1) EMULATED_1(log) EMULATED_1(log1p) EMULATED_1(sin) EMULATED_1(cos) EMULATED_1(tan)
EMULATED_1(sinh) EMULATED_1(cosh) EMULATED_1(tanh)
EMULATED_2(fmin) EMULATED_2(fmax) EMULATED_2(fmod) EMULATED_2(pow) EMULATED_2(atan2) EMULATED_2(hypot) EMULATED_2(copysign)
static inline double fma(double x, double y, double z) { return __builtin_fma(x, y, z); }
static inline float fma(float x, float y, float z) { return __builtin_fmaf(x, y, z); }
static inline double ldexp(double x, int n) { return __builtin_ldexp(x, n); }

// -- how the driver reaches a kernel ----------------------------------------------------------------------------------------

template<int... K> struct EmulatedNumbers {};
template<class... A> struct EmulatedCall {
    template<int... K> static inline void go(void (*kernel)(A...), void** p, EmulatedNumbers<K...>) { kernel(*(A*)p[K]...); }
};
template<class... A> static inline void emulated_call(void (*kernel)(A...), void** p) {
    EmulatedCall<A...>::go(kernel, p, EmulatedNumbers<__integer_pack((int)sizeof...(A))...>());
}
extern "C" __attribute__((visibility("default"))) void emulated_bind(Machine* given) { machine = given; }
#define EMULATED_KERNEL(NUMBER, ...) \
    extern "C" __attribute__((visibility("default"))) void emulated_kernel_##NUMBER(void** p) { emulated_call(__VA_ARGS__, p); }
