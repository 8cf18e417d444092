"""Python's side of a bench, for the module that is named: one request a line on standard input, one answer a line on standard output, both JSON.

{"do": "hello"}                                          -> {"module": version, "python": version, "with": what it computes with}
{"do": "row", "inputs": [...], "run": text, "out": text} -> {}          keeps inputs whose key comes again
{"do": "digest", "what": "run" | "out", "clock": name}   -> shape, sums and samples of a result, and {"ns": nanoseconds} of one call
{"do": "time", "what": ..., "calls": n, "clock": name}   -> {"ns": nanoseconds} of all calls

Expressions become the body of a loop over local names, so that nothing but NumPy and the loop is timed. A result is dropped as soon as it
is there. What goes wrong is answered as {"error": text}.
"""

import json
import platform
import sys
import time

import numpy as np

SAMPLES = 33
random = np.random.default_rng(1)
kept = {}
row = {}


def hello(_):
    try:
        blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
        blas = f"{blas.get('name')} {blas.get('version')}"
    except (KeyError, TypeError):
        blas = "unknown"
    return {"module": np.__version__, "python": platform.python_version(), "with": blas}


def compiled(head, text, names):
    scope = {"np": np, "random": random}
    exec(f"def function({', '.join(names)}):\n{head}{text}\n", scope)
    return scope["function"]


def start(request):
    row.clear()
    wanted = [i["key"] for i in request["inputs"]]
    for key in [k for k in kept if k not in wanted]:
        del kept[key]
    for i in request["inputs"]:
        if i["file"] is not None:
            kept[i["key"]] = np.fromfile(i["file"], dtype=i["dtype"]).reshape(i["shape"])
    names = [i["name"] for i in request["inputs"]]
    row["arguments"] = [kept[k] for k in wanted]
    loop = "    start = clock()\n    for _ in range(calls):\n        {}\n    return clock() - start"
    for what in ("run", "out"):
        text = request[what]
        if text is not None:
            extra = ["o"] if what == "out" else []
            row[what] = compiled("", loop.format(text), ["clock", "calls", *extra, *names])
            row[what + " once"] = compiled("    return ", text, [*extra, *names])
    row["o"] = row["run once"](*row["arguments"]) if request["out"] is not None else None
    return {}


def extra(what):
    return [row["o"]] if what == "out" else []


def digest(request):
    what, clock = request["what"], getattr(time, request["clock"])
    start = clock()
    x = row[what + " once"](*extra(what), *row["arguments"])
    ns = clock() - start
    x = np.asarray(row["o"] if what == "out" else x)
    shape, size, x = list(x.shape), x.nbytes, np.ascontiguousarray(x).reshape(-1)
    if x.dtype.kind == "c":
        x = x.view(x.real.dtype)
    n = x.size
    return {
        "ns": ns,
        "shape": shape,
        "bytes": size,
        "numbers": n,
        "sum": float(np.sum(x, dtype=np.float64)),
        "magnitude": float(np.sum(np.abs(x), dtype=np.float64)),
        "samples": [float(x[k * (n - 1) // (SAMPLES - 1)]) for k in range(SAMPLES)] if n else [],
    }


def timed(request):
    what, clock = request["what"], getattr(time, request["clock"])
    return {"ns": row[what](clock, request["calls"], *extra(what), *row["arguments"])}


REQUESTS = {"hello": hello, "row": start, "digest": digest, "time": timed}

for line in sys.stdin:
    try:
        request = json.loads(line)
        answer = REQUESTS[request["do"]](request)
    except Exception as e:  # the other side says which row it was
        answer = {"error": f"{type(e).__name__}: {e}"}
    print(json.dumps(answer), flush=True)
