//! Which certificates are trusted: the system's, and those of a bundle: --ca-bundle's,
//! AWS_CA_BUNDLE's, or the profile's `ca_bundle`.

use std::path::{Path, PathBuf};

use aws_config::profile::Profile;
use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::chain::chain_text;
use super::setting::Setting;
use crate::kms::{Cause, KmsError, Who};
use crate::platform::dirs::with_home;
use crate::platform::user_file;

/// The most bytes that a bundle of certificates has.
const LONGEST_BUNDLE: u64 = 16 << 20;

/// The bundle of certificates that counts under the settings of a profile. The Rust SDK reads
/// neither AWS_CA_BUNDLE nor `ca_bundle`, as the AWS CLI does.
pub(super) fn ca_bundle(
    given: Option<&Path>,
    profile: Option<&Profile>,
) -> Option<Setting<PathBuf>> {
    let in_variable = std::env::var_os("AWS_CA_BUNDLE").filter(|path| !path.is_empty());
    let in_profile = || profile?.get("ca_bundle").filter(|path| !path.is_empty());
    let (set_by, value) = match (given, in_variable) {
        (Some(path), _) => ("--ca-bundle", path.to_owned()),
        (None, Some(path)) => ("AWS_CA_BUNDLE", PathBuf::from(path)),
        (None, None) => ("The profile's ca_bundle", with_home(in_profile()?)),
    };
    Some(Setting { value, set_by })
}

/// What is trusted: the system's certificates, and those of that bundle.
///
/// Errors: [`Cause::Config`] for a bundle that cannot be used, with the certificate that is wrong.
pub(super) fn trust(bundle: Option<&Setting<PathBuf>>) -> Result<TlsContext, KmsError> {
    let mut store = TrustStore::default().with_native_roots(true);
    let refuse = |why: String| {
        let (set_by, path) = match bundle {
            Some(bundle) => (bundle.set_by, bundle.value.display().to_string()),
            None => ("The system's store", String::new()),
        };
        KmsError::local(
            Cause::Config,
            "BadCaBundle",
            format!("{set_by} ({path}) cannot be used: {why}."),
            "Let it name a readable PEM file, or unset it.",
        )
        .by(Who::User)
    };
    if let Some(bundle) = bundle {
        let pem = user_file::read(&bundle.value, LONGEST_BUNDLE)
            .map_err(|error| refuse(error.to_string()))?;
        check_pem(&pem).map_err(refuse)?;
        store = store.with_pem_certificate(pem);
    }
    TlsContext::builder()
        .with_trust_store(store)
        .build()
        .map_err(|error| refuse(chain_text(&error)))
}

/// Whether all of a bundle can be used: the SDK panics at the first certificate that cannot.
///
/// Errors: which certificate, counted from 1, and why, as part of a sentence.
fn check_pem(pem: &[u8]) -> Result<(), String> {
    let mut roots = RootCertStore::empty();
    let mut count = 0;
    for certificate in CertificateDer::pem_slice_iter(pem) {
        count += 1;
        certificate
            .map_err(|error| error.to_string())
            .and_then(|der| roots.add(der).map_err(|error| error.to_string()))
            .map_err(|why| format!("certificate {count} of it is broken ({why})"))?;
    }
    match count {
        0 => Err("it holds no PEM certificate".to_owned()),
        _ => Ok(()),
    }
}
