"""Writes src/model/constants.rs: `python3 constants.py > ../../src/model/constants.rs` (needs mpmath)."""
import mpmath as mp

mp.mp.prec = 2600


def dd(x):
    hi = float(x)
    return hi, float(x - mp.mpf(hi))


def show(x):
    return "Dd { hi: %r, lo: %r }" % dd(x)


print("//! Constants in two words, and 2/pi in bits. Written by `tests/data/constants.py`.")
print("use super::dd::Dd;\n")
for name, doc, x in [
    ("LN2", "log(2)", mp.log(2)),
    ("PI", "pi", mp.pi),
    ("PI_2", "pi / 2", mp.pi / 2),
]:
    print(f"/// `{doc}`\npub(super) const {name}: Dd = {show(x)};")
terms = range(0, 30)
print(f"/// `1 / n!`\npub(super) const INVERSE_FACTORIAL: [Dd; {len(terms)}] = [")
for n in terms:
    print(f"    {show(mp.mpf(1) / mp.factorial(n))},")
print("];")
terms = range(0, 24)
print(f"/// `1 / (2 n + 1)`\npub(super) const INVERSE_ODD: [Dd; {len(terms)}] = [")
for n in terms:
    print(f"    {show(mp.mpf(1) / (2 * n + 1))},")
print("];")
words = 20
bits = int(mp.floor(mp.ldexp(2 / mp.pi, 64 * words)))
print(f"/// The first {64 * words} bits of `2 / pi` after the point, most significant word first: enough for the largest float64.")
print(f"pub(super) const TWO_OVER_PI: [u64; {words}] = [")
for i in range(words):
    print("    0x%016x," % ((bits >> (64 * (words - 1 - i))) & (2**64 - 1)))
print("];")
