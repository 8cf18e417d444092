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

/// Compiles the kernel that `expression` names.
///
/// # Errors
/// The log of the compiler.
pub(super) fn compile(source: &str, options: &[String], expression: &str) -> Result<Image, String> {
    let text = |s: &str| CString::new(s).map_err(|_| "a NUL in the text of a kernel".to_string());
    let (source, name) = (text(source)?, text(expression)?);
    let program = Program(result::create_program(&source, Some(c"kernels.cu")).map_err(|e| format!("{e:?}"))?);
    let failed = |what: &str, e: result::NvrtcError| format!("{what} {expression}: {e:?}");
    // SAFETY: the program lives, and the name ends in a NUL.
    unsafe { sys::nvrtcAddNameExpression(program.0, name.as_ptr()) }.result().map_err(|e| failed("naming", e))?;
    // SAFETY: the program lives.
    if let Err(e) = unsafe { result::compile_program(program.0, options) } {
        // SAFETY: the program lives, and its log is text that ends in a NUL.
        let log = unsafe { result::get_program_log(program.0) };
        let log: Vec<u8> = log.unwrap_or_default().into_iter().map(|c| c as u8).take_while(|&c| c != 0).collect();
        let log = String::from_utf8_lossy(&log);
        return Err(format!("{}\n{log}", failed("compiling", e)));
    }
    let mut lowered = std::ptr::null();
    // SAFETY: the name was added before compilation; the pointer is to text of the program.
    unsafe { sys::nvrtcGetLoweredName(program.0, name.as_ptr(), &mut lowered) }.result().map_err(|e| failed("finding", e))?;
    // SAFETY: text of the program, which lives.
    let lowered = unsafe { CStr::from_ptr(lowered) }.to_string_lossy().into_owned();
    let mut size = 0;
    // SAFETY: the program lives, and the pointer is to a size.
    unsafe { sys::nvrtcGetCUBINSize(program.0, &mut size) }.result().map_err(|e| failed("reading", e))?;
    let mut code = vec![0u8; size];
    // SAFETY: as many bytes as the compiler asked for.
    unsafe { sys::nvrtcGetCUBIN(program.0, code.as_mut_ptr().cast()) }.result().map_err(|e| failed("reading", e))?;
    Ok(Image { code, name: lowered })
}
