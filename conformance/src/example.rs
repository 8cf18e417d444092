//! The examples of the manifests, as cases and as verdicts.
use crate::case::{Case, Var};
use array_protocol::host::Bytes;
use array_protocol::manifest::number;
use array_protocol::manifest::{Entry, Example};
use array_protocol::{Call, DType, HostArray, Kind, Scalar, Shape};
use serde_json::{Map, Value};

/// Example `index` of an operation as a case; `None` where there is no such example, or it is no call.
pub fn case(entry: &Entry, index: u64) -> Option<Case> {
    let example = entry.manifest.examples.get(index as usize)?;
    call(entry, example).ok().map(|(inputs, call, results)| Case::single(inputs, call, results))
}

/// The call of an example.
///
/// # Errors
/// What does not fit the operation's parameters, in words.
pub fn call(entry: &Entry, example: &Example) -> Result<(Vec<HostArray>, Call<Var>, u32), String> {
    let mut inputs = vec![];
    let mut object = Map::new();
    let mut options = Map::new();
    let family = entry.op.family();
    let by_family = matches!(family, "unary" | "binary" | "reduce" | "fft" | "random");
    object.insert("call".into(), Value::from(if by_family { family } else { entry.op.name() }));
    object.insert("op".into(), Value::from(entry.op.name()));
    for (name, value) in &example.arguments {
        let value = argument(value, &mut inputs).map_err(|e| format!("argument `{name}`: {e}"))?;
        options.insert(name.clone(), value.clone());
        object.insert(name.clone(), value);
    }
    object.insert("how".into(), Value::Object(options));
    let call: Call<Var> = serde_json::from_value(Value::Object(object)).map_err(|e| e.to_string())?;
    let results = match &call {
        Call::Nonzero { x } => inputs[*x as usize].shape().rank(),
        _ => entry.manifest.returns.len(),
    };
    Ok((inputs, call, results as u32))
}

/// One argument in the data form of calls; arrays become variables.
fn argument(value: &toml::Value, inputs: &mut Vec<HostArray>) -> Result<Value, String> {
    match value {
        toml::Value::Table(t) if t.contains_key("data") => {
            inputs.push(array(value)?);
            Ok(Value::from(inputs.len() - 1))
        }
        toml::Value::Table(t) if t.contains_key("scalar") => {
            let scalar = match &t["scalar"] {
                toml::Value::Boolean(b) => Scalar::Bool(*b),
                toml::Value::Integer(i) => Scalar::Int(*i),
                toml::Value::Float(f) => Scalar::Float(*f),
                toml::Value::String(s) => Scalar::Float(number(s, DType::Float64).ok_or_else(|| format!("`{s}` is not a number"))?),
                toml::Value::Array(parts) => match (parts.first().and_then(real), parts.get(1).and_then(real)) {
                    (Some(re), Some(im)) => Scalar::Complex(re, im),
                    _ => return Err("a complex scalar is `[re, im]`".into()),
                },
                _ => return Err("not a scalar".into()),
            };
            Ok(Value::from(String::from(scalar)))
        }
        toml::Value::Table(t) => {
            t.iter().map(|(k, v)| Ok((k.clone(), argument(v, inputs)?))).collect::<Result<Map<_, _>, String>>().map(Value::Object)
        }
        toml::Value::Array(list) => list.iter().map(|v| argument(v, inputs)).collect::<Result<Vec<_>, _>>().map(Value::Array),
        toml::Value::String(s) if s == "none" => Ok(Value::Null),
        other => serde_json::to_value(other).map_err(|e| e.to_string()),
    }
}

fn real(value: &toml::Value) -> Option<f64> {
    match value {
        toml::Value::Integer(i) => Some(*i as f64),
        toml::Value::Float(f) => Some(*f),
        toml::Value::String(s) => number(s, DType::Float64),
        _ => None,
    }
}

/// An array as manifests write it: `{ dtype, shape?, data }`. Complex elements are `[re, im]`.
///
/// # Errors
/// What is wrong with it, in words.
pub fn array(value: &toml::Value) -> Result<HostArray, String> {
    let field = |name: &str| value.get(name);
    let name = field("dtype").and_then(toml::Value::as_str).ok_or("an array needs a `dtype`")?;
    let dtype = DType::from_name(name).ok_or_else(|| format!("`{name}` is no dtype"))?;
    let mut leaves = vec![];
    let mut nested = vec![];
    flatten(field("data").ok_or("an array needs `data`")?, dtype, 0, &mut nested, &mut leaves)?;
    let shape: Shape = match field("shape").and_then(toml::Value::as_array) {
        Some(list) => list
            .iter()
            .map(|d| d.as_integer().and_then(|d| usize::try_from(d).ok()))
            .collect::<Option<_>>()
            .ok_or("`shape` is a list of lengths")?,
        None => nested.into(),
    };
    HostArray::new(dtype, shape, Bytes::from_slice(&leaves)).map_err(|e| e.to_string())
}

fn flatten(value: &toml::Value, dtype: DType, depth: usize, shape: &mut Vec<usize>, out: &mut Vec<u8>) -> Result<(), String> {
    let list = match value {
        toml::Value::Array(list) => list,
        leaf => return put(leaf, dtype, out),
    };
    let pair = dtype.is_complex() && list.len() == 2 && !list.iter().any(toml::Value::is_array);
    if pair {
        return list.iter().try_for_each(|part| put(part, dtype.real(), out));
    }
    match shape.get(depth) {
        Some(&n) if n != list.len() => return Err(format!("rows of {n} and of {} elements", list.len())),
        Some(_) => {}
        None => shape.push(list.len()),
    }
    list.iter().try_for_each(|v| flatten(v, dtype, depth + 1, shape, out))
}

fn put(value: &toml::Value, dtype: DType, out: &mut Vec<u8>) -> Result<(), String> {
    let bad = || format!("`{value}` is not an element of {dtype}");
    match dtype.kind() {
        Kind::Bool => out.push(u8::from(value.as_bool().ok_or_else(bad)?)),
        Kind::Int | Kind::UInt => {
            // uint64 above the range of TOML's integers is written as text.
            let wide = value.as_integer().map(i128::from).or_else(|| value.as_str().and_then(|s| s.parse().ok())).ok_or_else(bad)?;
            let bits = dtype.size() as u32 * 8;
            let (low, high) =
                if dtype.kind() == Kind::Int { (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1) } else { (0, (1i128 << bits) - 1) };
            if !(low..=high).contains(&wide) {
                return Err(bad());
            }
            out.extend_from_slice(&wide.to_le_bytes()[..dtype.size()]);
        }
        Kind::Float => {
            let v = match value {
                toml::Value::String(s) => number(s, dtype).ok_or_else(bad)?,
                other => real(other).ok_or_else(bad)?,
            };
            match dtype {
                DType::Float32 => out.extend_from_slice(&(v as f32).to_le_bytes()),
                DType::Float64 => out.extend_from_slice(&v.to_le_bytes()),
                _ => return Err(bad()),
            }
        }
        Kind::Complex => {
            // A real number stands for one with imaginary part +0.
            put(value, dtype.real(), out)?;
            put(&toml::Value::Float(0.0), dtype.real(), out)?;
        }
    }
    Ok(())
}
