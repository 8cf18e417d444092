use array_protocol::{Backend, DType, HostArray, Index, Result, idx};
use array_protocol::options::AxisList;
use num_complex::Complex;

fn case<B: Backend>(b: &B) -> Result<()> {
    let x0 = b.upload(&HostArray::from_slice::<f64>([2, 3], &[1.0, 2.0, 3.0, 0.1, 5e-324, f64::NEG_INFINITY])?, None)?;
    const F1: f64 = f64::from_bits(0x0101010101010101); // lies between the elements of x1
    let x1 = b.upload(&HostArray::from_slice::<f64>([2, 6], &[1.0, F1, 2.0, F1, 3.0, F1, 0.1, F1, 5e-324, F1, f64::NEG_INFINITY, F1])?, None)?;
    let x1 = b.getitem(&x1, &idx![Index::Ellipsis, Index::all().step(2)])?;
    let x2 = b.upload(&HostArray::from_slice::<f64>([2, 3], &[3.0, 2.0, 1.0, f64::NEG_INFINITY, 5e-324, 0.1])?, None)?;
    let x2 = b.getitem(&x2, &idx![.., Index::all().step(-1)])?;
    let x3 = b.upload(&HostArray::from_slice::<f64>([2, 3], &[0.1, 5e-324, f64::NEG_INFINITY, 1.0, 2.0, 3.0])?, None)?;
    let x3 = b.getitem(&x3, &idx![Index::all().step(-1), ..])?;
    let x4 = b.upload(&HostArray::from_slice::<f64>([3, 2], &[1.0, 0.1, 2.0, 5e-324, 3.0, f64::NEG_INFINITY])?, None)?;
    let x4 = b.permute_dims(&x4, &AxisList::from_slice(&[1, 0]))?;
    const F5: f64 = f64::from_bits(0x0101010101010101); // lies between the elements of x5
    let x5 = b.upload(&HostArray::from_slice::<f64>([5, 6], &[
        F5, F5, F5, F5, F5, F5,
        F5, 1.0, 2.0, 3.0, F5, F5,
        F5, 0.1, 5e-324, f64::NEG_INFINITY, F5, F5,
        F5, F5, F5, F5, F5, F5,
        F5, F5, F5, F5, F5, F5,
    ])?, None)?;
    let x5 = b.getitem(&x5, &idx![1..3, 1..4])?;
    let x6 = b.upload(&HostArray::from_slice::<f64>([2, 3], &[1.0, 2.0, 3.0, 0.1, 5e-324, f64::NEG_INFINITY])?, None)?;
    const F7: Complex<f32> = Complex::new(f32::from_bits(0x01010101), f32::from_bits(0x01010101)); // lies between the elements of x7
    let x7 = b.upload(&HostArray::from_slice::<Complex<f32>>([4], &[Complex::new(1.0, -0.0), F7, Complex::new(f32::NAN, 0.1), F7])?, None)?;
    let x7 = b.getitem(&x7, &idx![Index::Ellipsis, Index::all().step(2)])?;
    let x8 = b.upload(&HostArray::from_slice::<i16>([4, 100], &[7; 400])?, None)?;
    let x8 = b.permute_dims(&x8, &AxisList::from_slice(&[1, 0]))?;
    // Zeros in place of 100 elements of uint8, 0, 1, 2, 3, ...: the replay file has them.
    let x9 = b.upload(&HostArray::zeros(DType::UInt8, [100])?, None)?;
    // 4 threads run this at the same time over the same inputs.
    let y10 = b.concat(&[&x0, &x1, &x2, &x3, &x4, &x5, &x6], &Some(0))?;
    println!("{:?}", b.download(&y10)?);
    Ok(())
}
