//! Ways to start a worker.
use super::serve::WORKER_ENV;
use array_protocol::SPEC_VERSION;
use std::fmt;
use std::path::PathBuf;
use std::process::Command;

/// The worker for Python libraries, shipped inside the package.
const PYTHON: &str = include_str!("../../python/worker.py");
/// The environment variable that names the Python interpreter.
pub const PYTHON_ENV: &str = "CONFORMANCE_PYTHON";
/// The environment variable that tells a worker which version of the specification it is tested against.
pub const SPEC_ENV: &str = "CONFORMANCE_SPEC";

/// How to start a worker.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Launch {
    /// This very program, executed again; it finds the name of the backend in [`requested`](super::requested) and serves it.
    Own(String),
    /// A Python module with the namespace of the Array API standard, behind the script that comes with this package.
    Python(String),
    /// A program that speaks the worker protocol, and its arguments.
    Exec(Vec<String>),
}

impl Launch {
    /// `python:numpy`, `exec:./my-worker --flag`, or one of the names in `own`.
    ///
    /// # Errors
    /// What is wrong with the text, and what would be right.
    pub fn parse(text: &str, own: &[&str]) -> Result<Launch, String> {
        match text.split_once(':') {
            Some(("python", module)) => {
                let name = |part: &str| !part.is_empty() && part.chars().all(|c| c == '_' || c.is_alphanumeric());
                if module.split('.').all(name) {
                    Ok(Launch::Python(module.into()))
                } else {
                    Err(format!("`{text}`: `{module}` is not the name of a Python module (as in `python:numpy` or `python:jax.numpy`)"))
                }
            }
            Some(("exec", command)) => match split(command) {
                Ok(words) if words.is_empty() => Err(format!("`{text}` names no program (as in `exec:./my-worker --flag`)")),
                Ok(words) => Ok(Launch::Exec(words)),
                Err(why) => Err(format!("`{text}`: {why}")),
            },
            _ if own.contains(&text) => Ok(Launch::Own(text.into())),
            _ => {
                let own = if own.is_empty() { String::new() } else { format!(" ({})", own.join(", ")) };
                Err(format!("`{text}` is neither a built-in backend{own} nor `python:MODULE` nor `exec:COMMAND`"))
            }
        }
    }

    /// The command, with its arguments and environment.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn command(&self) -> Result<Command, String> {
        let mut command = match self {
            Launch::Own(name) => {
                // A program that forgets to serve would start itself without end.
                if std::env::var_os(WORKER_ENV).is_some() {
                    return Err(format!(
                        "this process is a worker itself ({WORKER_ENV} is set): it has to serve before it does anything else"
                    ));
                }
                let mut command = Command::new(own_program()?);
                command.env(WORKER_ENV, name);
                command
            }
            Launch::Python(module) => {
                let python = std::env::var_os(PYTHON_ENV).filter(|p| !p.is_empty()).unwrap_or_else(|| "python3".into());
                let mut command = Command::new(python);
                // The fault handler names the Python function in which a library crashed.
                command.args(["-X", "faulthandler", "-c", PYTHON, module]);
                command
            }
            Launch::Exec(words) => {
                let (program, arguments) = words.split_first().ok_or("no program is named")?;
                let mut command = Command::new(program);
                command.args(arguments);
                command
            }
        };
        command.env(SPEC_ENV, SPEC_VERSION);
        // The end of standard error is kept: a backtrace would push the message out of it.
        command.env("RUST_BACKTRACE", "0");
        Ok(command)
    }

    /// What to tell where the program cannot be executed.
    pub(super) fn not_started(&self, command: &Command, error: &std::io::Error) -> String {
        let hint = match self {
            Launch::Python(_) => format!("; set {PYTHON_ENV} to a Python interpreter"),
            _ => String::new(),
        };
        format!("`{}` cannot be executed: {error}{hint}", command.get_program().to_string_lossy())
    }

    /// What to ask where the program ended without a word of the protocol.
    pub(super) fn mute(&self, command: &Command) -> String {
        match self {
            Launch::Python(_) => {
                format!("; is `{}` a Python interpreter? {PYTHON_ENV} names another", command.get_program().to_string_lossy())
            }
            _ => String::new(),
        }
    }
}

/// The running program, even if its file was replaced in the meantime.
fn own_program() -> Result<PathBuf, String> {
    match std::env::current_exe() {
        Ok(path) if path.exists() => Ok(path),
        _ if cfg!(target_os = "linux") => Ok("/proc/self/exe".into()),
        Ok(path) => Err(format!("`{}`, which is this program, is gone", path.display())),
        Err(e) => Err(format!("this program does not know its own file: {e}")),
    }
}

impl fmt::Display for Launch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Launch::Own(name) => f.write_str(name),
            Launch::Python(module) => write!(f, "python:{module}"),
            Launch::Exec(words) => {
                let quote = |w: &String| {
                    let plain = !w.is_empty() && w.chars().all(|c| c.is_alphanumeric() || "-_./=+,:@%".contains(c));
                    if plain { w.clone() } else { format!("'{}'", w.replace('\'', r"'\''")) }
                };
                write!(f, "exec:{}", words.iter().map(quote).collect::<Vec<_>>().join(" "))
            }
        }
    }
}

/// Words as a shell splits them: blanks, single and double quotes, backslashes. Nothing is expanded.
fn split(text: &str) -> Result<Vec<String>, String> {
    let mut words = vec![];
    let mut word: Option<String> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' | '\n' => words.extend(word.take()),
            '\'' | '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next() {
                        None => return Err(format!("a quote {c} is not closed")),
                        Some(d) if d == c => break,
                        Some('\\') if c == '"' => match chars.next() {
                            Some(d @ ('"' | '\\')) => word.push(d),
                            Some(d) => word.extend(['\\', d]),
                            None => return Err("a backslash at the end".into()),
                        },
                        Some(d) => word.push(d),
                    }
                }
            }
            '\\' => word.get_or_insert_default().push(chars.next().ok_or("a backslash at the end")?),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_as_by_a_shell() {
        let words = |text| split(text).unwrap_or_else(|e| vec![e]);
        assert_eq!(words(r#"  ./a --b "c d" 'e "f"' g\ h "" "#), ["./a", "--b", "c d", "e \"f\"", "g h", ""]);
        assert_eq!(words(r#""a\"b\n""#), ["a\"b\\n"]);
        assert_eq!(split("a 'b"), Err("a quote ' is not closed".into()));
        assert_eq!(split("a\\"), Err("a backslash at the end".into()));
    }

    #[test]
    fn launches_print_as_they_parse() {
        for text in ["cpu", "python:jax.numpy", "exec:./w --flag", "exec:'my worker' 'it'\\''s' ''"] {
            assert_eq!(Launch::parse(text, &["cpu"]).map(|l| l.to_string()), Ok(text.into()));
        }
        for (text, part) in [
            ("cuda", "neither a built-in backend (cpu) nor"),
            ("python:", "not the name of a Python module"),
            ("python:os;x", "not the name of a Python module"),
            ("exec:  ", "names no program"),
            ("exec:'a", "is not closed"),
        ] {
            let error = Launch::parse(text, &["cpu"]).expect_err(text);
            assert!(error.contains(part), "{error}");
        }
    }
}
