"""Python's side of a bench, for the module that is named: one request a line on standard input, one answer a line on standard output.

{"do": "hello"}                                          -> {"module": version, "python": version, "with": what it computes with}
{"do": "row", "inputs": [...], "run": text, "out": text} -> {}          keeps inputs whose key comes again
{"do": "digest", "what": "run" | "out", "clock": name, "most": n}
                                                         -> shape, sums and samples of a result, of more than n elements some rows, and
                                                            {"ns": nanoseconds} of one call
{"do": "time", "what": ..., "calls": n, "clock": name}   -> {"ns": nanoseconds} of all calls
{"do": "rest"}                                           -> {}          when no thread of this process is busy any more

Expressions become the body of a loop over local names, so that nothing but the module and the loop is timed. A result is dropped as soon
as it is there. What goes wrong is answered as {"error": text}.
"""

import sys

# The folder that we happen to be in has no modules for us.
sys.path = [folder for folder in sys.path if folder]

import importlib
import json
import platform
import time

import numpy

SAMPLES = 33
module = None
kept = {}
row = {}


class Host:
    """NumPy: everything happens at once, and nothing is kept."""

    def __init__(self, np):
        self.np = np

    def names(self):
        return {"np": self.np, "random": self.np.random.default_rng(1)}

    def computes_with(self):
        try:
            blas = self.np.show_config(mode="dicts")["Build Dependencies"]["blas"]
            return f"{blas.get('name')} {blas.get('version')}"
        except (KeyError, TypeError):
            return "unknown"

    def to(self, x):
        return x

    def back(self, x):
        return numpy.asarray(x)

    def wait(self):
        pass

    def tidy(self):
        pass


class CuPy(Host):
    def names(self):
        return {"np": self.np}

    def computes_with(self):
        version = self.np.cuda.runtime.runtimeGetVersion()
        # Without a device this fails now, and says why.
        self.wait()
        return f"CUDA {version // 1000}.{version % 1000 // 10}"

    def to(self, x):
        return self.np.asarray(x)

    def back(self, x):
        return self.np.asnumpy(x)

    def wait(self):
        self.np.cuda.Device(0).synchronize()

    def tidy(self):
        self.np.fft.config.get_plan_cache().clear()
        self.np.get_default_memory_pool().free_all_blocks()


class Torch(Host):
    def names(self):
        return {"torch": self.np}

    def computes_with(self):
        self.wait()
        return f"CUDA {self.np.version.cuda}"

    def to(self, x):
        return self.np.from_numpy(x).to("cuda")

    def back(self, x):
        return x.cpu().numpy()

    def wait(self):
        self.np.cuda.synchronize()

    def tidy(self):
        self.np.backends.cuda.cufft_plan_cache.clear()
        self.np.cuda.empty_cache()


KINDS = {"numpy": Host, "cupy": CuPy, "torch": Torch}


def hello(_):
    global module
    name = sys.argv[1]
    module = KINDS[name](importlib.import_module(name))
    return {"module": module.np.__version__, "python": platform.python_version(), "with": module.computes_with()}


def compiled(head, text, names):
    scope = dict(row["names"])
    exec(f"def function({', '.join(names)}):\n{head}{text}\n", scope)
    return scope["function"]


def start(request):
    row.clear()
    wanted = [i["key"] for i in request["inputs"]]
    for key in [k for k in kept if k not in wanted]:
        del kept[key]
    module.tidy()
    for i in request["inputs"]:
        if i["file"] is not None:
            kept[i["key"]] = module.to(numpy.fromfile(i["file"], dtype=i["dtype"]).reshape(i["shape"]))
    names = [i["name"] for i in request["inputs"]]
    row["names"] = module.names()
    row["arguments"] = [kept[k] for k in wanted]
    loop = "    start = clock()\n    for _ in range(calls):\n        {}\n    wait()\n    return clock() - start"
    for what in ("run", "out"):
        text = request[what]
        if text is not None:
            extra = ["o"] if what == "out" else []
            row[what] = compiled("", loop.format(text), ["clock", "wait", "calls", *extra, *names])
            row[what + " once"] = compiled("    return ", text, [*extra, *names])
    row["o"] = row["run once"](*row["arguments"]) if request["out"] is not None else None
    return {}


def extra(what):
    return [row["o"]] if what == "out" else []


def digest(request):
    what, clock = request["what"], getattr(time, request["clock"])
    module.wait()
    start = clock()
    x = row[what + " once"](*extra(what), *row["arguments"])
    module.wait()
    ns = clock() - start
    x = row["o"] if what == "out" else x
    # The size of an array of PyTorch is a method.
    size = int(numpy.prod(tuple(x.shape), dtype=numpy.int64))
    size_of_one = x.dtype.itemsize
    step = max(1, -(-size // request["most"]))
    x = module.back(x if step == 1 else x[::step])
    shape, x = list(x.shape), numpy.ascontiguousarray(x).reshape(-1)
    if x.dtype.kind == "c":
        x = x.view(x.real.dtype)
    n = x.size
    return {
        "ns": ns,
        "shape": shape,
        "bytes": size * size_of_one,
        "numbers": n,
        "sum": float(numpy.sum(x, dtype=numpy.float64)),
        "magnitude": float(numpy.sum(numpy.abs(x), dtype=numpy.float64)),
        "samples": [float(x[k * (n - 1) // (SAMPLES - 1)]) for k in range(SAMPLES)] if n else [],
    }


def timed(request):
    what, clock = request["what"], getattr(time, request["clock"])
    module.wait()
    return {"ns": row[what](clock, module.wait, request["calls"], *extra(what), *row["arguments"])}


def rest(_):
    # The threads of OpenBLAS spin for 2 to the 28th cycles after a call, which is a tenth of a second. Who spins for ever is not awaited.
    patience = time.monotonic() + 1
    while time.monotonic() < patience:
        busy, start = time.process_time(), time.monotonic()
        time.sleep(0.01)
        if time.process_time() - busy < 0.2 * (time.monotonic() - start):
            break
    return {}


REQUESTS = {"hello": hello, "row": start, "digest": digest, "time": timed, "rest": rest}

for line in sys.stdin:
    try:
        request = json.loads(line)
        answer = REQUESTS[request["do"]](request)
    except Exception as e:  # the other side says which row it was
        answer = {"error": f"{type(e).__name__}: {e}"}
    print(json.dumps(answer), flush=True)
