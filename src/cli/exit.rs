//! How a command ends: its exit code, and what is said of a failure.

use std::io::{self, IsTerminal};
use std::process::ExitCode;

use super::output;
use crate::gateway::{MFA_CODE_NEEDED, Session, Target, check_mfa_code, connect};
use crate::kms::{Cause, KmsError};

/// Done, or a dry run that would succeed.
pub(super) const DONE: u8 = 0;
/// The service refused.
pub(super) const REFUSED: u8 = 1;
/// Bad usage; nothing was sent.
pub(super) const USAGE: u8 = 2;
/// Not known: network, credentials, throttled.
pub(super) const NOT_KNOWN: u8 = 3;

/// Connects, or says why that cannot be. Asks for an MFA code on a terminal, as the AWS CLI does.
pub(super) async fn session(target: &Target) -> Result<Session, ExitCode> {
    let error = match connect(target).await {
        Ok(session) => return Ok(session),
        Err(error) => error,
    };
    let is_asked =
        error.code == MFA_CODE_NEEDED && io::stdin().is_terminal() && io::stderr().is_terminal();
    if !is_asked {
        return Err(failed("connect", &error));
    }
    let code = match output::ask_hidden(&format!("{} Code:", error.message)) {
        Ok(typed) => check_mfa_code(typed.trim()).map_err(|rule| {
            output::complain(&format!("{rule}."));
            ExitCode::from(USAGE)
        })?,
        Err(_) => return Err(failed("connect", &error)),
    };
    let target = Target {
        mfa_code: Some(code),
        ..target.clone()
    };
    connect(&target)
        .await
        .map_err(|error| failed("connect", &error))
}

/// The end with `code` of a command whose output that is; where it could not be written, says so
/// and ends with [`NOT_KNOWN`].
pub(super) fn written(output: io::Result<()>, code: u8) -> ExitCode {
    match unwritten(output) {
        Some(failed) if code == DONE => failed,
        _ => code.into(),
    }
}

/// Says that output could not be written; the exit code for it.
pub(super) fn unwritten(output: io::Result<()>) -> Option<ExitCode> {
    let error = output.err()?;
    output::complain(&format!("standard output cannot be written: {error}"));
    Some(NOT_KNOWN.into())
}

/// Says what went wrong; the exit code for it.
pub(super) fn failed(what: &str, error: &KmsError) -> ExitCode {
    output::complain(&format!("{what}: {}: {}", error.code, error.message));
    let advice = error.advice();
    output::complain(&format!("{} {}", advice.means, advice.todo));
    if let Some(id) = &error.request_id {
        output::complain(&format!("Request ID {id}"));
    }
    exit_code(error).into()
}

pub(super) fn exit_code(error: &KmsError) -> u8 {
    match error.cause {
        _ if error.is_of_credentials() => NOT_KNOWN,
        Cause::Service if error.status.is_none_or(|status| status < 500) => REFUSED,
        _ => NOT_KNOWN,
    }
}
