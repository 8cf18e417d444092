//! The manifests against the list of operations, the folder, and each other.
#![cfg(feature = "manifests")]
use array_protocol::manifest::{self, Disagreement, FILES, Suite};
use std::collections::BTreeSet;
use std::path::Path;

fn suite() -> Suite {
    manifest::load().unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn sums_accumulate_in_the_dtype_of_the_table() {
    for (from, to) in suite().accumulate.dtype {
        assert_eq!(from.accumulator(), to, "{from}");
    }
}

#[test]
fn the_list_of_files_is_the_folder() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("manifests");
    let mut folder = BTreeSet::new();
    for dir in std::fs::read_dir(&root).unwrap() {
        let dir = dir.unwrap().path();
        for file in std::fs::read_dir(&dir).unwrap() {
            let path = file.unwrap().path();
            folder.insert(path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/"));
        }
    }
    let listed: BTreeSet<String> = FILES.iter().map(|(path, _)| path.to_string()).collect();
    assert_eq!(listed, folder);
    assert!(FILES.is_sorted_by_key(|(path, _)| *path));
}

#[test]
fn the_suite_agrees_with_itself() {
    let found = manifest::validate(&suite());
    assert!(found.is_empty(), "\n{}", found.iter().map(Disagreement::to_string).collect::<Vec<_>>().join("\n"));
}
