//! Whatever comes over HTTP is answered, with the right signature and without: no panic, no 500 that
//! was not asked for, and a connection that is good for the next.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use aws_lc_rs::{digest, hmac};
use data_encoding::HEXLOWER;
use kmsdeck_sandbox::{Principal, Sandbox, SandboxOptions, ServeOptions};

use crate::junk::{Dice, OPERATIONS};
use crate::serve::start_with;

/// A request as it goes over the wire; how it was signed, if it was.
struct Sent {
    bytes: Vec<u8>,
    is_signed: bool,
}

fn sha256(bytes: &[u8]) -> String {
    HEXLOWER.encode(digest::digest(&digest::SHA256, bytes).as_ref())
}

/// `20260101T000000Z`
fn now() -> String {
    let now = jiff::Timestamp::try_from(SystemTime::now()).unwrap();
    now.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// The `Authorization` of a POST to `/`, by Signature Version 4.
fn authorization(
    principal: &Principal,
    service: &str,
    headers: &[(&str, String)],
    body: &[u8],
) -> String {
    let at = &headers
        .iter()
        .find(|(name, _)| *name == "x-amz-date")
        .unwrap()
        .1;
    let day = &at[..8];
    let mut headers: Vec<_> = headers.iter().collect();
    headers.sort();
    let names: Vec<_> = headers.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");
    let lines = headers
        .iter()
        .map(|(name, value)| format!("{name}:{value}\n"));
    let lines: String = lines.collect();
    let canonical = format!("POST\n/\n\n{lines}\n{names}\n{}", sha256(body));
    let scope = format!("{day}/us-east-1/{service}/aws4_request");
    let to_sign = format!(
        "AWS4-HMAC-SHA256\n{at}\n{scope}\n{}",
        sha256(canonical.as_bytes())
    );
    let mut key = format!("AWS4{}", principal.secret_access_key).into_bytes();
    for part in [day, "us-east-1", service, "aws4_request", &to_sign] {
        let signer = hmac::Key::new(hmac::HMAC_SHA256, &key);
        key = hmac::sign(&signer, part.as_bytes()).as_ref().to_vec();
    }
    format!(
        "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={}",
        principal.access_key_id,
        HEXLOWER.encode(&key)
    )
}

const ACTIONS: &[&str] = &[
    "AssumeRole",
    "AssumeRoleWithWebIdentity",
    "GetAccountAuthorizationDetails",
    "GetCallerIdentity",
    "GetRole",
    "GetSessionToken",
    "GetUser",
    "ListRoles",
    "ListUsers",
    "Nonsense",
];

const FORM_MEMBERS: &[&str] = &[
    "RoleArn=arn:aws:iam::111122223333:role/app",
    "RoleSessionName=one",
    "RoleName=app",
    "UserName=admin",
    "UserName=%",
    "MaxItems=1",
    "MaxItems=0",
    "Marker=AAAA",
    "Marker=",
    "Filter.member.1=User",
    "Filter.member.1.a=User",
    "PathPrefix=/",
    "DurationSeconds=900",
    "Policy=%7B%7D",
    "Tags.member.1.Key=a&Tags.member.1.Value=b",
    "Tags=1",
    "WebIdentityToken=a.b.c",
    "Version=2010-05-08",
    "a.b.c.d.e.f.g.h=1",
];

fn pick<'a>(dice: &mut Dice, of: &[&'a str]) -> &'a str {
    of[dice.roll(of.len())]
}

/// A call that is signed, mostly as it should be.
fn signed(dice: &mut Dice, principals: &[Principal], address: &str) -> Sent {
    let principal = &principals[dice.roll(2) * dice.roll(principals.len())];
    let is_form = dice.roll(5) == 0;
    let (service, mut headers, body) = if is_form {
        let mut form = format!("Action={}", pick(dice, ACTIONS));
        for _ in 0..dice.roll(5) {
            form += "&";
            form += pick(dice, FORM_MEMBERS);
        }
        let kind = "application/x-www-form-urlencoded; charset=utf-8";
        let headers = vec![("content-type", kind.to_owned())];
        (["sts", "iam"][dice.roll(2)], headers, form.into_bytes())
    } else {
        let target = format!("TrentService.{}", pick(dice, OPERATIONS));
        let headers = vec![
            ("content-type", "application/x-amz-json-1.1".to_owned()),
            ("x-amz-target", target),
        ];
        ("kms", headers, dice.body())
    };
    headers.push(("host", address.to_owned()));
    headers.push(("x-amz-date", now()));
    let authorization = authorization(principal, service, &headers, &body);
    let mut head = "POST / HTTP/1.1\r\n".to_owned();
    for (name, value) in &headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += &format!(
        "authorization: {authorization}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut bytes = head.into_bytes();
    let signed_part = bytes.len();
    bytes.extend_from_slice(&body);
    // One byte of it is another: then it may be anything.
    let is_signed = dice.roll(8) > 0;
    if !is_signed {
        let at = dice.roll(signed_part);
        bytes[at] = dice.roll(256) as u8;
    }
    Sent { bytes, is_signed }
}

/// Parts of requests in some order.
fn unsigned(dice: &mut Dice) -> Vec<u8> {
    let method = pick(
        dice,
        &[
            "POST", "GET", "PUT", "HEAD", "OPTIONS", "DELETE", "P\0ST", "",
        ],
    );
    let path = pick(
        dice,
        &[
            "/",
            "/_kmsdeck/health",
            "/_kmsdeck/reset",
            "/_kmsdeck/",
            "*",
            "/%",
            "//",
            "/?a=b&&",
            "kms:1",
        ],
    );
    let version = pick(
        dice,
        &["HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/9", ""],
    );
    let mut bytes = format!("{method} {path} {version}\r\n").into_bytes();
    for _ in 0..dice.roll(9) {
        let line = pick(
            dice,
            &[
                "host: localhost",
                "host: localhost",
                "host: evil.example",
                "host: ",
                "origin: http://evil.example",
                "content-type: application/x-amz-json-1.1",
                "content-type: application/x-www-form-urlencoded",
                "x-amz-target: TrentService.ListKeys",
                "x-amz-target: TrentService.",
                "x-amz-target: \u{e9}",
                "x-amz-date: 20260101T000000Z",
                "x-amz-date: T",
                "x-amz-security-token: a",
                "authorization: AWS4-HMAC-SHA256 Credential=SANDBOXADMIN00000001/20260101/us-east-1/kms/aws4_request, SignedHeaders=host;x-amz-date, Signature=00",
                "authorization: AWS4-HMAC-SHA256 Credential=a/b/c/iam/aws4_request, SignedHeaders=, Signature=",
                "authorization: Basic \u{0}",
                "transfer-encoding: chunked",
                "content-length: 2",
                "content-length: 99999999999999999999",
                "content-length: -1",
                "expect: 100-continue",
                "connection: close",
                "connection: upgrade",
                ": ",
                "no colon",
            ],
        );
        bytes.extend_from_slice(line.as_bytes());
        bytes.extend_from_slice(pick(dice, &["\r\n", "\r\n", "\r\n", "\n", ""]).as_bytes());
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(&dice.body());
    bytes
}

/// An answer with its body; None where the connection ended instead.
fn answer(stream: &mut TcpStream) -> Option<(u16, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 16 * 1024];
    loop {
        let head = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(end) = head {
            let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
            let status: u16 = head.split(' ').nth(1)?.parse().ok()?;
            let mut lines = head.lines();
            let length = lines.find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.map_or(0, |length| length.parse().unwrap());
            if bytes.len() >= end + 4 + length {
                return Some((status, bytes[end + 4..].to_vec()));
            }
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return None,
            Ok(read) => bytes.extend_from_slice(&buffer[..read]),
        }
    }
}

fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    stream
}

#[derive(Default)]
struct Seen {
    done: AtomicU64,
    refused: AtomicU64,
    closed: AtomicU64,
}

/// One connection after the other, each as long as it lasts.
fn ask(address: &str, principals: &[Principal], cases: u64, seed: u64, seen: &Seen) {
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15 ^ seed.wrapping_mul(0xD134_2543_DE82_EF95));
    let mut stream = connect(address);
    for case in 0..cases {
        // The state that the calls make must not grow without end.
        let is_reset = case % 2_000 == 1_999;
        let sent = match dice.roll(4) {
            _ if is_reset => Sent {
                bytes: b"POST /_kmsdeck/reset HTTP/1.1\r\nhost: localhost\r\n\r\n".to_vec(),
                is_signed: true,
            },
            0 => Sent {
                bytes: unsigned(&mut dice),
                is_signed: false,
            },
            _ => signed(&mut dice, principals, address),
        };
        let shown = || String::from_utf8_lossy(&sent.bytes).into_owned();
        let mut told = stream.write_all(&sent.bytes).ok();
        if !sent.is_signed {
            // There may be less in it than it says.
            let _ = stream.shutdown(std::net::Shutdown::Write);
        }
        let answered = told.take().and_then(|()| answer(&mut stream));
        match answered {
            Some((status, body)) => {
                assert!(status < 500, "{status} for {}", shown());
                let body = String::from_utf8_lossy(&body);
                assert!(!body.contains("InternalFailure"), "{body} for {}", shown());
                let is_told = body.contains("InvalidSig") || body.contains("SignatureDoesNot");
                assert!(!(sent.is_signed && is_told), "{body} for {}", shown());
                let counted = if status == 200 {
                    &seen.done
                } else {
                    &seen.refused
                };
                counted.fetch_add(1, Ordering::Relaxed);
            }
            None => {
                assert!(!sent.is_signed, "no answer to {}", shown());
                seen.closed.fetch_add(1, Ordering::Relaxed);
            }
        }
        if !sent.is_signed {
            stream = connect(address);
        }
    }
}

/// KMSDECK_CASES says how many; 5,000 if it does not.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_comes_over_http_is_answered() {
    const CONNECTIONS: u64 = 4;
    let cases = std::env::var("KMSDECK_CASES").ok();
    let cases: u64 = cases.and_then(|text| text.parse().ok()).unwrap_or(5_000);
    let sandbox = Arc::new(Sandbox::new(SandboxOptions::default()).unwrap());
    let options = ServeOptions {
        allows_reset: true,
        ..ServeOptions::default()
    };
    let server = start_with(sandbox.clone(), options).await;
    let seen = Arc::new(Seen::default());
    let asking: Vec<_> = (0..CONNECTIONS)
        .map(|seed| {
            let (sandbox, seen, address) = (sandbox.clone(), seen.clone(), server.address.clone());
            tokio::task::spawn_blocking(move || {
                let principals = sandbox.principals();
                ask(&address, principals, cases / CONNECTIONS, seed, &seen);
            })
        })
        .collect();
    for one in asking {
        one.await.unwrap();
    }
    let [done, refused, closed] =
        [&seen.done, &seen.refused, &seen.closed].map(|count| count.load(Ordering::Relaxed));
    println!("{done} done, {refused} refused, {closed} connections closed");
    assert!(done > cases / 20 && refused > cases / 20);
    let _ = server.stop.send(());
    server.task.await.unwrap().unwrap();
}
