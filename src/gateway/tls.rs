//! Which certificates are trusted: the system's, and those of AWS_CA_BUNDLE.

use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::chain::chain_text;
use crate::kms::{Cause, KmsError};
use crate::platform::user_file;

/// The most bytes that a bundle of certificates has.
const LONGEST_BUNDLE: u64 = 16 << 20;

/// What is trusted. The Rust SDK does not read AWS_CA_BUNDLE, as the AWS CLI does.
///
/// Errors: [`Cause::Config`] for a bundle that cannot be used, with the certificate that is wrong.
pub(super) fn trust() -> Result<TlsContext, KmsError> {
    let mut store = TrustStore::default().with_native_roots(true);
    let path = std::env::var_os("AWS_CA_BUNDLE").filter(|path| !path.is_empty());
    let refuse = |why: String| {
        let name = path.as_deref().unwrap_or_default().to_string_lossy();
        KmsError::local(
            Cause::Config,
            "BadCaBundle",
            format!("AWS_CA_BUNDLE ({name}) cannot be used: {why}."),
            "Let it name a readable PEM file, or unset it.",
        )
    };
    if let Some(path) = &path {
        let pem = user_file::read(path.as_ref(), LONGEST_BUNDLE)
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
