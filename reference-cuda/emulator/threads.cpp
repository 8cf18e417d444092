// CUDA threads as fibers: one thread of the system, one block at a time, a switch where threads wait for each other.
#include "threads.h"
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/mman.h>
#include <vector>

extern "C" void emulated_switch(void** save, void* to);
asm(R"(
.globl emulated_switch
.hidden emulated_switch
.type emulated_switch,@function
emulated_switch:
 pushq %rbp; pushq %rbx; pushq %r12; pushq %r13; pushq %r14; pushq %r15
 movq %rsp,(%rdi); movq %rsi,%rsp
 popq %r15; popq %r14; popq %r13; popq %r12; popq %rbx; popq %rbp; ret
.size emulated_switch,.-emulated_switch)");

namespace {
enum State { READY, AT_BLOCK_BARRIER, AT_WARP_BARRIER, DONE };
constexpr size_t STACK = 64 * 1024;

struct Fiber {
    void* stack_pointer;
    Triple thread;
    State state;
    const void* site;
    unsigned mask;
    // What it brought to the last two meetings: a lane may be one meeting ahead of another.
    alignas(16) unsigned char brought[2][16];
    unsigned phase;
};

std::vector<Fiber> fibers;
std::vector<char*> stacks;
void* main_stack;
unsigned running, count;
// Whether a thread of the block runs, and not the loop that chooses the next one; the rule that was broken, if one was.
bool inside_fiber;
const char* rule_broken;

// Gives up on the block: its threads never run again, and there is nothing in them to be destroyed.
struct GivenUp {};
Kernel kernel_now;
void** parameters_now;

void enter(unsigned i) {
    inside_fiber = true;
    running = i;
    the_machine.thread = fibers[i].thread;
    the_machine.lane = i;
}

void leave(unsigned i) {
    inside_fiber = false;
    emulated_switch(&fibers[i].stack_pointer, main_stack);
}

void wait(State state, const void* site, unsigned mask) {
    unsigned me = running;
    fibers[me].state = state;
    fibers[me].site = site;
    fibers[me].mask = mask;
    leave(me);
    enter(me);
}

void body() {
    kernel_now(parameters_now);
    fibers[running].state = DONE;
    leave(running);
    __builtin_trap();
}

void meet_block(const void* site) { wait(AT_BLOCK_BARRIER, site, 0); }
void meet_warp(unsigned mask) {
    if (!(mask >> (running & 31) & 1)) broken("a lane waits with a mask that does not name it");
    wait(AT_WARP_BARRIER, nullptr, mask);
}

void exchange(unsigned mask, const void* brought, void* taken, unsigned size, unsigned source) {
    Fiber& mine = fibers[running];
    unsigned phase = mine.phase ^= 1;
    memcpy(mine.brought[phase], brought, size);
    meet_warp(mask);
    unsigned from = (running & ~31u) + source;
    // A lane that is not named, or not there, has nothing to give: its value is undefined on a device.
    if (from < count && (mask >> (source & 31) & 1)) memcpy(taken, fibers[from].brought[phase], size);
    else memset(taken, 0xCB, size);
}

unsigned ballot(unsigned mask, int brought) {
    Fiber& mine = fibers[running];
    unsigned phase = mine.phase ^= 1, base = running & ~31u, out = 0;
    mine.brought[phase][0] = brought != 0;
    meet_warp(mask);
    for (unsigned lane = 0; lane < 32; lane++)
        if ((mask >> lane & 1) && base + lane < count && fibers[base + lane].brought[phase][0]) out |= 1u << lane;
    return out;
}

// Runs every lane of a warp that can run, once. Whether there was one.
bool run_lanes(unsigned base, unsigned size, Order order, unsigned long long& random) {
    bool ran = false;
    // An odd factor modulo 32 meets each lane once.
    unsigned factor = 1, shift = 0;
    if (order == SHUFFLED) {
        factor = (unsigned)(random >> 40) | 1;
        shift = (unsigned)(random >> 50);
        random = random * 6364136223846793005ull + 1442695040888963407ull;
    }
    for (unsigned k = 0; k < 32; k++) {
        unsigned lane = order == REVERSE ? 31 - k : (k * factor + shift) & 31;
        if (lane >= size) continue;
        Fiber& fiber = fibers[base + lane];
        if (fiber.state != READY) continue;
        ran = true;
        enter(base + lane);
        emulated_switch(&main_stack, fiber.stack_pointer);
        if (rule_broken) throw GivenUp{};
    }
    return ran;
}

// Lets the lanes go on that wait for each other and have all come. Whether there were some.
bool release_warp(unsigned base, unsigned size) {
    unsigned named = 0, come = 0, there = size == 32 ? ~0u : (1u << size) - 1;
    for (unsigned i = 0; i < size; i++)
        if (fibers[base + i].state == AT_WARP_BARRIER) {
            if (come && fibers[base + i].mask != named) broken("lanes of a warp wait with different masks");
            come |= 1u << i;
            named = fibers[base + i].mask;
        }
    if (!come || (come & named & there) != (named & there)) return false;
    for (unsigned i = 0; i < size; i++)
        if (fibers[base + i].state == AT_WARP_BARRIER) fibers[base + i].state = READY;
    return true;
}

// Lets the block go on if all its threads have come to one barrier.
bool release_block() {
    unsigned come = 0, alive = 0;
    const void* site = nullptr;
    for (unsigned i = 0; i < count; i++) {
        if (fibers[i].state != DONE) alive++;
        if (fibers[i].state != AT_BLOCK_BARRIER) continue;
        if (come++ && site != fibers[i].site) broken("threads meet at different __syncthreads");
        site = fibers[i].site;
    }
    if (!come || come != alive) return false;
    if (alive != count) broken("__syncthreads after threads of the block have ended");
    for (unsigned i = 0; i < count; i++) fibers[i].state = READY;
    return true;
}

void run_fibers(unsigned threads, Order order, unsigned long long random) {
    count = threads;
    if (fibers.size() < threads) fibers.resize(threads);
    while (stacks.size() < threads)
        stacks.push_back((char*)mmap(nullptr, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    Triple size = the_machine.block_size;
    for (unsigned i = 0; i < threads; i++) {
        Fiber& fiber = fibers[i];
        fiber.thread = { i % size.x, i / size.x % size.y, i / (size.x * size.y) };
        fiber.state = READY;
        fiber.phase = 0;
        void** top = (void**)(stacks[i] + STACK - 16);
        *--top = nullptr;
        *--top = (void*)body;
        for (int k = 0; k < 6; k++) *--top = nullptr;
        fiber.stack_pointer = top;
    }
    unsigned warps = (threads + 31) / 32;
    for (;;) {
        bool ran = false;
        unsigned shift = (unsigned)(random >> 40);
        // A warp runs until each of its lanes is at a block barrier or done.
        for (unsigned q = 0; q < warps; q++) {
            unsigned w = order == FORWARD ? q : order == SHUFFLED ? (q + shift) % warps : warps - 1 - q;
            unsigned base = w * 32, lanes = base + 32 < threads ? 32 : threads - base;
            do {
                ran |= run_lanes(base, lanes, order, random);
            } while (release_warp(base, lanes));
        }
        random = random * 6364136223846793005ull + 1442695040888963407ull;
        bool done = true;
        for (unsigned i = 0; i < threads; i++) done &= fibers[i].state == DONE;
        if (done) return;
        if (!release_block() && !ran) broken("deadlock: a barrier, or a lane named by a mask, that a thread never comes to");
    }
}
}

Machine the_machine = { {}, {}, {}, {}, meet_block, meet_warp, exchange, ballot, 0 };

void broken(const char* rule) {
    Triple b = the_machine.block, t = the_machine.thread;
    fprintf(stderr, "emulated device: %s (block %u,%u,%u, thread %u,%u,%u)\n", rule, b.x, b.y, b.z, t.x, t.y, t.z);
    rule_broken = rule;
    if (inside_fiber) leave(running); // and never comes back
    throw GivenUp{};
}

bool run_block(Kernel kernel, void** parameters, unsigned threads, bool waits, Order order, unsigned long long seed) {
    kernel_now = kernel;
    parameters_now = parameters;
    if (waits) {
        rule_broken = nullptr;
        try {
            run_fibers(threads, order, seed);
        } catch (GivenUp) {
            inside_fiber = false;
            return false;
        }
        return true;
    }
    Triple size = the_machine.block_size;
    for (unsigned k = 0; k < threads; k++) {
        unsigned i = order == FORWARD ? k : threads - 1 - k;
        the_machine.thread = { i % size.x, i / size.x % size.y, i / (size.x * size.y) };
        the_machine.lane = i;
        kernel(parameters);
    }
    return true;
}
