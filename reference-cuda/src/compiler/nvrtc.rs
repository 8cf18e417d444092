//! The run-time compiler.
use crate::driver::Image;
use cudarc::nvrtc::{result, sys};
use std::ffi::{CStr, CString};

/// A program of the compiler, destroyed at the end.
struct Program(sys::nvrtcProgram);

impl Drop for Program {
    fn drop(&mut self) {
        // SAFETY: created by `compile`, destroyed once.
        let _ = unsafe { result::destroy_program(self.0) };
    }
}

/// What became of a text.
pub(super) struct Compiled {
    pub(super) code: Vec<u8>,
    /// The names of the kernels in it, in the order of the expressions.
    pub(super) names: Vec<String>,
    /// What the compiler had to say.
    pub(super) log: String,
}

/// Compiles the kernel that `expression` names.
///
/// # Errors
/// The log of the compiler.
pub(super) fn compile(source: &str, options: &[String], expression: &str) -> Result<Image, String> {
    let Compiled { code, names, .. } = compile_all(source, options, &[expression])?;
    let name = names.into_iter().next().ok_or("a compiled kernel without a name")?;
    Ok(Image { code, name })
}

/// Compiles the kernels that the expressions name, together.
///
/// # Errors
/// The log of the compiler.
pub(super) fn compile_all(source: &str, options: &[String], expressions: &[&str]) -> Result<Compiled, String> {
    let text = |s: &str| CString::new(s).map_err(|_| "a NUL in the text of a kernel".to_string());
    let source = text(source)?;
    let program = Program(result::create_program(&source, Some(c"kernels.cu")).map_err(|e| format!("{e:?}"))?);
    let all = expressions.join(", ");
    let failed = |what: &str, e: result::NvrtcError| format!("{what} {all}: {e:?}");
    let names = expressions.iter().map(|e| text(e)).collect::<Result<Vec<_>, _>>()?;
    for name in &names {
        // SAFETY: the program lives, and the name ends in a NUL.
        unsafe { sys::nvrtcAddNameExpression(program.0, name.as_ptr()) }.result().map_err(|e| failed("naming", e))?;
    }
    // SAFETY: the program lives.
    let done = unsafe { result::compile_program(program.0, options) };
    // SAFETY: the program lives, and its log is text that ends in a NUL.
    let log = unsafe { result::get_program_log(program.0) };
    let log: Vec<u8> = log.unwrap_or_default().into_iter().map(|c| c as u8).take_while(|&c| c != 0).collect();
    let log = String::from_utf8_lossy(&log).into_owned();
    done.map_err(|e| format!("{}\n{log}", failed("compiling", e)))?;
    let lowered = |name: &CString| {
        let mut lowered = std::ptr::null();
        // SAFETY: the name was added before compilation; the pointer is to text of the program.
        unsafe { sys::nvrtcGetLoweredName(program.0, name.as_ptr(), &mut lowered) }.result().map_err(|e| failed("finding", e))?;
        // SAFETY: text of the program, which lives.
        Ok(unsafe { CStr::from_ptr(lowered) }.to_string_lossy().into_owned())
    };
    let names = names.iter().map(lowered).collect::<Result<Vec<_>, String>>()?;
    let mut size = 0;
    // SAFETY: the program lives, and the pointer is to a size.
    unsafe { sys::nvrtcGetCUBINSize(program.0, &mut size) }.result().map_err(|e| failed("reading", e))?;
    let mut code = vec![0u8; size];
    // SAFETY: as many bytes as the compiler asked for.
    unsafe { sys::nvrtcGetCUBIN(program.0, code.as_mut_ptr().cast()) }.result().map_err(|e| failed("reading", e))?;
    Ok(Compiled { code, names, log })
}
