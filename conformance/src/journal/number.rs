//! Numbers that may be infinite or NaN, which JSON does not have: those are written as text.
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Number {
    Finite(f64),
    Text(String),
}

impl From<f64> for Number {
    fn from(x: f64) -> Number {
        if x.is_finite() { Number::Finite(x) } else { Number::Text(x.to_string()) }
    }
}

fn back<E: de::Error>(number: Number) -> Result<f64, E> {
    match number {
        Number::Finite(x) => Ok(x),
        Number::Text(t) if ["inf", "-inf", "NaN"].contains(&t.as_str()) => t.parse().map_err(E::custom),
        Number::Text(t) => Err(E::custom(format!("`{}` is not a number", t.escape_debug()))),
    }
}

pub(super) fn serialize<S: Serializer>(x: &f64, to: S) -> Result<S::Ok, S::Error> {
    Number::from(*x).serialize(to)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    back(Number::deserialize(from)?)
}

/// The same for numbers that may be missing.
pub(super) mod optional {
    use super::*;

    pub(in crate::journal) fn serialize<S: Serializer>(x: &Option<f64>, to: S) -> Result<S::Ok, S::Error> {
        x.map(Number::from).serialize(to)
    }

    pub(in crate::journal) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
        Option::<Number>::deserialize(from)?.map(back).transpose()
    }
}
