//! The SDK's errors as [`KmsError`].

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_types::request_id::RequestId;

use super::chain::{find, innermost};
use super::credentials_error::from_credentials;
use super::foreign::first_line;
use super::http_client::{Unbounded, proxy_of_environment};
use super::record::OtherSigner;
use super::session::Session;
use super::transport::{no_answer, proxy_wants_password};
use crate::kms::{Cause, KmsError, Who};

/// The code of a call that somebody else would have made than its question named.
pub const OTHER_PRINCIPAL: &str = "OtherPrincipal";

/// Codes by which AWS services say that a call came too soon after others.
const THROTTLES: &[&str] = &[
    "ThrottlingException",
    "Throttling",
    "ThrottledException",
    "RequestThrottled",
    "RequestThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "SlowDown",
];

/// What an SDK error says, with the service's code, message and request ID. `SdkError`'s own
/// Display says only "service error".
pub fn from_sdk<E>(session: &Session, error: SdkError<E, HttpResponse>) -> KmsError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    of_call(session, Session::endpoint_text, error)
}

/// `place` says where the call went: looked for only where it is to be told, since most errors are
/// the service's own answers, and those of a matrix come by the thousand.
fn of_call<E>(
    session: &Session,
    place: fn(&Session) -> String,
    error: SdkError<E, HttpResponse>,
) -> KmsError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let request_id = error.request_id().map(str::to_owned);
    let status = error
        .raw_response()
        .map(|response| response.status().as_u16());
    // The one status that only a proxy gives.
    if status == Some(407)
        && let Some(proxy) = proxy_of_environment(&place(session))
    {
        return KmsError {
            status,
            ..proxy_wants_password(&proxy)
        };
    }
    match &error {
        SdkError::ServiceError(service) => {
            let code = service.err().code().unwrap_or("UnknownError").to_owned();
            let cause = if THROTTLES.contains(&code.as_str()) {
                Cause::Throttled
            } else {
                Cause::Service
            };
            let message = service.err().message().unwrap_or_default().to_owned();
            let unreadable = code == "UnknownError" && message.is_empty();
            KmsError {
                message: match status {
                    Some(status) if unreadable => {
                        let to = place(session);
                        let line = service.raw().body().bytes().and_then(first_line);
                        let line = line.map_or(String::new(), |line| format!(": {line}"));
                        format!("{to} answered HTTP {status}, in no form that KMS uses{line}.")
                    }
                    _ => message,
                },
                cause: if unreadable { Cause::Response } else { cause },
                who: Who::Kms,
                code,
                request_id,
                status,
                fix: None,
            }
        }
        SdkError::ResponseError(_) if matches!(find(&error), Some(Unbounded::Slow)) => {
            no_answer(&session.call_to(place(session)), &error)
        }
        SdkError::ResponseError(_) => KmsError {
            request_id,
            status,
            fix: None,
            ..KmsError::local(
                Cause::Response,
                "UnreadableResponse",
                format!(
                    "{} gave an answer that is not KMS's: {}.",
                    place(session),
                    innermost(&error)
                ),
                "",
            )
        },
        SdkError::TimeoutError(_) => no_answer(&session.call_to(place(session)), &error),
        _ => {
            if let Some(credentials) = find::<CredentialsError>(&error) {
                return from_credentials(credentials);
            }
            if find::<OtherSigner>(&error).is_some() {
                return KmsError::local(
                    Cause::Credentials,
                    OTHER_PRINCIPAL,
                    "Not sent: the credentials are others now, and not of whom the question named.",
                    "See in the header who acts, then send it again.",
                );
            }
            if let SdkError::ConstructionFailure(_) = &error {
                return KmsError::local(
                    Cause::Config,
                    "RequestNotBuilt",
                    format!("The request could not be built: {}.", innermost(&error)),
                    "Check the endpoint URL and the Region.",
                )
                .by(Who::Sdk);
            }
            no_answer(&session.call_to(place(session)), &error)
        }
    }
}

/// Like [`from_sdk`], of a call to STS.
pub fn from_sts<E>(session: &Session, error: SdkError<E, HttpResponse>) -> KmsError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let error = of_call(session, Session::sts_text, error);
    match error.who {
        Who::Kms => error.by(Who::Sts),
        _ => error,
    }
}

/// Like [`from_sdk`], of a call to IAM.
pub fn from_iam<E>(session: &Session, error: SdkError<E, HttpResponse>) -> KmsError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let error = of_call(session, Session::iam_text, error);
    match error.who {
        Who::Kms => error.by(Who::Iam),
        _ => error,
    }
}
