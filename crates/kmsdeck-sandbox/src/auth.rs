//! Signature Version 4: who signed a request, and for which Region and service.
//!
//! Source: AWS general reference, "Signature Version 4 signing process".

use aws_lc_rs::{digest, hmac};
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use http::{HeaderMap, Request};
use zeroize::Zeroizing;

/// The `Authorization` header of AWS4-HMAC-SHA256.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    let signs_enough = authorization.signs("host") && authorization.signs("x-amz-date");
    let Some(to_sign) = string_to_sign(request, authorization).filter(|_| signs_enough) else {
        return false;
    };
    let Ok(signature) = HEXLOWER_PERMISSIVE.decode(authorization.signature.as_bytes()) else {
        return false;
    };
    let key = signing_key(authorization, secret_access_key);
    hmac::verify(&key, to_sign.as_bytes(), &signature).is_ok()
}

/// The secret, made good for the day, the Region and the service alone.
fn signing_key(authorization: &Authorization<'_>, secret_access_key: &str) -> hmac::Key {
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
    key
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
    if day != authorization.date {
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
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A request to be signed: `scope` is the date, Region and service, `names` the headers that
    /// are signed.
    pub(crate) fn sign(
        mut request: Request<bytes::Bytes>,
        access_key_id: &str,
        secret_access_key: &str,
        scope: [&str; 3],
        names: &str,
    ) -> Request<bytes::Bytes> {
        let [date, region, service] = scope;
        let authorization = Authorization {
            access_key_id,
            date,
            region,
            service,
            signed_headers: names,
            signature: "",
        };
        let to_sign = string_to_sign(&request, &authorization).unwrap();
        let key = signing_key(&authorization, secret_access_key);
        let signature = HEXLOWER.encode(hmac::sign(&key, to_sign.as_bytes()).as_ref());
        let value = format!(
            "AWS4-HMAC-SHA256 Credential={access_key_id}/{date}/{region}/{service}/aws4_request, \
             SignedHeaders={names}, Signature={signature}"
        );
        request
            .headers_mut()
            .insert(http::header::AUTHORIZATION, value.parse().unwrap());
        request
    }

    /// KMSDECK_CASES says how many; 2,000 if it does not.
    fn cases() -> ProptestConfig {
        let said = std::env::var("KMSDECK_CASES").ok();
        let cases = said.and_then(|text| text.parse().ok()).unwrap_or(2_000);
        ProptestConfig {
            failure_persistence: None,
            ..ProptestConfig::with_cases(cases)
        }
    }

    /// What looks like the header, and what looks less and less like it.
    fn headers() -> impl Strategy<Value = String> {
        let part = prop_oneof![
            Just("AWS4-HMAC-SHA256 ".to_owned()),
            Just("Credential=".to_owned()),
            Just("AKID/20260101/us-east-1/kms/aws4_request".to_owned()),
            Just("SignedHeaders=host;x-amz-date".to_owned()),
            Just("Signature=".to_owned()),
            Just(", ".to_owned()),
            "[0-9a-f]{0,80}",
            "[/,;= ]{1,3}",
            "\\PC{0,12}",
        ];
        proptest::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
    }

    const NAMES: &str = "content-type;host;x-amz-date;x-amz-target";

    fn signed() -> Request<bytes::Bytes> {
        let request = Request::post("/?b=2&a=1")
            .header("host", "127.0.0.1:4599")
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-date", "20260101T000000Z")
            .header("x-amz-target", "TrentService.DisableKey")
            .body(bytes::Bytes::from_static(b"{\"KeyId\":\"alias/a\"}"))
            .unwrap();
        sign(
            request,
            "AKID",
            "secret",
            ["20260101", "us-east-1", "kms"],
            NAMES,
        )
    }

    /// By the service, which knows the secret of this access key alone.
    fn is_accepted(request: &Request<bytes::Bytes>) -> bool {
        Authorization::read(request.headers()).is_ok_and(|authorization| {
            authorization.access_key_id == "AKID"
                && is_signed_with(request, &authorization, "secret")
        })
    }

    #[test]
    fn the_host_and_the_date_must_be_signed() {
        for (names, accepted) in [(NAMES, true), ("host", false), ("x-amz-date", false)] {
            let scope = ["20260101", "us-east-1", "kms"];
            let request = sign(signed(), "AKID", "secret", scope, names);
            assert_eq!(is_accepted(&request), accepted, "{names}");
        }
    }

    proptest! {
        #![proptest_config(cases())]

        #[test]
        fn any_header_is_read_or_refused(text in headers()) {
            if let Some(read) = Authorization::parse(&text) {
                let scope = format!("{}/{}/{}/{}/aws4_request",
                    read.access_key_id, read.date, read.region, read.service);
                prop_assert!(text.contains(&scope));
                prop_assert!(text.contains(read.signed_headers) && text.contains(read.signature));
                let mut request = signed();
                if let Ok(value) = text.parse() {
                    request.headers_mut().insert(http::header::AUTHORIZATION, value);
                    prop_assert!(!is_accepted(&request));
                }
            }
        }

        /// One byte of what is signed is another: the signature is none.
        #[test]
        fn no_byte_of_what_is_signed_can_be_changed(
            place in 0_usize..8,
            at in any::<prop::sample::Index>(),
            byte in b' '..=b'~',
        ) {
            let mut request = signed();
            prop_assert!(is_accepted(&request));
            let change = |bytes: &[u8]| {
                let mut bytes = bytes.to_vec();
                let at = at.index(bytes.len());
                let is_other = bytes[at] != byte;
                bytes[at] = byte;
                is_other.then_some(bytes)
            };
            let names = ["content-type", "host", "x-amz-date", "x-amz-target", "authorization"];
            let changed = match place {
                0..=4 => {
                    let old = request.headers()[names[place]].clone();
                    let new = change(old.as_bytes());
                    let new = new.and_then(|new| http::HeaderValue::from_bytes(&new).ok());
                    let changed = new.is_some();
                    request.headers_mut().insert(names[place], new.unwrap_or(old));
                    changed
                }
                5 => {
                    let body = change(request.body());
                    let changed = body.is_some();
                    *request.body_mut() = body.unwrap_or_default().into();
                    changed
                }
                6 => {
                    let uri = change(b"/?b=2&a=1").and_then(|uri| uri.try_into().ok());
                    let changed: Option<http::Uri> = uri;
                    // What the path and the query stand for is the same.
                    let is_other = changed.as_ref().is_some_and(|uri| {
                        let mut query: Vec<_> = uri.query().unwrap_or_default().split('&').collect();
                        query.sort_unstable();
                        (uri.path(), query) != ("/", vec!["a=1", "b=2"])
                    });
                    *request.uri_mut() = changed.unwrap_or_default();
                    is_other
                }
                _ => {
                    *request.method_mut() = http::Method::PUT;
                    true
                }
            };
            let value = request.headers()[http::header::AUTHORIZATION].clone();
            // Spaces between its parts, and the case of hex digits, say nothing.
            let is_same = value.to_str().is_ok_and(|text| {
                let (read, wanted) = (Authorization::parse(text), signed());
                let wanted = wanted.headers()[http::header::AUTHORIZATION].clone();
                let wanted = Authorization::parse(wanted.to_str().unwrap()).unwrap();
                read.is_some_and(|read| Authorization {
                    signature: wanted.signature,
                    ..read
                } == wanted && read.signature.eq_ignore_ascii_case(wanted.signature))
            });
            if changed && !(place == 4 && is_same) {
                prop_assert!(!is_accepted(&request), "{request:?}");
            }
        }
    }

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
