//! CUDA C++ becomes machine code on first use, and is kept: in memory by the device, on disk by content and architecture.
pub(crate) mod cache;
#[allow(unsafe_code, reason = "the edge to the run-time compiler; each block states its condition")]
mod nvrtc;
mod record;
pub(crate) mod report;
mod source;

pub use record::KERNELS_ENV;
pub(crate) use source::Family;

use crate::driver::Image;
use cache::Cache;
use std::path::PathBuf;

/// The compiler of one device.
pub(crate) struct Compiler {
    options: Vec<String>,
    cache: Option<Cache>,
    /// Where kernels that are asked for are written down.
    record: Option<PathBuf>,
}

/// The options that every kernel is compiled with, for an architecture such as `sm_90`.
fn options(architecture: &str) -> Vec<String> {
    // Exact division and square root, subnormals kept, no contraction: a clause that wants the rounded product gets it.
    let fixed = ["--std=c++17", "--fmad=false", "--prec-div=true", "--prec-sqrt=true", "--ftz=false", "--disable-warnings"];
    let mut options = vec![format!("--gpu-architecture={architecture}")];
    options.extend(fixed.map(String::from));
    options
}

impl Compiler {
    /// For a compute capability. `keep`: whether code may be kept on disk.
    pub(crate) fn new((major, minor): (i32, i32), keep: bool) -> Compiler {
        let options = options(&format!("sm_{major}{minor}"));
        Compiler { options, cache: if keep { Cache::open() } else { None }, record: record::folder() }
    }

    /// Compiles one instance of a kernel template: `flat<Add, float, i32, float, float>`.
    ///
    /// # Errors
    /// What the compiler says.
    pub(crate) fn compile(&self, family: Family, expression: &str) -> Result<Image, String> {
        let source = family.source();
        if let Some(folder) = &self.record {
            record::record(folder, family, &source, expression).map_err(|e| format!("{}: {e}", folder.display()))?;
        }
        let key = Cache::key(&[&source, &self.options.join(" "), expression]);
        if let Some(image) = self.cache.as_ref().and_then(|c| c.get(&key)) {
            return Ok(image);
        }
        let image = nvrtc::compile(&source, &self.options, expression)?;
        if let Some(cache) = &self.cache {
            cache.put(&key, &image);
        }
        Ok(image)
    }
}
