//! The model's exact values, to the second word, against multiple precision (`data/functions.tsv`).
use array_protocol::{BinaryOp, Call, HostArray, Operand, UnaryOp};
use conformance::model::{Allowed, Elements, Expect, Limit, Limits, Model};
use num_complex::Complex;

fn first(call: &Call<&HostArray>) -> Allowed {
    let limit = Limit { measure: array_protocol::manifest::Measure::Ulp, value: 1.0 };
    let dtypes = [array_protocol::DType::Float64, array_protocol::DType::Complex128];
    let limits = array_protocol::Op::all().flat_map(|op| dtypes.map(|d| ((op, d), limit)));
    match Model::new(Limits::new(limits, Default::default())).expect(call) {
        Some(Expect::Returns(mut out)) => match out.remove(0).elements {
            Elements::Each(mut v) => v.remove(0),
            _ => panic!("{}: one set per element is expected", call.op()),
        },
        _ => panic!("{}: not modelled", call.op()),
    }
}

/// Whether both words agree to `2^-88` of `size`.
fn agree(a: (f64, f64), b: (f64, f64), size: f64) -> bool {
    ((a.0 - b.0) + (a.1 - b.1)).abs() <= size * 2f64.powi(-88)
}

/// What is wrong with a row.
fn check(op: &str, v: &[f64]) -> Option<String> {
    let (name, real) = op.strip_prefix("real.").map_or((op, false), |name| (name, true));
    let (arguments, results) = v.split_at(v.len() - 4);
    let [re, im] = [(results[0], results[1]), (results[2], results[3])];
    let arrays: Vec<HostArray> = if real {
        arguments.iter().map(|&x| HostArray::scalar(x)).collect()
    } else {
        arguments.chunks(2).map(|z| HostArray::scalar(Complex::new(z[0], z[1]))).collect()
    };
    let call = match &arrays[..] {
        [x] => {
            let op = *UnaryOp::ALL.iter().find(|o| o.name() == name).unwrap();
            Call::Unary { op, x }
        }
        [x1, x2] => {
            let op = *BinaryOp::ALL.iter().find(|o| o.name() == name).unwrap();
            Call::Binary { op, x1: Operand::Array(x1), x2: Operand::Array(x2) }
        }
        _ => panic!("{op}: {} arguments", arrays.len()),
    };
    let size = results[0].hypot(results[2]);
    let set = first(&call);
    let right = match &set {
        Allowed::Ball { hi, lo, .. } => agree((*hi, *lo), re, size),
        Allowed::Disc { re: r, im: i, .. } => agree(*r, re, size) && agree(*i, im, size),
        // Where the standard fixes the result.
        Allowed::Bits(bits) => re == (f64::from_bits(*bits), 0.0),
        _ => false,
    };
    (!right).then(|| format!("{op}({arguments:?}): the model says {set:?}, multiple precision {results:?}"))
}

#[test]
fn functions_agree_with_multiple_precision() {
    let (mut count, mut wrong) = (0, vec![]);
    for line in include_str!("data/functions.tsv").lines().filter(|l| !l.starts_with('#')) {
        let mut fields = line.split('\t');
        let op = fields.next().unwrap();
        let v: Vec<f64> = fields.map(|f| f64::from_bits(u64::from_str_radix(f, 16).unwrap())).collect();
        wrong.extend(check(op, &v));
        count += 1;
    }
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 1000, "{count} rows");
}
