//! What a manifest may say. `deny_unknown_fields` everywhere.
use crate::{DType, ErrorKind};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The manifest of one operation: `manifests/<category>/<operation>.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of this schema.
    pub manifest: u32,
    /// What the operation is.
    pub operation: Operation,
    /// Its parameters, in order.
    #[serde(default, rename = "parameter")]
    pub parameters: Vec<Parameter>,
    /// What it returns, in order.
    #[serde(rename = "return")]
    pub returns: Vec<Return>,
    /// The dtypes it takes and gives.
    pub dtypes: Dtypes,
    /// How arguments are drawn, where "any valid argument" is not what a check wants.
    #[serde(default)]
    pub draw: Draw,
    /// Aliasing and layout.
    #[serde(default)]
    pub memory: Memory,
    /// Limits of error.
    pub accuracy: Accuracy,
    /// The testable obligations.
    #[serde(default, rename = "clause")]
    pub clauses: Vec<Clause>,
    /// Special values: patterns of arguments, and the result.
    #[serde(default, rename = "special")]
    pub specials: Vec<Special>,
    /// When the operation fails, and how.
    #[serde(default, rename = "error")]
    pub errors: Vec<Failure>,
    /// Literal examples. They are executed.
    #[serde(default, rename = "example")]
    pub examples: Vec<Example>,
}

/// Cross-cutting clauses: `manifests/common/<topic>.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Common {
    /// Version of this schema.
    pub manifest: u32,
    /// The topic, which is the first part of the clause ids.
    pub topic: String,
    /// One sentence.
    pub summary: String,
    /// The obligations, each with `applies`.
    #[serde(rename = "clause")]
    pub clauses: Vec<Clause>,
}

/// The head of a manifest.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    /// The name, as in the list of operations.
    pub name: String,
    /// The family, as in the list of operations.
    pub family: String,
    /// The profile that it belongs to.
    pub profile: String,
    /// The version of the specification that it came with.
    pub since: String,
    /// The version that retired it.
    #[serde(default)]
    pub retired: Option<String>,
    /// Whether a backend must give it, or a default builds it from others.
    pub primitive: bool,
    /// One sentence.
    pub summary: String,
    /// Where it stands in the Python Array API standard.
    pub array_api: ArrayApi,
    /// Anything a reader should know that is not an obligation.
    #[serde(default)]
    pub note: Option<String>,
}

/// The relation to the Python Array API standard.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArrayApi {
    /// The function's name there.
    pub function: String,
    /// The edition.
    pub edition: String,
    /// How the two relate.
    pub relation: Relation,
}

/// How an operation relates to its namesake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// Word for word.
    Same,
    /// Decides what the standard leaves open.
    Refines,
    /// Deviates; the note says where.
    Differs,
    /// Not there.
    Absent,
}

/// One parameter.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// The name.
    pub name: String,
    /// `array`, `operand`, `arrays`, `key`, `integer`, `axis`, `axes`, `dtype`, `shape`, `scalar`, `bool`, `choice`, `device`, `index`.
    #[serde(rename = "type")]
    pub ty: String,
    /// Symbolic shape: `S`, `[..B, m, n]`.
    #[serde(default)]
    pub shape: Option<String>,
    /// Symbolic dtype: `T`.
    #[serde(default)]
    pub dtype: Option<String>,
    /// The default, as written in the standard.
    #[serde(default)]
    pub default: Option<String>,
    /// What it means, where name and type do not say it.
    #[serde(default)]
    pub text: Option<String>,
}

/// One returned array.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Return {
    /// The name.
    pub name: String,
    /// Symbolic shape: `broadcast(S1, S2)`.
    pub shape: String,
    /// Symbolic dtype: `promote(T1, T2)`.
    pub dtype: String,
}

/// The dtypes of an operation.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dtypes {
    /// Accepted for the (first) array parameter. Operations without arrays: the dtypes that can be asked for.
    pub accept: Vec<DType>,
    /// The dtype of the result.
    pub result: ResultRule,
    /// Whether two array parameters of different dtypes promote.
    #[serde(default)]
    pub promotes: bool,
    /// Whether an operand may be a host scalar.
    #[serde(default)]
    pub weak_scalars: bool,
}

/// How the dtype of a result follows from those of the arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResultRule {
    /// That of the argument (after promotion).
    Same,
    /// `bool`.
    Bool,
    /// `int64`.
    Index,
    /// The real dtype of a complex one, else the same.
    Real,
    /// The complex dtype of a real one, else the same.
    Complex,
    /// The table `accumulate`.
    Accumulate,
    /// That which was asked for.
    Asked,
    /// Several results, each as its `return` says.
    Each,
}

/// How arguments are drawn.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Draw {
    /// Values around which a check walks in steps of one ULP (`"1"`, `"-0.5"`, `"0x1p-24"`, `"max"`, `"tiny"`, `"pi/2"`).
    pub edges: Vec<String>,
    /// Where most of the interesting arguments lie, for floats: `[low, high]`.
    pub range: Option<[f64; 2]>,
    /// The range of the second operand, where it differs.
    pub range2: Option<[f64; 2]>,
}

/// Aliasing and layout.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Memory {
    /// Whether a backend may return a view of an argument. Always a value to the caller.
    pub may_view: bool,
}

/// What the error of a result is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Not at all: bits are equal.
    Exact,
    /// Units in the last place of the exact result.
    Ulp,
    /// As a multiple of the forward bound that `bound` states.
    Forward,
    /// As a multiple of the backward bound that `bound` states.
    Backward,
}

/// Limits of error.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accuracy {
    /// The unit of `limit`.
    pub measure: Measure,
    /// By dtype of the (promoted) argument; of the result for operations without arrays. A dtype that is not listed is exact.
    #[serde(default)]
    pub limit: BTreeMap<DType, f64>,
    /// Accepted floating-point dtypes for which the result is exact or correctly rounded although `measure` is not `exact`.
    #[serde(default)]
    pub exact: Vec<DType>,
    /// The bound in words and symbols, for `forward` and `backward`.
    #[serde(default)]
    pub bound: Option<String>,
    /// Where the limit comes from.
    #[serde(default)]
    pub source: Option<String>,
}

/// How binding a clause is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Gates the badge.
    Must,
    /// Reported.
    Should,
    /// The backend states a choice and is held to it.
    Declared,
    /// Cannot be tested, with the reason; counted in public.
    Untestable,
}

/// One testable obligation.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clause {
    /// `<operation or topic>.<slug>`: permanent, never reused.
    pub id: String,
    /// How binding it is.
    pub level: Level,
    /// The version of the specification that it came with.
    pub since: String,
    /// The version that retired it.
    #[serde(default)]
    pub retired: Option<String>,
    /// The obligation.
    pub text: String,
    /// The test of it.
    pub check: Check,
    /// For cross-cutting clauses: which operations it is checked through.
    #[serde(default)]
    pub applies: Applies,
    /// The faults that the check has to catch, by id in the catalogue.
    #[serde(default)]
    pub faults: Vec<String>,
}

/// Which operations a cross-cutting clause is checked through; both empty: it is checked on its own.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Applies {
    /// By family.
    pub families: Vec<String>,
    /// By name.
    pub operations: Vec<String>,
}

/// How a clause is tested.
#[derive(Clone, Debug, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// The recipe.
    pub kind: CheckKind,
    /// Judge only elements whose expected value is of this class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<ElementClass>,
    /// Draw values from this class instead of the whole domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<ValueClass>,
    /// Restrict to these dtypes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dtypes: Option<Vec<DType>>,
    /// `error`: what is wrong with the arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<Wrong>,
    /// `error`: the kind that is demanded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorKind>,
    /// `declared`: the key under which a backend states its choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// `declared`: the choices.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
    /// `quantity`: which one of the operation's quantities (`residual`, `orthonormality`, ...).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<String>,
    /// Numbers of elements (or lengths of the last axis) that must occur.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sizes: Vec<u64>,
    /// An option of the operation that is fixed for the check: `keepdims = "true"`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub with: BTreeMap<String, String>,
    /// `none`: why it cannot be tested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Recipes of checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckKind {
    /// Valid calls; the shape of the results is judged.
    Shape,
    /// Valid calls over all dtypes (and pairs, where they promote, and weak scalars); the dtype is judged.
    Dtype,
    /// Valid calls; every element is judged against the model.
    Value,
    /// Arguments that match the special rows; results are judged against the rows themselves, not the model.
    Special,
    /// Invalid calls; the kind of error is judged.
    Error,
    /// As `value`, on inputs of every layout.
    Layout,
    /// Inputs are observed after the call and must have their old bits; also with one array in two places.
    Unchanged,
    /// The same call twice gives the same bits.
    Repeat,
    /// The same call from several threads on the same arrays gives the same bits as alone.
    Concurrent,
    /// The call on the last handle of an array (in place) equals the call on a shared one.
    Reuse,
    /// A handle cloned before an assignment keeps its value.
    CopyOnWrite,
    /// As `value`, on arguments where the specification leaves a choice; the declared one is demanded.
    Declared,
    /// Upload followed by download gives the same bits.
    Roundtrip,
    /// One of the quantities that the model defines for the operation stays within its bound.
    Quantity,
    /// The examples of the manifest.
    Example,
    /// An identity between operations of the same backend, named by `quantity`.
    Identity,
    /// Not tested; `why` says why.
    None,
}

/// Classes of expected elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ElementClass {
    /// NaN is expected.
    Nan,
    /// An infinity is expected.
    Infinite,
    /// A zero is expected; its sign is judged where the model fixes it.
    Zero,
    /// A finite number is expected.
    Finite,
}

/// Classes of argument values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueClass {
    /// Random bit patterns, special values, edges, small integers: the mixture. The default.
    Any,
    /// Integers of small magnitude.
    Small,
    /// Finite numbers within the manifest's range.
    Range,
    /// NaN, infinities, zeros, the largest and smallest numbers, mixed with ordinary ones.
    Special,
    /// The manifest's edges, and their neighbours.
    Edges,
    /// Very large and very small magnitudes.
    Extreme,
    /// Many equal elements.
    Ties,
}

/// What is wrong with the arguments of an invalid call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Wrong {
    /// Shapes that do not broadcast or fit.
    Shapes,
    /// Too few axes.
    Rank,
    /// A dtype that is not accepted.
    Dtype,
    /// An axis outside `[-rank, rank)`.
    Axis,
    /// An axis named twice.
    RepeatedAxis,
    /// An index outside its axis.
    Index,
    /// More indices than axes.
    TooManyIndices,
    /// A step of 0.
    ZeroStep,
    /// A mask whose shape does not fit.
    Mask,
    /// No elements where at least one is needed.
    Empty,
    /// A device that does not exist.
    Device,
    /// An option whose value is outside its domain.
    Value,
    /// A singular matrix.
    Singular,
}

/// A row of the table of special values: where the arguments have these patterns, the result has that one.
///
/// A pattern is a list of alternatives, separated by ` | `: `nan`, `+inf`, `-inf`, `inf` (both), `+0`, `-0`, `0` (both), `finite`,
/// `finite>0`, `finite<0`, `integer`, `odd`, `even`, `noninteger`, `any`, a bound (`>1`, `<=-1`), an open interval (`-1..1`), or a number
/// (decimal, hexadecimal as in C, `pi`, `pi/2`, `pi/4`, `e`, `ln2`, `max`, `tiny`, `min_subnormal`, `eps`, with a sign or without). In
/// `out` also a parameter (`x1`, `-x1`): the same element of it. A bool is 0 or 1.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Special {
    /// The pattern of each array parameter.
    pub when: BTreeMap<String, String>,
    /// The pattern of the result.
    pub out: String,
    /// For rows that follow a declared choice: `floor_div_inf=python`.
    #[serde(default)]
    pub declared: Option<String>,
    /// The clause that the row belongs to.
    pub clause: String,
}

/// A row of the table of errors.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// The kind.
    pub kind: ErrorKind,
    /// The condition.
    pub when: String,
    /// The clause that the row belongs to.
    pub clause: String,
}

/// A literal example.
///
/// Arrays are `{ dtype, shape?, data }`: `data` holds nested lists (then `shape` follows from them), floats may be hexadecimal text or
/// `"nan"`, complex elements are pairs. Host scalars are `{ scalar = 2 }`. Everything else is as in a case: `axes = [0, -1]`,
/// `key = [{ at = 1 }, { slice = { start = 0, step = 2 } }, "newaxis", "ellipsis", { array = ... }]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// The arguments, by parameter name.
    pub arguments: toml::Table,
    /// The results, by name: arrays as `{ dtype, shape?, data }`; or `{ error = "shape" }`.
    pub returns: toml::Table,
    /// `exact`: bits as written; `limit`: as close as the accuracy section demands.
    #[serde(default)]
    pub compare: Compare,
    /// What it shows.
    #[serde(default)]
    pub text: Option<String>,
}

/// How the results of an example are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compare {
    /// Bit for bit, any NaN equal to any NaN.
    #[default]
    Exact,
    /// Within the accuracy section.
    Limit,
}

/// `tables/promotion.toml`: the dtype in which arrays of different dtypes meet.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Promotion {
    /// Version of this schema.
    pub manifest: u32,
    /// `promotion`.
    pub table: String,
    /// The version of the specification that it came with.
    pub since: String,
    /// One sentence.
    pub summary: String,
    /// Anything a reader should know.
    #[serde(default)]
    pub note: Option<String>,
    /// Dtypes that promote among each other. Two dtypes that share no group: unspecified.
    #[serde(rename = "group")]
    pub groups: Vec<PromotionGroup>,
    /// The arrays that a host scalar may stand beside, by kind of the scalar.
    pub weak: BTreeMap<String, Vec<DType>>,
}

/// Dtypes that promote among each other.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PromotionGroup {
    /// What they have in common.
    pub name: String,
    /// The columns, which are the rows too.
    pub dtypes: Vec<DType>,
    /// One row per dtype: the dtype for each column, or `error` (kind `dtype`).
    pub row: BTreeMap<DType, Vec<String>>,
}

impl Promotion {
    /// The dtype of two arrays together: `Some(Err)` is a `dtype` error, `None` is unspecified.
    pub fn of(&self, x1: DType, x2: DType) -> Option<Result<DType, ErrorKind>> {
        let group = self.groups.iter().find(|g| g.dtypes.contains(&x1) && g.dtypes.contains(&x2))?;
        let column = group.dtypes.iter().position(|&d| d == x2)?;
        let cell = group.row.get(&x1)?.get(column)?;
        Some(DType::from_name(cell).ok_or(ErrorKind::Dtype))
    }
}

/// `tables/accumulate.toml`: the dtype of a sum or product where none is asked for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accumulate {
    /// Version of this schema.
    pub manifest: u32,
    /// `accumulate`.
    pub table: String,
    /// The version of the specification that it came with.
    pub since: String,
    /// One sentence.
    pub summary: String,
    /// By dtype of the argument. A dtype that is not listed is not accepted.
    pub dtype: BTreeMap<DType, DType>,
}
