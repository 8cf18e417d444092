//! Compiles the kernels that a run asked for with the real run-time compiler, and tells what they take of a device. No device is needed.
//!
//! ```text
//! REFERENCE_CUDA_KERNELS=target/kernels conform run reference-cuda --emulated --mode smoke
//! cargo run -p reference-cuda --example kernels -- target/kernels [--each-once] [--table FILE] [sm_80 sm_90 ...]
//! ```
//! Where there is no compiler it says so and ends with 3.
use reference_cuda::kernels::{Choice, Usage, compiler, report};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let (mut folder, mut table, mut choice, mut architectures) = (None, None, Choice::All, vec![]);
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--each-once" => choice = Choice::EachOnce,
            "--table" => table = rest.next(),
            a if a.starts_with("sm_") => architectures.push(a),
            _ => folder = Some(argument),
        }
    }
    let Some(folder) = folder else {
        eprintln!("a folder with recorded kernels is needed");
        return ExitCode::from(2);
    };
    if architectures.is_empty() {
        architectures = vec!["sm_80", "sm_90", "sm_100"];
    }
    if let Err(why) = compiler() {
        eprintln!("skipped: {why}");
        return ExitCode::from(3);
    }
    let done = report(Path::new(folder), &architectures, choice).and_then(|usages| {
        let text = written(&usages, &architectures);
        match table {
            Some(file) => std::fs::write(file, text).map_err(|e| format!("{file}: {e}"))?,
            None => print!("{text}"),
        }
        eprintln!("{} instances compiled, {} with registers spilled", usages.len(), usages.iter().filter(|u| u.spilled > 0).count());
        Ok(())
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// The largest numbers of each kernel's instances, as Markdown.
fn written(usages: &[Usage], architectures: &[&str]) -> String {
    /// Instances, then registers, bytes spilled, stack and shared memory.
    type Numbers = (usize, [u32; 4]);
    let mut rows: BTreeMap<(String, String), BTreeMap<&str, Numbers>> = BTreeMap::new();
    for u in usages {
        let row = rows.entry((u.family.clone(), u.kernel())).or_default();
        let (count, most) = row.entry(u.architecture.as_str()).or_default();
        *count += 1;
        for (m, v) in most.iter_mut().zip([u.registers, u.spilled, u.stack, u.shared]) {
            *m = v.max(*m);
        }
    }
    let mut out = String::from(
        "# Kernels of the CUDA reference\n\nRegisters of a thread / bytes spilled / bytes of stack / bytes of shared memory of a block: the \
         largest of the instances that the recorded run asks for, by the run-time compiler of CUDA 13.0. No device was needed. \
         Made by `cargo run -p reference-cuda --example kernels`.\n\n| family | kernel | instances |",
    );
    architectures.iter().for_each(|a| out += &format!(" {a} |"));
    out += "\n|---|---|---:|";
    architectures.iter().for_each(|_| out += "---:|");
    for ((family, kernel), row) in &rows {
        let count = row.values().map(|v| v.0).max().unwrap_or(0);
        let _ = write!(out, "\n| {} | `{kernel}` | {count} |", family.to_lowercase());
        for a in architectures {
            let [registers, spilled, stack, shared] = row.get(a).map_or([0; 4], |v| v.1);
            let _ = write!(out, " {registers} / {spilled} / {stack} / {shared} |");
        }
    }
    out.push('\n');
    out
}
