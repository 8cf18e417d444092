//! Slices against Python (`data/slices.tsv`), promotion against the table of the specification, and special rows of the standard.
use array_protocol::options::{ArgReduce, Axes, Reduce, Roll, Sort};
use array_protocol::{BinaryOp, Call, DType, ErrorKind, HostArray, Index, Kind, Operand, ReduceOp, Scalar, Shape};
use conformance::model::{Allowed, Elements, Expect, Limits, Model};
use std::collections::BTreeMap;

fn declared(choices: &[(&str, &str)]) -> Model {
    let declared: BTreeMap<String, String> = choices.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
    Model::new(Limits::new([], declared))
}

fn expect(call: Call<&HostArray>) -> Expect {
    declared(&[]).expect(&call).unwrap()
}

/// The one array that is expected to the bit.
fn bits(call: Call<&HostArray>) -> HostArray {
    match expect(call) {
        Expect::Returns(mut out) => match out.remove(0).elements {
            Elements::Bits(a) => a,
            _ => panic!("bits are expected"),
        },
        _ => panic!("a result is expected"),
    }
}

fn fails(expect: Expect) -> Vec<ErrorKind> {
    match expect {
        Expect::Fails(kinds) => kinds,
        _ => panic!("an error is expected"),
    }
}

#[test]
fn slices_take_what_python_takes() {
    let bound = |text: &str| (text != "-").then(|| text.parse().unwrap());
    let mut count = 0;
    for line in include_str!("data/slices.tsv").lines().filter(|l| !l.starts_with('#')) {
        let f: Vec<&str> = line.split('\t').collect();
        let n: i64 = f[0].parse().unwrap();
        let x = HostArray::from_slice([n as usize], &(0..n).collect::<Vec<_>>()).unwrap();
        let key = vec![Index::Slice { start: bound(f[1]), stop: bound(f[2]), step: f[3].parse().unwrap() }];
        let expected: Vec<i64> = f[4].split(',').filter(|s| !s.is_empty()).map(|s| s.parse().unwrap()).collect();
        let out = bits(Call::Getitem { x: &x, key });
        assert_eq!(out.view::<i64>().unwrap(), expected, "{line}");
        count += 1;
    }
    assert!(count > 4000);
}

#[test]
fn promotion_follows_the_table() {
    let add = |a: DType, b: DType| {
        let (x1, x2) = (HostArray::zeros(a, [1]).unwrap(), HostArray::zeros(b, [1]).unwrap());
        expect(Call::Binary { op: BinaryOp::Equal, x1: Operand::Array(&x1), x2: Operand::Array(&x2) });
        expect(Call::Concat { arrays: vec![&x1, &x2], axis: Some(0) })
    };
    // Text of the standard: the smallest dtype of the kind that holds both; no mixture of kinds; uint64 and signed integers have none.
    let holds = |big: DType, small: DType| match (big.kind(), small.kind()) {
        (Kind::Int, Kind::UInt) => big.size() > small.size(),
        (Kind::Complex, Kind::Float) => big.size() >= 2 * small.size(),
        (a, b) => a == b && big.size() >= small.size(),
    };
    let slice: Vec<DType> = DType::ALL.iter().copied().filter(|d| !matches!(d, DType::Float16 | DType::BFloat16)).collect();
    let class = |d: DType| (d == DType::Bool, d.is_integer());
    for &a in &slice {
        for &b in &slice {
            let mut both: Vec<DType> = slice.iter().copied().filter(|&d| holds(d, a) && holds(d, b)).collect();
            both.sort_by_key(|d| (d.size(), d.kind()));
            match (add(a, b), both.first()) {
                (Expect::Returns(out), Some(&d)) => assert_eq!(out[0].dtype, d, "{a} with {b}"),
                (Expect::Fails(kinds), None) => assert!(kinds == [ErrorKind::Dtype] && class(a) == class(b), "{a} with {b}"),
                (Expect::Unspecified, None) => assert_ne!(class(a), class(b), "{a} with {b}"),
                _ => panic!("{a} with {b}"),
            }
        }
    }
}

#[test]
fn broadcasting_meets_elements_like_nested_loops() {
    for (s, t) in
        [(vec![2, 3], vec![3]), (vec![2, 1], vec![1, 4]), (vec![], vec![2, 2]), (vec![3, 1, 2], vec![4, 1]), (vec![0, 1], vec![3])]
    {
        let fill = |s: &[usize]| HostArray::from_slice(s.to_vec(), &(0..s.iter().product::<usize>() as i64).collect::<Vec<_>>()).unwrap();
        let (a, b) = (fill(&s), fill(&t));
        let out = bits(Call::Binary { op: BinaryOp::Subtract, x1: Operand::Array(&a), x2: Operand::Array(&b) });
        let rank = s.len().max(t.len());
        let at = |shape: &[usize], index: &[usize]| {
            let own = &index[rank - shape.len()..];
            shape.iter().zip(own).fold(0, |p, (&d, &i)| p * d + if d == 1 { 0 } else { i }) as i64
        };
        let v = out.view::<i64>().unwrap();
        for (flat, &found) in v.iter().enumerate() {
            let mut left = flat;
            let mut index = vec![0; rank];
            for axis in (0..rank).rev() {
                index[axis] = left % out.shape()[axis];
                left /= out.shape()[axis];
            }
            assert_eq!(found, at(&s, &index) - at(&t, &index), "{s:?} {t:?} {index:?}");
        }
    }
    let (a, b) = (HostArray::zeros(DType::Int8, [2, 3]).unwrap(), HostArray::zeros(DType::Int8, [2]).unwrap());
    let call = Call::Binary { op: BinaryOp::Add, x1: Operand::Array(&a), x2: Operand::Array(&b) };
    assert_eq!(fails(expect(call)), [ErrorKind::Shape]);
}

#[test]
fn floor_divide_follows_the_declared_choice() {
    let (x, y) = (
        HostArray::from_slice([3], &[f64::INFINITY, -1.0, 1.0]).unwrap(),
        HostArray::from_slice([3], &[2.0, f64::INFINITY, f64::INFINITY]).unwrap(),
    );
    let sets = |model: Model| {
        let call = Call::Binary { op: BinaryOp::FloorDivide, x1: Operand::Array(&x), x2: Operand::Array(&y) };
        let Some(Expect::Returns(mut out)) = model.expect(&call) else { panic!() };
        match out.remove(0).elements {
            Elements::Each(v) => v,
            Elements::Bits(a) => a.view::<f64>().unwrap().iter().map(|v| Allowed::Bits(v.to_bits())).collect(),
            _ => panic!("floor_divide is judged element by element"),
        }
    };
    let bits = |x: f64| Allowed::Bits(x.to_bits());
    let floor = sets(declared(&[("floor_div_inf", "floor")]));
    assert_eq!(floor[0], bits(f64::INFINITY));
    assert_eq!(floor[1], bits(-0.0));
    assert_eq!(floor[2], bits(0.0));
    assert_eq!(sets(declared(&[("floor_div_inf", "python")]))[0], Allowed::Nan);
}

#[test]
fn integer_division_by_zero_follows_the_declared_choice() {
    let x = HostArray::from_slice([2], &[7i32, -7]).unwrap();
    let call = || Call::Binary { op: BinaryOp::Remainder, x1: Operand::Array(&x), x2: Operand::Scalar(Scalar::Int(0)) };
    assert_eq!(fails(declared(&[("int_div_zero", "error")]).expect(&call()).unwrap()), [ErrorKind::Value]);
    let Some(Expect::Returns(out)) = declared(&[("int_div_zero", "zero")]).expect(&call()) else { panic!() };
    assert!(matches!(&out[0].elements, Elements::Bits(a) if a.view::<i32>().unwrap() == [0, 0]));
}

#[test]
fn weak_scalars_keep_the_dtype_of_the_array() {
    let x = HostArray::from_slice([1], &[0.1f32]).unwrap();
    let out = bits(Call::Binary { op: BinaryOp::Add, x1: Operand::Array(&x), x2: Operand::Scalar(Scalar::Float(0.2)) });
    assert_eq!(out.view::<f32>().unwrap(), [0.1f32 + 0.2f32]);
    let i = HostArray::from_slice([1], &[1i8]).unwrap();
    let too_large = Call::Binary { op: BinaryOp::Add, x1: Operand::Array(&i), x2: Operand::Scalar(Scalar::Int(300)) };
    assert!(matches!(expect(too_large), Expect::Unspecified));
}

#[test]
fn nan_is_the_largest_and_equal_elements_keep_their_order() {
    let x = HostArray::from_slice([5], &[1.0, f64::NAN, -0.0, 0.0, f64::INFINITY]).unwrap();
    let order = |descending: bool| bits(Call::Argsort { x: &x, how: Sort::default().descending(descending) });
    assert_eq!(order(false).view::<i64>().unwrap(), [2, 3, 0, 4, 1]);
    assert_eq!(order(true).view::<i64>().unwrap(), [1, 4, 0, 2, 3]);
    assert_eq!(bits(Call::Argmax { x: &x, how: ArgReduce::default() }).view::<i64>().unwrap(), [1]);
    let Expect::Returns(out) = expect(Call::Argsort { x: &x, how: Sort::default().stable(false) }) else { panic!() };
    let Elements::Related(judge) = &out[0].elements else { panic!() };
    let found = |v: &[i64]| judge(&[HostArray::from_slice([5], v).unwrap()])[0].of_bound;
    assert_eq!(found(&[3, 2, 0, 4, 1]), 0.0);
    assert!(found(&[0, 2, 3, 4, 1]) > 1.0 && found(&[3, 3, 0, 4, 1]) > 1.0 && found(&[3, 2, 0, 4, 9]) > 1.0);
}

#[test]
fn axes_and_keys_outside_are_refused() {
    let x = HostArray::zeros(DType::Float64, [2, 3]).unwrap();
    assert_eq!(fails(expect(Call::Reduce { op: ReduceOp::Sum, x: &x, how: Reduce::over(&[2]) })), [ErrorKind::Axis]);
    assert_eq!(fails(expect(Call::Reduce { op: ReduceOp::Sum, x: &x, how: Reduce::over(&[1, -1]) })), [ErrorKind::Axis]);
    assert_eq!(fails(expect(Call::Getitem { x: &x, key: vec![Index::At(-3)] })), [ErrorKind::Index]);
    assert_eq!(fails(expect(Call::Getitem { x: &x, key: vec![Index::Ellipsis, Index::Ellipsis] })), [ErrorKind::Index]);
    assert_eq!(fails(expect(Call::Reshape { x: &x, shape: Shape::from([4]) })), [ErrorKind::Shape]);
    let huge = Shape::from([usize::MAX, usize::MAX, 6]);
    assert_eq!(fails(expect(Call::Reshape { x: &x, shape: huge })), [ErrorKind::Shape]);
}

#[test]
fn rolled_elements_come_in_at_the_other_end() {
    let x = HostArray::from_slice([2, 3], &[0i32, 1, 2, 3, 4, 5]).unwrap();
    let axes: Axes = Some([1].as_slice().into());
    let by = |n: i64, axes: Axes| bits(Call::Roll { x: &x, how: Roll::default().shift([n].as_slice()).axes(axes) });
    assert_eq!(by(1, axes.clone()).view::<i32>().unwrap(), [2, 0, 1, 5, 3, 4]);
    assert_eq!(by(-4, axes).view::<i32>().unwrap(), [1, 2, 0, 4, 5, 3]);
    assert_eq!(by(i64::MIN, None).view::<i32>().unwrap(), by((i64::MIN as i128).rem_euclid(6) as i64, None).view::<i32>().unwrap());
}
