//! NumPy's `.npy` files, versions 1.0 to 3.0: read in either order and either byte order, written in C order, whole or not at all.
//!
//! float16 is NumPy's; bfloat16 has no place in the format.
use crate::{Array, Backend, Bytes, DType, Error, ErrorKind, HostArray, Result, Shape, dlpack};
use std::fs::{self, File, OpenOptions};
use std::io::{BufReader, BufWriter, ErrorKind as IoKind, Read, Write};
use std::path::{Path, PathBuf};

const MAGIC: &[u8; 6] = b"\x93NUMPY";
/// Longer headers are no headers of an array.
const HEADER_LIMIT: u32 = 1 << 20;

fn error(kind: ErrorKind, detail: impl Into<String>) -> Error {
    Error::outside_op(kind).detail(detail)
}

fn malformed(what: &str) -> Error {
    error(ErrorKind::Value, format!("npy: {what}"))
}

fn io(e: &std::io::Error) -> Error {
    match e.kind() {
        IoKind::UnexpectedEof => malformed("the file ends early"),
        _ => error(ErrorKind::Backend, format!("npy: {e}")),
    }
}

/// Names the file in an error.
fn at(path: &Path, e: &Error) -> Error {
    error(e.kind(), format!("{}: {}", path.display(), e.text()))
}

/// Reads one array from a stream, and not a byte beyond it.
///
/// # Errors
/// `Value` (malformed or truncated), `Dtype` (a type outside the specification), `Backend` (the stream failed).
pub fn read(mut from: impl Read) -> Result<HostArray> {
    let mut start = [0; 8];
    from.read_exact(&mut start).map_err(|e| io(&e))?;
    if &start[..6] != MAGIC {
        return Err(malformed("not an npy file"));
    }
    let len = match start[6] {
        1 => {
            let mut len = [0; 2];
            from.read_exact(&mut len).map_err(|e| io(&e))?;
            u32::from(u16::from_le_bytes(len))
        }
        2 | 3 => {
            let mut len = [0; 4];
            from.read_exact(&mut len).map_err(|e| io(&e))?;
            u32::from_le_bytes(len)
        }
        major => return Err(malformed(&format!("version {major}.{} is unknown", start[7]))),
    };
    if len > HEADER_LIMIT {
        return Err(malformed(&format!("a header of {len} bytes")));
    }
    let mut text = vec![0; len as usize];
    from.read_exact(&mut text).map_err(|e| io(&e))?;
    let Header { dtype, swapped, fortran, shape } = Header::parse(&text)?;
    let bytes = shape.checked_size().and_then(|n| n.checked_mul(dtype.size())).filter(|&n| isize::try_from(n).is_ok());
    let wanted = bytes.ok_or_else(|| malformed("more elements than can be addressed").shapes(&[&shape]))?;
    // Grows with what is there: a header alone makes nobody allocate.
    let mut data = vec![];
    from.take(wanted as u64).read_to_end(&mut data).map_err(|e| io(&e))?;
    if data.len() != wanted {
        return Err(malformed(&format!("{} bytes of data instead of {wanted}", data.len())).shapes(&[&shape]).dtypes(&[dtype]));
    }
    if swapped {
        data.chunks_exact_mut(dtype.real().size()).for_each(<[u8]>::reverse);
    }
    let data = Bytes::from_slice(&data);
    if !fortran || shape.rank() < 2 {
        return HostArray::new(dtype, shape, data);
    }
    let (mut step, mut strides) = (1isize, Vec::with_capacity(shape.rank()));
    for &n in shape.iter() {
        strides.push(step);
        step = step.saturating_mul(isize::try_from(n.max(1)).unwrap_or(isize::MAX));
    }
    dlpack::Tensor::from_bytes(data, 0, dtype, &shape, &strides)?.to_host()
}

/// Writes one array to a stream.
///
/// # Errors
/// `Dtype` (bfloat16), `Backend` (the stream failed).
pub fn write(x: &HostArray, mut to: impl Write) -> Result<()> {
    let code = match x.dtype() {
        DType::Bool => 'b',
        DType::BFloat16 => return Err(error(ErrorKind::Dtype, "npy: no such type in the format").dtypes(&[x.dtype()])),
        d if d.is_float() => 'f',
        d if d.is_complex() => 'c',
        d if d.kind() == crate::Kind::Int => 'i',
        _ => 'u',
    };
    let size = x.dtype().size();
    let order = if size == 1 {
        '|'
    } else if cfg!(target_endian = "little") {
        '<'
    } else {
        '>'
    };
    let mut header = format!("{{'descr': '{order}{code}{size}', 'fortran_order': False, 'shape': {}, }}", x.shape());
    // Version 1 as long as its two bytes hold the length, which counts the padding to a multiple of 64 and the final newline.
    let padded = |before: usize| (before + header.len() + 1).next_multiple_of(64) - before;
    let (version, before) = if padded(10) <= usize::from(u16::MAX) { (1, 10) } else { (2, 12) };
    let len = padded(before);
    header.push_str(&" ".repeat(len - header.len() - 1));
    header.push('\n');
    let mut start = MAGIC.to_vec();
    start.extend([version, 0]);
    let len = u32::try_from(len).map_err(|_| error(ErrorKind::Shape, "npy: too many axes"))?;
    start.extend(&len.to_le_bytes()[..before - 8]);
    let all = [&start, header.as_bytes(), x.bytes()];
    all.into_iter().try_for_each(|part| to.write_all(part)).and_then(|()| to.flush()).map_err(|e| io(&e))
}

struct Header {
    dtype: DType,
    swapped: bool,
    fortran: bool,
    shape: Shape,
}

impl Header {
    /// `{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }`, in any order of the keys.
    fn parse(text: &[u8]) -> Result<Header> {
        let text = std::str::from_utf8(text).map_err(|_| malformed("a header that is not text"))?;
        let mut rest = Rest(text.trim_end());
        let (mut descr, mut fortran, mut shape) = (None, None, None);
        rest.expect('{')?;
        while !rest.take('}') {
            let key = rest.string()?;
            rest.expect(':')?;
            let twice = match key {
                "descr" => descr.replace(rest.descr()?).is_some(),
                "fortran_order" => fortran.replace(rest.truth()?).is_some(),
                "shape" => shape.replace(rest.tuple()?).is_some(),
                _ => return Err(malformed(&format!("unknown key `{key}`"))),
            };
            if twice {
                return Err(malformed(&format!("key `{key}` twice")));
            }
            if !rest.take(',') {
                rest.expect('}')?;
                break;
            }
        }
        if !rest.0.is_empty() {
            return Err(malformed("text after the header"));
        }
        let missing = || malformed("a header without descr, fortran_order or shape");
        let (dtype, swapped) = descr.ok_or_else(missing)?;
        Ok(Header { dtype, swapped, fortran: fortran.ok_or_else(missing)?, shape: shape.ok_or_else(missing)? })
    }
}

/// What is left of a header.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    fn take(&mut self, c: char) -> bool {
        let text = self.0.trim_start();
        let found = text.strip_prefix(c);
        self.0 = found.unwrap_or(text);
        found.is_some()
    }

    fn expect(&mut self, c: char) -> Result<()> {
        if self.take(c) { Ok(()) } else { Err(malformed(&format!("`{c}` expected in the header"))) }
    }

    fn string(&mut self) -> Result<&'a str> {
        let quote = if self.take('\'') { '\'' } else { self.expect('"').map(|()| '"')? };
        let (inside, rest) = self.0.split_once(quote).ok_or_else(|| malformed("a string without end"))?;
        self.0 = rest;
        Ok(inside)
    }

    fn truth(&mut self) -> Result<bool> {
        let text = self.0.trim_start();
        for (word, value) in [("True", true), ("False", false)] {
            if let Some(rest) = text.strip_prefix(word) {
                self.0 = rest;
                return Ok(value);
            }
        }
        Err(malformed("fortran_order is neither True nor False"))
    }

    fn tuple(&mut self) -> Result<Shape> {
        self.expect('(')?;
        let mut shape = Shape::scalar();
        while !self.take(')') {
            let text = self.0.trim_start();
            let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
            shape.push(text[..digits].parse().map_err(|_| malformed("a length in the shape"))?);
            self.0 = &text[digits..];
            if !self.take(',') {
                self.expect(')')?;
                break;
            }
        }
        Ok(shape)
    }

    /// dtype, and whether its bytes stand in the other order.
    fn descr(&mut self) -> Result<(DType, bool)> {
        let dtype_error = |what: &str| error(ErrorKind::Dtype, format!("npy: no dtype for {what}"));
        if self.0.trim_start().starts_with(['[', '(']) {
            return Err(dtype_error("records"));
        }
        let text = self.string()?;
        let unknown = || dtype_error(&format!("`{text}`"));
        let (order, name) = text.split_at_checked(1).ok_or_else(unknown)?;
        let dtype = match name {
            "b1" => DType::Bool,
            "i1" => DType::Int8,
            "i2" => DType::Int16,
            "i4" => DType::Int32,
            "i8" => DType::Int64,
            "u1" => DType::UInt8,
            "u2" => DType::UInt16,
            "u4" => DType::UInt32,
            "u8" => DType::UInt64,
            "f2" => DType::Float16,
            "f4" => DType::Float32,
            "f8" => DType::Float64,
            "c8" => DType::Complex64,
            "c16" => DType::Complex128,
            _ => return Err(unknown()),
        };
        let big = match order {
            ">" => true,
            "<" => false,
            "|" | "=" => cfg!(target_endian = "big"),
            _ => return Err(unknown()),
        };
        Ok((dtype, big != cfg!(target_endian = "big")))
    }
}

/// A file beside `path` that is not there yet.
fn beside(path: &Path) -> std::io::Result<(File, PathBuf)> {
    let name = path.file_name().ok_or(IoKind::InvalidInput)?;
    for n in 0u32.. {
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}-{n}.tmp", std::process::id()));
        let candidate = path.with_file_name(hidden);
        match OpenOptions::new().write(true).create_new(true).open(&candidate) {
            Err(e) if e.kind() == IoKind::AlreadyExists => {}
            opened => return Ok((opened?, candidate)),
        }
    }
    Err(IoKind::AlreadyExists.into())
}

impl HostArray {
    /// Reads an `.npy` file.
    ///
    /// # Errors
    /// `Value` (malformed or truncated), `Dtype` (a type outside the specification), `Backend` (the file cannot be read).
    pub fn read_npy(path: impl AsRef<Path>) -> Result<HostArray> {
        let path = path.as_ref();
        let file = File::open(path).map_err(|e| at(path, &io(&e)))?;
        read(BufReader::new(file)).map_err(|e| at(path, &e))
    }

    /// Writes an `.npy` file. It appears whole, or not at all: a file that was there before stays until then.
    ///
    /// # Errors
    /// `Dtype` (bfloat16), `Backend` (the file cannot be written).
    pub fn write_npy(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let (file, temporary) = beside(path).map_err(|e| at(path, &io(&e)))?;
        let mut buffered = BufWriter::new(&file);
        let written =
            write(self, &mut buffered).and_then(|()| file.sync_all().and_then(|()| fs::rename(&temporary, path)).map_err(|e| io(&e)));
        if written.is_err() {
            // Nothing better can be done with a second failure than to report the first.
            let _ = fs::remove_file(&temporary);
        }
        written.map_err(|e| at(path, &e))
    }
}

impl<B: Backend> Array<B> {
    /// Reads an `.npy` file to the backend's default device.
    ///
    /// # Errors
    /// Those of [`HostArray::read_npy`] and [`Array::from_host`].
    pub fn read_npy(backend: &B, path: impl AsRef<Path>) -> Result<Self> {
        Array::from_host(backend, &HostArray::read_npy(path)?)
    }

    /// Writes an `.npy` file, whole or not at all.
    ///
    /// # Errors
    /// Those of [`Array::to_host`] and [`HostArray::write_npy`].
    pub fn write_npy(&self, path: impl AsRef<Path>) -> Result<()> {
        self.to_host()?.write_npy(path)
    }
}
