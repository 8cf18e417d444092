use array_protocol::{Backend, BinaryOp, HostArray, Operand, Result};

fn case<B: Backend>(b: &B) -> Result<()> {
    let x0 = b.upload(&HostArray::from_slice::<f64>([2], &[-7.5, f64::NAN])?, None)?;
    let x1 = b.upload(&HostArray::scalar::<f64>(-0.0), None)?;
    let y2 = b.binary(BinaryOp::FloorDivide, Operand::Array(&x0), Operand::Array(&x1))?;
    println!("{:?}", b.download(&y2)?);
    Ok(())
}
