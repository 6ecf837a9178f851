//! Bytes as people read and paste them: base64 (RFC 4648 section 4), hex, and a dump.

use data_encoding::{BASE64, HEXLOWER};

/// Standard base64 with padding, as the AWS CLI prints a blob.
pub fn base64(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

/// Lower-case hexadecimal, two digits a byte.
pub fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}

/// A DER SubjectPublicKeyInfo as PEM (RFC 7468), the form in which tools take a public key.
pub fn public_key_pem(der: &[u8]) -> String {
    let body = BASE64.encode(der);
    let mut pem = String::from("-----BEGIN PUBLIC KEY-----\n");
    let mut rest = body.as_str();
    while !rest.is_empty() {
        // All of it is ASCII.
        let (line, left) = rest.split_at(rest.len().min(64));
        pem.push_str(line);
        pem.push('\n');
        rest = left;
    }
    pem.push_str("-----END PUBLIC KEY-----\n");
    pem
}

/// Bytes that are text for people: UTF-8 with no control characters but line ends and tabs.
pub fn readable(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    let is_plain = text
        .chars()
        .all(|c| !c.is_control() || c == '\n' || c == '\t');
    (is_plain && !text.trim().is_empty()).then_some(text)
}

/// Lines of 16 bytes: offset in hex, the bytes, and their ASCII (`.` where there is none).
pub fn hex_dump(bytes: &[u8]) -> Vec<String> {
    bytes
        .chunks(16)
        .enumerate()
        .map(|(row, chunk)| {
            let mut digits = String::with_capacity(50);
            for (i, byte) in chunk.iter().enumerate() {
                digits.push_str(if i == 8 { "  " } else { " " });
                digits.push_str(&HEXLOWER.encode(&[*byte]));
            }
            let ascii: String = chunk
                .iter()
                .map(|b| {
                    if (0x20..0x7f).contains(b) {
                        *b as char
                    } else {
                        '.'
                    }
                })
                .collect();
            format!("{:04x} {digits:<49}  {ascii}", row * 16)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dump_line_is_offset_bytes_and_ascii() {
        let lines = hex_dump(b"\x01\x02kmsdeck speaks\xff");
        assert_eq!(
            lines[0],
            "0000  01 02 6b 6d 73 64 65 63  6b 20 73 70 65 61 6b 73  ..kmsdeck speaks"
        );
        assert_eq!(
            lines[1].trim_end(),
            "0010  ff                                                ."
        );
    }
}
