//! Which endpoint the calls go to.

use std::borrow::Cow;

use aws_config::SdkConfig;
use aws_config::profile::Profile;

use aws_types::service_config::ServiceConfigKey;
use futures_util::FutureExt;

/// An endpoint as it is to be given: a URL with a scheme and a host.
///
/// Errors: the rule, in words.
pub fn check_endpoint_url(text: &str) -> Result<String, String> {
    let rest = text
        .strip_prefix("http://")
        .or_else(|| text.strip_prefix("https://"));
    match rest {
        Some(rest) if rest.contains(['?', '#']) => {
            Err("an endpoint takes no query: leave out what begins with ? or #".to_owned())
        }
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

/// A URL as it may be shown: without the user's name and password that stand before its host, and
/// without its query, which may hold a token.
pub fn url_as_shown(url: &str) -> Cow<'_, str> {
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (&url[..scheme.len() + 3], rest),
        None => ("", url),
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let query = rest.find(['?', '#']);
    let shown = &rest[..query.map_or(rest.len(), |at| at + 1)];
    match (shown[..end.min(shown.len())].rfind('@'), query) {
        (None, None) => Cow::Borrowed(url),
        (at, query) => {
            let name = at.map_or("", |_| "***");
            let query = query.map_or("", |_| "***");
            Cow::Owned(format!(
                "{scheme}{name}{}{query}",
                &shown[at.unwrap_or(0)..]
            ))
        }
    }
}

/// The endpoints that are not AWS's usual ones: not to be shown as they are, since a password may
/// be in them.
#[derive(Clone, PartialEq, Eq, Default)]
pub(super) struct Endpoints {
    pub kms: Option<String>,
    pub sts: Option<String>,
    pub iam: Option<String>,
}

impl Endpoints {
    /// KMS's: what was given, else AWS_ENDPOINT_URL_KMS, AWS_ENDPOINT_URL, or what the profile
    /// says. STS's and IAM's: AWS_ENDPOINT_URL_STS (_IAM), AWS_ENDPOINT_URL or the profile's; else what was given,
    /// where that is no endpoint of AWS's own but an emulator, which stands for all of AWS.
    pub(super) fn find(given: Option<&str>, config: &SdkConfig) -> Self {
        let of_service = |id: &'static str| {
            service_endpoint(id, config).or_else(|| config.endpoint_url().map(str::to_owned))
        };
        let given = given.map(str::to_owned);
        let emulator = given.clone().filter(|url| !is_of_aws(url));
        Endpoints {
            sts: of_service("STS").or_else(|| emulator.clone()),
            iam: of_service("IAM").or(emulator),
            kms: given.or_else(|| of_service("KMS")),
        }
    }
}

/// The host that the rules of a service's SDK give in a Region, with FIPS and dual stack.
macro_rules! host_by_rules {
    ($sdk:ident, $config:expr, $region:expr) => {{
        use $sdk::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
        let params = Params::builder()
            .region($region)
            .set_use_fips($config.use_fips())
            .set_use_dual_stack($config.use_dual_stack())
            .build();
        params.ok().and_then(|params| {
            let resolver = DefaultResolver::new();
            let found = resolver.resolve_endpoint(&params).now_or_never()?;
            Some(found.ok()?.url().to_owned())
        })
    }};
}

/// Where KMS's calls go in a Region, as it may be shown: a custom endpoint, else AWS's host.
pub(super) fn kms_host(config: &SdkConfig, region: &str, endpoints: &Endpoints) -> String {
    shown(endpoints.kms.as_deref(), || {
        host_by_rules!(aws_sdk_kms, config, region)
    })
}

/// Like [`kms_host`], of STS.
pub(super) fn sts_host(config: &SdkConfig, region: &str, endpoints: &Endpoints) -> String {
    shown(endpoints.sts.as_deref(), || {
        host_by_rules!(aws_sdk_sts, config, region)
    })
}

/// Like [`kms_host`], of IAM, which has one place in each partition.
pub(super) fn iam_host(config: &SdkConfig, region: &str, endpoints: &Endpoints) -> String {
    shown(endpoints.iam.as_deref(), || {
        host_by_rules!(aws_sdk_iam, config, region)
    })
}

/// Like [`kms_host`], of the SSO portal.
pub(super) fn sso_host(config: &SdkConfig, region: &str) -> String {
    shown(of_environment("SSO").as_deref(), || {
        host_by_rules!(aws_sdk_sso, config, region)
    })
}

/// Like [`kms_host`], of the service that `aws login` signs in by.
pub(super) fn signin_host(config: &SdkConfig, region: &str) -> String {
    shown(of_environment("SIGNIN").as_deref(), || {
        host_by_rules!(aws_sdk_signin, config, region)
    })
}

/// Where the SDK's own sources of credentials ask a service, which look at the environment alone.
fn of_environment(service: &str) -> Option<String> {
    let own = format!("AWS_ENDPOINT_URL_{service}");
    [&own, "AWS_ENDPOINT_URL"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|url| !url.is_empty()))
}

/// Where a machine's metadata service is (AWS SDKs and Tools Reference Guide, "IMDS credential
/// provider").
pub(super) fn imds_url(settings: Option<&Profile>) -> String {
    let set = |variable: &str, key: &str| {
        let in_variable = std::env::var(variable).ok();
        let in_profile = || settings?.get(key).map(str::to_owned);
        let found = in_variable.filter(|value| !value.is_empty());
        found.or_else(in_profile).filter(|value| !value.is_empty())
    };
    let url = set(
        "AWS_EC2_METADATA_SERVICE_ENDPOINT",
        "ec2_metadata_service_endpoint",
    );
    let mode = || {
        set(
            "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
            "ec2_metadata_service_endpoint_mode",
        )
    };
    url.unwrap_or_else(|| match mode() {
        Some(mode) if mode.eq_ignore_ascii_case("ipv6") => "http://[fd00:ec2::254]".to_owned(),
        _ => "http://169.254.169.254".to_owned(),
    })
}

fn shown(custom: Option<&str>, resolve: impl FnOnce() -> Option<String>) -> String {
    match custom {
        Some(url) => url_as_shown(url).into_owned(),
        None => {
            let url = resolve().unwrap_or_else(|| "the endpoint of this Region".to_owned());
            url.trim_start_matches("https://").to_owned()
        }
    }
}

/// A service's endpoint in the environment (AWS_ENDPOINT_URL_KMS) or in the profile's `services`.
fn service_endpoint(id: &'static str, config: &SdkConfig) -> Option<String> {
    let key = ServiceConfigKey::builder()
        .service_id(id)
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build()
        .ok()?;
    config.service_config()?.load_config(key)
}

/// Whether an endpoint's host is one of AWS's own: a VPC endpoint, FIPS, dual stack.
pub(super) fn is_of_aws(endpoint: &str) -> bool {
    let host = endpoint
        .split_once("://")
        .map_or(endpoint, |(_, rest)| rest);
    let authority = host.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    // What stands before the host is a name and a password, whatever it looks like.
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default();
    let aws = [
        ".amazonaws.com",
        ".amazonaws.com.cn",
        ".api.aws",
        ".amazonaws.eu",
    ];
    aws.iter().any(|end| host.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vpc_endpoint_is_of_aws_and_an_emulator_is_not() {
        assert!(is_of_aws(
            "https://vpce-0a1b.kms.eu-west-1.vpce.amazonaws.com"
        ));
        assert!(is_of_aws("https://kms-fips.us-east-1.amazonaws.com:443/"));
        assert!(!is_of_aws("http://localhost:4566"));
        for evil in [
            "https://evil.example/.amazonaws.com",
            "https://evil.example?.amazonaws.com",
            "https://evil.example#.amazonaws.com",
            "https://kms.us-east-1.amazonaws.com:x@evil.example",
        ] {
            assert!(!is_of_aws(evil), "{evil}");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        for (url, shown) in [
            ("http://localhost:4566", "http://localhost:4566"),
            ("https://me:s3cret@host:1/a@b", "https://***@host:1/a@b"),
            ("https://me:s3@cret@host", "https://***@host"),
            ("https://token@host?x=@y", "https://***@host?***"),
            ("https://host/a?token=s3cret#b", "https://host/a?***"),
            ("me:s3cret@host", "***@host"),
            ("https://host/#a@b", "https://host/#***"),
        ] {
            assert_eq!(url_as_shown(url), shown);
        }
    }
}
