// What the driver has to know of a kernel's library.
#pragma once
#include <cstddef>
#include <vector>

struct Library {
    struct Part {
        unsigned char* start;
        size_t bytes;
    };
    // Shared memory, and its size.
    std::vector<Part> parts;
    size_t shared = 0;
    // Whether threads may wait for each other.
    bool waits = false;

    // What a block finds in shared memory: nothing that it may use.
    void poison() const;
};

// From the names and sizes of functions and variables; false where they cannot be read.
bool describe(void* handle, const char* path, Library& out);
