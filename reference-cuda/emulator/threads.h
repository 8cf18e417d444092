// The threads of a block.
#pragma once
#include "machine.h"

// In which order threads that could run are run. A kernel that conforms gives the same under each.
enum Order { FORWARD = 0, REVERSE = 1, SHUFFLED = 2, REVERSE_WARPS = 3 };

extern Machine the_machine;

// Ends the process: a kernel broke a rule, and nothing after it can be believed.
[[noreturn]] void broken(const char* rule);

// Runs one block. `waits`: whether threads may wait for each other; else they run as a plain loop.
void run_block(Kernel kernel, void** parameters, unsigned threads, bool waits, Order order, unsigned long long seed);
