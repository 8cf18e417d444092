"""Writes slices.tsv: what Python's slices take.  python3 slices.py > slices.tsv"""
bounds = [None, -(2**63), -6, -5, -3, -1, 0, 1, 2, 4, 5, 6, 2**63 - 1]
print("# length, start, stop, step, positions")
for n in (0, 1, 5):
    for start in bounds:
        for stop in bounds:
            for step in (-(2**63), -4, -2, -1, 1, 2, 3, 2**63 - 1):
                at = list(range(n))[start:stop:step]
                print(n, *("-" if b is None else b for b in (start, stop)), step, ",".join(map(str, at)), sep="\t")
