// Device memory: poisoned, fenced, and every copy checked against it.
#pragma once
#include <cstddef>

constexpr int CUDA_SUCCESS = 0, CUDA_INVALID_VALUE = 1, CUDA_OUT_OF_MEMORY = 2, CUDA_INVALID_DEVICE = 101, CUDA_INVALID_IMAGE = 200,
              CUDA_NOT_FOUND = 500, CUDA_ILLEGAL_ADDRESS = 700, CUDA_LAUNCH_FAILED = 719;

int allocate(void** out, size_t bytes);
int release(void* p);
// Whether [p, p + bytes) lies inside one allocation; tells on standard error if not.
bool inside(const void* p, size_t bytes, const char* what);
// Whether nothing was written beside any allocation; tells on standard error if so.
bool fences_hold();
// How many bytes the device has in all, and how many are left.
size_t capacity();
size_t left();
// Tells on standard error what was never freed.
void report_leaks();
