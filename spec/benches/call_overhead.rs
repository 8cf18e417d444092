//! What one call costs on ten elements, where nothing but the call costs anything: the backend directly, through `Array<B>`, as data, and
//! erased. Rounds of all variants take turns, so that a busy moment of the machine meets all of them; medians and ratios are printed.
//!
//! `cargo bench -p spec`, `cargo bench -p spec -- reshape`
use array_protocol::prelude::*;
use array_protocol::{BinaryOp, Call, UnaryOp, dispatch};
use reference_cpu::Cpu;
use std::hint::black_box;
use std::time::Instant;

type Variant<'a> = (&'static str, Box<dyn FnMut() + 'a>);

/// Times the variants in turns; prints the median of each, and its distance from and ratio to the first.
fn compare(title: &str, rounds: usize, calls: u32, mut variants: Vec<Variant<'_>>) {
    let filters: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    if !filters.is_empty() && !filters.iter().any(|f| title.contains(f.as_str())) {
        return;
    }
    let mut times: Vec<Vec<f64>> = vec![Vec::with_capacity(rounds); variants.len()];
    for round in 0..=rounds {
        for ((_, run), times) in variants.iter_mut().zip(&mut times) {
            let start = Instant::now();
            for _ in 0..calls {
                run();
            }
            let nanoseconds = start.elapsed().as_secs_f64() * 1e9 / f64::from(calls);
            // The first round warms up.
            if round > 0 {
                times.push(nanoseconds);
            }
        }
    }
    let median = |v: &mut Vec<f64>| {
        v.sort_by(f64::total_cmp);
        v[v.len() / 2]
    };
    let medians: Vec<f64> = times.iter_mut().map(median).collect();
    println!("\n{title}\n  {:<24} {:>9} {:>9} {:>7}", "", "ns/call", "more", "ratio");
    for ((name, _), &m) in variants.iter().zip(&medians) {
        println!("  {name:<24} {m:>9.1} {:>+9.1} {:>7.2}", m - medians[0], m / medians[0]);
    }
}

fn main() -> Result<()> {
    // Without `--bench` (as `cargo test --benches` runs it) each variant runs a few times, to see that it works.
    let (rounds, calls) = if std::env::args().any(|a| a == "--bench") { (41, 20_000) } else { (1, 10) };
    let b = Cpu::default();
    let host = HostArray::from_slice([10], &[1.0f64; 10])?;
    let (x, y) = (b.upload(&host, None)?, b.upload(&host, None)?);
    let (ax, ay) = (Array::from_raw(b.clone(), x.clone()), Array::from_raw(b.clone(), y.clone()));
    let (ex, ey) = (AnyArray::new(b.clone(), x.clone()), AnyArray::new(b.clone(), y.clone()));
    let (fx, fy) = (ax.clone().erase(), ay.clone().erase());
    let op = BinaryOp::Add;

    macro_rules! variants {
        ($($name:literal => $body:expr),* $(,)?) => { vec![$(($name, Box::new(|| { black_box($body).expect("runs"); }) as Box<dyn FnMut()>)),*] };
    }
    println!("median of {rounds} rounds of {calls} calls, 10 float64");
    compare(
        "add",
        rounds,
        calls,
        variants! {
            "backend" => b.binary(op, Operand::Array(black_box(&x)), Operand::Array(&y)),
            "backend, handle cloned" => b.binary(op, Operand::Array(black_box(&x)), Operand::Array(&y)).map(|x| (b.clone(), x)),
            "Array<Cpu>" => black_box(&ax) + &ay,
            "Call::apply" => Call::Binary { op, x1: Operand::Array(black_box(&x)), x2: Operand::Array(&y) }.apply(&b),
            "dispatch::binary" => dispatch::binary(op, Operand::Array(black_box(&ex)), Operand::Array(&ey)),
            "dispatch::call" => dispatch::call(Call::Binary { op, x1: Operand::Array(black_box(&ex)), x2: Operand::Array(&ey) }),
            "Array<AnyBackend>" => black_box(&fx) + &fy,
        },
    );
    let two = Operand::Scalar(Scalar::Float(2.0));
    compare(
        "add a scalar",
        rounds,
        calls,
        variants! {
            "backend" => b.binary(op, Operand::Array(black_box(&x)), Operand::Scalar(Scalar::Float(2.0))),
            "Array<Cpu>" => black_box(&ax) + 2.0,
            "dispatch::call" => dispatch::call(Call::Binary { op, x1: Operand::Array(black_box(&ex)), x2: two }),
            "Array<AnyBackend>" => black_box(&fx) + 2.0,
        },
    );
    compare(
        "negative",
        rounds,
        calls,
        variants! {
            "backend" => b.unary(UnaryOp::Negative, black_box(&x)),
            "Array<Cpu>" => -black_box(&ax),
            "dispatch::call" => dispatch::call(Call::Unary { op: UnaryOp::Negative, x: black_box(&ex) }),
            "Array<AnyBackend>" => -black_box(&fx),
        },
    );
    compare(
        "getitem [2:8]",
        rounds,
        calls,
        variants! {
            "backend" => b.getitem(black_box(&x), &idx![2..8]),
            "Array<Cpu>" => black_box(&ax).get(&idx![2..8]),
            "dispatch::call" => dispatch::call(Call::Getitem { x: black_box(&ex), key: idx![2..8].to_vec() }),
            "Array<AnyBackend>" => black_box(&fx).get(&idx![2..8]),
        },
    );
    let shape = Shape::from([2, 5]);
    compare(
        "reshape",
        rounds,
        calls,
        variants! {
            "backend" => b.reshape(black_box(&x), &shape),
            "Array<Cpu>" => black_box(&ax).reshape(shape.clone()),
            "dispatch::call" => dispatch::call(Call::Reshape { x: black_box(&ex), shape: shape.clone() }),
            "Array<AnyBackend>" => black_box(&fx).reshape(shape.clone()),
        },
    );
    Ok(())
}
