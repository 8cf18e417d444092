// The entry points of libcufft that the backend uses: transforms forward, out of place, of one axis, of any length.
#include "stand_in.h"
#include <cmath>
#include <map>
#include <mutex>

namespace {
enum Status { SUCCESS = 0, INVALID_PLAN = 1, INVALID_TYPE = 3, INVALID_VALUE = 4, EXEC_FAILED = 6, INVALID_SIZE = 8, NO_WORKSPACE = 13, NOT_SUPPORTED = 16 };
enum Type { R2C = 42, C2C = 41, D2Z = 106, Z2Z = 105 };
// So many bytes are asked for to work with, to see that they are given.
constexpr size_t ROOM = 512;

struct Plan {
    void *stream = nullptr, *work = nullptr;
    bool own_work = true;
    int type = 0;
    long long n = 0, in_stride = 0, in_step = 0, out_stride = 0, out_step = 0, count = 0;
};

std::mutex& lock() {
    static auto* mutex = new std::mutex;
    return *mutex;
}
std::map<int, Plan*>& plans() {
    static auto* all = new std::map<int, Plan*>;
    return *all;
}
Plan* find(int handle) {
    std::lock_guard<std::mutex> held(lock());
    auto found = plans().find(handle);
    return found == plans().end() ? nullptr : found->second;
}

// exp(-2 pi i k / n) for all k.
std::vector<number> roots(long long n) {
    std::vector<number> out(n);
    const real turn = 6.283185307179586476925286766559L;
    for (long long k = 0; k < n; k++) out[k] = { cosl(turn * k / n), -sinl(turn * k / n) };
    return out;
}

// Transforms `n` elements that lie `step` apart; `every`: which roots of the whole length are those of this one.
void transform(const number* in, long long step, long long n, number* out, const std::vector<number>& root, long long every) {
    if (n == 1) {
        out[0] = in[0];
        return;
    }
    long long p = 2;
    while (n % p) p++;
    long long m = n / p;
    std::vector<number> parts(n);
    for (long long r = 0; r < p; r++) transform(in + r * step, step * p, m, parts.data() + r * m, root, every * p);
    for (long long k = 0; k < n; k++) {
        number sum = { 0, 0 };
        for (long long r = 0; r < p; r++) sum = sum + root[r * k % n * every] * parts[r * m + k % m];
        out[k] = sum;
    }
}

int execute(int handle, int type, void* in, void* out, int direction) {
    Plan* plan = find(handle);
    if (!plan || !plan->n) return INVALID_PLAN;
    if (plan->type != type) return INVALID_TYPE;
    if (direction != -1) return NOT_SUPPORTED;
    if (!plan->stream) return refuse("cuFFT: the plan is not bound to a stream"), INVALID_PLAN;
    if (!plan->own_work && !plan->work) return NO_WORKSPACE;
    bool real_input = type == R2C || type == D2Z, wide = type == D2Z || type == Z2Z;
    int from = real_input ? (wide ? R64 : R32) : (wide ? C64 : C32), to = wide ? C64 : C32;
    if ((size_t)in % bytes_of(to) || (size_t)out % bytes_of(to)) return refuse("cuFFT: elements that are not aligned"), INVALID_VALUE;
    long long n = plan->n, made = real_input ? n / 2 + 1 : n;
    size_t read = (size_t)(plan->in_step * (plan->count - 1) + plan->in_stride * (n - 1) + 1) * bytes_of(from);
    size_t written = (size_t)(plan->out_step * (plan->count - 1) + plan->out_stride * (made - 1) + 1) * bytes_of(to);
    if (!reaches(in, read, "lines") || !reaches(out, written, "transformed lines")) return INVALID_VALUE;
    if ((char*)in < (char*)out + written && (char*)out < (char*)in + read) return refuse("cuFFT: transforms in place"), INVALID_VALUE;
    if (!runs()) return EXEC_FAILED;
    if (!plan->own_work) {
        if (!reaches(plan->work, ROOM, "what a transform works with")) return INVALID_VALUE;
        memset(plan->work, 0xCD, ROOM);
    }
    auto root = roots(n);
    std::vector<number> line(n), result(n);
    for (long long b = 0; b < plan->count; b++) {
        for (long long i = 0; i < n; i++) line[i] = get(from, in, b * plan->in_step + i * plan->in_stride);
        transform(line.data(), 1, n, result.data(), root, 1);
        for (long long k = 0; k < made; k++) put(to, out, b * plan->out_step + k * plan->out_stride, result[k]);
    }
    return SUCCESS;
}
}

ENTRY cufftCreate(int* out) {
    static int made = 0;
    std::lock_guard<std::mutex> held(lock());
    *out = ++made;
    plans()[made] = new Plan;
    return SUCCESS;
}
ENTRY cufftDestroy(int handle) {
    std::lock_guard<std::mutex> held(lock());
    auto found = plans().find(handle);
    if (found == plans().end()) return INVALID_PLAN;
    delete found->second;
    plans().erase(found);
    return SUCCESS;
}
ENTRY cufftSetAutoAllocation(int handle, int automatic) {
    Plan* plan = find(handle);
    if (!plan) return INVALID_PLAN;
    plan->own_work = automatic != 0;
    return SUCCESS;
}
ENTRY cufftSetStream(int handle, void* stream) {
    Plan* plan = find(handle);
    if (!plan) return INVALID_PLAN;
    plan->stream = stream;
    return SUCCESS;
}
ENTRY cufftSetWorkArea(int handle, void* work) {
    Plan* plan = find(handle);
    if (!plan) return INVALID_PLAN;
    plan->work = work;
    return SUCCESS;
}
ENTRY cufftMakePlanMany64(int handle, int rank, long long* n, long long* in_lengths, long long in_stride, long long in_step,
                          long long* out_lengths, long long out_stride, long long out_step, int type, long long count, size_t* room) {
    Plan* plan = find(handle);
    if (!plan) return INVALID_PLAN;
    if (rank != 1 || !n || !in_lengths || !out_lengths || !room) return INVALID_VALUE;
    if (type != R2C && type != C2C && type != D2Z && type != Z2Z) return INVALID_TYPE;
    if (*n < 2) return refuse("cuFFT: a length that should not come here"), INVALID_SIZE;
    if (count < 1 || in_stride < 1 || out_stride < 1 || (count > 1 && (in_step < 1 || out_step < 1)))
        return refuse("cuFFT: lines that do not lie as planned"), INVALID_VALUE;
    plan->type = type;
    plan->n = *n;
    plan->in_stride = in_stride, plan->in_step = in_step;
    plan->out_stride = out_stride, plan->out_step = out_step;
    plan->count = count;
    *room = ROOM;
    return SUCCESS;
}
ENTRY cufftExecC2C(int handle, void* in, void* out, int direction) { return execute(handle, C2C, in, out, direction); }
ENTRY cufftExecZ2Z(int handle, void* in, void* out, int direction) { return execute(handle, Z2Z, in, out, direction); }
ENTRY cufftExecR2C(int handle, void* in, void* out) { return execute(handle, R2C, in, out, -1); }
ENTRY cufftExecD2Z(int handle, void* in, void* out) { return execute(handle, D2Z, in, out, -1); }
