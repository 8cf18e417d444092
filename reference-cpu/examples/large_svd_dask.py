"""The peer of the example `large_svd`: `dask.array.linalg.svd` of a tall random matrix in blocks of rows, on NumPy.

Usage: python large_svd_dask.py ROWS COLS [BLOCK [THREADS]]

Needs the packages `dask` and `numpy`. Prints one line of JSON: seconds for U, S and Vh, all of them computed, GFLOP/s by the nominal
4 m n^2 operations, and the peak of resident memory. BLAS has one thread a task: dask runs as many tasks as there are threads.
"""

import json
import os
import resource
import sys
import time


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    rows, cols = int(sys.argv[1]), int(sys.argv[2])
    block = int(sys.argv[3]) if len(sys.argv) > 3 else 10_000
    threads = int(sys.argv[4]) if len(sys.argv) > 4 else os.cpu_count()
    # Before NumPy is loaded, which reads it once.
    os.environ["OPENBLAS_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"
    import dask
    import dask.array as da
    import numpy as np

    with dask.config.set(scheduler="threads", num_workers=threads):
        x = da.random.default_rng(1).random((rows, cols), chunks=(block, cols))
        start = time.perf_counter()
        u, s, vh = dask.compute(*da.linalg.svd(x))
        seconds = time.perf_counter() - start
    assert u.shape == (rows, cols) and vh.shape == (cols, cols)
    skew = sum(u[i : i + block].T @ u[i : i + block] for i in range(0, rows, block)) - np.eye(cols)
    print(
        json.dumps(
            {
                "who": f"dask {dask.__version__}, numpy {np.__version__}",
                "rows": rows,
                "cols": cols,
                "block": block,
                "threads": threads,
                "seconds": round(seconds, 3),
                "gflops": round(4e-9 * rows * cols**2 / seconds, 1),
                "peak_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 3),
                "largest": float(s[0]),
                "smallest": float(s[-1]),
                "orthonormality": float(np.linalg.norm(skew)),
            }
        )
    )


if __name__ == "__main__":
    main()
