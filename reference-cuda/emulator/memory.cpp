#include "memory.h"
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>

namespace {
constexpr size_t FENCE = 256; // also the alignment that a device gives
constexpr unsigned char POISON = 0xCB, GUARD = 0xFD;

// Leaked on purpose: workers of the host end in any order.
std::map<char*, size_t>& blocks() {
    static auto* all = new std::map<char*, size_t>;
    return *all;
}
std::mutex& lock() {
    static auto* mutex = new std::mutex;
    return *mutex;
}
size_t used = 0;

bool fence_holds(char* p, size_t bytes) {
    for (size_t i = 0; i < FENCE; i++)
        if ((unsigned char)p[-1 - (long)i] != GUARD || (unsigned char)p[bytes + i] != GUARD) {
            fprintf(stderr, "emulated device: something was written beside an allocation of %zu bytes\n", bytes);
            // Mended, so that it is told once.
            memset(p - FENCE, GUARD, FENCE);
            memset(p + bytes, GUARD, FENCE);
            return false;
        }
    return true;
}
}

size_t capacity() {
    const char* given = getenv("EMULATED_MEMORY");
    return given ? strtoull(given, nullptr, 10) : 2ull << 30;
}

size_t left() {
    std::lock_guard<std::mutex> held(lock());
    return capacity() - used;
}

int allocate(void** out, size_t bytes) {
    if (!bytes) return CUDA_INVALID_VALUE;
    std::lock_guard<std::mutex> held(lock());
    if (bytes > capacity() || used > capacity() - bytes) return CUDA_OUT_OF_MEMORY;
    char* all = (char*)aligned_alloc(FENCE, (bytes + 3 * FENCE - 1) / FENCE * FENCE);
    if (!all) return CUDA_OUT_OF_MEMORY;
    char* p = all + FENCE;
    memset(all, GUARD, FENCE);
    memset(p, POISON, bytes);
    memset(p + bytes, GUARD, FENCE);
    blocks()[p] = bytes;
    used += bytes;
    *out = p;
    return CUDA_SUCCESS;
}

int release(void* given) {
    char* p = (char*)given;
    std::lock_guard<std::mutex> held(lock());
    auto found = blocks().find(p);
    if (found == blocks().end()) {
        fprintf(stderr, "emulated device: freed what was not allocated\n");
        return CUDA_INVALID_VALUE;
    }
    bool whole = fence_holds(p, found->second);
    memset(p, POISON, found->second);
    used -= found->second;
    blocks().erase(found);
    free(p - FENCE);
    return whole ? CUDA_SUCCESS : CUDA_ILLEGAL_ADDRESS;
}

bool inside(const void* given, size_t bytes, const char* what) {
    char* p = (char*)given;
    std::lock_guard<std::mutex> held(lock());
    auto next = blocks().upper_bound(p);
    if (next != blocks().begin()) {
        auto block = *--next;
        if (p + bytes <= block.first + block.second) return true;
    }
    fprintf(stderr, "emulated device: %s of %zu bytes outside of any allocation\n", what, bytes);
    return false;
}

bool fences_hold() {
    std::lock_guard<std::mutex> held(lock());
    bool all = true;
    for (auto& block : blocks()) all &= fence_holds(block.first, block.second);
    return all;
}

void report_leaks() {
    std::lock_guard<std::mutex> held(lock());
    if (!blocks().empty()) fprintf(stderr, "emulated device: %zu allocations were never freed\n", blocks().size());
}
