// The entry points of libcuda that the backend uses. Everything happens at the call: a stream is never behind.
#include "library.h"
#include "memory.h"
#include "threads.h"
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <mutex>
#include <numeric>
#include <vector>

#define ENTRY extern "C" __attribute__((visibility("default"))) int

namespace {
constexpr size_t SHARED_MEMORY = 49152;

// Launches run one after the other, whichever thread makes them.
std::mutex& launching() {
    static auto* mutex = new std::mutex;
    return *mutex;
}
std::atomic<int> retained{0};

// A context that was broken stays broken as long as the process runs, as on a device: every call answers with the error that did it.
struct Context {
    std::atomic<int> lost{CUDA_SUCCESS};
};
Context contexts[8];
thread_local Context* current;

int lost() { return current ? current->lost.load() : CUDA_SUCCESS; }
int lose(int error) {
    if (current) current->lost = error;
    return error;
}
bool any_lost() {
    for (auto& context : contexts)
        if (context.lost) return true;
    return false;
}

int number(const char* name, int otherwise) {
    const char* given = getenv(name);
    return given ? atoi(given) : otherwise;
}
unsigned long long seed() {
    const char* given = getenv("EMULATED_SEED");
    return given ? strtoull(given, nullptr, 10) : 1;
}
int devices() {
    int n = number("EMULATED_DEVICES", 1);
    return n < 0 ? 0 : n > 8 ? 8 : n;
}

struct Module {
    void* handle;
    Library library;
    // Of the path, which tells kernels apart.
    unsigned long long hash;
};
struct Function {
    Kernel kernel;
    const Module* module;
};

// Blocks of a grid in the order that they run in.
std::vector<unsigned> in_order(unsigned blocks, Order order, unsigned long long random) {
    std::vector<unsigned> out(blocks);
    std::iota(out.begin(), out.end(), 0);
    for (unsigned k = 0; order != FORWARD && k < blocks / 2; k++) std::swap(out[k], out[blocks - 1 - k]);
    for (unsigned k = blocks; order == SHUFFLED && k > 1; k--) {
        random = random * 6364136223846793005ull + 1442695040888963407ull;
        std::swap(out[k - 1], out[(random >> 33) % k]);
    }
    return out;
}
// `EMULATED_FAIL_LAUNCH=n`: launch number n of a process breaks its context, as a fault on a device does; `EMULATED_FAIL_ONCE=FILE`: if that
// file is there, which is removed, so that one of all processes breaks.
bool breaks() {
    static std::atomic<int> launches{0};
    if (++launches != number("EMULATED_FAIL_LAUNCH", -1)) return false;
    const char* token = getenv("EMULATED_FAIL_ONCE");
    return !token || remove(token) == 0;
}
}

// Begins the work of a launch, or of a library call: why it cannot be done.
extern "C" __attribute__((visibility("default"))) int emulated_launch() {
    if (int error = lost()) return error;
    return breaks() ? lose(CUDA_ILLEGAL_ADDRESS) : CUDA_SUCCESS;
}

ENTRY cuInit(unsigned) { return devices() ? CUDA_SUCCESS : 100; }
ENTRY cuDriverGetVersion(int* out) { *out = number("EMULATED_VERSION", 13000); return CUDA_SUCCESS; }
ENTRY cuDeviceGetCount(int* out) { *out = devices(); return CUDA_SUCCESS; }
ENTRY cuDeviceGet(int* out, int ordinal) { *out = ordinal; return ordinal >= 0 && ordinal < devices() ? CUDA_SUCCESS : CUDA_INVALID_DEVICE; }
ENTRY cuDeviceGetName(char* out, int room, int) { snprintf(out, room, "CUDA emulated on the host"); return CUDA_SUCCESS; }
ENTRY cuDeviceTotalMem_v2(size_t* out, int) { *out = capacity(); return CUDA_SUCCESS; }
ENTRY cuDeviceGetAttribute(int* out, int attribute, int) {
    switch (attribute) {
    case 1: *out = 1024; break;   // threads per block
    case 8: *out = SHARED_MEMORY; break;  // shared memory per block
    case 10: *out = 32; break;    // threads of a warp
    case 16: *out = 1; break;     // multiprocessors: few, so that a block takes several units of work
    case 39: *out = 2048; break;  // threads of a multiprocessor
    case 75: *out = number("EMULATED_CAPABILITY", 90) / 10; break;
    case 76: *out = number("EMULATED_CAPABILITY", 90) % 10; break;
    case 115: *out = 1; break;    // memory pools
    default: *out = 0;
    }
    return CUDA_SUCCESS;
}
ENTRY cuDevicePrimaryCtxRetain(void** out, int device) {
    retained++;
    *out = &contexts[device & 7];
    return CUDA_SUCCESS;
}
// What is left when nobody uses a device any more was forgotten; what a lost one held is gone.
ENTRY cuDevicePrimaryCtxRelease_v2(int) {
    if (--retained == 0 && !any_lost()) report_leaks();
    return CUDA_SUCCESS;
}
ENTRY cuCtxSetCurrent(Context* context) { current = context; return CUDA_SUCCESS; }
ENTRY cuCtxGetCurrent(void** out) { *out = current; return CUDA_SUCCESS; }
ENTRY cuCtxSynchronize() { return lost(); }

ENTRY cuMemAlloc_v2(void** out, size_t bytes) {
    int error = lost();
    return error ? error : allocate(out, bytes);
}
ENTRY cuMemAllocAsync(void** out, size_t bytes, void*) { return cuMemAlloc_v2(out, bytes); }
ENTRY cuMemFree_v2(void* p) {
    if (int error = lost()) return error;
    int error = release(p);
    return error == CUDA_ILLEGAL_ADDRESS ? lose(error) : error;
}
ENTRY cuMemFreeAsync(void* p, void*) { return cuMemFree_v2(p); }
ENTRY cuMemGetInfo_v2(size_t* free_out, size_t* all) { *free_out = left(); *all = capacity(); return CUDA_SUCCESS; }

ENTRY cuMemcpyHtoDAsync_v2(void* to, const void* from, size_t bytes, void*) {
    if (int error = lost()) return error;
    if (!inside(to, bytes, "a copy to the device")) return CUDA_INVALID_VALUE;
    memcpy(to, from, bytes);
    return CUDA_SUCCESS;
}
ENTRY cuMemcpyDtoHAsync_v2(void* to, const void* from, size_t bytes, void*) {
    if (int error = lost()) return error;
    if (!inside(from, bytes, "a copy from the device")) return CUDA_INVALID_VALUE;
    memcpy(to, from, bytes);
    return CUDA_SUCCESS;
}
ENTRY cuMemcpyDtoDAsync_v2(void* to, const void* from, size_t bytes, void*) {
    if (int error = lost()) return error;
    if (!inside(to, bytes, "a copy on the device") || !inside(from, bytes, "a copy on the device")) return CUDA_INVALID_VALUE;
    memmove(to, from, bytes);
    return CUDA_SUCCESS;
}
ENTRY cuMemcpyPeerAsync(void* to, Context* there, const void* from, Context* here, size_t bytes, void* stream) {
    for (Context* end : { there, here })
        if (int error = end->lost) return error;
    return number("EMULATED_PEERS", 1) ? cuMemcpyDtoDAsync_v2(to, from, bytes, stream) : CUDA_INVALID_VALUE;
}
ENTRY cuMemsetD8Async(void* to, unsigned char value, size_t bytes, void*) {
    if (int error = lost()) return error;
    if (!inside(to, bytes, "a fill")) return CUDA_INVALID_VALUE;
    memset(to, value, bytes);
    return CUDA_SUCCESS;
}

ENTRY cuStreamCreate(void** out, unsigned) {
    if (int error = lost()) return error;
    *out = malloc(1);
    return CUDA_SUCCESS;
}
ENTRY cuStreamDestroy_v2(void* stream) { free(stream); return CUDA_SUCCESS; }
ENTRY cuStreamSynchronize(void*) {
    if (int error = lost()) return error;
    return fences_hold() ? CUDA_SUCCESS : lose(CUDA_ILLEGAL_ADDRESS);
}
ENTRY cuStreamWaitEvent(void*, void*, unsigned) { return lost(); }
ENTRY cuEventCreate(void** out, unsigned) { *out = malloc(1); return CUDA_SUCCESS; }
ENTRY cuEventDestroy_v2(void* event) { free(event); return CUDA_SUCCESS; }
ENTRY cuEventRecord(void*, void*) { return lost(); }
ENTRY cuEventSynchronize(void*) { return lost(); }
ENTRY cuEventQuery(void*) { return lost(); }

ENTRY cuGetErrorName(int error, const char** out) {
    switch (error) {
    case CUDA_INVALID_VALUE: *out = "CUDA_ERROR_INVALID_VALUE"; break;
    case CUDA_OUT_OF_MEMORY: *out = "CUDA_ERROR_OUT_OF_MEMORY"; break;
    case 100: *out = "CUDA_ERROR_NO_DEVICE"; break;
    case CUDA_INVALID_DEVICE: *out = "CUDA_ERROR_INVALID_DEVICE"; break;
    case CUDA_INVALID_IMAGE: *out = "CUDA_ERROR_INVALID_IMAGE"; break;
    case CUDA_NOT_FOUND: *out = "CUDA_ERROR_NOT_FOUND"; break;
    case CUDA_ILLEGAL_ADDRESS: *out = "CUDA_ERROR_ILLEGAL_ADDRESS"; break;
    case CUDA_LAUNCH_FAILED: *out = "CUDA_ERROR_LAUNCH_FAILED"; break;
    default: *out = "CUDA_ERROR_UNKNOWN";
    }
    return CUDA_SUCCESS;
}
ENTRY cuGetErrorString(int error, const char** out) { return cuGetErrorName(error, out); }

// An image is what the emulated compiler made: `EMULATED:` and the path of a library.
ENTRY cuModuleLoadData(void** out, const void* image) {
    const char *text = (const char*)image, *path = text + 9;
    if (strncmp(text, "EMULATED:", 9)) return CUDA_INVALID_IMAGE;
    void* handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        fprintf(stderr, "emulated device: %s\n", dlerror());
        return CUDA_INVALID_IMAGE;
    }
    auto bind = (void (*)(Machine*))dlsym(handle, "emulated_bind");
    if (!bind) return CUDA_INVALID_IMAGE;
    bind(&the_machine);
    auto* module = new Module{ handle, {}, 14695981039346656037ull };
    for (const char* c = strrchr(path, '/'); c && *c; c++) module->hash = (module->hash ^ (unsigned char)*c) * 1099511628211ull;
    if (!describe(handle, path, module->library) || module->library.shared > SHARED_MEMORY) {
        fprintf(stderr, "emulated device: a kernel with %zu bytes of shared memory, and %zu are there\n", module->library.shared, SHARED_MEMORY);
        return CUDA_INVALID_IMAGE;
    }
    *out = module;
    return CUDA_SUCCESS;
}
ENTRY cuModuleUnload(void* given) {
    auto* module = (Module*)given;
    dlclose(module->handle);
    delete module;
    return CUDA_SUCCESS;
}
ENTRY cuModuleGetFunction(void** out, void* given, const char* name) {
    auto* module = (Module*)given;
    auto kernel = (Kernel)dlsym(module->handle, name);
    if (!kernel) return CUDA_NOT_FOUND;
    *out = new Function{ kernel, module }; // lives as long as the process, as modules do
    return CUDA_SUCCESS;
}
ENTRY cuFuncGetAttribute(int* out, int, void*) { *out = 1024; return CUDA_SUCCESS; }
ENTRY cuFuncSetAttribute(void*, int, int) { return CUDA_SUCCESS; }

ENTRY cuLaunchKernel(void* given, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared, void*,
                     void** parameters, void**) {
    unsigned long long threads = (unsigned long long)bx * by * bz;
    if (!gx || !gy || !gz || !threads || gx > 2147483647u || gy > 65535 || gz > 65535 || (unsigned long long)gx * gy * gz > 4294967295u || threads > 1024 || bz > 64 || shared > SHARED_MEMORY)
        return CUDA_INVALID_VALUE;
    std::lock_guard<std::mutex> held(launching());
    if (int error = emulated_launch()) return error;
    auto* function = (Function*)given;
    auto* module = function->module;
    unsigned long long blocks = (unsigned long long)gx * gy * gz;
    unsigned long long random = (module->hash ^ blocks << 32 ^ seed()) * 0x9e3779b97f4a7c15ull;
    auto order = (Order)number("EMULATED_ORDER", MIXED);
    if (order == MIXED) order = (Order)(random >> 61 & 3);
    the_machine.block_size = { bx, by, bz };
    the_machine.grid_size = { gx, gy, gz };
    for (unsigned i : in_order((unsigned)blocks, order, random)) {
        the_machine.block = { i % gx, i / gx % gy, i / gx / gy };
        module->library.poison();
        if (!run_block(function->kernel, parameters, (unsigned)threads, module->library.waits, order, random + i)) return lose(CUDA_LAUNCH_FAILED);
    }
    return CUDA_SUCCESS;
}
