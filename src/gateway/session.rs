//! From profile, Region, endpoint, role or sandbox to an SDK client.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use kmsdeck_sandbox::{Sandbox, SandboxOptions};

use super::clients::{self, OtherClients};
use super::limits::CallLimits;
use super::mfa::{self, MfaSessions};
use super::record::CallSink;
use super::{credentials, endpoint, http_client, tls};
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

/// A connection: the clients, and what they were made of.
#[derive(Clone)]
pub struct Session {
    pub kms: aws_sdk_kms::Client,
    pub(crate) others: OtherClients,
    pub region: String,
    /// The sandbox's principal, or the profile's name where one was chosen.
    pub profile: Option<String>,
    /// A custom endpoint, whose DryRun proves nothing of AWS's permissions.
    pub endpoint: Option<String>,
    pub is_sandbox: bool,
    /// What the clients were made of, for other Regions.
    config: Arc<SdkConfig>,
    calls: CallSink,
    /// Whether the endpoint was seen to answer a dry run as one.
    knows_dry_run: Arc<AtomicBool>,
}

impl Session {
    /// Whether a dry run carries nothing out: AWS and the sandbox know DryRun, any other endpoint
    /// once it has answered DryRunOperationException. Some emulators carry the call out.
    pub fn honours_dry_run(&self) -> bool {
        self.endpoint.as_deref().is_none_or(is_of_aws) || self.knows_dry_run.load(Ordering::Relaxed)
    }

    /// Takes in that a dry run was answered as one.
    pub(crate) fn answered_a_dry_run(&self) {
        self.knows_dry_run.store(true, Ordering::Relaxed);
    }

    /// Whether it is of the sandbox that a lesson has of its own, where anything may be tried.
    pub fn is_of_lesson(&self) -> bool {
        self.is_sandbox && self.calls.is_of_lesson()
    }
}

/// Whether an endpoint's host is one of AWS's own: a VPC endpoint, FIPS, dual stack.
fn is_of_aws(endpoint: &str) -> bool {
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
    let (principal, provider) = credentials::of_principal(sandbox, principal)?;
    let region = target
        .region
        .as_deref()
        .unwrap_or(SANDBOX_REGION)
        .to_owned();
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(region.clone()))
        .credentials_provider(provider)
        .http_client(kmsdeck_sandbox::http_client(sandbox.clone()))
        .retry_config(target.limits.retries())
        .timeout_config(target.limits.timeouts())
        .sleep_impl(aws_smithy_async::rt::sleep::TokioSleep::new())
        .time_source(aws_smithy_async::time::SystemTimeSource::new())
        .build();
    Ok(Session {
        profile: Some(principal),
        is_sandbox: true,
        ..Session::of(config, region, target)
    })
}

async fn connect_aws(
    target: &Target,
    profile: Option<&str>,
    endpoint_url: Option<&str>,
    role_arn: Option<&str>,
) -> Result<Session, KmsError> {
    let http_client = http_client::http_client(tls::trust()?);
    let loader = || {
        let mut loader = mfa::plain_loader()
            .retry_config(target.limits.retries())
            .timeout_config(target.limits.timeouts())
            .http_client(http_client.clone());
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
            credentials::check_profile(profile, &profiles)?;
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
        config = credentials::with_role(config, role).await;
    }
    let endpoint = endpoint::custom_endpoint(endpoint_url, &config);
    Ok(Session {
        profile: profile.map(str::to_owned),
        endpoint,
        ..Session::of(config, region, target)
    })
}

impl Session {
    /// A connection to AWS with no profile named.
    fn of(config: SdkConfig, region: String, target: &Target) -> Session {
        let calls = target.calls.clone();
        Session {
            kms: clients::kms(&config, &region, &calls),
            others: OtherClients::new(&config, &region, &calls),
            region,
            profile: None,
            endpoint: None,
            is_sandbox: false,
            config: Arc::new(config),
            calls,
            knows_dry_run: Arc::default(),
        }
    }

    /// The same connection in another Region, with the same credentials.
    pub fn in_region(&self, region: &str) -> Session {
        let config = self
            .config
            .to_builder()
            .region(Region::new(region.to_owned()))
            .build();
        Session {
            kms: clients::kms(&config, region, &self.calls),
            others: OtherClients::new(&config, region, &self.calls),
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
            kms: clients::kms(&config, &self.region, &self.calls),
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
}
