//! Opening an envelope.

use std::io::{Read, Write};

use aws_lc_rs::digest;
use aws_lc_rs::signature::{ECDSA_P384_SHA384_ASN1, VerificationAlgorithm};
use data_encoding::BASE64;
use zeroize::Zeroizing;

use crate::body::{Piece, aad, read_footer, read_frame};
use crate::keys::MessageKey;
use crate::source::Source;
use crate::{DataKey, EnvelopeError, Header, NONCE_LEN, PUBLIC_KEY_PAIR, Tally, read_header};

/// Decrypts what follows the header. A frame is written once its tag has been checked; what it
/// holds in memory is one frame.
///
/// Where the header's suite is signed, what was written counts only if this returns `Ok`: the
/// signature stands at the end.
///
/// # Errors
/// The check that the envelope did not pass; [`EnvelopeError::Write`].
pub fn decrypt(
    header: &Header,
    data_key: &DataKey,
    from: impl Read,
    mut to: impl Write,
) -> Result<Tally, EnvelopeError> {
    let key = MessageKey::derive(data_key, header.suite, &header.message_id)?;
    if !key.commits_to(&header.commitment) {
        return Err(EnvelopeError::Commitment);
    }
    let mut tag = header.tag;
    key.open([0; NONCE_LEN], &header.body, &mut tag)
        .ok_or(EnvelopeError::HeaderTag)?;

    let mut source = Source::new(from, header.length());
    if header.suite.is_signed() {
        let mut signed = digest::Context::new(&digest::SHA384);
        signed.update(&header.body);
        signed.update(&header.tag);
        source.digest = Some(signed);
    }
    let mut tally = Tally::default();
    // Content and tag, then the plaintext.
    let mut sealed = Zeroizing::new(Vec::new());
    let mut over = Vec::new();
    let mut number = 0;
    loop {
        number += 1;
        let frame = read_frame(&mut source, header.content, number, &mut sealed)?;
        aad(
            &header.message_id,
            frame.piece,
            frame.number,
            frame.length,
            &mut over,
        );
        let content = key
            .open(frame.iv, &over, &mut sealed)
            .ok_or(EnvelopeError::FrameTag { number })?;
        tally.plaintext += content.len() as u64;
        to.write_all(content).map_err(EnvelopeError::Write)?;
        if frame.piece != Piece::Frame {
            break;
        }
    }
    drop(key);
    if let Some(signed) = source.digest.take() {
        let signature = read_footer(&mut source)?;
        let point = header.context_value(PUBLIC_KEY_PAIR).unwrap_or_default();
        let point = BASE64
            .decode(point.as_bytes())
            .map_err(|_| EnvelopeError::Signature)?;
        ECDSA_P384_SHA384_ASN1
            .verify_digest_sig(&point, &signed.finish(), &signature)
            .map_err(|_| EnvelopeError::Signature)?;
    }
    source.expect_end()?;
    to.flush().map_err(EnvelopeError::Write)?;
    tally.envelope = source.offset;
    tally.frames = number;
    Ok(tally)
}

/// Opens a whole envelope in memory. Nothing comes back unless all of it is right.
///
/// # Errors
/// As of [`read_header`] and [`decrypt`].
pub fn decrypt_bytes(
    data_key: &DataKey,
    envelope: &[u8],
) -> Result<(Header, Zeroizing<Vec<u8>>), EnvelopeError> {
    let mut rest = envelope;
    let header = read_header(&mut rest)?;
    // Never too small, so that no copy is left behind by growing.
    let mut plaintext = Zeroizing::new(Vec::with_capacity(envelope.len()));
    decrypt(&header, data_key, rest, &mut *plaintext)?;
    Ok((header, plaintext))
}
