//! The SDK's errors as [`KmsError`].

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_types::request_id::RequestId;

use super::session::Session;
use crate::kms::regions::REGIONS;
use crate::kms::{Cause, KmsError};

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
    let request_id = error.request_id().map(str::to_owned);
    let status = error
        .raw_response()
        .map(|response| response.status().as_u16());
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
                        format!(
                            "{} answered HTTP {status}, in no form that KMS uses.",
                            session.endpoint_text()
                        )
                    }
                    _ => message,
                },
                cause: if unreadable { Cause::Response } else { cause },
                code,
                request_id,
                status,
                fix: None,
            }
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
                    session.endpoint_text(),
                    innermost(&error)
                ),
                "",
            )
        },
        SdkError::TimeoutError(_) => timed_out(session),
        _ => {
            if let Some(credentials) = find::<CredentialsError>(&error) {
                return from_credentials(session, credentials);
            }
            if let SdkError::DispatchFailure(failure) = &error
                && failure.is_timeout()
            {
                return timed_out(session);
            }
            if let SdkError::ConstructionFailure(_) = &error {
                return KmsError::local(
                    Cause::Config,
                    "RequestNotBuilt",
                    format!("The request could not be built: {}.", innermost(&error)),
                    "Check the endpoint URL and the Region.",
                );
            }
            KmsError::local(
                Cause::Network,
                "EndpointNotReachable",
                format!(
                    "{} cannot be reached: {}.",
                    session.endpoint_text(),
                    innermost(&error).trim_end_matches('.')
                ),
                match session.endpoint {
                    Some(_) => {
                        "Check that the endpoint is up and its URL right, then retry.".into()
                    }
                    None if !REGIONS.contains(&session.region.as_str()) => format!(
                        "kmsdeck knows no Region {}: check how it is written, then the network.",
                        session.region
                    ),
                    None => "Check the network and the proxy, then retry.".into(),
                },
            )
        }
    }
}

fn timed_out(session: &Session) -> KmsError {
    KmsError::local(
        Cause::Timeout,
        "TimedOut",
        format!("No answer came from {} in time.", session.endpoint_text()),
        "Check the network and the endpoint, or raise --connect-timeout or --read-timeout; then retry.",
    )
}

fn from_credentials(session: &Session, error: &CredentialsError) -> KmsError {
    let text = chain_text(error);
    let profile = match &session.profile {
        Some(profile) => format!(" --profile {profile}"),
        None => String::new(),
    };
    if text.contains("SSO") || text.contains("sso") {
        return KmsError::local(
            Cause::Credentials,
            "SsoSession",
            "The SSO session has expired, or was never begun.",
            format!("Run aws sso login{profile}, then retry."),
        );
    }
    match error {
        // IMDS is the chain's last resort: that it has none means that there are none.
        _ if text.contains("IMDS") => no_credentials(),
        CredentialsError::CredentialsNotLoaded(_) => no_credentials(),
        CredentialsError::ProviderTimedOut(_) => KmsError::local(
            Cause::Credentials,
            "CredentialsTimedOut",
            "The source of the credentials gave no answer in time.",
            "Check the network, or choose another profile; then retry.",
        ),
        _ => KmsError::local(
            Cause::Credentials,
            "CredentialsFailed",
            format!("The credentials could not be had: {text}."),
            "Correct the profile, or sign in again; then retry.",
        ),
    }
}

fn no_credentials() -> KmsError {
    KmsError::local(
        Cause::Credentials,
        "NoCredentials",
        "There are no AWS credentials in the environment, the profile, or this machine's role.",
        "Choose a profile with --profile, or sign in (aws configure, aws sso login); then retry.",
    )
}

/// The first error of type `T` in the chain of sources.
fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// The message at the end of the chain of sources, which says what really happened.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

/// The messages of the chain, joined, each said once.
pub fn chain_text(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        let part = source.to_string();
        if !text.contains(&part) {
            text.push_str(": ");
            text.push_str(&part);
        }
        next = source.source();
    }
    text.trim_end_matches('.').to_owned()
}
