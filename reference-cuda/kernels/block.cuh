// What the threads of a block make together. All of them call, with the same arguments but for their own value; their number is a power
// of two, at most THREADS. `room` may be used again after the next barrier.

constexpr int THREADS = 256;

// The join of the values of all threads, in an order that depends on their number alone; thread 0 gets it.
template<class Fold, class Acc> METHOD Acc block_join(Acc own, Acc* room) {
    room[threadIdx.x] = own;
    for (int half = (int)blockDim.x / 2; half > 0; half /= 2) {
        __syncthreads();
        if ((int)threadIdx.x < half) room[threadIdx.x] = Fold::join(room[threadIdx.x], room[threadIdx.x + half]);
    }
    return room[0];
}

// The join of the values of this thread and all before it; afterwards `room` has those of all threads, until the next barrier.
template<class Fold, class Acc> METHOD Acc block_scan(Acc own, Acc* room) {
    room[threadIdx.x] = own;
    for (int back = 1; back < (int)blockDim.x; back *= 2) {
        __syncthreads();
        if ((int)threadIdx.x >= back) own = Fold::join(room[threadIdx.x - back], own);
        __syncthreads();
        room[threadIdx.x] = own;
    }
    __syncthreads();
    return own;
}
