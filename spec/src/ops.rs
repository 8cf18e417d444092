//! The ONE list of operations. Enums, names, families and `Op` are made from it; a test holds it against the manifests.

macro_rules! operations {
    ($( $(#[$doc:meta])* $variant:ident($family:ident) = $family_name:literal { $( $op:ident = $name:literal ),* $(,)? } )*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
            #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
            #[non_exhaustive]
            pub enum $family {
                $( #[doc = concat!("`", $name, "`")] #[cfg_attr(feature = "serde", serde(rename = $name))] $op ),*
            }
            impl $family {
                /// Every operation of the family, in the order of the list.
                pub const ALL: &'static [Self] = &[$( Self::$op ),*];
                /// The name in the specification.
                pub const fn name(self) -> &'static str { match self { $( Self::$op => $name ),* } }
            }
            impl From<$family> for Op { fn from(op: $family) -> Op { Op::$variant(op) } }
        )*

        /// Any operation of the specification.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Op { $( $(#[$doc])* $variant($family) ),* }

        impl Op {
            /// Every operation, in the order of the list.
            pub fn all() -> impl Iterator<Item = Op> {
                [$( $family::ALL.iter().map(|&op| Op::$variant(op)).collect::<Vec<_>>() ),*].into_iter().flatten()
            }
            /// The name in the specification.
            pub const fn name(self) -> &'static str { match self { $( Op::$variant(op) => op.name() ),* } }
            /// The name of the family.
            pub const fn family(self) -> &'static str { match self { $( Op::$variant(_) => $family_name ),* } }
        }
    };
}

operations! {
    /// One array in, one of the same shape out.
    Unary(UnaryOp) = "unary" {
        Abs = "abs", Cos = "cos", Exp = "exp", Expm1 = "expm1", IsNan = "isnan", Log = "log", Log1p = "log1p",
        Negative = "negative", Round = "round", Sign = "sign", Sin = "sin", Sqrt = "sqrt", Tanh = "tanh",
    }
    /// Two broadcast operands in, one array out.
    Binary(BinaryOp) = "binary" {
        Add = "add", Atan2 = "atan2", BitwiseLeftShift = "bitwise_left_shift", BitwiseXor = "bitwise_xor", Copysign = "copysign",
        Divide = "divide", Equal = "equal", FloorDivide = "floor_divide", Hypot = "hypot", Less = "less", LogicalAnd = "logical_and",
        Maximum = "maximum", Multiply = "multiply", Pow = "pow", Remainder = "remainder", Subtract = "subtract",
    }
    /// Three or more operands, element by element.
    Select(SelectOp) = "select" { Clip = "clip", Where = "where" }
    /// Many elements along axes become one.
    Reduce(ReduceOp) = "reduce" {
        All = "all", CountNonzero = "count_nonzero", Max = "max", Mean = "mean", Prod = "prod", Std = "std", Sum = "sum", Var = "var",
    }
    /// Positions and running results along one axis.
    Scan(ScanOp) = "scan" { Argmax = "argmax", CumulativeSum = "cumulative_sum" }
    /// Arrays from nothing but options.
    Create(CreateOp) = "create" { Arange = "arange", Eye = "eye", Full = "full", Linspace = "linspace" }
    /// Elements move, none is computed.
    Shape(ShapeOp) = "shape" {
        Astype = "astype", BroadcastTo = "broadcast_to", Concat = "concat", Flip = "flip", PermuteDims = "permute_dims",
        Reshape = "reshape", Roll = "roll", Squeeze = "squeeze", Tril = "tril",
    }
    /// Elements chosen by position or by mask.
    Indexing(IndexingOp) = "indexing" { Getitem = "getitem", Nonzero = "nonzero", Setitem = "setitem", Take = "take" }
    /// Order, search, sets.
    Sort(SortOp) = "sort" { Argsort = "argsort", Searchsorted = "searchsorted", Sort = "sort", UniqueValues = "unique_values" }
    /// Linear algebra over the last two axes.
    Linalg(LinalgOp) = "linalg" { Matmul = "matmul", Qr = "qr", Solve = "solve", Svd = "svd" }
    /// Discrete Fourier transforms along one axis.
    Fft(FftOp) = "fft" { Fft = "fft", Rfft = "rfft" }
    /// Counter-based random numbers.
    Random(RandomOp) = "random" { Uniform = "uniform" }
    /// Data in, out, and between devices and libraries.
    Interchange(InterchangeOp) = "interchange" {
        Download = "download", FromDlpack = "from_dlpack", ToDevice = "to_device", Upload = "upload",
    }
}

impl Op {
    /// The operation of that name.
    pub fn from_name(name: &str) -> Option<Op> {
        Op::all().find(|op| op.name() == name)
    }
}
impl std::fmt::Display for Op {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
