//! One call as data. `R` is what stands for an array: `&B::Array` to run it, a variable in a case, `&AnyArray` in dispatch.
//!
//! ONE list again: the enum, its mapping and its execution on a backend are made from it, and the compiler holds it against
//! the trait (a missing or renamed method does not compile).
use crate::options::*;
use crate::{Backend, BinaryOp, CreateOp, DType, FftOp, Index, IndexingOp, InterchangeOp, LinalgOp, Op, RandomOp};
use crate::{ReduceOp, Result, Scalar, ScanOp, SelectOp, Shape, ShapeOp, SortOp, UnaryOp};

/// An array, or a host scalar beside an array.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(untagged))]
pub enum Operand<R> {
    /// An array.
    Array(R),
    /// A scalar, which takes the dtype of the array beside it.
    Scalar(Scalar),
}
impl<R> From<R> for Operand<R> {
    fn from(r: R) -> Self {
        Operand::Array(r)
    }
}
impl<R> Operand<R> {
    /// The array, if it is one.
    pub fn array(&self) -> Option<&R> {
        match self {
            Operand::Array(r) => Some(r),
            Operand::Scalar(_) => None,
        }
    }
}

/// What a call gives back.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply<A> {
    /// One array.
    One(A),
    /// Several, in the order of the manifest's `returns`.
    Many(Vec<A>),
}
impl<A> Reply<A> {
    /// The same reply over other arrays.
    pub fn map<S>(self, mut f: impl FnMut(A) -> S) -> Reply<S> {
        match self {
            Reply::One(a) => Reply::One(f(a)),
            Reply::Many(v) => Reply::Many(v.into_iter().map(f).collect()),
        }
    }

    /// The first array.
    ///
    /// # Errors
    /// `Backend` where there is none.
    pub fn one(self) -> Result<A> {
        let first = match self {
            Reply::One(a) => Some(a),
            Reply::Many(v) => v.into_iter().next(),
        };
        first.ok_or_else(|| crate::Error::outside_op(crate::ErrorKind::Backend).detail("a reply without arrays"))
    }

    /// All arrays.
    pub fn into_vec(self) -> Vec<A> {
        match self {
            Reply::One(a) => vec![a],
            Reply::Many(v) => v,
        }
    }
}

/// Return types of the trait's methods, as replies.
pub trait IntoReply<A> {
    /// The reply.
    fn into_reply(self) -> Reply<A>;
}
impl<A> IntoReply<A> for A {
    fn into_reply(self) -> Reply<A> {
        Reply::One(self)
    }
}
impl<A> IntoReply<A> for (A, A) {
    fn into_reply(self) -> Reply<A> {
        Reply::Many(vec![self.0, self.1])
    }
}
impl<A> IntoReply<A> for (A, A, A) {
    fn into_reply(self) -> Reply<A> {
        Reply::Many(vec![self.0, self.1, self.2])
    }
}
impl<A> IntoReply<A> for Vec<A> {
    fn into_reply(self) -> Reply<A> {
        Reply::Many(self)
    }
}

/// A place in a call that holds arrays: one, an operand, a list, a key.
pub trait Place<R> {
    /// The same place over other stand-ins.
    type With<S>;
    /// Replaces every stand-in.
    ///
    /// # Errors
    /// The first that `f` gives.
    fn place<S, E>(self, f: &mut impl FnMut(R) -> Result<S, E>) -> Result<Self::With<S>, E>;
    /// Visits every stand-in.
    fn visit<'a>(&'a self, f: &mut impl FnMut(&'a R))
    where
        R: 'a;
}
impl<R> Place<R> for R {
    type With<S> = S;
    fn place<S, E>(self, f: &mut impl FnMut(R) -> Result<S, E>) -> Result<S, E> {
        f(self)
    }
    fn visit<'a>(&'a self, f: &mut impl FnMut(&'a R))
    where
        R: 'a,
    {
        f(self);
    }
}
impl<R> Place<R> for Operand<R> {
    type With<S> = Operand<S>;
    fn place<S, E>(self, f: &mut impl FnMut(R) -> Result<S, E>) -> Result<Operand<S>, E> {
        Ok(match self {
            Operand::Array(r) => Operand::Array(f(r)?),
            Operand::Scalar(s) => Operand::Scalar(s),
        })
    }
    fn visit<'a>(&'a self, f: &mut impl FnMut(&'a R))
    where
        R: 'a,
    {
        if let Operand::Array(r) = self {
            f(r);
        }
    }
}
impl<R> Place<R> for Option<Operand<R>> {
    type With<S> = Option<Operand<S>>;
    fn place<S, E>(self, f: &mut impl FnMut(R) -> Result<S, E>) -> Result<Option<Operand<S>>, E> {
        self.map(|o| o.place(f)).transpose()
    }
    fn visit<'a>(&'a self, f: &mut impl FnMut(&'a R))
    where
        R: 'a,
    {
        if let Some(o) = self {
            o.visit(f);
        }
    }
}
impl<R> Place<R> for Vec<R> {
    type With<S> = Vec<S>;
    fn place<S, E>(self, f: &mut impl FnMut(R) -> Result<S, E>) -> Result<Vec<S>, E> {
        self.into_iter().map(f).collect()
    }
    fn visit<'a>(&'a self, f: &mut impl FnMut(&'a R))
    where
        R: 'a,
    {
        self.iter().for_each(f);
    }
}
impl<R> Place<R> for Vec<Index<R>> {
    type With<S> = Vec<Index<S>>;
    fn place<S, E>(self, f: &mut impl FnMut(R) -> Result<S, E>) -> Result<Vec<Index<S>>, E> {
        self.into_iter().map(|i| i.try_map(&mut *f)).collect()
    }
    fn visit<'a>(&'a self, f: &mut impl FnMut(&'a R))
    where
        R: 'a,
    {
        for i in self {
            if let Index::Array(r) = i {
                f(r);
            }
        }
    }
}

macro_rules! calls {
    ($( $(#[$doc:meta])* $variant:ident($name:literal) [$($op:ident: $opty:ty)?] ($($arr:ident: $arrty:ty),*) {$($attr:ident: $attrty:ty),*} = $whole:expr => $method:ident; )*) => {
        /// One application of an operation.
        #[derive(Clone, Debug, PartialEq)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(tag = "call"))]
        #[non_exhaustive]
        #[allow(missing_docs, reason = "the fields are the parameters of the trait's method, documented there")]
        pub enum Call<R> {
            $( #[doc = concat!("[`Backend::", stringify!($method), "`](crate::Backend::", stringify!($method), ")")] #[cfg_attr(feature = "serde", serde(rename = $name))] $variant { $($op: $opty,)? $($arr: $arrty,)* $($attr: $attrty),* } ),*
        }
        impl<R> Call<R> {
            /// The operation.
            pub fn op(&self) -> Op { match self { $( Call::$variant { $($op,)? .. } => calls!(@op $($op)?, $whole) ),* } }
            /// Replaces what stands for the arrays.
            ///
            /// # Errors
            /// The first that `f` gives.
            #[inline]
            pub fn try_map<S, E>(self, mut f: impl FnMut(R) -> Result<S, E>) -> Result<Call<S>, E> {
                let _ = &mut f;
                Ok(match self { $( Call::$variant { $($op,)? $($arr,)* $($attr),* } => Call::$variant { $($op,)? $($arr: Place::place($arr, &mut f)?,)* $($attr),* } ),* })
            }
            /// Visits the arrays of the call, in order.
            pub fn arrays<'a>(&'a self, mut f: impl FnMut(&'a R)) {
                let _ = &mut f;
                match self { $( Call::$variant { $($arr,)* .. } => { $( Place::<R>::visit($arr, &mut f); )* } ),* }
            }
        }
        impl<A: Clone> Call<&A> {
            /// Runs the call on a backend: the only `match` from data to methods.
            ///
            /// # Errors
            /// Those of the operation.
            #[inline]
            pub fn apply<B: Backend<Array = A>>(self, b: &B) -> Result<Reply<A>> {
                match self { $( Call::$variant { $($op,)? $($arr,)* $($attr),* } => b.$method($($op,)? $(Argument::argument(&$arr),)* $(&$attr),*).map(IntoReply::into_reply) ),* }
            }
        }
    };
    (@op $op:ident, $whole:expr) => { Op::from(*$op) };
    (@op , $whole:expr) => { Op::from($whole) };
}

/// How a place of a call is handed to a method of the trait.
trait Argument<'a> {
    type As;
    fn argument(&'a self) -> Self::As;
}
impl<'a, A: 'a> Argument<'a> for &'a A {
    type As = &'a A;
    fn argument(&'a self) -> &'a A {
        self
    }
}
impl<'a, A: 'a> Argument<'a> for Operand<&'a A> {
    type As = Operand<&'a A>;
    fn argument(&'a self) -> Operand<&'a A> {
        match self {
            Operand::Array(a) => Operand::Array(*a),
            Operand::Scalar(s) => Operand::Scalar(*s),
        }
    }
}
impl<'a, A: 'a> Argument<'a> for Option<Operand<&'a A>> {
    type As = Option<Operand<&'a A>>;
    fn argument(&'a self) -> Self::As {
        self.as_ref().map(Argument::argument)
    }
}
impl<'a, T: 'a> Argument<'a> for Vec<T> {
    type As = &'a [T];
    fn argument(&'a self) -> &'a [T] {
        self
    }
}

calls! {
    Unary("unary") [op: UnaryOp] (x: R) {} = () => unary;
    Binary("binary") [op: BinaryOp] (x1: Operand<R>, x2: Operand<R>) {} = () => binary;
    Clip("clip") [] (x: R, min: Option<Operand<R>>, max: Option<Operand<R>>) {} = SelectOp::Clip => clip;
    Where("where") [] (condition: R, x1: Operand<R>, x2: Operand<R>) {} = SelectOp::Where => select;
    Reduce("reduce") [op: ReduceOp] (x: R) {how: Reduce} = () => reduce;
    Argmax("argmax") [] (x: R) {how: ArgReduce} = ScanOp::Argmax => argmax;
    CumulativeSum("cumulative_sum") [] (x: R) {how: Scan} = ScanOp::CumulativeSum => cumulative_sum;
    Arange("arange") [] () {how: Arange} = CreateOp::Arange => arange;
    Eye("eye") [] () {how: Eye} = CreateOp::Eye => eye;
    Full("full") [] () {how: Full} = CreateOp::Full => full;
    Linspace("linspace") [] () {how: Linspace} = CreateOp::Linspace => linspace;
    Astype("astype") [] (x: R) {dtype: DType} = ShapeOp::Astype => astype;
    BroadcastTo("broadcast_to") [] (x: R) {shape: Shape} = ShapeOp::BroadcastTo => broadcast_to;
    Concat("concat") [] (arrays: Vec<R>) {axis: Option<i64>} = ShapeOp::Concat => concat;
    Flip("flip") [] (x: R) {axes: Axes} = ShapeOp::Flip => flip;
    PermuteDims("permute_dims") [] (x: R) {axes: AxisList} = ShapeOp::PermuteDims => permute_dims;
    Reshape("reshape") [] (x: R) {shape: Shape} = ShapeOp::Reshape => reshape;
    Roll("roll") [] (x: R) {how: Roll} = ShapeOp::Roll => roll;
    Squeeze("squeeze") [] (x: R) {axes: AxisList} = ShapeOp::Squeeze => squeeze;
    Tril("tril") [] (x: R) {k: i64} = ShapeOp::Tril => tril;
    Getitem("getitem") [] (x: R, key: Vec<Index<R>>) {} = IndexingOp::Getitem => getitem;
    Setitem("setitem") [] (x: R, key: Vec<Index<R>>, value: Operand<R>) {} = IndexingOp::Setitem => with_item;
    Nonzero("nonzero") [] (x: R) {} = IndexingOp::Nonzero => nonzero;
    Take("take") [] (x: R, indices: R) {axis: Option<i64>} = IndexingOp::Take => take;
    Sort("sort") [] (x: R) {how: Sort} = SortOp::Sort => sort;
    Argsort("argsort") [] (x: R) {how: Sort} = SortOp::Argsort => argsort;
    Searchsorted("searchsorted") [] (x1: R, x2: R) {how: Search} = SortOp::Searchsorted => searchsorted;
    UniqueValues("unique_values") [] (x: R) {} = SortOp::UniqueValues => unique_values;
    Matmul("matmul") [] (x1: R, x2: R) {} = LinalgOp::Matmul => matmul;
    Qr("qr") [] (x: R) {how: Qr} = LinalgOp::Qr => qr;
    Solve("solve") [] (x1: R, x2: R) {} = LinalgOp::Solve => solve;
    Svd("svd") [] (x: R) {how: Svd} = LinalgOp::Svd => svd;
    Fft("fft") [op: FftOp] (x: R) {how: Fft} = () => fft;
    Random("random") [op: RandomOp] () {key: Key, how: Random} = () => random;
    ToDevice("to_device") [] (x: R) {device: Device} = InterchangeOp::ToDevice => to_device;
    FromDlpack("from_dlpack") [] (x: R) {} = InterchangeOp::FromDlpack => through_dlpack;
}
