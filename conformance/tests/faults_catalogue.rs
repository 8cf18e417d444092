//! The catalogue of faults and the manifests name each other.
use array_protocol::manifest::{self, Level};
use array_protocol::{Op, manifest::CheckKind};
use conformance::faults;
use std::collections::BTreeSet;

fn suite() -> manifest::Suite {
    manifest::load().expect("the manifests parse")
}

#[test]
fn ids_are_unique_and_say_where_a_fault_belongs() {
    let mut seen = BTreeSet::new();
    for fault in faults::catalogue() {
        assert!(seen.insert(fault.id.clone()), "{} is there twice", fault.id);
        let (place, slug) = fault.id.split_once('.').expect("an id has two parts");
        assert!(slug.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'), "{}", fault.id);
        assert_eq!(fault.op, Op::from_name(place), "{}", fault.id);
        assert!(!fault.about.is_empty(), "{}", fault.id);
    }
}

#[test]
fn every_fault_of_a_manifest_is_in_the_catalogue() {
    let known: BTreeSet<String> = faults::catalogue().into_iter().map(|f| f.id).collect();
    let suite = suite();
    let missing: BTreeSet<&str> = suite.faults().map(|(id, ..)| id).filter(|id| !known.contains(*id)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_fault_of_the_catalogue_has_a_check_that_has_to_catch_it() {
    let suite = suite();
    let named: BTreeSet<&str> = suite.faults().map(|(id, ..)| id).collect();
    let idle: Vec<String> = faults::catalogue().into_iter().map(|f| f.id).filter(|id| !named.contains(id.as_str())).collect();
    assert!(idle.is_empty(), "{idle:?}");
}

#[test]
fn every_clause_that_gates_the_badge_names_a_fault() {
    let suite = suite();
    let bare: Vec<&str> = suite
        .clauses()
        .filter(|(_, c)| c.level == Level::Must && c.check.kind != CheckKind::None && c.faults.is_empty())
        .map(|(_, c)| c.id.as_str())
        .collect();
    assert!(bare.is_empty(), "{bare:?}");
}

#[test]
fn there_are_faults_enough() {
    let suite = suite();
    let pairs: BTreeSet<(&str, Option<Op>)> = suite.faults().map(|(id, op, _)| (id, op)).collect();
    assert!(pairs.len() >= 150, "{}", pairs.len());
}
