// What the emulated driver and an emulated kernel share: the place of the running thread, and what threads wait for each other with.
// Kernels are compiled on their own and loaded as libraries, so this is a table that is handed over, not a set of symbols.
#pragma once

struct Triple {
    unsigned x, y, z;
};

struct Machine {
    Triple thread, block, block_size, grid_size;
    // All threads of the block meet; `site` is where.
    void (*meet_block)(const void* site);
    // The lanes that `mask` names meet.
    void (*meet_warp)(unsigned mask);
    // The lanes that `mask` names meet, and each gets the `size` bytes that lane `source` brought, at most 16.
    void (*exchange)(unsigned mask, const void* brought, void* taken, unsigned size, unsigned source);
    // The lanes that `mask` names meet; bit i tells whether lane i brought true.
    unsigned (*ballot)(unsigned mask, int brought);
    // The number of the thread in its block.
    unsigned lane;
};

// A kernel, with its parameters behind pointers.
typedef void (*Kernel)(void** parameters);
