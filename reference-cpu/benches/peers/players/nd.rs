//! The crate `ndarray`: its own methods, and `Zip` on all threads where it has that.
use crate::rows::Row;
use array_protocol::{DType, Element, HostArray};
use bench::players::local::{Call, Library};
use ndarray::{ArcArray, Array, ArrayD, ArrayView, Dimension, Ix2, IxDyn, LinalgScalar, Zip, arr0};

macro_rules! kinds {
    ($($t:ty = $d:ident),*) => {
        /// An array of a dtype that rows use.
        #[derive(Clone)]
        pub(crate) enum Nd { $( $d(ArcArray<$t, IxDyn>) ),* }

        $( impl From<ArrayD<$t>> for Nd {
            fn from(x: ArrayD<$t>) -> Nd { Nd::$d(x.into_shared()) }
        }
        impl Kind for $t {
            fn get(x: &Nd) -> Option<&ArcArray<$t, IxDyn>> { if let Nd::$d(x) = x { Some(x) } else { None } }
        } )*

        impl Library<Row> for Nd {
            const NAME: &'static str = "ndarray";
            type Array = Nd;
            type Error = String;

            fn upload(&self, x: &HostArray) -> Result<Nd, String> {
                match x.dtype() {
                    $( DType::$d => {
                        let numbers = x.view::<$t>().unwrap_or_default().to_vec();
                        ArrayD::from_shape_vec(x.shape().to_vec(), numbers).map(Nd::from).map_err(|e| e.to_string())
                    } )*
                    other => Err(format!("no {}", other.name())),
                }
            }
            fn download(x: &Nd) -> Result<HostArray, String> {
                match x {
                    $( Nd::$d(x) => HostArray::from_slice(x.shape(), x.as_standard_layout().as_slice().unwrap_or_default()) ),*
                }.map_err(|e| e.to_string())
            }
            fn call(row: &Row) -> Option<Call<Nd, String>> {
                row.ndarray
            }
        }
    };
}

/// An element type of [`Nd`].
pub(crate) trait Kind: Element + Copy {
    fn get(x: &Nd) -> Option<&ArcArray<Self, IxDyn>>;
}

kinds! { bool = Bool, i32 = Int32, i64 = Int64, f32 = Float32, f64 = Float64 }

impl Default for Nd {
    fn default() -> Nd {
        one(0.0f64)
    }
}

/// A view of as many axes as `D` says.
pub(crate) fn view<T: Kind, D: Dimension>(x: &Nd) -> Result<ArrayView<'_, T, D>, String> {
    let x = T::get(x).ok_or_else(|| format!("not {}", T::DTYPE.name()))?;
    x.view().into_dimensionality().map_err(|e| e.to_string())
}

/// A result.
pub(crate) fn put<T: Kind, D: Dimension>(x: Array<T, D>) -> Nd
where
    Nd: From<ArrayD<T>>,
{
    x.into_dyn().into()
}

/// A number as a result.
pub(crate) fn one<T: Kind>(x: T) -> Nd
where
    Nd: From<ArrayD<T>>,
{
    put(arr0(x))
}

/// A function of each element.
pub(crate) fn map<T: Kind, D: Dimension>(x: &[Nd], f: impl Fn(T) -> T + Send + Sync) -> Result<Nd, String>
where
    Nd: From<ArrayD<T>>,
{
    Ok(put(Zip::from(view::<T, D>(&x[0])?).par_map_collect(|&v| f(v))))
}

/// A function of each pair of elements.
pub(crate) fn par2<T: Kind, D: Dimension>(x: &[Nd], f: impl Fn(T, T) -> T + Send + Sync) -> Result<Nd, String>
where
    Nd: From<ArrayD<T>>,
{
    Ok(put(Zip::from(view::<T, D>(&x[0])?).and(view::<T, D>(&x[1])?).par_map_collect(|&a, &b| f(a, b))))
}

/// The product of two matrices.
pub(crate) fn product<T: Kind + LinalgScalar>(x: &[Nd]) -> Result<Nd, String>
where
    Nd: From<ArrayD<T>>,
{
    Ok(put(view::<T, Ix2>(&x[0])?.dot(&view::<T, Ix2>(&x[1])?)))
}
