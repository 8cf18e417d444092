"""Writes functions.tsv: exact values of complex and real functions, in two float64 words each (hex bits).

    python3 functions.py > functions.tsv     (needs mpmath)
"""
import random
import struct

import mpmath as mp

mp.mp.prec = 4000
rng = random.Random(2025)


def bits(x):
    return "%016x" % struct.unpack(">Q", struct.pack(">d", x))[0]


def two(x):
    """x as hi + lo; None where it leaves the range in which both words are exact."""
    if x == 0:
        return 0.0, 0.0
    if not mp.mpf(2) ** -900 < abs(x) < mp.mpf(2) ** 1000:
        return None
    hi = float(x)
    return hi, float(x - mp.mpf(hi))


def part(i):
    u = rng.uniform(-1, 1)
    return [u, u * 10, u * 2.0 ** -rng.randrange(1, 300), u * 2.0 ** rng.randrange(1, 60), u * 30, float(rng.randrange(-5, 6)),
            rng.randrange(1, 40) * 1.5707963267948966][i % 7]


def point(i):
    if i % 10 == 9:
        # Close to the unit circle, or to 1.
        return [(1 + rng.uniform(-1, 1) * 1e-9, rng.uniform(-1, 1) * 1e-5), (0.6, 0.8), (-0.8, 0.6000000000000001)][rng.randrange(3)]
    return part(rng.randrange(7)), part(rng.randrange(7))


def emit(op, args, value):
    re, im = two(mp.re(value)), two(mp.im(value))
    if re and im:
        print("\t".join([op, *map(bits, args), *map(bits, re + im)]))


unary = {
    "exp": mp.exp,
    "expm1": lambda z: mp.exp(z) - 1,
    "log": mp.log,
    "log1p": lambda z: mp.log(1 + z),
    "sin": mp.sin,
    "cos": mp.cos,
    "tanh": lambda z: mp.sinh(z) / mp.cosh(z) if abs(mp.re(z)) < 500 else None,
    "sqrt": mp.sqrt,
    "sign": lambda z: z / abs(z),
}
print("# operation, arguments (real and imaginary part), result (real part in two words, imaginary part in two words)")
for op, f in unary.items():
    for i in range(90):
        a, b = point(i)
        if op in ("exp", "expm1") and abs(a) > 600 or op in ("sin", "cos") and abs(b) > 600:
            continue
        z = mp.mpc(a, b)
        if z == 0 or (op == "log1p" and z == -1):
            continue
        value = f(z)
        if value is not None:
            emit(op, (a, b), value)
for op, f in {"multiply": lambda x, y: x * y, "divide": lambda x, y: x / y, "pow": lambda x, y: x**y}.items():
    for i in range(90):
        a, b, c, d = *point(i), *point(i + 1)
        x, y = mp.mpc(a, b), mp.mpc(c, d)
        if y == 0 or x == 0:
            continue
        if op == "pow":
            grows = abs(y * mp.log(x))
            if grows > 500:
                continue
        emit(op, (a, b, c, d), f(x, y))
real = {
    "exp": mp.exp,
    "expm1": lambda x: mp.exp(x) - 1,
    "log": lambda x: mp.log(abs(x)),
    "log1p": lambda x: mp.log(1 + abs(x)),
    "sin": mp.sin,
    "cos": mp.cos,
    "tanh": mp.tanh,
}
for op, f in real.items():
    for i in range(90):
        x = part(i)
        if i % 9 == 0:
            x = rng.uniform(1, 2) * 2.0 ** rng.randrange(100, 1000)
        if op in ("log", "log1p"):
            x = abs(x)
        if x == 0 or (op in ("exp", "expm1", "tanh") and abs(x) > 600):
            continue
        emit("real." + op, (x,), mp.mpc(f(mp.mpf(x)), 0))
for op, f in {"atan2": mp.atan2, "hypot": mp.hypot, "pow": lambda x, y: abs(x) ** y}.items():
    for i in range(90):
        x, y = part(i), part(rng.randrange(7))
        if x == 0 or y == 0 or (op == "pow" and abs(y * mp.log(abs(x))) > 500):
            continue
        if op == "pow":
            x = abs(x)
        emit("real." + op, (x, y), mp.mpc(f(mp.mpf(x), mp.mpf(y)), 0))
