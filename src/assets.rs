//! The files that are built into the binary; their readers parse them.

/// The lessons, by ID, in the order in which they are taught.
pub const LESSONS: [(&str, &str); 8] = [
    (
        "envelope-encryption",
        include_str!("../assets/lessons/envelope-encryption.toml"),
    ),
    (
        "without-plaintext",
        include_str!("../assets/lessons/without-plaintext.toml"),
    ),
    (
        "encryption-context",
        include_str!("../assets/lessons/encryption-context.toml"),
    ),
    ("rotation", include_str!("../assets/lessons/rotation.toml")),
    (
        "permissions",
        include_str!("../assets/lessons/permissions.toml"),
    ),
    ("who-may", include_str!("../assets/lessons/who-may.toml")),
    (
        "key-states",
        include_str!("../assets/lessons/key-states.toml"),
    ),
    (
        "tampering",
        include_str!("../assets/lessons/tampering.toml"),
    ),
];

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

/// Key policies to begin with, by what they are for.
pub const POLICIES: [(&str, &str); 3] = [
    ("default", include_str!("../assets/policies/default.json")),
    (
        "administrators",
        include_str!("../assets/policies/administrators.json"),
    ),
    ("services", include_str!("../assets/policies/services.json")),
];
