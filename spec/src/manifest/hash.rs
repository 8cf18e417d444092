//! The identity of a suite.
use super::FILES;
use sha2::{Digest, Sha256};

/// SHA-256 over all files that are compiled in, in the order of their paths, in hexadecimal. Line ends do not count: a checkout
/// with other ones is the same suite.
pub fn suite_hash() -> String {
    let mut files: Vec<_> = FILES.iter().collect();
    files.sort();
    let mut hash = Sha256::new();
    for (path, text) in files {
        let text = text.replace("\r\n", "\n");
        // Lengths keep the parts apart: moving text from one file to the next is a change.
        hash.update((path.len() as u64).to_le_bytes());
        hash.update(path.as_bytes());
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    }
    hex(&hash.finalize())
}

/// SHA-256 of a text, in hexadecimal.
pub(super) fn text_hash(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
