//! A worker process and its successors: every program gets exactly one verdict, and an incident is blamed on one.
use super::hello::{Hello, Unavailable};
use super::launch::Launch;
use super::link::{Broken, Link, Outgoing};
use super::wire::{self, Prefix};
use super::{Runner, WorkerLimits};
use crate::case::{Incident, Outcome, Program, Verdict};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Instant;

/// Programs in a frame, at most. While the worker runs one frame, the next one is encoded.
const FRAME_CASES: usize = 128;
/// Bytes of arrays in a frame, unless one program has more.
const FRAME_BYTES: usize = 1 << 20;
/// What a worker may write before it says hello.
const MAX_NOISE: usize = 1 << 20;

/// A backend in a child process.
pub struct Worker {
    launch: Launch,
    variables: Vec<(String, String)>,
    limits: WorkerLimits,
    hello: Hello,
    link: Option<Link>,
    /// Why no further process is started.
    given_up: Option<String>,
    next: u64,
    starts: u64,
}

impl Worker {
    /// Starts a worker and waits for its hello.
    ///
    /// # Errors
    /// Why the backend cannot be tested: it does not start, says something else than hello, or says that it is unavailable.
    pub fn start(launch: Launch, limits: WorkerLimits) -> Result<Worker, Unavailable> {
        Worker::start_with(launch, limits, vec![])
    }

    /// [`start`](Self::start), with more variables in the environment of the process, name and value, and of its successors.
    ///
    /// # Errors
    /// Those of [`start`](Self::start).
    pub fn start_with(launch: Launch, limits: WorkerLimits, variables: Vec<(String, String)>) -> Result<Worker, Unavailable> {
        match open(&launch, &variables, &limits) {
            Ok((link, hello)) => Ok(Worker { launch, variables, limits, hello, link: Some(link), given_up: None, next: 0, starts: 1 }),
            Err(reason) => Err(Unavailable { worker: launch.to_string(), reason }),
        }
    }

    /// How it is started.
    pub fn launch(&self) -> &Launch {
        &self.launch
    }

    /// How many processes were started so far.
    pub fn starts(&self) -> u64 {
        self.starts
    }

    /// The running process; a new one after an incident.
    fn link(&mut self) -> Result<&mut Link, String> {
        if self.link.is_none() && self.given_up.is_none() {
            self.starts += 1;
            // Once more before giving up: the system may still be cleaning up after the last one.
            let open = || open(&self.launch, &self.variables, &self.limits);
            match open().or_else(|_| open()) {
                Ok((link, hello)) if hello == self.hello => self.link = Some(link),
                Ok(_) => self.given_up = Some("a new process says another hello than the first".into()),
                Err(reason) => self.given_up = Some(reason),
            }
        }
        match (&mut self.link, &self.given_up) {
            (Some(link), _) => Ok(link),
            (None, reason) => Err(reason.clone().unwrap_or_default()),
        }
    }
}

impl Runner for Worker {
    fn hello(&self) -> &Hello {
        &self.hello
    }

    fn run_to_incident(&mut self, programs: &[Program]) -> Vec<Verdict> {
        let mut verdicts = Vec::with_capacity(programs.len());
        if programs.is_empty() {
            return verdicts;
        }
        let first = self.next;
        self.next += programs.len() as u64;
        let limits = self.limits.clone();
        let link = match self.link() {
            Ok(link) => link,
            Err(reason) => return vec![Verdict::Incident(Incident::Start(reason))],
        };
        let mut outgoing = frames(programs, first);
        for (id, program) in (first..).zip(programs) {
            match answer(link, id, program, &mut outgoing, &limits) {
                Ok(outcome) => verdicts.push(Verdict::Done(outcome)),
                Err(incident) => {
                    verdicts.push(Verdict::Incident(incident));
                    self.link = None;
                    break;
                }
            }
        }
        verdicts
    }
}

/// The programs as frames.
fn frames(programs: &[Program], first: u64) -> Outgoing<'_> {
    let mut at = 0;
    Outgoing::new(move || {
        let rest = &programs[at..];
        let mut bytes = 0;
        let fits = |p: &&Program| {
            bytes += p.inputs.iter().map(|x| x.bytes().len()).sum::<usize>();
            bytes <= FRAME_BYTES
        };
        let count = rest.iter().take(FRAME_CASES).take_while(fits).count().max(1).min(rest.len());
        let id = first + at as u64;
        at += count;
        (count > 0).then(|| wire::encode_batch(&rest[..count], id))
    })
}

/// Waits for the answer to one program.
fn answer(link: &mut Link, id: u64, program: &Program, outgoing: &mut Outgoing<'_>, limits: &WorkerLimits) -> Result<Outcome, Incident> {
    // The parent's own delays do not count: what the worker answered in the meantime is in the pipe.
    let until = Instant::now() + limits.case_deadline;
    let mut read = |link: &mut Link, out: &mut [u8]| link.read_exact(out, until, outgoing);
    let mut read_answer = |link: &mut Link| -> Result<Result<Outcome, String>, Broken> {
        let mut prefix = [0; Prefix::LEN];
        read(link, &mut prefix)?;
        let prefix = match Prefix::decode(&prefix) {
            Ok(prefix) if prefix.body > limits.answer => {
                return Ok(Err(format!("an answer of {} bytes (at most {} are allowed)", prefix.body, limits.answer)));
            }
            Ok(prefix) => prefix,
            Err(text) => return Ok(Err(text)),
        };
        let mut header = vec![0; prefix.header];
        read(link, &mut header)?;
        let (mut outcome, heads) = match wire::decode_answer(&header, prefix.body, id, program) {
            Ok(decoded) => decoded,
            Err(text) => return Ok(Err(text)),
        };
        for head in heads {
            outcome.values.push(match head {
                Some(Ok(meta)) => match meta.read(&mut |out| read(link, out))? {
                    Ok(x) => Some(Ok(x)),
                    Err(text) => return Ok(Err(format!("an array that is none: {text}"))),
                },
                Some(Err(e)) => Some(Err(e)),
                None => None,
            });
        }
        Ok(Ok(outcome))
    };
    match read_answer(link) {
        Ok(Ok(outcome)) => match outcome.lost() {
            Some(text) => Err(Incident::Lost(with_said(text.into(), &link.said()))),
            None => Ok(outcome),
        },
        Ok(Err(text)) => Err(Incident::Protocol(text)),
        Err(Broken::Late) => Err(Incident::Hang),
        Err(Broken::Memory) => Err(Incident::Memory),
        Err(Broken::Ended) => Err(match link.end() {
            (Some(status), said) => Incident::Crash(with_said(ended(status), &said)),
            (None, _) => Incident::Protocol("the worker closed its output and runs on".into()),
        }),
        Err(Broken::Failed(e)) => Err(Incident::Crash(format!("its pipe failed: {e}"))),
    }
}

/// Starts a process and reads its hello.
fn open(launch: &Launch, variables: &[(String, String)], limits: &WorkerLimits) -> Result<(Link, Hello), String> {
    let mut command = launch.command()?;
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    let mut link = Link::start(&mut command, limits.memory).map_err(|e| launch.not_started(&command, &e))?;
    let until = Instant::now() + limits.hello_deadline;
    let mut noise = Noise::default();
    let hello = match read_hello(&mut link, until, &mut noise) {
        Ok(hello) => hello?,
        Err(broken) => {
            let what = match broken {
                Broken::Late => format!("no hello within {:?}", limits.hello_deadline),
                Broken::Memory => "more memory than allowed before hello".into(),
                Broken::Failed(e) => format!("its pipe failed before hello: {e}"),
                Broken::Ended => match link.end() {
                    (Some(status), said) => {
                        let how = format!("no hello: {}{}{}", ended(status), noise.text(), launch.mute(&command));
                        return Err(with_said(how, &said));
                    }
                    (None, _) => "no hello: the worker closed its output".into(),
                },
            };
            return Err(with_said(what + &noise.text(), &link.said()));
        }
    };
    if hello.protocol != wire::PROTOCOL {
        return Err(format!("it speaks version {} of the worker protocol, this harness {}", hello.protocol, wire::PROTOCOL));
    }
    if let Some(mut reason) = hello.unavailable {
        wire::shorten(&mut reason);
        return Err(reason);
    }
    if let Some(memory) = limits.memory {
        link.allow(memory);
    }
    Ok((link, hello))
}

/// What came before the magic: the last bytes to find it, the first ones to tell.
#[derive(Default)]
struct Noise {
    count: usize,
    first: Vec<u8>,
}

impl Noise {
    fn text(&self) -> String {
        if self.count == 0 {
            return String::new();
        }
        format!("; its output begins with `{}`", String::from_utf8_lossy(&self.first).trim())
    }
}

fn read_hello(link: &mut Link, until: Instant, noise: &mut Noise) -> Result<Result<Hello, String>, Broken> {
    let mut outgoing = Outgoing::nothing();
    let mut last = [0; wire::MAGIC.len()];
    while last != *wire::MAGIC {
        let mut byte = [0];
        link.read_exact(&mut byte, until, &mut outgoing)?;
        last.rotate_left(1);
        last[last.len() - 1] = byte[0];
        noise.count += 1;
        if noise.first.len() < 80 {
            noise.first.push(byte[0]);
        }
        if noise.count > MAX_NOISE {
            return Ok(Err(format!("it does not speak the worker protocol{}", noise.text())));
        }
    }
    let mut prefix = [0; Prefix::LEN];
    link.read_exact(&mut prefix, until, &mut outgoing)?;
    let prefix = match Prefix::decode(&prefix) {
        Ok(prefix) if prefix.body == 0 => prefix,
        Ok(_) => return Ok(Err("a hello with a body".into())),
        Err(text) => return Ok(Err(text)),
    };
    let mut header = vec![0; prefix.header];
    link.read_exact(&mut header, until, &mut outgoing)?;
    Ok(serde_json::from_slice(&header).map_err(|e| {
        let start = header[..header.len().min(120)].escape_ascii();
        format!("a hello that cannot be read: {e}; it begins with `{start}`")
    }))
}

/// What the worker said follows in lines of its own.
fn with_said(text: String, said: &str) -> String {
    if said.is_empty() { text } else { format!("{text}\n{said}") }
}

fn ended(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("it ended with exit code {code}"),
        (_, Some(signal)) => format!("it was ended by signal {signal}{}", signal_name(signal)),
        _ => "it ended".into(),
    }
}

fn signal_name(signal: i32) -> &'static str {
    match signal {
        4 => " (SIGILL)",
        6 => " (SIGABRT)",
        8 => " (SIGFPE)",
        9 => " (SIGKILL)",
        11 => " (SIGSEGV)",
        15 => " (SIGTERM)",
        _ => "",
    }
}
