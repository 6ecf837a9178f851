//! Signature Version 4: who signed a request, and for which Region and service.
//!
//! Source: AWS general reference, "Signature Version 4 signing process".

use http::HeaderMap;

/// The `Authorization` header of AWS4-HMAC-SHA256.
#[derive(Debug, PartialEq, Eq)]
pub struct Authorization<'a> {
    pub access_key_id: &'a str,
    /// YYYYMMDD
    pub date: &'a str,
    pub region: &'a str,
    pub service: &'a str,
    pub signed_headers: &'a str,
    pub signature: &'a str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthError {
    Missing,
    Incomplete,
    UnknownKey,
}

impl<'a> Authorization<'a> {
    pub fn read(headers: &'a HeaderMap) -> Result<Authorization<'a>, AuthError> {
        let header = headers
            .get(http::header::AUTHORIZATION)
            .ok_or(AuthError::Missing)?;
        let text = header.to_str().map_err(|_| AuthError::Incomplete)?;
        Authorization::parse(text).ok_or(AuthError::Incomplete)
    }

    fn parse(text: &'a str) -> Option<Authorization<'a>> {
        let rest = text.strip_prefix("AWS4-HMAC-SHA256")?;
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

#[cfg(test)]
mod tests {
    use super::*;

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
