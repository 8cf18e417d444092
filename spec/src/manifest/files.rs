//! The files, compiled in. A test holds this list against the folder.

macro_rules! files {
    ($($path:literal),* $(,)?) => {
        /// Every manifest: path below `manifests/`, and text.
        pub const FILES: &[(&str, &str)] = &[$(($path, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/manifests/", $path)))),*];
    };
}
files! {
    "elementwise/abs.toml",
    "elementwise/add.toml",
    "elementwise/atan2.toml",
    "elementwise/bitwise_left_shift.toml",
    "elementwise/bitwise_xor.toml",
    "elementwise/copysign.toml",
    "elementwise/cos.toml",
    "elementwise/divide.toml",
    "elementwise/equal.toml",
    "elementwise/exp.toml",
    "elementwise/expm1.toml",
    "elementwise/floor_divide.toml",
    "elementwise/hypot.toml",
    "elementwise/isnan.toml",
    "elementwise/less.toml",
    "elementwise/log.toml",
    "elementwise/log1p.toml",
    "elementwise/logical_and.toml",
    "elementwise/maximum.toml",
    "elementwise/multiply.toml",
    "elementwise/negative.toml",
    "elementwise/pow.toml",
    "elementwise/remainder.toml",
    "elementwise/round.toml",
    "elementwise/sign.toml",
    "elementwise/sin.toml",
    "elementwise/sqrt.toml",
    "elementwise/subtract.toml",
    "elementwise/tanh.toml",
    "tables/accumulate.toml",
    "tables/promotion.toml",
}
