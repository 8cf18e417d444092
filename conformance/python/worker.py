"""Serves an array library with the namespace of the Python Array API standard as a worker of the array protocol.

    python worker.py numpy

Needs nothing but the standard library and the library under test. The frames are described in the book, page "The worker protocol".
"""

import functools
import importlib
import json
import os
import struct
import sys
import threading
import warnings

PROTOCOL = 1
MAGIC = b"\nARRAY-PROTOCOL\n"
PREFIX = struct.Struct("<IIQ")
PAD = [b"\0" * (-n % 16) for n in range(16)]
MAX_TEXT = 2000

# dtype -> (bytes per element, format of the `struct` module; complex numbers as pairs)
DTYPES = {
    "bool": (1, "?"),
    "int8": (1, "b"), "int16": (2, "h"), "int32": (4, "i"), "int64": (8, "q"),
    "uint8": (1, "B"), "uint16": (2, "H"), "uint32": (4, "I"), "uint64": (8, "Q"),
    "float16": (2, "e"), "bfloat16": (2, None), "float32": (4, "f"), "float64": (8, "d"),
    "complex64": (8, "f"), "complex128": (16, "d"),
}  # fmt: skip

UNARY = "abs cos exp expm1 isnan log log1p negative round sign sin sqrt tanh".split()
BINARY = (
    "add atan2 bitwise_left_shift bitwise_xor copysign divide equal floor_divide hypot less logical_and maximum multiply pow remainder subtract"
).split()
REDUCE = "all count_nonzero max mean prod std sum var".split()
# Those that are called by their own names at the top of the namespace.
PLAIN = (
    "clip where argmax cumulative_sum arange eye full linspace astype broadcast_to concat flip permute_dims reshape roll squeeze tril"
    " nonzero take sort argsort searchsorted unique_values matmul from_dlpack"
).split()
SUBMODULES = {"qr": "linalg", "solve": "linalg", "svd": "linalg", "fft": "fft", "rfft": "fft"}

# Libraries whose own namespace is not the standard's, and where a compatible one is found, if it is installed.
COMPATIBLE = {"torch": "array_api_compat.torch", "cupy": "array_api_compat.cupy", "dask.array": "array_api_compat.dask.array"}


class Refused(Exception):
    """An error with a kind of the protocol."""

    def __init__(self, kind, text):
        super().__init__(text)
        self.kind = kind


class Missing(Exception):
    """A variable that was never made."""


class Table(dict):
    def __missing__(self, variable):
        raise Missing(variable)


# -- errors ------------------------------------------------------------------------------------------------------------


def text_of(e):
    text = str(e) if isinstance(e, Refused) else f"{type(e).__name__}: {e}"
    return text[:MAX_TEXT].encode("utf-8", "replace").decode()


# What CUDA says of errors after which a process cannot use it any more; PyTorch, CuPy and JAX hand the words on.
LOST = (
    "an illegal memory access was encountered",
    "an illegal instruction was encountered",
    "unspecified launch failure",
    "device-side assert triggered",
    "misaligned address",
    "the launch timed out and was terminated",
    "uncorrectable ECC error encountered",
    "CUDA_ERROR_ILLEGAL_ADDRESS",
    "CUDA_ERROR_LAUNCH_FAILED",
)


def kind_of(e):
    """A guess: exceptions of the standard have no kinds, and `hello` promises none. All but `lost` is for people only."""
    text = str(e)
    names = {c.__name__ for c in type(e).__mro__}
    if isinstance(e, Refused):
        return e.kind
    if any(words in text for words in LOST):
        return "lost"
    if isinstance(e, MemoryError):
        return "out_of_memory"
    if isinstance(e, (NotImplementedError, AttributeError)) or "unexpected keyword argument" in text:
        return "unsupported"
    if "LinAlgError" in names:
        low = text.lower()
        return "singular" if "singular" in low else "not_converged" if "converge" in low else "shape"
    if "AxisError" in names or "repeated axis" in text:
        return "axis"
    if isinstance(e, IndexError) or "slice step" in text:
        return "index"
    if isinstance(e, TypeError):
        return "shape" if "shape" in text else "dtype"
    if isinstance(e, ValueError):
        return "shape" if any(w in text for w in ("shape", "broadcast", "dimension", "mismatch")) else "value"
    if isinstance(e, ArithmeticError):
        return "value"
    return "backend"


def failed(e):
    return {"kind": kind_of(e), "text": text_of(e)}


# -- arrays in and out -------------------------------------------------------------------------------------------------


class ThroughNumpy:
    """Host arrays are NumPy's."""

    def __init__(self, xp, numpy):
        self.xp, self.numpy = xp, numpy
        self.ways = [numpy.asarray, lambda x: x.get(), numpy.from_dlpack, lambda x: numpy.asarray(x.cpu())]
        self.dtypes = {}
        for name in DTYPES:
            try:
                self.dtypes[name] = numpy.dtype(name)
            except TypeError:
                pass  # bfloat16

    def upload(self, body, offset, dtype, shape):
        n = 1
        for d in shape:
            n *= d
        flat = self.numpy.frombuffer(body, self.dtypes[dtype], n, offset) if n else self.numpy.zeros(0, self.dtypes[dtype])
        # A copy: the frame's bytes are read-only and shared by its arrays.
        return self.xp.asarray(flat.reshape(shape), copy=True)

    def download(self, x):
        a = self.ways[0](x)
        name = a.dtype.name
        if name not in DTYPES:
            raise Refused("backend", f"dtype {name!r} is not one of the protocol")
        return name, a.shape, a.tobytes()

    def settle(self, x):
        """Finds the first way out that works for this array."""
        for i, way in enumerate(self.ways):
            try:
                way(x).dtype
            except Exception:
                continue
            self.ways = self.ways[i:]
            return
        raise Refused("backend", "its arrays cannot be copied to the host")


class ThroughLists:
    """Element by element, where there is no NumPy."""

    def __init__(self, xp):
        self.xp = xp

    def upload(self, body, offset, dtype, shape):
        n = 1
        for d in shape:
            n *= d
        size, fmt = DTYPES[dtype]
        parts = 2 if dtype.startswith("complex") else 1
        values = struct.unpack_from(f"={n * parts}{fmt}", body, offset)
        if parts == 2:
            values = [complex(*pair) for pair in zip(values[::2], values[1::2])]
        return self.xp.reshape(self.xp.asarray(list(values), dtype=getattr(self.xp, dtype)), tuple(shape))

    def download(self, x):
        xp, shape = self.xp, tuple(int(d) for d in x.shape)
        dtype = next((name for name in DTYPES if x.dtype == getattr(xp, name, None)), None)
        if dtype is None:
            raise Refused("backend", f"dtype {x.dtype} is not one of the protocol")
        n = 1
        for d in shape:
            n *= d
        flat = xp.reshape(x, (n,))
        _, fmt = DTYPES[dtype]
        if dtype.startswith("complex"):
            values = [part for i in range(n) for v in [complex(flat[i])] for part in (v.real, v.imag)]
        else:
            convert = bool if fmt == "?" else float if dtype.startswith("float") else int
            values = [convert(flat[i]) for i in range(n)]
        return dtype, shape, struct.pack(f"={len(values)}{fmt}", *values)

    def settle(self, x):
        self.download(x)


@functools.lru_cache(maxsize=4096)
def scalar(text):
    """A host scalar: `b:1`, `i:-7`, `u:7`, `f:<bits>`, `c:<bits><bits>`."""
    kind, _, value = text.partition(":")
    if kind == "b":
        return value == "1"
    if kind in ("i", "u"):
        return int(value)
    parts = struct.unpack(f">{len(value) // 16}d", bytes.fromhex(value))
    return parts[0] if kind == "f" else complex(*parts)


# -- calls -------------------------------------------------------------------------------------------------------------


def calls_of(xp, devices):
    """How each call is made in the namespace `xp`: from the call and the table of variables to an array, or several."""

    def missing(name):
        def refuse(*_, **__):
            raise Refused("unsupported", f"{xp.__name__} has no {name}")

        return refuse

    def find(name):
        return getattr(xp, name, None) or missing(name)

    def find_in(name):
        place = getattr(xp, SUBMODULES[name], None)
        return getattr(place, name, None) or missing(f"{SUBMODULES[name]}.{name}")

    def operand(o, t):
        return scalar(o) if type(o) is str else t[o]

    def dtype(name):
        found = getattr(xp, name, None)
        if found is None:
            raise Refused("unsupported", f"{xp.__name__} has no dtype {name}")
        return found

    def asked(how):
        """The keywords dtype and device, where they are given."""
        out = {}
        if how.get("dtype") is not None:
            out["dtype"] = dtype(how["dtype"])
        if how.get("device") is not None:
            out["device"] = device(how["device"])
        return out

    def device(d):
        pair = (d["kind"], d["index"])
        if pair not in devices:
            raise Refused("device", f"no device {pair}")
        return devices[pair]

    def axes(a):
        return None if a is None else tuple(a)

    def key(entries, t, rank):
        out, used = [], 0
        for e in entries:
            if e == "newaxis":
                out.append(None)
            elif e == "ellipsis":
                out.append(...)
                used = rank
            elif "at" in e:
                out.append(e["at"])
                used += 1
            elif "slice" in e:
                s = e["slice"]
                out.append(slice(s["start"], s["stop"], s["step"]))
                used += 1
            elif "array" in e:
                out.append(t[e["array"]])
                used = rank  # a mask takes as many axes as it has
            else:
                raise Refused("unsupported", f"no key {e}")
        if used < rank:  # the standard wants every axis named
            out.append(...)
        return out[0] if len(out) == 1 else tuple(out)

    unary_of = {op: find(op) for op in UNARY}
    binary_of = {op: find(op) for op in BINARY}
    reduce_of = {op: find(op) for op in REDUCE}
    fft_of = {op: find_in(op) for op in ("fft", "rfft")}
    f = {name: find(name) for name in PLAIN}
    linalg = {name: find_in(name) for name in ("qr", "solve", "svd")}

    def unary(c, t):
        return (unary_of.get(c["op"]) or missing(c["op"]))(t[c["x"]])

    def binary(c, t):
        return (binary_of.get(c["op"]) or missing(c["op"]))(operand(c["x1"], t), operand(c["x2"], t))

    def clip(c, t):
        low, high = c["min"], c["max"]
        return f["clip"](t[c["x"]], None if low is None else operand(low, t), None if high is None else operand(high, t))

    def where(c, t):
        return f["where"](t[c["condition"]], operand(c["x1"], t), operand(c["x2"], t))

    def reduce(c, t):
        op, how = c["op"], c["how"]
        more = {}
        if op in ("sum", "prod") and how.get("dtype") is not None:
            more["dtype"] = dtype(how["dtype"])
        if op in ("var", "std"):
            more["correction"] = how["correction"]
        return (reduce_of.get(op) or missing(op))(t[c["x"]], axis=axes(how["axes"]), keepdims=how["keepdims"], **more)

    def argmax(c, t):
        return f["argmax"](t[c["x"]], axis=c["how"]["axis"], keepdims=c["how"]["keepdims"])

    def cumulative_sum(c, t):
        how = c["how"]
        return f["cumulative_sum"](t[c["x"]], axis=how["axis"], include_initial=how["include_initial"], **asked(how))

    def arange(c, t):
        how = c["how"]
        return f["arange"](scalar(how["start"]), scalar(how["stop"]), scalar(how["step"]), **asked(how))

    def linspace(c, t):
        how = c["how"]
        return f["linspace"](scalar(how["start"]), scalar(how["stop"]), how["num"], endpoint=how["endpoint"], **asked(how))

    def eye(c, t):
        how = c["how"]
        return f["eye"](how["rows"], how["cols"], k=how["k"], **asked(how))

    def full(c, t):
        how = c["how"]
        return f["full"](tuple(how["shape"]), scalar(how["value"]), **asked(how))

    def roll(c, t):
        how = c["how"]
        shift = tuple(how["shift"])
        return f["roll"](t[c["x"]], shift[0] if len(shift) == 1 else shift, axis=axes(how["axes"]))

    def getitem(c, t):
        x = t[c["x"]]
        return x[key(c["key"], t, len(x.shape))]

    def setitem(c, t):
        # A copy always: libraries give views that share memory, but arrays of the protocol are values.
        x = t[c["x"]]
        k, value = key(c["key"], t, len(x.shape)), operand(c["value"], t)
        if hasattr(x, "at"):  # jax: immutable
            return x.at[k].set(value)
        y = xp.asarray(x, copy=True)
        y[k] = value
        return y

    def sort_with(name):
        def run(c, t):
            how = c["how"]
            # Not every namespace has these keywords; where they say what is done anyway, they are left out.
            more = {} if not how["descending"] else {"descending": True}
            return f[name](t[c["x"]], axis=how["axis"], stable=how["stable"], **more)

        return run

    def fft(c, t):
        how = c["how"]
        return (fft_of.get(c["op"]) or missing(c["op"]))(t[c["x"]], n=how["n"], axis=how["axis"], norm=how["norm"])

    def to_device(c, t):
        x, d = t[c["x"]], device(c["device"])
        return x.to_device(d) if hasattr(x, "to_device") else xp.asarray(x, device=d)

    return {
        "unary": unary,
        "binary": binary,
        "clip": clip,
        "where": where,
        "reduce": reduce,
        "argmax": argmax,
        "cumulative_sum": cumulative_sum,
        "arange": arange,
        "eye": eye,
        "full": full,
        "linspace": linspace,
        "astype": lambda c, t: f["astype"](t[c["x"]], dtype(c["dtype"])),
        "broadcast_to": lambda c, t: f["broadcast_to"](t[c["x"]], tuple(c["shape"])),
        "concat": lambda c, t: f["concat"]([t[v] for v in c["arrays"]], axis=c["axis"]),
        "flip": lambda c, t: f["flip"](t[c["x"]], axis=axes(c["axes"])),
        "permute_dims": lambda c, t: f["permute_dims"](t[c["x"]], tuple(c["axes"])),
        "reshape": lambda c, t: f["reshape"](t[c["x"]], tuple(c["shape"])),
        "roll": roll,
        "squeeze": lambda c, t: f["squeeze"](t[c["x"]], tuple(c["axes"])),
        "tril": lambda c, t: f["tril"](t[c["x"]], k=c["k"]),
        "getitem": getitem,
        "setitem": setitem,
        "nonzero": lambda c, t: f["nonzero"](t[c["x"]]),
        "take": lambda c, t: f["take"](t[c["x"]], t[c["indices"]], axis=c["axis"]),
        "sort": sort_with("sort"),
        "argsort": sort_with("argsort"),
        "searchsorted": lambda c, t: f["searchsorted"](t[c["x1"]], t[c["x2"]], side=c["how"]["side"]),
        "unique_values": lambda c, t: f["unique_values"](t[c["x"]]),
        "matmul": lambda c, t: f["matmul"](t[c["x1"]], t[c["x2"]]),
        "qr": lambda c, t: linalg["qr"](t[c["x"]], mode=c["how"]["mode"]),
        "solve": lambda c, t: linalg["solve"](t[c["x1"]], t[c["x2"]]),
        "svd": lambda c, t: linalg["svd"](t[c["x"]], full_matrices=c["how"]["full_matrices"]),
        "fft": fft,
        "to_device": to_device,
        "from_dlpack": lambda c, t: f["from_dlpack"](t[c["x"]]),
    }


# -- the library -------------------------------------------------------------------------------------------------------


class Library:
    """A namespace, how its arrays travel, and what it turned out to have."""

    def __init__(self, module):
        os.environ.setdefault("JAX_ENABLE_X64", "1")  # the default integer of the standard has 64 bits
        self.module = module
        self.xp = self.load(module)
        try:
            import numpy

            numpy.seterr(all="ignore")
            self.io = ThroughNumpy(self.xp, numpy)
        except ImportError:
            self.io = ThroughLists(self.xp)
        self.io.settle(self.xp.asarray([1.0]))
        self.array = type(self.xp.asarray([1.0]))
        self.dtypes = [name for name in DTYPES if self.round_trip(name)]
        self.devices = self.find_devices()
        self.calls = calls_of(self.xp, self.devices)

    @staticmethod
    def load(module):
        if module in COMPATIBLE:
            try:
                return importlib.import_module(COMPATIBLE[module])
            except ImportError:
                pass
        return importlib.import_module(module)

    def round_trip(self, dtype):
        size, _ = DTYPES[dtype]
        body = bytes(size)
        try:
            return self.io.download(self.io.upload(body, 0, dtype, (1,))) == (dtype, (1,), body)
        except Exception:
            return False

    def find_devices(self):
        """DLPack's pair -> the library's own device; the default one first."""
        found = {}
        try:
            others = list(self.xp.__array_namespace_info__().devices())
        except Exception:
            others = []
        for d in [None, *others]:
            try:
                x = self.xp.asarray([1.0], device=d)
                kind, index = x.__dlpack_device__()
                found.setdefault((int(kind), int(index)), getattr(x, "device", d))
            except Exception:
                continue
        return found or {(1, 0): None}

    def assigns(self):
        x = self.xp.asarray([1.0, 2.0])
        try:
            y = self.calls["setitem"]({"x": 0, "key": [{"at": 0}], "value": "f:4008000000000000"}, {0: x})
            return float(y[0]) == 3.0
        except Exception:
            return False

    def operations(self):
        xp = self.xp
        names = [n for n in UNARY + BINARY + REDUCE + PLAIN if callable(getattr(xp, n, None))]
        names += [n for n, place in SUBMODULES.items() if callable(getattr(getattr(xp, place, None), n, None))]
        names += ["getitem", "to_device", "upload", "download"] + (["setitem"] if self.assigns() else [])
        return sorted(names)

    def declared(self):
        """What the library does where the specification leaves a choice: found out by asking it."""
        out = {}
        for name, probe in PROBES.items():
            try:
                choice = probe(self)
            except Exception:
                choice = None
            if choice is not None:
                out[name] = choice
        return out

    def values(self, op, dtype, x1, x2):
        """`op` on two lists; `None` if it raises."""
        xp = self.xp
        try:
            y = getattr(xp, op)(xp.asarray(x1, dtype=getattr(xp, dtype)), xp.asarray(x2, dtype=getattr(xp, dtype)))
            return [y[i].item() if hasattr(y[i], "item") else float(y[i]) for i in range(len(x1))]
        except (ArithmeticError, ValueError, TypeError, RuntimeError):
            return None

    def hello(self):
        has = self.operations()
        profiles = ["core"]
        profiles += ["linalg"] if {"qr", "solve", "svd"} & set(has) else []
        profiles += ["fft"] if {"fft", "rfft"} & set(has) else []
        profiles += ["interchange"] if "from_dlpack" in has else []
        root = sys.modules.get(self.module.split(".")[0])
        info = {
            "name": self.module,
            "version": str(getattr(root, "__version__", "unknown")),
            "spec": os.environ.get("CONFORMANCE_SPEC", ""),
            "profiles": profiles,
            "dtypes": self.dtypes,
            "operations": has,
            "devices": [{"kind": kind, "index": index} for kind, index in self.devices],
            "declared": self.declared(),
        }
        return {"protocol": PROTOCOL, "error_kinds": False, "threads": True, "info": info}


def zero_or_error(values):
    return "error" if values is None else "zero" if not any(values) else None


def int_div_zero(lib):
    quotient = zero_or_error(lib.values("floor_divide", "int32", [7, -7], [0, 0]))
    remainder = zero_or_error(lib.values("remainder", "int32", [7, -7], [0, 0]))
    return quotient if quotient == remainder else None


def floor_div_inf(lib):
    inf = float("inf")
    a, b = lib.values("floor_divide", "float64", [inf, -3.0], [2.0, inf])
    if a != a and b == -1.0:
        return "python"
    return "floor" if a == inf and b == 0.0 else None


def linalg_nonfinite(lib):
    """One choice for all: a library that decides by function has none to declare."""
    nan, one = float("nan"), [1.0, 1.0]
    found = set()
    for name, arguments in (("qr", []), ("svd", []), ("solve", [lib.xp.asarray(one)])):
        function = getattr(lib.xp.linalg, name)
        try:
            out = function(lib.xp.asarray([[nan, 1.0], [1.0, 1.0]]), *arguments)
            for x in out if isinstance(out, tuple) else (out,):
                _, _, data = lib.io.download(x)
                values = struct.unpack(f"={len(data) // 8}d", data)
                found.add("nan" if all(v != v for v in values) else "neither")
        except Exception:
            found.add("error")
    return found.pop() if len(found) == 1 and "neither" not in found else None


PROBES = {
    "linalg_nonfinite": linalg_nonfinite,
    "int_div_zero": int_div_zero,
    "floor_div_inf": floor_div_inf,
    "int_pow_negative": lambda lib: "error" if lib.values("pow", "int32", [2], [-1]) is None else None,
    "shift_negative": lambda lib: zero_or_error(lib.values("bitwise_left_shift", "int32", [7, -7], [-1, -40])),
}


# -- cases -------------------------------------------------------------------------------------------------------------


def run(lib, case, inputs):
    """Runs the steps over uploaded inputs (arrays, or errors of their upload): results of steps, heads of values, bodies."""
    calls, array, asarray = lib.calls, lib.array, lib.xp.asarray
    table = Table()
    unmade = {}
    for v, x in enumerate(inputs):
        if isinstance(x, BaseException):
            unmade[v] = x
        else:
            table[v] = x
    results = []
    for step in case["steps"]:
        c, out = step["call"], step["out"]
        try:
            call = calls.get(c["call"])
            if call is None:
                raise Refused("unsupported", f"no call {c['call']}")
            reply = call(c, table)
            if len(out) == 1 and not isinstance(reply, (tuple, list)):
                # Some functions give a scalar of the library or of Python for rank 0.
                table[out[0]] = reply if type(reply) is array else asarray(reply)
            else:
                replies = list(reply) if isinstance(reply, (tuple, list)) else [reply]
                if len(replies) != len(out):
                    raise Refused("backend", f"{len(replies)} arrays where {len(out)} were expected")
                for v, x in zip(out, replies):
                    table[v] = x if type(x) is array else asarray(x)
            results.append("ok")
        except Missing as e:
            error = failed(unmade[e.args[0]]) if e.args[0] in unmade else {}
            # It may show nowhere else.
            results.append({"error": error} if error.get("kind") == "lost" else "skipped")
        except KeyboardInterrupt:
            raise
        except (SystemError, AssertionError) as e:
            results.append({"panic": text_of(e)})
        except Exception as e:
            results.append({"error": failed(e)})
        except BaseException as e:
            results.append({"panic": text_of(e)})
        for v in step.get("last_use", ()):
            table.pop(v, None)
    values, bodies = [], []
    download = lib.io.download
    for v in case["observe"]:
        if v in table:
            try:
                dtype, shape, data = download(table[v])
                values.append({"dtype": dtype, "shape": shape})
                bodies.append(data)
                if len(data) % 16:
                    bodies.append(PAD[len(data) % 16])
            except Exception as e:
                values.append({"error": failed(e)})
        else:
            values.append({"error": failed(unmade[v])} if v in unmade else None)
    return results, values, bodies


def outline(done):
    """What has to be equal between threads: texts of errors need not."""
    results, values, bodies = done
    kind = lambda r: (*r, r.get("error", {}).get("kind")) if isinstance(r, dict) else r  # noqa: E731
    return [kind(r) for r in results], [kind(v) if v and "error" in v else v for v in values], bodies


def lost(done):
    """Whether a run lost the device."""
    return any(isinstance(r, dict) and r.get("error", {}).get("kind") == "lost" for r in done[0] + done[1])


def together(lib, case, inputs, alone):
    """Runs the case on several threads at the same time: what to answer, and the first difference to it."""
    n = case["threads"]
    barrier = threading.Barrier(n)
    found = [None] * n

    def one(i):
        barrier.wait()
        try:
            found[i] = run(lib, case, inputs)
        except BaseException as e:
            found[i] = e

    threads = [threading.Thread(target=one, args=(i,)) for i in range(n)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for done in found:
        if not isinstance(done, BaseException) and lost(done):
            return done, None
    for i, done in enumerate(found):
        if isinstance(done, BaseException):
            return alone, f"thread {i}: {text_of(done)}"
        for what, a, b in zip(("steps", "values", "bytes"), outline(alone), outline(done)):
            for j, (x, y) in enumerate(zip(a, b)):
                if x != y:
                    return alone, f"thread {i}: {what} {j}: {y!r}, alone {x!r}"[:MAX_TEXT]
    return alone, None


def frame(header, bodies=()):
    text = json.dumps(header, separators=(",", ":")).encode()
    return b"".join((PREFIX.pack(len(text), 0, sum(map(len, bodies))), text, *bodies))


def serve(lib, source, sink):
    upload = lib.io.upload
    while True:
        prefix = source.read(PREFIX.size)
        if len(prefix) < PREFIX.size:
            return
        header, flags, length = PREFIX.unpack(prefix)
        if flags:
            raise SystemExit(f"unknown flags {flags}")
        batch = json.loads(source.read(header))["batch"]
        body = source.read(length)
        offset = 0
        for case in batch:
            inputs = []
            for meta in case["inputs"]:
                dtype, shape = meta["dtype"], meta["shape"]
                n = DTYPES[dtype][0]
                for d in shape:
                    n *= d
                try:
                    inputs.append(upload(body, offset, dtype, shape))
                except Exception as e:
                    inputs.append(e)
                offset += n + -n % 16
            done, difference = run(lib, case, inputs), None
            if case.get("threads", 1) > 1:
                done, difference = together(lib, case, inputs, done)
            answer = {"id": case["id"], "steps": done[0], "values": done[1]}
            if difference is not None:
                answer["disagreement"] = difference
            sink.write(frame(answer, done[2]))
            # One by one: the first answer that is missing after a crash tells which case to blame.
            sink.flush()


def main():
    if len(sys.argv) != 2:
        raise SystemExit("usage: worker.py MODULE")
    # Private pipes; whatever the library prints goes to standard error.
    source = os.fdopen(os.dup(0), "rb", 1 << 16)
    sink = os.fdopen(os.dup(1), "wb", 1 << 16)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    warnings.simplefilter("ignore")
    sink.write(MAGIC)
    try:
        lib = Library(sys.argv[1])
        hello = lib.hello()
    except BaseException as e:
        hint = ""
        if isinstance(e, ImportError):
            hint = f" (with {sys.executable}; install it there, or set CONFORMANCE_PYTHON to another interpreter)"
        sink.write(frame({"protocol": PROTOCOL, "unavailable": text_of(e) + hint}))
        sink.flush()
        return
    sink.write(frame(hello))
    sink.flush()
    serve(lib, source, sink)


if __name__ == "__main__":
    main()
