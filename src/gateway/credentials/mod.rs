//! Whose credentials sign the calls: those of the profile that was named and of nothing else, or
//! what the AWS CLI's order finds where none was; then those of a role that they assume.

mod cli_cache;
mod container;
mod expiry;
mod process;
mod role;
pub(super) mod sandbox;
mod sdk_source;
mod source;
mod waiting;
mod web_identity;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::identity::IdentityCache;
use aws_config::imds;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::imds::region::ImdsRegionProvider;
use aws_config::login::LoginCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::{Profile, ProfileSet};
use aws_config::provider_config::ProviderConfig;
use aws_config::sso::SsoCredentialsProvider;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::identity::SharedIdentityCache;
use aws_types::region::Region;

pub(super) use container::ContainerTokenError;
pub(super) use process::{ProcessError, ProcessProvider};
pub(super) use role::{RoleError, RoleProvider};
pub(super) use sdk_source::{Login, Machine, SdkSource, SourceError, Sso};
pub use source::Role;
pub use waiting::Waiting;
pub(super) use web_identity::TokenFileError;

use super::clients;
use super::endpoint::{self, Endpoints, without_password};
use super::mfa::KeptSessions;
use super::record::CallSink;
use super::transport::Call;
use crate::kms::{Cause, KmsError, Who};
use container::ContainerProvider;
use sdk_source::FromSdk;
use source::{Source, WebIdentity};
use web_identity::WebIdentityProvider;

/// Where the credentials come from, for the header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A profile: one that was named, AWS_PROFILE's, or `default`.
    Profile(String),
    /// AWS_ACCESS_KEY_ID and its like.
    Environment,
    /// A web identity of the environment, a container's endpoint, or a machine's role.
    Machine,
    /// A principal of the sandbox.
    Sandbox,
}

/// What providers are made with.
pub(super) struct Making<'a> {
    /// Region, limits, HTTP client and endpoint of the session, for calls to STS.
    pub config: &'a SdkConfig,
    /// The profile whose settings count.
    pub settings: Option<&'a Profile>,
    /// An HTTP client that goes by no proxy: the endpoints of containers and of machines are near.
    pub direct: ProviderConfig,
    /// The same, by the proxies.
    pub by_proxy: ProviderConfig,
    pub endpoints: &'a Endpoints,
    pub calls: &'a CallSink,
    pub code: Arc<Mutex<Option<String>>>,
    pub sessions: &'a KeptSessions,
    pub waiting: Waiting,
    /// Whether a credential_process may use the terminal.
    pub has_terminal: bool,
}

/// A provider, and the roles on the way to it that ask for a code.
pub(super) struct Made {
    pub provider: SharedCredentialsProvider,
    pub with_code: Vec<RoleProvider>,
}

impl Made {
    fn of(provider: impl ProvideCredentials + 'static) -> Self {
        Made {
            provider: SharedCredentialsProvider::new(provider),
            with_code: Vec::new(),
        }
    }
}

/// The credentials of a profile that exists, and of nothing else.
///
/// Errors: [`Cause::Config`] for what is wrong in it, [`Cause::Credentials`] where it names none.
pub(super) fn of_profile(
    profiles: &ProfileSet,
    name: &str,
    making: &Making,
) -> Result<Made, KmsError> {
    match source::source_of(profiles, name)? {
        Some(source) => making.provider(source),
        None => Err(KmsError::local(
            Cause::Credentials,
            "NoCredentials",
            format!("Profile {name} has no credentials, and a profile that is named is used alone."),
            format!(
                "Sign in (aws configure sso --profile {name}, aws login --profile {name}), or let it \
                 have credential_source; AWS_PROFILE={name} goes on to this machine's role."
            ),
        )
        .by(Who::User)),
    }
}

/// The credential_process that a profile's credentials rest on.
///
/// Errors: [`Cause::Config`] for what is wrong in the profile, or where it has none.
pub(super) fn process_of(profiles: &ProfileSet, name: &str) -> Result<ProcessProvider, KmsError> {
    let mut source = source::source_of(profiles, name)?;
    while let Some(Source::Role(base, _)) = source {
        source = Some(*base);
    }
    let Some(Source::Process(process)) = source else {
        return Err(KmsError::local(
            Cause::Config,
            "NoCredentialProcess",
            format!("Profile {name} has no credential_process."),
            "Sign in as its other settings say: aws sso login, aws login.",
        )
        .by(Who::User));
    };
    Ok(ProcessProvider {
        process,
        waiting: Waiting::default(),
        sessions: KeptSessions::default(),
        has_terminal: true,
    })
}

/// Those that are found where no profile was named: keys of the environment, else the profile of
/// AWS_PROFILE or `default`, else a web identity, a container or the machine.
///
/// Errors: [`Cause::Config`] for what is wrong in a profile or a variable.
pub(super) fn found(
    profiles: &ProfileSet,
    in_environment: Option<&str>,
    making: &Making,
) -> Result<(Made, Origin), KmsError> {
    if check_environment_keys()? {
        let keys = EnvironmentVariableCredentialsProvider::new();
        return Ok((Made::of(keys), Origin::Environment));
    }
    let name = in_environment.unwrap_or("default");
    if profiles.get_profile(name).is_some()
        && let Some(source) = source::source_of(profiles, name)?
    {
        return Ok((making.provider(source)?, Origin::Profile(name.to_owned())));
    }
    let in_variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    if let (Some(token_file), Some(role_arn)) = (
        in_variable("AWS_WEB_IDENTITY_TOKEN_FILE"),
        in_variable("AWS_ROLE_ARN"),
    ) {
        let identity = WebIdentity {
            role_arn,
            token_file,
            session_name: in_variable("AWS_ROLE_SESSION_NAME"),
        };
        return Ok((Made::of(making.web_identity(identity)), Origin::Machine));
    }
    let machine = making.machine(Machine::LastResort)?;
    let made = match container::url() {
        Some(url) => Made::of(
            CredentialsProviderChain::first_try("EcsContainer", making.container(url))
                .or_else("Ec2InstanceMetadata", machine),
        ),
        None => Made::of(machine),
    };
    Ok((made, Origin::Machine))
}

/// The Region that the machine's metadata service names: asked for only where no profile was named,
/// and there is one to ask.
pub(super) async fn region_of_machine(
    profile: Option<&str>,
    direct: &ProviderConfig,
) -> Option<Region> {
    if profile.is_some() || matches!(check_environment_keys(), Ok(true)) {
        return None;
    }
    ImdsRegionProvider::builder()
        .configure(direct)
        .build()
        .region()
        .await
}

/// What keeps credentials until they expire. The SDK would give a source of them five seconds.
pub(super) fn identity_cache() -> SharedIdentityCache {
    IdentityCache::lazy()
        .load_timeout(process::PATIENCE + Duration::from_secs(10))
        .build()
}

/// Whether the environment has keys.
///
/// Errors: [`Cause::Config`] for half of them, and for what no request can carry.
fn check_environment_keys() -> Result<bool, KmsError> {
    let names = [
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
    ];
    let values = names.map(|name| std::env::var_os(name).filter(|value| !value.is_empty()));
    let wrong = |what: String, fix: &str| {
        KmsError::local(Cause::Config, "BadEnvironment", what, fix).by(Who::User)
    };
    for (name, value) in names.iter().zip(&values) {
        let Some(value) = value else { continue };
        let is_sound = value
            .to_str()
            .is_some_and(|text| text.bytes().all(|byte| byte.is_ascii_graphic()));
        if !is_sound {
            return Err(wrong(
                format!("{name} holds a blank, a line break or a character that no key has."),
                "Set it anew: a secret that is mounted as a file often ends in a line break.",
            ));
        }
    }
    match values.map(|value| value.is_some()) {
        [true, true, _] => Ok(true),
        [false, false, _] => Ok(false),
        [true, false, _] => Err(wrong(
            "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not.".to_owned(),
            "Set it, or unset the other.",
        )),
        [false, true, _] => Err(wrong(
            "AWS_SECRET_ACCESS_KEY is set, but AWS_ACCESS_KEY_ID is not.".to_owned(),
            "Set it, or unset the other.",
        )),
    }
}

impl Making<'_> {
    fn container(&self, url: String) -> FromSdk<ContainerProvider> {
        let sdk = EcsCredentialsProvider::builder()
            .configure(&self.direct)
            .build();
        FromSdk {
            of: SdkSource::Container,
            // As long as the SDK waits there.
            call: Call::near(without_password(&url).into_owned(), [2, 5]),
            sdk: ContainerProvider(sdk),
        }
    }

    fn machine(&self, machine: Machine) -> Result<FromSdk<ImdsCredentialsProvider>, KmsError> {
        let mut client = imds::Client::builder().configure(&self.direct);
        let url = endpoint::imds_url(self.settings);
        client = client.endpoint(&url).map_err(|error| {
            KmsError::local(
                Cause::Config,
                "BadEnvironment",
                format!("The endpoint of the instance metadata service ({url}) is no URL: {error}."),
                "Correct AWS_EC2_METADATA_SERVICE_ENDPOINT or the profile's ec2_metadata_service_endpoint.",
            )
            .by(Who::User)
        })?;
        Ok(FromSdk {
            of: SdkSource::Machine(machine),
            call: Call::near(url, [1, 1]),
            sdk: ImdsCredentialsProvider::builder()
                .configure(&self.direct)
                .imds_client(client.build())
                .build(),
        })
    }

    fn sso(&self, sso: Sso) -> FromSdk<SsoCredentialsProvider> {
        let mut builder = SsoCredentialsProvider::builder()
            .configure(&self.by_proxy)
            .account_id(&sso.account)
            .role_name(&sso.role)
            .start_url(&sso.start_url)
            .region(Region::new(sso.region.clone()));
        builder.set_session_name(sso.session.clone());
        let to = endpoint::sso_host(self.config, &sso.region);
        FromSdk {
            call: Call::new(to, self.config, &sso.region, false),
            of: SdkSource::Sso(sso),
            sdk: builder.build(),
        }
    }

    fn login(&self, login: Login) -> FromSdk<LoginCredentialsProvider> {
        let region = self.region();
        FromSdk {
            call: Call::new(
                endpoint::signin_host(self.config, &region),
                self.config,
                &region,
                false,
            ),
            sdk: LoginCredentialsProvider::builder(&login.session)
                .configure(&self.by_proxy)
                .build(),
            of: SdkSource::Login(login),
        }
    }

    /// The session's, for a service that is asked before there is a connection.
    fn region(&self) -> String {
        let region = self.config.region().map(ToString::to_string);
        region.unwrap_or_else(|| "us-east-1".to_owned())
    }

    fn provider(&self, source: Source) -> Result<Made, KmsError> {
        Ok(match source {
            Source::Keys(keys) => Made::of(keys),
            Source::Sso(sso) => Made::of(self.sso(sso)),
            Source::Login(login) => Made::of(self.login(login)),
            Source::WebIdentity(identity) => Made::of(self.web_identity(identity)),
            Source::Process(process) => Made::of(ProcessProvider {
                process,
                waiting: self.waiting.clone(),
                sessions: self.sessions.clone(),
                has_terminal: self.has_terminal,
            }),
            Source::Environment => match check_environment_keys()? {
                true => Made::of(EnvironmentVariableCredentialsProvider::new()),
                false => {
                    return Err(KmsError::local(
                        Cause::Credentials,
                        "NoCredentials",
                        "The profile's credential_source is Environment, and AWS_ACCESS_KEY_ID is not set.",
                        "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
                    )
                    .by(Who::User));
                }
            },
            Source::Container => match container::url() {
                Some(url) => Made::of(self.container(url)),
                None => {
                    return Err(KmsError::local(
                        Cause::Credentials,
                        "NoCredentials",
                        "The profile's credential_source is EcsContainer, and neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor AWS_CONTAINER_CREDENTIALS_FULL_URI is set.",
                        "Run kmsdeck in the container whose role it is, or choose another profile.",
                    )
                    .by(Who::User));
                }
            },
            Source::InstanceMetadata => Made::of(self.machine(Machine::Named)?),
            Source::Role(base, role) => self.role(self.provider(*base)?, role),
        })
    }

    /// A role, assumed with what `base` gives.
    pub(super) fn role(&self, base: Made, role: Role) -> Made {
        let region = self
            .config
            .region()
            .map(ToString::to_string)
            .or_else(|| role.region.clone())
            .unwrap_or_else(|| "us-east-1".to_owned());
        let config = self
            .config
            .to_builder()
            .region(Region::new(region.clone()))
            .credentials_provider(base.provider)
            .build();
        let provider = RoleProvider {
            role,
            sts: clients::sts(&config, &region, self.endpoints, self.calls),
            call: self.call_to_sts(&region),
            code: self.code.clone(),
            sessions: self.sessions.clone(),
        };
        let mut with_code = base.with_code;
        if provider.role.mfa_serial.is_some() {
            with_code.push(provider.clone());
        }
        Made {
            provider: SharedCredentialsProvider::new(provider),
            with_code,
        }
    }

    fn call_to_sts(&self, region: &str) -> Call {
        let to = endpoint::sts_host(self.config, region, self.endpoints);
        Call::new(to, self.config, region, self.endpoints.sts.is_some())
    }

    fn web_identity(&self, identity: WebIdentity) -> WebIdentityProvider {
        let region = self.region();
        WebIdentityProvider {
            identity,
            sts: clients::sts(self.config, &region, self.endpoints, self.calls),
            call: self.call_to_sts(&region),
        }
    }
}

/// The SDK would go on without a profile that does not exist, and blame the Region.
///
/// Errors: [`Cause::Credentials`], with the profiles that there are.
pub(super) fn check_profile(name: &str, profiles: &ProfileSet) -> Result<(), KmsError> {
    if profiles.get_profile(name).is_some() {
        return Ok(());
    }
    let is_taken = |c: char| c.is_ascii_alphanumeric() || "_-/.%@:+".contains(c);
    if !name.chars().all(is_taken) {
        return Err(KmsError::local(
            Cause::Credentials,
            "NoProfile",
            format!(
                "The AWS SDK for Rust reads no profile of the name {name:?}: it takes ASCII letters and \
                 digits and _ - / . % @ : + in a name."
            ),
            "Give the profile another name in the AWS configuration files.",
        )
        .by(Who::Sdk));
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
