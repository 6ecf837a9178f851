//! Why one of the SDK's own sources gave no credentials, as [`KmsError`]s: told by the types of its
//! errors, and by what stands in the files that it reads.

use std::io;

use aws_config::imds::client::error::ImdsError;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_signin::operation::create_o_auth2_token::CreateOAuth2TokenError;
use aws_sdk_sso::operation::get_role_credentials::GetRoleCredentialsError;
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::ConnectorError;

use super::chain::{find, innermost};
use super::credentials::{Login, Machine, SdkSource, SourceError, Sso};
use super::foreign::first_line;
use super::transport::no_answer;
use crate::kms::{Cause, KmsError, Who};
use crate::platform::{dirs, user_file};

/// The most bytes of a file in which a sign-in is kept.
const LONGEST_SESSION: u64 = 1 << 20;

/// Who gave none, where, and what mends it.
pub(super) fn from_source(error: &SourceError) -> KmsError {
    match &error.of {
        SdkSource::Sso(sso) => of_sso(sso, error),
        SdkSource::Login(login) => of_login(login, error),
        SdkSource::Container => of_container(error),
        SdkSource::Machine(machine) => of_machine(*machine, error),
    }
}

fn none(code: &str, message: String, fix: impl Into<String>, who: Who) -> KmsError {
    KmsError::local(Cause::Credentials, code, message, fix).by(who)
}

/// No answer at all, or none in time.
fn silent(who: Whom, error: &SourceError) -> KmsError {
    let why = no_answer(&error.call, &error.source);
    KmsError {
        message: format!("{}: {}", who.name, why.message),
        fix: match who.fix {
            Some(fix) => Some(fix.to_owned()),
            None => why.fix,
        },
        who: match why.who {
            // What stands between is to be looked at first.
            Who::Proxy | Who::Tls => why.who,
            _ => who.who,
        },
        ..why
    }
}

/// Who was to give credentials.
struct Whom {
    name: String,
    who: Who,
    fix: Option<&'static str>,
}

fn is_silence(error: &SourceError) -> bool {
    find::<ConnectorError>(&error.source).is_some()
        || find::<aws_smithy_async::future::timeout::TimedOutError>(&error.source).is_some()
}

/// `HTTP 500: <html>`.
fn status_text(answer: &HttpResponse) -> String {
    let line = answer.body().bytes().and_then(first_line);
    let line = line.map_or(String::new(), |line| format!(": {line}"));
    format!("HTTP {}{line}", answer.status().as_u16())
}

fn of_sso(sso: &Sso, error: &SourceError) -> KmsError {
    let Some(answer) = find::<SdkError<GetRoleCredentialsError, HttpResponse>>(&error.source)
    else {
        return no_token(sso);
    };
    let host = &error.call.to;
    let portal =
        |code: &str, message: String, fix: String| none(code, message, fix, Who::SsoPortal);
    let status = answer.raw_response().map(|raw| raw.status().as_u16());
    match (status, answer) {
        (Some(401), _) => session_over(sso),
        (Some(403 | 404), SdkError::ServiceError(refused)) => portal(
            "SsoRoleRefused",
            format!(
                "The SSO portal gives you no credentials of the role {} in account {}: {}.",
                sso.role,
                sso.account,
                words(refused.err()),
            ),
            format!(
                "Ask who runs IAM Identity Center to assign it to you, or correct sso_role_name and sso_account_id of profile {}.",
                sso.profile
            ),
        ),
        (Some(status), SdkError::ServiceError(refused)) => {
            let text = match refused.err().code() {
                Some(_) => format!("HTTP {status}, {}", words(refused.err())),
                None => status_text(refused.raw()),
            };
            portal(
                "SsoPortal",
                format!("The SSO portal {host} answered {text}."),
                "Try again in a moment; where it stays so, check sso_region and what stands between."
                    .to_owned(),
            )
        }
        (Some(_), _) => portal(
            "SsoPortal",
            format!(
                "The SSO portal {host} gave an answer that is not the portal's: {}.",
                innermost(answer).trim_end_matches('.')
            ),
            "Check sso_region, and what stands between; then retry.".to_owned(),
        ),
        (None, _) => silent(
            Whom {
                name: "The SSO portal".to_owned(),
                who: Who::SsoPortal,
                fix: None,
            },
            error,
        ),
    }
}

/// A service's code and message.
fn words(refused: &impl ProvideErrorMetadata) -> String {
    let code = refused.code().unwrap_or("UnknownError");
    match refused.message().map(|text| text.trim_end_matches('.')) {
        Some(message) if !message.is_empty() => format!("{code}: {message}"),
        _ => code.to_owned(),
    }
}

fn sign_in_by_sso(sso: &Sso) -> String {
    format!("Run aws sso login --profile {}, then retry.", sso.profile)
}

fn sso_session(sso: &Sso) -> String {
    match &sso.session {
        Some(session) => format!("The SSO session {session}"),
        None => format!("The SSO session of {}", sso.start_url),
    }
}

fn session_over(sso: &Sso) -> KmsError {
    none(
        "SsoSession",
        format!("{} has expired, or was revoked.", sso_session(sso)),
        sign_in_by_sso(sso),
        Who::SsoPortal,
    )
}

/// Why there is no token to show to the portal.
fn no_token(sso: &Sso) -> KmsError {
    let Some(path) = sso.token_file() else {
        return session_over(sso);
    };
    let shown = dirs::shown(&path);
    let (message, who) = match user_file::read(&path, LONGEST_SESSION) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => (
            format!(
                "{} was never begun on this machine, or was signed out of: {shown} is not there.",
                sso_session(sso)
            ),
            Who::SsoPortal,
        ),
        Err(error) => (format!("{shown} cannot be read: {error}."), Who::User),
        Ok(kept) => match serde_json::from_slice::<serde_json::Value>(&kept) {
            Ok(token) if token["accessToken"].is_string() && token["expiresAt"].is_string() => {
                return session_over(sso);
            }
            _ => (format!("{shown} is no token of an SSO session."), Who::User),
        },
    };
    none("SsoSession", message, sign_in_by_sso(sso), who)
}

fn of_login(login: &Login, error: &SourceError) -> KmsError {
    let fix = format!("Run aws login --profile {}, then retry.", login.profile);
    let session = &login.session;
    let path = login.session_file();
    let is_missing = path.as_ref().is_some_and(|path| !path.exists());
    let message = if is_missing {
        let shown = path.map(|path| dirs::shown(&path)).unwrap_or_default();
        format!(
            "The session of aws login for {session} was never begun on this machine, or was signed out of: {shown} is not there."
        )
    } else if is_silence(error) {
        let whom = Whom {
            name: "The sign-in service".to_owned(),
            who: Who::SignIn,
            fix: None,
        };
        return silent(whom, error);
    } else if let Some(refused) = find::<CreateOAuth2TokenError>(&error.source) {
        format!(
            "The session of aws login for {session} has expired, or was ended ({}).",
            words(refused)
        )
    } else {
        format!(
            "The session of aws login for {session} cannot be used: {}.",
            innermost(&error.source).trim_end_matches('.')
        )
    };
    none("LoginSession", message, fix, Who::SignIn)
}

fn of_container(error: &SourceError) -> KmsError {
    let url = &error.call.to;
    let failed = |message: String, fix: &str| {
        none("ContainerEndpoint", message, fix, Who::ContainerEndpoint)
    };
    let check = "Check that the container has a role, and AWS_CONTAINER_AUTHORIZATION_TOKEN or its file; then retry.";
    if let CredentialsError::InvalidConfiguration(_) = &error.source {
        return failed(
            format!(
                "The container endpoint {url} is none that credentials are taken from: {}.",
                innermost(&error.source)
            ),
            "Let AWS_CONTAINER_CREDENTIALS_FULL_URI be an https: URL, or one of this machine.",
        );
    }
    // What the SDK keeps as an error of the call has no answer; an answer's error stands alone.
    if find::<SdkError<CredentialsError, HttpResponse>>(&error.source).is_some() {
        let whom = Whom {
            name: "The container endpoint".to_owned(),
            who: Who::ContainerEndpoint,
            fix: Some(
                "Check that the container's agent runs, and what the variable says; then retry.",
            ),
        };
        return silent(whom, error);
    }
    let text = innermost(&error.source);
    let why = match status_in(&text) {
        Some(status) => format!("it answered HTTP {status}"),
        None => text.trim_end_matches('.').to_owned(),
    };
    failed(
        format!("The container endpoint {url} gave no credentials: {why}."),
        check,
    )
}

/// The status of an answer, which aws-config 1.13 has in its text alone.
fn status_in(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("StatusCode(")?;
    Some(rest.split_once(')')?.0)
}

fn of_machine(machine: Machine, error: &SourceError) -> KmsError {
    let url = &error.call.to;
    let is_off = std::env::var("AWS_EC2_METADATA_DISABLED")
        .is_ok_and(|value| value.eq_ignore_ascii_case("true"));
    let is_absent = matches!(error.source, CredentialsError::CredentialsNotLoaded(_));
    let failed = |message: String, fix: &str| none("MachineRole", message, fix, Who::Imds);
    let service = format!("The instance metadata service {url}");
    if is_absent && machine == Machine::LastResort {
        let why = match is_silence(error) {
            true => no_answer(&error.call, &error.source).message,
            false => String::new(),
        };
        return nobody(&why);
    }
    let found = find::<ImdsError>(&error.source);
    if let Some(ImdsError::ErrorResponse(answer)) = found {
        let text = status_text(answer.response());
        return failed(
            format!("{service} gave no credentials: it answered {text}."),
            "Check the machine's role, then retry.",
        );
    }
    if is_silence(error) {
        return silent(
            Whom {
                name: match machine {
                    Machine::Named => "The instance metadata service".to_owned(),
                    Machine::LastResort => {
                        "There are no credentials in the environment or a profile, and the instance metadata service gives none".to_owned()
                    }
                },
                who: Who::Imds,
                fix: Some(
                    "Choose a profile with --profile; on EC2 let the hop limit of the metadata service be 2 where kmsdeck runs in a container.",
                ),
            },
            error,
        );
    }
    match is_absent {
        true if is_off => failed(
            "The profile's credential_source is Ec2InstanceMetadata, and AWS_EC2_METADATA_DISABLED is true.".to_owned(),
            "Unset it, or choose another profile.",
        ),
        true => failed(
            format!("{service} knows no role of this machine."),
            "Attach an instance profile to the machine, or choose another profile.",
        ),
        false => failed(
            format!(
                "{service} gave no credentials: {}.",
                innermost(&error.source).trim_end_matches('.')
            ),
            "Check the machine's role, then retry.",
        ),
    }
}

/// There are none anywhere; what the last that was asked did, as part of a sentence.
pub(super) fn nobody(last: &str) -> KmsError {
    let last = match last.trim_end_matches('.') {
        "" => String::new(),
        last => format!(" (the instance metadata service {last})"),
    };
    KmsError::local(
        Cause::Credentials,
        "NoCredentials",
        format!(
            "There are no AWS credentials in the environment, the profile, or this machine's role{last}."
        ),
        "Choose a profile with --profile, or sign in (aws configure, aws sso login); then retry.",
    )
}
