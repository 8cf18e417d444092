//! Writing a journal, and reading one back only if it is whole.
use super::{CheckRecord, End, Record, Start, Status};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::io::{self, Write};
use std::path::Path;

/// The version of the format.
pub const JOURNAL_FORMAT: u32 = 1;

/// A complete journal: every planned check has one verdict, and the digest is right.
#[derive(Clone, Debug, PartialEq)]
pub struct Journal {
    /// The first line.
    pub start: Start,
    /// The verdicts, in the order of the plan.
    pub checks: Vec<CheckRecord>,
    /// The last line.
    pub end: End,
}

impl Journal {
    /// A journal from what would be its lines, with the end that belongs to them.
    ///
    /// # Errors
    /// As for [`read_journal`]: a missing or doubled verdict.
    pub fn new(start: Start, checks: Vec<CheckRecord>) -> Result<Journal, JournalError> {
        let mut text = vec![];
        let mut writer = JournalWriter::new(&mut text, &start)?;
        checks.iter().try_for_each(|c| writer.check(c))?;
        writer.finish()?;
        parse_journal(&text)
    }

    /// How many checks ended so.
    pub fn count(&self, status: Status) -> u64 {
        self.end.counts.get(&status).copied().unwrap_or(0)
    }
}

/// Appends records to a journal, one line each, flushed so that a crash loses nothing that was judged.
#[derive(Debug)]
pub struct JournalWriter<W: Write> {
    out: W,
    digest: Sha256,
    counts: BTreeMap<Status, u64>,
}

impl JournalWriter<io::BufWriter<std::fs::File>> {
    /// Starts a new file (an old one of that name goes away).
    ///
    /// # Errors
    /// Those of writing.
    pub fn create(path: &Path, start: &Start) -> io::Result<Self> {
        JournalWriter::new(io::BufWriter::new(std::fs::File::create(path)?), start)
    }
}

impl<W: Write> JournalWriter<W> {
    /// Starts a journal.
    ///
    /// # Errors
    /// Those of writing.
    pub fn new(out: W, start: &Start) -> io::Result<Self> {
        let mut writer = JournalWriter { out, digest: Sha256::new(), counts: BTreeMap::new() };
        writer.line(&Record::Start(start.clone()))?;
        Ok(writer)
    }

    /// Appends a verdict.
    ///
    /// # Errors
    /// Those of writing.
    pub fn check(&mut self, record: &CheckRecord) -> io::Result<()> {
        *self.counts.entry(record.status).or_default() += 1;
        self.line(&Record::Check(record.clone()))
    }

    /// Appends the last line, which makes the journal complete.
    ///
    /// # Errors
    /// Those of writing.
    pub fn finish(mut self) -> io::Result<End> {
        let end = End { counts: std::mem::take(&mut self.counts), digest: hex(self.digest.clone()) };
        self.line(&Record::End(end.clone()))?;
        Ok(end)
    }

    fn line(&mut self, record: &Record) -> io::Result<()> {
        let mut line = serde_json::to_vec(record)?;
        line.push(b'\n');
        self.digest.update(&line);
        self.out.write_all(&line)?;
        self.out.flush()
    }
}

/// Why a file is not a complete journal. Lines count from 1.
#[derive(Debug)]
pub enum JournalError {
    /// It cannot be read or written.
    Io(String, io::Error),
    /// There is nothing in it.
    Empty,
    /// It starts with something else.
    NotAJournal(String),
    /// Written by another version.
    Format(u32),
    /// A line that is no record.
    Record(usize, String),
    /// A record of a kind that this version does not know.
    Unknown(usize, String),
    /// It has no end: the run was interrupted, or the file was cut.
    Truncated {
        /// Verdicts that are there.
        found: u64,
        /// Checks that were planned.
        planned: u64,
    },
    /// Lines follow the end, or a second start.
    Misplaced(usize),
    /// Two verdicts for one check.
    Duplicate {
        /// The check.
        id: String,
        /// The line of the first.
        first: usize,
        /// The line of the second.
        second: usize,
    },
    /// It has another number of verdicts than checks were planned. Missing is failure.
    Missing {
        /// Verdicts that are there.
        found: u64,
        /// Checks that were planned.
        planned: u64,
    },
    /// The end counts other verdicts than there are.
    Counts(Status, u64, u64),
    /// The bytes are not those that were written.
    Digest {
        /// As the last line says.
        stated: String,
        /// As computed.
        found: String,
    },
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JournalError::Io(path, e) if path.is_empty() => write!(f, "journal: {e}"),
            JournalError::Io(path, e) => write!(f, "{path}: {e}"),
            JournalError::Empty => f.write_str("the journal is empty"),
            JournalError::NotAJournal(why) => write!(f, "not a journal: the first line is no `start` record ({why})"),
            JournalError::Format(v) => write!(f, "the journal has format {v}; this reads format {JOURNAL_FORMAT}"),
            JournalError::Record(line, why) => write!(f, "line {line} of the journal is no record: {why}"),
            JournalError::Unknown(line, name) => write!(f, "line {line} of the journal is of unknown kind `{name}`"),
            JournalError::Truncated { found, planned } => {
                write!(f, "the journal is truncated: {found} of {planned} verdicts and no `end` record; the run has to be repeated")
            }
            JournalError::Misplaced(line) => write!(f, "line {line} of the journal is a `start` after the first or follows the `end`"),
            JournalError::Duplicate { id, first, second } => {
                write!(f, "check `{id}` has two verdicts, in lines {first} and {second} of the journal")
            }
            JournalError::Missing { found, planned } => write!(f, "the journal has {found} verdicts for {planned} planned checks"),
            JournalError::Counts(status, stated, found) => {
                write!(f, "the end of the journal counts {stated} checks as {}, but it holds {found}", status.name())
            }
            JournalError::Digest { stated, found } => {
                write!(f, "the journal was changed: its lines have SHA-256 {found}, but its end says {stated}")
            }
        }
    }
}
impl std::error::Error for JournalError {}
impl From<io::Error> for JournalError {
    fn from(e: io::Error) -> Self {
        JournalError::Io(String::new(), e)
    }
}

/// Reads a journal and makes sure that it is whole.
///
/// # Errors
/// Whatever is wrong with it; a journal that is not complete is not a journal.
pub fn read_journal(path: &Path) -> Result<Journal, JournalError> {
    let bytes = std::fs::read(path).map_err(|e| JournalError::Io(path.display().to_string(), e))?;
    parse_journal(&bytes)
}

/// As [`read_journal`], from bytes.
///
/// # Errors
/// As for [`read_journal`].
pub fn parse_journal(bytes: &[u8]) -> Result<Journal, JournalError> {
    if bytes.is_empty() {
        return Err(JournalError::Empty);
    }
    let (mut start, mut end) = (None::<Start>, None::<End>);
    let mut checks: Vec<CheckRecord> = vec![];
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut digest = Sha256::new();
    let truncated =
        |start: Option<&Start>, found: usize| JournalError::Truncated { found: found as u64, planned: start.map_or(0, |s| s.planned) };
    for (i, line) in bytes.split_inclusive(|&b| b == b'\n').enumerate() {
        let number = i + 1;
        // A record that was cut off in the middle has no line feed.
        if start.is_some() && line.last() != Some(&b'\n') {
            return Err(truncated(start.as_ref(), checks.len()));
        }
        let record = record(line, number).map_err(|e| if start.is_none() { JournalError::NotAJournal(e.to_string()) } else { e })?;
        match record {
            _ if end.is_some() => return Err(JournalError::Misplaced(number)),
            Record::Start(s) if start.is_none() => {
                if s.journal != JOURNAL_FORMAT {
                    return Err(JournalError::Format(s.journal));
                }
                start = Some(s);
            }
            Record::Start(_) => return Err(JournalError::Misplaced(number)),
            _ if start.is_none() => return Err(JournalError::NotAJournal("it is another record".into())),
            Record::Check(check) => {
                if let Some(first) = seen.insert(check.id.clone(), number) {
                    return Err(JournalError::Duplicate { id: check.id, first, second: number });
                }
                checks.push(check);
            }
            Record::End(e) => {
                let found = hex(digest.clone());
                if e.digest != found {
                    return Err(JournalError::Digest { stated: e.digest, found });
                }
                end = Some(e);
            }
        }
        digest.update(line);
    }
    let (Some(start), Some(end)) = (start.clone(), end) else {
        return Err(truncated(start.as_ref(), checks.len()));
    };
    if checks.len() as u64 != start.planned {
        return Err(JournalError::Missing { found: checks.len() as u64, planned: start.planned });
    }
    for &status in Status::ALL {
        let found = checks.iter().filter(|c| c.status == status).count() as u64;
        let stated = end.counts.get(&status).copied().unwrap_or(0);
        if stated != found {
            return Err(JournalError::Counts(status, stated, found));
        }
    }
    Ok(Journal { start, checks, end })
}

/// One line. The kind is looked at first: a newer kind of record gets its own message.
fn record(line: &[u8], number: usize) -> Result<Record, JournalError> {
    let value: serde_json::Value = serde_json::from_slice(line).map_err(|e| JournalError::Record(number, e.to_string()))?;
    match value.get("record").and_then(serde_json::Value::as_str) {
        Some("start" | "check" | "end") => serde_json::from_value(value).map_err(|e| JournalError::Record(number, e.to_string())),
        Some(other) => Err(JournalError::Unknown(number, other.escape_debug().to_string())),
        None => Err(JournalError::Record(number, "there is no `record`".into())),
    }
}

/// A digest, as it is written everywhere.
pub(crate) fn hex(digest: Sha256) -> String {
    digest.finalize().iter().map(|b| format!("{b:02x}")).collect()
}
