//! Why there is no device, and what to do.
use std::fmt;
use std::path::PathBuf;

/// Why a device cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unavailable {
    /// There is no driver library.
    NoDriver,
    /// The driver is older than what this crate was built for. Versions as CUDA counts them: 13000 is 13.0.
    DriverTooOld {
        /// What the driver supports.
        found: i32,
        /// What is needed.
        wanted: i32,
    },
    /// The driver answers with an error.
    Driver {
        /// What was asked of it.
        doing: &'static str,
        /// What it said.
        error: String,
    },
    /// There is no device of that number.
    NoDevice {
        /// The number asked for.
        ordinal: u32,
        /// How many devices there are.
        count: u32,
    },
    /// The device is older than what this version of CUDA compiles for.
    DeviceTooOld {
        /// Its name.
        name: String,
        /// Its compute capability.
        found: (i32, i32),
        /// The lowest that is supported.
        wanted: (i32, i32),
    },
    /// There is no library of the run-time compiler.
    NoCompiler {
        /// Folders that were looked into, beside those of the system.
        searched: Vec<PathBuf>,
    },
    /// The run-time compiler is older than what this crate was built for.
    CompilerTooOld {
        /// Its version.
        found: (i32, i32),
        /// The lowest that is supported.
        wanted: (i32, i32),
    },
    /// The emulator could not be built.
    Emulator(String),
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = |v: &i32| format!("{}.{}", v / 1000, v % 1000 / 10);
        match self {
            Unavailable::NoDriver => {
                f.write_str("the library of the NVIDIA driver (libcuda.so.1) is missing: install the driver, or run where there is a GPU")
            }
            Unavailable::DriverTooOld { found, wanted } => write!(
                f,
                "the NVIDIA driver supports CUDA {}, and {} is needed: install a newer driver (580 or later)",
                version(found),
                version(wanted)
            ),
            Unavailable::Driver { doing, error } => write!(f, "the NVIDIA driver failed to {doing}: {error}; `nvidia-smi` may tell more"),
            Unavailable::NoDevice { count: 0, .. } => {
                f.write_str("the NVIDIA driver finds no device: look at CUDA_VISIBLE_DEVICES and `nvidia-smi`")
            }
            Unavailable::NoDevice { ordinal, count } => write!(f, "there is no device {ordinal}: the driver finds {count}, counted from 0"),
            Unavailable::DeviceTooOld { name, found, wanted } => write!(
                f,
                "{name} has compute capability {}.{}, and CUDA 13 needs {}.{} (Turing or later): use another device",
                found.0, found.1, wanted.0, wanted.1
            ),
            Unavailable::NoCompiler { searched } => {
                f.write_str("the run-time compiler (libnvrtc.so.13) is missing: install the CUDA 13 toolkit, or `pip install nvidia-cuda-nvrtc==13.*` and name the folder in ")?;
                write!(f, "{}", crate::LIBRARIES_ENV)?;
                f.write_str("; looked into the folders of the system")?;
                searched.iter().try_for_each(|folder| write!(f, ", {}", folder.display()))
            }
            Unavailable::CompilerTooOld { found, wanted } => write!(
                f,
                "the run-time compiler is version {}.{}, and {}.{} is needed: name the folder of a newer one in {}",
                found.0,
                found.1,
                wanted.0,
                wanted.1,
                crate::LIBRARIES_ENV
            ),
            Unavailable::Emulator(why) => write!(f, "the emulator cannot be built: {why}"),
        }
    }
}
impl std::error::Error for Unavailable {}
