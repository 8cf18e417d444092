import numpy as xp  # or any other namespace of the Array API standard

x0 = xp.asarray([-7.5, xp.nan], dtype=xp.float64)
x1 = xp.asarray(-0.0, dtype=xp.float64)
y2 = xp.floor_divide(x0, x1)
print(repr(y2))
