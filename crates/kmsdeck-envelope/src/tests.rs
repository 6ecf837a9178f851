use std::num::NonZeroU32;

use proptest::prelude::*;

use crate::*;

fn key(byte: u8) -> DataKey {
    DataKey::new(&[byte; 32]).unwrap()
}

fn plan(frame_length: u32) -> Plan {
    let arn = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    Plan {
        context: vec![
            ("tenant".to_owned(), "acme".to_owned()),
            ("purpose".to_owned(), "billing".to_owned()),
        ],
        keys: vec![EncryptedDataKey::by_kms(arn, vec![7; 60])],
        frame_length: NonZeroU32::new(frame_length).unwrap(),
    }
}

/// An envelope of two whole frames and a last one.
fn three_frames() -> Vec<u8> {
    encrypt_bytes(&key(1), &plan(16), b"0123456789abcdefghijklmnopqrstuvwxyz").unwrap()
}

fn open(envelope: &[u8]) -> Result<Vec<u8>, EnvelopeError> {
    decrypt_bytes(&key(1), envelope).map(|(_, plaintext)| plaintext.to_vec())
}

#[test]
fn no_bit_can_be_flipped() {
    let envelope = three_frames();
    assert!(open(&envelope).is_ok());
    for bit in 0..envelope.len() * 8 {
        let mut changed = envelope.clone();
        changed[bit / 8] ^= 0x80 >> (bit % 8);
        let error = open(&changed).expect_err(&format!("bit {bit} of {}", envelope.len() * 8));
        assert!(error.is_of_content(), "bit {bit}: {error}");
    }
}

#[test]
fn no_byte_can_be_left_out_at_the_end_or_put_there() {
    let envelope = three_frames();
    for length in 0..envelope.len() {
        let error = open(&envelope[..length]).unwrap_err();
        assert!(
            matches!(
                error,
                EnvelopeError::Truncated { .. } | EnvelopeError::NotAnEnvelope { .. }
            ),
            "{length}: {error}"
        );
    }
    let longer = [&envelope[..], b"x"].concat();
    assert!(matches!(
        open(&longer),
        Err(EnvelopeError::Trailing { length }) if length == envelope.len() as u64
    ));
}

#[test]
fn frames_keep_their_order_and_their_envelope() {
    let envelope = three_frames();
    let header = read_header(&envelope[..]).unwrap().length() as usize;
    // Sequence number, IV, content, tag.
    let frame = 4 + 12 + 16 + 16;
    let (first, rest) = envelope[header..].split_at(frame);
    let (second, last) = rest.split_at(frame);
    let with = |frames: &[&[u8]]| [&envelope[..header], &frames.concat()].concat();
    assert_eq!(with(&[first, second, last]), envelope);
    for (frames, expected, found) in [
        (vec![second, first, last], 1, 2),
        (vec![first, first, second, last], 2, 1),
        (vec![first, last], 2, 3),
        (vec![last], 1, 3),
    ] {
        assert!(matches!(
            open(&with(&frames)),
            Err(EnvelopeError::FrameOrder { expected: e, found: f }) if (e, f) == (expected, found)
        ));
    }
    // The same place in another envelope under the same key.
    let other = three_frames();
    let foreign = &other[header..header + frame];
    assert!(matches!(
        open(&with(&[foreign, second, last])),
        Err(EnvelopeError::FrameTag { number: 1 })
    ));
}

#[test]
fn another_data_key_is_found_out_before_anything_is_decrypted() {
    let envelope = three_frames();
    assert!(matches!(
        decrypt_bytes(&key(2), &envelope),
        Err(EnvelopeError::Commitment)
    ));
    let short = DataKey::new(&[1; 16]);
    assert!(matches!(
        short,
        Err(EnvelopeError::DataKeyLength { length: 16 })
    ));
}

#[test]
fn the_parts_are_the_whole() {
    let envelope = three_frames();
    let parts = parts(&envelope).unwrap();
    let mut offset = 0;
    for part in &parts {
        assert_eq!(part.offset, offset, "{}", part.name);
        offset += part.length;
    }
    assert_eq!(offset, envelope.len() as u64);
    let says = |name: &str| &parts.iter().find(|part| part.name == name).unwrap().says;
    assert_eq!(
        says("Algorithm suite"),
        "0x0478 AES_256_GCM_HKDF_SHA512_COMMIT_KEY"
    );
    assert_eq!(says("Context pair 1: key"), "purpose");
    assert_eq!(says("Final frame 3: content length"), "4 bytes");
}

#[test]
fn what_the_format_has_no_room_for_is_refused() {
    let mut reserved = plan(16);
    reserved
        .context
        .push(("aws-crypto-x".to_owned(), String::new()));
    let mut long = plan(16);
    long.keys[0].ciphertext = vec![0; 65_536];
    let mut none = plan(16);
    none.keys.clear();
    for plan in [reserved, long, none, plan(u32::MAX)] {
        let error = encrypt_bytes(&key(1), &plan, b"x").unwrap_err();
        assert!(matches!(error, EnvelopeError::DoesNotFit { .. }), "{error}");
    }
}

/// A message that the AWS Encryption SDK for Python 4.0.7 made; the README beside it tells how.
#[test]
fn the_vector_of_the_aws_encryption_sdk_opens() {
    let envelope = include_bytes!("../tests/data/signed.encrypted");
    let data_key = include_bytes!("../tests/data/signed.data-key");
    let data_key = DataKey::new(data_key).unwrap();
    let (header, plaintext) = decrypt_bytes(&data_key, envelope).unwrap();
    let line = b"Invoice 4711: 250 EUR, to Ada Lovelace\n";
    assert_eq!(*plaintext, line.repeat(8));
    assert_eq!(header.suite, Suite::CommittingSigned);
    assert_eq!(header.context_value("tenant"), Some("acme"));
    assert_eq!(header.content, Content::Framed(128));
}

proptest! {
    #[test]
    fn what_goes_in_comes_out(
        plaintext in proptest::collection::vec(any::<u8>(), 0..5_000),
        frame_length in 1u32..3_000,
    ) {
        let envelope = encrypt_bytes(&key(3), &plan(frame_length), &plaintext).unwrap();
        let (_, opened) = decrypt_bytes(&key(3), &envelope).unwrap();
        prop_assert_eq!(&*opened, &plaintext);
    }

    #[test]
    fn junk_is_an_error_and_no_more(junk in proptest::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(open(&junk).is_err());
        let _ = parts(&junk);
        let mut header = vec![2, 4, 0x78];
        header.extend(junk);
        prop_assert!(open(&header).is_err());
        let _ = parts(&header);
    }
}

/// Draws numbers from a seed (xorshift64*): a failure names it, and it gives the same again.
struct Draw(u64);

impl Draw {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32) as usize % end.max(1)
    }

    fn range(&mut self, length: usize) -> std::ops::Range<usize> {
        let from = self.below(length);
        from..from + self.below((length - from).min(80) + 1)
    }

    /// Changes an envelope in one place, with another one to take from.
    fn mutate(&mut self, envelope: &mut Vec<u8>, other: &[u8]) {
        let range = self.range(envelope.len());
        match self.below(8) {
            0 if !range.is_empty() => envelope[range.start] ^= 1 << self.below(8),
            1 if !range.is_empty() => envelope[range.start] = self.below(256) as u8,
            2 => drop(envelope.drain(range)),
            3 => envelope.truncate(range.start),
            4 => {
                let twice = envelope[range.clone()].to_vec();
                envelope.splice(range.end..range.end, twice);
            }
            5 => {
                let from = self.range(other.len());
                envelope.splice(range, other[from].iter().copied());
            }
            6 => {
                // Of a length that is one of the borders.
                let lengths: [&[u8]; 6] = [
                    &[0, 0],
                    &[0xff, 0xff],
                    &[0x7f, 0xff],
                    &[0; 4],
                    &[0xff; 4],
                    &[0, 1],
                ];
                let length = lengths[self.below(lengths.len())];
                let end = (range.start + length.len()).min(envelope.len());
                envelope.splice(range.start..end, length.iter().copied());
            }
            _ => {
                let bytes: Vec<u8> = (0..self.below(40)).map(|_| self.below(256) as u8).collect();
                envelope.splice(range.start..range.start, bytes);
            }
        }
    }
}

/// However an envelope is changed: nothing panics, nothing is opened whole, and what had been written
/// until the change was found is the beginning of what was encrypted.
/// `KMSDECK_CASES=1000000` makes that many changes.
#[test]
fn no_change_lets_a_byte_out_that_was_not_authenticated() {
    let cases = std::env::var("KMSDECK_CASES").ok();
    let cases: u64 = cases.map_or(5_000, |cases| cases.parse().expect("a number"));
    let text = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let signed = include_bytes!("../tests/data/signed.encrypted").to_vec();
    let signed_key = DataKey::new(include_bytes!("../tests/data/signed.data-key")).unwrap();
    let line = b"Invoice 4711: 250 EUR, to Ada Lovelace\n".repeat(8);
    let mut bare = plan(7);
    bare.context.clear();
    bare.keys.push(bare.keys[0].clone());
    let good = [
        (key(1), three_frames(), text.to_vec()),
        (key(1), three_frames(), text.to_vec()),
        (
            key(1),
            encrypt_bytes(&key(1), &bare, text).unwrap(),
            text.to_vec(),
        ),
        (
            key(1),
            encrypt_bytes(&key(1), &plan(4096), b"").unwrap(),
            Vec::new(),
        ),
        (signed_key, signed, line),
    ];
    for seed in 0..cases {
        let mut draw = Draw((seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let (data_key, original, plaintext) = &good[draw.below(good.len())];
        let other = &good[draw.below(good.len())].1;
        let mut envelope = original.clone();
        for _ in 0..=draw.below(3) {
            draw.mutate(&mut envelope, other);
        }
        if good.iter().any(|(_, whole, _)| *whole == envelope) {
            continue;
        }
        let _ = parts(&envelope);
        let mut input = &envelope[..];
        let Ok(header) = read_header(&mut input) else {
            continue;
        };
        let mut written = Vec::new();
        let opened = decrypt(&header, data_key, &mut input, &mut written);
        assert!(opened.is_err(), "seed {seed}");
        assert!(plaintext.starts_with(&written), "seed {seed}");
    }
}
