//! From profile, Region, endpoint, role or sandbox to an SDK client.

use std::sync::Arc;
use std::time::Duration;

use aws_config::profile::ProfileSet;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_smithy_http_client::tls;
use kmsdeck_sandbox::{Sandbox, SandboxOptions, http_client};

use super::mfa::{self, MfaSessions};
use super::record::{CallSink, Recorder};
use crate::kms::{Cause, KmsError};

/// What to connect to. Nothing here is checked until [`connect`].
#[derive(Clone)]
pub struct Target {
    pub place: Place,
    /// None leaves it to the SDK's chain (AWS_REGION, the profile, IMDS).
    pub region: Option<String>,
    /// Regions to list beside that one.
    pub more_regions: Vec<String>,
    pub limits: CallLimits,
    /// Where the records of calls go.
    pub calls: CallSink,
    /// The code for a profile that asks for one, for one [`connect`].
    pub mfa_code: Option<String>,
    pub mfa_sessions: MfaSessions,
}

impl Target {
    /// A target with nothing chosen but the place.
    pub fn new(place: Place) -> Self {
        Target {
            place,
            region: None,
            more_regions: Vec::new(),
            limits: CallLimits::default(),
            calls: CallSink::default(),
            mfa_code: None,
            mfa_sessions: MfaSessions::default(),
        }
    }

    /// The same sandbox as another of its principals.
    pub fn as_principal(&self, name: &str) -> Target {
        let mut target = self.clone();
        if let Place::Sandbox { principal, .. } = &mut target.place {
            *principal = Some(name.to_owned());
        }
        target
    }

    pub fn is_sandbox(&self) -> bool {
        matches!(self.place, Place::Sandbox { .. })
    }

    /// The profile or principal that was chosen.
    pub fn name(&self) -> Option<&str> {
        match &self.place {
            Place::Aws { profile, .. } => profile.as_deref(),
            Place::Sandbox { principal, .. } => principal.as_deref(),
        }
    }
}

/// Where the service is.
#[derive(Clone)]
pub enum Place {
    Aws {
        profile: Option<String>,
        /// For every service that kmsdeck calls; AWS_ENDPOINT_URL_KMS is for KMS alone.
        endpoint_url: Option<String>,
        /// A role to assume with what the chain gives.
        role_arn: Option<String>,
    },
    Sandbox {
        sandbox: Arc<Sandbox>,
        /// The name of a seeded principal; None for the first.
        principal: Option<String>,
    },
}

/// Time-outs and retries of every call.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CallLimits {
    pub connect_timeout: Duration,
    /// For an answer, from when the request was sent.
    pub read_timeout: Duration,
    pub retry_mode: RetryMode,
    /// Requests sent for one call, the first included.
    pub max_attempts: u32,
}

/// The AWS SDKs' retry modes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryMode {
    Standard,
    /// Slows down on throttling, too.
    Adaptive,
}

impl Default for CallLimits {
    fn default() -> Self {
        CallLimits {
            connect_timeout: Duration::from_secs(3),
            read_timeout: Duration::from_secs(20),
            retry_mode: RetryMode::Standard,
            max_attempts: 3,
        }
    }
}

/// A connection: the clients, and what they were made of.
#[derive(Clone)]
pub struct Session {
    pub kms: aws_sdk_kms::Client,
    pub(super) sts: aws_sdk_sts::Client,
    pub region: String,
    /// The sandbox's principal, or the profile's name where one was chosen.
    pub profile: Option<String>,
    /// A custom endpoint, whose DryRun proves nothing of AWS's permissions.
    pub endpoint: Option<String>,
    pub is_sandbox: bool,
    /// What the clients were made of, for other Regions.
    config: Arc<SdkConfig>,
    calls: CallSink,
}

impl Session {
    /// Whether it is of the sandbox that a lesson has of its own, where anything may be tried.
    pub fn is_of_lesson(&self) -> bool {
        self.is_sandbox && self.calls.is_of_lesson()
    }
}

/// A sandbox in which nothing was done yet. New grants need their tokens for minutes, as in AWS:
/// who reads a lesson takes longer than the sandbox's usual seconds.
///
/// Errors: why it cannot start.
pub fn sandbox_target(calls: CallSink) -> Result<Target, String> {
    let options = SandboxOptions {
        grant_delay: Duration::from_secs(300),
        ..SandboxOptions::default()
    };
    let sandbox =
        Sandbox::new(options).map_err(|error| format!("the sandbox cannot start: {error}"))?;
    let place = Place::Sandbox {
        sandbox: Arc::new(sandbox),
        principal: None,
    };
    Ok(Target {
        calls,
        ..Target::new(place)
    })
}

/// Region of the sandbox where none is given.
pub const SANDBOX_REGION: &str = "us-east-1";

/// Makes the clients. Where no Region is set this asks IMDS, which can take seconds; it sends
/// nothing else, and credentials are looked up by the first call.
///
/// Errors: [`Cause::Region`] where there is none, [`Cause::Credentials`] for a profile that does
/// not exist, [`Cause::Config`] for a CA bundle or a configuration file that cannot be read.
pub async fn connect(target: &Target) -> Result<Session, KmsError> {
    match &target.place {
        Place::Sandbox { sandbox, principal } => {
            connect_sandbox(target, sandbox, principal.as_deref())
        }
        Place::Aws {
            profile,
            endpoint_url,
            role_arn,
        } => {
            connect_aws(
                target,
                profile.as_deref(),
                endpoint_url.as_deref(),
                role_arn.as_deref(),
            )
            .await
        }
    }
}

fn connect_sandbox(
    target: &Target,
    sandbox: &Arc<Sandbox>,
    principal: Option<&str>,
) -> Result<Session, KmsError> {
    let principals = sandbox.principals();
    let chosen = match principal {
        None => principals.first(),
        Some(name) => principals.iter().find(|p| p.name == name),
    };
    let Some(chosen) = chosen else {
        let names: Vec<&str> = principals.iter().map(|p| p.name.as_str()).collect();
        return Err(KmsError::local(
            Cause::Credentials,
            "NoPrincipal",
            format!(
                "The sandbox has no principal {:?}.",
                principal.unwrap_or_default()
            ),
            format!("Choose one of {}.", names.join(", ")),
        ));
    };
    let region = target
        .region
        .as_deref()
        .unwrap_or(SANDBOX_REGION)
        .to_owned();
    let credentials = Credentials::new(
        &chosen.access_key_id,
        &chosen.secret_access_key,
        None,
        None,
        "kmsdeck sandbox",
    );
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(region.clone()))
        .credentials_provider(
            aws_credential_types::provider::SharedCredentialsProvider::new(credentials),
        )
        .http_client(http_client(sandbox.clone()))
        .retry_config(retries(&target.limits))
        .timeout_config(timeouts(&target.limits))
        .sleep_impl(aws_smithy_async::rt::sleep::TokioSleep::new())
        .time_source(aws_smithy_async::time::SystemTimeSource::new())
        .build();
    Ok(Session {
        kms: kms_client(&config, &region, &target.calls),
        sts: sts_client(&config, &region, &target.calls),
        region,
        profile: Some(chosen.name.clone()),
        endpoint: None,
        is_sandbox: true,
        config: Arc::new(config),
        calls: target.calls.clone(),
    })
}

async fn connect_aws(
    target: &Target,
    profile: Option<&str>,
    endpoint_url: Option<&str>,
    role_arn: Option<&str>,
) -> Result<Session, KmsError> {
    let http_client = http_client_with_ca_bundle()?;
    let loader = || {
        let mut loader = mfa::plain_loader()
            .retry_config(retries(&target.limits))
            .timeout_config(timeouts(&target.limits));
        if let Some(client) = &http_client {
            loader = loader.http_client(client.clone());
        }
        if let Some(region) = &target.region {
            loader = loader.region(Region::new(region.clone()));
        }
        if let Some(url) = endpoint_url {
            loader = loader.endpoint_url(url);
        }
        loader
    };
    let mut main = loader();
    if let Some(profile) = profile {
        main = main.profile_name(profile);
    }
    // Keys in the environment come before a profile that nobody named.
    if profile.is_some() || std::env::var_os("AWS_ACCESS_KEY_ID").is_none() {
        let name = profile.unwrap_or("default");
        let profiles = super::profiles::load().await;
        if let Some(profile) = profile {
            check_profile(profile, &profiles)?;
        }
        if let Ok(profiles) = profiles {
            let code = target.mfa_code.as_deref();
            let known = &target.mfa_sessions;
            if let Some(credentials) =
                mfa::credentials(&profiles, name, code, known, &target.calls, loader).await?
            {
                main = main.credentials_provider(credentials);
            }
        }
    }
    let mut config = main.load().await;
    let Some(region) = config.region().map(|region| region.to_string()) else {
        return Err(KmsError::local(
            Cause::Region,
            "NoRegion",
            "No Region is set.",
            "Start with --region, set AWS_REGION, or give the profile a region.",
        ));
    };
    if let Some(role) = role_arn {
        let provider = aws_config::sts::AssumeRoleProvider::builder(role)
            .session_name("kmsdeck")
            .configure(&config)
            .build()
            .await;
        config = config
            .into_builder()
            .credentials_provider(
                aws_credential_types::provider::SharedCredentialsProvider::new(provider),
            )
            .build();
    }
    let kms = kms_client(&config, &region, &target.calls);
    // Also what AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_KMS and the profile say.
    let endpoint = endpoint_url
        .map(str::to_owned)
        .or_else(|| service_endpoint(&config))
        .or_else(|| config.endpoint_url().map(str::to_owned));
    Ok(Session {
        kms,
        sts: sts_client(&config, &region, &target.calls),
        region,
        profile: profile.map(str::to_owned),
        endpoint,
        is_sandbox: false,
        config: Arc::new(config),
        calls: target.calls.clone(),
    })
}

fn kms_client(config: &SdkConfig, region: &str, calls: &CallSink) -> aws_sdk_kms::Client {
    let config = aws_sdk_kms::config::Builder::from(config)
        .interceptor(recorder("kms", region, calls))
        .build();
    aws_sdk_kms::Client::from_conf(config)
}

pub(super) fn sts_client(
    config: &SdkConfig,
    region: &str,
    calls: &CallSink,
) -> aws_sdk_sts::Client {
    let config = aws_sdk_sts::config::Builder::from(config)
        .interceptor(recorder("sts", region, calls))
        .build();
    aws_sdk_sts::Client::from_conf(config)
}

fn recorder(service: &'static str, region: &str, calls: &CallSink) -> Recorder {
    Recorder {
        service,
        region: region.to_owned(),
        sink: calls.clone(),
    }
}

/// The KMS endpoint of the environment (AWS_ENDPOINT_URL_KMS) or of the profile's `services`.
fn service_endpoint(config: &SdkConfig) -> Option<String> {
    let key = aws_types::service_config::ServiceConfigKey::builder()
        .service_id("KMS")
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build()
        .ok()?;
    config.service_config()?.load_config(key)
}

fn retries(limits: &CallLimits) -> RetryConfig {
    let config = match limits.retry_mode {
        RetryMode::Standard => RetryConfig::standard(),
        RetryMode::Adaptive => RetryConfig::adaptive(),
    };
    config.with_max_attempts(limits.max_attempts)
}

fn timeouts(limits: &CallLimits) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(limits.connect_timeout)
        .read_timeout(limits.read_timeout)
        .build()
}

/// The SDK would go on without a profile that does not exist, and blame the Region.
fn check_profile(name: &str, profiles: &Result<ProfileSet, KmsError>) -> Result<(), KmsError> {
    let profiles = profiles.as_ref().map_err(Clone::clone)?;
    if profiles.get_profile(name).is_some() {
        return Ok(());
    }
    let mut names: Vec<&str> = profiles.profiles().collect();
    names.sort_unstable();
    let fix = if names.is_empty() {
        "There are no profiles yet: make one with aws configure, or leave --profile out.".to_owned()
    } else {
        format!("Choose one of {}.", names.join(", "))
    };
    Err(KmsError::local(
        Cause::Credentials,
        "NoProfile",
        format!("There is no profile {name:?} in the AWS configuration files."),
        fix,
    ))
}

/// The Rust SDK does not read AWS_CA_BUNDLE, as the AWS CLI does.
fn http_client_with_ca_bundle()
-> Result<Option<aws_smithy_runtime_api::client::http::SharedHttpClient>, KmsError> {
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
        .map_err(|error| refuse(super::error::chain_text(&error)))?;
    Ok(Some(
        aws_smithy_http_client::Builder::new()
            .tls_provider(tls::Provider::Rustls(
                tls::rustls_provider::CryptoMode::AwsLc,
            ))
            .tls_context(context)
            .build_https(),
    ))
}

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

impl Session {
    /// The same connection in another Region, with the same credentials.
    pub fn in_region(&self, region: &str) -> Session {
        let config = self
            .config
            .to_builder()
            .region(Region::new(region.to_owned()))
            .build();
        Session {
            kms: kms_client(&config, region, &self.calls),
            sts: sts_client(&config, region, &self.calls),
            region: region.to_owned(),
            config: Arc::new(config),
            ..self.clone()
        }
    }

    /// The same connection, whose calls are tried once.
    pub fn without_retries(&self) -> Session {
        let config = self
            .config
            .to_builder()
            .retry_config(RetryConfig::disabled())
            .build();
        Session {
            kms: kms_client(&config, &self.region, &self.calls),
            config: Arc::new(config),
            ..self.clone()
        }
    }

    /// Where the calls go, for messages: a URL, or AWS's host.
    pub fn endpoint_text(&self) -> String {
        match &self.endpoint {
            Some(url) => url.clone(),
            None if self.is_sandbox => "the sandbox".to_owned(),
            None => format!("kms.{}.amazonaws.com", self.region),
        }
    }
}
