//! What `conform` says of bad input: a clear message and an exit code, never a panic.
use std::path::PathBuf;
use std::process::{Command, Output};

fn conform(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_conform")).args(arguments).env_remove("CONFORMANCE_BACKEND").output().expect("conform starts")
}

/// Exit code, and both streams as text.
fn said(arguments: &[&str]) -> (i32, String) {
    let out = conform(arguments);
    let text = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert!(!text.contains("panicked"), "{arguments:?}: {text}");
    (out.status.code().unwrap_or(-1), text)
}

#[track_caller]
fn refuses(arguments: &[&str], code: i32, words: &[&str]) {
    let (got, text) = said(arguments);
    assert_eq!(got, code, "{arguments:?}: {text}");
    for word in words {
        assert!(text.contains(word), "{arguments:?}: no `{word}` in: {text}");
    }
}

fn scratch(name: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join(name);
    (folder, path)
}

#[test]
fn a_backend_that_does_not_exist() {
    refuses(&["run", "reference-gpu"], 2, &["reference-gpu", "python:MODULE", "exec:COMMAND"]);
    refuses(&["run", "exec:/no/such/worker"], 3, &["/no/such/worker"]);
    refuses(&["run", "exec:"], 2, &["names no program"]);
    refuses(&["run", "python:no-module!"], 2, &["not the name of a Python module"]);
}

#[test]
fn a_filter_that_matches_nothing() {
    refuses(&["list", "--filter", "no_such_clause"], 2, &["no check matches no_such_clause", "conform list"]);
    refuses(&["list", "--profile", "sparse"], 2, &["no profile `sparse`", "core, fft, interchange, linalg, random"]);
    let (folder, _) = scratch("x");
    let out = folder.path().display().to_string();
    if cfg!(feature = "reference-cpu") {
        refuses(&["run", "reference-cpu", "--filter", "no_such_clause", "--out", &out], 2, &["no_such_clause", "conform list"]);
        refuses(&["run", "reference-cpu", "--profile", "sparse", "--out", &out], 2, &["no profile `sparse`", "core, fft"]);
    }
}

#[test]
fn flags_with_wrong_values() {
    refuses(&["run", "--mode", "sloppy"], 2, &["smoke, standard or exhaustive"]);
    refuses(&["run", "--seed", "many"], 2, &["decimal or 0x hexadecimal"]);
    refuses(&["run", "--deadline=-1"], 2, &["--deadline"]);
    refuses(&["explain", "floor_divide.no_such_clause"], 2, &["neither a clause nor an operation", "floor_divide."]);
}

#[test]
fn an_expected_failures_file_that_names_an_unknown_clause() {
    let (_folder, path) = scratch("conformance.toml");
    std::fs::write(&path, "[[expected]]\nclause = \"add.no_such_clause\"\nreason = \"because\"\n").expect("written");
    let path = path.display().to_string();
    refuses(&["run", "exec:/no/such/worker", "--expected-failures", &path], 2, &["add.no_such_clause", ":1"]);
    refuses(&["run", "exec:/no/such/worker", "--expected-failures", "/no/such/file"], 2, &["/no/such/file"]);
}

#[test]
fn a_journal_that_is_cut_off_and_a_certificate_that_was_touched() {
    let (_folder, path) = scratch("journal.jsonl");
    std::fs::write(&path, "{\"record\":\"start\"").expect("written");
    let text = path.display().to_string();
    let (code, said) = said(&["report", &text]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("journal.jsonl"), "{said}");
    std::fs::write(&path, "{}").expect("written");
    refuses(&["verify", &text], 1, &["journal.jsonl"]);
    refuses(&["verify", "/no/such/certificate.json"], 2, &["/no/such/certificate.json"]);
    refuses(&["replay", &text], 2, &["journal.jsonl"]);
}

#[test]
fn a_file_that_is_not_there_is_named_once() {
    for command in ["replay", "report", "badge", "verify"] {
        let (code, text) = said(&[command, "/no/such/file"]);
        assert_eq!((code, text.matches("/no/such/file").count()), (2, 1), "{command}: {text}");
    }
}

#[test]
fn help_teaches() {
    let (code, text) = said(&["--help"]);
    assert_eq!(code, 0);
    for word in ["run", "list", "explain", "replay", "report", "badge", "verify", "self-check", "new", "Exit codes"] {
        assert!(text.contains(word), "no `{word}` in --help");
    }
    let (code, text) = said(&["list", "--filter", "floor_divide.rounds_down"]);
    assert_eq!(code, 0);
    assert!(text.contains("elementwise::floor_divide::floor_divide.rounds_down@int32"), "{text}");
    let (code, text) = said(&["explain", "floor_divide.rounds_down"]);
    assert_eq!(code, 0);
    assert!(text.contains("q * x2 + r"), "{text}");
}

#[test]
fn a_new_crate_is_whole_or_not_there() {
    let (folder, path) = scratch("my-backend");
    let text = path.display().to_string();
    let (code, said_first) = said(&["new", "my-backend", "--path", &text]);
    assert_eq!(code, 0, "{said_first}");
    for file in ["Cargo.toml", "src/lib.rs", "tests/conformance.rs", "conformance.toml", ".github/workflows/conformance.yml"] {
        let content = std::fs::read_to_string(path.join(file)).expect(file);
        assert!(!content.contains("{{"), "{file} has places that were not filled in");
    }
    refuses(&["new", "my-backend", "--path", &text], 2, &["exists already"]);
    refuses(&["new", "9lives"], 2, &["no name of a crate"]);
    assert_eq!(std::fs::read_dir(folder.path()).expect("readable").count(), 1, "something half-written is left");
}

#[test]
fn python_without_the_library() {
    let python = std::env::var("CONFORMANCE_PYTHON").unwrap_or_else(|_| "python3".into());
    if Command::new(&python).arg("--version").output().is_err() {
        refuses(&["run", "python:numpy"], 3, &["CONFORMANCE_PYTHON"]);
    } else {
        refuses(&["run", "python:no_such_module_anywhere"], 3, &["no_such_module_anywhere"]);
    }
    let out = Command::new(env!("CARGO_BIN_EXE_conform")).args(["run", "python:numpy"]).env("CONFORMANCE_PYTHON", "true").output();
    let text = String::from_utf8_lossy(&out.expect("conform starts").stderr).into_owned();
    assert!(text.contains("is `true` a Python interpreter? CONFORMANCE_PYTHON names another"), "{text}");
}

#[cfg(feature = "reference-cpu")]
mod on_the_reference {
    use super::*;

    #[test]
    fn a_run_writes_its_files_and_a_touched_digit_is_noticed() {
        let (folder, _) = scratch("x");
        let out = folder.path().display().to_string();
        let (code, text) = said(&["run", "reference-cpu", "--mode", "smoke", "--filter", "::floor_divide::", "--out", &out]);
        assert_eq!(code, 0, "{text}");
        for file in ["journal.jsonl", "report.html", "junit.xml", "badge.svg", "badge.json"] {
            assert!(folder.path().join(file).exists(), "no {file}");
        }
        assert!(!folder.path().join("certificate.json").exists(), "a filtered run must not certify");
        let journal = folder.path().join("journal.jsonl");
        let whole = std::fs::read_to_string(&journal).expect("readable");
        let name = journal.display().to_string();
        refuses(&["badge", &name], 0, &["badge.svg"]);
        // One digit of one count.
        let touched = whole.replacen("\"cases\":8", "\"cases\":9", 1);
        assert_ne!(touched, whole);
        std::fs::write(&journal, touched).expect("written");
        refuses(&["report", &name], 2, &["journal.jsonl", "was changed"]);
        // The last line is gone.
        let cut: Vec<&str> = whole.lines().collect();
        std::fs::write(&journal, cut[..cut.len() - 1].join("\n")).expect("written");
        refuses(&["report", &name], 2, &["journal.jsonl"]);
    }
}
