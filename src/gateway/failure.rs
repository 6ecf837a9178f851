//! Who failed to give credentials, by the types of the SDK's errors.

use std::error::Error;
use std::io;

use aws_config::imds::client::error::ImdsError;
use aws_credential_types::provider::error::{CredentialsError, TokenError};
use aws_sdk_sso::operation::get_role_credentials::GetRoleCredentialsError;
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_sdk_sts::operation::assume_role_with_web_identity::AssumeRoleWithWebIdentityError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use super::chain::{causes, chain_text, find, innermost};
use crate::kms::Who;

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub who: Who,
    /// The host, file or setting that is to be looked at; empty where there is none to name.
    pub at: String,
    /// Part of a sentence.
    pub what: String,
}

/// Where the container endpoint is set.
const CONTAINER: &str =
    "AWS_CONTAINER_CREDENTIALS_FULL_URI or AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";

/// Who failed to give the credentials.
pub(super) fn of_credentials(error: &CredentialsError) -> Failure {
    let found = |who, at: &str, what: String| Failure {
        who,
        at: at.to_owned(),
        what,
    };
    if let Some(what) = answer_of::<AssumeRoleError>(error)
        .or_else(|| answer_of::<AssumeRoleWithWebIdentityError>(error))
    {
        return found(Who::Sts, "sts", what);
    }
    if let Some(error) = find::<SdkError<GetRoleCredentialsError, HttpResponse>>(error) {
        let refused = error.as_service_error();
        return match refused {
            Some(why) if why.is_unauthorized_exception() => {
                found(Who::SsoPortal, "", service_text(error))
            }
            Some(_) => found(Who::SsoPortal, "portal.sso", service_text(error)),
            None => found(Who::Network, "the SSO portal", innermost(error)),
        };
    }
    // Of all sources of credentials, SSO alone works with a token of its own.
    if find::<TokenError>(error).is_some() {
        return found(Who::SsoPortal, "", chain_text(error));
    }
    if find::<ImdsError>(error).is_some() {
        return found(Who::Imds, "169.254.169.254", chain_text(error));
    }
    if find::<SdkError<CredentialsError, HttpResponse>>(error).is_some() {
        return found(Who::ContainerEndpoint, CONTAINER, innermost(error));
    }
    // As it is, and not in a type that says which file it was.
    let bare = |cause: &(dyn Error + 'static)| {
        let is_file = |source: &(dyn Error + 'static)| source.is::<io::Error>();
        cause.is::<CredentialsError>() && cause.source().is_some_and(is_file)
    };
    if causes(error).any(bare) {
        let (who, at) = token_file();
        return found(who, &at, chain_text(error));
    }
    let (who, at) = by_text(error).unwrap_or((Who::Sdk, ""));
    found(who, at, chain_text(error))
}

/// The file that the SDK reads a token from: of all sources of credentials, these two read one
/// whose error they give on as it is.
fn token_file() -> (Who, String) {
    let set = |name: &str| std::env::var(name).ok().filter(|path| !path.is_empty());
    let container = || set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    match set("AWS_WEB_IDENTITY_TOKEN_FILE") {
        Some(path) => (Who::WebIdentityFile, path),
        None => match container() {
            Some(path) => (Who::ContainerEndpoint, path),
            None => (
                Who::WebIdentityFile,
                "the profile's web_identity_token_file".to_owned(),
            ),
        },
    }
}

/// What a service that was asked for credentials answered.
fn answer_of<E>(error: &CredentialsError) -> Option<String>
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    find::<SdkError<E, HttpResponse>>(error).map(service_text)
}

fn service_text<E>(error: &SdkError<E, HttpResponse>) -> String
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    match error.as_service_error() {
        Some(refused) => format!(
            "{}: {}",
            refused.code().unwrap_or("UnknownError"),
            refused.message().unwrap_or_default().trim_end_matches('.')
        ),
        None => chain_text(error),
    }
}

/// Who failed, by the texts of aws-config 1.13 whose types are private or which it has in no type:
/// the only place that looks at a text.
fn by_text(error: &CredentialsError) -> Option<(Who, &'static str)> {
    #[rustfmt::skip]
    const TEXTS: [(&str, Who, &str); 11] = [
        // credential_process.rs
        ("Error retrieving credentials from external process", Who::CredentialProcess, ""),
        ("Error retrieving credentials: external process exited", Who::CredentialProcess, ""),
        // http_credential_provider.rs, ecs.rs
        ("Non-success status from HTTP credential provider", Who::ContainerEndpoint, CONTAINER),
        ("failed to load credentials [", Who::ContainerEndpoint, CONTAINER),
        ("invalid full URI for ECS provider", Who::ContainerEndpoint, CONTAINER),
        // sso/cache.rs
        ("cached SSO token", Who::SsoPortal, ""),
        ("sso/cache/", Who::SsoPortal, ""),
        // login/token.rs
        ("cached Login token", Who::SignIn, ""),
        ("login/cache/", Who::SignIn, ""),
        // web_identity_token.rs
        ("WebIdentityToken was not valid UTF-8", Who::WebIdentityFile, "the web identity token"),
        // profile/credentials.rs
        ("ProfileFile provider could not be built", Who::User, ""),
    ];
    causes(error).find_map(|cause| {
        let text = cause.to_string();
        let known = TEXTS.iter().find(|(known, ..)| text.contains(known));
        known.map(|(_, who, at)| (*who, *at))
    })
}

#[cfg(test)]
mod tests {
    use aws_sdk_sts::error::ErrorMetadata;

    use super::*;

    fn sdk_error<E>(error: E) -> SdkError<E, HttpResponse> {
        let status = 403.try_into().unwrap();
        SdkError::service_error(error, HttpResponse::new(status, "".into()))
    }

    #[test]
    fn each_source_of_credentials_is_told_by_its_error() {
        let refused = ErrorMetadata::builder()
            .code("AccessDenied")
            .message("User: arn:x is not authorized.")
            .build();
        let sts = sdk_error(AssumeRoleError::generic(refused.clone()));
        // As a profile's chain of roles wraps it.
        let error = CredentialsError::provider_error(CredentialsError::provider_error(sts));
        let failure = of_credentials(&error);
        assert_eq!(failure.who, Who::Sts);
        assert_eq!(failure.what, "AccessDenied: User: arn:x is not authorized");
        let sso = sdk_error(GetRoleCredentialsError::generic(refused));
        let failure = of_credentials(&CredentialsError::provider_error(sso));
        assert_eq!((failure.who, &*failure.at), (Who::SsoPortal, "portal.sso"));
        let token = TokenError::provider_error("the SSO token has expired");
        let failure = of_credentials(&CredentialsError::provider_error(token));
        assert_eq!((failure.who, &*failure.at), (Who::SsoPortal, ""));
        let file = CredentialsError::provider_error(io::Error::from(io::ErrorKind::NotFound));
        let failure = of_credentials(&CredentialsError::provider_error(file));
        assert_eq!(failure.who, Who::WebIdentityFile);
        for (text, who) in [
            (
                "Error retrieving credentials: external process exited with code exit status: 1. Stderr: no",
                Who::CredentialProcess,
            ),
            ("failed to load cached Login token: none", Who::SignIn),
            (
                "missing field `accessToken` in cached SSO token file",
                Who::SsoPortal,
            ),
            // A name with sso in it is none of SSO's.
            ("the role espresso is not there", Who::Sdk),
        ] {
            let failure = of_credentials(&CredentialsError::provider_error(text));
            assert_eq!(failure.who, who, "{text}");
        }
    }
}
