//! From profile, Region, endpoint, role or sandbox to an SDK client.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::ProvideCredentials;
use kmsdeck_sandbox::{Sandbox, SandboxOptions};

use super::clients::{self, OtherClients};
use super::credentials::{self, Making, Origin, Role, Waiting};
use super::credentials_error::from_credentials;
use super::endpoint::{Endpoints, url_as_shown};
use super::http_client::{Proxies, Trust, check_proxies, http_client};
use super::limits::CallLimits;
use super::mfa::KeptSessions;
use super::record::{CallSink, OnlyBy};
use super::settings::region_of_settings;
use super::transport::Call;
use super::{endpoint, profiles, tls};
use crate::kms::{Cause, KmsError, Signer};

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
    pub sessions: KeptSessions,
    /// Certificates to trust beside the system's, PEM: goes before AWS_CA_BUNDLE.
    pub ca_bundle: Option<PathBuf>,
    /// Whether certificates are checked at all.
    pub verifies_tls: bool,
    /// What the credentials are waited for.
    pub waiting: Waiting,
    /// Whether a credential_process may use the terminal: not while the console has it.
    pub has_terminal: bool,
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
            sessions: KeptSessions::default(),
            ca_bundle: None,
            verifies_tls: true,
            waiting: Waiting::default(),
            has_terminal: false,
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

    /// The same place as another profile, and in this Region: its own role and no other. In the
    /// sandbox, as another of its principals.
    pub fn as_profile(&self, name: &str, region: Option<&str>) -> Target {
        let mut target = self.clone();
        match &mut target.place {
            Place::Sandbox { principal, .. } => *principal = Some(name.to_owned()),
            Place::Aws { profile, role, .. } => {
                *profile = Some(name.to_owned());
                *role = None;
            }
        }
        if let Some(region) = region {
            target.region = Some(region.to_owned());
        }
        target
    }

    pub fn is_sandbox(&self) -> bool {
        matches!(self.place, Place::Sandbox { .. })
    }

    /// The profile or principal that was chosen: AWS_PROFILE's, where none was named.
    pub fn name(&self) -> Option<String> {
        match &self.place {
            Place::Aws { profile, .. } => profile.clone().or_else(profiles::of_environment),
            Place::Sandbox { principal, .. } => principal.clone(),
        }
    }
}

/// Where the service is.
#[derive(Clone)]
pub enum Place {
    Aws {
        /// One that the user named, whose credentials are used and no others. None leaves it to
        /// the environment.
        profile: Option<String>,
        /// For KMS; where it is none of AWS's own, for STS, too.
        endpoint_url: Option<String>,
        /// A role to assume with those credentials.
        role: Option<Role>,
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
    /// The sandbox's principal, or the profile's name where one was named.
    pub profile: Option<String>,
    /// A custom endpoint, whose DryRun proves nothing of AWS's permissions.
    pub endpoint: Option<String>,
    pub is_sandbox: bool,
    /// What the clients were made of, for other Regions.
    made_of: Arc<MadeOf>,
    calls: CallSink,
    /// Whether the endpoint was seen to answer a dry run as one.
    knows_dry_run: Arc<AtomicBool>,
}

struct MadeOf {
    config: SdkConfig,
    endpoints: Endpoints,
    origin: Origin,
    waiting: Waiting,
}

impl MadeOf {
    fn with(&self, config: SdkConfig) -> Arc<Self> {
        Arc::new(MadeOf {
            config,
            endpoints: self.endpoints.clone(),
            origin: self.origin.clone(),
            waiting: self.waiting.clone(),
        })
    }
}

impl Session {
    /// Where its credentials come from.
    pub fn origin(&self) -> &Origin {
        &self.made_of.origin
    }

    /// What its credentials are waited for, where they are.
    pub fn waits_for(&self) -> Option<String> {
        self.made_of.waiting.text()
    }

    /// Whether a dry run carries nothing out: AWS and the sandbox know DryRun, any other endpoint
    /// once it has answered DryRunOperationException. Some emulators carry the call out.
    pub fn honours_dry_run(&self) -> bool {
        self.endpoint.as_deref().is_none_or(endpoint::is_of_aws)
            || self.knows_dry_run.load(Ordering::Relaxed)
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
            role,
        } => connect_aws(target, profile.as_deref(), endpoint_url.as_deref(), role).await,
    }
}

fn connect_sandbox(
    target: &Target,
    sandbox: &Arc<Sandbox>,
    principal: Option<&str>,
) -> Result<Session, KmsError> {
    let (principal, provider) = credentials::sandbox::of_principal(sandbox, principal)?;
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
        .retry_config(target.limits.retries(None)?)
        .timeout_config(target.limits.timeouts())
        .sleep_impl(aws_smithy_async::rt::sleep::TokioSleep::new())
        .time_source(aws_smithy_async::time::SystemTimeSource::new())
        .build();
    Ok(Session {
        profile: Some(principal),
        is_sandbox: true,
        ..Session::of(
            config,
            region,
            Endpoints::default(),
            Origin::Sandbox,
            target,
        )
    })
}

async fn connect_aws(
    target: &Target,
    profile: Option<&str>,
    endpoint_url: Option<&str>,
    role: &Option<Role>,
) -> Result<Session, KmsError> {
    let known = profiles::load().await?;
    let in_environment = profiles::of_environment();
    let wanted = profile.or(in_environment.as_deref());
    if let Some(name) = wanted {
        credentials::check_profile(name, &known)?;
    }
    // Whose settings count, whoever signs.
    let settings = known.get_profile(wanted.unwrap_or("default"));
    let trust = match target.verifies_tls {
        true => {
            let bundle = tls::ca_bundle(target.ca_bundle.as_deref(), settings);
            Trust::Store(tls::trust(bundle.as_ref())?)
        }
        false => Trust::Any,
    };
    check_proxies()?;
    let by_proxy = http_client(trust.clone(), Proxies::OfEnvironment);
    let retries = target.limits.retries(settings)?;
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .timeout_config(target.limits.timeouts())
        .retry_config(retries.clone())
        .http_client(by_proxy.clone())
        .identity_cache(credentials::identity_cache())
        .no_credentials();
    if settings.is_some()
        && let Some(name) = wanted
    {
        loader = loader.profile_name(name);
    }
    let region = region_of_settings(target.region.as_deref(), settings)?
        .map(|region| Region::new(region.value));
    let direct = ProviderConfig::empty()
        .with_time_source(aws_smithy_async::time::SystemTimeSource::new())
        .with_sleep_impl(aws_smithy_async::rt::sleep::TokioSleep::new())
        .with_behavior_version(Some(BehaviorVersion::v2026_01_12()))
        .with_timeout_config(target.limits.timeouts())
        .with_retry_config(retries)
        .with_http_client(http_client(trust, Proxies::None));
    let region = match region {
        Some(region) => Some(region),
        None => credentials::region_of_machine(profile, &direct).await,
    };
    // Any Region will do to load the rest, which a machine would else be asked for again.
    let stand_in = || Region::from_static("us-east-1");
    loader = loader.region(region.clone().unwrap_or_else(stand_in));
    let config = loader.load().await;
    let endpoints = Endpoints::find(endpoint_url, &config);
    let making = Making {
        config: &config,
        settings,
        by_proxy: direct
            .clone()
            .with_http_client(by_proxy)
            .with_use_fips(config.use_fips())
            .with_use_dual_stack(config.use_dual_stack())
            .with_region(region.clone()),
        direct,
        endpoints: &endpoints,
        calls: &target.calls,
        code: Arc::new(Mutex::new(target.mfa_code.clone())),
        sessions: &target.sessions,
        waiting: target.waiting.clone(),
        has_terminal: target.has_terminal,
    };
    let (mut made, origin) = match profile {
        Some(name) => (
            credentials::of_profile(&known, name, &making)?,
            Origin::Profile(name.to_owned()),
        ),
        None => credentials::found(&known, in_environment.as_deref(), &making)?,
    };
    if let Some(role) = role {
        made = making.role(made, role.clone());
    }
    let Some(region) = region.map(|region| region.to_string()) else {
        return Err(KmsError::local(
            Cause::Region,
            "NoRegion",
            "No Region is set.",
            "Start with --region, set AWS_REGION, or give the profile a region.",
        ));
    };
    // A code counts for half a minute, so that it is not kept for the first call.
    for role in made.with_code {
        role.provide_credentials()
            .await
            .map_err(|error| from_credentials(&error))?;
    }
    let config = config
        .into_builder()
        .credentials_provider(made.provider)
        .build();
    Ok(Session {
        profile: profile.map(str::to_owned),
        endpoint: endpoints
            .kms
            .as_deref()
            .map(|url| url_as_shown(url).into_owned()),
        ..Session::of(config, region, endpoints, origin, target)
    })
}

impl Session {
    /// A connection to AWS with no profile named.
    fn of(
        config: SdkConfig,
        region: String,
        endpoints: Endpoints,
        origin: Origin,
        target: &Target,
    ) -> Session {
        let calls = target.calls.clone();
        Session {
            kms: clients::kms(&config, &region, &endpoints, &calls),
            others: OtherClients::new(&config, &region, &endpoints, &calls),
            region,
            profile: None,
            endpoint: None,
            is_sandbox: false,
            made_of: Arc::new(MadeOf {
                config,
                endpoints,
                origin,
                waiting: target.waiting.clone(),
            }),
            calls,
            knows_dry_run: Arc::default(),
        }
    }

    /// The same connection in another Region, with the same credentials.
    pub fn in_region(&self, region: &str) -> Session {
        let config = self
            .made_of
            .config
            .to_builder()
            .region(Region::new(region.to_owned()))
            .build();
        Session {
            kms: clients::kms(&config, region, &self.made_of.endpoints, &self.calls),
            others: OtherClients::new(&config, region, &self.made_of.endpoints, &self.calls),
            region: region.to_owned(),
            made_of: self.made_of.with(config),
            ..self.clone()
        }
    }

    /// The same connection, whose calls are tried once.
    pub fn without_retries(&self) -> Session {
        let config = self
            .made_of
            .config
            .to_builder()
            .retry_config(RetryConfig::disabled())
            .build();
        Session {
            kms: clients::kms(&config, &self.region, &self.made_of.endpoints, &self.calls),
            made_of: self.made_of.with(config),
            ..self.clone()
        }
    }

    /// The same connection, whose calls to KMS are sent only where those credentials sign them.
    pub fn signed_only_by(&self, signer: Signer) -> Session {
        let config = self.kms.config().to_builder().interceptor(OnlyBy(signer));
        Session {
            kms: aws_sdk_kms::Client::from_conf(config.build()),
            ..self.clone()
        }
    }

    /// Where the calls go, for messages: a URL, or AWS's host.
    pub fn endpoint_text(&self) -> String {
        match self.is_sandbox {
            true => "the sandbox".to_owned(),
            false => {
                endpoint::kms_host(&self.made_of.config, &self.region, &self.made_of.endpoints)
            }
        }
    }

    /// Where the calls to STS go.
    pub fn sts_text(&self) -> String {
        match self.is_sandbox {
            true => "the sandbox".to_owned(),
            false => {
                endpoint::sts_host(&self.made_of.config, &self.region, &self.made_of.endpoints)
            }
        }
    }

    /// The client of IAM.
    pub(crate) fn iam(&self) -> aws_sdk_iam::Client {
        let made_of = &self.made_of;
        clients::iam(
            &made_of.config,
            &self.region,
            &made_of.endpoints,
            &self.calls,
        )
    }

    /// Where the calls to IAM go.
    pub(super) fn iam_text(&self) -> String {
        match self.is_sandbox {
            true => "the sandbox".to_owned(),
            false => {
                endpoint::iam_host(&self.made_of.config, &self.region, &self.made_of.endpoints)
            }
        }
    }

    /// A call to that place, for errors.
    pub(super) fn call_to(&self, to: String) -> Call {
        Call::new(
            to,
            &self.made_of.config,
            &self.region,
            self.endpoint.is_some(),
        )
    }
}
