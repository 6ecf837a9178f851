//! `kmsdeck access`: who may do what with a key, by its policy and grants and the policies of
//! principals; from the account, or from files alone.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use kmsdeck_policy::Told;

use super::output;
use crate::access::columns::{self, Column};
use crate::access::key::{KeyRead, key_grant, read_key, with_policy};
use crate::access::principals::Principals;
use crate::access::report;
use crate::access::row::{AccessRow, AskedKey, Evaluation, LEGEND, glyph, in_words};
use crate::access::view::AccessView;
use crate::gateway::{Session, Target};
use crate::kms::key_id::{self, Notation};
use crate::kms::table_file::Format;
use crate::platform::user_file;
use crate::reads;
use crate::reads::parse_grants;

/// More operations than this stand beside each other, by their glyphs.
const MOST_IN_WORDS: usize = 3;

pub(super) fn command() -> Command {
    Command::new("access")
        .about("Tells who may do what with a key, and which statement or grant says so")
        .long_about(
            "Tells who may do what with a key: of each user, role, service and account that may \
             come to it, and each operation, whether it is allowed, under which condition, and \
             which statement or grant says so. It reads the key and IAM \
             (iam:GetAccountAuthorizationDetails), or files: with --policy it calls nothing.",
        )
        .after_help("Exit codes: 0 done; 1 refused; 2 bad usage; 3 the key cannot be read.")
        .args([
            key_id_arg().required(true),
            operation_arg(),
            principal_arg(),
            Arg::new("filter").long("filter").value_name("TEXT").help(
                "Only those that this finds: can:Decrypt external:yes via:grant conditional:yes",
            ),
        ])
        .args(file_args())
        .arg(
            Arg::new("output")
                .long("output")
                .value_name("FORMAT")
                .value_parser(["table", "json", "csv", "markdown"])
                .default_value("table")
                .help("For people, as JSON, or as a file has it"),
        )
}

pub(super) fn key_id_arg() -> Arg {
    Arg::new("key-id")
        .long("key-id")
        .value_name("KEY")
        .help("The key, in any of the four notations; with --policy, its ARN")
}

pub(super) fn operation_arg() -> Arg {
    Arg::new("operation")
        .long("operation")
        .value_name("NAME")
        .num_args(1..)
        .action(ArgAction::Append)
        .help("Permissions to ask about, as Decrypt; else all that fit the key")
}

pub(super) fn principal_arg() -> Arg {
    Arg::new("principal")
        .long("principal")
        .value_name("ARN")
        .num_args(1..)
        .action(ArgAction::Append)
        .help("Principals to ask about: ARNs, services, accounts' IDs, or *; else all who may come to it")
}

/// The files that take the place of calls.
pub(super) fn file_args() -> [Arg; 4] {
    let file = |name: &'static str| {
        Arg::new(name)
            .long(name)
            .value_name("FILE")
            .value_parser(value_parser!(PathBuf))
    };
    [
        file("policy").help("The key policy; then nothing is called"),
        file("grants")
            .requires("policy")
            .help("The key's grants, as aws kms list-grants prints them"),
        file("iam")
            .num_args(1..)
            .action(ArgAction::Append)
            .help("Users, roles and policies, as aws iam get-account-authorization-details prints them; a file for each account"),
        file("scp")
            .num_args(1..)
            .action(ArgAction::Append)
            .help("Service control policies: a document, or a list for a level, or a list of levels"),
    ]
}

/// What is said of bad usage.
pub(super) fn usage(problem: &str) -> ExitCode {
    output::complain(problem);
    super::exit::USAGE.into()
}

fn paths<'a>(matches: &'a ArgMatches, id: &str) -> Vec<&'a Path> {
    let paths = matches.get_many::<PathBuf>(id).unwrap_or_default();
    paths.map(PathBuf::as_path).collect()
}

/// The columns that are asked for.
///
/// Errors: no permission has that name.
pub(super) fn columns_of(matches: &ArgMatches) -> Result<Vec<Column>, String> {
    let names = matches.get_many::<String>("operation").unwrap_or_default();
    let names: Vec<&str> = names.flat_map(|name| name.split(',')).collect();
    if names.is_empty() {
        return Ok(columns::columns());
    }
    let column = |name: &&str| {
        columns::named(name).ok_or_else(|| {
            format!("--operation: {name:?} is no permission on keys; write it like Decrypt or kms:PutKeyPolicy")
        })
    };
    names.iter().map(column).collect()
}

/// A key and principals, from the account or from files.
pub(super) struct Known {
    pub key: Arc<AskedKey>,
    pub principals: Principals,
    /// None where nothing was called.
    pub session: Option<Session>,
}

impl Known {
    /// Reads what the arguments name, and says on standard error what it does where that takes.
    pub(super) async fn of(
        target: &Target,
        matches: &ArgMatches,
        key_id: &str,
    ) -> Result<Known, ExitCode> {
        if let Err(error) = key_id::parse(key_id) {
            return Err(usage(&error.to_string()));
        }
        match matches.get_one::<PathBuf>("policy") {
            Some(policy) => Known::of_files(matches, key_id, policy).map_err(|why| usage(&why)),
            None => Known::of_account(target, matches, key_id).await,
        }
    }

    fn of_files(matches: &ArgMatches, arn: &str, policy: &Path) -> Result<Known, String> {
        let is_arn = key_id::parse(arn).is_ok_and(|id| id.notation == Notation::KeyArn);
        if !is_arn {
            return Err(format!(
                "--key-id: {arn} is no key ARN, which says with --policy whose key it is"
            ));
        }
        let text = user_file::read_text(policy)
            .map_err(|error| format!("{} cannot be read: {error}", policy.display()))?;
        let mut read = with_policy(arn, &text, None)
            .map_err(|(_, error)| format!("{}: {}", policy.display(), error.message))?;
        match matches.get_one::<PathBuf>("grants") {
            Some(path) => {
                let text = user_file::read_text(path)
                    .map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
                let grants =
                    parse_grants(&text).map_err(|error| format!("{}: {error}", path.display()))?;
                read.facts.grants = grants.iter().filter_map(key_grant).collect();
            }
            None => read.missing.push("its grants (no --grants)".to_owned()),
        }
        let mut principals = Principals::of_files(&paths(matches, "iam"), &paths(matches, "scp"))?;
        if principals.accounts.is_empty() {
            let missing = "users, roles and their policies (no --iam)".to_owned();
            principals.missing.push(missing);
        }
        Ok(Known {
            key: asked(read, arn),
            principals,
            session: None,
        })
    }

    async fn of_account(
        target: &Target,
        matches: &ArgMatches,
        key_id: &str,
    ) -> Result<Known, ExitCode> {
        let (iam, scp) = (paths(matches, "iam"), paths(matches, "scp"));
        let of_files = Principals::of_files(&iam, &[]).map_err(|why| usage(&why))?;
        let session = super::exit::session(target).await?;
        let read = read_key(&session, key_id)
            .await
            .map_err(|(operation, error)| super::exit::failed(operation, &error))?;
        let mut principals = match iam.is_empty() {
            false => of_files,
            true => match reads::caller_identity(&session).await {
                Ok(caller) => Principals::of_account(&session, &caller.account, |_| {}).await,
                Err(error) => Principals {
                    missing: vec![format!(
                        "users and roles of the account (GetCallerIdentity: {})",
                        error.code
                    )],
                    ..Principals::default()
                },
            },
        };
        principals.limit(&scp).map_err(|why| usage(&why))?;
        Ok(Known {
            key: asked(read, key_id),
            principals,
            session: Some(session),
        })
    }

    /// What could not be read, and weakens the answers.
    pub(super) fn missing(&self, evaluation: &Evaluation) -> Vec<String> {
        let of_key = self.key.read.missing.iter();
        let of_principals = self.principals.missing.iter();
        let mut all: Vec<String> = of_key.chain(of_principals).cloned().collect();
        all.extend(evaluation.missing());
        all.push("resource control, session and VPC endpoint policies".to_owned());
        all
    }
}

fn asked(read: KeyRead, key_id: &str) -> Arc<AskedKey> {
    let name = key_id.to_owned();
    Arc::new(AskedKey { read, name })
}

pub(super) async fn run(target: &Target, matches: &ArgMatches) -> ExitCode {
    let text = |id: &str| matches.get_one::<String>(id).map(String::as_str);
    let mut columns = match columns_of(matches) {
        Ok(columns) => columns,
        Err(problem) => return usage(&problem),
    };
    let mut view = AccessView::new(columns.clone());
    view.set_query(text("filter").unwrap_or_default());
    if let Some(problem) = view.problems().first() {
        return usage(&format!("--filter: {problem}"));
    }
    let known = match Known::of(target, matches, text("key-id").unwrap_or_default()).await {
        Ok(known) => known,
        Err(code) => return code,
    };
    columns.retain(|column| column.fits(known.key.read.metadata.as_ref()));
    if columns.is_empty() {
        return usage("--operation: none of these is for a key of that kind");
    }
    let mut view = AccessView::new(columns.clone());
    view.set_query(text("filter").unwrap_or_default());
    let evaluation = Evaluation::new(&known.principals.accounts, columns);
    let named = matches.get_many::<String>("principal").unwrap_or_default();
    let named: Vec<&String> = named.collect();
    view.extend(match named.is_empty() {
        true => evaluation.rows(&known.key),
        false => named
            .iter()
            .map(|name| evaluation.row_of(&known.key, name))
            .collect(),
    });
    let missing = known.missing(&evaluation);
    let printed = print(&view, &evaluation, &missing, text("output"));
    super::exit::written(printed, super::exit::DONE)
}

fn print(
    view: &AccessView,
    evaluation: &Evaluation,
    missing: &[String],
    format: Option<&str>,
) -> io::Result<()> {
    let table = || report::table(view.rows(), evaluation);
    match format {
        Some("csv") => output::print_made(&table().render(Format::Csv)),
        Some("markdown") => output::print_made(&table().render(Format::Markdown)),
        Some("json") => {
            let mut json = table().json();
            json["NotRead"] = missing.into();
            output::print_json(&json)
        }
        _ => {
            let rows: Vec<&AccessRow> = view.rows().collect();
            let text = match evaluation.columns.len() <= MOST_IN_WORDS {
                true => in_lines(&rows, evaluation),
                false => in_grid(&rows, evaluation),
            };
            output::print(&text)?;
            output::print("")?;
            output::print(&format!("Not read: {}.", missing.join("; ")))
        }
    }
}

/// One line for each principal and operation.
fn in_lines(rows: &[&AccessRow], evaluation: &Evaluation) -> String {
    let mut lines = Vec::new();
    for row in rows {
        for (column, answer) in row.answers.iter().enumerate() {
            let Some(answer) = answer else {
                continue;
            };
            let told = row.told(evaluation, column);
            let because: Vec<String> = told.iter().map(Told::to_string).collect();
            lines.push(vec![
                format!("{} {}", glyph(Some(answer)), row.who_text()),
                evaluation.columns[column].name.to_owned(),
                in_words(answer),
                because.join("; "),
            ]);
        }
    }
    output::table(&["  PRINCIPAL", "OPERATION", "VERDICT", "BECAUSE"], &lines)
}

/// A glyph for each principal and operation, narrow.
fn in_grid(rows: &[&AccessRow], evaluation: &Evaluation) -> String {
    let columns = &evaluation.columns;
    let heads: Vec<&str> = columns.iter().map(Column::short).collect();
    let head = heads.join(" ");
    let lines = rows.iter().map(|row| {
        let cells = row.answers.iter();
        let cells: Vec<String> = cells
            .map(|answer| format!("{:^3}", glyph(answer.as_ref())))
            .collect();
        vec![row.who_text(), cells.join(" ")]
    });
    let table = output::table(&["PRINCIPAL", &head], &lines.collect::<Vec<_>>());
    let shorts: Vec<String> = columns
        .iter()
        .map(|column| format!("{} {}", column.short(), column.name))
        .collect();
    format!("{table}\n\n{LEGEND}\n{}", shorts.join(" · "))
}
