//! Which endpoint the calls go to.

use std::borrow::Cow;

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

/// A URL as it may be shown: without the user's name and password that stand before its host.
pub fn without_password(url: &str) -> Cow<'_, str> {
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (&url[..scheme.len() + 3], rest),
        None => ("", url),
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) => Cow::Owned(format!("{scheme}***{}", &rest[at..])),
        None => Cow::Borrowed(url),
    }
}

/// The endpoint of KMS where it is not AWS's own, as it may be shown: what was given, else
/// AWS_ENDPOINT_URL_KMS, AWS_ENDPOINT_URL, or what the profile says.
pub(super) fn custom_endpoint(given: Option<&str>, config: &SdkConfig) -> Option<String> {
    given
        .map(str::to_owned)
        .or_else(|| service_endpoint(config))
        .or_else(|| config.endpoint_url().map(str::to_owned))
        .map(|url| without_password(&url).into_owned())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_shown() {
        for (url, shown) in [
            ("http://localhost:4566", "http://localhost:4566"),
            ("https://me:s3cret@host:1/a@b", "https://***@host:1/a@b"),
            ("https://me:s3@cret@host", "https://***@host"),
            ("https://token@host?x=@y", "https://***@host?x=@y"),
            ("me:s3cret@host", "***@host"),
            ("https://host/?mail=a@b", "https://host/?mail=a@b"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }
}
