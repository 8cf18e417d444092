// The threads of a block.
#pragma once
#include "machine.h"

// In which order threads and blocks that could run are run. A kernel that conforms gives the same under each. `MIXED`: each kernel and
// grid has one of the others, by the seed.
enum Order { FORWARD = 0, REVERSE = 1, SHUFFLED = 2, REVERSE_WARPS = 3, MIXED = 4 };

extern Machine the_machine;

// Gives up on the running block: a kernel broke a rule, and nothing after it can be believed.
[[noreturn]] void broken(const char* rule);

// Runs one block. `waits`: whether threads may wait for each other; else they run as a plain loop. False where a rule was broken.
bool run_block(Kernel kernel, void** parameters, unsigned threads, bool waits, Order order, unsigned long long seed);
