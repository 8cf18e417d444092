//! Reports: what they say, and that foreign text stays text.
mod support;

use conformance::journal::{Journal, Status};
use conformance::report::{
    Badge, Certificate, CertificateError, Progress, Trust, Verdict, html, junit, summary, terminal, visible, write_all,
};
use std::path::Path;
use support::*;

fn folder() -> std::path::PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report");
    std::fs::create_dir_all(&path).unwrap();
    path
}

/// A journal whose checks were changed.
fn changed(change: impl Fn(&mut Vec<conformance::journal::CheckRecord>)) -> Journal {
    let mut checks = good_checks();
    change(&mut checks);
    Journal::new(start(checks.len()), checks).unwrap()
}

fn set(journal: &mut Journal, id: &str, status: Status) {
    journal.checks.iter_mut().find(|c| c.id == id).unwrap_or_else(|| panic!("no {id}")).status = status;
}

#[test]
fn only_passing_is_passing() {
    assert_eq!(summary::verdict(&good()), Verdict::Conforms);
    let id = "svd.value@svd@float64";
    let cases = [
        (Status::Fail, Verdict::NotConforming),
        (Status::ExpectedFail, Verdict::NotConforming),
        (Status::Incident, Verdict::NotConforming),
        (Status::Blocked, Verdict::NotConforming),
        (Status::Unsupported, Verdict::Incomplete),
    ];
    for (status, verdict) in cases {
        let mut journal = good();
        set(&mut journal, id, status);
        assert_eq!(summary::verdict(&journal), verdict, "{status:?}");
        let profiles = summary::profiles(&journal);
        assert_eq!(profiles[0].verdict, Verdict::Conforms);
        assert_eq!(profiles[1].verdict, verdict);
        // A profile that is not claimed decides about nothing.
        set(&mut journal, id, Status::Pass);
        set(&mut journal, "fft.value@fft@complex64", status);
        assert_eq!(summary::verdict(&journal), Verdict::Conforms, "{status:?}");
    }
    // What should hold may fail; a crash may not happen anywhere.
    let should = |status| {
        changed(|checks| {
            let c = &mut checks[0];
            (c.level, c.status) = (array_protocol::manifest::Level::Should, status);
        })
    };
    assert_eq!(summary::verdict(&should(Status::Fail)), Verdict::Conforms);
    assert_eq!(summary::verdict(&should(Status::Incident)), Verdict::NotConforming);
    let mut journal = good();
    journal.start.filters = vec!["sin".into()];
    assert_eq!(summary::verdict(&journal), Verdict::Incomplete);
    journal = good();
    journal.start.mode = "smoke".into();
    assert_eq!(summary::verdict(&journal), Verdict::Incomplete);
    journal = good();
    journal.start.profiles.push("quantum".into());
    assert_eq!(summary::verdict(&journal), Verdict::Incomplete);
    journal.start.profiles.clear();
    assert_eq!(summary::verdict(&journal), Verdict::Incomplete);
}

#[test]
fn a_badge_says_profiles_or_no() {
    let badge = Badge::of(&good());
    assert_eq!((badge.label.as_str(), badge.message.as_str()), ("array protocol 1.0-draft", "core, linalg · self-tested"));
    assert_eq!(badge.endpoint()["color"], "brightgreen");
    assert_eq!(badge.endpoint()["schemaVersion"], 1);
    assert!(badge.svg().contains("core, linalg · self-tested</text>"));
    let bad = Badge::of(&mixed());
    assert_eq!((bad.message.as_str(), bad.endpoint()["color"].as_str()), ("not conforming", Some("red")));
    let verified = Badge::of_certificate(&Certificate::of(&good()).unwrap(), Trust::Verified);
    assert_eq!(verified.message, "core, linalg · verified");
    for badge in [badge, bad, verified] {
        assert!(!badge.svg().contains('%') && !badge.message.contains('%'));
    }
}

#[test]
fn the_terminal_tells_what_failed_and_why() {
    let text = terminal::render(&mixed(), &texts(), &terminal::Style { cases: Some("out/cases".into()), ..Default::default() });
    println!("{text}");
    for part in [
        "ndarray-fast 0.3.1 against the array protocol 1.0-draft",
        "standard mode, seed 20261123",
        "svd float32: 83.5 of the bound",
        "sin float64: 1.981 of 2 ULP",
        "fail floor_divide.value (must) floor_divide float64",
        "Each element is the exact result",
        "expected  -4.0 (exact)",
        "got       -3.0",
        "96 of 200 cases fail; the first is case 17",
        "b.binary(BinaryOp::FloorDivide",
        "conform replay out/cases/floor_divide.value@floor_divide@float64.json",
        "the worker crashed: signal 11",
        "core: not conforming (1 fail, 1 expected-fail)",
        "1 expected failure.",
        "101 checks",
    ] {
        assert!(text.contains(part), "no `{part}` in\n{text}");
    }
    assert!(text.trim_end().ends_with("not conforming."));
    assert!(!text.contains('\u{1b}') && !text.contains('%'));
    let colourful = terminal::render(&good(), &texts(), &terminal::Style { colour: true, ..Default::default() });
    assert!(colourful.contains("\u{1b}[32mconforms.\u{1b}[0m"));
    // The worst comes first, and the number that is shown is limited.
    let short = terminal::render(&mixed(), &texts(), &terminal::Style { failures: 1, ..Default::default() });
    assert!(short.contains("1. incident matmul.value") && short.contains("... and 3 more"));
}

#[test]
fn junit_maps_every_status() {
    let xml = junit::render(&mixed(), &texts()).unwrap();
    assert!(xml.contains(r#"tests="101""#), "{}", &xml[..300]);
    assert!(xml.contains(r#"failures="3" errors="1""#), "{}", &xml[..300]);
    assert_eq!(xml.matches("<testcase ").count(), 101);
    assert_eq!(xml.matches("<skipped ").count(), 5 + 1 + 1 + 1);
    assert!(xml.contains(r#"<testcase name="floor_divide.value@floor_divide@float64" classname="elementwise.floor_divide""#));
    assert!(xml.contains("unsupported: the backend does not claim profile fft"));
}

#[test]
fn the_page_shows_failures_errors_and_clauses() {
    let page = html::render(&mixed(), &texts(), Some("2026-11-23")).unwrap();
    std::fs::write(folder().join("mixed.html"), &page).unwrap();
    std::fs::write(folder().join("good.html"), html::render(&good(), &texts(), None).unwrap()).unwrap();
    for part in [
        "<h1>ndarray-fast <span",
        "not conforming",
        "floor_divide.value",
        "-4.0 (exact)",
        "BinaryOp::FloorDivide",
        "xp.floor_divide(x0, x1)",
        "the exact result, within the limit",
        "<b>1.981</b> of 2 ULP",
        "Written 2026-11-23.",
    ] {
        assert!(page.contains(part), "no `{part}`");
    }
    assert!(html::render(&good(), &texts(), None).unwrap().contains("There is none"));
    assert_eq!(html::render(&good(), &texts(), None).unwrap(), html::render(&good(), &texts(), None).unwrap());
    // Nothing is loaded from elsewhere.
    for source in ["src=", "<link", "@import", "url(h", "url(/", "fetch(", "XMLHttpRequest"] {
        assert!(!page.contains(source), "{source}");
    }
    let links: Vec<&str> = page.match_indices("http").map(|(i, _)| &page[i..i + 26]).collect();
    assert!(links.iter().all(|l| l.starts_with("http-equiv") || l.starts_with("http://www.w3.org/2000/svg")), "{links:?}");
}

#[test]
fn an_emulated_device_says_so_and_is_never_green() {
    let of = |verdict, emulated| Badge::new("1.0", &["core".to_string()], verdict, Trust::SelfTested, emulated);
    for verdict in [Verdict::Conforms, Verdict::Incomplete, Verdict::NotConforming] {
        assert!(of(verdict, true).message.ends_with(" \u{b7} emulated") && !of(verdict, false).message.contains("emulated"));
    }
    let (real, emulated) = (of(Verdict::Conforms, false), of(Verdict::Conforms, true));
    assert_eq!((&real.endpoint()["color"], &emulated.endpoint()["color"]), (&"brightgreen".into(), &"yellow".into()));
    assert!(real.svg().contains("#2a7d2e") && !emulated.svg().contains("#2a7d2e"));
}

#[test]
fn foreign_text_stays_text() {
    let journal = hostile();
    let page = html::render(&journal, &texts(), None).unwrap();
    std::fs::write(folder().join("hostile.html"), &page).unwrap();
    assert!(page.contains("&lt;script&gt;alert(1)"));
    assert_eq!(page.matches("<script").count(), 1, "our own");
    let xml = junit::render(&journal, &texts()).unwrap();
    let svg = Badge::new(HOSTILE, &[HOSTILE.to_string()], Verdict::Conforms, Trust::SelfTested, false).svg();
    let terminal = terminal::render(&journal, &texts(), &terminal::Style { cases: Some(HOSTILE.into()), ..Default::default() });
    assert!(terminal.contains(r"<script>alert(1)</script>\u{1b}[2J\u{202e}"));
    for (name, text) in [("html", &page), ("xml", &xml), ("svg", &svg), ("terminal", &terminal)] {
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{name}");
    }
    for (name, text) in [("xml", &xml), ("svg", &svg)] {
        assert!(!text.contains("<script") && text.contains("&lt;script"), "{name}");
    }
    let folder = tempfile::tempdir().unwrap();
    write_all(&journal, &texts(), folder.path()).unwrap();
    assert_eq!(visible("a\u{7}b\nc\td"), "a\\u{7}b\nc\\td");
}

#[test]
fn a_certificate_verifies_and_every_changed_field_is_named() {
    let (good, mixed) = (good(), mixed());
    for journal in [&good, &mixed] {
        let certificate = Certificate::of(journal).unwrap();
        let text = certificate.to_json().to_string();
        assert_eq!(Certificate::verify(&text, Some(journal)).unwrap(), certificate);
        assert_eq!(certificate.verdicts().len(), journal.checks.len());
        assert!(journal.checks.iter().all(|c| certificate.verdicts()[c.id.as_str()] == c.status));
    }
    let text = Certificate::of(&mixed).unwrap().to_json().to_string();
    assert!(matches!(Certificate::verify(&text, Some(&good)), Err(CertificateError::Journal { .. })));
    // One digit (or letter) changed, wherever: it is refused, and outside of strings of structure the field is named.
    let error = |from: &str, to: &str| {
        assert!(text.contains(from), "{from} in {text}");
        Certificate::verify(&text.replacen(from, to, 1), None).unwrap_err().to_string()
    };
    let cases = [
        ("\"seed\":20261123", "\"seed\":20261124", "`seed`"),
        ("\"fail\":2", "\"fail\":1", "`counts.must.fail` says 1, but the verdicts that it lists give 2"),
        ("\"planned\":101", "\"planned\":102", "`planned` says 102"),
        ("\"max\":\"1.981\"", "\"max\":\"1.181\"", "`accuracy`"),
        ("\"suite\":\"5f", "\"suite\":\"6f", "`suite`"),
        ("\"plan\":\"a0", "\"plan\":\"a1", "`plan`"),
        ("\"verdict\":\"not_conforming\"", "\"verdict\":\"conforms\"", "`verdict`"),
        ("\"core\":\"not_conforming\"", "\"core\":\"conforms\"", "`profiles`"),
        ("\"version\":\"0.3.1\"", "\"version\":\"0.3.2\"", "`backend`"),
        ("\"spec\":\"1.0-draft\"", "\"spec\":\"1.1-draft\"", "`"),
        ("{\"accuracy\"", "{\"aa\":1,\"accuracy\"", "unknown field `aa`"),
        ("\"certificate\":1", "\"certificate\":2", "format 2"),
    ];
    for (from, to, part) in cases {
        let message = error(from, to);
        assert!(message.contains(part), "`{message}` does not say `{part}`");
    }
    for (at, digit) in text.char_indices().filter(|(_, c)| c.is_ascii_digit()) {
        let other = if digit == '7' { "3" } else { "7" };
        let mut changed = text.clone();
        changed.replace_range(at..at + 1, other);
        assert!(Certificate::verify(&changed, None).is_err(), "{}", &changed[at.saturating_sub(30)..at + 10]);
    }
    assert!(Certificate::verify("{}", None).unwrap_err().to_string().contains("not a certificate"));
    assert!(Certificate::verify("[", None).unwrap_err().to_string().contains("not a certificate"));
}

#[test]
fn there_is_no_certificate_of_half_a_run() {
    let mut journal = good();
    journal.start.filters = vec!["sin".into()];
    assert_eq!(Certificate::of(&journal), Err(CertificateError::NotWhole("the run was filtered".into())));
    journal = good();
    journal.start.mode = "smoke".into();
    assert!(Certificate::of(&journal).unwrap_err().to_string().contains("smoke"));
}

#[test]
fn all_files_are_written_and_old_ones_go() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("backend");
    let names =
        |paths: Vec<std::path::PathBuf>| paths.iter().map(|p| p.strip_prefix(&out).unwrap().display().to_string()).collect::<Vec<_>>();
    let files = names(write_all(&mixed(), &texts(), &out).unwrap());
    for name in ["report.html", "junit.xml", "badge.svg", "badge.json", "certificate.json", "cases/sin.monotone@sin@float64.json"] {
        assert!(files.contains(&name.to_string()), "{name} in {files:?}");
        assert!(out.join(name).is_file());
    }
    let replay = conformance::case::Replay::read(&out.join("cases/floor_divide.value@floor_divide@float64.json")).unwrap();
    assert_eq!(replay.index, Some(17));
    let mut journal = good();
    journal.start.mode = "smoke".into();
    let files = names(write_all(&journal, &texts(), &out).unwrap());
    assert_eq!(files.len(), 4);
    assert!(!out.join("certificate.json").exists());
    let left: Vec<_> = std::fs::read_dir(out.join("cases")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    let error = write_all(&journal, &texts(), Path::new("/proc/none")).unwrap_err().to_string();
    assert!(error.contains("/proc/none"), "{error}");
}

/// A log that the test keeps a hand on.
#[derive(Clone, Default)]
struct Log(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);
impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn progress_in_a_log_is_a_line_now_and_then() {
    let run = |every| {
        let log = Log::default();
        let checks = mixed_checks();
        let mut progress = Progress::lines(checks.len() as u64, Box::new(log.clone()), every);
        checks.iter().for_each(|c| progress.check(c));
        progress.finish();
        String::from_utf8(log.0.lock().unwrap().clone()).unwrap()
    };
    let all = run(std::time::Duration::ZERO);
    assert_eq!(all.lines().count(), 102);
    assert!(all.contains("1/101, about 0 s left: exp\n"), "{all}");
    assert!(all.ends_with("101/101, 0 s: sin, 4 failures\n"), "{all}");
    assert_eq!(run(std::time::Duration::from_secs(3600)).lines().count(), 1);
}
