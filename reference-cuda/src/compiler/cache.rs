//! Machine code on disk, by the digest of what it was made from. A cache that cannot be read or written is no cache, and no error.
use crate::driver::Image;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// A folder of compiled kernels.
pub(crate) struct Cache(PathBuf);

/// The folder of this crate among those that programs may keep things in, for one purpose.
pub(crate) fn folder(purpose: &str) -> Option<PathBuf> {
    let given = |name| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let base = given("REFERENCE_CUDA_CACHE")
        .or_else(|| given("XDG_CACHE_HOME").map(|p| p.join("reference-cuda")))
        .or_else(|| given("HOME").map(|p| p.join(".cache/reference-cuda")))?;
    Some(base.join(purpose))
}

/// SHA-256 of texts, hexadecimal.
pub(crate) fn digest(texts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        // With the length, so that no two lists run together to the same.
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    }
    hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

/// A name that no other thread and no other process makes.
pub(crate) fn unique() -> String {
    format!("{}-{:?}", std::process::id(), std::thread::current().id()).replace(['(', ')'], "-")
}

/// Writes a file under another name and moves it into place: a reader never sees half of it.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let own = path.with_extension(unique());
    std::fs::write(&own, bytes)?;
    std::fs::rename(&own, path)
}

impl Cache {
    pub(super) fn open() -> Option<Cache> {
        let folder = folder("kernels")?;
        std::fs::create_dir_all(&folder).ok()?;
        Some(Cache(folder))
    }

    pub(super) fn key(texts: &[&str]) -> String {
        digest(texts)
    }

    /// A name, a line break, machine code.
    pub(super) fn get(&self, key: &str) -> Option<Image> {
        let bytes = std::fs::read(self.0.join(key)).ok()?;
        let end = bytes.iter().position(|&b| b == b'\n')?;
        let name = std::str::from_utf8(&bytes[..end]).ok()?.to_string();
        Some(Image { name, code: bytes[end + 1..].to_vec() })
    }

    pub(super) fn put(&self, key: &str, image: &Image) {
        let bytes = [image.name.as_bytes(), b"\n", &image.code].concat();
        let _ = write_whole(&self.0.join(key), &bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_comes_back() {
        let folder = std::env::temp_dir().join(format!("reference-cuda-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let cache = Cache(folder.clone());
        let image = Image { name: "kernel".into(), code: vec![0, b'\n', 255] };
        let key = Cache::key(&["a", "b"]);
        assert_eq!(cache.get(&key), None);
        cache.put(&key, &image);
        assert_eq!(cache.get(&key), Some(image));
        assert_ne!(key, Cache::key(&["ab", ""]));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
