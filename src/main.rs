use std::process::ExitCode;

fn main() -> ExitCode {
    kmsdeck::cli::main()
}
