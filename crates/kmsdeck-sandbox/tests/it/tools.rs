//! A Python with boto3, which the workspace's `tests/run` sets up and demands by
//! `KMSDECK_TESTS=all`.

use std::io::Write;

/// It; None, after saying what is left out of the test, where there is none.
pub(crate) fn python(left_out: &str) -> Option<String> {
    let named = std::env::var("KMSDECK_PYTHON").ok();
    if named.is_none() {
        let all = std::env::var("KMSDECK_TESTS").is_ok_and(|tests| tests == "all");
        assert!(!all, "KMSDECK_PYTHON is not set, and all tests are wanted");
        let thread = std::thread::current();
        let test = thread.name().unwrap_or("a test");
        // Not by eprintln!, whose words are kept back of a test that passes.
        let _ = writeln!(std::io::stderr(), "left out of {test}: {left_out}");
    }
    named
}
