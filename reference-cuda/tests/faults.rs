//! Faults planted into the kernels, each of which the emulator has to catch in a short run: proof that what passes there was looked at.
//!
//! A fault is an edit of the source text. A process of its own compiles the edited kernels and runs one part of the workload: under orders
//! of threads and blocks one after the other, until one run fails. What no run here can catch is told in `emulator/README.md`.
mod support;

use reference_cuda::{Cuda, Options};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use support::{emulated, workload};

/// What becomes of a text of the kernels, and the part of the workload that has to notice.
struct Fault {
    part: &'static str,
    from: &'static str,
    to: &'static str,
}

const fn fault(part: &'static str, from: &'static str, to: &'static str) -> Fault {
    Fault { part, from, to }
}

/// Longer than any run takes, compilation included.
const LIMIT: Duration = Duration::from_secs(120);

/// Whether the part passes under an order; `None` where no fault was planted. Everything that it says.
fn passes(fault: &Fault, order: &str, wide: bool) -> (Option<bool>, String) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "one_part", "--ignored", "--nocapture"]).stdout(Stdio::null()).stderr(Stdio::piped());
    command.env("TEST_PART", fault.part).env("TEST_WIDE", if wide { "yes" } else { "no" }).env("RUST_BACKTRACE", "0");
    command.env("EMULATED_ORDER", order).env("EMULATED_EDIT_FROM", fault.from).env("EMULATED_EDIT_TO", fault.to);
    let mut child = command.spawn().unwrap();
    let mut stderr = child.stderr.take().unwrap();
    let reader = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = std::io::Read::read_to_end(&mut stderr, &mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    });
    let start = Instant::now();
    let ended = loop {
        match child.try_wait().unwrap() {
            Some(status) => break Some(status),
            None if start.elapsed() > LIMIT => {
                let _ = child.kill();
                let _ = child.wait();
                break None;
            }
            None => std::thread::sleep(Duration::from_millis(10)),
        }
    };
    let text = reader.join().unwrap();
    assert!(!text.contains("NVRTC_ERROR"), "the edit of {} does not compile:\n{text}", fault.part);
    let planted = text.contains("a fault was planted") && !text.contains("is not clear");
    (planted.then(|| ended.is_some_and(|s| s.success())), text)
}

/// Demands that each of the faults is caught under one of the orders.
fn all_caught(faults: &[Fault], wide: bool) {
    if emulated(Options::default()).is_none() {
        return;
    }
    for fault in faults {
        let caught = ["4", "1", "0", "2", "3"].into_iter().any(|order| {
            let (passed, text) = passes(fault, order, wide);
            let passed = passed.unwrap_or_else(|| panic!("`{}` was not planted, or not once:\n{text}", fault.from));
            if !passed {
                let told: Vec<&str> = text.lines().filter(|l| !l.contains("planted") && !l.contains("note:")).take(3).collect();
                println!("caught under order {order}: {} -> {}: {}", fault.from, fault.to, told.join(" | "));
            }
            !passed
        });
        assert!(caught, "{}: nobody noticed that `{}` became `{}`", fault.part, fault.from, fault.to);
    }
}

#[test]
#[ignore = "run by the tests of this file"]
fn one_part() {
    let wide = std::env::var("TEST_WIDE").is_ok_and(|v| v == "yes");
    let b = Cuda::emulated(0, Options::default().checked(true).wide(wide)).unwrap();
    workload::run(&b, &std::env::var("TEST_PART").unwrap());
}

#[test]
fn in_elementwise_kernels() {
    all_caught(
        &[
            // The end and the beginning of what threads take.
            fault("elementwise", "i < n; i += step<I>()) out[i] = Op", "i + 1 < n; i += step<I>()) out[i] = Op"),
            fault("elementwise", "for (I i = packs * width + first<I>()", "for (I i = packs * width + 1 + first<I>()"),
            fault("elementwise", "for (I p = first<I>(); p < packs;", "for (I p = first<I>(); p <= packs;"),
            fault("elementwise", "(I)blockIdx.x * (I)blockDim.x + (I)threadIdx.x", "(I)threadIdx.x"),
            fault(
                "elementwise",
                "METHOD I step() { return (I)gridDim.x * (I)blockDim.x; }",
                "METHOD I step() { return (I)gridDim.x * (I)blockDim.x * 2; }",
            ),
            // Where elements lie.
            fault("elementwise", "at[n] += k * walk.stride[n][d];", "at[n] += k * walk.stride[0][d];"),
            fault("elementwise", "k = i - rest * walk.length[d];", "k = i - rest * walk.length[0];"),
            fault("elementwise", "for (int n = 0; n < N; ++n) at[n] += i * walk.stride[n][0];", ""),
            fault("elementwise", "data[repeated ? 0 : i]", "data[i]"),
            fault("elementwise", "if (data && !repeated) return", "if (data) return"),
        ],
        false,
    );
}

#[test]
fn in_gathers() {
    all_caught(
        &[
            fault("gather", "k < 0 ? k + length : k", "k"),
            fault("gather", "out[at[1]] = data[at[0] + place", "out[i] = data[at[1] + place"),
            fault("gather", "data[at[0] + place<RANK>(over, length, index, at[2])] = values[at[1]];", "data[at[0]] = values[at[1]];"),
        ],
        false,
    );
}

#[test]
fn in_reductions() {
    all_caught(
        &[
            // Barriers.
            fault("reduce", "half /= 2) {\n        __syncthreads();", "half /= 2) {"),
            fault("reduce", "acc, length, option);\n        __syncthreads();", "acc, length, option);"),
            fault(
                "reduce",
                "__syncthreads();\n        if ((int)threadIdx.x < half)",
                "if ((int)threadIdx.x < half) __syncthreads();\n        if ((int)threadIdx.x < half)",
            ),
            fault("reduce", "finish<Out>(acc, (i64)length, option);\n        __syncthreads();", "finish<Out>(acc, (i64)length, option);"),
            // The ends of parts and trees.
            fault("reduce", "for (int half = (int)blockDim.x / 2; half > 0;", "for (int half = (int)blockDim.x / 2; half > 1;"),
            fault("reduce", "for (int half = (int)blockDim.x / 2;", "for (int half = 64;"),
            fault("reduce", "for (I k = from; k < to; k += by) acc", "for (I k = from; k + 1 < to; k += by) acc"),
            fault("reduce", "g += turns * by) {", "g += by) {"),
            fault("reduce", "for (; g < groups; g += by)", "for (; g + 1 < groups; g += by)"),
            fault("reduce", "if (from + own < start)", "if (from + own + 1 < start)"),
            fault("reduce", "if (end + own < to)", "if (end + own + 1 < to)"),
            fault("reduce", "Fold::join(acc[2], acc[3])", "acc[2]"),
            fault("reduce", "GONE == 1 && gone.stride[0][0] == 1 &&", "GONE == 1 &&"),
            fault(
                "reduce",
                "? Unit<Fold, T>::share(row + gone.start[0], from, to)",
                "? Unit<Fold, T>::share(row + gone.start[0] + from, (I)0, to)",
            ),
            fault("reduce", "room[threadIdx.x + half]", "room[threadIdx.x + half - 1]"),
            fault("reduce", "for (I p = threadIdx.x; p < parts;", "for (I p = threadIdx.x; p + 1 < parts;"),
            fault("reduce", "partial[p * outputs + output]", "partial[output * parts + p]"),
            fault("reduce", "if (partial) partial[unit] = acc;", "if (partial) partial[unit / 2] = acc;"),
            fault(
                "reduce",
                "const T* row = x + locate(kept, unit % outputs);\n        bool",
                "const T* row = x + locate(kept, unit / parts);\n        bool",
            ),
            // What is added.
            fault("reduce", "return is_signed<T> ? (u64)(i64)x : (u64)x;", "return (u64)(u8)x;"),
            fault("reduce", "rescued(divided(single(a.sum), (double)n), divided(a.small, (double)n))", "divided(single(a.sum), (double)n)"),
        ],
        false,
    );
}

#[test]
fn in_moments_and_order() {
    all_caught(
        &[
            fault("spread", "(sum * (rest / n) + lost * mean)", "0"),
            fault("spread", "fma(away.high, away.high, -square) + 2 * away.high * away.low", "0"),
            fault("spread", "x[locate(gone, (I)0)]", "x[locate(gone, from)]"),
            fault(
                "spread",
                "double freedom = (double)n - correction;\n        if (!(freedom > 0)) return convert<Out>(not_a_number());\n        return convert<Out>(sqrt",
                "double freedom = (double)n;\n        return convert<Out>(sqrt",
            ),
            fault("largest", "if (equal) return a.at < b.at ? a : b;", "if (equal) return a;"),
            fault("largest", "return odd_x || (!odd_y && x > y) ? a : b;", "return x > y ? a : b;"),
            fault("largest", "(i64)(start + g * width + k)", "(i64)(from + g * width + k)"),
            fault("largest", "b > a || is_nan(b) ? b : a", "b > a ? b : a"),
            fault("largest", "<< (8 * sizeof(T) - 1)) : (T)0", "<< (8 * sizeof(T) - 2)) : (T)0"),
            fault("largest", "Fold::lift(x[locate(gone, k)], first, (i64)k)", "Fold::lift(x[locate(gone, k)], first, (i64)(k - from))"),
            fault("largest", "finish(i64 a, i64 n, double) { return a == n; }", "finish(i64 a, i64 n, double) { return a >= n - 1; }"),
        ],
        false,
    );
}

#[test]
fn in_scans() {
    all_caught(
        &[
            // Barriers.
            fault("scan", "back *= 2) {\n        __syncthreads();", "back *= 2) {"),
            fault(
                "scan",
                "Fold::join(room[threadIdx.x - back], own);\n        __syncthreads();",
                "Fold::join(room[threadIdx.x - back], own);",
            ),
            fault("scan", "room[threadIdx.x] = own;\n    }\n    __syncthreads();", "room[threadIdx.x] = own;\n    }"),
            fault(
                "scan",
                "carry = Fold::join(carry, room[blockDim.x - 1]);\n            __syncthreads();",
                "carry = Fold::join(carry, room[blockDim.x - 1]);",
            ),
            fault("scan", "own = block_scan<Fold>(own, room);", "if (k < to) own = block_scan<Fold>(own, room);"),
            // A race between blocks: the end of the part before is read where another block writes it.
            fault(
                "scan",
                "Acc carry = before ? before[unit] : Fold::nothing();",
                "Acc carry = from ? Fold::lift(out[at[0] + (from - 1) * out_step], Out(), 0) : Fold::nothing();",
            ),
            fault("scan", "carry = Fold::join(carry, room[blockDim.x - 1]);", "carry = room[blockDim.x - 1];"),
            fault(
                "scan",
                "sums[p * lines + line] = sum;\n            sum = Fold::join(sum, own);",
                "sum = Fold::join(sum, own);\n            sums[p * lines + line] = sum;",
            ),
            fault("scan", "if ((int)threadIdx.x >= back)", "if ((int)threadIdx.x > back)"),
            fault("scan", "for (I k = 0; k < length; ++k) {\n            sum", "for (I k = 1; k < length; ++k) {\n            sum"),
        ],
        false,
    );
}

#[test]
fn in_positions() {
    all_caught(
        &[
            fault("positions", "counts[tile] = count;\n        __syncthreads();", "counts[tile] = count;"),
            fault("positions", "count = block_join<NonZero>(count, room);", ""),
            fault("positions", "tile ? ends[tile - 1] : 0", "tile ? ends[tile] : 0"),
            fault("positions", "before += room[blockDim.x - 1];\n            __syncthreads();", "before += room[blockDim.x - 1];"),
            fault("positions", "before += room[blockDim.x - 1];", ""),
            fault("positions", "i64 own = i < to && Chosen::at(x, i)", "i64 own = Chosen::at(x, i)"),
            fault("positions", "positions[i] / behind % length", "positions[i] / length % behind"),
            fault("sort", "if (i == 0) return true;", "if (i % TILE == 0) return true;"),
        ],
        false,
    );
}

#[test]
fn in_sorts() {
    all_caught(
        &[
            fault("sort", "keys[line + k] == key && k < own", "keys[line + k] == key && k > own"),
            fault("sort", "room[threadIdx.x] = 0;\n        __syncthreads();", "room[threadIdx.x] = 0;"),
            fault("sort", "& (DIGITS - 1)], 1u);\n        __syncthreads();", "& (DIGITS - 1)], 1u);"),
            fault("sort", "if (threadIdx.x < DIGITS) room[threadIdx.x] = 0;", ""),
            fault("sort", "(line * DIGITS + (I)threadIdx.x) * tiles + tile", "(line * DIGITS + (I)threadIdx.x) + tile * DIGITS"),
            fault("sort", "+ met.of(digit));", ");"),
            fault("sort", "met.add(digit);", "met.add(0);"),
            fault("sort", "entry ? (I)ends[line", "digit ? (I)ends[line"),
            fault("sort", "if (is_nan(v)) return (Bits)~(Bits)0;", ""),
            fault("sort", "if (v == 0) return sign;", ""),
            fault("sort", "x[i / length * length + (I)positions[i]]", "x[(I)positions[i]]"),
            fault("search", "(right && keys[middle] == key)", "keys[middle] == key"),
            fault("search", "else high = middle;", "else high = middle - 1;"),
            fault("random", "if (from + k < n)", "if (from + k <= n)"),
            fault("random", "k1 += 0xBB67AE85u;", "k1 += 0xBB67AE84u;"),
        ],
        false,
    );
}

#[test]
fn in_products() {
    all_caught(
        &[
            fault(
                "product",
                "y[(p + row) * b.down + j * b.across] : T(0);\n            __syncthreads();",
                "y[(p + row) * b.down + j * b.across] : T(0);",
            ),
            fault("product", "__syncthreads(); // before the tiles are overwritten", ""),
            fault("product", "x = a.data + which * a.step", "x = a.data"),
            fault("product", "(p + row) * b.down + j * b.across", "(p + row) * b.across + j * b.down"),
            fault("product", "if (i < m && j < n) out", "if (i < m) out"),
            fault("product", "(n + side - 1) / side", "(n + side - 2) / side"),
            fault("product", "p < k; p += side", "p + 1 < k; p += side"),
            fault("product", "q < side; ++q", "q < side - 1; ++q"),
            fault("product", "typedef decltype(bits() + 0u) sum_type", "typedef float sum_type"),
        ],
        false,
    );
}

#[test]
fn in_what_surrounds_decompositions() {
    all_caught(
        &[
            // Exponents.
            fault("linalg", "found[t] = most;\n        __syncthreads();", "found[t] = most;"),
            fault("linalg", "fmax(found[t], found[t + half]);\n            __syncthreads();", "fmax(found[t], found[t + half]);"),
            fault("linalg", "half > 0; half /= 2", "half > 1; half /= 2"),
            fault("linalg", "is_nan(v) ? infinity() : fmax(most, v)", "fmax(most, v)"),
            fault("linalg", "out[b] = e;", "out[b] = 0;"),
            fault("linalg", "times_power(x[i], -own)", "times_power(x[i], own)"),
            fault("linalg", "times_power(x[i], plus - minus)", "times_power(x[i], plus)"),
            fault("linalg", "e[i / size];\n        i64 at", "e[0];\n        i64 at"),
            fault("linalg", "r <= c ?", "r < c ?"),
            fault("linalg", "(b * columns + c) * m + r", "(b * rows + r) * m + c"),
            // Equal rows.
            fault("linalg", "digests[b * n + other]", "digests[other]"),
            fault("linalg", "if (same_row) found[b] = 1;", ""),
            fault("linalg", "row[j * n]", "row[j]"),
        ],
        false,
    );
}

#[test]
fn in_small_systems() {
    all_caught(
        &[
            fault("linalg", "m[i] = given[i];\n        __syncthreads();", "m[i] = given[i];"),
            fault("linalg", "best : -1;\n            }\n            __syncthreads();", "best : -1;\n            }"),
            fault(
                "linalg",
                "x[row * k + j] = v;\n                }\n            }\n            __syncthreads();",
                "x[row * k + j] = v;\n                }\n            }",
            ),
            fault("linalg", "m[p * n + p]);\n            __syncthreads();", "m[p * n + p]);"),
            fault(
                "linalg",
                "x[p * k + j]);\n                }\n            }\n            __syncthreads();",
                "x[p * k + j]);\n                }\n            }",
            ),
            fault("linalg", "__syncthreads(); // before the matrix is overwritten", ""),
            fault("linalg", "> modulus(m[best * n + p])) best = i", "< modulus(m[best * n + p])) best = i"),
            fault("linalg", "x[p * k + j] = x[row * k + j];", ""),
            fault("linalg", "q < left * k; q += threads", "q < threads && q < left * k; q += threads"),
            fault("linalg", "for (int p = n - 1; p >= 0; --p)", "for (int p = n - 1; p > 0; --p)"),
        ],
        false,
    );
}

/// The kernels with 64-bit index arithmetic, on the same small arrays.
#[test]
fn in_wide_indices() {
    all_caught(
        &[
            fault(
                "elementwise",
                "for (int n = 0; n < N; ++n) at[n] = walk.start[n];",
                "for (int n = 0; n < N; ++n) at[n] = (int)walk.start[n];",
            ),
            fault("elementwise", "METHOD T at(i64 i) const", "METHOD T at(int i) const"),
            fault(
                "gather",
                "I at[3];\n        locate(walk, i, at);\n        out[at[1]]",
                "I at[3];\n        locate(walk, i, at);\n        at[2] = (int)at[2];\n        out[at[1]]",
            ),
            fault(
                "reduce",
                "METHOD I locate(const Walk<RANK, 1, I>& walk, I i) {",
                "METHOD int locate(const Walk<RANK, 1, I>& walk, I i) {",
            ),
            fault(
                "scan",
                "own = Fold::lift(x[at[1] + k * x_step], T(), 0);\n            own",
                "own = Fold::lift(x[(int)(at[1] + k * x_step)], T(), 0);\n            own",
            ),
        ],
        true,
    );
}
