//! What the command line (`:`) knows. One table serves running, completion and the list of all.

use super::core::Core;
use super::core::note::Tone;
use super::effect::Effect;
use super::flow::Flow;
use super::keymap::Action;
use super::route::Route;
use crate::assets;
use crate::catalog::facts::{Fact, FactSet};
use crate::gateway::Place;
use crate::kms::key_id;
use crate::kms::regions::{REGIONS, looks_like_region};
use crate::ops::bulk_journal::CutOff;
use crate::ops::{OPS, OpSpec};

/// What completes an argument.
#[derive(Clone, Copy)]
enum Completes {
    Nothing,
    Regions,
    Profiles,
    Themes,
    Aliases,
}

/// A command.
pub struct Command {
    pub name: &'static str,
    /// Empty where it takes none.
    pub argument: &'static str,
    pub text: &'static str,
    completes: Completes,
    /// Errors: a sentence that names the rule and the fix.
    run: fn(&str, &mut Core) -> Result<Flow, String>,
}

const fn plain(
    name: &'static str,
    text: &'static str,
    run: fn(&str, &mut Core) -> Result<Flow, String>,
) -> Command {
    with(name, "", text, Completes::Nothing, run)
}

const fn with(
    name: &'static str,
    argument: &'static str,
    text: &'static str,
    completes: Completes,
    run: fn(&str, &mut Core) -> Result<Flow, String>,
) -> Command {
    Command {
        name,
        argument,
        text,
        completes,
        run,
    }
}

/// Asks a fact of every key, or stops where that is under way.
fn sweep(fact: Fact, core: &mut Core) -> Result<Flow, String> {
    core.toggle_sweep(FactSet::of(fact));
    Ok(Flow::Stay)
}

/// Every command, in the order in which they are listed.
pub static COMMANDS: &[Command] = &[
    plain("keys", "The list of keys", |_, _| Ok(Flow::Home(None))),
    plain("aliases", "The aliases and what they point to", |_, _| {
        Ok(Flow::Open(Route::Aliases))
    }),
    plain(
        "grants",
        "The grants of all keys: filter, export, revoke many",
        |_, _| Ok(Flow::Open(Route::Grants)),
    ),
    plain(
        "retirable-grants",
        "The grants that you may retire (ListRetirableGrants)",
        |_, _| Ok(Flow::Open(Route::RetirableGrants)),
    ),
    plain(
        "stores",
        "The custom key stores, and the keys in each",
        |_, _| Ok(Flow::Open(Route::KeyStores)),
    ),
    plain("log", "Every SDK call of this run", |_, _| {
        Ok(Flow::Open(Route::CallLog))
    }),
    plain(
        "matrix",
        "The permission matrix of the marked keys, else of those that the filter finds",
        |_, _| Ok(Flow::HomeAnd(Action::Matrix)),
    ),
    with(
        "access",
        "[KEYID | ARN]",
        "Who may use a key, or the marked keys; what a principal may do with the keys of the list",
        Completes::Aliases,
        access,
    ),
    plain("lessons", "Envelope encryption, taught live", |_, _| {
        Ok(Flow::Open(Route::Lessons))
    }),
    with(
        "open",
        "KEYID",
        "The details of a key",
        Completes::Aliases,
        open,
    ),
    with(
        "filter",
        "TEXT",
        "Filter the keys: pay state:disabled spec:rsa tag:env=prod alias:none",
        Completes::Nothing,
        |text, _| Ok(Flow::Home(Some(text.to_owned()))),
    ),
    with(
        "region",
        "REGION",
        "Another Region",
        Completes::Regions,
        regions,
    ),
    with(
        "regions",
        "REGION,REGION,...",
        "Several Regions in one list",
        Completes::Regions,
        regions,
    ),
    with(
        "profile",
        "NAME",
        "Another profile; in the sandbox, another principal",
        Completes::Profiles,
        profile,
    ),
    plain(
        "sign-in",
        "Run the profile's credential_process with the terminal",
        |_, core| sign_in(core),
    ),
    with(
        "endpoint",
        "URL | default",
        "Another endpoint, or AWS's own",
        Completes::Nothing,
        endpoint,
    ),
    plain("columns", "Choose the columns of the list", |_, _| {
        Ok(Flow::HomeAnd(Action::Columns))
    }),
    plain("export", "Write the list of keys to a file", |_, _| {
        Ok(Flow::HomeAnd(Action::Export))
    }),
    plain("refresh", "List again", |_, core| {
        core.refresh();
        Ok(Flow::Stay)
    }),
    plain(
        "describe-all",
        "DescribeKey of every key; again to stop",
        |_, core| sweep(Fact::Details, core),
    ),
    plain(
        "tags-all",
        "ListResourceTags of every key, for tag:...; again to stop",
        |_, core| sweep(Fact::Tags, core),
    ),
    plain(
        "rotation-all",
        "GetKeyRotationStatus of every key, for rotation:off; again to stop",
        |_, core| sweep(Fact::Rotation, core),
    ),
    plain(
        "last-used-all",
        "GetKeyLastUsage of every key, for unused:90d; again to stop",
        |_, core| sweep(Fact::LastUsage, core),
    ),
    plain(
        "grants-all",
        "ListGrants of every key, for grants:>0; again to stop",
        |_, core| sweep(Fact::Grants, core),
    ),
    plain(
        "shared",
        "List the keys that other accounts share (RAM), too; again to leave them out",
        |_, core| {
            core.listing.shared_too = !core.listing.shared_too;
            let text = match core.listing.shared_too {
                true => "Keys that other accounts share by RAM are listed, too.",
                false => "Only this account's own keys are listed.",
            };
            core.refresh();
            core.say(Tone::Plain, text);
            Ok(Flow::Stay)
        },
    ),
    plain(
        "read-only",
        "Allow nothing but reads and dry runs, until kmsdeck ends",
        |_, core| {
            core.connection.read_only_asked = true;
            core.say(Tone::Good, "Read-only: nothing but reads and dry runs.");
            Ok(Flow::Stay)
        },
    ),
    plain(
        "mouse",
        "Take the mouse, or leave it to the terminal's own selection",
        |_, core| {
            core.toggle_mouse();
            Ok(Flow::Stay)
        },
    ),
    with(
        "theme",
        "NAME",
        "Other colours",
        Completes::Themes,
        |name, core| {
            if name.is_empty() {
                return Err(
                    "theme takes a name: dark, light, high-contrast, mono, or your own".into(),
                );
            }
            core.effect(Effect::SetTheme(name.to_owned()));
            Ok(Flow::Stay)
        },
    ),
    plain(
        "cut-off",
        "What a job on several keys did that was cut off; said once",
        |_, core| {
            let jobs = std::mem::take(&mut core.kept.cut_off);
            if jobs.is_empty() {
                return Err("No job on several keys was cut off.".into());
            }
            let rows = jobs.iter().flat_map(CutOff::rows).collect();
            core.remove(jobs.into_iter().map(|job| job.path).collect());
            Ok(Flow::Open(Route::Text("Cut off", rows)))
        },
    ),
    plain("config", "What is wrong in the configuration", |_, core| {
        let lines = match core.config_problems.is_empty() {
            true => vec![format!("{}: nothing is wrong.", core.config.file)],
            false => core.config_problems.clone(),
        };
        let fields = lines.into_iter().map(|line| (String::new(), line));
        Ok(Flow::Open(Route::Text("Configuration", fields.collect())))
    }),
    plain("q", "Quit", |_, core| {
        core.effect(Effect::Quit);
        Ok(Flow::Stay)
    }),
];

/// Runs a line as it was typed, without the colon.
///
/// Errors: a sentence that names the rule and the fix.
pub fn run(line: &str, core: &mut Core) -> Result<Flow, String> {
    let line = line.trim();
    let (name, argument) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let argument = argument.trim();
    let starting: Vec<&Command> = COMMANDS
        .iter()
        .filter(|command| command.name.starts_with(name))
        .collect();
    let command = match COMMANDS.iter().find(|command| command.name == name) {
        Some(command) => command,
        None if name == "quit" => return run("q", core),
        None => match starting.as_slice() {
            [only] => only,
            [] if !operations(name).is_empty() => return operation(name, argument, core),
            [] => return Err(format!("There is no command {name:?}. Tab lists them all.")),
            several => {
                let names: Vec<&str> = several.iter().map(|command| command.name).collect();
                return Err(format!(
                    "{name:?} could be {}: type more.",
                    names.join(", ")
                ));
            }
        },
    };
    if command.argument.is_empty() && !argument.is_empty() {
        return Err(format!("{} takes nothing after it.", command.name));
    }
    (command.run)(argument, core)
}

/// The operations that a name is of, or the beginning of.
fn operations(name: &str) -> Vec<&'static OpSpec> {
    let named = OPS.iter().copied().find(|spec| spec.command() == name);
    match named {
        Some(spec) => vec![spec],
        None => OPS
            .iter()
            .copied()
            .filter(|spec| spec.command().starts_with(name))
            .collect(),
    }
}

/// The form of an operation: for a key that is named, else for the one that the screen is about.
///
/// Errors: a sentence, where the name is of several.
fn operation(name: &str, key: &str, core: &Core) -> Result<Flow, String> {
    match operations(name).as_slice() {
        [spec] if key.is_empty() => Ok(Flow::Operation(spec)),
        [spec] => {
            let key = core.parse_typed_key(key)?;
            Ok(Flow::Open(core.form_for(spec, &key)))
        }
        several => {
            let names: Vec<String> = several.iter().map(|spec| spec.command()).collect();
            Err(format!(
                "{name:?} could be {}: type more.",
                names.join(", ")
            ))
        }
    }
}

/// What a line that is being typed can become, and what is said of it.
pub fn completions(line: &str, core: &Core) -> Vec<(String, String)> {
    /// Aliases offered at most.
    const OFFERED: usize = 50;
    let line = line.trim_start();
    let Some((name, typed)) = line.split_once(char::is_whitespace) else {
        return COMMANDS
            .iter()
            .filter(|command| command.name.starts_with(line))
            .map(|command| {
                let after = if command.argument.is_empty() { "" } else { " " };
                let about = match command.argument {
                    "" => command.text.to_owned(),
                    argument => format!("{argument}: {}", command.text),
                };
                (format!("{}{after}", command.name), about)
            })
            .chain(
                OPS.iter()
                    .map(|spec| (spec.command(), format!("[KEYID] {}", spec.summary)))
                    .filter(|(name, _)| !line.is_empty() && name.starts_with(line)),
            )
            .collect();
    };
    let command = COMMANDS.iter().find(|command| command.name == name);
    let completes = match command {
        Some(command) => command.completes,
        None if operations(name).is_empty() => return Vec::new(),
        None => Completes::Aliases,
    };
    let typed = typed.trim_start();
    let (before, last) = match (name, typed.rsplit_once(',')) {
        ("regions", Some((before, last))) => (format!("{before},"), last),
        _ => (String::new(), typed),
    };
    let sandbox = match &core.connection.target.place {
        Place::Sandbox { sandbox, .. } => Some(sandbox),
        Place::Aws { .. } => None,
    };
    let values: Vec<String> = match (completes, sandbox) {
        (Completes::Nothing, _) => Vec::new(),
        (Completes::Regions, Some(sandbox)) => sandbox.regions().to_vec(),
        (Completes::Regions, None) => REGIONS.iter().map(|name| (*name).to_owned()).collect(),
        (Completes::Profiles, Some(sandbox)) => {
            let principals = sandbox.principals().iter();
            principals.map(|principal| principal.name.clone()).collect()
        }
        (Completes::Profiles, None) => core.config.profiles.keys().cloned().collect(),
        (Completes::Themes, _) => assets::THEMES
            .iter()
            .map(|(name, _)| (*name).to_owned())
            .collect(),
        (Completes::Aliases, _) => {
            let aliases = core
                .listing
                .keys
                .entries()
                .iter()
                .flat_map(|entry| &entry.aliases);
            let fitting = aliases.filter(|alias| alias.contains(last));
            fitting.take(OFFERED).map(ToString::to_string).collect()
        }
    };
    values
        .into_iter()
        .filter(|value| match completes {
            Completes::Aliases => true,
            _ => value.starts_with(last),
        })
        .map(|value| (format!("{name} {before}{value}"), String::new()))
        .collect()
}

fn open(key_id: &str, core: &mut Core) -> Result<Flow, String> {
    Ok(Flow::Open(Route::KeyDetail(core.parse_typed_key(key_id)?)))
}

/// A principal is told from a key by its ARN.
fn access(name: &str, core: &mut Core) -> Result<Flow, String> {
    let is_key = name.starts_with("arn:") && name.split(':').nth(2) == Some("kms");
    let is_principal = !is_key
        && (name.starts_with("arn:")
            || name == "*"
            || name.ends_with(".amazonaws.com")
            || key_id::is_account(name));
    match name {
        "" => Ok(Flow::HomeAnd(Action::Access)),
        principal if is_principal => Ok(Flow::Open(Route::AccessOf(principal.to_owned()))),
        key => {
            let reference = core.parse_typed_key(key)?;
            Ok(Flow::Open(Route::Access(vec![(reference, key.to_owned())])))
        }
    }
}

fn regions(text: &str, core: &mut Core) -> Result<Flow, String> {
    let mut names: Vec<String> = Vec::new();
    for name in text.split([',', ' ']).filter(|name| !name.is_empty()) {
        if !looks_like_region(name) {
            return Err(format!(
                "{name:?} is no Region: write it like eu-west-1; several with commas between."
            ));
        }
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    if names.is_empty() {
        return Err("A Region is missing: write it like eu-west-1.".into());
    }
    core.connection.switch_regions(names);
    Ok(Flow::Reconnect)
}

fn profile(name: &str, core: &mut Core) -> Result<Flow, String> {
    if name.is_empty() {
        return Err("A profile's name is missing; p on the list of keys shows them all.".into());
    }
    core.connection.switch_profile(name.to_owned());
    Ok(Flow::Reconnect)
}

fn sign_in(core: &mut Core) -> Result<Flow, String> {
    if core.connection.target.is_sandbox() {
        return Err("The sandbox asks for no credentials.".into());
    }
    let target = Box::new(core.connection.target.clone());
    core.effect(Effect::SignIn(target));
    Ok(Flow::Stay)
}

fn endpoint(url: &str, core: &mut Core) -> Result<Flow, String> {
    let Place::Aws { endpoint_url, .. } = &mut core.connection.target.place else {
        return Err("The sandbox has no endpoint: start kmsdeck without --sandbox.".into());
    };
    *endpoint_url = match url {
        "default" => None,
        url => Some(crate::gateway::check_endpoint_url(url)?),
    };
    Ok(Flow::Reconnect)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_named_once_and_described() {
        for (at, command) in COMMANDS.iter().enumerate() {
            assert!(!command.text.is_empty());
            assert!(
                COMMANDS[at + 1..]
                    .iter()
                    .all(|other| other.name != command.name)
            );
        }
    }
}
