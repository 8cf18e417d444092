//! Journals and expected-failures files: what is whole is read, everything else says what is wrong.
mod support;

use conformance::expected::{ExpectedFailures, entry_for};
use conformance::journal::{Journal, JournalWriter, Status, parse_journal, read_journal};
use std::path::Path;
use support::*;

fn lines(journal: &Journal) -> Vec<String> {
    let mut bytes = vec![];
    let mut writer = JournalWriter::new(&mut bytes, &journal.start).unwrap();
    journal.checks.iter().for_each(|c| writer.check(c).unwrap());
    writer.finish().unwrap();
    String::from_utf8(bytes).unwrap().lines().map(|l| format!("{l}\n")).collect()
}

fn refused(lines: &[String]) -> String {
    parse_journal(lines.concat().as_bytes()).unwrap_err().to_string()
}

#[test]
fn a_journal_reads_back_to_the_last_bit() {
    let mut checks = mixed_checks();
    let m = checks.iter_mut().find_map(|c| c.measured.as_mut()).unwrap();
    (m.max, m.mean) = (f64::INFINITY, 0.1 + 0.2);
    let journal = Journal::new(start(checks.len()), checks).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.jsonl");
    let mut writer = JournalWriter::create(&path, &journal.start).unwrap();
    journal.checks.iter().for_each(|c| writer.check(c).unwrap());
    assert_eq!(writer.finish().unwrap(), journal.end);
    assert_eq!(read_journal(&path).unwrap(), journal);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), lines(&journal).concat());
}

#[test]
fn every_prefix_of_a_journal_is_refused() {
    let text = lines(&good()).concat();
    assert!(parse_journal(text.as_bytes()).is_ok());
    let ends = (0..text.len() - 1).step_by(97).chain(text.match_indices('\n').map(|(i, _)| i + 1).filter(|&i| i < text.len()));
    for end in ends {
        let message = parse_journal(&text.as_bytes()[..end]).unwrap_err().to_string();
        let first = text.find('\n').unwrap();
        assert!(end <= first || message.contains("truncated") || message.contains("verdicts"), "{end}: {message}");
    }
    let cut = lines(&good());
    assert!(refused(&cut[..40]).contains("39 of 100 verdicts and no `end` record"), "{}", refused(&cut[..40]));
}

#[test]
fn a_changed_journal_is_refused() {
    let whole = lines(&good());
    let with = |i: usize, change: &dyn Fn(String) -> String| {
        let mut lines = whole.clone();
        lines[i] = change(lines[i].clone());
        lines
    };
    let digest = refused(&with(3, &|l| l.replace("\"cases\":200", "\"cases\":201")));
    assert!(digest.contains("was changed") && digest.contains("SHA-256"), "{digest}");
    assert!(refused(&with(3, &|l| l.replace("\"check\"", "\"verdict\""))).contains("line 4 of the journal is of unknown kind `verdict`"));
    assert!(refused(&with(3, &|_| "{}\n".into())).contains("line 4 of the journal is no record"));
    assert!(refused(&with(3, &|_| whole[2].clone())).contains("has two verdicts, in lines 3 and 4"));
    assert!(refused(&with(0, &|l| l.replace("\"journal\":1", "\"journal\":9"))).contains("format 9"));
    assert!(refused(&whole[1..]).contains("not a journal"));
    assert!(refused(&[whole.concat(), whole[1].clone()]).contains("follows the `end`"));
    assert!(parse_journal(b"").unwrap_err().to_string().contains("empty"));
    let missing = read_journal(Path::new("no/such/journal")).unwrap_err().to_string();
    assert!(missing.contains("no/such/journal"), "{missing}");
}

#[test]
fn a_check_without_a_verdict_is_missing() {
    let checks = good_checks();
    let error = Journal::new(start(checks.len() + 1), checks).unwrap_err().to_string();
    assert!(error.contains("100 verdicts for 101 planned"), "{error}");
}

fn expected(text: &str) -> Result<ExpectedFailures, String> {
    let known = |clause: &str| clause.starts_with("sin.") || clause.starts_with("floor_divide.");
    ExpectedFailures::parse(text, "conformance.toml", Path::new("nowhere"), &known).map_err(|e| e.to_string())
}

const CASE: &str = r#"case = { format = 1, inputs = [{ dtype = "float32", shape = [], data = "00000080" }], steps = [{ call = { call = "unary", op = "sin", x = 0 }, out = [1] }] }"#;

#[test]
fn expected_failures_name_their_checks() {
    let text = format!(
        "[[expected]]\nclause = \"sin.special\"\nreason = \"libm\"\n{CASE}\n\n[[expected]]\nclause = \"sin.special\"\noperation = \"sin\"\ndtype = [\"float64\", \"float32\"]\nreason = \"x87\"\nlink = \"https://example.org\"\n{CASE}\n"
    );
    let file = expected(&text).unwrap();
    assert_eq!(file.entries[0].case.case, small_case());
    assert_eq!(file.entries.iter().map(|e| e.line).collect::<Vec<_>>(), [1, 6]);
    assert_eq!(file.hash.len(), 64);
    assert_eq!(file.matching("sin.special@sin@float32").unwrap().reason, "x87");
    assert_eq!(file.matching("sin.special@sin@complex64").unwrap().reason, "libm");
    // The clause names its operation itself.
    assert_eq!(file.matching("sin.special@float32").unwrap().reason, "x87");
    assert!(file.matching("sin.specials@sin@float32").is_none());
    assert_eq!(file.unused(["sin.special@sin@int8"]).len(), 1);
}

#[test]
fn a_wrong_file_is_told_where() {
    let entry = |lines: &str| format!("# a comment\n\n[[expected]]\n{lines}");
    let good = format!("clause = \"sin.special\"\nreason = \"libm\"\n{CASE}\n");
    let cases: Vec<(String, &[&str])> = vec![
        (
            entry(&good.replace("sin.special", "sin.specials")).replace("sin.specials", "tan.x"),
            &["conformance.toml:3:", "unknown clause `tan.x`"],
        ),
        (entry(&good.replace("reason = \"libm\"\n", "")), &["conformance.toml:3:", "without a `reason`"]),
        (entry(&good.replace("libm", " ")), &["conformance.toml:3:", "without a `reason`"]),
        (entry(&good.replace(CASE, "")), &["conformance.toml:3:", "without a `case`"]),
        (entry(&good.replace("clause", "clauses")), &["conformance.toml:4:", "clauses"]),
        (entry(&good.replace("clause = \"sin.special\"", "dtype = \"f32\"")), &["conformance.toml:3:", "no `clause`"]),
        (entry(&format!("dtype = \"f32\"\n{good}")), &["conformance.toml:3:", "unknown dtype `f32`"]),
        (entry(&format!("operation = \"tan2\"\n{good}")), &["conformance.toml:3:", "unknown operation `tan2`"]),
        (entry(&format!("dtype = 3\n{good}")), &["conformance.toml:4:", "a name or a list of names"]),
        (entry(&good.replace("00000080", "80")), &["conformance.toml:3:", "the case of `sin.special`", "inputs[0].data", "1 bytes"]),
        (entry(&good.replace(CASE, "case = \"fd.json\"")), &["conformance.toml:3:", "nowhere/fd.json"]),
        (entry(&format!("{good}\n[[expected]]\n{good}")), &["conformance.toml:8:", "already expected to fail by the entry in line 3"]),
        (entry("clause = \n"), &["conformance.toml:4:"]),
    ];
    for (text, parts) in cases {
        let message = expected(&text).unwrap_err();
        for part in parts {
            assert!(message.contains(part), "`{message}` does not say `{part}`");
        }
    }
    let message = ExpectedFailures::load(Path::new("no/such.toml"), &|_| true).unwrap_err().to_string();
    assert!(message.contains("no/such.toml"), "{message}");
}

#[test]
fn an_entry_can_be_made_from_a_failure() {
    let check = mixed_checks().into_iter().find(|c| c.status == Status::Fail).unwrap();
    let text = entry_for(&check).unwrap();
    assert!(expected(&text).unwrap_err().contains("without a `reason`"), "{text}");
    let file = expected(&text.replace("reason = \"\"", "reason = \"truncates\"")).unwrap();
    assert_eq!(file.entries[0].case.case.to_json()["inputs"], check.failure.unwrap().case["inputs"]);
}
