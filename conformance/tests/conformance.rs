//! One trial per clause, on the built-in backends or on the one that `CONFORMANCE_BACKEND` names.
fn main() -> std::process::ExitCode {
    conformance::harness::main_of_built_ins()
}
