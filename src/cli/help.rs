//! The list of commands in `--help`: in groups, which clap has for options alone.

use clap::Command;
use clap::builder::StyledStr;

use crate::tui::view::wrap;

/// The groups, and the commands that belong there. Every other command is in the last one.
const GROUPS: &[(&str, &[&str])] = &[
    (
        "Keys",
        &[
            "keys",
            "describe",
            "get-public-key",
            "create-key",
            "update-key-description",
            "tag-resource",
            "untag-resource",
            "put-key-policy",
            "enable-key-rotation",
            "disable-key-rotation",
            "rotate-key-on-demand",
            "import-key-material",
            "get-parameters-for-import",
            "delete-imported-key-material",
            "replicate-key",
            "update-primary-region",
            "enable-key",
            "disable-key",
            "schedule-key-deletion",
            "cancel-key-deletion",
        ],
    ),
    (
        "Custom key stores",
        &[
            "describe-custom-key-stores",
            "connect-custom-key-store",
            "disconnect-custom-key-store",
        ],
    ),
    ("Aliases", &["create-alias", "update-alias", "delete-alias"]),
    ("Permissions", &["matrix", "access", "why", "policy"]),
    (
        "Data keys",
        &[
            "generate-data-key-without-plaintext",
            "generate-data-key",
            "generate-data-key-pair-without-plaintext",
            "generate-data-key-pair",
        ],
    ),
    ("Encryption", &["encrypt", "decrypt", "re-encrypt"]),
    ("Files", &["encrypt-file", "decrypt-file"]),
    (
        "Signatures and MACs",
        &["sign", "verify", "generate-mac", "verify-mac"],
    ),
    (
        "Shared secrets and random bytes",
        &[
            "derive-shared-secret",
            "encapsulate",
            "decapsulate",
            "generate-random",
        ],
    ),
    (
        "Grants",
        &["grants", "create-grant", "retire-grant", "revoke-grant"],
    ),
    ("Learning", &["lessons"]),
    ("More", &[]),
];

/// Columns of the names; a longer one has a line of its own.
const NAMES: usize = 22;
/// Columns of what is said of a command: with the names they fit on any terminal.
const TEXTS: usize = 55;

/// The template for the help of `command` with its commands in groups.
pub(super) fn template(command: &Command) -> StyledStr {
    let header = command.get_styles().get_header();
    let literal = command.get_styles().get_literal();
    let mut text = String::from("{about}\n\n{usage-heading} {usage}\n\n");
    for (title, names) in GROUPS {
        let mut lines = String::new();
        for sub in members(command, names) {
            let name = sub.get_name();
            let about = sub.get_about().map(ToString::to_string).unwrap_or_default();
            lines.push_str(&format!("  {literal}{name}{literal:#}"));
            let mut used = name.len();
            for line in wrap(&about, TEXTS) {
                if used > NAMES - 2 {
                    lines.push('\n');
                    used = 0;
                    lines.push_str("  ");
                }
                lines.push_str(&" ".repeat(NAMES - used));
                lines.push_str(&line);
                used = NAMES;
            }
            lines.push('\n');
        }
        if !lines.is_empty() {
            text.push_str(&format!("{header}{title}:{header:#}\n{lines}\n"));
        }
    }
    text.push_str("{all-args}{after-help}");
    text.into()
}

/// The commands of a group, in its order; those of no group where it names none.
fn members<'a>(command: &'a Command, names: &[&str]) -> Vec<&'a Command> {
    if names.is_empty() {
        return command
            .get_subcommands()
            .filter(|sub| {
                let name = sub.get_name();
                let grouped = GROUPS.iter().any(|(_, names)| names.contains(&name));
                !grouped && !sub.is_hide_set()
            })
            .collect();
    }
    names
        .iter()
        .filter_map(|name| command.find_subcommand(name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::OPS;

    #[test]
    fn every_operation_has_its_group() {
        for spec in OPS {
            let name = spec.command();
            assert!(
                GROUPS.iter().any(|(_, names)| names.contains(&&*name)),
                "{name} stands under More"
            );
        }
    }
}
