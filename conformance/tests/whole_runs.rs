//! Whole runs on backends that misbehave, and the same run on different numbers of workers.
//!
//! The test binary is its own worker: `CONFORMANCE_WORKER` names the misbehaviour.
use libtest_mimic::{Arguments, Trial};
use std::process::ExitCode;

#[cfg(not(feature = "reference-cpu"))]
fn main() -> ExitCode {
    let _ = (Arguments::from_args(), Vec::<Trial>::new());
    ExitCode::SUCCESS
}

#[cfg(feature = "reference-cpu")]
fn main() -> ExitCode {
    runs::main()
}

#[cfg(feature = "reference-cpu")]
mod runs {
    use super::*;
    use array_protocol::{
        Backend, Call, Device, Error, ErrorKind, HostArray, Info, Intercept, InterchangeOp, Op, Reply, Result, UnaryOp, Via,
    };
    use conformance::case::Incident;
    use conformance::expected::ExpectedFailures;
    use conformance::journal::{CheckRecord, Start, Status};
    use conformance::plan::Mode;
    use conformance::run::{Finished, RunError, Settings, Silent, Watch, run};
    use conformance::worker::{Launch, Runner, Unavailable, Worker, WorkerLimits, requested, serve, serve_with};
    use libtest_mimic::Failed;
    use reference_cpu::Cpu;
    use std::io::Write;
    use std::path::Path;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
    use std::time::Duration;

    /// What the backend does instead of `exp` of a float64.
    #[derive(Clone)]
    struct Misbehaves {
        how: String,
        lost: Arc<AtomicBool>,
    }

    impl Misbehaves {
        /// Whether the device is there.
        fn alive(&self, op: impl Into<Op>) -> Result<()> {
            let gone = Error::new(ErrorKind::Lost, op).detail("it fell off the bus");
            if self.lost.load(Ordering::Relaxed) { Err(gone) } else { Ok(()) }
        }
    }

    /// The one argument of `exp` that "misses" has wrong: about 4e-43, which no drawn case comes near.
    const MISSED: u32 = 0x0000_0123;

    impl Misbehaves {
        /// `exp` of float32, wrong for one argument.
        fn missing(&self, below: &Cpu, x: &<Cpu as Backend>::Array) -> Result<Reply<<Cpu as Backend>::Array>> {
            let y = below.unary(UnaryOp::Exp, x)?;
            let (arguments, mut values) = (below.download(x)?, below.download(&y)?);
            let at = arguments.view::<f32>().and_then(|v| v.iter().position(|v| v.to_bits() == MISSED));
            let (Some(at), Some(v)) = (at, values.view_mut::<f32>()) else { return Ok(Reply::One(y)) };
            v[at] = 1.5;
            below.upload(&values, None).map(Reply::One)
        }
    }

    impl Intercept<Cpu> for Misbehaves {
        fn call(&self, below: &Cpu, call: Call<&<Cpu as Backend>::Array>) -> Result<Reply<<Cpu as Backend>::Array>> {
            if let Call::Unary { op: UnaryOp::Exp, x } = &call
                && below.dtype(x) == array_protocol::DType::Float64
            {
                match self.how.as_str() {
                    "aborts" => std::process::abort(),
                    "hangs" => loop {
                        std::thread::sleep(Duration::from_secs(1));
                    },
                    "allocates" => {
                        let mut all: Vec<Vec<u8>> = vec![];
                        loop {
                            all.push(vec![1; 64 << 20]);
                        }
                    }
                    "prints" => {
                        println!("a line that looks like an answer: {{\"steps\":[\"ok\"]}}");
                        let _ = std::io::stdout().write_all(&[0xff; 300]);
                    }
                    "late" => std::thread::sleep(Duration::from_millis(1500)),
                    "panics" => panic!("<b>a panic</b> \u{1b}[31m"),
                    "loses" => self.lost.store(true, Ordering::Relaxed),
                    _ => {}
                }
            }
            if let ("misses", Call::Unary { op: UnaryOp::Exp, x }) = (self.how.as_str(), &call)
                && below.dtype(x) == array_protocol::DType::Float32
            {
                return self.missing(below, x);
            }
            self.alive(call.op())?;
            call.apply(below)
        }

        fn info(&self, below: &Cpu) -> Info {
            let mut info = below.info();
            info.name = if self.how == "script" { "<script>alert(1)</script>".into() } else { self.how.clone() };
            info
        }

        fn upload(&self, below: &Cpu, x: &HostArray, to: Option<Device>) -> Result<<Cpu as Backend>::Array> {
            self.alive(InterchangeOp::Upload)?;
            below.upload(x, to)
        }

        fn download(&self, below: &Cpu, x: &<Cpu as Backend>::Array) -> Result<HostArray> {
            self.alive(InterchangeOp::Download)?;
            below.download(x)
        }
    }

    pub(super) fn main() -> ExitCode {
        if let Some(name) = requested() {
            let result = match name.as_str() {
                "refuses" => serve_with(|| Err::<Cpu, _>(Error::unsupported(Op::Unary(UnaryOp::Exp)))),
                "dies" => std::process::exit(7),
                "garbage" => std::io::stdout().write_all(&[b'x'; 4096]),
                _ => serve(Via(Cpu::new(), Misbehaves { how: name, lost: Arc::default() })),
            };
            return if result.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
        }
        let arguments = Arguments::from_args();
        let incident =
            |name: &'static str, is: fn(&Incident) -> bool| Trial::test(format!("incident::{name}"), move || one_incident(name, is));
        let trials = vec![
            incident("aborts", |i| matches!(i, Incident::Crash(_))),
            incident("hangs", |i| matches!(i, Incident::Hang)),
            incident("late", |i| matches!(i, Incident::Hang)),
            incident("allocates", |i| matches!(i, Incident::Memory)),
            incident("loses", |i| matches!(i, Incident::Lost(text) if text == "exp: lost error, it fell off the bus")),
            Trial::test("harmless::prints", prints),
            Trial::test("panic_is_a_failure", panics),
            Trial::test("start::refuses", || unavailable("refuses")),
            Trial::test("start::dies", || unavailable("dies")),
            Trial::test("start::garbage", || unavailable("garbage")),
            Trial::test("exhaustive::finds_the_one_wrong_input", one_wrong_input),
            Trial::test("pins::told_where_all_machines_should_fail", pins),
            Trial::test("determinism::workers", determinism),
            Trial::test("determinism::seed", other_seed),
            Trial::test("foreign_text_stays_text", foreign_text),
        ];
        libtest_mimic::run(&arguments, trials).exit_code()
    }

    fn finish(name: &str, filters: &[&str], seed: u64, workers: usize) -> std::result::Result<Finished, RunError> {
        watched(Mode::Smoke, name, filters, seed, workers, &Silent)
    }

    fn watched(
        mode: Mode,
        name: &str,
        filters: &[&str],
        seed: u64,
        workers: usize,
        watch: &dyn Watch,
    ) -> std::result::Result<Finished, RunError> {
        expecting(mode, name, filters, seed, workers, None, watch)
    }

    fn expecting(
        mode: Mode,
        name: &str,
        filters: &[&str],
        seed: u64,
        workers: usize,
        expected: Option<&ExpectedFailures>,
        watch: &dyn Watch,
    ) -> std::result::Result<Finished, RunError> {
        let suite = array_protocol::manifest::load().map_err(RunError::Manifest)?;
        let hash = array_protocol::manifest::suite_hash();
        // Where the memory is what runs out, a busy machine must not run out of time first.
        let deadline = Duration::from_secs(if name == "allocates" { 30 } else { 1 });
        let limits = WorkerLimits { case_deadline: deadline, memory: Some(1 << 30), ..WorkerLimits::default() };
        let launch = Launch::Own(name.into());
        let source =
            move || -> std::result::Result<Box<dyn Runner>, Unavailable> { Ok(Box::new(Worker::start(launch.clone(), limits.clone())?)) };
        let settings = Settings {
            mode,
            seed,
            workers,
            filters: filters.iter().map(|f| f.to_string()).collect(),
            profiles: vec![],
            worker: name.into(),
        };
        run(&suite, &hash, &source, &settings, expected, None, watch)
    }

    fn check(right: bool, what: impl Into<String>) -> std::result::Result<(), Failed> {
        if right { Ok(()) } else { Err(what.into().into()) }
    }

    /// Only `exp.accuracy@float64` and `sqrt`: one check meets the misbehaviour, the others go on.
    fn one_incident(name: &str, is: fn(&Incident) -> bool) -> std::result::Result<(), Failed> {
        let done = finish(name, &["::exp.accuracy@", "::sqrt::"], 1, 2).map_err(|e| e.to_string())?;
        let checks = &done.journal.checks;
        let bad: Vec<&CheckRecord> = checks.iter().filter(|c| c.status == Status::Incident).collect();
        check(bad.len() == 1, format!("{} incidents instead of one", bad.len()))?;
        check(bad[0].id == "exp.accuracy@float64", format!("blamed on {}", bad[0].id))?;
        let failure = bad[0].failure.as_ref().ok_or("an incident without a case")?;
        check(failure.incident.as_ref().is_some_and(is), format!("wrong incident {:?}", failure.incident))?;
        check(failure.index == 0, format!("blamed on case {}", failure.index))?;
        let rest = checks.iter().filter(|c| c.status == Status::Pass).count();
        check(rest > 5 && rest + 1 == checks.len(), format!("{rest} of {} checks passed", checks.len()))?;
        check(conformance_code(&done) == 4, "the exit code does not tell of the incident")
    }

    /// As `conform run` tells scripts.
    fn conformance_code(done: &Finished) -> u8 {
        conformance::run::exit_code(&done.journal, !done.stale.is_empty())
    }

    fn prints() -> std::result::Result<(), Failed> {
        let done = finish("prints", &["::exp.accuracy@"], 1, 1).map_err(|e| e.to_string())?;
        let wrong: Vec<_> = done.journal.checks.iter().filter(|c| c.status != Status::Pass).map(|c| &c.id).collect();
        check(wrong.is_empty(), format!("printing disturbed {wrong:?}"))
    }

    fn panics() -> std::result::Result<(), Failed> {
        let done = finish("panics", &["::exp.accuracy@float64"], 1, 1).map_err(|e| e.to_string())?;
        let record = &done.journal.checks[0];
        check(record.status == Status::Fail, "a panic is a failure of the check")?;
        let got = record.failure.as_ref().map(|f| f.got.clone()).unwrap_or_default();
        check(got.contains("a panic"), format!("the message is lost: {got}"))?;
        check(conformance_code(&done) == 1, "exit code")
    }

    fn unavailable(name: &str) -> std::result::Result<(), Failed> {
        match finish(name, &["::exp.accuracy@"], 1, 1) {
            Err(RunError::Unavailable(e)) => check(!e.reason.is_empty(), "no reason is given"),
            Err(e) => Err(e.to_string().into()),
            Ok(_) => Err("a worker that does not start was run".into()),
        }
    }

    /// Steps that were announced, and that were taken.
    #[derive(Default)]
    struct Steps(AtomicU64, AtomicU64);
    impl Watch for Steps {
        fn planned(&self, _: &Start, steps: u64) {
            self.0.store(steps, Ordering::Relaxed);
        }
        fn begin(&self, _: &str) {}
        fn advance(&self, steps: u64) {
            self.1.fetch_add(steps, Ordering::Relaxed);
        }
        fn done(&self, _: &CheckRecord) {
            self.advance(1);
        }
    }

    fn one_wrong_input() -> std::result::Result<(), Failed> {
        let exp = ["::exp.accuracy@float32"];
        let standard = watched(Mode::Standard, "misses", &exp, 1, 1, &Silent).map_err(|e| e.to_string())?;
        check(standard.journal.checks[0].status == Status::Pass, "the fault is to be one that drawn cases miss")?;
        let steps = Steps::default();
        let all = watched(Mode::Exhaustive, "misses", &exp, 1, 1, &steps).map_err(|e| e.to_string())?;
        let record = &all.journal.checks[0];
        check(record.status == Status::Fail, format!("ended as {}", record.status.name()))?;
        let summary = &record.failure.as_ref().ok_or("a failure without a case")?.summary;
        check(summary.contains(&format!("{MISSED:#010x}")), format!("the input is not named: {summary}"))?;
        let (planned, taken) = (steps.0.load(Ordering::Relaxed), steps.1.load(Ordering::Relaxed));
        check(planned > 1000 && taken == planned, format!("{taken} steps of {planned}"))
    }

    /// A pinned case that passes is told, unless it fails on some machines only.
    fn pins() -> std::result::Result<(), Failed> {
        let case = r#"case = { format = 1, inputs = [{ dtype = "float32", shape = [], data = "00000000" }], steps = [{ call = { call = "unary", op = "exp", x = 0 }, out = [1] }] }"#;
        for (line, told) in [("", true), ("some_machines = false\n", true), ("some_machines = true\n", false)] {
            let text = format!("[[expected]]\nclause = \"exp.accuracy\"\nreason = \"vectors\"\n{line}{case}\n");
            let expected = ExpectedFailures::parse(&text, "pins.toml", Path::new("."), &|_| true).map_err(|e| e.to_string())?;
            let done =
                expecting(Mode::Smoke, "plain", &["::exp.accuracy@float32"], 1, 1, Some(&expected), &Silent).map_err(|e| e.to_string())?;
            check(done.journal.checks.iter().all(|c| c.status == Status::Pass), "the backend is right")?;
            check(done.stale.iter().any(|s| s.contains("no longer fails")) == told, format!("{line:?}: {:?}", done.stale))?;
        }
        Ok(())
    }

    fn determinism() -> std::result::Result<(), Failed> {
        let digest = |workers| finish("plain", &["::floor_divide::", "::sum::", "::getitem::", "::sort::"], 5, workers).map(|d| d.journal);
        let (one, three) = (digest(1).map_err(|e| e.to_string())?, digest(3).map_err(|e| e.to_string())?);
        check(one == three, "the journal depends on the number of workers")?;
        check(one.end.digest == three.end.digest, "so does its digest")
    }

    fn other_seed() -> std::result::Result<(), Failed> {
        let elements = |seed| finish("plain", &["::exp.accuracy@float64"], seed, 1).map(|d| d.journal.checks[0].measured.clone());
        let (a, b) = (elements(1).map_err(|e| e.to_string())?, elements(2).map_err(|e| e.to_string())?);
        check(a.is_some() && a != b, "another seed gives the same cases")
    }

    fn foreign_text() -> std::result::Result<(), Failed> {
        let done = finish("script", &["::exp.accuracy@float64"], 1, 1).map_err(|e| e.to_string())?;
        let texts = Default::default();
        let page = conformance::report::html::render(&done.journal, &texts, None).map_err(|e| e.to_string())?;
        check(!page.contains("<script>alert(1)"), "the name of the backend is markup in the page")?;
        let badge = conformance::report::Badge::of(&done.journal).svg();
        check(!badge.contains("<script>"), "the name of the backend is markup in the badge")
    }
}
