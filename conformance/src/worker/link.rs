//! The parent's ends of the pipes of one worker process: reads with a deadline, while it writes what is still to be sent, swallows
//! standard error and watches memory. One thread polls everything, so no pipe can block another.
use super::wire::Piece;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How often memory is looked at.
const SAMPLE: Duration = Duration::from_millis(20);
/// How much of standard error is kept.
const TAIL: usize = 4096;
/// How long a worker that closed its output may take to end.
const GRACE: Duration = Duration::from_secs(1);

/// Why nothing more can be read.
#[derive(Debug)]
pub(super) enum Broken {
    /// The deadline passed.
    Late,
    /// More memory than allowed.
    Memory,
    /// The output ended.
    Ended,
    /// The pipe failed.
    Failed(io::Error),
}

/// Frames on their way out, encoded when there is room for them.
pub(super) struct Outgoing<'a> {
    pieces: VecDeque<Piece<'a>>,
    /// How much of the first piece has been written.
    at: usize,
    more: Box<dyn FnMut() -> Option<io::Result<Vec<Piece<'a>>>> + 'a>,
    done: bool,
    /// Why the next frame could not be encoded.
    error: Option<io::Error>,
}

impl<'a> Outgoing<'a> {
    /// `more` encodes the next frame.
    pub(super) fn new(more: impl FnMut() -> Option<io::Result<Vec<Piece<'a>>>> + 'a) -> Self {
        Outgoing { pieces: VecDeque::new(), at: 0, more: Box::new(more), done: false, error: None }
    }

    pub(super) fn nothing() -> Self {
        Outgoing { done: true, ..Outgoing::new(|| None) }
    }

    /// Writes until the pipe is full or nothing is left.
    fn write_to(&mut self, pipe: &mut ChildStdin) -> io::Result<()> {
        while !self.done {
            let Some(piece) = self.pieces.front() else {
                match (self.more)() {
                    Some(Ok(frame)) => self.pieces.extend(frame),
                    Some(Err(e)) => (self.error, self.done) = (Some(e), true),
                    None => self.done = true,
                }
                continue;
            };
            let rest = piece.bytes().get(self.at..).unwrap_or_default();
            if rest.is_empty() {
                self.pieces.pop_front();
                self.at = 0;
                continue;
            }
            match pipe.write(rest) {
                Ok(n) => self.at += n,
                Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }
}

/// A running worker process. Dropping it kills it.
pub(super) struct Link {
    child: Child,
    input: Option<ChildStdin>,
    output: ChildStdout,
    errors: Option<ChildStderr>,
    tail: Vec<u8>,
    buffer: Box<[u8]>,
    /// What of the buffer has not been consumed.
    filled: std::ops::Range<usize>,
    memory: Option<u64>,
    sampled: Instant,
}

impl Drop for Link {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Link {
    /// Starts a process. `memory` is what it may hold at most.
    pub(super) fn start(command: &mut Command, memory: Option<u64>) -> io::Result<Link> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(input), Some(output), Some(errors)) = pipes else {
            return Err(io::Error::other("a process without pipes"));
        };
        let link = Link {
            child,
            input: Some(input),
            output,
            errors: Some(errors),
            tail: vec![],
            buffer: vec![0; 1 << 16].into(),
            filled: 0..0,
            memory,
            sampled: Instant::now(),
        };
        if let (Some(input), Some(errors)) = (&link.input, &link.errors) {
            // Of this end alone: the child's ends still block.
            rustix::io::ioctl_fionbio(input, true)?;
            rustix::io::ioctl_fionbio(errors, true)?;
        }
        Ok(link)
    }

    /// From now on the process may hold `more` than it does.
    pub(super) fn allow(&mut self, more: u64) {
        self.memory = resident(self.child.id()).map(|now| now.saturating_add(more));
    }

    /// Fills `out`.
    pub(super) fn read_exact(&mut self, mut out: &mut [u8], until: Instant, outgoing: &mut Outgoing<'_>) -> Result<(), Broken> {
        while !out.is_empty() {
            if self.filled.is_empty() {
                self.wait(until, outgoing)?;
                // Large arrays go straight to where they belong.
                if out.len() >= self.buffer.len() {
                    let n = retry(|| self.output.read(out))?;
                    out = &mut out[n..];
                    continue;
                }
                self.filled = 0..retry(|| self.output.read(&mut self.buffer))?;
            }
            let n = out.len().min(self.filled.len());
            out[..n].copy_from_slice(&self.buffer[self.filled.start..][..n]);
            self.filled.start += n;
            out = &mut out[n..];
        }
        Ok(())
    }

    /// Returns when there is something to read from the output.
    fn wait(&mut self, until: Instant, outgoing: &mut Outgoing<'_>) -> Result<(), Broken> {
        loop {
            let now = Instant::now();
            self.check_memory(now)?;
            let left = until.saturating_duration_since(now);
            // Rounded up: a poll of 0 ns would spin.
            let slice = if self.memory.is_some() { left.min(SAMPLE) } else { left } + Duration::from_micros(1);
            let timeout = Timespec { tv_sec: slice.as_secs() as i64, tv_nsec: slice.subsec_nanos().into() };

            let sending = self.input.as_ref().filter(|_| !outgoing.done);
            let mut fds = [Some(PollFd::new(&self.output, PollFlags::IN)), None, None];
            fds[1] = self.errors.as_ref().map(|e| PollFd::new(e, PollFlags::IN));
            fds[2] = sending.map(|i| PollFd::new(i, PollFlags::OUT));
            let mut list: Vec<PollFd<'_>> = fds.into_iter().flatten().collect();
            match poll(&mut list, Some(&timeout)) {
                Ok(_) => {}
                Err(rustix::io::Errno::INTR) => continue,
                Err(e) => return Err(Broken::Failed(e.into())),
            }
            let ready: Vec<bool> = list.iter().map(|p| !p.revents().is_empty()).collect();
            let (has_errors, has_input) = (self.errors.is_some(), sending.is_some());
            drop(list);

            if has_errors && ready[1] {
                self.read_errors();
            }
            if has_input && ready[1 + usize::from(has_errors)] {
                self.send(outgoing);
                if let Some(e) = outgoing.error.take() {
                    return Err(Broken::Failed(e));
                }
            }
            if ready[0] {
                return Ok(());
            }
            if Instant::now() >= until {
                return Err(Broken::Late);
            }
        }
    }

    fn send(&mut self, outgoing: &mut Outgoing<'_>) {
        let sent = self.input.as_mut().map_or(Ok(()), |input| outgoing.write_to(input));
        if sent.is_err() {
            // The worker does not read any more. What it answered before may still be in the pipe: the reader finds the end.
            self.input = None;
            outgoing.done = true;
        }
    }

    fn check_memory(&mut self, now: Instant) -> Result<(), Broken> {
        let Some(limit) = self.memory else { return Ok(()) };
        if now.duration_since(self.sampled) < SAMPLE {
            return Ok(());
        }
        self.sampled = now;
        if resident(self.child.id()).is_some_and(|bytes| bytes > limit) { Err(Broken::Memory) } else { Ok(()) }
    }

    /// Takes what there is of standard error, at most one pipe full: a flood must not keep the answers waiting.
    fn read_errors(&mut self) {
        let Some(errors) = &mut self.errors else { return };
        let mut chunk = [0; 1 << 13];
        for _ in 0..8 {
            match errors.read(&mut chunk) {
                Ok(0) => {
                    self.errors = None;
                    return;
                }
                Ok(n) => {
                    self.tail.extend_from_slice(&chunk[..n]);
                    let surplus = self.tail.len().saturating_sub(TAIL);
                    self.tail.drain(..surplus);
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    }

    /// How the process ended, if it does within a moment; what it wrote to standard error last.
    pub(super) fn end(&mut self) -> (Option<ExitStatus>, String) {
        // It may wait for the rest of its input.
        self.input = None;
        let until = Instant::now() + GRACE;
        let status = loop {
            self.read_errors();
            match self.child.try_wait() {
                Ok(Some(status)) => break Some(status),
                Ok(None) if Instant::now() < until => std::thread::sleep(Duration::from_micros(200)),
                _ => break None,
            }
        };
        (status, self.said())
    }

    /// The end of standard error, so far.
    pub(super) fn said(&mut self) -> String {
        self.read_errors();
        String::from_utf8_lossy(&self.tail).trim().to_string()
    }
}

fn retry(mut read: impl FnMut() -> io::Result<usize>) -> Result<usize, Broken> {
    loop {
        match read() {
            Ok(0) => return Err(Broken::Ended),
            Ok(n) => return Ok(n),
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => return Err(Broken::Failed(e)),
        }
    }
}

/// Bytes of memory that a process holds; `None` where the system does not tell.
fn resident(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}
