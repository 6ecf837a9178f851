//! No core dump of a process that holds secrets.

/// Forbids core dumps, and on Linux also that another process of the same user reads this one's
/// memory. Where the system refuses, there is nothing to be done about it.
pub fn forbid() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let none = Rlimit {
            current: Some(0),
            maximum: Some(0),
        };
        let _ = setrlimit(Resource::Core, none);
    }
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        // The test that reads the memory has no more rights than the user.
        if cfg!(debug_assertions) && std::env::var_os("KMSDECK_TEST_MEMORY").is_some() {
            return;
        }
        // A dump that is piped to a program heeds no limit (core(5)).
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}

/// Whether no core is dumped; None where the system does not say.
pub fn are_forbidden() -> Option<bool> {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit};
        Some(getrlimit(Resource::Core).current == Some(0))
    }
    #[cfg(not(unix))]
    None
}
