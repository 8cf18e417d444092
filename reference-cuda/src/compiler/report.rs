//! Compiles kernels for architectures that need not be there, and tells what they take of a device.
use super::nvrtc::{Compiled, compile_all};
use super::options;
use crate::{Unavailable, libraries};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What an instance of a kernel takes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// The file that it is written in, without its ending.
    pub family: String,
    /// The instance: `flat<Add, float, i32, float, float>`.
    pub expression: String,
    /// Such as `sm_90`.
    pub architecture: String,
    /// Registers of a thread.
    pub registers: u32,
    /// Bytes of a thread that did not fit into registers: stores and loads.
    pub spilled: u32,
    /// Bytes of local memory of a thread.
    pub stack: u32,
    /// Bytes of shared memory of a block.
    pub shared: u32,
}

impl Usage {
    /// The kernel without its types: `flat<Add>`.
    pub fn kernel(&self) -> String {
        kernel(&self.expression)
    }
}

/// An instance without its types; operations, which begin with a capital letter, stay.
fn kernel(expression: &str) -> String {
    let Some((name, arguments)) = expression.split_once('<') else { return expression.into() };
    let first = arguments.split([',', '>', '<']).next().unwrap_or("");
    if first.starts_with(|c: char| c.is_ascii_uppercase()) { format!("{name}<{first}>") } else { name.into() }
}

/// Which of the kernels that a program [asked for](super::record::KERNELS_ENV) are compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Choice {
    /// Every instance.
    All,
    /// One instance of each kernel: that of the widest types.
    EachOnce,
}

/// Looks for the compiler; no device is needed.
///
/// # Errors
/// `NoCompiler`, `CompilerTooOld`.
pub fn compiler() -> Result<(), Unavailable> {
    libraries::compiler(&libraries::folders(None))
}

/// How wide the types of an instance are.
fn width(expression: &str) -> usize {
    [("c128", 8), ("c64", 4), ("double", 4), ("i64", 2), ("float", 1)].iter().map(|(t, w)| w * expression.matches(t).count()).sum()
}

/// Compiles the kernels in a folder, together as far as that saves time; the [compiler] is there.
///
/// # Errors
/// What cannot be read, or what the compiler says.
pub fn report(folder: &Path, architectures: &[&str], choice: Choice) -> Result<Vec<Usage>, String> {
    let failed = |e: std::io::Error| format!("{}: {e}", folder.display());
    let mut files: Vec<_> = std::fs::read_dir(folder).map_err(failed)?.filter_map(|f| Some(f.ok()?.path())).collect();
    files.sort();
    let mut out = vec![];
    for text in files.iter().filter(|f| f.extension().is_some_and(|e| e == "cu")) {
        let source = std::fs::read_to_string(text).map_err(failed)?;
        let list = std::fs::read_to_string(text.with_extension("list")).map_err(failed)?;
        let family = text.file_stem().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let mut expressions: BTreeSet<&str> = list.lines().collect();
        if choice == Choice::EachOnce {
            let mut widest = BTreeMap::new();
            for &e in &expressions {
                let best = widest.entry(kernel(e)).or_insert(e);
                if width(e) > width(best) {
                    *best = e;
                }
            }
            expressions = widest.into_values().collect();
        }
        let expressions: Vec<&str> = expressions.into_iter().collect();
        for architecture in architectures {
            let mut options = options(architecture);
            options.push("--ptxas-options=-v".into());
            for some in expressions.chunks(100) {
                let compiled = compile_all(&source, &options, some)?;
                for (expression, mut usage) in some.iter().zip(usages(&compiled)?) {
                    usage.family.clone_from(&family);
                    usage.expression = (*expression).into();
                    usage.architecture = (*architecture).into();
                    out.push(usage);
                }
            }
        }
    }
    Ok(out)
}

/// What the log says of each kernel.
fn usages(compiled: &Compiled) -> Result<Vec<Usage>, String> {
    let mut all: BTreeMap<&str, Usage> = BTreeMap::new();
    let mut current = None;
    for line in compiled.log.lines() {
        if let Some((_, rest)) = line.split_once("Compiling entry function '") {
            current = rest.split('\'').next();
        }
        let Some(name) = current else { continue };
        // "24 bytes stack frame", "Used 30 registers".
        let number = |before: &str, after: &str| {
            let end = line.find(after)?;
            let start = line[..end].rfind(before)? + before.len();
            line[start..end].trim().parse::<u32>().ok()
        };
        let usage = all.entry(name).or_insert_with(|| Usage {
            family: String::new(),
            expression: String::new(),
            architecture: String::new(),
            registers: 0,
            spilled: 0,
            stack: 0,
            shared: 0,
        });
        if let Some(bytes) = number(" ", " bytes stack frame") {
            usage.stack = bytes;
        }
        for what in [" bytes spill stores", " bytes spill loads"] {
            usage.spilled += number(" ", what).unwrap_or(0);
        }
        if let Some(registers) = number("Used ", " registers") {
            usage.registers = registers;
            usage.shared = number(", ", " bytes smem").unwrap_or(0);
        }
    }
    let of = |name: &String| all.get(name.as_str()).filter(|u| u.registers > 0).cloned();
    compiled.names.iter().map(|name| of(name).ok_or_else(|| format!("the compiler says nothing of {name}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_of_the_compiler_is_read() {
        let log = "kernels.cu(3): warning\nptxas info    : 64 bytes gmem, 128 bytes cmem[4]\n\
                   ptxas info    : Compiling entry function '_Z1ax' for 'sm_80'\nptxas info    : Function properties for _Z1ax\n\
                   ptxas         .     16 bytes stack frame, 8 bytes spill stores, 4 bytes spill loads\n\
                   ptxas info    : Used 30 registers, used 1 barriers, 2048 bytes smem, 408 bytes cmem[0]\n\
                   ptxas info    : Compiling entry function '_Z1bx' for 'sm_80'\n\
                   ptxas         .     0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads\n\
                   ptxas info    : Used 7 registers, used 0 barriers, 408 bytes cmem[0]\n";
        let compiled = |names: &[&str]| Compiled { code: vec![], names: names.iter().map(|n| n.to_string()).collect(), log: log.into() };
        let found = usages(&compiled(&["_Z1bx", "_Z1ax"])).unwrap();
        let of = |u: &Usage| (u.registers, u.spilled, u.stack, u.shared);
        assert_eq!((of(&found[0]), of(&found[1])), ((7, 0, 0, 0), (30, 12, 16, 2048)));
        assert!(usages(&compiled(&["_Z1cx"])).is_err());
    }

    #[test]
    fn kernels_are_told_apart_by_operation_not_by_type() {
        assert_eq!(kernel("flat<Add, float, i32, float, float>"), "flat<Add>");
        assert_eq!(kernel("product<u64>"), "product");
        assert!(width("flat<Add, c128, i64>") > width("flat<Add, double, i64>"));
    }
}
