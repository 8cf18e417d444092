//! The life of a worker process.
use super::execute::{Panics, execute_with, quietly};
use super::hello::Hello;
use super::wire::{self, Piece, Prefix};
use array_protocol::Backend;
use std::convert::Infallible;
use std::fmt::Display;
use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::os::fd::AsFd;

/// The environment variable that makes a program a worker, and names the backend that it shall serve.
pub const WORKER_ENV: &str = "CONFORMANCE_WORKER";

/// The backend that this process was started to serve, if it was started as a worker. A program that certifies backends by executing
/// itself asks this first of all.
pub fn requested() -> Option<String> {
    std::env::var(WORKER_ENV).ok()
}

/// Serves a backend over standard input and output until the input ends.
///
/// The process belongs to the worker from then on: panics are silent, standard input is empty and standard output goes to standard
/// error, so that nothing a backend prints can get into a frame.
///
/// # Errors
/// Those of the pipes, and input that is not a batch of cases.
pub fn serve<B: Backend>(backend: B) -> io::Result<()> {
    serve_with(|| Ok::<_, Infallible>(backend))
}

/// [`serve`] for a backend that may fail to open: the failure is reported as *unavailable*, with its text.
///
/// # Errors
/// Those of [`serve`].
pub fn serve_with<B: Backend, E: Display>(open: impl FnOnce() -> Result<B, E>) -> io::Result<()> {
    let (input, mut output) = claim_pipes()?;
    let panics = Panics::hook();
    output.write_all(wire::MAGIC)?;
    let opened = quietly(&panics, || {
        let backend = open().map_err(|e| e.to_string())?;
        let info = backend.info();
        Ok((backend, info))
    });
    let hello = Hello { protocol: wire::PROTOCOL, error_kinds: true, threads: true, ..Hello::default() };
    match opened.unwrap_or_else(|text| Err(format!("panicked while it was opened: {text}"))) {
        Ok((backend, info)) => {
            output.write_all(&wire::plain_frame(&Hello { info, ..hello })?)?;
            answer_all(&backend, input, output, &panics)
        }
        Err(reason) => output.write_all(&wire::plain_frame(&Hello { unavailable: Some(reason), ..hello })?),
    }
}

/// Private duplicates of standard input and output; the standard ones lead nowhere and to standard error.
fn claim_pipes() -> io::Result<(File, File)> {
    let input = io::stdin().as_fd().try_clone_to_owned()?;
    let output = io::stdout().as_fd().try_clone_to_owned()?;
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    rustix::stdio::dup2_stdout(io::stderr())?;
    Ok((input.into(), output.into()))
}

fn answer_all<B: Backend>(backend: &B, input: File, mut output: File, panics: &Panics) -> io::Result<()> {
    let mut input = BufReader::with_capacity(1 << 16, input);
    let wrong = |text: String| io::Error::new(io::ErrorKind::InvalidData, text);
    loop {
        let mut prefix = [0; Prefix::LEN];
        match input.read_exact(&mut prefix) {
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            other => other?,
        }
        let prefix = Prefix::decode(&prefix).map_err(wrong)?;
        let mut header = vec![0; prefix.header];
        input.read_exact(&mut header)?;
        let (batch, body) = wire::decode_batch(&header).map_err(wrong)?;
        if body != prefix.body {
            return Err(wrong(format!("a body of {} bytes for arrays of {body}", prefix.body)));
        }
        for mut case in batch {
            for meta in &case.inputs {
                let x = meta.read(&mut |out| input.read_exact(out))?.map_err(wrong)?;
                case.program.inputs.push(x);
            }
            let outcome = execute_with(backend, &case.program, &case.refused, panics);
            // One answer per case, not buffered: the first that is missing after a death is the case to blame.
            for piece in wire::encode_answer(case.id, &outcome)? {
                output.write_all(match &piece {
                    Piece::Owned(bytes) => bytes,
                    Piece::Array(bytes) => bytes,
                })?;
            }
        }
    }
}
