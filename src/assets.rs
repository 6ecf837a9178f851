//! The files that are built into the binary; their readers parse them.

/// The sandbox's accounts and principals, with their identity policies.
pub const SANDBOX_ACCOUNTS: &str = include_str!("../assets/sandbox/accounts.json");

/// The sandbox's keys, aliases, grants and key policies.
pub const SANDBOX_KEYS: &str = include_str!("../assets/sandbox/keys.json");

/// The themes that are there without a file of the user's, by name.
pub const THEMES: [(&str, &str); 4] = [
    ("dark", include_str!("../assets/themes/dark.toml")),
    ("light", include_str!("../assets/themes/light.toml")),
    (
        "high-contrast",
        include_str!("../assets/themes/high-contrast.toml"),
    ),
    ("mono", include_str!("../assets/themes/mono.toml")),
];
