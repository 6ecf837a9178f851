//! Which certificates are trusted: the system's, and those of a bundle: --ca-bundle's,
//! AWS_CA_BUNDLE's, or the profile's `ca_bundle`.

use std::path::{Path, PathBuf};

use aws_config::profile::Profile;
use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::chain::chain_text;
use crate::kms::{Cause, KmsError, Who};
use crate::platform::dirs::with_home;
use crate::platform::user_file;

/// The most bytes that a bundle of certificates has.
const LONGEST_BUNDLE: u64 = 16 << 20;

/// What is trusted, by the settings of a profile. The Rust SDK reads neither AWS_CA_BUNDLE nor
/// `ca_bundle`, as the AWS CLI does.
///
/// Errors: [`Cause::Config`] for a bundle that cannot be used, with the certificate that is wrong.
pub(super) fn trust(
    given: Option<&Path>,
    profile: Option<&Profile>,
) -> Result<TlsContext, KmsError> {
    let mut store = TrustStore::default().with_native_roots(true);
    let in_variable = std::env::var_os("AWS_CA_BUNDLE").filter(|path| !path.is_empty());
    let in_profile = || profile?.get("ca_bundle").filter(|path| !path.is_empty());
    let bundle = match (given, &in_variable) {
        (Some(path), _) => Some(("--ca-bundle", path.to_owned())),
        (None, Some(path)) => Some(("AWS_CA_BUNDLE", PathBuf::from(path))),
        (None, None) => in_profile().map(|path| ("The profile's ca_bundle", with_home(path))),
    };
    let refuse = |why: String| {
        let (setting, path) = bundle.clone().unwrap_or_default();
        KmsError::local(
            Cause::Config,
            "BadCaBundle",
            format!("{setting} ({}) cannot be used: {why}.", path.display()),
            "Let it name a readable PEM file, or unset it.",
        )
        .by(Who::User)
    };
    if let Some((_, path)) = &bundle {
        let pem =
            user_file::read(path, LONGEST_BUNDLE).map_err(|error| refuse(error.to_string()))?;
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
