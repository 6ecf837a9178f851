//! The pages in `docs/reference/`, made of the tables that the program itself is made of.
//! `KMSDECK_UPDATE_DOCS=1` writes them.

use std::fmt::Write;

use clap::{Arg, Command};
use kmsdeck::access::row_terms;
use kmsdeck::assets::THEMES;
use kmsdeck::catalog::columns::{COLUMNS, DEFAULT, column};
use kmsdeck::catalog::facts::Fact;
use kmsdeck::catalog::terms::TermHelp;
use kmsdeck::catalog::{filter_terms, grant_terms};
use kmsdeck::config::{PROFILE_SETTINGS, SETTINGS, Setting};
use kmsdeck::kms::FieldKind;
use kmsdeck::kms::error::{ADVICE, DENIALS};
use kmsdeck::kms::field::{Field, Sensitivity};
use kmsdeck::kms::text::grouped;
use kmsdeck::ops::bulk::takes_several;
use kmsdeck::ops::{Group, Impact, KeyRequirement, OPS, OpSpec};
use kmsdeck::tui::commands::COMMANDS;
use kmsdeck::tui::keymap::{BINDINGS, Binding, Context};

use super::page::{Page, root};

const MADE: &str = "<!-- Made of the code by tests/it/docs/reference.rs: KMSDECK_UPDATE_DOCS=1 cargo test --test it docs -->\n\n";

/// A page of the reference, with its name.
type Reference = (&'static str, fn() -> String);

const PAGES: [Reference; 7] = [
    ("keys.md", keys),
    ("commands.md", commands),
    ("operations.md", operations),
    ("filter.md", filter),
    ("configuration.md", configuration),
    ("errors.md", errors),
    ("sandbox-crate.md", sandbox_crate),
];

#[test]
fn the_reference_says_what_the_code_says() {
    let update = std::env::var_os("KMSDECK_UPDATE_DOCS").is_some();
    let mut stale = Vec::new();
    for (name, make) in PAGES {
        let path = root().join("docs/reference").join(name);
        let text = format!("{MADE}{}\n", make().trim_end());
        let is_stale = std::fs::read_to_string(&path).map_or(true, |there| there != text);
        if is_stale && update {
            std::fs::write(&path, text).unwrap();
        } else if is_stale {
            stale.push(name);
        }
    }
    assert!(
        stale.is_empty(),
        "{stale:?} in docs/reference: run KMSDECK_UPDATE_DOCS=1 cargo test --test it docs"
    );
}

/// Text in a cell of a table.
fn cell(text: &str) -> String {
    let text = text.replace('\n', " ");
    // Between backquotes the signs of HTML are themselves.
    let parts = text.split('`').enumerate().map(|(at, part)| match at % 2 {
        0 => part.replace('<', "&lt;").replace('*', "\\*"),
        _ => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("`").replace('|', "\\|")
}

/// Text as it is typed, in a cell of a table.
fn code(text: &str) -> String {
    let text = text.replace('|', "\\|");
    match text.contains('`') {
        true => format!("`` {text} ``"),
        false => format!("`{text}`"),
    }
}

fn codes<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    texts.into_iter().map(code).collect::<Vec<_>>().join(" ")
}

fn table(heads: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut text = format!(
        "| {} |\n|{}\n",
        heads.join(" | "),
        "---|".repeat(heads.len())
    );
    for row in rows {
        writeln!(text, "| {} |", row.join(" | ")).unwrap();
    }
    text + "\n"
}

fn key_row(binding: &Binding) -> Vec<String> {
    let keys: Vec<String> = binding
        .keys
        .iter()
        .map(|key| code(&key.to_string()))
        .collect();
    vec![
        keys.join(" "),
        cell(binding.text),
        code(&binding.does.name()),
    ]
}

fn keys() -> String {
    let mut text = "# Every key\n\nBy place. In one place, what its own table has goes before what \
                    is bound around it: [lists](#lists), [texts](#texts), [everywhere](#everywhere). \
                    The last column is the name that [`config.toml`](../configuration.md#keys) binds \
                    a key by, in the table that stands below the heading. In the console `?` shows \
                    the keys of the place where you are, and `F1` where text is typed.\n\n"
        .to_owned();
    let mut contexts: Vec<Context> = Vec::new();
    for binding in BINDINGS {
        if !contexts.contains(&binding.at) {
            contexts.push(binding.at);
        }
    }
    for at in contexts {
        write!(text, "## {}\n\n`[keys.{}]`", at.title(), at.name()).unwrap();
        if let Some(around) = at.around() {
            let title = around.title();
            write!(text, ", and around it [{title}](#{})", title.to_lowercase()).unwrap();
        }
        if at.takes_text() {
            text.push_str(". Text is typed here: a character alone cannot be bound");
        }
        text.push_str(".\n\n");
        let rows = BINDINGS
            .iter()
            .filter(|binding| binding.at == at)
            .map(key_row);
        text.push_str(&table(&["key", "what it does", "name"], rows));
    }
    text
}

fn commands() -> String {
    let mut text = "# Every command\n\n## Of the console\n\n`:` opens the command line, `Tab` \
                    completes. A name may be cut short where only one command begins so. Every \
                    [operation](operations.md) is a command, too: `:disable-key`, for the key under \
                    the cursor, or for one that is named after it.\n\n"
        .to_owned();
    let rows = COMMANDS.iter().map(|command| {
        let line = format!(":{} {}", command.name, command.argument);
        vec![code(line.trim_end()), cell(command.text)]
    });
    text.push_str(&table(&["command", "what it does"], rows));
    text.push_str("## Of the shell\n\n");
    let mut program = kmsdeck::cli::command();
    program.build();
    if let Some(about) = program.get_about() {
        write!(text, "{about}\n\n").unwrap();
    }
    text.push_str("These flags go with the console and with every command:\n\n");
    let own: Vec<&Arg> = shown(&program).collect();
    let mut headings: Vec<&str> = Vec::new();
    for arg in &own {
        if !headings.contains(&heading(arg)) {
            headings.push(heading(arg));
        }
    }
    for title in headings {
        let of_title = own.iter().filter(|arg| heading(arg) == title);
        let rows = of_title.map(|arg| {
            let mut row = flag_row(arg);
            if !arg.is_global_set() {
                row[1].push_str(". Of the console alone");
            }
            row
        });
        write!(text, "### {title}\n\n").unwrap();
        text.push_str(&table(&["flag", "what it does"], rows));
    }
    if let Some(after) = program.get_after_help() {
        write!(text, "{after}\n\n").unwrap();
    }
    for sub in program.get_subcommands() {
        subcommand(sub, "kmsdeck", &mut text);
    }
    text
}

/// What a flag of the whole program stands under.
fn heading(arg: &Arg) -> &str {
    arg.get_help_heading().unwrap_or("Options")
}

/// The arguments of a command alone that its help shows.
fn shown(command: &Command) -> impl Iterator<Item = &Arg> {
    command
        .get_arguments()
        .filter(|arg| !arg.is_hide_set() && !["help", "version"].contains(&arg.get_id().as_str()))
}

fn subcommand(command: &Command, before: &str, text: &mut String) {
    let name = format!("{before} {}", command.get_name());
    if command.get_name() == "help" {
        return;
    }
    write!(text, "### {name}\n\n").unwrap();
    if let Some(about) = command.get_about() {
        let about = about.to_string();
        let end = if about.ends_with(['.', '!', '?']) {
            ""
        } else {
            "."
        };
        write!(text, "{}{end}", cell(&about)).unwrap();
    }
    if let Some(after) = command.get_after_help() {
        let after = after.to_string().replace("https://", "<https://");
        let closed = match after.contains("<https://") {
            true => after + ">",
            false => cell(&after),
        };
        write!(text, " {closed}").unwrap();
    }
    text.push_str("\n\n");
    let own: Vec<&Arg> = shown(command).filter(|arg| !arg.is_global_set()).collect();
    if !own.is_empty() {
        let rows = own.iter().map(|arg| flag_row(arg));
        text.push_str(&table(&["flag", "what it does"], rows));
    }
    for sub in command.get_subcommands() {
        subcommand(sub, &name, text);
    }
}

fn flag_row(arg: &Arg) -> Vec<String> {
    let values: Vec<&str> = arg
        .get_value_names()
        .unwrap_or_default()
        .iter()
        .map(|name| name.as_str())
        .collect();
    let takes_value = arg.get_action().takes_values();
    let mut flag = match arg.get_long() {
        Some(long) if takes_value => format!("--{long} {}", values.join(" ")),
        Some(long) => format!("--{long}"),
        None => values.join(" "),
    };
    if takes_value
        && arg
            .get_num_args()
            .is_some_and(|range| range.max_values() > 1)
    {
        flag.push_str(" ...");
    }
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let mut about = vec![cell(&help)];
    let possible = arg.get_possible_values();
    if takes_value && !possible.is_empty() {
        let names = codes(possible.iter().map(|value| value.get_name()));
        about.push(format!("One of {names}"));
    }
    let defaults = arg.get_default_values();
    if takes_value && !defaults.is_empty() {
        let default = defaults.iter().map(|value| value.to_string_lossy());
        let default = default.collect::<Vec<_>>().join(" ");
        about.push(format!("Default: {}", code(&default)));
    }
    if arg.is_required_set() {
        about.push("**Required**".to_owned());
    }
    let sentences = about.iter().map(|text| text.trim_end_matches('.'));
    let about = sentences.collect::<Vec<_>>().join(". ");
    vec![code(&flag), about]
}

fn operations() -> String {
    let mut text = "# Every operation\n\nIn the console by `a` on a key, or as a command \
                    (`:encrypt`); in the shell as `kmsdeck encrypt`. **A change** is sent after a \
                    question alone, **a loss** after one that is answered by typing; those with \
                    DryRun are dry runs until that is switched off. **Several** says that it takes \
                    all keys that are marked.\n\n"
        .to_owned();
    for group in [Group::Use, Group::Life, Group::Naming, Group::Permissions] {
        let of_group = || OPS.iter().filter(move |spec| spec.group == group);
        write!(text, "## {}\n\n", group.title()).unwrap();
        let rows = of_group().map(|spec| {
            let anchor = spec.id.0.to_lowercase();
            vec![
                format!("[{}](#{anchor})", spec.id),
                impact(spec).to_owned(),
                yes(spec.has_dry_run()),
                yes(takes_several(spec)),
                cell(spec.summary),
            ]
        });
        let heads = ["operation", "impact", "DryRun", "several", "what it does"];
        text.push_str(&table(&heads, rows));
        for spec in of_group() {
            operation(spec, &mut text);
        }
    }
    text
}

fn yes(is: bool) -> String {
    if is { "yes" } else { "" }.to_owned()
}

fn impact(spec: &OpSpec) -> &'static str {
    match spec.impact {
        Impact::Read => "read",
        Impact::Use => "use",
        Impact::Change => "change",
        Impact::Destroy => "loss",
    }
}

fn operation(spec: &OpSpec, text: &mut String) {
    write!(
        text,
        "### {}\n\n{}. Command: `{}`. Permission: {}.",
        spec.id,
        spec.summary.trim_end_matches('.'),
        spec.command(),
        codes(spec.iam.split(',').map(str::trim)),
    )
    .unwrap();
    if let Some(takes) = key_text(spec.key) {
        write!(text, " Takes {takes}.").unwrap();
    }
    for choice in spec.exactly_one {
        let names: Vec<&str> = choice.fields.iter().map(|field| field.name).collect();
        write!(text, " Exactly one of {}.", names.join(", ")).unwrap();
    }
    text.push_str("\n\n");
    let rows = spec.fields.iter().map(|field| {
        let name = match field.within {
            Some(structure) => format!("{structure}.{}", field.name),
            None => field.name.to_owned(),
        };
        let required = if field.required { " **Required.**" } else { "" };
        vec![
            name,
            kind_text(field),
            format!("{}{required}{}", cell(field.help), sensitivity(field)),
        ]
    });
    text.push_str(&table(&["field", "takes", "about"], rows));
    let answers: Vec<String> = spec
        .answers
        .iter()
        .map(|answer| match answer.sensitivity {
            Sensitivity::Secret => format!("{} (secret)", answer.name),
            _ => answer.name.to_owned(),
        })
        .collect();
    if !answers.is_empty() {
        write!(text, "Answers {}.\n\n", answers.join(", ")).unwrap();
    }
}

fn key_text(key: KeyRequirement) -> Option<String> {
    Some(match key {
        KeyRequirement::NoKey | KeyRequirement::Any => return None,
        KeyRequirement::SymmetricEncryption => "a symmetric encryption key".to_owned(),
        KeyRequirement::Usage(usage) => format!("a key with KeyUsage {usage}"),
        KeyRequirement::Asymmetric => "an asymmetric key".to_owned(),
        KeyRequirement::InState(states) => format!("a key that is {}", states.join(" or ")),
        KeyRequirement::Primary(states) => format!(
            "the primary key of a multi-Region key, {}",
            states.join(" or ")
        ),
        KeyRequirement::Rotating => "a symmetric encryption key whose material KMS made".to_owned(),
        KeyRequirement::Imported(states) => {
            format!("a key with Origin EXTERNAL that is {}", states.join(" or "))
        }
    })
}

fn sensitivity(field: &Field) -> &'static str {
    match field.sensitivity {
        Sensitivity::InCloudTrail if !field.help.contains("CloudTrail") => {
            " In CloudTrail in plain text."
        }
        Sensitivity::Public | Sensitivity::InCloudTrail => "",
        Sensitivity::Token => " Counted, not shown, and not kept.",
        Sensitivity::Secret => " Secret.",
    }
}

fn kind_text(field: &Field) -> String {
    let number = |number: usize| grouped(number as u64);
    match field.kind {
        FieldKind::KeyId => "a KeyId".to_owned(),
        FieldKind::Choice(names) | FieldKind::Algorithm { names, .. } => {
            format!("one of {}", codes(names.iter().copied()))
        }
        FieldKind::Names(names) => format!("any of {}", codes(names.iter().copied())),
        FieldKind::Text { max, .. } => format!("text, 1 to {} characters", number(max)),
        FieldKind::AliasName => "`alias/NAME`".to_owned(),
        FieldKind::FreeText { max } => format!("text, up to {} characters", number(max)),
        FieldKind::MultiLine { max } => format!("text of lines, up to {} characters", number(max)),
        FieldKind::Document { max } => format!("JSON, up to {} bytes", number(max)),
        FieldKind::Blob { min, max } => format!("{} to {} bytes", number(min), number(max)),
        FieldKind::Integer { min, max } => {
            format!("{} to {}", number(min as usize), number(max as usize))
        }
        FieldKind::EncryptionContext => "pairs: `k=v,...` or JSON".to_owned(),
        FieldKind::GrantTokens => "up to 10 tokens".to_owned(),
        FieldKind::Tags => "tags".to_owned(),
        FieldKind::TagKeys => "keys of tags".to_owned(),
        FieldKind::Flag => "yes or no".to_owned(),
        FieldKind::Time => "a time".to_owned(),
        FieldKind::Path => "the path of a file that is written".to_owned(),
    }
}

fn asked(fact: Option<Fact>) -> String {
    fact.map(Fact::operation).unwrap_or_default().to_owned()
}

fn terms(terms: Vec<TermHelp>) -> impl Iterator<Item = Vec<String>> {
    terms.into_iter().map(|term| {
        let values = term.values.iter();
        let values: Vec<String> = values
            .map(|value| format!("{}:{value}", term.name))
            .collect();
        vec![
            code(&format!("{}:", term.name)),
            cell(term.about),
            codes(values.iter().map(String::as_str)),
            asked(term.fact),
        ]
    })
}

/// The terms of another list, which ask for nothing more.
fn own_terms(title: &str, about: &str, helps: Vec<TermHelp>) -> String {
    let rows = terms(helps).map(|mut row| {
        row.truncate(3);
        row
    });
    let rows = table(&["term", "about", "such as"], rows);
    format!("\n## {title}\n\n{about}\n\n{rows}")
}

fn filter() -> String {
    let mut text = "# Every term of the filter, and every column\n\nOf the list of keys (`/`), of \
                    `kmsdeck keys --filter` and `kmsdeck matrix --filter`. Words without a colon are \
                    looked for in aliases, key IDs and ARNs. All terms must fit; several values of a \
                    term, with commas between, are any of them; `!` before a term turns it around. \
                    Where the last column names a call, it is made once for each key that the list \
                    does not know enough of yet.\n\n## Terms\n\n"
        .to_owned();
    text.push_str(&table(
        &["term", "about", "such as", "call for each key"],
        terms(filter_terms::term_helps()),
    ));
    text.push_str(
        "An age is a number and `h`, `d`, `w`, `m` (30 days) or `y`; a date is a day, a month or a \
         year in UTC.\n\n## Columns\n\nOf the list (`C`), of `columns` in `config.toml`, of \
         `kmsdeck keys --columns`, and of exports.\n\n",
    );
    let rows = COLUMNS.iter().map(|column| {
        vec![
            code(column.name),
            cell(column.about),
            code(column.member),
            asked(column.fact),
        ]
    });
    text.push_str(&table(
        &["column", "about", "in JSON", "call for each key"],
        rows,
    ));
    let default = codes(DEFAULT.iter().map(|id| column(*id).name));
    writeln!(
        text,
        "By default: {default}. Those for which there is no room are left out from the right."
    )
    .unwrap();
    text.push_str(&own_terms(
        "Terms of the grants",
        "Of `:grants`, `:retirable-grants` and `kmsdeck grants --filter`.",
        grant_terms::term_helps(),
    ));
    text.push_str(&own_terms(
        "Terms of who may do what",
        "Of the access screen (`w`, `:access`) and `kmsdeck access --filter`.",
        row_terms::term_helps(),
    ));
    text
}

fn setting_row(setting: &Setting) -> Vec<String> {
    vec![
        code(setting.name),
        cell(setting.takes),
        setting.default.map(code).unwrap_or_default(),
        cell(setting.about),
    ]
}

fn configuration() -> String {
    let mut text = "# Every setting\n\nOf `config.toml`; [the chapter](../configuration.md) tells \
                    where it is, with examples.\n\n"
        .to_owned();
    let heads = ["setting", "takes", "default", "about"];
    text.push_str(&table(&heads, SETTINGS.iter().map(setting_row)));
    text.push_str("## Of a profile\n\nIn `[profile.NAME]`, for the AWS profile of that name.\n\n");
    text.push_str(&table(&heads, PROFILE_SETTINGS.iter().map(setting_row)));
    text.push_str(
        "## Key bindings\n\nThe tables and names of [every key](keys.md); in `[keys]` itself, and \
         in `[keys.keys]`, `[keys.key-detail]` and `[keys.aliases]`, the commands of [every \
         operation](operations.md).\n\n## Themes\n\n",
    );
    let names = codes(THEMES.iter().map(|(name, _)| *name));
    write!(
        text,
        "There are {names}. A theme of your own inherits from one of them, and may change each \
         style that `{}` has:\n\n```toml\n{}```\n",
        THEMES[0].0, THEMES[0].1
    )
    .unwrap();
    text
}

fn errors() -> String {
    let mut text = "# Every error's advice\n\nWhat kmsdeck says to the errors of AWS. [The \
                    chapter](../troubleshooting.md) has its own messages.\n\n"
        .to_owned();
    let row =
        |(code_, means, todo): &(&str, &str, &str)| vec![code(code_), cell(means), cell(todo)];
    text.push_str(&table(
        &["code", "what it means", "what to do"],
        ADVICE.iter().map(row),
    ));
    text.push_str(
        "## Of AccessDeniedException\n\nWhere the message names the policy that decided:\n\n",
    );
    let heads = ["the message has", "what it means", "what to do"];
    text.push_str(&table(&heads, DENIALS.iter().map(row)));
    text
}

/// The README of the crate, which the chapter on the sandbox leads to.
fn sandbox_crate() -> String {
    Page::read(&root().join("crates/kmsdeck-sandbox/README.md")).text
}
