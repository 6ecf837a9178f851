//! Which endpoint the calls go to.

use aws_config::SdkConfig;
use aws_types::service_config::ServiceConfigKey;

/// An endpoint as it is to be given: a URL with a scheme and a host.
///
/// Errors: the rule, in words.
pub fn check_endpoint_url(text: &str) -> Result<String, String> {
    let rest = text
        .strip_prefix("http://")
        .or_else(|| text.strip_prefix("https://"));
    match rest {
        Some(rest)
            if !rest.is_empty()
                && !rest.starts_with('/')
                && !text.contains(char::is_whitespace) =>
        {
            Ok(text.to_owned())
        }
        _ => Err("an endpoint is a URL: http://HOST:PORT or https://HOST".to_owned()),
    }
}

/// The endpoint of KMS where it is not AWS's own: what was given, else AWS_ENDPOINT_URL_KMS,
/// AWS_ENDPOINT_URL, or what the profile says.
pub(super) fn custom_endpoint(given: Option<&str>, config: &SdkConfig) -> Option<String> {
    given
        .map(str::to_owned)
        .or_else(|| service_endpoint(config))
        .or_else(|| config.endpoint_url().map(str::to_owned))
}

/// The KMS endpoint of the environment (AWS_ENDPOINT_URL_KMS) or of the profile's `services`.
fn service_endpoint(config: &SdkConfig) -> Option<String> {
    let key = ServiceConfigKey::builder()
        .service_id("KMS")
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build()
        .ok()?;
    config.service_config()?.load_config(key)
}
