//! `kmsdeck matrix`: the permission matrix without the console, for files and for CI.

use std::cell::RefCell;
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use futures_util::StreamExt;
use jiff::Timestamp;

use super::keys::{ask_facts, listed};
use super::output;
use crate::catalog::facts::{Fact, FactSet};
use crate::catalog::inventory::{Details, Inventory};
use crate::catalog::view::KeyView;
use crate::gateway::limiter::Limits;
use crate::gateway::{Place, Session, Target};
use crate::kms::table_file::Format;
use crate::kms::text::counted;
use crate::kms::{KeyRef, KmsError, Verdict, encryption_context, key_id};
use crate::matrix::diff::{Change, Difference, compare};
use crate::matrix::report::{
    self, AskedAs, Subject, Verdicts, parse_by_principal, render, render_all,
};
use crate::matrix::runner;
use crate::matrix::{Cell, CellId, Matrix, Row, Variant, operations, verdict_word};
use crate::ops::OpSpec;
use crate::reads::{self, ResourceOwner};

/// DescribeKey calls at once.
const DESCRIBED_AT_ONCE: usize = 16;

/// The subcommand.
pub(super) fn command() -> Command {
    Command::new("matrix")
        .about("Asks by dry runs what the principal may do: keys x operations x encryption contexts")
        .long_about(
            "Asks by dry runs what the principal may do with keys. Each cell is a real call with \
             DryRun: it is billed, counts against the request quota and is in CloudTrail.",
        )
        .after_help(
            "Exit codes: 0 done, and as expected; 1 a cell differs from --expect; 2 bad usage; \
             3 a cell is not known, or the keys cannot be listed.",
        )
        .args([
            Arg::new("key-id")
                .long("key-id")
                .value_name("KEY")
                .num_args(1..)
                .action(ArgAction::Append)
                .help("Keys to ask about, in any of the four notations; else all that ListKeys lists"),
            Arg::new("filter")
                .long("filter")
                .value_name("TEXT")
                .conflicts_with("key-id")
                .help("Of the listed keys those that it finds, as in the console: pay state:enabled tag:env=prod"),
            Arg::new("operations")
                .long("operations")
                .value_name("NAME")
                .num_args(1..)
                .value_parser(
                    operations()
                        .iter()
                        .map(|spec| spec.id.0)
                        .collect::<Vec<_>>(),
                )
                .help("Operations to ask about; else all that have DryRun"),
            Arg::new("profiles")
                .long("profiles")
                .value_name("NAME,...")
                .value_delimiter(',')
                .num_args(1..)
                .action(ArgAction::Append)
                .help("Asks as each of these profiles, side by side; in the sandbox, as each of these principals. The first lists the keys"),
            Arg::new("encryption-context")
                .long("encryption-context")
                .value_name("K=V,... or JSON")
                .action(ArgAction::Append)
                .help("Asks with this context; several times asks with each. '' is none"),
            Arg::new("grant-tokens")
                .long("grant-tokens")
                .value_name("TOKEN")
                .num_args(1..)
                .help("Sent with every call that takes them"),
            Arg::new("all-cells")
                .long("all-cells")
                .action(ArgAction::SetTrue)
                .help("Asks also what the KeyUsage or KeySpec rules out"),
            Arg::new("at-once")
                .long("at-once")
                .value_name("N")
                .value_parser(value_parser!(u32).range(1..=256))
                .help("Calls under way at once [default: 16]"),
            Arg::new("rate")
                .long("rate")
                .value_name("N")
                .value_parser(value_parser!(u32).range(0..=10_000))
                .help("Calls a second; 0 does not bound them [default: 50 with AWS, else 0]"),
            Arg::new("expect")
                .long("expect")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("Exits with 1 where a cell is not what this JSON file says"),
            Arg::new("compare")
                .long("compare")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("Tells what was gained and lost since this earlier JSON output"),
            Arg::new("output")
                .long("output")
                .value_name("FORMAT")
                .value_parser(["table", "csv", "markdown", "json"])
                .default_value("table")
                .help("What standard output gets"),
        ])
}

/// The most bytes of an exported matrix that are read.
const LONGEST_VERDICTS: u64 = 256 << 20;

pub(super) async fn run(target: &Target, matches: &ArgMatches) -> ExitCode {
    let plan = match MatrixPlan::of(matches) {
        Ok(plan) => plan,
        Err(problem) => {
            output::complain(&problem);
            return super::exit::USAGE.into();
        }
    };
    let is_role = matches!(&target.place, Place::Aws { role: Some(_), .. });
    if is_role && !plan.profiles.is_empty() {
        output::complain(
            "--role-arn is of one principal: let a profile of --profiles have the role.",
        );
        return super::exit::USAGE.into();
    }
    let mut asked: Vec<AskedAs> = Vec::new();
    for name in &plan.askers() {
        let region = asked.first().and_then(|one| one.subject.regions.first());
        let asker = match name {
            Some(name) => target.as_profile(name, region.map(String::as_str)),
            None => target.clone(),
        };
        let before = asked.first().map(|one| one.matrix.rows.as_slice());
        match plan.ask_as(&asker, before).await {
            Ok((matrix, subject)) => asked.push(AskedAs {
                name: name.clone().unwrap_or_default(),
                matrix,
                subject,
            }),
            Err(code) => {
                if let Some(name) = name {
                    output::complain(&format!("That was as {name}; nothing more is asked."));
                }
                return code;
            }
        }
    }
    plan.tell(&asked)
}

#[cfg(unix)]
fn is_fifo(kind: std::fs::FileType) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&kind)
}

#[cfg(not(unix))]
fn is_fifo(_: std::fs::FileType) -> bool {
    false
}

/// An exported matrix. What a shell gives in place of a file (`<(...)`) is read to its end; a
/// device has none.
fn read_verdicts(path: &Path) -> io::Result<String> {
    let file = std::fs::File::open(path)?;
    let kind = file.metadata()?.file_type();
    if !kind.is_file() && !is_fifo(kind) {
        return Err(io::Error::other("it is no ordinary file"));
    }
    let mut text = String::new();
    file.take(LONGEST_VERDICTS + 1).read_to_string(&mut text)?;
    match text.len() as u64 > LONGEST_VERDICTS {
        true => Err(io::Error::other(
            "it is over 256 MiB, far more than a matrix has",
        )),
        false => Ok(text),
    }
}

/// What the arguments ask for.
struct MatrixPlan {
    /// Whom to ask as, side by side; empty is as whom the target says.
    profiles: Vec<String>,
    key_ids: Vec<String>,
    filter: String,
    columns: Vec<&'static OpSpec>,
    variants: Vec<Variant>,
    grant_tokens: Vec<String>,
    all: bool,
    at_once: Option<u32>,
    rate: Option<u32>,
    expect: Vec<(Option<String>, Verdicts)>,
    compare: Vec<(Option<String>, Verdicts)>,
    output: String,
}

impl MatrixPlan {
    fn of(matches: &ArgMatches) -> Result<MatrixPlan, String> {
        let texts = |id: &str| -> Vec<String> {
            matches
                .get_many::<String>(id)
                .into_iter()
                .flatten()
                .cloned()
                .collect()
        };
        let key_ids = texts("key-id");
        for key in &key_ids {
            key_id::parse(key).map_err(|error| error.to_string())?;
        }
        let wanted = texts("operations");
        let columns = operations()
            .into_iter()
            .filter(|spec| wanted.is_empty() || wanted.iter().any(|name| name == spec.id.0))
            .collect();
        let mut variants = Vec::new();
        for text in texts("encryption-context") {
            let pairs = encryption_context::parse("EncryptionContext", &text)
                .map_err(|error| error.to_string())?;
            variants.push(Variant::new(pairs));
        }
        if variants.is_empty() {
            variants.push(Variant::new(Vec::new()));
        }
        let verdicts = |id: &str| match matches.get_one::<PathBuf>(id) {
            None => Ok(Vec::new()),
            Some(path) => read_verdicts(path)
                .map_err(|error| format!("--{id}: {} cannot be read: {error}", path.display()))
                .and_then(|text| {
                    parse_by_principal(&text)
                        .map_err(|rule| format!("--{id}: {} {rule}", path.display()))
                }),
        };
        let filter = matches
            .get_one::<String>("filter")
            .cloned()
            .unwrap_or_default();
        let mut view = KeyView::default();
        view.set_query(&filter, Timestamp::now());
        if let Some(problem) = view.problems().first() {
            return Err(format!("--filter: {problem}"));
        }
        let grant_tokens = texts("grant-tokens");
        crate::kms::field::check_grant_tokens(&grant_tokens).map_err(|error| error.to_string())?;
        let mut profiles = texts("profiles");
        profiles.retain(|name| !name.is_empty());
        for (at, name) in profiles.iter().enumerate() {
            if profiles[..at].contains(name) {
                return Err(format!("--profiles names {name} twice"));
            }
        }
        Ok(MatrixPlan {
            profiles,
            key_ids,
            filter,
            columns,
            variants,
            grant_tokens,
            all: matches.get_flag("all-cells"),
            at_once: matches.get_one::<u32>("at-once").copied(),
            rate: matches.get_one::<u32>("rate").copied(),
            expect: verdicts("expect")?,
            compare: verdicts("compare")?,
            output: matches
                .get_one::<String>("output")
                .cloned()
                .unwrap_or_default(),
        })
    }

    fn limit(&self, limits: &mut Limits) {
        if let Some(at_once) = self.at_once {
            limits.at_once = at_once as usize;
        }
        if let Some(rate) = self.rate {
            limits.a_second = (rate > 0).then_some(rate);
        }
    }

    /// The keys to ask about, described where that is allowed.
    async fn rows(&self, session: &Session) -> Result<Vec<Row>, (&'static str, KmsError)> {
        let mut keys = Inventory::new(vec![session.region.clone()]);
        if self.key_ids.is_empty() {
            let keys_listed = listed("ListKeys", |marker| {
                reads::list_keys(session, ResourceOwner::Own, marker)
            });
            let aliases = listed("ListAliases", |marker| reads::list_aliases(session, marker));
            let ((all, end), (aliases, aliases_end)) = tokio::join!(keys_listed, aliases);
            end.map_err(|error| ("ListKeys", error))?;
            keys.add_keys(0, all);
            keys.add_aliases(0, aliases);
            // The keys that have none are named by their IDs then.
            if let Err(error) = aliases_end {
                output::complain(&format!("ListAliases: {error}"));
            }
        } else {
            return Ok(self.named_rows(session).await);
        }
        let ids: Vec<String> = keys
            .entries()
            .iter()
            .map(|entry| entry.key_id.to_string())
            .collect();
        let described = describe(session, &ids).await;
        for (place, metadata) in described.into_iter().enumerate() {
            if let Some(metadata) = metadata {
                keys.set_details(place as u32, Details::Known(metadata));
            }
        }
        let mut view = KeyView::default();
        view.set_query(&self.filter, Timestamp::now());
        let all: Vec<u32> = (0..keys.len() as u32).collect();
        let needs = view.needs().without(FactSet::of(Fact::Details));
        // Of which keys it is not known, those the filter does not find.
        if let Some(hole) = ask_facts(session, &mut keys, &all, needs).await {
            hole.complain();
        }
        view.update(&keys);
        Ok(view
            .rows()
            .iter()
            .map(|place| {
                let entry = &keys.entries()[*place as usize];
                Row::of(entry, KeyRef::new(&*session.region, &*entry.key_id))
            })
            .collect())
    }

    /// Keys as the user named them. CreateGrant and RevokeGrant take no alias, so that an alias
    /// stands for the key that DescribeKey tells.
    async fn named_rows(&self, session: &Session) -> Vec<Row> {
        let described = describe(session, &self.key_ids).await;
        let keys = self.key_ids.iter().zip(described);
        keys.map(|(named, metadata)| Row {
            key: KeyRef::new(
                &*session.region,
                match &metadata {
                    Some(key) => key.arn.as_deref().unwrap_or(&key.key_id),
                    None => named,
                },
            ),
            arn: metadata.as_ref().and_then(|key| key.arn.clone()),
            name: named.clone(),
            aliases: vec![named.clone()],
            metadata: metadata.map(Arc::from),
        })
        .collect()
    }

    /// As whom to ask: the profiles that were named, each by its own session.
    fn askers(&self) -> Vec<Option<String>> {
        match self.profiles.is_empty() {
            true => vec![None],
            false => self.profiles.iter().cloned().map(Some).collect(),
        }
    }

    /// Asks all cells as one principal. `before` are the keys that another one was asked about.
    async fn ask_as(
        &self,
        target: &Target,
        before: Option<&[Row]>,
    ) -> Result<(Matrix, Subject), ExitCode> {
        let session = super::exit::session(target).await?;
        let rows = match before {
            // Another account's principal finds a key by its ARN alone.
            Some(rows) => rows.iter().map(by_arn).collect(),
            None => self.rows(&session).await.map_err(|(what, error)| {
                let code = super::exit::failed(what, &error);
                if what == "ListKeys" {
                    output::complain("Name the keys with --key-id to do without.");
                }
                code
            })?,
        };
        if rows.is_empty() {
            output::complain("No key to ask about: the list is empty, or the filter finds none.");
            return Err(super::exit::USAGE.into());
        }
        let identity = reads::caller_identity(&session).await.ok();
        let subject = Subject {
            account: identity.as_ref().map(|caller| caller.account.clone()),
            principal: identity.as_ref().map(|caller| caller.arn.clone()),
            regions: vec![session.region.clone()],
            endpoint: session.endpoint.clone(),
            at: Some(Timestamp::now()),
        };
        let mut limits = Limits::for_session(&session);
        self.limit(&mut limits);
        let matrix = Matrix::new(
            rows,
            self.columns.clone(),
            self.variants.clone(),
            self.grant_tokens.clone(),
            self.all,
        );
        let caller = subject.principal.clone();
        let matrix = ask(matrix, session, caller, limits, self.all).await;
        Ok((matrix, subject))
    }

    fn tell(&self, asked: &[AskedAs]) -> ExitCode {
        let format = match self.output.as_str() {
            "csv" => Some(Format::Csv),
            "markdown" => Some(Format::Markdown),
            "json" => Some(Format::Json),
            _ => None,
        };
        let rendered = |format| match (self.profiles.is_empty(), asked) {
            (true, [one]) => render(&one.matrix, &one.subject, format),
            _ => render_all(asked, format),
        };
        let printed = match format {
            Some(Format::Json) => output::print_json_text(&rendered(Format::Json)),
            Some(format) => output::print_made(&rendered(format)),
            None => output::print(&table(asked)),
        };
        if let Some(endpoint) = asked.iter().find_map(|one| one.subject.endpoint.as_ref()) {
            output::complain(&format!(
                "This is what {endpoint} says; it is no proof of permission in AWS."
            ));
        }
        for (one, before) in pairs(asked, &self.compare) {
            for difference in compare(&one.matrix, before) {
                output::complain(&self.told(one, &difference));
            }
        }
        let mut differs = false;
        for name in unasked(asked, &self.expect) {
            output::complain(&format!("Not as expected: nothing was asked as {name}"));
            differs = true;
        }
        // What could not be asked is no difference.
        let not_known = verdict_word(Verdict::NotKnown);
        for (one, expected) in pairs(asked, &self.expect) {
            for difference in compare(&one.matrix, expected) {
                let told = self.told(one, &difference);
                output::complain(&format!("Not as expected: {told}"));
                differs |= difference.now != not_known;
            }
        }
        if differs {
            return super::exit::written(printed, super::exit::REFUSED);
        }
        let mut code = super::exit::DONE;
        for one in asked {
            let counts = one.matrix.counts();
            if counts.not_known + counts.not_asked == 0 {
                continue;
            }
            let whose = self.whose(one);
            let open = counted(counts.not_known + counts.not_asked, "cell");
            output::complain(&format!("{whose}{open} not known:"));
            for (error, count) in one.matrix.not_known() {
                let cells = counted(count, "cell");
                output::complain(&format!("? {cells}: {}: {}", error.code, error.message));
            }
            code = super::exit::NOT_KNOWN;
        }
        super::exit::written(printed, code)
    }

    fn told(&self, one: &AskedAs, difference: &Difference) -> String {
        format!("{}{}", self.whose(one), told(difference))
    }

    /// Who was asked as, where there are several.
    fn whose(&self, one: &AskedAs) -> String {
        match self.profiles.is_empty() {
            true => String::new(),
            false => format!("{}: ", one.name),
        }
    }
}

fn by_arn(row: &Row) -> Row {
    let mut row = row.clone();
    if let Some(arn) = &row.arn {
        row.key = row.key.with_id(arn);
    }
    row
}

/// Whether a file's verdicts of that name are about one who was asked as.
fn is_of(one: &AskedAs, name: Option<&str>, verdicts: &Verdicts, several: bool) -> bool {
    let arn = one.subject.principal.as_deref();
    match name {
        Some(name) => {
            let of_file = verdicts.principal.as_deref();
            name == one.name || Some(name) == arn || (of_file.is_some() && of_file == arn)
        }
        // A file of one principal is about that one where there are several.
        None => !several || verdicts.principal.is_none() || verdicts.principal.as_deref() == arn,
    }
}

/// Who was asked as, each with what a file says of that one.
fn pairs<'a>(
    asked: &'a [AskedAs],
    file: &'a [(Option<String>, Verdicts)],
) -> impl Iterator<Item = (&'a AskedAs, &'a Verdicts)> {
    let several = asked.len() > 1;
    asked.iter().flat_map(move |one| {
        let of_one = file
            .iter()
            .filter(move |(name, verdicts)| is_of(one, name.as_deref(), verdicts, several));
        of_one.map(move |(_, verdicts)| (one, verdicts))
    })
}

/// Of whom a file says something and nothing was asked: where one asked alone, only if that is so of
/// the whole file.
fn unasked<'a>(asked: &[AskedAs], file: &'a [(Option<String>, Verdicts)]) -> Vec<&'a str> {
    let several = asked.len() > 1;
    let is_asked = |(name, verdicts): &&(Option<String>, Verdicts)| {
        let mut asked = asked.iter();
        asked.any(|one| is_of(one, name.as_deref(), verdicts, several))
    };
    if !several && file.iter().any(|one| is_asked(&one)) {
        return Vec::new();
    }
    let left = file.iter().filter(|one| !is_asked(one));
    left.map(|(name, verdicts)| {
        let name = name.as_deref().or(verdicts.principal.as_deref());
        name.unwrap_or("that principal")
    })
    .collect()
}

fn told(difference: &Difference) -> String {
    let before = &difference.before;
    let context = match &before.context {
        Some(name) => format!(" with {name}"),
        None => String::new(),
    };
    let now = match difference.now.as_str() {
        "" => "no such cell was asked",
        now => now,
    };
    let mark = match difference.change {
        Change::Gained => "gained",
        Change::Lost => "lost",
        Change::Other => "changed",
    };
    format!(
        "{mark}: {} {}{context}: {} before, {now} now",
        before.key, before.operation, before.word
    )
}

/// What DescribeKey tells of each, in their order; None where it tells nothing.
async fn describe(
    session: &Session,
    ids: &[String],
) -> Vec<Option<Box<crate::kms::key::KeyMetadata>>> {
    futures_util::stream::iter(ids)
        .map(|id| async move { reads::describe_key(session, id).await.ok().map(Box::new) })
        .buffered(DESCRIBED_AT_ONCE)
        .collect()
        .await
}

/// Asks every cell, and says on a terminal how far it is.
async fn ask(
    matrix: Matrix,
    session: Session,
    caller: Option<String>,
    limits: Limits,
    all: bool,
) -> Matrix {
    let cells: Vec<CellId> = matrix.to_ask();
    let total = cells.len();
    let shows = std::io::stderr().is_terminal();
    let done = RefCell::new((matrix.clone(), 0_usize));
    runner::run(matrix, cells, vec![session], caller, limits, all, |step| {
        if let runner::RunEvent::Answered(id, cell) = step {
            let (matrix, count) = &mut *done.borrow_mut();
            matrix.set(id, cell);
            *count += 1;
            if shows && (count.is_multiple_of(50) || *count == total) {
                output::progress(&format!("{count} of {total} dry runs"));
            }
        }
    })
    .await;
    if shows {
        output::progress("");
    }
    done.into_inner().0
}

/// A line a key; a column an operation, with a glyph for each context, principal by principal.
fn table(asked: &[AskedAs]) -> String {
    let Some(AskedAs { matrix, .. }) = asked.first() else {
        return String::new();
    };
    let mut head = vec!["KEY"];
    head.extend(matrix.columns.iter().map(|spec| spec.short));
    let glyphs = |row: usize, column: usize| {
        let each = asked.iter().map(|one| {
            let cells = one.matrix.cells_at(row, column).iter();
            cells.map(Cell::glyph).collect::<String>()
        });
        // Several contexts of one principal stand closer together.
        let gap = if matrix.variants.len() > 1 { " " } else { "" };
        each.collect::<Vec<_>>().join(gap)
    };
    let rows: Vec<Vec<String>> = matrix
        .rows
        .iter()
        .enumerate()
        .map(|(row, key)| {
            let mut cells = vec![key.name.clone()];
            cells.extend((0..matrix.columns.len()).map(|column| glyphs(row, column)));
            cells
        })
        .collect();
    let mut text = output::table(&head, &rows);
    text.push_str("\n\n");
    for spec in &matrix.columns {
        text.push_str(&format!("{:<4}{}\n", spec.short, spec.id));
    }
    let contexts = matrix.variants.len();
    if asked.len() > 1 {
        for (at, one) in asked.iter().enumerate() {
            let place = match contexts {
                1 => format!("glyph {}", at + 1),
                _ => format!("group {}", at + 1),
            };
            let arn = one.subject.principal.as_deref().unwrap_or("not known");
            let who = crate::kms::text::printable(arn);
            text.push_str(&format!("{place}: {} ({who})\n", one.name));
        }
    }
    if contexts > 1 {
        for (at, variant) in matrix.variants.iter().enumerate() {
            let name = crate::kms::text::printable(&variant.name);
            text.push_str(&format!("glyph {}: {name}\n", at + 1));
        }
    }
    text.push_str(report::LEGEND);
    text
}
