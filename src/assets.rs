//! The files that are built into the binary; their readers parse them.

/// The sandbox's accounts and principals, with their identity policies.
pub const SANDBOX_ACCOUNTS: &str = include_str!("../assets/sandbox/accounts.json");

/// The sandbox's keys, aliases, grants and key policies.
pub const SANDBOX_KEYS: &str = include_str!("../assets/sandbox/keys.json");
