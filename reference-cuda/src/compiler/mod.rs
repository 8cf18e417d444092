//! CUDA C++ becomes machine code on first use, and is kept: in memory by the device, on disk by content and architecture.
pub(crate) mod cache;
#[allow(unsafe_code, reason = "the edge to the run-time compiler; each block states its condition")]
mod nvrtc;
mod source;

pub(crate) use source::Family;

use crate::driver::Image;
use cache::Cache;

/// The compiler of one device.
pub(crate) struct Compiler {
    options: Vec<String>,
    cache: Option<Cache>,
}

impl Compiler {
    /// For a compute capability. `keep`: whether code may be kept on disk.
    pub(crate) fn new((major, minor): (i32, i32), keep: bool) -> Compiler {
        // Exact division and square root, subnormals kept, no contraction: a clause that wants the rounded product gets it.
        let fixed = ["--std=c++17", "--fmad=false", "--prec-div=true", "--prec-sqrt=true", "--ftz=false", "--disable-warnings"];
        let mut options = vec![format!("--gpu-architecture=sm_{major}{minor}")];
        options.extend(fixed.map(String::from));
        Compiler { options, cache: if keep { Cache::open() } else { None } }
    }

    /// Compiles one instance of a kernel template: `flat<Add, float, i32, float, float>`.
    ///
    /// # Errors
    /// What the compiler says.
    pub(crate) fn compile(&self, family: Family, expression: &str) -> Result<Image, String> {
        let source = family.source();
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
