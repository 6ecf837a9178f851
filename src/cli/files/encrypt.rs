//! `kmsdeck encrypt-file`.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use kmsdeck_envelope::{self as envelope, DataKey, EncryptedDataKey, EnvelopeError, Plan, Suite};

use super::input::FileInput;
use super::report::{Ended, FileReport, refused, stopped};
use super::request::FileRequest;
use crate::cli::exit::{NOT_KNOWN, USAGE, failed, session};
use crate::cli::output as terminal;
use crate::gateway::{Session, Target};
use crate::kms::{Cause, KmsError, key_id};
use crate::ops::data_keys;
use crate::platform::blocking::blocking;
use crate::reads;

/// How long STS may take to say whose account it is: a file is not to wait for one that is not there.
const STS_PATIENCE: Duration = Duration::from_secs(5);

pub(super) async fn run(target: &Target, request: &FileRequest) -> ExitCode {
    match encrypt(target, request).await {
        Ok(ended) | Err(ended) => ended,
    }
}

async fn encrypt(target: &Target, request: &FileRequest) -> Result<ExitCode, Ended> {
    if let Some((key, _)) = request
        .context
        .iter()
        .find(|(key, _)| key.starts_with(envelope::RESERVED_PREFIX))
    {
        return Err(stopped(USAGE)(format!(
            "EncryptionContext has the key {key:?}, and the AWS Encryption SDK keeps those that \
             begin with {} for itself: rename it",
            envelope::RESERVED_PREFIX
        )));
    }
    // What cannot be read or written is said before KMS is asked.
    let path = request.input.clone();
    let input = blocking(move || FileInput::open(&path)).await;
    let input = input.map_err(stopped(USAGE))?;
    let output = request.destination.begin().map_err(stopped(NOT_KNOWN))?;
    let writer = output.writer().map_err(stopped(NOT_KNOWN))?;

    let session = session(target).await?;
    let key = request.key_id.as_deref().unwrap_or_default();
    let made = data_keys::generate(&session, key, &request.context, &request.grant_tokens).await;
    let (data_key, ciphertext) = made.map_err(|error| failed("GenerateDataKey", &error))?;

    check_account(&session, key, &data_key.key_id)
        .await
        .map_err(|error| failed("GenerateDataKey", &error))?;

    let key_id = data_key.key_id;
    let key_material_id = data_key.key_material_id;
    let plain = DataKey::new(data_key.plaintext.reveal()).map_err(|error| refused(key, &error))?;
    drop(data_key.plaintext);
    let wrapped = EncryptedDataKey::by_kms(&key_id, ciphertext);
    let plan = Plan::new(request.context.clone(), wrapped);
    let done = blocking(move || {
        let mut input = input;
        let mut writer = writer;
        let tally = envelope::encrypt(&plain, &plan, &mut input, &mut writer)?;
        drop(plain);
        input
            .check_unchanged()
            .map_err(|why| EnvelopeError::Read(io::Error::other(why)))?;
        writer.sync().map_err(EnvelopeError::Write)?;
        Ok(tally)
    })
    .await;
    let tally = done.map_err(|error: EnvelopeError| refused(&request.shown(), &error))?;
    output.finish().map_err(stopped(NOT_KNOWN))?;
    let report = FileReport {
        key_id: &key_id,
        key_material_id: key_material_id.as_deref(),
        context: &request.context,
        suite: Suite::Committing,
        bytes_in: tally.plaintext,
        bytes_out: tally.envelope,
        tally,
    };
    Ok(report.print(request))
}

/// Whether the key that was answered is of the caller's own account, where `asked` names none: KMS
/// looks for a key ID or an alias name nowhere else. Where STS cannot tell, that is said, and the
/// file is encrypted: an emulator without STS has one account, and who needs to be sure gives an ARN.
///
/// Errors: it is of another.
async fn check_account(session: &Session, asked: &str, answered: &str) -> Result<(), KmsError> {
    let names_account = key_id::parse(asked).is_ok_and(|id| id.account.is_some());
    if names_account {
        return Ok(());
    }
    let caller = tokio::time::timeout(STS_PATIENCE, reads::caller_identity(session)).await;
    let why = match caller {
        Ok(Ok(caller)) if Some(&*caller.account) == key_id::account_of(answered) => return Ok(()),
        Ok(Ok(caller)) if key_id::is_account(&caller.account) => {
            return Err(KmsError::local(
                Cause::Response,
                "IncorrectKey",
                format!(
                    "{} was asked for {asked} of your account, {}, and answered with {answered}.",
                    session.endpoint_text(),
                    caller.account
                ),
                "Do not use that data key. Where another account's key is meant, give its ARN.",
            ));
        }
        Ok(Ok(_)) => "GetCallerIdentity names no account".to_owned(),
        Ok(Err(error)) => format!("GetCallerIdentity: {}", error.code),
        Err(_) => format!("STS did not answer in {} s", STS_PATIENCE.as_secs()),
    };
    terminal::complain(&format!(
        "It could not be checked that {answered} is of your account ({why}): give the key's ARN to be sure."
    ));
    Ok(())
}
