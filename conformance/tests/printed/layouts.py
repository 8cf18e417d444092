import numpy as xp  # or any other namespace of the Array API standard

x0 = xp.asarray([[1.0, 2.0, 3.0], [0.1, 5e-324, -xp.inf]], dtype=xp.float64)
F1 = 7.748604185489348e-304  # lies between the elements of x1
x1 = xp.asarray([[1.0, F1, 2.0, F1, 3.0, F1], [0.1, F1, 5e-324, F1, -xp.inf, F1]], dtype=xp.float64)[..., ::2]
x2 = xp.asarray([[3.0, 2.0, 1.0], [-xp.inf, 5e-324, 0.1]], dtype=xp.float64)[:, ::-1]
x3 = xp.asarray([[0.1, 5e-324, -xp.inf], [1.0, 2.0, 3.0]], dtype=xp.float64)[::-1, :]
x4 = xp.permute_dims(xp.asarray([[1.0, 0.1], [2.0, 5e-324], [3.0, -xp.inf]], dtype=xp.float64), (1, 0))
F5 = 7.748604185489348e-304  # lies between the elements of x5
x5 = xp.asarray([[F5, F5, F5, F5, F5, F5], [F5, 1.0, 2.0, 3.0, F5, F5], [F5, 0.1, 5e-324, -xp.inf, F5, F5], [F5, F5, F5, F5, F5, F5], [F5, F5, F5, F5, F5, F5]], dtype=xp.float64)[1:3, 1:4]
x6 = xp.asarray([[1.0, 2.0, 3.0], [0.1, 5e-324, -xp.inf]], dtype=xp.float64)
F7 = 2.3694278e-38+2.3694278e-38j  # lies between the elements of x7
x7 = xp.asarray([complex(1.0, -0.0), F7, complex(xp.nan, 0.1), F7], dtype=xp.complex64)[..., ::2]
x8 = xp.permute_dims(xp.full((4, 100), 7, dtype=xp.int16), (1, 0))
# Zeros in place of 100 elements of uint8, 0, 1, 2, 3, ...: the replay file has them.
x9 = xp.zeros((100,), dtype=xp.uint8)
# 4 threads run this at the same time over the same inputs.
y10 = xp.concat([x0, x1, x2, x3, x4, x5, x6])
print(repr(y10))
