//! A case as a Rust function.
use super::literal::{Language::Rust, element, rust_type, scalar};
use super::{Upload, abbreviated, list, name};
use crate::case::{Case, Step};
use array_protocol::options::{Arange, Axes, Eye, Full, Linspace, Reduce};
use array_protocol::{Call, DType, Index, Operand, Shape};
use std::convert::Infallible;
use std::fmt::Write;

/// What may have to be imported, by module.
const NAMES: &[(&str, &[&str])] = &[
    (
        "array_protocol",
        &[
            "Backend",
            "BinaryOp",
            "DType",
            "Device",
            "Error",
            "ErrorKind",
            "FftOp",
            "HostArray",
            "Index",
            "Key",
            "Op",
            "Operand",
            "RandomOp",
            "ReduceOp",
            "Result",
            "Scalar",
            "Shape",
            "UnaryOp",
            "idx",
        ],
    ),
    (
        "array_protocol::options",
        &[
            "Arange",
            "ArgReduce",
            "AxisList",
            "Eye",
            "Fft",
            "Full",
            "Linspace",
            "Norm",
            "Qr",
            "QrMode",
            "Random",
            "Reduce",
            "Roll",
            "Scan",
            "Search",
            "Side",
            "Sort",
            "Svd",
        ],
    ),
    ("half", &["bf16", "f16"]),
    ("num_complex", &["Complex"]),
];

pub(super) fn print(case: &Case) -> String {
    let mut body = String::new();
    for (i, input) in case.inputs.iter().enumerate() {
        let x = format!("x{i}");
        let upload = Upload::of(input);
        let _ = match host_array(&upload, &x) {
            (Some(before), array) => writeln!(body, "    {before}\n    let {x} = b.upload(&{array}, None)?;"),
            (None, array) => writeln!(body, "    let {x} = b.upload(&{array}, None)?;"),
        };
        for step in &upload.layout {
            let _ = writeln!(body, "    let {x} = {}?;", call(&named(step, |()| x.clone())));
        }
    }
    if case.threads > 1 {
        let _ = writeln!(body, "    // {} threads run this at the same time over the same inputs.", case.threads);
    }
    for step in &case.steps {
        print_step(&mut body, case, step);
    }
    let shown = case.observed().into_iter().filter(|&v| case.steps.is_empty() || v as usize >= case.inputs.len());
    for y in shown {
        let _ = writeln!(body, "    println!(\"{{:?}}\", b.download(&{})?);", name(case, y));
    }
    format!("{}\nfn case<B: Backend>(b: &B) -> Result<()> {{\n{body}    Ok(())\n}}\n", imports(&body))
}

fn imports(body: &str) -> String {
    // `Complex` is the number, not the variant.
    let body = body.replace("Scalar::Complex", "Scalar");
    let words: std::collections::BTreeSet<&str> = body.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let mut text = String::new();
    for (module, names) in NAMES {
        let used: Vec<&str> = names.iter().copied().filter(|n| words.contains(n) || ["Backend", "Result"].contains(n)).collect();
        let _ = match used.as_slice() {
            [] => Ok(()),
            [one] => writeln!(text, "use {module}::{one};"),
            many => writeln!(text, "use {module}::{{{}}};", many.join(", ")),
        };
    }
    text
}

fn print_step(body: &mut String, case: &Case, step: &Step) {
    let named = named(&step.call, |&v| name(case, v));
    let outs: Vec<String> = step.out.iter().map(|&v| name(case, v)).collect();
    let mut given_up: Vec<String> = step.last_use.iter().map(|&v| name(case, v)).collect();
    if let ([out], Some((first, assign))) = (outs.as_slice(), in_place(&named))
        && let Some(at) = given_up.iter().position(|g| *g == first)
        && uses(&named, &first) == 1
    {
        given_up.remove(at);
        let _ = writeln!(body, "    let mut {out} = {first};\n    {}?;", assign(out));
    } else {
        let text = call(&named);
        let _ = match (&named, outs.as_slice()) {
            (_, []) => writeln!(body, "    {text}?;"),
            (Call::Nonzero { .. }, outs) => writeln!(
                body,
                "    let [{}]: [B::Array; {}] = {text}?.try_into().map_err(|_| Error::outside_op(ErrorKind::Backend))?;",
                outs.join(", "),
                outs.len()
            ),
            (_, [out]) => writeln!(body, "    let {out} = {text}?;"),
            (_, outs) => writeln!(body, "    let ({}) = {text}?;", outs.join(", ")),
        };
    }
    for x in given_up {
        let _ = writeln!(body, "    drop({x});");
    }
}

/// How often a variable occurs in a call.
fn uses(call: &Call<String>, variable: &str) -> usize {
    let mut count = 0;
    call.arrays(|v| count += usize::from(v == variable));
    count
}

/// The first operand of a call that has a form in place, and that form.
#[expect(clippy::type_complexity, reason = "said once, here")]
fn in_place(call: &Call<String>) -> Option<(String, Box<dyn Fn(&str) -> String>)> {
    Some(match call.clone() {
        Call::Unary { op, x } => (x, Box::new(move |y| format!("b.unary_assign(UnaryOp::{op:?}, &mut {y})"))),
        Call::Binary { op, x1: Operand::Array(x), x2 } => {
            (x, Box::new(move |y| format!("b.binary_assign(BinaryOp::{op:?}, &mut {y}, {})", operand(&x2))))
        }
        Call::Setitem { x, key: k, value } => (x, Box::new(move |y| format!("b.setitem(&mut {y}, {}, {})", key(&k), operand(&value)))),
        _ => return None,
    })
}

fn named<R: Clone>(call: &Call<R>, mut f: impl FnMut(&R) -> String) -> Call<String> {
    call.clone().try_map::<_, Infallible>(|r| Ok(f(&r))).unwrap_or_else(|e| match e {})
}

/// The expression that makes a host array, and the constant that it needs.
fn host_array(upload: &Upload, x: &str) -> (Option<String>, String) {
    let (dtype, shape) = (upload.array.dtype(), upload.array.shape());
    let ty = rust_type(dtype);
    if upload.long() && upload.constant().is_none() {
        let first: Vec<String> = upload.elements().take(4).map(|e| element(dtype, e, Rust)).collect();
        let note = abbreviated(dtype, &first, upload.array.size());
        return (Some(format!("// Zeros in place of {note}.")), format!("HostArray::zeros(DType::{dtype:?}, {})?", lengths(shape)));
    }
    if shape.rank() == 0
        && let Some(e) = upload.elements().next()
    {
        return (None, format!("HostArray::scalar::<{ty}>({})", element(dtype, e, Rust)));
    }
    let constant = format!("F{}", &x[1..]);
    let filler = upload.elements().find(|e| upload.filler(e)).map(|e| {
        let bits = "01".repeat(dtype.real().size());
        let value = match dtype.real() {
            DType::Float32 | DType::Float64 => format!("{}::from_bits(0x{bits})", rust_type(dtype.real())),
            DType::Float16 | DType::BFloat16 => format!("{ty}::from_bits(0x{bits})"),
            _ => element(dtype, e, Rust),
        };
        let value = if dtype.is_complex() { format!("Complex::new({value}, {value})") } else { value };
        format!("const {constant}: {ty} = {value}; // lies between the elements of {x}")
    });
    let literal = |e: &[u8]| if upload.filler(e) { constant.clone() } else { element(dtype, e, Rust) };
    let elements = match upload.constant() {
        Some(e) => format!("{}; {}", literal(e), upload.array.size()),
        None => list(&upload.elements().map(literal).collect::<Vec<_>>(), shape.last().copied().unwrap_or(1), "    "),
    };
    (filler, format!("HostArray::from_slice::<{ty}>({}, &[{elements}])?", lengths(shape)))
}

fn lengths(shape: &Shape) -> String {
    if shape.rank() == 0 { "Shape::scalar()".into() } else { format!("{shape:?}") }
}

/// The expression of a call, without the `?`.
fn call(call: &Call<String>) -> String {
    let option = |name: &str, fields: &[(bool, String)]| options(&format!("{name}::default()"), fields);
    match call {
        Call::Unary { op, x } => format!("b.unary(UnaryOp::{op:?}, &{x})"),
        Call::Binary { op, x1, x2 } => format!("b.binary(BinaryOp::{op:?}, {}, {})", operand(x1), operand(x2)),
        Call::Clip { x, min, max } => {
            let bound = |o: &Option<Operand<String>>| o.as_ref().map_or("None".into(), |o| format!("Some({})", operand(o)));
            format!("b.clip(&{x}, {}, {})", bound(min), bound(max))
        }
        Call::Where { condition, x1, x2 } => format!("b.select(&{condition}, {}, {})", operand(x1), operand(x2)),
        Call::Reduce { op, x, how } => format!("b.reduce(ReduceOp::{op:?}, &{x}, &{})", reduce(how)),
        Call::Argmax { x, how } => {
            format!("b.argmax(&{x}, &{})", option("ArgReduce", &[axis(how.axis), (how.keepdims, "keepdims(true)".into())]))
        }
        Call::CumulativeSum { x, how } => {
            let initial = (how.include_initial, "include_initial(true)".to_string());
            format!("b.cumulative_sum(&{x}, &{})", option("Scan", &[axis(how.axis), dtype(how.dtype), initial]))
        }
        Call::Arange { how: Arange { start, stop, step, dtype: d, device, .. } } => {
            let fields = [("start", start), ("stop", stop), ("step", step)].map(|(n, s)| (true, format!("{n}({})", scalar(*s, Rust))));
            format!("b.arange(&{})", option("Arange", &[&fields[..], &[dtype(*d), at(device)]].concat()))
        }
        Call::Eye { how: Eye { rows, cols, k, dtype: d, device, .. } } => {
            let cols = (cols.is_some(), format!("cols({}u64)", cols.unwrap_or(0)));
            let fields = [(true, format!("rows({rows}u64)")), cols, (*k != 0, format!("k({k}i64)")), dtype(*d), at(device)];
            format!("b.eye(&{})", option("Eye", &fields))
        }
        Call::Full { how: Full { shape, value, dtype: d, device, .. } } => {
            let fields =
                [(true, format!("shape({})", lengths(shape))), (true, format!("value({})", scalar(*value, Rust))), dtype(*d), at(device)];
            format!("b.full(&{})", option("Full", &fields))
        }
        Call::Linspace { how: Linspace { start, stop, num, dtype: d, endpoint, device, .. } } => {
            let ends = [("start", start), ("stop", stop)].map(|(n, s)| (true, format!("{n}({})", scalar(*s, Rust))));
            let rest = [(true, format!("num({num}u64)")), dtype(*d), (!endpoint, "endpoint(false)".into()), at(device)];
            format!("b.linspace(&{})", option("Linspace", &[&ends[..], &rest].concat()))
        }
        Call::Astype { x, dtype } => format!("b.astype(&{x}, &DType::{dtype:?})"),
        Call::BroadcastTo { x, shape } => format!("b.broadcast_to(&{x}, &{})", shape_value(shape)),
        Call::Concat { arrays, axis } => {
            let arrays: Vec<String> = arrays.iter().map(|x| format!("&{x}")).collect();
            format!("b.concat(&[{}], &{axis:?})", arrays.join(", "))
        }
        Call::Flip { x, axes } => format!("b.flip(&{x}, &{})", axes.as_ref().map_or("None".into(), |a| format!("Some({})", axis_list(a)))),
        Call::PermuteDims { x, axes } => format!("b.permute_dims(&{x}, &{})", axis_list(axes)),
        Call::Reshape { x, shape } => format!("b.reshape(&{x}, &{})", shape_value(shape)),
        Call::Roll { x, how } => {
            let fields = [(true, format!("shift({})", axis_list(&how.shift))), axes("axes", &how.axes)];
            format!("b.roll(&{x}, &{})", option("Roll", &fields))
        }
        Call::Squeeze { x, axes } => format!("b.squeeze(&{x}, &{})", axis_list(axes)),
        Call::Tril { x, k } => format!("b.tril(&{x}, &{k})"),
        Call::Getitem { x, key: k } => format!("b.getitem(&{x}, {})", key(k)),
        Call::Setitem { x, key: k, value } => format!("b.with_item(&{x}, {}, {})", key(k), operand(value)),
        Call::Nonzero { x } => format!("b.nonzero(&{x})"),
        Call::Take { x, indices, axis } => format!("b.take(&{x}, &{indices}, &{axis:?})"),
        Call::Sort { x, how } | Call::Argsort { x, how } => {
            let fields = [
                (how.axis != -1, format!("axis({}i64)", how.axis)),
                (how.descending, "descending(true)".into()),
                (!how.stable, "stable(false)".into()),
            ];
            format!("b.{}(&{x}, &{})", call.op(), option("Sort", &fields))
        }
        Call::Searchsorted { x1, x2, how } => {
            let side = (how.side != array_protocol::options::Side::Left, format!("side(Side::{:?})", how.side));
            format!("b.searchsorted(&{x1}, &{x2}, &{})", option("Search", &[side]))
        }
        Call::UniqueValues { x } => format!("b.unique_values(&{x})"),
        Call::Matmul { x1, x2 } => format!("b.matmul(&{x1}, &{x2})"),
        Call::Qr { x, how } => format!("b.qr(&{x}, &Qr::default().mode(QrMode::{:?}))", how.mode),
        Call::Solve { x1, x2 } => format!("b.solve(&{x1}, &{x2})"),
        Call::Svd { x, how } => format!("b.svd(&{x}, &Svd::default().full_matrices({}))", how.full_matrices),
        Call::Fft { op, x, how } => {
            let n = (how.n.is_some(), format!("n({}u64)", how.n.unwrap_or(0)));
            let norm = (how.norm != array_protocol::options::Norm::Backward, format!("norm(Norm::{:?})", how.norm));
            format!("b.fft(FftOp::{op:?}, &{x}, &{})", option("Fft", &[n, (how.axis != -1, format!("axis({}i64)", how.axis)), norm]))
        }
        Call::Random { op, key, how } => {
            let fields = [(true, format!("shape({})", lengths(&how.shape))), dtype(how.dtype), at(&how.device)];
            format!("b.random(RandomOp::{op:?}, &Key({:?}), &{})", key.0, option("Random", &fields))
        }
        Call::ToDevice { x, device } => format!("b.to_device(&{x}, &{})", device_value(device)),
        Call::FromDlpack { x } => format!("b.through_dlpack(&{x})"),
        // `Call` is open: an operation that has no form here yet still shows what it is.
        other => format!("/* {other:?} */ Err::<B::Array, _>(Error::unsupported(Op::from_name({:?})))", other.op().name()),
    }
}

/// Options that differ from the default.
fn options(default: &str, fields: &[(bool, String)]) -> String {
    fields.iter().filter(|(differs, _)| *differs).fold(default.to_string(), |text, (_, field)| format!("{text}.{field}"))
}

fn reduce(how: &Reduce) -> String {
    let start = how.axes.as_ref().map_or("Reduce::all()".into(), |a| format!("Reduce::over(&{:?})", a.as_slice()));
    let correction = (how.correction != 0.0, format!("correction({:?})", how.correction));
    options(&start, &[dtype(how.dtype), (how.keepdims, "keepdims(true)".into()), correction])
}

fn axis(axis: Option<i64>) -> (bool, String) {
    (axis.is_some(), format!("axis({}i64)", axis.unwrap_or(0)))
}

fn axes(name: &str, axes: &Axes) -> (bool, String) {
    (axes.is_some(), format!("{name}({})", axis_list(axes.as_deref().unwrap_or(&[]))))
}

fn dtype(dtype: Option<DType>) -> (bool, String) {
    (dtype.is_some(), format!("dtype(DType::{:?})", dtype.unwrap_or(DType::Bool)))
}

fn at(device: &Option<array_protocol::Device>) -> (bool, String) {
    (device.is_some(), device.as_ref().map_or(String::new(), |d| format!("device({})", device_value(d))))
}

fn device_value(device: &array_protocol::Device) -> String {
    if *device == array_protocol::Device::CPU { "Device::CPU".into() } else { format!("{device:?}") }
}

fn axis_list(axes: &[i64]) -> String {
    format!("AxisList::from_slice(&{axes:?})")
}

fn shape_value(shape: &Shape) -> String {
    if shape.rank() == 0 { "Shape::scalar()".into() } else { format!("Shape::from({shape:?})") }
}

fn operand(o: &Operand<String>) -> String {
    match o {
        Operand::Array(x) => format!("Operand::Array(&{x})"),
        Operand::Scalar(s) => format!("Operand::Scalar({})", scalar(*s, Rust)),
    }
}

fn key(key: &[Index<String>]) -> String {
    let entry = |i: &Index<String>| match i {
        Index::At(i) => format!("{i}i64"),
        Index::Slice { start, stop, step } => {
            let range = match (start, stop) {
                (None, None) => "Index::all()".into(),
                (Some(a), Some(b)) => format!("{a}..{b}"),
                (Some(a), None) => format!("{a}.."),
                (None, Some(b)) => format!("..{b}"),
            };
            match (range.starts_with("Index"), *step) {
                (true, 1) => "..".into(),
                (false, 1) => range,
                (true, step) => format!("{range}.step({step})"),
                (false, step) => format!("Index::from({range}).step({step})"),
            }
        }
        Index::NewAxis => "Index::NewAxis".into(),
        Index::Ellipsis => "Index::Ellipsis".into(),
        Index::Array(x) => format!("Index::Array(&{x})"),
        // `Index` is open.
        other => format!("/* {other:?} */ .."),
    };
    if key.is_empty() { "&[]".into() } else { format!("&idx![{}]", key.iter().map(entry).collect::<Vec<_>>().join(", ")) }
}
