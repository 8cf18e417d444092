//! A case as Python, in the names of the Array API standard.
use super::literal::{Language::Python, element, scalar, truth};
use super::{Upload, abbreviated, list, name};
use crate::case::{Case, Step};
use array_protocol::{Call, DType, Device, Index, Operand};
use std::convert::Infallible;
use std::fmt::Write;

pub(super) fn print(case: &Case) -> String {
    let mut text = String::from("import numpy as xp  # or any other namespace of the Array API standard\n\n");
    for (i, input) in case.inputs.iter().enumerate() {
        let x = format!("x{i}");
        let upload = Upload::of(input);
        let (before, array) = array(&upload, &x);
        if let Some(before) = before {
            let _ = writeln!(text, "{before}");
        }
        let array = upload.layout.iter().fold(array, |array, step| call(&named(step, |()| array.clone())));
        let _ = writeln!(text, "{x} = {array}");
    }
    if case.threads > 1 {
        let _ = writeln!(text, "# {} threads run this at the same time over the same inputs.", case.threads);
    }
    for step in &case.steps {
        print_step(&mut text, case, step);
    }
    let shown = case.observed().into_iter().filter(|&v| case.steps.is_empty() || v as usize >= case.inputs.len());
    for y in shown {
        let _ = writeln!(text, "print(repr({}))", name(case, y));
    }
    text
}

fn print_step(text: &mut String, case: &Case, step: &Step) {
    let named = named(&step.call, |&v| name(case, v));
    let outs: Vec<String> = step.out.iter().map(|&v| name(case, v)).collect();
    let target = if outs.is_empty() { "_".into() } else { outs.join(", ") };
    let _ = match &named {
        Call::Setitem { x, key: k, value } => {
            let gives_up = step.last_use.iter().any(|&v| name(case, v) == *x);
            let copy = if gives_up { x.clone() } else { format!("xp.asarray({x}, copy=True)") };
            writeln!(text, "{target} = {copy}\n{target}{} = {}", key(k), operand(value))
        }
        // A list of one is not unpacked by a plain name.
        Call::Nonzero { .. } if outs.len() == 1 => writeln!(text, "{target}, = {}", call(&named)),
        _ => writeln!(text, "{target} = {}", call(&named)),
    };
    for &v in &step.last_use {
        let _ = writeln!(text, "del {}", name(case, v));
    }
}

fn named<R: Clone>(call: &Call<R>, mut f: impl FnMut(&R) -> String) -> Call<String> {
    call.clone().try_map::<_, Infallible>(|r| Ok(f(&r))).unwrap_or_else(|e| match e {})
}

/// The expression that makes an array, and the line that it needs before.
fn array(upload: &Upload, x: &str) -> (Option<String>, String) {
    let (dtype, shape) = (upload.array.dtype(), upload.array.shape());
    let made = |function: &str, arguments: String| format!("xp.{function}({arguments}, dtype=xp.{dtype})");
    let constant = format!("F{}", &x[1..]);
    let literal = |e: &[u8]| if upload.filler(e) { constant.clone() } else { element(dtype, e, Python) };
    if shape.size() == 0 {
        return (None, made("zeros", shape.to_string()));
    }
    if let Some(e) = upload.constant() {
        return (None, made("full", format!("{shape}, {}", element(dtype, e, Python))));
    }
    if upload.long() {
        let first: Vec<String> = upload.elements().take(4).map(literal).collect();
        let note = abbreviated(dtype, &first, upload.array.size());
        return (Some(format!("# Zeros in place of {note}.")), made("zeros", shape.to_string()));
    }
    let filler = upload.elements().find(|e| upload.filler(e));
    let filler = filler.map(|e| format!("{constant} = {}  # lies between the elements of {x}", element(dtype, e, Python)));
    let elements: Vec<String> = upload.elements().map(literal).collect();
    (filler, made("asarray", nested(&elements, shape)))
}

/// Elements in C order as nested lists.
fn nested(elements: &[String], lengths: &[usize]) -> String {
    match lengths {
        [] => elements.concat(),
        [_] => format!("[{}]", list(elements, elements.len(), "")),
        [n, rest @ ..] => {
            let size = (elements.len() / (*n).max(1)).max(1);
            format!("[{}]", elements.chunks(size).map(|c| nested(c, rest)).collect::<Vec<_>>().join(", "))
        }
    }
}

fn call(call: &Call<String>) -> String {
    let function = |module: &str, positional: &[&str], keywords: &[(bool, String)]| {
        let keywords = keywords.iter().filter(|(differs, _)| *differs).map(|(_, text)| text.clone());
        let arguments: Vec<String> = positional.iter().map(|s| s.to_string()).chain(keywords).collect();
        format!("xp.{module}{}({})", call.op(), arguments.join(", "))
    };
    let keyword = |name: &str, value: Option<String>| (value.is_some(), format!("{name}={}", value.unwrap_or_default()));
    let flag = |name: &str, value: bool, default: bool| (value != default, format!("{name}={}", truth(value, Python)));
    let dtype = |d: &Option<DType>| keyword("dtype", d.map(|d| format!("xp.{d}")));
    let device = |d: &Option<Device>| keyword("device", d.map(|d| format!("\"{}\"", device_name(&d))));
    let number = |name: &str, value: Option<i64>| keyword(name, value.map(|v| v.to_string()));
    match call {
        Call::Unary { x, .. } => function("", &[x], &[]),
        Call::Binary { x1, x2, .. } => function("", &[&operand(x1), &operand(x2)], &[]),
        Call::Clip { x, min, max } => {
            function("", &[x], &[keyword("min", min.as_ref().map(operand)), keyword("max", max.as_ref().map(operand))])
        }
        Call::Where { condition, x1, x2 } => function("", &[condition, &operand(x1), &operand(x2)], &[]),
        Call::Reduce { x, how, .. } => {
            let correction = (how.correction != 0.0, format!("correction={:?}", how.correction));
            let axes = keyword("axis", how.axes.as_ref().map(|a| axes_of(a)));
            function("", &[x], &[axes, dtype(&how.dtype), flag("keepdims", how.keepdims, false), correction])
        }
        Call::Argmax { x, how } => function("", &[x], &[number("axis", how.axis), flag("keepdims", how.keepdims, false)]),
        Call::CumulativeSum { x, how } => {
            let initial = flag("include_initial", how.include_initial, false);
            function("", &[x], &[number("axis", how.axis), dtype(&how.dtype), initial])
        }
        Call::Arange { how } => function(
            "",
            &[&scalar(how.start, Python), &scalar(how.stop, Python), &scalar(how.step, Python)],
            &[dtype(&how.dtype), device(&how.device)],
        ),
        Call::Eye { how } => {
            let cols = how.cols.map(|c| c.to_string());
            let (rows, cols) = (how.rows.to_string(), cols.unwrap_or_default());
            let positional: &[&str] = if cols.is_empty() { &[&rows] } else { &[&rows, &cols] };
            function("", positional, &[(how.k != 0, format!("k={}", how.k)), dtype(&how.dtype), device(&how.device)])
        }
        Call::Full { how } => {
            function("", &[&how.shape.to_string(), &scalar(how.value, Python)], &[dtype(&how.dtype), device(&how.device)])
        }
        Call::Linspace { how } => {
            let positional = [&*scalar(how.start, Python), &scalar(how.stop, Python), &how.num.to_string()];
            function("", &positional, &[dtype(&how.dtype), flag("endpoint", how.endpoint, true), device(&how.device)])
        }
        Call::Astype { x, dtype } => function("", &[x, &format!("xp.{dtype}")], &[]),
        Call::BroadcastTo { x, shape } | Call::Reshape { x, shape } => function("", &[x, &shape.to_string()], &[]),
        Call::Concat { arrays, axis } => {
            let list = format!("[{}]", arrays.join(", "));
            function("", &[&list], &[(*axis != Some(0), format!("axis={}", axis.map_or("None".into(), |a| a.to_string())))])
        }
        Call::Flip { x, axes } => function("", &[x], &[keyword("axis", axes.as_ref().map(|a| axes_of(a)))]),
        Call::PermuteDims { x, axes } => function("", &[x, &tuple(axes)], &[]),
        Call::Roll { x, how } => function("", &[x, &axes_of(&how.shift)], &[keyword("axis", how.axes.as_ref().map(|a| axes_of(a)))]),
        Call::Squeeze { x, axes } => function("", &[x, &axes_of(axes)], &[]),
        Call::Tril { x, k } => function("", &[x], &[(*k != 0, format!("k={k}"))]),
        Call::Getitem { x, key: k } => format!("{x}{}", key(k)),
        Call::Setitem { x, key: k, value } => format!("{x}{} = {}", key(k), operand(value)),
        Call::Take { x, indices, axis } => function("", &[x, indices], &[number("axis", *axis)]),
        Call::Sort { x, how } | Call::Argsort { x, how } => {
            let axis = (how.axis != -1, format!("axis={}", how.axis));
            function("", &[x], &[axis, flag("descending", how.descending, false), flag("stable", how.stable, true)])
        }
        Call::Searchsorted { x1, x2, how } => function("", &[x1, x2], &[(true, format!("side=\"{}\"", how.side.name()))]),
        Call::Nonzero { x } | Call::UniqueValues { x } | Call::FromDlpack { x } => function("", &[x], &[]),
        Call::Matmul { x1, x2 } => function("", &[x1, x2], &[]),
        Call::Solve { x1, x2 } => function("linalg.", &[x1, x2], &[]),
        Call::Qr { x, how } => function("linalg.", &[x], &[(true, format!("mode=\"{}\"", how.mode.name()))]),
        Call::Svd { x, how } => function("linalg.", &[x], &[flag("full_matrices", how.full_matrices, true)]),
        Call::Fft { x, how, .. } => {
            let norm = (how.norm != array_protocol::options::Norm::Backward, format!("norm=\"{}\"", how.norm.name()));
            let n = keyword("n", how.n.map(|n| n.to_string()));
            function("fft.", &[x], &[n, (how.axis != -1, format!("axis={}", how.axis)), norm])
        }
        Call::ToDevice { x, device } => format!("{x}.to_device(\"{}\")", device_name(device)),
        Call::Random { op, key, how } => {
            let dtype = how.dtype.map_or("None".into(), |d| format!("xp.{d}"));
            format!("None  # the standard has no random numbers: {op:?} with key {:?}, shape {}, dtype {dtype}", key.0, how.shape)
        }
        // `Call` is open: an operation that has no form here yet still shows what it is.
        other => format!("None  # {other:?}"),
    }
}

/// As libraries name them.
fn device_name(device: &Device) -> String {
    if *device == Device::CPU { "cpu".into() } else { device.to_string() }
}

/// One as a number, several as a tuple.
fn axes_of(axes: &[i64]) -> String {
    match axes {
        [one] => one.to_string(),
        many => tuple(many),
    }
}

fn tuple(axes: &[i64]) -> String {
    match axes {
        [one] => format!("({one},)"),
        many => format!("({})", many.iter().map(i64::to_string).collect::<Vec<_>>().join(", ")),
    }
}

fn operand(o: &Operand<String>) -> String {
    match o {
        Operand::Array(x) => x.clone(),
        Operand::Scalar(s) => scalar(*s, Python),
    }
}

fn key(key: &[Index<String>]) -> String {
    let end = |v: &Option<i64>| v.map_or(String::new(), |v| v.to_string());
    let entry = |i: &Index<String>| match i {
        Index::At(i) => i.to_string(),
        Index::Slice { start, stop, step: 1 } => format!("{}:{}", end(start), end(stop)),
        Index::Slice { start, stop, step } => format!("{}:{}:{step}", end(start), end(stop)),
        Index::NewAxis => "None".into(),
        Index::Ellipsis => "...".into(),
        Index::Array(x) => x.clone(),
        // `Index` is open.
        other => format!("{other:?}"),
    };
    if key.is_empty() { "[()]".into() } else { format!("[{}]", key.iter().map(entry).collect::<Vec<_>>().join(", ")) }
}
