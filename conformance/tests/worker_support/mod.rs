//! A tiny backend on float64, and programs for it.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part")]
use array_protocol::options::AxisList;
use array_protocol::options::{Axes, Device, Reduce};
use array_protocol::{Backend, BinaryOp, Call, DType, Error, ErrorKind, HostArray, Index, IndexingOp, Info, Operand, ReduceOp};
use array_protocol::{Result, SelectOp, Shape, ShapeOp, UnaryOp};
use conformance::case::{Case, Failed, Incident, Outcome, Program, Step, StepResult, Var, Verdict};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// What a backend does when it meets [`TRIGGER`] in `negative`.
pub type Mischief = fn();
/// The value that makes a backend misbehave.
pub const TRIGGER: f64 = 666.0;
/// The value that takes the device away when it is negated, or uploaded with a shape of rank 2: whatever needs the device fails from then on.
pub const LOSS: f64 = -667.5;

/// Adds, negates, assigns. Counts how often it could write in place.
#[derive(Clone)]
pub struct Tiny {
    pub name: &'static str,
    pub mischief: Option<Mischief>,
    pub in_place: Arc<AtomicUsize>,
    lost: Arc<AtomicBool>,
}

impl Tiny {
    pub fn new(name: &'static str, mischief: Option<Mischief>) -> Tiny {
        Tiny { name, mischief, in_place: Arc::default(), lost: Arc::default() }
    }
    /// Whether the device is there, after these values.
    fn alive(&self, x: &[f64]) -> Result<()> {
        match self.lost.fetch_or(x.contains(&LOSS), Ordering::SeqCst) || x.contains(&LOSS) {
            true => Err(Error::outside_op(ErrorKind::Lost).detail("it fell off the bus")),
            false => Ok(()),
        }
    }
    pub fn reused(&self) -> usize {
        self.in_place.load(Ordering::SeqCst)
    }
    fn map(&self, op: UnaryOp, x: &[f64]) -> Result<Vec<f64>> {
        self.alive(x)?;
        match op {
            UnaryOp::Negative => {
                if x.contains(&TRIGGER)
                    && let Some(mischief) = self.mischief
                {
                    mischief();
                }
                Ok(x.iter().map(|v| -v).collect())
            }
            UnaryOp::Sqrt => panic!("sqrt of {x:?}"),
            _ => Err(Error::unsupported(op)),
        }
    }
}

fn data(x: &HostArray) -> Result<&[f64]> {
    x.view::<f64>().ok_or_else(|| Error::outside_op(ErrorKind::Dtype).dtypes(&[x.dtype()]))
}

impl Backend for Tiny {
    type Array = Arc<HostArray>;

    fn info(&self) -> Info {
        Info::new(self.name, "0.1").dtypes(&[DType::Float64]).operations(&["negative", "add", "setitem", "reshape"])
    }
    fn shape<'a>(&self, x: &'a Self::Array) -> &'a Shape {
        x.shape()
    }
    fn dtype(&self, x: &Self::Array) -> DType {
        x.dtype()
    }
    fn upload(&self, x: &HostArray, _: Option<Device>) -> Result<Self::Array> {
        match x.dtype() {
            DType::Int8 => Err(Error::outside_op(ErrorKind::Unsupported).dtypes(&[x.dtype()])),
            DType::Int16 => panic!("no int16"),
            DType::Float64 if x.shape().rank() == 2 => self.alive(data(x)?).map(|()| Arc::new(x.clone())),
            _ => self.alive(&[]).map(|()| Arc::new(x.clone())),
        }
    }
    fn download(&self, x: &Self::Array) -> Result<HostArray> {
        match x.dtype() {
            DType::Int32 => Err(Error::outside_op(ErrorKind::Backend).detail("the bus is down")),
            DType::Int64 => panic!("no way out"),
            _ => self.alive(&[]).map(|()| (**x).clone()),
        }
    }
    fn unary(&self, op: UnaryOp, x: &Self::Array) -> Result<Self::Array> {
        Ok(Arc::new(HostArray::from_slice(x.shape().clone(), &self.map(op, data(x)?)?)?))
    }
    fn unary_assign(&self, op: UnaryOp, x: &mut Self::Array) -> Result<()> {
        let values = self.map(op, data(x)?)?;
        match Arc::get_mut(x).and_then(|x| x.view_mut::<f64>()) {
            Some(place) => {
                self.in_place.fetch_add(1, Ordering::SeqCst);
                place.copy_from_slice(&values);
            }
            None => *x = self.unary(op, x)?,
        }
        Ok(())
    }
    fn binary(&self, op: BinaryOp, x1: Operand<&Self::Array>, x2: Operand<&Self::Array>) -> Result<Self::Array> {
        let (Operand::Array(x1), Operand::Array(x2)) = (x1, x2) else { return Err(Error::unsupported(op)) };
        if x1.shape() != x2.shape() {
            return Err(Error::new(ErrorKind::Shape, op).shapes(&[x1.shape(), x2.shape()]));
        }
        let sum: Vec<f64> = data(x1)?.iter().zip(data(x2)?).map(|(a, b)| a + b).collect();
        Ok(Arc::new(HostArray::from_slice(x1.shape().clone(), &sum)?))
    }
    fn binary_assign(&self, op: BinaryOp, x: &mut Self::Array, x2: Operand<&Self::Array>) -> Result<()> {
        let sum = self.binary(op, Operand::Array(x), x2)?;
        if Arc::get_mut(x).is_some() {
            self.in_place.fetch_add(1, Ordering::SeqCst);
        }
        *x = sum;
        Ok(())
    }
    fn select(&self, _: &Self::Array, _: Operand<&Self::Array>, _: Operand<&Self::Array>) -> Result<Self::Array> {
        Err(Error::unsupported(SelectOp::Where))
    }
    fn reduce(&self, op: ReduceOp, _: &Self::Array, _: &Reduce) -> Result<Self::Array> {
        Err(Error::unsupported(op))
    }
    fn astype(&self, _: &Self::Array, _: &DType) -> Result<Self::Array> {
        Err(Error::unsupported(ShapeOp::Astype))
    }
    fn reshape(&self, x: &Self::Array, shape: &Shape) -> Result<Self::Array> {
        Ok(Arc::new((**x).clone().with_shape(shape.clone())?))
    }
    fn permute_dims(&self, _: &Self::Array, _: &AxisList) -> Result<Self::Array> {
        Err(Error::unsupported(ShapeOp::PermuteDims))
    }
    fn broadcast_to(&self, _: &Self::Array, _: &Shape) -> Result<Self::Array> {
        Err(Error::unsupported(ShapeOp::BroadcastTo))
    }
    fn flip(&self, _: &Self::Array, _: &Axes) -> Result<Self::Array> {
        Err(Error::unsupported(ShapeOp::Flip))
    }
    fn concat(&self, _: &[&Self::Array], _: &Option<i64>) -> Result<Self::Array> {
        Err(Error::unsupported(ShapeOp::Concat))
    }
    fn getitem(&self, _: &Self::Array, _: &[Index<&Self::Array>]) -> Result<Self::Array> {
        Err(Error::unsupported(IndexingOp::Getitem))
    }
    fn setitem(&self, x: &mut Self::Array, key: &[Index<&Self::Array>], value: Operand<&Self::Array>) -> Result<()> {
        let [Index::At(i)] = key else { return Err(Error::unsupported(IndexingOp::Setitem)) };
        let value = match value {
            Operand::Array(v) => data(v)?[0],
            Operand::Scalar(array_protocol::Scalar::Float(f)) => f,
            Operand::Scalar(_) => return Err(Error::unsupported(IndexingOp::Setitem)),
        };
        let i = usize::try_from(*i).map_err(|_| Error::new(ErrorKind::Index, IndexingOp::Setitem))?;
        if Arc::get_mut(x).is_some() {
            self.in_place.fetch_add(1, Ordering::SeqCst);
        }
        let place = Arc::make_mut(x).view_mut::<f64>().and_then(|v| v.get_mut(i));
        *place.ok_or_else(|| Error::new(ErrorKind::Index, IndexingOp::Setitem))? = value;
        Ok(())
    }
    fn nonzero(&self, x: &Self::Array) -> Result<Vec<Self::Array>> {
        Ok(vec![x.clone(); 3])
    }
}

pub fn array(values: &[f64]) -> HostArray {
    HostArray::from_slice([values.len()], values).unwrap()
}
pub fn negative(x: Var) -> Call<Var> {
    Call::Unary { op: UnaryOp::Negative, x }
}
pub fn add(x1: Var, x2: Var) -> Call<Var> {
    Call::Binary { op: BinaryOp::Add, x1: Operand::Array(x1), x2: Operand::Array(x2) }
}
pub fn step(call: Call<Var>, out: &[Var], last_use: &[Var]) -> Step {
    Step { call, out: out.to_vec(), last_use: last_use.to_vec() }
}
pub fn program(inputs: Vec<HostArray>, steps: Vec<Step>, observe: &[Var]) -> Program {
    Program { inputs, steps, observe: observe.to_vec(), threads: 1, prelude: 0 }
}

/// `-[value]`, observed with its argument.
pub fn negate(value: f64) -> Program {
    Case::single(vec![array(&[value])], negative(0), 1).program()
}

/// The values of an answer.
pub fn done(v: &Verdict) -> &Outcome {
    match v {
        Verdict::Done(outcome) => outcome,
        Verdict::Incident(i) => panic!("{i:?}"),
    }
}
pub fn incident(v: &Verdict) -> &Incident {
    match v {
        Verdict::Incident(i) => i,
        Verdict::Done(outcome) => panic!("{outcome:?}"),
    }
}
pub fn value(o: &Outcome, i: usize) -> &[f64] {
    match &o.values[i] {
        Some(Ok(x)) => x.view::<f64>().unwrap(),
        other => panic!("{other:?}"),
    }
}
pub fn error(s: &StepResult) -> &Failed {
    match s {
        StepResult::Error(e) => e,
        other => panic!("{other:?}"),
    }
}
