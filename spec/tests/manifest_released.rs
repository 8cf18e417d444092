//! The clauses of a version do not change once it is released, and what is made from them is up to date.
//!
//! `BLESS=1 cargo test -p spec --features manifests --test manifest_released` writes the files anew.
#![cfg(feature = "manifests")]
use array_protocol::SPEC_VERSION;
use array_protocol::manifest::released::Release;
use array_protocol::manifest::{self, render};
use std::path::Path;

fn bless() -> bool {
    std::env::var_os("BLESS").is_some()
}

#[test]
fn the_clauses_are_those_of_the_version() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("released/{SPEC_VERSION}.toml"));
    let now = Release::of(&manifest::load().unwrap(), SPEC_VERSION);
    if bless() && (SPEC_VERSION.ends_with("-draft") || !path.exists()) {
        std::fs::write(&path, now.to_toml()).unwrap();
    }
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let changes = Release::from_toml("released", &text).unwrap().changes(&now);
    let what = if SPEC_VERSION.ends_with("-draft") { "a draft: run this test with BLESS=1" } else { "released: it needs a new version" };
    assert!(changes.is_empty(), "{SPEC_VERSION} is {what}\n{}", changes.join("\n"));
}

#[test]
fn a_changed_clause_is_noticed() {
    let suite = manifest::load().unwrap();
    let old = Release::of(&suite, SPEC_VERSION);
    let mut other = suite.clone();
    let change = |f: &mut dyn FnMut(&mut manifest::Suite)| {
        let mut changed = suite.clone();
        f(&mut changed);
        old.changes(&Release::of(&changed, SPEC_VERSION))
    };
    assert!(change(&mut |_| {}).is_empty());
    assert_eq!(change(&mut |s| s.operations[0].manifest.clauses[0].text.push('!')).len(), 1);
    assert_eq!(change(&mut |s| s.operations[0].manifest.clauses[0].level = manifest::Level::Should).len(), 1);
    assert_eq!(change(&mut |s| s.operations[0].manifest.clauses[0].check.sizes.push(3)).len(), 1);
    assert_eq!(change(&mut |s| s.operations[0].manifest.specials[0].out.push('0')).len(), 1);
    assert_eq!(change(&mut |s| s.operations[0].manifest.accuracy.limit.clear()).len(), 1);
    assert_eq!(change(&mut |s| s.common[0].clauses[0].text.push('!')).len(), 1);
    // Faults show that a check works; they demand nothing of a backend.
    assert!(change(&mut |s| s.operations[0].manifest.clauses[0].faults.clear()).is_empty());
    other.operations[0].manifest.clauses.remove(0);
    let gone = old.changes(&Release::of(&other, SPEC_VERSION));
    assert!(gone.len() == 1 && gone[0].contains("retire"), "{gone:?}");
}

#[test]
fn the_committed_form_is_read_back() {
    let now = Release::of(&manifest::load().unwrap(), SPEC_VERSION);
    assert_eq!(Release::from_toml("x", &now.to_toml()).unwrap(), now);
    assert!(Release::from_toml("x", "version = 1").is_err());
}

#[test]
fn the_hash_of_the_suite_is_sha256() {
    let hash = manifest::suite_hash();
    assert_eq!(hash.len(), 64);
    assert!(hash.bytes().all(|b| b.is_ascii_hexdigit()));
    assert_eq!(hash, manifest::suite_hash());
}

#[test]
fn the_book_lists_every_page() {
    let suite = manifest::load().unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/src/SUMMARY.md");
    let old = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let part = "# Specification\n\n";
    let (head, listed) = old.split_once(part).unwrap();
    let summary = render::summary(&suite, "operations");
    if bless() {
        std::fs::write(&path, format!("{head}{part}{summary}")).unwrap();
    } else {
        assert_eq!(listed, summary, "run this test with BLESS=1");
    }
    for page in render::pages(&suite) {
        assert!(summary.contains(&format!("(operations/{})", page.path)), "{} is not listed", page.path);
        assert!(page.text.starts_with("# "), "{}", page.path);
    }
}
