//! `conform run reference-cuda --emulated` on a device that breaks, and on one with little memory. Skipped where there is no C++ compiler.
#![cfg(feature = "reference-cuda")]
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn conform(arguments: &[&str], variables: &[(&str, &str)]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_conform"));
    let Output { status, stdout, stderr } = command.args(arguments).envs(variables.iter().copied()).output().expect("conform starts");
    (status.code().unwrap_or(-1), format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr)))
}

/// What became of a run.
struct Run {
    code: i32,
    said: String,
    checks: Vec<Value>,
}

impl Run {
    /// Of some checks on an emulated device; `None` where there is none.
    fn of(filters: &[&str], out: &Path, workers: &str, variables: &[(&str, &str)]) -> Option<Run> {
        let mut arguments = vec!["run", "reference-cuda", "--emulated", "--mode", "smoke", "--workers", workers, "--out"];
        let folder = out.display().to_string();
        arguments.push(&folder);
        filters.iter().for_each(|f| arguments.extend(["--filter", f]));
        let (code, said) = conform(&arguments, variables);
        if code == 3 && (said.contains("cannot be executed") || said.contains("runs on Linux on x86-64 only")) {
            eprintln!("skipped: {said}");
            return None;
        }
        let text = std::fs::read_to_string(out.join("journal.jsonl")).unwrap_or_else(|e| panic!("{e}: {said}"));
        let lines = text.lines().map(|l| serde_json::from_str::<Value>(l).expect("a line of JSON"));
        Some(Run { code, said, checks: lines.filter(|v| v["record"] == "check").collect() })
    }

    fn of_status<'a>(&'a self, status: &'a str) -> impl Iterator<Item = &'a Value> {
        self.checks.iter().filter(move |c| c["status"] == status)
    }
}

#[test]
fn a_device_that_is_lost_is_one_incident() {
    for workers in ["1", "2"] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let token = folder.path().join("token");
        std::fs::write(&token, "").expect("written");
        let variables = [("EMULATED_FAIL_LAUNCH", "60"), ("EMULATED_FAIL_ONCE", token.to_str().expect("UTF-8"))];
        let Some(run) = Run::of(&["::negative.value@", "::sum.accuracy@"], folder.path(), workers, &variables) else { return };
        assert!(!token.exists(), "nothing broke: {}", run.said);
        assert_eq!(run.code, 4, "{}", run.said);
        let [incident] = run.of_status("incident").collect::<Vec<_>>()[..] else { panic!("{}", run.said) };
        let told = incident["failure"]["incident"]["lost"].as_str().expect("how it was lost");
        assert!(told.contains("CUDA_ERROR_ILLEGAL_ADDRESS") && told.lines().count() == 1, "{told}");
        // Everything else was judged, and nothing was blamed for it.
        assert_eq!(run.of_status("pass").count() + run.of_status("untestable").count() + 1, run.checks.len(), "{}", run.said);
        assert!(run.said.contains("the device was lost"), "{}", run.said);
        // On a device that holds the case passes.
        let cases = std::fs::read_dir(folder.path().join("cases")).expect("cases").flatten().map(|e| e.path());
        let [case] = &cases.collect::<Vec<_>>()[..] else { panic!("not one case") };
        let replay = ["replay", case.to_str().expect("UTF-8"), "--backend", "reference-cuda", "--emulated"];
        let (code, said) = conform(&replay, &variables);
        assert_eq!(code, 0, "{said}");
    }
}

/// With one incident too many the rest of an operation is blocked, and the run still ends.
#[test]
fn a_device_that_is_lost_again_and_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let variables = [("EMULATED_FAIL_LAUNCH", "1")];
    let Some(run) = Run::of(&["::negative.value@"], folder.path(), "1", &variables) else { return };
    assert_eq!(run.code, 4, "{}", run.said);
    let (incidents, blocked) = (run.of_status("incident").count(), run.of_status("blocked").count());
    assert!(incidents >= 3 && blocked > 0 && run.of_status("fail").count() == 0, "{}", run.said);
}

#[test]
fn memory_that_runs_out_fails_the_case() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let Some(run) = Run::of(&["::negative.value@", "::sort.value@"], folder.path(), "1", &[("EMULATED_MEMORY", "2000")]) else { return };
    assert_eq!((run.code, run.of_status("incident").count()), (1, 0), "{}", run.said);
    let failed: Vec<&Value> = run.of_status("fail").collect();
    assert!(!failed.is_empty());
    for check in failed {
        let got = check["failure"]["got"].as_str().unwrap_or_default();
        assert!(got.contains("out_of_memory"), "{check:#}");
    }
    assert!(run.of_status("pass").count() > 0, "{}", run.said);
}

/// Another seed of the cases gives other orders of threads, where nobody sets these.
#[test]
fn the_seed_is_that_of_the_device_too() {
    let variables = |name| conformance::builtin::variables(name, u64::MAX);
    assert_eq!(variables("reference-cuda-emulated"), [("EMULATED_SEED".to_string(), u64::MAX.to_string())]);
    assert_eq!(variables("reference-cuda"), []);
}
