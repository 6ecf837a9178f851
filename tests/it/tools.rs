//! What some tests need beside cargo: moto's server, and a Python with boto3, the AWS CLI and the
//! AWS Encryption SDK. `tests/run` sets them up, names them in the environment and demands every
//! test by `KMSDECK_TESTS=all`. Without them plain `cargo test` passes, and says what it left out.

use std::io::Write;
use std::process::Command;

/// kmsdeck, to which nothing of whoever runs the tests shows through, and which leaves its log
/// among what is built.
pub(crate) fn kmsdeck() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kmsdeck"));
    for name in [
        "AWS_PROFILE",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_KMS",
        "NO_COLOR",
    ] {
        command.env_remove(name);
    }
    command
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("XDG_CONFIG_HOME", "/nowhere")
        .env("HOME", "/nowhere/home")
        .env("XDG_STATE_HOME", env!("CARGO_TARGET_TMPDIR"));
    command
}

/// A Python with all of it; None, after saying what is left out of the test, where there is none.
pub(crate) fn python(left_out: &str) -> Option<String> {
    tool("KMSDECK_PYTHON", left_out)
}

/// The program that is moto's server; None, after saying so, where there is none.
pub(crate) fn moto_server() -> Option<String> {
    tool("KMSDECK_MOTO_SERVER", "what moto's server answers")
}

fn tool(variable: &str, left_out: &str) -> Option<String> {
    let named = std::env::var(variable).ok();
    if named.is_none() {
        let all = std::env::var("KMSDECK_TESTS").is_ok_and(|tests| tests == "all");
        assert!(!all, "{variable} is not set, and all tests are wanted");
        let thread = std::thread::current();
        let test = thread.name().unwrap_or("a test");
        // Not by eprintln!, whose words are kept back of a test that passes.
        let _ = writeln!(
            std::io::stderr(),
            "left out of {test}: {left_out} (tests/run sets it up)"
        );
    }
    named
}
