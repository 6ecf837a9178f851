//! The body (specification: data-format/message-body.md, message-body-aad.md).

use std::io::Read;

use crate::header::{Content, Header, Part};
use crate::source::Source;
use crate::{EnvelopeError, MAX_FRAME_LENGTH, MESSAGE_ID_LEN, NONCE_LEN, TAG_LEN, read_header};

/// Stands before the sequence number of the final frame.
pub(crate) const FINAL_MARK: u32 = u32::MAX;

/// What a piece of the body is; its tag is over that, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece {
    Frame,
    FinalFrame,
    Whole,
}

/// The additional authenticated data of a piece.
pub(crate) fn aad(
    message_id: &[u8; MESSAGE_ID_LEN],
    piece: Piece,
    number: u32,
    length: usize,
    out: &mut Vec<u8>,
) {
    out.clear();
    out.extend(message_id);
    out.extend(match piece {
        Piece::Frame => &b"AWSKMSEncryptionClient Frame"[..],
        Piece::FinalFrame => b"AWSKMSEncryptionClient Final Frame",
        Piece::Whole => b"AWSKMSEncryptionClient Single Block",
    });
    out.extend(number.to_be_bytes());
    out.extend((length as u64).to_be_bytes());
}

/// The IV of a frame: its number.
pub(crate) fn frame_iv(number: u32) -> [u8; NONCE_LEN] {
    let mut iv = [0; NONCE_LEN];
    iv[NONCE_LEN - 4..].copy_from_slice(&number.to_be_bytes());
    iv
}

/// A frame, or a whole body, as it was read. Its content and tag are in the caller's buffer.
pub(crate) struct RawFrame {
    pub piece: Piece,
    pub number: u32,
    pub iv: [u8; NONCE_LEN],
    /// Where it and its content begin, in bytes from the envelope's start.
    pub offset: u64,
    pub content_offset: u64,
    /// Bytes of the content.
    pub length: usize,
}

/// Reads the next piece of the body, with content and tag into `sealed`.
pub(crate) fn read_frame<R: Read>(
    source: &mut Source<R>,
    content: Content,
    expected: u32,
    sealed: &mut Vec<u8>,
) -> Result<RawFrame, EnvelopeError> {
    let part = || match content {
        Content::Framed(_) => format!("frame {expected}"),
        Content::Whole => "the body".to_owned(),
    };
    let offset = source.offset;
    let (piece, number) = match content {
        Content::Whole => (Piece::Whole, 1),
        Content::Framed(_) => match u32::from_be_bytes(source.array(part)?) {
            FINAL_MARK => (Piece::FinalFrame, u32::from_be_bytes(source.array(part)?)),
            number => (Piece::Frame, number),
        },
    };
    if number != expected {
        return Err(EnvelopeError::FrameOrder {
            expected,
            found: number,
        });
    }
    let iv = source.array(part)?;
    let length_offset = source.offset;
    let (length, most) = match (piece, content) {
        (Piece::Frame, Content::Framed(length)) => (length.into(), length),
        (_, Content::Framed(most)) => (u32::from_be_bytes(source.array(part)?).into(), most),
        (_, Content::Whole) => (u64::from_be_bytes(source.array(part)?), MAX_FRAME_LENGTH),
    };
    if length > most.into() {
        return Err(EnvelopeError::Malformed {
            field: part(),
            offset: length_offset,
            rule: format!("its content has {length} bytes, and at most {most} are taken here"),
        });
    }
    let content_offset = source.offset;
    let length = length as usize;
    source.fill_vec(sealed, length + TAG_LEN, part)?;
    Ok(RawFrame {
        piece,
        number,
        iv,
        offset,
        content_offset,
        length,
    })
}

/// Reads the footer: the signature of a signed envelope, in DER.
pub(crate) fn read_footer<R: Read>(source: &mut Source<R>) -> Result<Vec<u8>, EnvelopeError> {
    let part = || "the footer".to_owned();
    let length = u16::from_be_bytes(source.array(part)?);
    let mut signature = Vec::new();
    source.fill_vec(&mut signature, length.into(), part)?;
    Ok(signature)
}

/// Takes a whole envelope apart without any key: header, frames, footer. For those that are shown,
/// which are small.
///
/// # Errors
/// As of [`read_header`]; what only a key can tell is not checked.
pub fn parts(envelope: &[u8]) -> Result<Vec<Part>, EnvelopeError> {
    let mut rest = envelope;
    let header: Header = read_header(&mut rest)?;
    let mut source = Source::new(rest, header.length());
    let mut parts = header.parts;
    let mut sealed = Vec::new();
    for expected in 1.. {
        let frame = read_frame(&mut source, header.content, expected, &mut sealed)?;
        let name = match frame.piece {
            Piece::Whole => "Body".to_owned(),
            Piece::Frame => format!("Frame {expected}"),
            Piece::FinalFrame => format!("Final frame {expected}"),
        };
        let content_end = frame.content_offset + frame.length as u64;
        let mut put = |what: &str, from: u64, to: u64, says: String| {
            parts.push(Part {
                name: format!("{name}: {what}"),
                says,
                offset: from,
                length: to - from,
            });
        };
        let iv = match frame.piece {
            Piece::Whole => frame.offset,
            Piece::Frame => frame.offset + 4,
            Piece::FinalFrame => frame.offset + 8,
        };
        let iv_end = iv + NONCE_LEN as u64;
        if iv > frame.offset {
            put("sequence number", frame.offset, iv, expected.to_string());
        }
        put("IV", iv, iv_end, String::new());
        if frame.content_offset > iv_end {
            let says = format!("{} bytes", frame.length);
            put("content length", iv_end, frame.content_offset, says);
        }
        let says = format!("{} bytes", frame.length);
        put("encrypted content", frame.content_offset, content_end, says);
        let end = content_end + TAG_LEN as u64;
        put("authentication tag", content_end, end, String::new());
        if frame.piece != Piece::Frame {
            break;
        }
    }
    if header.suite.is_signed() {
        let offset = source.offset;
        read_footer(&mut source)?;
        parts.push(Part {
            name: "Footer: signature".to_owned(),
            says: "ECDSA P-384 with SHA-384, in DER, after its length".to_owned(),
            offset,
            length: source.offset - offset,
        });
    }
    source.expect_end()?;
    Ok(parts)
}
