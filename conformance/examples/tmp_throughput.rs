#[path = "../tests/worker_support/mod.rs"]
mod worker_support;
use conformance::worker::*;
use std::time::Instant;
use worker_support::*;
fn main() {
    if requested().is_some() {
        serve(Tiny::new("tiny", None)).unwrap();
        return;
    }
    let text = std::env::args().nth(1).unwrap();
    let n: usize = std::env::args().nth(2).unwrap().parse().unwrap();
    let mut runner: Box<dyn Runner> = if text == "in" {
        Box::new(InProcess::new(Tiny::new("tiny", None)))
    } else {
        Box::new(Worker::start(Launch::parse(&text, &["tiny"]).unwrap(), WorkerLimits::default()).unwrap())
    };
    let all: Vec<_> = (0..n)
        .map(|i| {
            let values: Vec<f64> = (0..(i % 12)).map(|v| v as f64).collect();
            program(vec![array(&values), array(&values)], vec![step(add(0, 1), &[2], &[]), step(negative(2), &[3], &[])], &[0, 1, 2, 3])
        })
        .collect();
    for batch in [1usize, 16, 128, 512] {
        let mut best = f64::MAX;
        for _ in 0..4 {
            let t = Instant::now();
            for chunk in all.chunks(batch) {
                assert_eq!(runner.run(chunk).len(), chunk.len());
            }
            best = best.min(t.elapsed().as_secs_f64());
        }
        println!("{text} batch {batch}: {:.1} k/s", n as f64 / best / 1e3);
    }
    for size in [1usize << 17, 1 << 20, 1 << 23] {
        let values = vec![1.5f64; size];
        let p = program(vec![array(&values), array(&values)], vec![step(add(0, 1), &[2], &[])], &[2]);
        let mut best = f64::MAX;
        for _ in 0..5 {
            let t = Instant::now();
            done(&runner.run(std::slice::from_ref(&p))[0]);
            best = best.min(t.elapsed().as_secs_f64());
        }
        println!("{text} add of {size}: {:.1} ms", best * 1e3);
    }
}
