"""Writes linear.tsv: singular values and discrete Fourier transforms in two float64 words (hex bits).

    python3 linear.py > linear.tsv     (needs mpmath)
"""
import random
import struct

import mpmath as mp

mp.mp.dps = 60
rng = random.Random(7)


def bits(x):
    return "%016x" % struct.unpack(">Q", struct.pack(">d", x))[0]


def two(x):
    hi = float(x)
    return bits(hi), bits(float(x - mp.mpf(hi)))


def svd(m, n, complex_, entries):
    a = mp.matrix(m, n)
    for i in range(m * n):
        a[i // n, i % n] = mp.mpc(*entries[i]) if complex_ else mp.mpf(entries[i][0])
    s = mp.svd_c(a, compute_uv=False) if complex_ else mp.svd_r(a, compute_uv=False)
    print("svd", m, n, int(complex_), *(bits(v) for e in entries for v in e), *(b for v in s for b in two(v)), sep="\t")


def fft(entries):
    n = len(entries)
    out = []
    for k in range(n):
        z = mp.fsum(mp.mpc(*x) * mp.expjpi(-2 * mp.mpf(j * k % n) / n) for j, x in enumerate(entries))
        out += [*two(mp.re(z)), *two(mp.im(z))]
    print("fft", n, *(bits(v) for e in entries for v in e), *out, sep="\t")


print("# svd: rows, columns, complex, entries (two parts each), singular values (two words each)")
print("# fft: length, elements (two parts each), results (two words for each part)")
for m, n in [(1, 1), (2, 2), (3, 2), (2, 5), (4, 4), (7, 3), (6, 6)]:
    for complex_ in (False, True):
        svd(m, n, complex_, [(rng.uniform(-10, 10), rng.uniform(-10, 10) if complex_ else 0.0) for _ in range(m * n)])
# Graded to 1 / eps, rank-deficient, and all equal singular values.
svd(6, 6, False, [(1.0 / (i + j + 1), 0.0) for i in range(6) for j in range(6)])
svd(5, 5, False, [(float(i * 5 + j), 0.0) for i in range(5) for j in range(5)])
svd(4, 4, False, [(2.0 if i == (j + 1) % 4 else 0.0, 0.0) for i in range(4) for j in range(4)])
svd(4, 3, False, [(10.0 ** -(5 * j) * rng.uniform(1, 2), 0.0) for i in range(4) for j in range(3)])
for n in (1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 31, 36, 64):
    fft([(rng.uniform(-10, 10), rng.uniform(-10, 10)) for _ in range(n)])
