//! The SDK's errors as [`KmsError`].

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_types::request_id::RequestId;

use super::chain::{causes, find, innermost};
use super::credentials_error::from_credentials;
use super::http_client::{Unbounded, proxy_of_environment};
use super::session::Session;
use crate::kms::regions::REGIONS;
use crate::kms::text::cut_end;
use crate::kms::{Cause, KmsError, Who};

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
    of_call(session, &session.endpoint_text(), error)
}

/// `to` is where the call went.
fn of_call<E>(session: &Session, to: &str, error: SdkError<E, HttpResponse>) -> KmsError
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
                        let line = service.raw().body().bytes().and_then(first_line);
                        let line = line.map_or(String::new(), |line| format!(": {line}"));
                        format!("{to} answered HTTP {status}, in no form that KMS uses{line}.")
                    }
                    _ => message,
                },
                cause: if unreadable { Cause::Response } else { cause },
                // The one status that only a proxy gives.
                who: match status {
                    Some(407) => Who::Proxy,
                    _ => Who::Kms,
                },
                code,
                request_id,
                status,
                fix: None,
            }
        }
        SdkError::ResponseError(_) if matches!(find(&error), Some(Unbounded::Slow)) => {
            timed_out(session, to, &error)
        }
        SdkError::ResponseError(_) => KmsError {
            request_id,
            status,
            fix: None,
            ..KmsError::local(
                Cause::Response,
                "UnreadableResponse",
                format!(
                    "{to} gave an answer that is not KMS's: {}.",
                    innermost(&error)
                ),
                "",
            )
        },
        SdkError::TimeoutError(_) => timed_out(session, to, &error),
        _ => {
            if let Some(credentials) = find::<CredentialsError>(&error) {
                return from_credentials(session.profile.as_deref(), credentials);
            }
            if let SdkError::DispatchFailure(failure) = &error
                && failure.is_timeout()
            {
                return timed_out(session, to, &error);
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
            if let Some(error) = find::<rustls::Error>(&error) {
                return not_trusted(to, error);
            }
            if let Some(error) = of_proxy(to, &error) {
                return error;
            }
            KmsError::local(
                Cause::Network,
                "EndpointNotReachable",
                format!(
                    "{to} cannot be reached: {}.",
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

fn timed_out(session: &Session, to: &str, error: &(dyn Error + 'static)) -> KmsError {
    let (connect, read) = session.timeouts();
    // The SDK keeps the type of that error to itself, but not its words.
    let connecting = causes(error).any(|cause| cause.to_string().contains("connect timeout"));
    let (what, flag) = match connecting {
        true => (
            format!("{to} took no connection in {} s.", connect.as_secs()),
            "--connect-timeout",
        ),
        false => (
            format!("{to} gave no whole answer in {} s.", read.as_secs()),
            "--read-timeout",
        ),
    };
    KmsError::local(
        Cause::Timeout,
        "TimedOut",
        what,
        format!("Check the network and the endpoint, or raise {flag}; then retry."),
    )
}

/// The first line of what is no answer of KMS: of HTML, most of the time.
fn first_line(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body.get(..512).unwrap_or(body)).into_owned();
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    Some(cut_end(line, 80).into_owned())
}

/// What kept a proxy from opening a connection. hyper-util keeps the type of that error to itself,
/// but not its words.
fn of_proxy(to: &str, error: &(dyn Error + 'static)) -> Option<KmsError> {
    let tunnel = causes(error).find_map(|cause| {
        let text = cause.to_string();
        Some(text.strip_prefix("tunnel error: ")?.to_owned())
    })?;
    let proxy = proxy_of_environment().unwrap_or_else(|| "of the environment".to_owned());
    let (what, fix) = match tunnel.as_str() {
        "proxy authorization required" => (
            format!("The proxy {proxy} wants a user and a password (HTTP 407)"),
            "Put them into the URL, HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT; then retry.",
        ),
        "failed to create underlying connection" => (
            format!(
                "The proxy {proxy} cannot be reached: {}",
                innermost(error).trim_end_matches('.')
            ),
            "Check HTTPS_PROXY, or let NO_PROXY name the endpoint's host; then retry.",
        ),
        _ => (
            format!("The proxy {proxy} opens no connection to {to}: {tunnel}"),
            "Ask who runs the proxy to allow it, or let NO_PROXY name the endpoint's host.",
        ),
    };
    let error = KmsError::local(Cause::Network, "ProxyFailed", format!("{what}."), fix);
    Some(error.by(Who::Proxy))
}

fn not_trusted(to: &str, error: &rustls::Error) -> KmsError {
    use rustls::CertificateError as Why;
    let bundle = "Where a proxy of yours stands between, let --ca-bundle or AWS_CA_BUNDLE name the PEM file of its certificate; else check the endpoint.";
    let (what, fix) = match error {
        rustls::Error::InvalidCertificate(why) => match why {
            Why::UnknownIssuer => (
                "its certificate is issued by nobody that is trusted here (UnknownIssuer)"
                    .to_owned(),
                bundle,
            ),
            Why::NotValidForName | Why::NotValidForNameContext { .. } => (
                "its certificate is for another host".to_owned(),
                "Check the host in the endpoint's URL, and where its name leads (DNS).",
            ),
            Why::Expired | Why::ExpiredContext { .. } => (
                "its certificate has expired".to_owned(),
                "Check this machine's clock; else whoever runs the endpoint must renew it.",
            ),
            Why::NotValidYet | Why::NotValidYetContext { .. } => (
                "its certificate is not valid yet".to_owned(),
                "Check this machine's clock.",
            ),
            other => (
                format!("its certificate cannot be trusted: {other}"),
                bundle,
            ),
        },
        rustls::Error::InvalidMessage(_) => (
            "it does not speak TLS".to_owned(),
            "Check that the endpoint speaks HTTPS, or write http:// in its URL.",
        ),
        other => (other.to_string(), "Check the endpoint, then retry."),
    };
    KmsError::local(
        Cause::Network,
        "TlsFailed",
        format!("{to} gave no TLS connection: {what}."),
        fix,
    )
    .by(Who::Tls)
}

/// Like [`from_sdk`], of a call to STS.
pub fn from_sts<E>(session: &Session, error: SdkError<E, HttpResponse>) -> KmsError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let error = of_call(session, &session.sts_text(), error);
    match error.who {
        Who::Kms => error.by(Who::Sts),
        _ => error,
    }
}
