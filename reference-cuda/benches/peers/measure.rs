//! One run: every row by all players in turn, on one device.
use crate::Failure;
use crate::args::Args;
use crate::limits::Limits;
use crate::players::{Blas, CUBLAS};
use crate::report::{Measurement, Report, Taken};
use crate::rows::{Limit, Row};
use array_protocol::Array;
use bench::clock::Clock;
use bench::inputs::Scale;
use bench::measure::{Measured, Rounds, Settings, data, measure};
use bench::players::local::Local;
use bench::players::protocol::Protocol;
use bench::players::{Player, python};
use bench::report::text::time;
use cudarc::driver::{CudaContext, CudaStream};
use reference_cpu::Cpu;
use reference_cuda::{Cuda, Options};
use std::sync::Arc;
use std::time::Instant;

const CLOCK: Clock = Clock::Wall;
/// Elements of a result that are compared: more of them would take longer to fetch than to compute.
const COMPARED: usize = 1 << 22;
/// The part of the budget that rounds may take; making inputs and fetching results take the rest.
const ROUNDS: f64 = 0.5;

/// Measures rows. Says on standard error how far it is.
pub(crate) fn run(args: &Args, rows: &[(String, Row)]) -> Result<Report, Failure> {
    let start = Instant::now();
    let opened = if args.emulated { Cuda::emulated(0, Options::default()) } else { Cuda::open(0) };
    let cuda = opened.map_err(|e| Failure::Unavailable(e.to_string()))?;
    let (stream, memory) = beside(&cuda).map_err(Failure::Work)?;
    let (mut taken, mut players) = (Taken::default(), vec![Box::new(Local::new(Protocol(cuda.clone()))) as Box<dyn Player<Row>>]);
    take_peers(args, &mut taken, &mut players);
    let on_device = players.len();
    match blas(&cuda, &stream) {
        Ok(player) => players.push(Box::new(player)),
        Err(e) => taken.left_out.push(format!("{CUBLAS}: {e}")),
    }
    players.push(Box::new(Local::new(Protocol(Cpu::new()))));

    let limits = || Limits::measure(&stream, args.elements as usize, CLOCK).map_err(Failure::Work);
    let first = limits()?;
    let settings = Settings {
        clock: CLOCK,
        scale: Scale::Full,
        rounds: args.rounds.map_or(Rounds::EachItsOwn, Rounds::Exactly),
        budget: args.budget * ROUNDS / rows.len().max(1) as f64,
        compared: COMPARED,
        earlier: 0,
        warm: true,
    };
    let mut measured: Vec<(Measured, &Row)> = Vec::new();
    for (i, (group, row)) in rows.iter().enumerate() {
        let gone = start.elapsed().as_secs_f64();
        let bytes: usize = data(row, settings.scale).iter().map(|d| d.bytes()).sum();
        if bytes.saturating_mul(row.room * on_device) > memory {
            taken.left_out.push(format!("{}: {on_device} libraries would need more than the {} GiB of the device", row.name, memory >> 30));
        } else if gone > args.budget {
            taken.left_out.push(format!("{}: the budget of {} s was used up", row.name, args.budget));
        } else {
            let row_measured = measure(&settings, group, row, &mut players);
            eprintln!("{}", progress(&row_measured, i + 1, rows.len(), gone));
            measured.push((row_measured, row));
        }
    }
    drop(players);
    // The limits once more: the device may have been slower the first time.
    let limits = first.max(limits()?);
    let rows = measured.into_iter().map(|(measured, row)| bounded(measured, row, &limits)).collect();
    Ok(Report::new(&cuda, memory, limits, taken, rows, start.elapsed()))
}

/// A stream of our own beside that of the backend, and the bytes of the device.
fn beside(cuda: &Cuda) -> Result<(Arc<CudaStream>, usize), String> {
    debug_assert!(!cuda.device_name().is_empty(), "the backend has loaded the driver");
    let context = CudaContext::new(0).map_err(|e| e.to_string())?;
    let memory = context.total_mem().map_err(|e| e.to_string())?;
    Ok((context.new_stream().map_err(|e| e.to_string())?, memory))
}

/// cuBLAS, which a first product of the backend loads: it looks into more folders than the bindings do.
fn blas(cuda: &Cuda, stream: &Arc<CudaStream>) -> Result<Blas, String> {
    let one = Array::from_slice(cuda, [1, 1], &[1.0]).map_err(|e| e.to_string())?;
    one.matmul(&one).and_then(|x| x.to_host()).map_err(|e| e.to_string())?;
    Blas::new(stream)
}

fn take_peers(args: &Args, taken: &mut Taken, players: &mut Vec<Box<dyn Player<Row>>>) {
    for module in args.peers() {
        match python::start(module) {
            Ok((versions, player)) => {
                players.push(Box::new(player));
                taken.peers.push((module.into(), versions));
            }
            Err(e) => taken.left_out.push(format!("{module}: {e}")),
        }
    }
}

fn bounded(mut measured: Measured, row: &Row, limits: &Limits) -> Measurement {
    match row.limit {
        Limit::Copy => measured.bound_ns = Some((measured.bytes_in + measured.bytes_out) as f64 / limits.copy * 1e9),
        Limit::Blas => measured.bounded_by(CUBLAS),
        Limit::None => {}
    }
    Measurement { target: row.target, measured }
}

fn progress(row: &Measured, done: usize, all: usize, gone: f64) -> String {
    let times: Vec<String> = row.times.iter().filter_map(|t| Some(format!("{} {}", t.player, time(row.median(&t.player)?)))).collect();
    let faults: String = row.faults.iter().map(|f| format!("\n    {f}")).collect();
    format!("[{done}/{all}, {gone:.0} s gone] {}: {}{faults}", row.name, times.join(", "))
}
