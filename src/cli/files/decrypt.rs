//! `kmsdeck decrypt-file`.

use std::io::{self, BufReader, Read, Seek};
use std::process::ExitCode;

use kmsdeck_envelope::{
    self as envelope, DataKey, EncryptedDataKey, EnvelopeError, Header, Tally, read_header,
};

use super::input::FileInput;
use super::output::Writer;
use super::report::{Ended, FileReport, is_reader_gone, refused, stopped};
use super::request::{Discovery, FileRequest};
use crate::cli::exit::{NOT_KNOWN, REFUSED, USAGE, failed, session};
use crate::cli::output as terminal;
use crate::gateway::{Session, Target};
use crate::kms::key_id::{self, KeyId, Notation};
use crate::kms::regions::looks_like_region;
use crate::kms::{Cause, KmsError};
use crate::ops::data_keys::{self, PlainDataKey};
use crate::platform::blocking::blocking;
use crate::reads;

/// About how much is read at once, in bytes.
const BUFFER: usize = 1 << 20;

pub(super) async fn run(target: &Target, request: &FileRequest) -> ExitCode {
    match decrypt(target, request).await {
        Ok(ended) | Err(ended) => ended,
    }
}

async fn decrypt(target: &Target, request: &FileRequest) -> Result<ExitCode, Ended> {
    let shown = request.shown();
    let path = request.input.clone();
    let input = blocking(move || FileInput::open(&path)).await;
    let input = input.map_err(stopped(USAGE))?;
    let (header, input) = blocking(move || {
        let mut input = BufReader::with_capacity(BUFFER, input);
        read_header(&mut input).map(|header| (header, input))
    })
    .await
    .map_err(|error| refused(&shown, &error))?;
    check_context(request, &header).map_err(stopped(REFUSED))?;
    let keys = candidates(request, &header).map_err(stopped(REFUSED))?;
    let output = request.destination.begin().map_err(stopped(NOT_KNOWN))?;
    let writer = output.writer().map_err(stopped(NOT_KNOWN))?;

    let session = session(target).await?;
    let keys = trusted(&session, request, keys).await?;
    let data_key = open_data_key(&session, request, &header, &keys).await?;
    let PlainDataKey {
        plaintext,
        key_id,
        key_material_id,
    } = data_key;
    let plain = DataKey::new(plaintext.reveal()).map_err(|error| refused(&shown, &error))?;
    drop(plaintext);

    let to_stdout = request.destination.is_stdout();
    let job = Decryption {
        header,
        data_key: plain,
        input,
        writer,
        spool: to_stdout,
    };
    let (done, header) = blocking(|| job.run()).await;
    let tally = done.map_err(|error| {
        let code = refused(&shown, &error);
        if to_stdout && !header.suite.is_signed() && !is_reader_gone(&error) {
            terminal::complain(
                "What went to standard output until then was checked, but is not all: do not use it as if it were.",
            );
        }
        code
    })?;
    output.finish().map_err(stopped(NOT_KNOWN))?;
    let report = FileReport {
        key_id: &key_id,
        key_material_id: key_material_id.as_deref(),
        context: &header.context,
        suite: header.suite,
        bytes_in: tally.envelope,
        bytes_out: tally.plaintext,
        tally,
    };
    Ok(report.print(request))
}

/// The part of the work that blocks.
struct Decryption {
    header: Header,
    data_key: DataKey,
    input: BufReader<FileInput>,
    writer: Writer,
    /// Whether what is signed must wait elsewhere until the signature has been checked.
    spool: bool,
}

impl Decryption {
    fn run(self) -> (Result<Tally, EnvelopeError>, Header) {
        let Decryption {
            header,
            data_key,
            mut input,
            mut writer,
            spool,
        } = self;
        let work = || {
            let tally = if spool && header.suite.is_signed() {
                let mut waiting = tempfile::tempfile().map_err(EnvelopeError::Write)?;
                let tally = envelope::decrypt(&header, &data_key, &mut input, &mut waiting)?;
                waiting.rewind().map_err(EnvelopeError::Write)?;
                io::copy(&mut waiting.take(u64::MAX), &mut writer).map_err(EnvelopeError::Write)?;
                tally
            } else {
                envelope::decrypt(&header, &data_key, &mut input, &mut writer)?
            };
            drop(data_key);
            input
                .get_ref()
                .check_unchanged()
                .map_err(|why| EnvelopeError::Read(io::Error::other(why)))?;
            writer.sync().map_err(EnvelopeError::Write)?;
            Ok(tally)
        };
        (work(), header)
    }
}

/// Errors: a sentence that names the pair that is demanded and not there.
fn check_context(request: &FileRequest, header: &Header) -> Result<(), String> {
    for (key, wanted) in &request.context {
        let found = match header.context_value(key) {
            Some(value) if value == wanted => continue,
            Some(value) => format!("it has {key}={value}"),
            None => format!("it has no {key}"),
        };
        return Err(format!(
            "{}: --encryption-context demands {key}={wanted}, and {found}. KMS was not asked: \
             it is not the file that you mean, or the pair is not right.",
            request.shown()
        ));
    }
    Ok(())
}

/// An encrypted data key, and the KeyId to have it decrypted with.
struct Candidate<'a> {
    arn: &'a str,
    key_id: &'a str,
    ciphertext: &'a [u8],
}

/// The encrypted data keys that the request allows, in their order.
///
/// Errors: a sentence where there is none.
fn candidates<'a>(
    request: &'a FileRequest,
    header: &'a Header,
) -> Result<Vec<Candidate<'a>>, String> {
    let shown = request.shown();
    let of_kms: Vec<(&EncryptedDataKey, &str)> = header
        .keys
        .iter()
        .filter_map(|key| Some((key, key.kms_key()?)))
        .filter(|(_, arn)| {
            key_id::parse(arn).is_ok_and(|id| {
                id.notation == Notation::KeyArn && id.region.is_some_and(looks_like_region)
            })
        })
        .collect();
    if of_kms.is_empty() {
        let mut providers: Vec<&str> = header.keys.iter().map(|k| k.provider.as_str()).collect();
        providers.dedup();
        return Err(format!(
            "{shown}: no KMS key encrypted its data key, but {}: open it with the AWS Encryption \
             SDK and that key",
            providers.join(", ")
        ));
    }
    let wanted = match &request.key_id {
        Some(text) => key_id::parse(text).ok().map(|id| (text.as_str(), id)),
        None => None,
    };
    let candidates: Vec<Candidate> = of_kms
        .iter()
        .filter_map(|(key, arn)| {
            let key_id = match &wanted {
                None => arn,
                Some((text, id)) => match id.notation {
                    // Which key that is, KMS knows.
                    Notation::AliasName | Notation::AliasArn => text,
                    Notation::KeyId => key_id::parse(arn)
                        .is_ok_and(|of| of.resource == id.resource)
                        .then_some(arn)?,
                    Notation::KeyArn => is_same_key(text, arn).then_some(text)?,
                },
            };
            Some(Candidate {
                arn,
                key_id,
                ciphertext: &key.ciphertext,
            })
        })
        .collect();
    if candidates.is_empty() {
        let arns: Vec<&str> = of_kms.iter().map(|(_, arn)| *arn).collect();
        return Err(format!(
            "{shown}: its data key was encrypted by {}, and not by the --key-id {}. KMS was not \
             asked: it is not the file that you mean, or the key is not right.",
            arns.join(" and "),
            request.key_id.as_deref().unwrap_or_default()
        ));
    }
    Ok(candidates)
}

/// Of the keys that a file names those that may be asked. Where no --key-id says which key is meant,
/// the file does: anyone can write one, under a key of theirs that they let everybody use. So it is
/// said which key is asked, and one of another account only where that was allowed.
async fn trusted<'a>(
    session: &Session,
    request: &FileRequest,
    mut candidates: Vec<Candidate<'a>>,
) -> Result<Vec<Candidate<'a>>, Ended> {
    if request.key_id.is_some() {
        return Ok(candidates);
    }
    let own = match &request.discovery {
        Discovery::OwnAccount => reads::caller_identity(session)
            .await
            .ok()
            .map(|caller| caller.account),
        Discovery::AnyAccount | Discovery::Accounts(_) => None,
    };
    let is_trusted = |candidate: &Candidate| {
        let account = key_id::account_of(candidate.arn);
        account.is_some_and(|account| match &request.discovery {
            Discovery::OwnAccount => own.as_deref() == Some(account),
            Discovery::AnyAccount => true,
            Discovery::Accounts(accounts) => accounts.iter().any(|known| known == account),
        })
    };
    let named: Vec<&str> = candidates.iter().map(|candidate| candidate.arn).collect();
    let named = named.join(" and ");
    candidates.retain(is_trusted);
    if candidates.is_empty() {
        let whose = match (&request.discovery, own) {
            (Discovery::Accounts(_), _) => "of no account that --discovery names".to_owned(),
            (_, Some(own)) => format!("not of your account, {own}"),
            (_, None) => "perhaps not of your account, which could not be asked for".to_owned(),
        };
        let problem = format!(
            "{}: its data key was encrypted by {named}, which is {whose}. KMS was not asked: anyone \
             can make such a file. Name the key with --key-id, or trust it with --discovery.",
            request.shown()
        );
        return Err(stopped(USAGE)(problem));
    }
    for candidate in &candidates {
        let account = key_id::account_of(candidate.arn).unwrap_or_default();
        terminal::complain(&format!(
            "Asks for {} of account {account}, which the file names.",
            candidate.arn
        ));
    }
    Ok(candidates)
}

/// Whether two key ARNs name one key, or related multi-Region keys, which open each other's
/// ciphertexts.
fn is_same_key(one: &str, other: &str) -> bool {
    if one == other {
        return true;
    }
    let [Ok(one), Ok(other)] = [one, other].map(key_id::parse) else {
        return false;
    };
    let related = |a: &KeyId, b: &KeyId| a.resource == b.resource && a.account == b.account;
    one.resource.starts_with("mrk-") && related(&one, &other)
}

/// Asks KMS for the data key, one candidate after the other until one can be had.
async fn open_data_key(
    session: &Session,
    request: &FileRequest,
    header: &Header,
    candidates: &[Candidate<'_>],
) -> Result<PlainDataKey, Ended> {
    let mut ended = None;
    for candidate in candidates {
        let opened = ask(session, request, header, candidate).await;
        match opened {
            Ok(data_key) => return Ok(data_key),
            Err(error) => {
                let what = match candidates {
                    [_] => "Decrypt".to_owned(),
                    _ => format!("Decrypt with {}", candidate.key_id),
                };
                let goes_on = error.cause == Cause::Service;
                ended = Some(failed(&what, &error));
                if !goes_on {
                    break;
                }
            }
        }
    }
    // There is a candidate at least.
    Err(ended.unwrap_or_else(|| REFUSED.into()))
}

async fn ask(
    session: &Session,
    request: &FileRequest,
    header: &Header,
    candidate: &Candidate<'_>,
) -> Result<PlainDataKey, KmsError> {
    // A key is asked for in its own Region.
    let region = key_id::parse(candidate.key_id)
        .ok()
        .and_then(|id| id.region);
    let session = match region {
        Some(region) if region != session.region => &session.in_region(region),
        _ => session,
    };
    let opened = data_keys::decrypt(
        session,
        candidate.key_id,
        candidate.ciphertext,
        &header.context,
        &request.grant_tokens,
    )
    .await
    .map_err(explained)?;
    if is_same_key(&opened.key_id, candidate.arn) {
        return Ok(opened);
    }
    Err(KmsError::local(
        Cause::Service,
        "IncorrectKey",
        format!(
            "KMS used {}, and the file names {}.",
            opened.key_id, candidate.arn
        ),
        "Give the key that the file names, or leave --key-id out.",
    ))
}

/// What KMS's refusal of a ciphertext means for a file.
fn explained(mut error: KmsError) -> KmsError {
    let fix = match error.code.as_str() {
        "InvalidCiphertextException" => {
            "In the file, the encrypted data key, the encryption context or the key's ARN was changed since it was made: get an unchanged copy."
        }
        "IncorrectKeyException" => {
            "The --key-id is not the key that encrypted the file's data key: give that one, or leave --key-id out."
        }
        _ => return error,
    };
    error.fix = Some(fix.to_owned());
    error
}
