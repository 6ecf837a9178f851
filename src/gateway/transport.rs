//! Why a call got no answer: time, TLS, a proxy, or the network; to whichever service it went.

use std::error::Error;
use std::io;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use aws_smithy_async::future::timeout::TimedOutError;
use aws_smithy_runtime_api::client::result::ConnectorError;

use super::chain::{causes, find, innermost};
use super::http_client::{Proxy, Unbounded, proxy_of_environment};
use super::limits::CallLimits;
use crate::kms::regions::REGIONS;
use crate::kms::{Cause, KmsError, Who};

/// Where a call went, and how long it may take.
#[derive(Debug, Clone)]
pub(super) struct Call {
    /// A URL or a host, as it may be shown.
    pub to: String,
    pub connect: Duration,
    pub read: Duration,
    pub region: String,
    /// Whether the endpoint is the user's own choice.
    pub is_custom: bool,
    /// Whether it is on this machine or beside it, and asked without a proxy.
    pub is_near: bool,
}

impl Call {
    /// Of a client that was made with that configuration.
    pub(super) fn new(to: String, config: &SdkConfig, region: &str, is_custom: bool) -> Self {
        let timeouts = config.timeout_config();
        let defaults = CallLimits::default();
        Call {
            to,
            connect: timeouts
                .and_then(TimeoutConfig::connect_timeout)
                .unwrap_or(defaults.connect_timeout),
            read: timeouts
                .and_then(TimeoutConfig::read_timeout)
                .unwrap_or(defaults.read_timeout),
            region: region.to_owned(),
            is_custom,
            is_near: false,
        }
    }

    /// To an endpoint of this machine, with seconds to connect and to answer.
    pub(super) fn near(to: String, [connect, read]: [u64; 2]) -> Self {
        Call {
            to,
            connect: Duration::from_secs(connect),
            read: Duration::from_secs(read),
            region: String::new(),
            is_custom: true,
            is_near: true,
        }
    }

    fn proxy(&self) -> Option<Proxy> {
        match self.is_near {
            true => None,
            false => proxy_of_environment(&self.to),
        }
    }
}

/// Why it got no answer.
pub(super) fn no_answer(call: &Call, error: &(dyn Error + 'static)) -> KmsError {
    let is_over = find::<TimedOutError>(error).is_some()
        || matches!(find(error), Some(Unbounded::Slow))
        || find::<ConnectorError>(error).is_some_and(ConnectorError::is_timeout);
    if is_over {
        return timed_out(call, error);
    }
    if let Some(error) = find::<rustls::Error>(error) {
        return not_trusted(&call.to, error);
    }
    if let Some(error) = other_protocol(&call.to, error) {
        return error;
    }
    if let Some(proxy) = call.proxy()
        && let Some(error) = of_proxy(&proxy, &call.to, error)
    {
        return error;
    }
    let why = innermost(error);
    KmsError::local(
        Cause::Network,
        "EndpointNotReachable",
        format!(
            "{} cannot be reached: {}.",
            call.to,
            why.trim_end_matches('.')
        ),
        match call.is_custom {
            true => "Check that the endpoint is up and its URL right, then retry.".to_owned(),
            false if !REGIONS.contains(&call.region.as_str()) => format!(
                "{} is not a Region that kmsdeck knows: check how it is written, then the network.",
                call.region
            ),
            false => "Check the network, then retry.".to_owned(),
        },
    )
}

/// HTTP spoken to who speaks HTTPS, or the other way round, where rustls does not see it itself.
fn other_protocol(to: &str, error: &(dyn Error + 'static)) -> Option<KmsError> {
    let is_plain = to.starts_with("http://");
    // tokio-rustls has no type for it.
    let is_end = |cause: &(dyn Error + 'static)| {
        let kind = cause.downcast_ref().map(io::Error::kind);
        kind == Some(io::ErrorKind::UnexpectedEof) && cause.to_string() == "tls handshake eof"
    };
    if !is_plain && causes(error).any(is_end) {
        return Some(no_tls(
            to,
            "it ended the connection where TLS was to begin",
            NO_HTTPS,
        ));
    }
    let is_no_http = find::<hyper::Error>(error).is_some_and(hyper::Error::is_parse);
    (is_plain && is_no_http).then(|| {
        KmsError::local(
            Cause::Network,
            "NoHttp",
            format!("{to} gave an answer that is no HTTP."),
            "Where the endpoint speaks HTTPS, write https:// in its URL.",
        )
    })
}

/// What mends an endpoint that does not speak TLS.
const NO_HTTPS: &str = "Check that the endpoint speaks HTTPS, or write http:// in its URL.";

fn timed_out(call: &Call, error: &(dyn Error + 'static)) -> KmsError {
    let Call {
        to, connect, read, ..
    } = call;
    // The SDK keeps the type of that error to itself, but not its words.
    let connecting = causes(error).any(|cause| cause.to_string().contains("connect timeout"));
    let (what, flag) = match connecting {
        true => (
            format!("{to} took no connection in {} s.", connect.as_secs()),
            "--connect-timeout",
        ),
        false => (
            format!("{to} gave no whole answer in {} s.", read.as_secs()),
            "--read-timeout",
        ),
    };
    KmsError::local(
        Cause::Timeout,
        "TimedOut",
        what,
        format!("Check the network and the endpoint, or raise {flag}; then retry."),
    )
}

/// What went wrong at a proxy. hyper-util keeps the type of the error of a tunnel to itself, but not
/// its words.
fn of_proxy(proxy: &Proxy, to: &str, error: &(dyn Error + 'static)) -> Option<KmsError> {
    let tunnel = causes(error).find_map(|cause| {
        let text = cause.to_string();
        Some(text.strip_prefix("tunnel error: ")?.to_owned())
    });
    // Plain HTTP goes to the proxy itself, without a tunnel.
    let is_connecting = || causes(error).any(|cause| cause.to_string() == "tcp connect error");
    Some(match tunnel.as_deref() {
        Some("proxy authorization required") => proxy_wants_password(proxy),
        None if !is_connecting() => return None,
        Some("failed to create underlying connection") | None => proxy_failed(
            format!(
                "The proxy {proxy} cannot be reached: {}",
                innermost(error).trim_end_matches('.')
            ),
            format!(
                "Check {}, or let NO_PROXY name the endpoint's host; then retry.",
                proxy.variable
            ),
        ),
        Some(_) => proxy_failed(
            format!(
                "The proxy {proxy} opens no connection to {to}: it refuses to, or cannot reach it"
            ),
            "Ask who runs the proxy to allow it, or let NO_PROXY name the endpoint's host.",
        ),
    })
}

/// HTTP 407.
pub(super) fn proxy_wants_password(proxy: &Proxy) -> KmsError {
    proxy_failed(
        format!("The proxy {proxy} wants a user and a password, or others (HTTP 407)"),
        format!(
            "Put them into the URL, {}=http://USER:PASSWORD@HOST:PORT; then retry.",
            proxy.variable
        ),
    )
}

fn proxy_failed(what: String, fix: impl Into<String>) -> KmsError {
    let error = KmsError::local(Cause::Network, "ProxyFailed", format!("{what}."), fix);
    error.by(Who::Proxy)
}

fn not_trusted(to: &str, error: &rustls::Error) -> KmsError {
    use rustls::CertificateError as Why;
    let bundle = "Where a proxy of yours stands between, let --ca-bundle or AWS_CA_BUNDLE name the PEM file of its certificate; else check the endpoint.";
    let (what, fix) = match error {
        rustls::Error::InvalidCertificate(why) => match why {
            Why::UnknownIssuer => (
                "its certificate is issued by nobody that is trusted here (UnknownIssuer)"
                    .to_owned(),
                bundle,
            ),
            Why::NotValidForName | Why::NotValidForNameContext { .. } => (
                "its certificate is for another host".to_owned(),
                "Check the host in the endpoint's URL, and where its name leads (DNS).",
            ),
            Why::Expired | Why::ExpiredContext { .. } => (
                "its certificate has expired".to_owned(),
                "Check this machine's clock; else whoever runs the endpoint must renew it.",
            ),
            Why::NotValidYet | Why::NotValidYetContext { .. } => (
                "its certificate is not valid yet".to_owned(),
                "Check this machine's clock.",
            ),
            other => (
                format!("its certificate cannot be trusted: {other}"),
                bundle,
            ),
        },
        rustls::Error::InvalidMessage(_) => ("it does not speak TLS".to_owned(), NO_HTTPS),
        other => (other.to_string(), "Check the endpoint, then retry."),
    };
    no_tls(to, &what, fix)
}

fn no_tls(to: &str, what: &str, fix: &str) -> KmsError {
    let what = format!("{to} gave no TLS connection: {what}.");
    KmsError::local(Cause::Network, "TlsFailed", what, fix).by(Who::Tls)
}
