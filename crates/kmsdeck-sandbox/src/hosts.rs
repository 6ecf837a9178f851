//! Whom a served sandbox answers: programs, and no web pages. Its credentials are public, so a page
//! could sign; what it cannot do is hide its origin, or have a name of its own that leads here (DNS
//! rebinding) pass for an address.

use std::net::IpAddr;

use http::{HeaderMap, Uri, header};

use crate::wire::{ApiError, ApiResult};

/// Refuses what a web page sends, and what was sent to a name that anybody may have.
pub(crate) fn check(uri: &Uri, headers: &HeaderMap, allowed: &[String]) -> ApiResult<()> {
    if let Some(origin) = headers.get(header::ORIGIN) {
        let origin = String::from_utf8_lossy(origin.as_bytes());
        return Err(ApiError {
            name: "OriginNotAllowedException",
            status: 403,
            message: Some(format!(
                "The sandbox answers no web pages, and this is one of {origin}."
            )),
        });
    }
    let hosts = headers.get_all(header::HOST).iter();
    let mut hosts: Vec<_> = hosts
        .map(|host| String::from_utf8_lossy(host.as_bytes()).into_owned())
        .collect();
    hosts.extend(uri.authority().map(ToString::to_string));
    let refused = match hosts.iter().find(|host| !is_allowed(host, allowed)) {
        None if !hosts.is_empty() => return Ok(()),
        None => "no host",
        Some(host) => host,
    };
    Err(ApiError {
        name: "HostNotAllowedException",
        status: 421,
        message: Some(format!(
            "The request names {refused}. The sandbox answers to IP addresses, localhost, and the \
             names that it was told to allow (--allow-host)."
        )),
    })
}

/// An address leads where it says, and `localhost` to this machine (RFC 6761); any other name
/// leads where its owner likes.
fn is_allowed(host: &str, allowed: &[String]) -> bool {
    let name = without_port(host);
    let is_address = match name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'))
    {
        Some(name) => name.parse::<std::net::Ipv6Addr>().is_ok(),
        None => name.parse::<IpAddr>().is_ok(),
    };
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    is_address
        || name == "localhost"
        || name.ends_with(".localhost")
        || allowed
            .iter()
            .any(|allowed| allowed.eq_ignore_ascii_case(&name))
}

pub(crate) fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_localhost_are_answered_and_no_other_name() {
        let allowed = ["kms.test".to_owned()];
        for host in [
            "127.0.0.1:4599",
            "127.0.0.1",
            "192.168.0.7:80",
            "[::1]:4599",
            "[::1]",
            "localhost:4599",
            "LOCALHOST",
            "localhost.",
            "kms.us-east-1.localhost:4599",
            "KMS.test:1",
        ] {
            assert!(is_allowed(host, &allowed), "{host}");
        }
        for host in [
            "",
            ":4599",
            "evil.example:4599",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "evil-localhost",
            "kms.test.evil.example",
            "user@127.0.0.1",
            "127.0.0.1@evil.example",
            "[evil.example]",
            "[127.0.0.1]",
            "0x7f.1",
            "2130706433",
        ] {
            assert!(!is_allowed(host, &allowed), "{host}");
        }
    }
}
