//! The header (specification: data-format/message-header.md), message format 2.

use std::collections::HashSet;
use std::io::Read;
use std::ops::Range;

use crate::source::Source;
use crate::{
    COMMITMENT_LEN, EnvelopeError, MAX_FRAME_LENGTH, MESSAGE_ID_LEN, PUBLIC_KEY_PAIR, Pair, Suite,
    TAG_LEN,
};

const VERSION: u8 = 2;
/// The most encrypted data keys that are read. The format has room for 65,535, of 190 KB each.
const MAX_KEYS: u16 = 64;

/// The data key, encrypted by one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncryptedDataKey {
    /// [`KMS_PROVIDER`](crate::KMS_PROVIDER), or the name of another kind of key.
    pub provider: String,
    /// Of KMS: the key ARN.
    pub provider_info: Vec<u8>,
    /// Of KMS: the CiphertextBlob.
    pub ciphertext: Vec<u8>,
}

impl EncryptedDataKey {
    /// By the KMS key of that ARN.
    pub fn by_kms(key_arn: &str, ciphertext: Vec<u8>) -> Self {
        EncryptedDataKey {
            provider: crate::KMS_PROVIDER.to_owned(),
            provider_info: key_arn.as_bytes().to_vec(),
            ciphertext,
        }
    }

    /// The key ARN, where the key is one of KMS. Untrusted.
    pub fn kms_key(&self) -> Option<&str> {
        match self.provider == crate::KMS_PROVIDER {
            true => std::str::from_utf8(&self.provider_info).ok(),
            false => None,
        }
    }
}

/// How the body is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// In frames of this many bytes of content; the final one may have less.
    Framed(u32),
    /// In one piece. Only the first versions of the SDKs wrote that by default.
    Whole,
}

/// A part of an envelope: for a diagram, or a dump.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// `Message ID`, `Frame 2: IV`.
    pub name: String,
    /// What it says, in words; empty where it is just bytes. Untrusted: make it printable first.
    pub says: String,
    /// From the envelope's start, in bytes.
    pub offset: u64,
    /// In bytes.
    pub length: u64,
}

impl Part {
    /// Its place in an envelope that is in memory.
    pub fn range(&self) -> Range<usize> {
        self.offset as usize..(self.offset + self.length) as usize
    }
}

/// A header as it was read. Nothing in it is to be trusted before
/// [`decrypt`](crate::decrypt) has checked its tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// How it is encrypted, and whether it is signed.
    pub suite: Suite,
    /// Drawn for this message, so that no two have the same key.
    pub message_id: [u8; MESSAGE_ID_LEN],
    /// Sorted by the bytes of the keys, as the format demands of who writes it.
    pub context: Vec<Pair>,
    /// The data key, encrypted by each key that may open the message.
    pub keys: Vec<EncryptedDataKey>,
    /// How the body is laid out.
    pub content: Content,
    /// "Algorithm suite data": derived from the data key, so that only that one opens the message.
    pub commitment: [u8; COMMITMENT_LEN],
    /// The authentication tag over all that stands before it.
    pub tag: [u8; TAG_LEN],
    /// All its bytes but the tag: what the tag is over.
    pub(crate) body: Vec<u8>,
    /// In their order, the tag included.
    pub parts: Vec<Part>,
}

impl Header {
    /// In bytes, the tag included.
    pub fn length(&self) -> u64 {
        (self.body.len() + TAG_LEN) as u64
    }

    /// The value of a pair of the context.
    pub fn context_value(&self, key: &str) -> Option<&str> {
        let pair = self.context.iter().find(|(name, _)| name == key)?;
        Some(&pair.1)
    }
}

/// The bytes of a header, without its tag.
///
/// # Errors
/// [`EnvelopeError::DoesNotFit`] where something is too long for the format.
pub(crate) fn write(
    suite: Suite,
    message_id: &[u8; MESSAGE_ID_LEN],
    context: &[Pair],
    keys: &[EncryptedDataKey],
    frame_length: u32,
    commitment: &[u8; COMMITMENT_LEN],
) -> Result<Vec<u8>, EnvelopeError> {
    let mut out = vec![VERSION];
    out.extend(suite.id().to_be_bytes());
    out.extend(message_id);
    let context = context_bytes(context)?;
    put_short(&mut out, context.len(), "the encryption context")?;
    out.extend(context);
    put_short(&mut out, keys.len(), "the number of encrypted data keys")?;
    for key in keys {
        for part in [key.provider.as_bytes(), &key.provider_info, &key.ciphertext] {
            put_short(&mut out, part.len(), "an encrypted data key")?;
            out.extend(part);
        }
    }
    out.push(2);
    out.extend(frame_length.to_be_bytes());
    out.extend(commitment);
    Ok(out)
}

/// Nothing for no pairs; else their number and each key and value with its length, sorted by the
/// bytes of the keys.
fn context_bytes(context: &[Pair]) -> Result<Vec<u8>, EnvelopeError> {
    let mut out = Vec::new();
    if context.is_empty() {
        return Ok(out);
    }
    let mut sorted: Vec<&Pair> = context.iter().collect();
    sorted.sort();
    put_short(&mut out, sorted.len(), "the encryption context")?;
    for (key, value) in sorted {
        for text in [key, value] {
            put_short(&mut out, text.len(), "a text of the encryption context")?;
            out.extend(text.as_bytes());
        }
    }
    Ok(out)
}

fn put_short(out: &mut Vec<u8>, number: usize, what: &str) -> Result<(), EnvelopeError> {
    let number = u16::try_from(number).map_err(|_| EnvelopeError::DoesNotFit {
        rule: format!("The format takes at most 65,535 bytes for {what}"),
    })?;
    out.extend(number.to_be_bytes());
    Ok(())
}

/// Reads a header, and nothing of what comes after it.
///
/// # Errors
/// [`EnvelopeError::NotAnEnvelope`], [`NoCommitment`](EnvelopeError::NoCommitment),
/// [`Malformed`](EnvelopeError::Malformed), [`Truncated`](EnvelopeError::Truncated),
/// [`Read`](EnvelopeError::Read).
pub fn read_header(from: impl Read) -> Result<Header, EnvelopeError> {
    let mut reader = HeaderReader {
        source: Source::new(from, 0),
        body: Vec::new(),
        parts: Vec::new(),
    };
    reader.read()
}

struct HeaderReader<R> {
    source: Source<R>,
    body: Vec<u8>,
    parts: Vec<Part>,
}

impl<R: Read> HeaderReader<R> {
    fn read(&mut self) -> Result<Header, EnvelopeError> {
        let suite = self.version_and_suite().map_err(|error| match error {
            EnvelopeError::Truncated { length, .. } => EnvelopeError::NotAnEnvelope {
                why: match length {
                    0 => "it is empty".to_owned(),
                    length => format!("it has no more than {length} bytes"),
                },
            },
            error => error,
        })?;
        let message_id = self.array("Message ID")?;
        let length = self.short("Encryption context length")?;
        let context = match length {
            0 => Vec::new(),
            length => self.context(length)?,
        };
        let keys = self.keys()?;
        let content = self.content()?;
        let commitment = self.array("Algorithm suite data")?;
        self.says("the commitment to the data key");
        let start = self.source.offset;
        let tag = self
            .source
            .array(|| "the header's authentication tag".to_owned())?;
        self.parts.push(Part {
            name: "Header authentication tag".to_owned(),
            says: String::new(),
            offset: start,
            length: TAG_LEN as u64,
        });
        let signer = context.iter().any(|(key, _)| key == PUBLIC_KEY_PAIR);
        if signer != suite.is_signed() {
            let has = if signer { "has" } else { "lacks" };
            return Err(EnvelopeError::Malformed {
                field: "Encryption context".to_owned(),
                offset: 3 + MESSAGE_ID_LEN as u64,
                rule: format!(
                    "it {has} {PUBLIC_KEY_PAIR}, and the suite is {}",
                    suite.name()
                ),
            });
        }
        Ok(Header {
            suite,
            message_id,
            context,
            keys,
            content,
            commitment,
            tag,
            body: std::mem::take(&mut self.body),
            parts: std::mem::take(&mut self.parts),
        })
    }

    fn version_and_suite(&mut self) -> Result<Suite, EnvelopeError> {
        let not = |why: &str| EnvelopeError::NotAnEnvelope {
            why: why.to_owned(),
        };
        let [version] = self.array("Version")?;
        self.says(&format!("message format {version}"));
        match version {
            VERSION => {}
            // Message format 1: a type, then the suite.
            1 => {
                let [kind] = self.array("Type")?;
                if kind != 0x80 {
                    return Err(not("it does not begin as one"));
                }
            }
            b'A' => {
                // "Ag" is the base64 of a byte 2.
                let text = match self.array("Algorithm suite")? {
                    [b'g', b'R' | b'V'] => "it looks like one in base64: decode it first",
                    _ => "it does not begin as one",
                };
                return Err(not(text));
            }
            _ => return Err(not("it does not begin as one")),
        }
        let id = self.short("Algorithm suite")?;
        let suite = Suite::of_id(id)?;
        if version != VERSION {
            return Err(not("a committing suite needs message format 2"));
        }
        self.says(&format!("0x{id:04x} {}", suite.name()));
        Ok(suite)
    }

    fn context(&mut self, length: u16) -> Result<Vec<Pair>, EnvelopeError> {
        let start = self.source.offset;
        let end = start + u64::from(length);
        let mut pairs: Vec<Pair> = Vec::new();
        let mut known = HashSet::new();
        let count = self.short("Encryption context pairs")?;
        self.says(&count.to_string());
        for number in 1..=count {
            let key = self.text(&format!("Context pair {number}: key"), end)?;
            let value = self.text(&format!("Context pair {number}: value"), end)?;
            if !known.insert(key.clone()) {
                return Err(self.malformed(start, "Encryption context", "a key comes twice"));
            }
            pairs.push((key, value));
        }
        if self.source.offset != end {
            return Err(self.malformed(start, "Encryption context", "its length is wrong"));
        }
        Ok(pairs)
    }

    /// A text and its length, which must not go beyond `end`.
    fn text(&mut self, name: &str, end: u64) -> Result<String, EnvelopeError> {
        let start = self.source.offset;
        let length = self.short(&format!("{name} length"))?;
        if self.source.offset + u64::from(length) > end {
            return Err(self.malformed(start, name, "it is longer than the encryption context"));
        }
        let bytes = self.bytes(name, length)?;
        let text =
            String::from_utf8(bytes).map_err(|_| self.malformed(start, name, "it is not UTF-8"))?;
        self.says(&text);
        Ok(text)
    }

    /// Bytes and their length.
    fn piece(&mut self, name: &str) -> Result<Vec<u8>, EnvelopeError> {
        let length = self.short(&format!("{name} length"))?;
        self.bytes(name, length)
    }

    fn keys(&mut self) -> Result<Vec<EncryptedDataKey>, EnvelopeError> {
        let start = self.source.offset;
        let count = self.short("Encrypted data keys")?;
        self.says(&count.to_string());
        if !(1..=MAX_KEYS).contains(&count) {
            let rule = format!("it has {count} of them, and 1 to {MAX_KEYS} are taken here");
            return Err(self.malformed(start, "Encrypted data keys", &rule));
        }
        let mut keys = Vec::new();
        for number in 1..=count {
            let label = match count {
                1 => "Data key".to_owned(),
                _ => format!("Data key {number}"),
            };
            let provider = self.text(&format!("{label}: provider"), u64::MAX)?;
            let provider_info = self.piece(&format!("{label}: provider information"))?;
            self.says(&String::from_utf8_lossy(&provider_info));
            let ciphertext = self.piece(&format!("{label}: encrypted"))?;
            keys.push(EncryptedDataKey {
                provider,
                provider_info,
                ciphertext,
            });
        }
        Ok(keys)
    }

    fn content(&mut self) -> Result<Content, EnvelopeError> {
        let start = self.source.offset;
        let [kind] = self.array("Content type")?;
        self.says(if kind == 2 { "framed" } else { "not framed" });
        let frame_length = u32::from_be_bytes(self.array("Frame length")?);
        self.says(&format!("{frame_length} bytes"));
        match (kind, frame_length) {
            (1, 0) => Ok(Content::Whole),
            (1, _) => Err(self.malformed(
                start + 1,
                "Frame length",
                "a body that is not framed has none",
            )),
            (2, 1..=MAX_FRAME_LENGTH) => Ok(Content::Framed(frame_length)),
            (2, _) => {
                let rule =
                    format!("it is {frame_length}, and 1 to {MAX_FRAME_LENGTH} are taken here");
                Err(self.malformed(start + 1, "Frame length", &rule))
            }
            _ => Err(self.malformed(start, "Content type", "it is neither 1 nor 2")),
        }
    }

    fn array<const N: usize>(&mut self, name: &str) -> Result<[u8; N], EnvelopeError> {
        let offset = self.source.offset;
        let bytes = self.source.array(|| format!("the header, {name}"))?;
        self.keep(name, offset, &bytes);
        Ok(bytes)
    }

    fn short(&mut self, name: &str) -> Result<u16, EnvelopeError> {
        let number = u16::from_be_bytes(self.array(name)?);
        if name.ends_with("length") {
            self.says(&format!("{number} bytes"));
        }
        Ok(number)
    }

    fn bytes(&mut self, name: &str, length: u16) -> Result<Vec<u8>, EnvelopeError> {
        let offset = self.source.offset;
        let mut bytes = vec![0; length.into()];
        self.source
            .fill(&mut bytes, || format!("the header, {name}"))?;
        self.keep(name, offset, &bytes);
        Ok(bytes)
    }

    fn keep(&mut self, name: &str, offset: u64, bytes: &[u8]) {
        self.body.extend(bytes);
        self.parts.push(Part {
            name: name.to_owned(),
            says: String::new(),
            offset,
            length: bytes.len() as u64,
        });
    }

    /// What the part that was read last says.
    fn says(&mut self, text: &str) {
        if let Some(part) = self.parts.last_mut() {
            part.says = text.to_owned();
        }
    }

    fn malformed(&self, offset: u64, field: &str, rule: &str) -> EnvelopeError {
        EnvelopeError::Malformed {
            field: field.to_owned(),
            offset,
            rule: rule.to_owned(),
        }
    }
}
