//! Where and when, and what took part.
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

/// The machine, as far as the system tells.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Machine {
    /// What the processor calls itself.
    pub processor: String,
    /// Threads that run at once.
    pub cores: usize,
    /// The widest instructions that the backend uses here.
    pub instructions: String,
    /// Memory.
    pub memory_gib: Option<f64>,
    /// Operating system and architecture.
    pub system: String,
    /// Processes that waited for a core when the run ended, on average over a minute.
    pub load: Option<String>,
}

fn first_value(file: &str, key: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find(|l| l.starts_with(key))?;
    Some(line.split_once(':')?.1.trim().to_string())
}

impl Machine {
    /// This one. `instructions`: the widest that the backend uses.
    pub fn here(instructions: &str) -> Machine {
        let memory = first_value("/proc/meminfo", "MemTotal").and_then(|m| m.trim_end_matches(" kB").parse::<f64>().ok());
        let load = std::fs::read_to_string("/proc/loadavg").ok();
        Machine {
            processor: first_value("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".into()),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            instructions: instructions.into(),
            memory_gib: memory.map(|kib| (kib / 1024.0 / 1024.0 * 10.0).round() / 10.0),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            load: load.and_then(|l| l.split(' ').next().map(str::to_string)),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} cores ({})", self.processor, self.cores, self.instructions)?;
        if let Some(gib) = self.memory_gib {
            write!(f, ", {gib} GiB")?;
        }
        write!(f, ", {}", self.system)
    }
}

/// Day and minute, UTC.
pub fn now() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let (days, minutes) = (seconds / 86_400, seconds % 86_400 / 60);
    // Civil date of a day number, by eras of 400 years that start on the first of March (Howard Hinnant, `civil_from_days`).
    let shifted = days + 719_468;
    let (era, day) = (shifted / 146_097, shifted % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let (year, month, day) =
        (era * 400 + year + month / 10, if month < 10 { month + 3 } else { month - 9 }, day - (153 * month + 2) / 5 + 1);
    format!("{year}-{month:02}-{day:02} {:02}:{:02} UTC", minutes / 60, minutes % 60)
}

/// The environment variable that says which state of the sources a program was built from, where these are not at hand.
pub const SOURCES_ENV: &str = "BENCH_SOURCES";

/// The versions that everything is built with.
const LOCK: &str = include_str!("../../../Cargo.lock");

/// Versions of what is measured, with the state of its sources, of other packages of this process, and of the compiler.
pub fn versions(ours: &str, others: &[&str]) -> BTreeMap<String, String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let locked = |name: &str| {
        let entry = LOCK.split("[[package]]").find(|p| p.contains(&format!("\nname = \"{name}\"\n")))?;
        entry.lines().find_map(|l| l.strip_prefix("version = ")).map(|v| v.trim_matches('"').to_string())
    };
    let said = |program: &str, args: &[&str]| {
        let out = Command::new(program).args(args).current_dir(here).output().ok().filter(|o| o.status.success())?;
        Some(String::from_utf8_lossy(&out.stdout).trim().to_string())
    };
    let told = std::env::var(SOURCES_ENV).ok().filter(|v| !v.is_empty());
    let sources = told.or_else(|| said("git", &["describe", "--always", "--dirty"])).map_or_else(String::new, |c| format!(" ({c})"));
    let mut out = BTreeMap::new();
    out.insert(ours.into(), format!("{}{sources}", env!("CARGO_PKG_VERSION")));
    out.extend(others.iter().filter_map(|&name| Some((name.into(), locked(name)?))));
    out.extend(said("rustc", &["-V"]).and_then(|v| Some(("rustc".into(), v.split(' ').nth(1)?.to_string()))));
    out
}
