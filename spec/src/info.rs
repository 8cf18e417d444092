//! What a backend says about itself.
use crate::{DType, Device};
use std::collections::BTreeMap;

/// The version of the specification that this crate carries.
pub const SPEC_VERSION: &str = "1.0-draft";

/// Who a backend is and what it claims. Built once; read by the harness, by dispatch and by people.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[non_exhaustive]
pub struct Info {
    /// Its name: letters, digits, `-`, `_`, `.`.
    pub name: String,
    /// Its own version.
    pub version: String,
    /// The specification it was written for.
    pub spec: String,
    /// The profiles it claims, by name.
    pub profiles: Vec<String>,
    /// The dtypes it has.
    pub dtypes: Vec<DType>,
    /// The operations it has, by name; empty: all of the claimed profiles.
    pub operations: Vec<String>,
    /// Its devices, the default one first.
    pub devices: Vec<Device>,
    /// Whether the device under it is emulated: a run shows the logic, not the hardware.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "std::ops::Not::not"))]
    pub emulated: bool,
    /// Its choices where the specification leaves one (clauses of level `declared`): `int_div_zero = "zero"`.
    pub declared: BTreeMap<String, String>,
}

impl Info {
    /// A backend on the host that claims nothing yet.
    pub fn new(name: impl Into<String>, version: impl Into<String>) -> Self {
        Info { name: name.into(), version: version.into(), spec: SPEC_VERSION.into(), devices: vec![Device::CPU], ..Info::default() }
    }

    /// Claims profiles.
    #[must_use]
    pub fn profiles(mut self, names: &[&str]) -> Self {
        self.profiles = names.iter().map(|&n| n.into()).collect();
        self
    }

    /// Names the dtypes.
    #[must_use]
    pub fn dtypes(mut self, dtypes: &[DType]) -> Self {
        self.dtypes = dtypes.to_vec();
        self
    }

    /// Names the operations, where they are fewer than the profiles have.
    #[must_use]
    pub fn operations(mut self, names: &[&str]) -> Self {
        self.operations = names.iter().map(|&n| n.into()).collect();
        self
    }

    /// Says whether the device is emulated.
    #[must_use]
    pub fn emulated(mut self, emulated: bool) -> Self {
        self.emulated = emulated;
        self
    }

    /// ` (emulated)` where it is, else nothing: to be said wherever the name is.
    pub fn manner(&self) -> &'static str {
        if self.emulated { " (emulated)" } else { "" }
    }

    /// Name, version, and whether it is emulated.
    pub fn title(&self) -> String {
        format!("{} {}{}", self.name, self.version, self.manner())
    }

    /// States a choice.
    #[must_use]
    pub fn declare(mut self, key: &str, value: &str) -> Self {
        self.declared.insert(key.into(), value.into());
        self
    }
}
