//! What the environment says of a container's endpoint for credentials (AWS SDKs and Tools
//! Reference Guide, "Container credential provider").

use std::path::Path;

use aws_config::ecs::EcsCredentialsProvider;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::future::ProvideCredentials as Provided;

use crate::platform::blocking::blocking;
use crate::platform::user_file;

const RELATIVE: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
const FULL: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
const TOKEN: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
const TOKEN_FILE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";

/// The most bytes that a token has.
const LONGEST_TOKEN: u64 = 64 << 10;

fn set(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The URL of the endpoint; None where there is none.
pub(super) fn url() -> Option<String> {
    // Where Amazon ECS has its endpoint.
    let relative = set(RELATIVE).map(|path| format!("http://169.254.170.2{path}"));
    relative.or_else(|| set(FULL))
}

/// The token that is shown to the endpoint, and cannot be.
#[derive(Debug, thiserror::Error)]
#[error("the container's token in {place} cannot be used: {why}")]
pub(in crate::gateway) struct ContainerTokenError {
    /// The variable, and the file that it names.
    pub place: String,
    pub why: String,
}

/// The SDK's own source, after a look at the token: the SDK says that it is no header's value, and
/// neither where it came from nor why.
#[derive(Debug)]
pub(super) struct ContainerProvider(pub EcsCredentialsProvider);

impl ProvideCredentials for ContainerProvider {
    fn provide_credentials<'a>(&'a self) -> Provided<'a>
    where
        Self: 'a,
    {
        Provided::new(async {
            if url().is_some() {
                let checked = blocking(check_token).await;
                checked.map_err(CredentialsError::provider_error)?;
            }
            self.0.provide_credentials().await
        })
    }
}

fn check_token() -> Result<(), ContainerTokenError> {
    let (place, token) = match (set(TOKEN_FILE), set(TOKEN)) {
        (Some(path), _) => {
            let place = format!("{path} ({TOKEN_FILE})");
            match user_file::read(Path::new(&path), LONGEST_TOKEN) {
                Ok(token) => (place, token),
                Err(error) => {
                    let why = error.to_string();
                    return Err(ContainerTokenError { place, why });
                }
            }
        }
        (None, Some(token)) => (TOKEN.to_owned(), token.into_bytes()),
        (None, None) => return Ok(()),
    };
    let why = match token.iter().any(|byte| matches!(byte, b'\r' | b'\n')) {
        true => "it holds a line break, which no header can carry",
        false if http::HeaderValue::from_bytes(&token).is_err() => {
            "it holds a character that no header can carry"
        }
        false => return Ok(()),
    };
    Err(ContainerTokenError {
        place,
        why: why.to_owned(),
    })
}
