// Part of the driver: whether an address lies in device memory, for the libraries beside it.
#include "memory.h"

extern "C" __attribute__((visibility("default"))) int emulated_inside(const void* p, size_t bytes, const char* what) {
    return !bytes || inside(p, bytes, what);
}
