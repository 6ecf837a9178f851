//! Which certificates are trusted: the system's, and those of AWS_CA_BUNDLE.

use aws_smithy_http_client::tls;
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use super::chain::chain_text;
use crate::kms::{Cause, KmsError};

/// The Rust SDK does not read AWS_CA_BUNDLE, as the AWS CLI does.
pub(super) fn http_client_with_ca_bundle() -> Result<Option<SharedHttpClient>, KmsError> {
    let Some(path) = std::env::var_os("AWS_CA_BUNDLE").filter(|path| !path.is_empty()) else {
        return Ok(None);
    };
    let refuse = |why: String| {
        KmsError::local(
            Cause::Config,
            "BadCaBundle",
            format!(
                "AWS_CA_BUNDLE ({}) cannot be used: {why}.",
                path.to_string_lossy()
            ),
            "Let it name a readable PEM file, or unset it.",
        )
    };
    let pem = std::fs::read(&path).map_err(|error| refuse(error.to_string()))?;
    if !pem
        .windows(27)
        .any(|part| part == b"-----BEGIN CERTIFICATE-----")
    {
        return Err(refuse("it holds no PEM certificate".into()));
    }
    let trust = tls::TrustStore::default()
        .with_native_roots(true)
        .with_pem_certificate(pem);
    let context = tls::TlsContext::builder()
        .with_trust_store(trust)
        .build()
        .map_err(|error| refuse(chain_text(&error)))?;
    Ok(Some(
        aws_smithy_http_client::Builder::new()
            .tls_provider(tls::Provider::Rustls(
                tls::rustls_provider::CryptoMode::AwsLc,
            ))
            .tls_context(context)
            .build_https(),
    ))
}
