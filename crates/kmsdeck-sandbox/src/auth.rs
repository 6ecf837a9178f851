//! Signature Version 4: who signed a request, and for which Region and service.
//!
//! Source: AWS general reference, "Signature Version 4 signing process".

use aws_lc_rs::{digest, hmac};
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use http::{HeaderMap, Request};
use zeroize::Zeroizing;

/// The `Authorization` header of AWS4-HMAC-SHA256.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Authorization<'a> {
    pub access_key_id: &'a str,
    /// YYYYMMDD
    pub date: &'a str,
    pub region: &'a str,
    pub service: &'a str,
    pub signed_headers: &'a str,
    pub signature: &'a str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AuthError {
    Missing,
    Incomplete,
}

impl<'a> Authorization<'a> {
    /// Whether the signature is of this header, too; `name` in lower case.
    pub(crate) fn signs(&self, name: &str) -> bool {
        self.signed_headers.split(';').any(|signed| signed == name)
    }

    pub(crate) fn read(headers: &'a HeaderMap) -> Result<Authorization<'a>, AuthError> {
        let header = headers
            .get(http::header::AUTHORIZATION)
            .ok_or(AuthError::Missing)?;
        let text = header.to_str().map_err(|_| AuthError::Incomplete)?;
        Authorization::parse(text).ok_or(AuthError::Incomplete)
    }

    fn parse(text: &'a str) -> Option<Authorization<'a>> {
        let rest = text.strip_prefix("AWS4-HMAC-SHA256 ")?;
        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        for part in rest.split(',') {
            let (name, value) = part.trim().split_once('=')?;
            match name {
                "Credential" => credential = Some(value),
                "SignedHeaders" => signed_headers = Some(value),
                "Signature" => signature = Some(value),
                _ => return None,
            }
        }
        let scope: Vec<&str> = credential?.split('/').collect();
        let [access_key_id, date, region, service, "aws4_request"] = scope[..] else {
            return None;
        };
        Some(Authorization {
            access_key_id,
            date,
            region,
            service,
            signed_headers: signed_headers?,
            signature: signature?,
        })
    }
}

/// Whether the request was signed with this secret. The comparison takes the
/// same time wherever it differs.
pub(crate) fn is_signed_with(
    request: &Request<bytes::Bytes>,
    authorization: &Authorization<'_>,
    secret_access_key: &str,
) -> bool {
    let Some(to_sign) = string_to_sign(request, authorization) else {
        return false;
    };
    let Ok(signature) = HEXLOWER_PERMISSIVE.decode(authorization.signature.as_bytes()) else {
        return false;
    };
    let start = Zeroizing::new(format!("AWS4{secret_access_key}"));
    let mut key = hmac::Key::new(hmac::HMAC_SHA256, start.as_bytes());
    for part in [
        authorization.date,
        authorization.region,
        authorization.service,
        "aws4_request",
    ] {
        let tag = hmac::sign(&key, part.as_bytes());
        key = hmac::Key::new(hmac::HMAC_SHA256, tag.as_ref());
    }
    hmac::verify(&key, to_sign.as_bytes(), &signature).is_ok()
}

fn sha256(bytes: &[u8]) -> String {
    HEXLOWER.encode(digest::digest(&digest::SHA256, bytes).as_ref())
}

/// The string to sign; none where the request lacks what it must sign.
fn string_to_sign(
    request: &Request<bytes::Bytes>,
    authorization: &Authorization<'_>,
) -> Option<String> {
    let at = request.headers().get("x-amz-date")?.to_str().ok()?;
    let (day, _) = at.split_once('T')?;
    if day != authorization.date || !authorization.signs("host") {
        return None;
    }
    let mut canonical = format!("{}\n{}\n", request.method(), request.uri().path());
    let mut query: Vec<&str> = request.uri().query().unwrap_or("").split('&').collect();
    query.sort_unstable();
    canonical.push_str(&query.join("&"));
    canonical.push('\n');
    for name in authorization.signed_headers.split(';') {
        let value = signed_value(request, name)?;
        canonical.push_str(&format!("{name}:{value}\n"));
    }
    canonical.push_str(&format!(
        "\n{}\n{}",
        authorization.signed_headers,
        sha256(request.body())
    ));
    Some(format!(
        "AWS4-HMAC-SHA256\n{at}\n{}/{}/{}/aws4_request\n{}",
        authorization.date,
        authorization.region,
        authorization.service,
        sha256(canonical.as_bytes())
    ))
}

/// A header's values, trimmed, runs of spaces as one. The SDK leaves `host`
/// to its connector: then it is the URI's authority.
fn signed_value(request: &Request<bytes::Bytes>, name: &str) -> Option<String> {
    let mut values = Vec::new();
    for value in request.headers().get_all(name) {
        let text = std::str::from_utf8(value.as_bytes()).ok()?;
        let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
        values.push(words.join(" "));
    }
    if values.is_empty() && name == "host" {
        values.push(request.uri().authority()?.to_string());
    }
    (!values.is_empty()).then(|| values.join(","))
}

/// Seconds since 1970 of `X-Amz-Date` (`20150830T123600Z`).
pub(crate) fn signed_at(headers: &HeaderMap) -> Option<i64> {
    let text = headers.get("x-amz-date")?.to_str().ok()?;
    let at: jiff::civil::DateTime = text.strip_suffix('Z')?.parse().ok()?;
    let at = jiff::tz::TimeZone::UTC.to_timestamp(at).ok()?;
    Some(at.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of "Signature Version 4 signing process", with its
    /// published credentials: iam ListUsers of 2015-08-30.
    #[test]
    fn the_published_example_verifies() {
        let request = |body: &'static str| {
            Request::get("https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08")
                .header("content-type", "application/x-www-form-urlencoded; charset=utf-8")
                .header("x-amz-date", "20150830T123600Z")
                .header("authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7")
                .body(bytes::Bytes::from(body))
                .unwrap()
        };
        let good = request("");
        let read = Authorization::read(good.headers()).unwrap();
        let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        assert!(is_signed_with(&good, &read, secret));
        assert!(!is_signed_with(&good, &read, "another"));
        assert!(!is_signed_with(&request("x"), &read, secret));
        assert_eq!(signed_at(good.headers()), Some(1_440_938_160));
    }

    #[test]
    fn the_credential_scope_is_read() {
        let text = "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/kms/aws4_request, \
                    SignedHeaders=host;x-amz-date, Signature=abc";
        let read = Authorization::parse(text).unwrap();
        assert_eq!((read.access_key_id, read.region), ("AKID", "eu-west-1"));
        assert_eq!(read.service, "kms");
        for bad in [
            "",
            "Basic abc",
            "AWS4-HMAC-SHA256 Credential=AKID/x/aws4_request, SignedHeaders=a, Signature=b",
            "AWS4-HMAC-SHA256 Credential=A/B/C/D/aws4_request",
            "AWS4-HMAC-SHA256",
        ] {
            assert_eq!(Authorization::parse(bad), None, "{bad}");
        }
    }
}
