//! `Recipient`: an attestation document of a Nitro enclave, and the answer that only the enclave can
//! read.
//!
//! Of the document the signature is checked, by the certificate that it brings. No chain leads from
//! that to AWS, so that anybody can make a document for tests; what it says decides as it would of an
//! enclave.
//!
//! Source: AWS Nitro Enclaves, "Attestation document specification" and "Verifying the root of
//! trust"; RFC 8949 (CBOR), RFC 9052 (COSE), RFC 5652 (CMS); KMS developer guide, "Condition keys
//! for attested platforms".

use aws_lc_rs::cipher::{AES_256, DecryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::rsa::{OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, PublicEncryptingKey};
use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED, UnparsedPublicKey};
use data_encoding::HEXLOWER;
use kmsdeck_policy::RequestContext;
use zeroize::Zeroizing;

use crate::keypair::der;
use crate::secret::random;
use crate::wire::{ApiError, ApiResult, Params, Reply};

/// Whom an answer is for.
pub(crate) struct Recipient {
    /// Platform configuration registers, by their numbers.
    pcrs: Vec<(u64, Vec<u8>)>,
    /// An RSA key, SubjectPublicKeyInfo.
    public: Vec<u8>,
}

/// The document of a request's `Recipient`, as it came.
pub(crate) struct Document(Option<Zeroizing<Vec<u8>>>);

fn invalid(why: &str) -> ApiError {
    ApiError::validation(format!("The attestation document in Recipient {why}."))
}

impl Document {
    /// None where there is no `Recipient`.
    pub(crate) fn read(params: &mut Params) -> Option<Document> {
        let mut recipient = params.object("Recipient")?;
        recipient.choice("KeyEncryptionAlgorithm", &["RSAES_OAEP_SHA_256"]);
        let document = recipient.blob("AttestationDocument", 1..=262_144);
        params.merge(recipient);
        Some(Document(document))
    }

    pub(crate) fn verify(self) -> ApiResult<Recipient> {
        let Some(document) = self.0 else {
            return Err(invalid("is missing"));
        };
        let signed = Signed::parse(&document).ok_or_else(|| invalid("is no COSE_Sign1"))?;
        let claims = Claims::parse(signed.payload)
            .ok_or_else(|| invalid("does not have the members that it must have"))?;
        let certificate = claims.certificate.and_then(public_key_of);
        let key = certificate.ok_or_else(|| invalid("brings no X.509 certificate"))?;
        UnparsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, key)
            .verify(&signed.to_be_signed(), signed.signature)
            .map_err(|_| invalid("is not signed with the key of its certificate (ES384)"))?;
        let public = claims
            .public_key
            .filter(|public| PublicEncryptingKey::from_der(public).is_ok())
            .ok_or_else(|| invalid("brings no RSA public key"))?;
        let owned = |(number, value): (u64, &[u8])| (number, value.to_vec());
        Ok(Recipient {
            pcrs: claims.pcrs.into_iter().map(owned).collect(),
            public: public.to_vec(),
        })
    }
}

impl Recipient {
    /// The condition keys of an attested request; none without a recipient.
    pub(crate) fn context(recipient: Option<&Recipient>) -> RequestContext {
        let mut context = RequestContext::default();
        for (number, value) in recipient.into_iter().flat_map(|recipient| &recipient.pcrs) {
            let value = HEXLOWER.encode(value);
            if *number == 0 {
                context.set("kms:RecipientAttestation:ImageSha384", &value);
            }
            context.set(&format!("kms:RecipientAttestation:PCR{number}"), &value);
        }
        context
    }

    /// The secret as a member of the answer: for whoever asked, or for the recipient alone.
    pub(crate) fn told(
        recipient: Option<&Recipient>,
        reply: Reply,
        member: &str,
        secret: &[u8],
    ) -> ApiResult<Reply> {
        Ok(match recipient {
            None => reply.blob(member, secret),
            Some(recipient) => reply.blob("CiphertextForRecipient", &recipient.envelop(secret)?),
        })
    }

    /// EnvelopedData: the secret by AES-256-CBC, its key by RSAES-OAEP with SHA-256.
    fn envelop(&self, secret: &[u8]) -> ApiResult<Vec<u8>> {
        let failed = |_| ApiError::internal();
        let key = random(32)?;
        let mut content = Zeroizing::new(secret.to_vec());
        let cipher = UnboundCipherKey::new(&AES_256, &key).map_err(failed)?;
        let cipher = PaddedBlockEncryptingKey::cbc_pkcs7(cipher).map_err(failed)?;
        let DecryptionContext::Iv128(iv) = cipher.encrypt(&mut *content).map_err(failed)? else {
            return Err(ApiError::internal());
        };
        let public = PublicEncryptingKey::from_der(&self.public)
            .map_err(|_| invalid("brings no RSA public key"))?;
        let public = OaepPublicEncryptingKey::new(public).map_err(|_| ApiError::internal())?;
        let mut sealed_key = vec![0; public.ciphertext_size()];
        let sealed_key = public
            .encrypt(&OAEP_SHA256_MGF1SHA256, &key, &mut sealed_key, None)
            .map_err(failed)?;
        Ok(enveloped_data(&self.public, sealed_key, iv, &content))
    }
}

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;

const ENVELOPED_DATA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x03];
const DATA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01];
const RSAES_OAEP: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x07];
const MGF1: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x08];
const ID_SHA256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
const AES256_CBC: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2A];

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    der(SEQUENCE, &parts.concat())
}

fn oid(bytes: &[u8]) -> Vec<u8> {
    der(OBJECT_IDENTIFIER, bytes)
}

/// RFC 5652, section 6, with the recipient by its subject key identifier.
fn enveloped_data(
    public: &[u8],
    sealed_key: &[u8],
    iv: FixedLength<16>,
    content: &[u8],
) -> Vec<u8> {
    let version = || der(INTEGER, &[2]);
    let sha256 = || sequence(&[oid(ID_SHA256), vec![0x05, 0x00]]);
    let mgf1 = sequence(&[oid(MGF1), sha256()]);
    let oaep = sequence(&[der(0xA0, &sha256()), der(0xA1, &mgf1)]);
    let identifier = digest(&SHA256, public);
    let recipient = sequence(&[
        version(),
        der(0x80, &identifier.as_ref()[..20]),
        sequence(&[oid(RSAES_OAEP), oaep]),
        der(OCTET_STRING, sealed_key),
    ]);
    let cipher = sequence(&[oid(AES256_CBC), der(OCTET_STRING, iv.as_ref())]);
    let encrypted = sequence(&[oid(DATA), cipher, der(0x80, content)]);
    let enveloped = sequence(&[version(), der(SET, &recipient), encrypted]);
    sequence(&[oid(ENVELOPED_DATA), der(0xA0, &enveloped)])
}

/// The SubjectPublicKeyInfo of a certificate.
fn public_key_of(certificate: &[u8]) -> Option<&[u8]> {
    let (body, _) = element(certificate, SEQUENCE)?;
    let (mut rest, _) = element(body, SEQUENCE)?;
    // The version, where it is told; then serial number, algorithm, issuer, validity and subject.
    if rest.first() == Some(&0xA0) {
        rest = element(rest, 0xA0)?.1;
    }
    rest = element(rest, INTEGER)?.1;
    for _ in 0..4 {
        rest = element(rest, SEQUENCE)?.1;
    }
    let (_, after) = element(rest, SEQUENCE)?;
    rest.get(..rest.len() - after.len())
}

/// The content of the first DER element, and what follows it.
fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let rest = bytes.strip_prefix(&[tag])?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7F => (usize::from(first), rest),
        0x81 => (usize::from(*rest.first()?), rest.get(1..)?),
        0x82 => {
            let (length, rest) = rest.split_first_chunk::<2>()?;
            (usize::from(u16::from_be_bytes(*length)), rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}

/// COSE_Sign1, with its tag or without.
struct Signed<'a> {
    protected: &'a [u8],
    payload: &'a [u8],
    signature: &'a [u8],
}

impl<'a> Signed<'a> {
    fn parse(document: &'a [u8]) -> Option<Signed<'a>> {
        const TAG: u8 = 0xD2;
        let mut cbor = Cbor(document.strip_prefix(&[TAG]).unwrap_or(document));
        if cbor.head()? != (Major::Array, 4) {
            return None;
        }
        let protected = cbor.bytes()?;
        cbor.skip(0)?;
        let signed = Signed {
            protected,
            payload: cbor.bytes()?,
            signature: cbor.bytes()?,
        };
        cbor.0.is_empty().then_some(signed)
    }

    /// RFC 9052, section 4.4: Sig_structure.
    fn to_be_signed(&self) -> Vec<u8> {
        let mut out = vec![0x84, 0x6A];
        out.extend_from_slice(b"Signature1");
        for bytes in [self.protected, &[], self.payload] {
            let length = bytes.len() as u32;
            match length {
                0..=23 => out.push(0x40 | length as u8),
                24..=0xFF => out.extend([0x58, length as u8]),
                0x100..=0xFFFF => {
                    out.push(0x59);
                    out.extend_from_slice(&(length as u16).to_be_bytes());
                }
                _ => {
                    out.push(0x5A);
                    out.extend_from_slice(&length.to_be_bytes());
                }
            }
            out.extend_from_slice(bytes);
        }
        out
    }
}

/// What of the document counts here.
#[derive(Default)]
struct Claims<'a> {
    pcrs: Vec<(u64, &'a [u8])>,
    certificate: Option<&'a [u8]>,
    public_key: Option<&'a [u8]>,
}

impl<'a> Claims<'a> {
    fn parse(payload: &'a [u8]) -> Option<Claims<'a>> {
        let mut cbor = Cbor(payload);
        let mut claims = Claims::default();
        let (Major::Map, count) = cbor.head()? else {
            return None;
        };
        for _ in 0..count {
            match cbor.text()? {
                b"pcrs" => {
                    let (Major::Map, count) = cbor.head()? else {
                        return None;
                    };
                    for _ in 0..count {
                        let (Major::Unsigned, number) = cbor.head()? else {
                            return None;
                        };
                        claims.pcrs.push((number, cbor.bytes()?));
                    }
                }
                b"certificate" => claims.certificate = Some(cbor.bytes()?),
                b"public_key" => claims.public_key = cbor.optional_bytes()?,
                _ => cbor.skip(0)?,
            }
        }
        Some(claims)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Major {
    Unsigned,
    Negative,
    Bytes,
    Text,
    Array,
    Map,
    Tag,
    Simple,
}

/// CBOR with definite lengths, as the documents have it.
struct Cbor<'a>(&'a [u8]);

impl<'a> Cbor<'a> {
    fn head(&mut self) -> Option<(Major, u64)> {
        let (&first, rest) = self.0.split_first()?;
        let major = match first >> 5 {
            0 => Major::Unsigned,
            1 => Major::Negative,
            2 => Major::Bytes,
            3 => Major::Text,
            4 => Major::Array,
            5 => Major::Map,
            6 => Major::Tag,
            _ => Major::Simple,
        };
        let length = match first & 0x1F {
            value @ 0..=23 => {
                self.0 = rest;
                return Some((major, value.into()));
            }
            code @ 24..=27 => 1usize << (code - 24),
            _ => return None,
        };
        let (bytes, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        let value = bytes
            .iter()
            .fold(0, |value, byte| value << 8 | u64::from(*byte));
        Some((major, value))
    }

    fn take(&mut self, length: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        Some(taken)
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        match self.head()? {
            (Major::Bytes, length) => self.take(length),
            _ => None,
        }
    }

    /// None in it: null.
    fn optional_bytes(&mut self) -> Option<Option<&'a [u8]>> {
        const NULL: u64 = 22;
        match self.head()? {
            (Major::Bytes, length) => self.take(length).map(Some),
            (Major::Simple, NULL) => Some(None),
            _ => None,
        }
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        match self.head()? {
            (Major::Text, length) => self.take(length),
            _ => None,
        }
    }

    fn skip(&mut self, depth: u8) -> Option<()> {
        const DEEPEST: u8 = 8;
        if depth == DEEPEST {
            return None;
        }
        let (major, value) = self.head()?;
        let items = match major {
            Major::Bytes | Major::Text => return self.take(value).map(drop),
            Major::Unsigned | Major::Negative | Major::Simple => 0,
            Major::Tag => 1,
            Major::Array => value,
            Major::Map => value.checked_mul(2)?,
        };
        for _ in 0..items {
            self.skip(depth + 1)?;
        }
        Some(())
    }
}
