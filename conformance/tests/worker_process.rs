//! Worker processes that behave, and those that do not: this binary executes itself as each of them.
//!
//! Every incident is blamed on exactly one program, and all other programs are answered.
mod worker_support;
use conformance::case::{Incident, Program, StepResult, Verdict};
use conformance::worker::{Launch, Runner, Worker, WorkerLimits, requested, serve, serve_with};
use libtest_mimic::{Arguments, Trial};
use std::io::{Read, Write};
use std::time::{Duration, Instant};
use worker_support::*;

fn main() {
    if let Some(name) = requested() {
        child(&name);
        return;
    }
    let tests: &[(&'static str, fn())] = &[
        ("answers_come_in_order", answers_come_in_order),
        ("large_arrays_pass_both_ways", large_arrays_pass_both_ways),
        ("a_crash_over_a_large_array", a_crash_over_a_large_array),
        ("a_program_alone_larger_than_a_frame", a_program_alone_larger_than_a_frame),
        ("incidents_are_blamed_on_one_program", incidents_are_blamed_on_one_program),
        ("a_device_that_is_lost", a_device_that_is_lost),
        ("a_panic_is_an_answer", a_panic_is_an_answer),
        ("prints_do_not_matter", prints_do_not_matter),
        ("answers_that_are_none", answers_that_are_none),
        ("workers_that_do_not_start", workers_that_do_not_start),
        ("a_worker_that_starts_only_once", a_worker_that_starts_only_once),
        ("to_the_first_incident", to_the_first_incident),
        ("every_program_an_incident", every_program_an_incident),
        ("nothing_is_left_behind", nothing_is_left_behind),
    ];
    let trials = tests.iter().map(|&(name, f)| {
        Trial::test(name, move || {
            f();
            Ok(())
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit();
}

// -- the children -----------------------------------------------------------------------------------------------------

fn child(name: &str) {
    let mischief: Option<Mischief> = match name {
        "abort" => Some(|| std::process::abort()),
        "exit" => Some(|| std::process::exit(0)),
        "loop" => Some(|| {
            loop {
                std::hint::spin_loop();
            }
        }),
        "late" => Some(|| std::thread::sleep(Duration::from_secs(6))),
        "hoard" => Some(|| {
            let mut all: Vec<Vec<u8>> = vec![];
            loop {
                all.push(vec![1; 1 << 20]);
                std::hint::black_box(&all);
            }
        }),
        "huge" => Some(|| drop(std::hint::black_box(Vec::<u8>::with_capacity(isize::MAX as usize - 64)))),
        "overflow" => Some(|| {
            #[allow(unconditional_recursion, reason = "the point")]
            fn deep() -> u64 {
                std::hint::black_box(deep()) + 1
            }
            deep();
        }),
        "panic" => Some(|| panic!("it hurts")),
        "print" => Some(|| {
            println!("hello from the backend");
            std::io::stdout().flush().unwrap();
            let mut line = String::new();
            assert_eq!(std::io::stdin().read_line(&mut line).unwrap(), 0);
        }),
        "flood" => Some(|| {
            let line = [b'x'; 1000];
            for _ in 0..20_000 {
                std::io::stderr().write_all(&line).unwrap();
            }
        }),
        "tiny" => None,
        _ => return odd_child(name),
    };
    if name == "print" {
        println!("a banner before anything else");
        std::io::stdout().flush().unwrap();
    }
    serve(Tiny::new("tiny", mischief)).unwrap();
}

const MAGIC: &[u8] = b"\nARRAY-PROTOCOL\n";

fn frame(header: &str, body: &[u8]) -> Vec<u8> {
    let mut f = vec![];
    f.extend((header.len() as u32).to_le_bytes());
    f.extend([0; 4]);
    f.extend((body.len() as u64).to_le_bytes());
    f.extend(header.as_bytes());
    f.extend(body);
    f
}

/// Children that speak the protocol themselves, to break it.
fn odd_child(name: &str) {
    let mut out = std::io::stdout();
    let mut say = |bytes: &[u8]| {
        out.write_all(bytes).ok();
        out.flush().ok();
    };
    match name {
        "dies" => {
            eprintln!("no driver");
            std::process::exit(7);
        }
        "mute" => std::thread::sleep(Duration::from_secs(30)),
        "chatter" => while std::io::stdout().write_all(&[b'y'; 4096]).is_ok() {},
        "unavailable" => serve_with(|| Err::<Tiny, _>("there is no such card")).unwrap(),
        "tells" => serve_with(|| Err::<Tiny, _>(std::env::var("WORKER_TEST_WORD").unwrap())).unwrap(),
        "panics-open" => serve_with(|| -> Result<Tiny, String> { panic!("bad luck") }).unwrap(),
        "future" => {
            say(MAGIC);
            say(&frame(r#"{"protocol": 99, "info": {"name": "x"}}"#, &[]));
        }
        "no-hello" => {
            say(MAGIC);
            say(&frame(r#"{"protocol": "#, &[]));
        }
        "once" => {
            // Dies at the second start: a file tells.
            let marker = std::env::var("WORKER_TEST_MARKER").unwrap();
            if std::fs::exists(&marker).unwrap() {
                eprintln!("worn out");
                std::process::exit(1);
            }
            std::fs::write(marker, "").unwrap();
            serve(Tiny::new("tiny", Some(|| std::process::abort()))).unwrap();
        }
        _ => answer_oddly(name, &mut say),
    }
}

/// Answers `-x` for one number, correctly but for the trigger.
fn answer_oddly(name: &str, say: &mut dyn FnMut(&[u8])) {
    say(MAGIC);
    say(&frame(r#"{"protocol": 1, "info": {"name": "odd"}}"#, &[]));
    let mut input = std::io::stdin();
    loop {
        let mut prefix = [0; 16];
        if input.read_exact(&mut prefix).is_err() {
            return;
        }
        let header = u32::from_le_bytes(prefix[..4].try_into().unwrap()) as usize;
        let body = u64::from_le_bytes(prefix[8..].try_into().unwrap()) as usize;
        let (mut h, mut b) = (vec![0; header], vec![0; body]);
        input.read_exact(&mut h).unwrap();
        input.read_exact(&mut b).unwrap();
        let batch: serde_json::Value = serde_json::from_slice(&h).unwrap();
        for (case, x) in batch["batch"].as_array().unwrap().iter().zip(b.chunks_exact(16)) {
            let id = case["id"].as_u64().unwrap();
            let value = f64::from_le_bytes(x[..8].try_into().unwrap());
            let mut both = x.to_vec();
            both.extend((-value).to_le_bytes());
            both.extend([0; 8]);
            let meta = r#"{"dtype":"float64","shape":[1]}"#;
            let right = format!(r#"{{"id":{id},"steps":["ok"],"values":[{meta},{meta}]}}"#);
            if value != TRIGGER {
                say(&frame(&right, &both));
                continue;
            }
            match name {
                "garbage" => say(b"\x1b[31mError: out of cheese\x1b[0m, please restart the universe and try again"),
                "no-json" => say(&frame("{]", &both)),
                "flags" => {
                    let mut f = frame(&right, &both);
                    f[4] = 1;
                    say(&f);
                }
                "wrong-id" => say(&frame(&right.replace(&format!("\"id\":{id}"), "\"id\":999999"), &both)),
                "few-steps" => say(&frame(&right.replace(r#"["ok"]"#, "[]"), &both)),
                "few-values" => say(&frame(&format!(r#"{{"id":{id},"steps":["ok"],"values":[{meta}]}}"#), &both[..16])),
                "no-value" => say(&frame(&format!(r#"{{"id":{id},"steps":["ok"],"values":[{meta},null]}}"#), &both[..16])),
                "extra-value" => say(&frame(&right.replace(r#""ok""#, r#""skipped""#), &both)),
                "dtype" => say(&frame(&right.replace("float64", "float128"), &both)),
                "lies" => say(&frame(&right.replace("[1]", "[4]"), &both)),
                "petabytes" => {
                    let mut f = frame(&right.replace("[1]", "[140737488355328]"), &[]);
                    f[8..16].copy_from_slice(&(1u64 << 51).to_le_bytes());
                    say(&f);
                }
                "overflow-size" => say(&frame(&right.replace("[1]", "[9223372036854775807,9223372036854775807]"), &both)),
                "bool" => {
                    let mut bad = both.clone();
                    bad[16] = 7;
                    let header = right.replacen("float64", "bool", 2);
                    say(&frame(&header, &bad));
                }
                "half" => {
                    let f = frame(&right, &both);
                    say(&f[..f.len() / 2]);
                    std::process::exit(3);
                }
                "stalls" => {
                    let f = frame(&right, &both);
                    say(&f[..f.len() / 2]);
                    std::thread::sleep(Duration::from_secs(60));
                }
                "twice" => {
                    say(&frame(&right, &both));
                    say(&frame(&right, &both));
                }
                _ => panic!("no child `{name}`"),
            }
        }
    }
}

// -- the tests --------------------------------------------------------------------------------------------------------

fn limits() -> WorkerLimits {
    WorkerLimits {
        case_deadline: Duration::from_secs(2),
        hello_deadline: Duration::from_secs(20),
        memory: Some(256 << 20),
        ..WorkerLimits::default()
    }
}
fn start(name: &str) -> Worker {
    Worker::start(Launch::Own(name.into()), limits()).unwrap_or_else(|e| panic!("{e}"))
}
fn programs(count: usize, bad: usize) -> Vec<Program> {
    (0..count).map(|i| negate(if i == bad { TRIGGER } else { i as f64 })).collect()
}

/// Runs 300 programs of which one makes the worker misbehave; the incident that is blamed on it.
fn blamed(name: &str) -> Incident {
    blamed_within(name, limits())
}
fn blamed_within(name: &str, limits: WorkerLimits) -> Incident {
    let mut worker = Worker::start(Launch::Own(name.into()), limits).unwrap_or_else(|e| panic!("{e}"));
    let verdicts = worker.run(&programs(300, 137));
    assert_eq!(verdicts.len(), 300, "{name}");
    for (i, v) in verdicts.iter().enumerate().filter(|(i, _)| *i != 137) {
        assert_eq!(value(done(v), 1), [-(i as f64)], "{name}, program {i}");
    }
    assert_eq!(worker.starts(), 2, "{name}");
    incident(&verdicts[137]).clone()
}

fn answers_come_in_order() {
    let mut worker = start("tiny");
    assert_eq!(worker.hello().info.name, "tiny");
    assert!(worker.hello().error_kinds);
    for count in [0, 1, 2, 127, 128, 129, 1000] {
        let verdicts = worker.run(&programs(count, usize::MAX));
        assert_eq!(verdicts.len(), count);
        for (i, v) in verdicts.iter().enumerate() {
            assert_eq!(done(v).steps, [StepResult::Ok]);
            assert_eq!(value(done(v), 0), [i as f64]);
            assert_eq!(value(done(v), 1), [-(i as f64)]);
        }
    }
    assert_eq!(worker.starts(), 1);
}

fn large(n: usize) -> Program {
    let values: Vec<f64> = (0..n).map(|i| i as f64).collect();
    program(vec![array(&values)], vec![step(negative(0), &[1], &[])], &[0, 1])
}

fn large_arrays_pass_both_ways() {
    // Both pipes are full most of the time: neither side may wait for the other.
    let mut worker = Worker::start(Launch::Own("tiny".into()), WorkerLimits { memory: None, ..WorkerLimits::default() }).unwrap();
    let all: Vec<Program> =
        [1usize, 8191, 8192, 8193, 131_072, 131_073, 0, 300_000, 200_000, 3].map(large).into_iter().cycle().take(30).collect();
    for (p, v) in all.iter().zip(worker.run(&all)) {
        let x = p.inputs[0].view::<f64>().unwrap();
        assert_eq!(value(done(&v), 0), x);
        assert!(value(done(&v), 1).iter().zip(x).all(|(a, b)| *a == -b));
    }
}

fn a_crash_over_a_large_array() {
    let mut worker = start("abort");
    let few = program(vec![array(&vec![1.0; 200_000])], vec![step(negative(0), &[1], &[])], &[0, 1]);
    let bad = large(200_000); // 666.0 is one of its numbers
    let verdicts = worker.run(&[few.clone(), negate(1.0), bad, few.clone(), negate(2.0), few]);
    assert!(matches!(incident(&verdicts[2]), Incident::Crash(_)));
    for i in [0, 3, 5] {
        assert!(value(done(&verdicts[i]), 1).iter().all(|&v| v == -1.0));
    }
    assert_eq!(value(done(&verdicts[1]), 1), [-1.0]);
    assert_eq!(value(done(&verdicts[4]), 1), [-2.0]);
    assert_eq!(worker.starts(), 2);
}

fn a_program_alone_larger_than_a_frame() {
    let mut worker = Worker::start(Launch::Own("tiny".into()), WorkerLimits { answer: 1 << 20, ..WorkerLimits::default() }).unwrap();
    let verdicts = worker.run(&[negate(1.0), large(1 << 18), negate(2.0)]);
    assert_eq!(value(done(&verdicts[0]), 1), [-1.0]);
    assert!(matches!(incident(&verdicts[1]), Incident::Protocol(text) if text.contains("an answer of 4194304 bytes")));
    assert_eq!(value(done(&verdicts[2]), 1), [-2.0]);
}

fn incidents_are_blamed_on_one_program() {
    for (name, part) in [
        ("abort", "it was ended by signal 6 (SIGABRT)"),
        ("exit", "it ended with exit code 0"),
        ("huge", "memory allocation of"),
        ("overflow", "overflowed its stack"),
    ] {
        match blamed(name) {
            Incident::Crash(text) => assert!(text.contains(part), "{name}: {text}"),
            other => panic!("{name}: {other:?}"),
        }
    }
    // However slowly a busy machine gives out memory, it is memory that ends first.
    let patient = WorkerLimits { case_deadline: Duration::from_secs(60), memory: Some(64 << 20), ..limits() };
    assert_eq!(blamed_within("hoard", patient), Incident::Memory);
    assert_eq!(blamed("loop"), Incident::Hang);
    let before = Instant::now();
    assert_eq!(blamed("late"), Incident::Hang);
    assert!(before.elapsed() >= limits().case_deadline);
}

/// The process that lost its device answers every later program with errors; nobody sees them.
fn a_device_that_is_lost() {
    let mut worker = start("tiny");
    let mut all = programs(300, usize::MAX);
    all[137] = negate(LOSS);
    for (i, v) in worker.run(&all).iter().enumerate() {
        match i {
            137 => assert_eq!(incident(v), &Incident::Lost("lost error, it fell off the bus".into())),
            _ => assert_eq!(value(done(v), 1), [-(i as f64)], "program {i}"),
        }
    }
    assert_eq!(worker.starts(), 2);
}

fn a_panic_is_an_answer() {
    let mut worker = start("panic");
    let verdicts = worker.run(&programs(3, 1));
    let StepResult::Panic(text) = &done(&verdicts[1]).steps[0] else { panic!("{verdicts:?}") };
    assert!(text.starts_with("it hurts (") && text.contains("worker_process.rs:"), "{text}");
    assert_eq!(worker.starts(), 1);
}

fn prints_do_not_matter() {
    for name in ["print", "flood"] {
        let mut worker = start(name);
        let verdicts = worker.run(&programs(20, 7));
        assert_eq!(value(done(&verdicts[7]), 1), [-TRIGGER], "{name}");
        assert_eq!(value(done(&verdicts[19]), 1), [-19.0], "{name}");
        assert_eq!(worker.starts(), 1);
    }
}

fn answers_that_are_none() {
    for (name, part) in [
        ("garbage", "is not the beginning of a frame"),
        ("flags", "is not the beginning of a frame"),
        ("no-json", "whose header cannot be read"),
        ("wrong-id", "an answer to case 999999 where 137 was expected"),
        ("few-steps", "results of 0 steps for a case of 1"),
        ("few-values", "1 values where 2 variables are observed"),
        ("no-value", "no value for variable 1"),
        ("extra-value", "a value for variable 1, which was not made"),
        ("dtype", "unknown variant `float128`"),
        ("lies", "a body of 32 bytes for arrays of 64"),
        ("petabytes", "an answer of 2251799813685248 bytes"),
        ("overflow-size", "too large"),
        ("bool", "neither 0 nor 1"),
    ] {
        match blamed(name) {
            Incident::Protocol(text) => assert!(text.contains(part), "{name}: {text}"),
            other => panic!("{name}: {other:?}"),
        }
    }
    assert!(matches!(blamed("half"), Incident::Crash(text) if text == "it ended with exit code 3"));
    assert_eq!(blamed("stalls"), Incident::Hang);

    // An answer too many: the first one counts, and the next program takes the blame.
    let verdicts = start("twice").run(&programs(10, 4));
    assert_eq!(value(done(&verdicts[4]), 1), [-TRIGGER]);
    assert!(matches!(incident(&verdicts[5]), Incident::Protocol(text) if text.contains("an answer to case 4 where 5 was expected")));
    assert_eq!(verdicts.iter().filter(|v| matches!(v, Verdict::Done(_))).count(), 9);
}

fn workers_that_do_not_start() {
    let quick = WorkerLimits { hello_deadline: Duration::from_millis(600), ..limits() };
    let reason = |launch: Launch, limits: &WorkerLimits| match Worker::start(launch, limits.clone()) {
        Err(e) => e.to_string(),
        Ok(_) => panic!("it started"),
    };
    let own = |name: &str| Launch::Own(name.into());
    for (launch, part) in [
        (own("dies"), "it ended with exit code 7\nno driver"),
        (own("unavailable"), "backend `unavailable` is unavailable: there is no such card"),
        (own("panics-open"), "panicked while it was opened: bad luck ("),
        (own("future"), "version 99 of the worker protocol"),
        (own("no-hello"), "a hello that cannot be read"),
        (own("chatter"), "does not speak the worker protocol; its output begins with `yyyyyyyy"),
        (Launch::Exec(vec!["/no/such/worker".into()]), "`/no/such/worker` cannot be executed: No such file or directory"),
        (Launch::Exec(vec!["echo".into(), "usage: fish".into()]), "exit code 0; its output begins with `usage: fish`"),
        (Launch::Exec(vec!["cat".into()]), "no hello"),
    ] {
        let limits = if matches!(&launch, Launch::Exec(w) if w[0] == "cat") { &quick } else { &limits() };
        let text = reason(launch, limits);
        assert!(text.contains(part), "{text}");
    }
    assert!(reason(own("mute"), &quick).contains("no hello within 600ms"));
    let told = Worker::start_with(own("tells"), limits(), vec![("WORKER_TEST_WORD".into(), "aardvark".into())]);
    assert!(told.is_err_and(|e| e.reason == "aardvark"));
}

fn a_worker_that_starts_only_once() {
    let folder = tempfile::tempdir().unwrap();
    let marker = folder.path().join("marker");
    let exe = std::env::current_exe().unwrap();
    let words = ["env", "CONFORMANCE_WORKER=once", &format!("WORKER_TEST_MARKER={}", marker.display()), exe.to_str().unwrap()];
    let mut worker = Worker::start(Launch::Exec(words.map(String::from).to_vec()), limits()).unwrap();
    let verdicts = worker.run(&programs(4, 1));
    assert_eq!(value(done(&verdicts[0]), 1), [-0.0]);
    assert!(matches!(incident(&verdicts[1]), Incident::Crash(_)));
    for v in &verdicts[2..] {
        assert!(matches!(incident(v), Incident::Start(text) if text.contains("worn out")), "{v:?}");
    }
}

fn to_the_first_incident() {
    let mut worker = start("abort");
    let all = programs(50, 9);
    let verdicts = worker.run_to_incident(&all);
    assert_eq!(verdicts.len(), 10);
    assert!(matches!(incident(&verdicts[9]), Incident::Crash(_)));
    // What follows is the caller's choice, in a new process.
    let verdicts = worker.run_to_incident(&all[20..]);
    assert_eq!(value(done(&verdicts[29]), 1), [-49.0]);
}

fn every_program_an_incident() {
    let mut worker = start("abort");
    let verdicts = worker.run(&vec![negate(TRIGGER); 20]);
    assert!(verdicts.iter().all(|v| matches!(incident(v), Incident::Crash(_))));
    assert_eq!(verdicts.len(), 20);
    assert_eq!(value(done(&worker.run(&[negate(3.0)])[0]), 1), [-3.0]);
}

fn nothing_is_left_behind() {
    // A worker in an endless loop ends with its owner; afterwards there is no child of this process of that name.
    let mut worker = start("loop");
    assert_eq!(worker.run(&[negate(TRIGGER)]), [Verdict::Incident(Incident::Hang)]);
    let verdicts = worker.run(&[negate(1.0)]);
    assert_eq!(value(done(&verdicts[0]), 1), [-1.0]);
    drop(worker);
    let zombies = std::fs::read_dir("/proc").into_iter().flatten().flatten().filter(|entry| {
        let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let after = stat.rsplit(')').next().unwrap_or_default().split_whitespace().map(String::from).collect::<Vec<_>>();
        matches!(after.as_slice(), [state, parent, ..] if state == "Z" && *parent == std::process::id().to_string())
    });
    assert_eq!(zombies.count(), 0);
}
