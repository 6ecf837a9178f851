//! What a connection would be made of: each setting by itself, with where it is set, so that one
//! that is wrong hides none of the others.

use std::path::{Path, PathBuf};

use aws_config::profile::Profile;

use super::http_client::{check_proxies, proxy_of_environment};
use super::setting::Setting;
use super::{profiles, tls};
use crate::kms::regions::is_host_label;
use crate::kms::{Cause, KmsError};

/// The settings of a profile, or of none, under what the command line says.
pub struct Settings {
    /// None leaves it to the machine's metadata service.
    pub region: Result<Option<Setting<String>>, KmsError>,
    /// Certificates to trust beside the system's.
    pub ca_bundle: Result<Option<Setting<PathBuf>>, KmsError>,
    /// What is wrong with the proxies' variables.
    pub proxies: Result<(), KmsError>,
}

impl Settings {
    /// Those that count where `profile` is named, or the environment's profile is. Reads files
    /// alone.
    ///
    /// Errors: [`Cause::Config`] for a configuration file of AWS that cannot be read.
    pub async fn read(
        profile: Option<&str>,
        region: Option<&str>,
        ca_bundle: Option<&Path>,
    ) -> Result<Settings, KmsError> {
        let known = profiles::load().await?;
        let in_environment = profiles::of_environment();
        let wanted = profile.or(in_environment.as_deref()).unwrap_or("default");
        let settings = known.get_profile(wanted);
        let bundle = tls::ca_bundle(ca_bundle, settings);
        Ok(Settings {
            region: region_of_settings(region, settings),
            ca_bundle: tls::trust(bundle.as_ref()).map(|_| bundle),
            proxies: check_proxies(),
        })
    }
}

/// How many certificates the system has, to trust whoever shows one that they have signed.
///
/// Errors: why none can be read.
pub fn certificates_of_system() -> Result<usize, String> {
    let found = rustls_native_certs::load_native_certs();
    match (found.certs.len(), found.errors.first()) {
        (0, Some(error)) => Err(error.to_string()),
        (count, _) => Ok(count),
    }
}

/// The proxy that calls to a host go by, as it may be shown, and the variable that names it.
pub fn proxy_to(host: &str) -> Option<String> {
    proxy_of_environment(host).map(|proxy| proxy.to_string())
}

/// The Region that was chosen, else the environment's or the profile's.
///
/// Errors: [`Cause::Region`] for what no host can be made of, with who names it.
pub(super) fn region_of_settings(
    chosen: Option<&str>,
    settings: Option<&Profile>,
) -> Result<Option<Setting<String>>, KmsError> {
    let in_variable = |name| std::env::var(name).ok().map(|value| (name, value));
    let in_profile = || Some(("the profile's region", settings?.get("region")?.to_owned()));
    let found = [
        chosen.map(|region| ("--region", region.to_owned())),
        in_variable("AWS_REGION"),
        in_variable("AWS_DEFAULT_REGION"),
        in_profile(),
    ];
    let mut found = found.into_iter().flatten();
    let Some((set_by, region)) = found.find(|(_, region)| !region.is_empty()) else {
        return Ok(None);
    };
    if !is_host_label(&region) {
        return Err(KmsError::local(
            Cause::Region,
            "BadRegion",
            format!("{set_by} is {region:?}, which is no Region."),
            "A Region looks like eu-central-2: letters, digits and hyphens.",
        ));
    }
    Ok(Some(Setting {
        value: region,
        set_by,
    }))
}
