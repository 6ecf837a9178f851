//! Making an envelope.

use std::io::{Read, Write};
use std::num::NonZeroU32;

use zeroize::Zeroizing;

use crate::body::{FINAL_MARK, Piece, aad, frame_iv};
use crate::keys::MessageKey;
use crate::source::read_up_to;
use crate::{
    DataKey, EncryptedDataKey, EnvelopeError, MAX_FRAME_LENGTH, MESSAGE_ID_LEN, NONCE_LEN, Pair,
    RESERVED_PREFIX, Suite, TAG_LEN, Tally, header,
};

/// 64 KiB: of a large file 1/2,000 goes to frames' heads and tags; with the SDKs' 4 KiB, 1/128.
pub const DEFAULT_FRAME_LENGTH: NonZeroU32 = NonZeroU32::new(64 << 10).expect("not 0");

/// About how much is read, encrypted and written at once, in bytes.
const BATCH: usize = 1 << 20;

/// What goes into an envelope beside the data.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The encryption context that the data key was made with.
    pub context: Vec<Pair>,
    /// The data key, encrypted; one at least.
    pub keys: Vec<EncryptedDataKey>,
    /// Bytes of content in a frame, up to [`MAX_FRAME_LENGTH`].
    pub frame_length: NonZeroU32,
}

impl Plan {
    /// With the usual frames, and one encrypted data key.
    pub fn new(context: Vec<Pair>, key: EncryptedDataKey) -> Self {
        Plan {
            context,
            keys: vec![key],
            frame_length: DEFAULT_FRAME_LENGTH,
        }
    }
}

/// Encrypts all of `from` into an envelope with suite 0x0478. What it holds in memory does not
/// depend on how much that is.
///
/// # Errors
/// [`EnvelopeError::DoesNotFit`] for a plan that the format has no room for,
/// [`Read`](EnvelopeError::Read), [`Write`](EnvelopeError::Write). What was written by then is to
/// be thrown away.
pub fn encrypt(
    data_key: &DataKey,
    plan: &Plan,
    mut from: impl Read,
    mut to: impl Write,
) -> Result<Tally, EnvelopeError> {
    let frame_length = checked_frame_length(plan)?;
    let suite = Suite::Committing;
    let mut message_id = [0; MESSAGE_ID_LEN];
    aws_lc_rs::rand::fill(&mut message_id).map_err(|_| EnvelopeError::Crypto)?;
    let key = MessageKey::derive(data_key, suite, &message_id)?;
    let mut out = header::write(
        suite,
        &message_id,
        &plan.context,
        &plan.keys,
        plan.frame_length.get(),
        key.commitment(),
    )?;
    let tag = key.seal([0; NONCE_LEN], &out, &mut [])?;
    out.extend(tag);

    let mut frames = Frames {
        key,
        message_id,
        number: 0,
        aad: Vec::new(),
    };
    let mut tally = Tally::default();
    // Which frame is the final one is known only when there is no more: one batch is read ahead.
    let capacity = frame_length * (BATCH / frame_length).max(1);
    let mut batch = Zeroizing::new(vec![0; capacity]);
    let mut next = Zeroizing::new(Vec::new());
    let mut have = read_up_to(&mut from, &mut batch)?;
    loop {
        let mut ahead = 0;
        if have == capacity {
            next.resize(capacity, 0);
            ahead = read_up_to(&mut from, &mut next)?;
        }
        tally.plaintext += have as u64;
        let mut content = &batch[..have];
        while ahead > 0 && !content.is_empty() || content.len() > frame_length {
            let (frame, rest) = content.split_at(frame_length);
            frames.seal(Piece::Frame, frame, &mut out)?;
            content = rest;
        }
        if ahead == 0 {
            frames.seal(Piece::FinalFrame, content, &mut out)?;
        }
        to.write_all(&out).map_err(EnvelopeError::Write)?;
        tally.envelope += out.len() as u64;
        out.clear();
        if ahead == 0 {
            break;
        }
        std::mem::swap(&mut batch, &mut next);
        have = ahead;
    }
    to.flush().map_err(EnvelopeError::Write)?;
    tally.frames = frames.number;
    Ok(tally)
}

/// [`encrypt`] in memory.
///
/// # Errors
/// As of [`encrypt`].
pub fn encrypt_bytes(
    data_key: &DataKey,
    plan: &Plan,
    plaintext: &[u8],
) -> Result<Vec<u8>, EnvelopeError> {
    let mut envelope = Vec::new();
    encrypt(data_key, plan, plaintext, &mut envelope)?;
    Ok(envelope)
}

fn checked_frame_length(plan: &Plan) -> Result<usize, EnvelopeError> {
    let refuse = |rule: String| Err(EnvelopeError::DoesNotFit { rule });
    if let Some((key, _)) = plan
        .context
        .iter()
        .find(|(key, _)| key.starts_with(RESERVED_PREFIX))
    {
        return refuse(format!(
            "EncryptionContext has the key {key:?}, and the format keeps keys that begin with \
             {RESERVED_PREFIX} for itself"
        ));
    }
    if plan.keys.is_empty() {
        return refuse("An envelope needs an encrypted data key".to_owned());
    }
    let length = plan.frame_length.get();
    if length > MAX_FRAME_LENGTH {
        return refuse(format!("A frame has at most {MAX_FRAME_LENGTH} bytes"));
    }
    Ok(length as usize)
}

struct Frames {
    key: MessageKey,
    message_id: [u8; MESSAGE_ID_LEN],
    /// Of the last frame.
    number: u32,
    /// For one frame after the other.
    aad: Vec<u8>,
}

impl Frames {
    fn seal(
        &mut self,
        piece: Piece,
        content: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), EnvelopeError> {
        self.number += 1;
        if self.number == FINAL_MARK {
            return Err(EnvelopeError::DoesNotFit {
                rule: "The input has more frames than the format can number".to_owned(),
            });
        }
        let iv = frame_iv(self.number);
        if piece == Piece::FinalFrame {
            out.extend(FINAL_MARK.to_be_bytes());
        }
        out.extend(self.number.to_be_bytes());
        out.extend(iv);
        if piece == Piece::FinalFrame {
            out.extend((content.len() as u32).to_be_bytes());
        }
        aad(
            &self.message_id,
            piece,
            self.number,
            content.len(),
            &mut self.aad,
        );
        out.reserve(content.len() + TAG_LEN);
        let start = out.len();
        out.extend_from_slice(content);
        let tag = self.key.seal(iv, &self.aad, &mut out[start..])?;
        out.extend(tag);
        Ok(())
    }
}
