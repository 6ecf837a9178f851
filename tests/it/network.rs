//! Proxies, certificates and answers from others than KMS: who acts through them, and what is said
//! of them.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use data_encoding::BASE64;
use rcgen::CertificateParams;

use crate::endpoint::{Answer, listen, serve_certified, serve_tls};
use crate::principal::{Fake, Home, PROFILES, acts, answer, keys, refused};

/// A proxy that opens tunnels, for who knows the password where there is one; the lines that were
/// asked of it.
pub(crate) fn proxy(password: Option<&'static str>) -> (String, Arc<Mutex<Vec<String>>>) {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let seen = lines.clone();
    let address = listen(move |mut client| {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") && client.read(&mut byte).is_ok_and(|read| read > 0) {
            head.push(byte[0]);
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        seen.lock()
            .expect("the lines")
            .push(head.lines().next().unwrap_or_default().to_owned());
        let allowed = password.is_none_or(|password| {
            head.to_lowercase().contains("proxy-authorization: basic")
                && head.contains(&BASE64.encode(password.as_bytes()))
        });
        if !allowed {
            let _ = client.write_all(
                b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n",
            );
            return;
        }
        let to = head.split_whitespace().nth(1).unwrap_or_default();
        let Ok(mut server) = TcpStream::connect(to) else {
            let _ = client.write_all(b"HTTP/1.1 502 Bad Gateway\r\n\r\n");
            return;
        };
        let _ = client.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        let (mut from_server, mut to_client) = (
            server.try_clone().expect("it"),
            client.try_clone().expect("it"),
        );
        std::thread::spawn(move || std::io::copy(&mut from_server, &mut to_client));
        let _ = std::io::copy(&mut client, &mut server);
    });
    (format!("http://{address}"), lines)
}

#[test]
fn a_proxy_and_a_bundle_of_certificates_go_together() {
    let (url, certificate) = serve_tls(answer);
    let home = Home::new(PROFILES);
    let bundle = home.write("ca.pem", &certificate);
    let bundle = bundle.to_str().expect("UTF-8");
    let args = [
        "keys",
        "--output",
        "json",
        "--endpoint-url",
        &url,
        "--profile",
        "prod",
    ];
    let (proxy_url, lines) = proxy(None);
    let mut command = home.kmsdeck(&args);
    command
        .env("HTTPS_PROXY", &proxy_url)
        .env("AWS_CA_BUNDLE", bundle);
    assert_eq!(acts(&mut command), "PROD");
    let seen = lines.lock().expect("the lines").len();
    assert!(seen > 0, "the proxy was not asked");
    // Nobody goes by it where NO_PROXY is for all.
    assert_eq!(acts(command.env("NO_PROXY", "*")), "PROD");
    assert_eq!(lines.lock().expect("the lines").len(), seen);
    // The flag, and the profile's own setting.
    assert_eq!(
        acts(home.kmsdeck(&args).args(["--ca-bundle", bundle])),
        "PROD"
    );
    let with_bundle = PROFILES.replace(
        "[profile prod]",
        &format!("[profile prod]\nca_bundle = {bundle}"),
    );
    home.write(".aws/config", &with_bundle);
    assert_eq!(acts(&mut home.kmsdeck(&args)), "PROD");
    home.write(".aws/config", PROFILES);
    let said = refused(&mut home.kmsdeck(&args));
    assert!(
        said.contains("UnknownIssuer") || said.contains("unknown"),
        "{said}"
    );
    assert!(said.contains("AWS_CA_BUNDLE"), "{said}");
}

/// The commands of these tests: at a URL, as the profile prod.
fn at<'a>(url: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let args = [
        "keys",
        "--output",
        "json",
        "--endpoint-url",
        url,
        "--max-attempts",
        "1",
    ];
    [&args, more].concat()
}

/// Calls for credentials go by it, too, and each way to trust a certificate goes with it.
#[test]
fn a_whole_chain_of_roles_goes_by_a_proxy_with_a_password() {
    let (url, certificate) = serve_tls(answer);
    let home = Home::new(PROFILES);
    let bundle = home.write("ca.pem", &certificate);
    let bundle = bundle.to_str().expect("UTF-8");
    let (proxy_url, lines) = proxy(Some("me:p@ss"));
    let by_proxy = proxy_url.replace("http://", "http://me:p%40ss@");
    let through = |args: &[&str], env: &[(&str, &str)]| {
        let mut command = home.kmsdeck(&at(&url, args));
        command
            .env("HTTPS_PROXY", &by_proxy)
            .envs(env.iter().copied());
        let before = lines.lock().expect("the lines").len();
        let who = acts(&mut command);
        let seen = lines.lock().expect("the lines").len() - before;
        assert!(seen > 0, "the proxy was not asked: {args:?}");
        who
    };
    let chain = ["--profile", "chain"];
    let in_variable = ("AWS_CA_BUNDLE", bundle);
    assert_eq!(through(&chain, &[in_variable]), "END.MIDDLE.PROD");
    let flag = [&chain[..], &["--ca-bundle", bundle]].concat();
    assert_eq!(through(&flag, &[]), "END.MIDDLE.PROD");
    let unverified = [&chain[..], &["--no-verify-ssl"]].concat();
    assert_eq!(through(&unverified, &[]), "END.MIDDLE.PROD");
    let with_bundle = PROFILES.replace(
        "[profile chain]",
        &format!("[profile chain]\nca_bundle = {bundle}"),
    );
    home.write(".aws/config", &with_bundle);
    assert_eq!(through(&chain, &[]), "END.MIDDLE.PROD");
    let asked = lines.lock().expect("the lines");
    let host = url.trim_start_matches("https://");
    let tunnel = format!("CONNECT {host} HTTP/1.1");
    assert!(asked.iter().all(|line| *line == tunnel), "{asked:?}");
}

/// Named with the variable and the host, and never with the password.
#[test]
fn a_proxy_that_opens_nothing_is_named() {
    let (url, certificate) = serve_tls(answer);
    let home = Home::new(PROFILES);
    let bundle = home.write("ca.pem", &certificate);
    let (wants, _) = proxy(Some("me:pass"));
    let (refuses, nobody) = (proxy_that_refuses(), "http://127.0.0.1:9".to_owned());
    let with_password = |url: &str| url.replace("http://", "http://me:s3cret@");
    for (variable, proxy, words) in [
        ("HTTPS_PROXY", &wants, "wants a user and a password"),
        (
            "https_proxy",
            &with_password(&wants),
            "or others (HTTP 407)",
        ),
        (
            "ALL_PROXY",
            &with_password(&nobody),
            "cannot be reached: Connection refused",
        ),
        (
            "HTTPS_PROXY",
            &refuses,
            "opens no connection to https://127.0.0.1",
        ),
    ] {
        for profile in ["prod", "chain"] {
            let mut command = home.kmsdeck(&at(&url, &["--profile", profile]));
            command.env("AWS_CA_BUNDLE", &bundle).env(variable, proxy);
            let said = refused(&mut command);
            let host = proxy.rsplit(['/', '@']).next().expect("a host");
            assert!(said.contains("The proxy http://"), "{said}");
            assert!(said.contains(&format!("{host} ({variable})")), "{said}");
            assert!(said.contains(words) && !said.contains("s3cret"), "{said}");
            // What NO_PROXY leaves out goes by none.
            let who = acts(command.env("NO_PROXY", "127.0.0.1"));
            assert!(who.ends_with("PROD"), "{who}");
        }
    }
}

/// Plain HTTP goes to the proxy without a tunnel.
#[test]
fn a_proxy_of_plain_http_is_named_as_well() {
    let (home, fake) = (Home::new(PROFILES), Fake::new());
    let proxy = Fake::refusing(|_| Some(Answer::Status(407, "<html>password</html>".into())));
    let args = at(&fake.url, &["--profile", "prod"]);
    for (proxy, words) in [
        (
            &proxy.url,
            "wants a user and a password, or others (HTTP 407)",
        ),
        (
            &"http://127.0.0.1:9".to_owned(),
            "cannot be reached: Connection refused",
        ),
    ] {
        let said = refused(home.kmsdeck(&args).env("HTTP_PROXY", proxy));
        let named = format!("The proxy {proxy} (HTTP_PROXY) {words}");
        assert!(said.contains(&named), "{said}");
    }
    assert_eq!(fake.count("ListKeys"), 0);
}

/// Each in one sentence, with the endpoint and what mends it.
#[test]
fn a_certificate_that_is_not_trusted_is_told_by_why() {
    let of = |name: &str| CertificateParams::new([name.to_owned()]).expect("a name");
    let (mut expired, mut early) = (of("127.0.0.1"), of("127.0.0.1"));
    expired.not_after = rcgen::date_time_ymd(2020, 1, 1);
    early.not_before = rcgen::date_time_ymd(2100, 1, 1);
    for (certificate, is_trusted, words, mends) in [
        (of("127.0.0.1"), false, "(UnknownIssuer)", "AWS_CA_BUNDLE"),
        (of("kms.example"), true, "is for another host", "DNS"),
        (expired, true, "has expired", "clock"),
        (early, true, "is not valid yet", "clock"),
    ] {
        let (url, pem) = serve_certified(certificate, answer);
        let home = Home::new(PROFILES);
        let bundle = home.write("ca.pem", &pem);
        for profile in ["prod", "chain"] {
            let mut command = home.kmsdeck(&at(&url, &["--profile", profile]));
            if is_trusted {
                command.env("AWS_CA_BUNDLE", &bundle);
            }
            let said = refused(&mut command);
            let sentence = format!("{url} gave no TLS connection: its certificate");
            assert!(said.contains(&sentence), "{said}");
            assert!(said.contains(words) && said.contains(mends), "{said}");
        }
    }
}

/// A refusal is advised on by the layer that it names: to ask for a permission helps in one case
/// only.
#[test]
fn a_refusal_is_advised_on_by_who_refuses() {
    let home = Home::new(PROFILES);
    for (why, means, mends) in [
        (
            "with an explicit deny in a service control policy",
            "service control policy of the organization",
            "who runs the organization",
        ),
        (
            "with an explicit deny in a resource control policy",
            "resource control policy",
            "who runs the organization of the key",
        ),
        (
            "with an explicit deny in a VPC endpoint policy",
            "policy of the VPC endpoint forbids",
            "who runs the VPC endpoint",
        ),
        (
            "with an explicit deny in a session policy",
            "policy of this session forbids",
            "without that policy",
        ),
        (
            "with an explicit deny in a permissions boundary",
            "permissions boundary of this principal forbids",
            "who set the boundary",
        ),
        (
            "with an explicit deny in a resource-based policy",
            "The key policy forbids",
            "its Deny",
        ),
        (
            "with an explicit deny in an identity-based policy",
            "A policy of this principal forbids",
            "its Deny",
        ),
        (
            "with an explicit deny",
            "A policy forbids it",
            "Look for the Deny",
        ),
        (
            "because no service control policy allows the kms:DescribeKey action",
            "No service control policy",
            "who runs the organization",
        ),
        (
            "because no VPC endpoint policy allows the kms:DescribeKey action",
            "VPC endpoint does not allow",
            "who runs the VPC endpoint",
        ),
        (
            "because no session policy allows the kms:DescribeKey action",
            "policy of this session does not allow",
            "Begin a session",
        ),
        (
            "because no permissions boundary allows the kms:DescribeKey action",
            "boundary of this principal does not allow",
            "who set the boundary",
        ),
        (
            "because no resource-based policy allows the kms:DescribeKey action",
            "may not do this",
            "Ask for the permission",
        ),
    ] {
        let fake = Fake::refusing(move |asked| {
            (asked.operation == "DescribeKey").then(|| {
                Answer::Status(400, format!(
                    r#"{{"__type":"AccessDeniedException","message":"User: arn:aws:iam::111122223333:user/x is not authorized to perform: kms:DescribeKey on this resource {why}"}}"#
                ))
            })
        });
        let args = [
            "describe",
            "--key-id",
            "alias/x",
            "--endpoint-url",
            &fake.url,
        ];
        let output = home.kmsdeck(&args).output().expect("kmsdeck runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(
            said.contains(means) && said.contains(mends),
            "{why}: {said}"
        );
        let asks = said.contains("Ask for the permission");
        assert_eq!(asks, mends == "Ask for the permission", "{said}");
    }
}

/// AWS answers so for a Region that the account has not enabled.
#[test]
fn a_region_that_is_not_enabled_is_thought_of() {
    let home = Home::new(PROFILES);
    let fake = Fake::refusing(|asked| {
        let body = r#"{"__type":"UnrecognizedClientException","message":"The security token included in the request is invalid."}"#;
        (asked.operation == "ListKeys").then(|| Answer::Status(400, body.into()))
    });
    let args = at(&fake.url, &["--region", "ap-southeast-6"]);
    let said = refused(&mut home.kmsdeck(&args));
    assert!(
        said.contains("a Region that the account has not enabled answers so, too"),
        "{said}"
    );
    // One that is not known is taken, and suspected.
    let mut command = home.kmsdeck(&["keys", "--region", "xx-north-9", "--max-attempts", "1"]);
    let said = refused(command.env("HTTPS_PROXY", proxy_that_refuses()));
    assert!(said.contains("kms.xx-north-9.amazonaws.com"), "{said}");
}

#[test]
fn a_time_out_says_what_it_waited_for_and_how_long() {
    let home = Home::new(PROFILES);
    let fake = Fake::refusing(|asked| (asked.operation == "ListKeys").then_some(Answer::Silence));
    let said = refused(&mut home.kmsdeck(&at(&fake.url, &["--read-timeout", "1"])));
    let sentence = format!("{} gave no whole answer in 1 s.", fake.url);
    assert!(
        said.contains(&sentence) && said.contains("--read-timeout"),
        "{said}"
    );
    // One that takes no connection: those that it lets wait are there already.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    rustix::net::listen(&listener, 0).expect("a shorter queue");
    let address = listener.local_addr().expect("an address");
    let waiting = || TcpStream::connect_timeout(&address, Duration::from_millis(300)).ok();
    let _queue: Vec<TcpStream> = std::iter::from_fn(waiting).take(5000).collect();
    let url = format!("http://{address}");
    let said = refused(&mut home.kmsdeck(&at(&url, &["--connect-timeout", "1"])));
    let sentence = format!("{url} took no connection in 1 s.");
    assert!(
        said.contains(&sentence) && said.contains("--connect-timeout"),
        "{said}"
    );
}

#[test]
fn what_is_not_kms_is_told_by_its_first_line() {
    let home = Home::new(PROFILES);
    let fake = Fake::refusing(|_| {
        Some(Answer::Status(
            502,
            "\n<html><title>Gateway down</title>\n<p>".into(),
        ))
    });
    let args = keys(&fake, &["--max-attempts", "2"]);
    let said = refused(&mut home.kmsdeck(&args));
    assert!(
        said.contains("answered HTTP 502") && said.contains("Gateway down"),
        "{said}"
    );
    // Retried as any 5xx is.
    assert!(fake.count("ListKeys") >= 2);
    // What stands between says yes, no, or go elsewhere: none of it is KMS's word.
    for (status, words) in [
        (
            200,
            "answered HTTP 200, in no form that KMS uses: <html>Sign in</html>.",
        ),
        (
            302,
            "answered HTTP 302, in no form that KMS uses: <html>Sign in</html>.",
        ),
        (
            403,
            "answered HTTP 403, in no form that KMS uses: <html>Sign in</html>.",
        ),
    ] {
        let fake =
            Fake::refusing(move |_| Some(Answer::Status(status, "<html>Sign in</html>".into())));
        let said = refused(&mut home.kmsdeck(&at(&fake.url, &[])));
        assert!(said.contains(&format!("{} {words}", fake.url)), "{said}");
    }
    // HTTP where HTTPS is spoken, and the other way round.
    let (tls, _) = serve_tls(answer);
    let https = fake.url.replace("http:", "https:");
    let http = tls.replace("https:", "http:");
    let says_so = listen(|mut client| {
        let _ = client.read(&mut [0; 4096]);
        let _ = client.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
    });
    for (url, words) in [
        (
            &https,
            "gave no TLS connection: it ended the connection where TLS was to begin.",
        ),
        (
            &format!("https://{says_so}"),
            "gave no TLS connection: it does not speak TLS.",
        ),
        (&http, "gave an answer that is no HTTP."),
    ] {
        let said = refused(&mut home.kmsdeck(&at(url, &[])));
        assert!(said.contains(&format!("{url} {words}")), "{said}");
        let other = if url == &http {
            "write https:// in its URL"
        } else {
            "write http:// in its URL"
        };
        assert!(said.contains(other), "{said}");
    }
}

/// The host of each part of the world, as the SDK asks it.
#[test]
fn the_endpoint_that_is_named_is_the_one_that_was_asked() {
    let home = Home::new(PROFILES);
    for (env, host) in [
        (
            &[("AWS_REGION", "cn-north-1")][..],
            "kms.cn-north-1.amazonaws.com.cn",
        ),
        (
            &[("AWS_REGION", "eusc-de-east-1")],
            "kms.eusc-de-east-1.amazonaws.eu",
        ),
        (
            &[
                ("AWS_USE_FIPS_ENDPOINT", "true"),
                ("AWS_USE_DUALSTACK_ENDPOINT", "true"),
            ],
            "kms-fips.us-east-1.api.aws",
        ),
        (
            &[
                ("AWS_USE_FIPS_ENDPOINT", "true"),
                ("AWS_REGION", "us-gov-west-1"),
            ],
            "kms-fips.us-gov-west-1.amazonaws.com",
        ),
        (
            &[("AWS_USE_DUALSTACK_ENDPOINT", "true")],
            "kms.us-east-1.api.aws",
        ),
    ] {
        // Nothing leaves the machine: the proxy is not there.
        let mut command = home.kmsdeck(&["keys", "--max-attempts", "1"]);
        command.envs(env.iter().copied());
        let (proxy, lines) = proxy(Some("nobody:knows"));
        let said = refused(command.env("HTTPS_PROXY", proxy_that_refuses()));
        assert!(
            said.contains(&format!("opens no connection to {host}:")),
            "{said}"
        );
        // And that is who was really asked for.
        refused(command.env("HTTPS_PROXY", &proxy));
        let asked = lines.lock().expect("the lines");
        assert_eq!(asked[0], format!("CONNECT {host}:443 HTTP/1.1"));
    }
}

pub(crate) fn proxy_that_refuses() -> String {
    let address = listen(|mut client| {
        let _ = client.read(&mut [0; 4096]);
        let _ = client.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
    });
    format!("http://{address}")
}
