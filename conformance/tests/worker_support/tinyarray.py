"""A made-up array library in pure Python, with the names of the standard: enough to see a worker do without NumPy."""

import sys


class DType(str):
    pass


float64, float32, int64, bool, complex128 = (DType(n) for n in "float64 float32 int64 bool complex128".split())
CONVERT = {float64: float, float32: float, int64: int, bool: lambda v: v != 0, complex128: complex}


class Array:
    def __init__(self, values, shape, dtype):
        self.values, self.shape, self.dtype = values, shape, dtype

    def __getitem__(self, key):
        if not isinstance(key, int):
            raise NotImplementedError("only integers")
        if len(self.shape) != 1 or not -self.shape[0] <= key < self.shape[0]:
            raise IndexError(f"{key} in {self.shape}")
        return Array([self.values[key]], (), self.dtype)

    def __setitem__(self, key, value):
        self.values[key] = CONVERT[self.dtype](value.values[0] if isinstance(value, Array) else value)

    def __float__(self):
        return float(self.values[0])

    def __int__(self):
        return int(self.values[0])

    def __bool__(self):
        return self.values[0] != 0

    def __complex__(self):
        return complex(self.values[0])


def asarray(obj, dtype=None, copy=None, device=None):
    if isinstance(obj, Array):
        return Array(list(obj.values), obj.shape, dtype or obj.dtype)
    values = obj if isinstance(obj, list) else [obj]
    dtype = dtype or float64
    return Array([CONVERT[dtype](v) for v in values], (len(values),) if isinstance(obj, list) else (), dtype)


def reshape(x, shape):
    n = 1
    for d in shape:
        n *= d
    if n != len(x.values):
        raise ValueError(f"shape {shape} for {len(x.values)} elements")
    return Array(list(x.values), shape, x.dtype)


def negative(x):
    if -667.5 in x.values:
        raise RuntimeError("CUDA error: an illegal memory access was encountered")
    print("a word on standard output")
    return Array([-v for v in x.values], x.shape, x.dtype)


def add(x1, x2):
    if not isinstance(x2, Array):
        x2 = Array([x2] * len(x1.values), x1.shape, x1.dtype)
    if x1.shape != x2.shape:
        raise ValueError(f"shapes {x1.shape} and {x2.shape} do not broadcast")
    return Array([a + b for a, b in zip(x1.values, x2.values)], x1.shape, x1.dtype)


def sqrt(x):
    raise SystemExit("a library that ends the process")


def nonzero(x):
    return ([i for i, v in enumerate(x.values) if v],)


if "crash" in sys.argv[-1]:
    raise RuntimeError("no licence")
