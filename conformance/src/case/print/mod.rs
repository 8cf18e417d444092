//! A case as code: Rust against the protocol, and Python against the Array API standard. Same values, to the bit.
mod literal;
mod python;
mod rust;

use super::{Case, Input, Layout, Var, lower};
use array_protocol::{Call, DType, HostArray};

/// Longer arrays are abbreviated; the replay file has every element.
const LONG: usize = 64;
/// Arrays with padding around the elements may be longer.
const LONG_PADDED: usize = 256;

impl Case {
    /// The case as a Rust function over any backend.
    pub fn to_rust(&self) -> String {
        rust::print(self)
    }

    /// The case as Python, over any namespace `xp` of the Array API standard.
    pub fn to_python(&self) -> String {
        python::print(self)
    }
}

/// The name of a variable.
fn name(case: &Case, v: Var) -> String {
    format!("{}{v}", if (v as usize) < case.inputs.len() { "x" } else { "y" })
}

/// An input as it is printed: what is uploaded, and the calls that cut the layout out of it.
struct Upload {
    array: HostArray,
    layout: Vec<Call<()>>,
    /// Whether there are elements between the elements.
    padded: bool,
}

impl Upload {
    fn of(input: &Input) -> Upload {
        let (array, layout) = lower::spread(&input.array, input.layout);
        let padded = matches!(input.layout, Layout::Step2 | Layout::Window) && !layout.is_empty();
        Upload { array, layout, padded }
    }

    fn long(&self) -> bool {
        self.array.size() > if self.padded { LONG_PADDED } else { LONG }
    }

    /// The bytes of the elements, in C order.
    fn elements(&self) -> impl Iterator<Item = &[u8]> {
        self.array.bytes().chunks_exact(self.array.dtype().size())
    }

    /// Whether this is an element between the elements; those of one byte are short as they are.
    fn filler(&self, element: &[u8]) -> bool {
        self.padded && element.len() > 1 && element.iter().all(|&b| b == 1)
    }

    /// The one element that all are equal to, where that is worth saying.
    fn constant(&self) -> Option<&[u8]> {
        let first = self.elements().next()?;
        (self.array.size() > 8 && self.elements().all(|e| e == first)).then_some(first)
    }
}

/// A list, with line breaks where it is long: a row of the array each, unless rows are very short or long themselves.
fn list(items: &[String], row: usize, indent: &str) -> String {
    if items.len() <= 16 {
        return items.join(", ");
    }
    let lines: Vec<String> =
        items.chunks(if (4..=16).contains(&row) { row } else { 8 }).map(|c| format!("{indent}    {},", c.join(", "))).collect();
    format!("\n{}\n{indent}", lines.join("\n"))
}

/// What stands in for the values of a long array.
fn abbreviated(dtype: DType, first: &[String], count: usize) -> String {
    format!("{count} elements of {dtype}, {}, ...: the replay file has them", first.join(", "))
}
