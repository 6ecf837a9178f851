//! The HTTP client of every AWS client, but the sandbox's.
//!
//! It reads the trust store when the first TLS connection is wanted and once in all, where the
//! SDK's own client reads it for each client that is made, and for plain HTTP, too. It bounds the
//! time and the size of an answer's body, which the SDK does not. A connection that a secret may
//! have gone through is not kept.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{self, TlsContext};
use aws_smithy_http_client::{Builder, Connector, ConnectorBuilder};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http_body::{Body, Frame, SizeHint};
use hyper_util::client::proxy::matcher::Matcher;
use tokio::time::{Instant, Sleep, sleep_until};

use super::endpoint::without_password;
use super::unverified::Unverified;
use crate::kms::{Cause, KmsError, Who};

/// The most bytes of an answer that are read. KMS's own are below 1 MiB; a page of IAM's account
/// details can have several.
const LONGEST_ANSWER: usize = 32 << 20;

/// A client that trusts what `trust` says.
pub(super) fn http_client(trust: Trust, proxies: Proxies) -> SharedHttpClient {
    SharedHttpClient::new(AwsHttpClient {
        kept: Arc::new(Clients::new(trust.clone(), proxies, Keep::Connections)),
        once: Arc::new(Clients::new(trust, proxies, Keep::Nothing)),
    })
}

/// Which certificates are trusted.
#[derive(Debug, Clone)]
pub(super) enum Trust {
    /// Those of a store.
    Store(TlsContext),
    /// Any: the user said so.
    Any,
}

/// Which proxies a client goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proxies {
    /// HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY.
    OfEnvironment,
    None,
}

/// What is kept once a call has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keep {
    /// For the calls that follow.
    Connections,
    /// The buffers of a connection, those of TLS above all, hold what went through it until
    /// something else does.
    Nothing,
}

#[derive(Debug)]
struct AwsHttpClient {
    kept: Arc<Clients>,
    once: Arc<Clients>,
}

impl HttpClient for AwsHttpClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(AwsHttpConnector {
            kept: self.kept.clone(),
            once: self.once.clone(),
            settings: settings.clone(),
            components: components.clone(),
        })
    }
}

/// The SDK's clients for plain HTTP and for TLS.
#[derive(Debug)]
struct Clients {
    plain: SharedHttpClient,
    encrypted: OnceLock<SharedHttpClient>,
    trust: Trust,
    proxies: Proxies,
    keep: Keep,
}

impl Clients {
    fn new(trust: Trust, proxies: Proxies, keep: Keep) -> Self {
        Clients {
            plain: Builder::new().build_with_connector_fn(move |settings, components| {
                connector_builder(proxies, keep, settings, components).build_http()
            }),
            encrypted: OnceLock::new(),
            trust,
            proxies,
            keep,
        }
    }

    fn for_request(&self, request: &HttpRequest) -> &SharedHttpClient {
        let may_be_plain = self.proxies == Proxies::None || !has_https_proxy();
        match request.uri().starts_with("http://") && may_be_plain {
            true => &self.plain,
            false => self.encrypted.get_or_init(|| self.of_tls()),
        }
    }

    fn of_tls(&self) -> SharedHttpClient {
        let (proxies, keep) = (self.proxies, self.keep);
        let trust = match &self.trust {
            Trust::Store(trust) => trust.clone(),
            Trust::Any => {
                let by_proxies = proxies == Proxies::OfEnvironment && !no_proxy_is_for_all();
                let keeps = keep == Keep::Connections;
                return SharedHttpClient::new(Unverified::new(by_proxies, keeps));
            }
        };
        Builder::new().build_with_connector_fn(move |settings, components| {
            let crypto = tls::rustls_provider::CryptoMode::AwsLc;
            connector_builder(proxies, keep, settings, components)
                .tls_provider(tls::Provider::rustls(crypto))
                .tls_context(trust.clone())
                .build()
        })
    }
}

/// Whether a secret may be in a request to KMS or in its answer: a plaintext, or what is signed.
/// A read has none, nor has a dry run's answer, and there are thousands of them.
fn may_carry_a_secret(request: &HttpRequest) -> bool {
    let target = request.headers().get("x-amz-target");
    let operation = target.and_then(|target| target.strip_prefix("TrentService."));
    let Some(operation) = operation else {
        return false;
    };
    let is_read = ["List", "Describe", "Get"]
        .into_iter()
        .any(|verb| operation.starts_with(verb));
    let body = request.body().bytes().unwrap_or_default();
    let is_dry_run = memchr::memmem::find(body, br#""DryRun":true"#).is_some();
    !is_read && !operation.ends_with("WithoutPlaintext") && !is_dry_run
}

/// A proxy of the environment.
#[derive(Debug, Clone)]
pub(super) struct Proxy {
    /// As it may be shown.
    url: String,
    /// Which names it.
    pub variable: &'static str,
}

impl std::fmt::Display for Proxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.url, self.variable)
    }
}

/// The proxy that a call to a URL or a host goes by, by the rules that the clients have.
pub(super) fn proxy_of_environment(to: &str) -> Option<Proxy> {
    if no_proxy_is_for_all() {
        return None;
    }
    let to: http::Uri = match to.contains("://") {
        true => to.parse().ok()?,
        false => format!("https://{to}").parse().ok()?,
    };
    let found = Matcher::from_env().intercept(&to)?;
    let host = found.uri().host()?;
    let own = match to.scheme_str() {
        Some("http") => ["HTTP_PROXY", "http_proxy"],
        _ => ["HTTPS_PROXY", "https_proxy"],
    };
    own.into_iter()
        .chain(["ALL_PROXY", "all_proxy"])
        .find_map(|variable| {
            let url = std::env::var(variable).ok()?;
            let url = without_password(&url).into_owned();
            url.contains(host).then_some(Proxy { url, variable })
        })
}

/// Whether each proxy of the environment is a URL: one that is none would be gone round in silence.
///
/// Errors: [`Cause::Config`], with the variable.
pub(super) fn check_proxies() -> Result<(), KmsError> {
    for name in [
        "HTTPS_PROXY",
        "https_proxy",
        "HTTP_PROXY",
        "http_proxy",
        "ALL_PROXY",
        "all_proxy",
    ] {
        let url = std::env::var(name).unwrap_or_default();
        let with_scheme = match url.contains("://") {
            true => url.clone(),
            false => format!("http://{url}"),
        };
        let is_url = || {
            let uri: http::Uri = with_scheme.parse().ok()?;
            uri.host().filter(|host| !host.is_empty()).map(drop)
        };
        if !url.is_empty() && is_url().is_none() {
            return Err(KmsError::local(
                Cause::Config,
                "BadProxy",
                format!("{name} ({}) is no URL of a proxy.", without_password(&url)),
                "Let it be http://HOST:PORT, or unset it.",
            )
            .by(Who::User));
        }
    }
    Ok(())
}

fn no_proxy_is_for_all() -> bool {
    let is_all = |name: &str| {
        std::env::var(name).is_ok_and(|hosts| hosts.split(',').any(|host| host.trim() == "*"))
    };
    ["no_proxy", "NO_PROXY"].into_iter().any(is_all)
}

/// Whether plain HTTP may go to a proxy that speaks TLS itself.
fn has_https_proxy() -> bool {
    let is_https = |name: &str| {
        std::env::var(name).is_ok_and(|url| url.trim_start().to_lowercase().starts_with("https:"))
    };
    ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]
        .into_iter()
        .any(is_https)
}

fn connector_builder(
    proxies: Proxies,
    keep: Keep,
    settings: Option<&HttpConnectorSettings>,
    components: Option<&RuntimeComponents>,
) -> ConnectorBuilder {
    // hyper-util knows no `*` that stands for every host, as curl and the AWS CLI do.
    let proxy = match proxies == Proxies::None || no_proxy_is_for_all() {
        true => ProxyConfig::disabled(),
        false => ProxyConfig::from_env(),
    };
    let mut builder = Connector::builder().proxy_config(proxy);
    builder.set_connector_settings(settings.cloned());
    builder.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
    if keep == Keep::Nothing {
        builder.set_pool_max_idle_per_host(Some(0));
    }
    builder
}

#[derive(Debug)]
struct AwsHttpConnector {
    kept: Arc<Clients>,
    once: Arc<Clients>,
    settings: HttpConnectorSettings,
    components: RuntimeComponents,
}

impl HttpConnector for AwsHttpConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let until = self
            .settings
            .read_timeout()
            .map(|longest| Instant::now() + longest);
        let clients = match may_carry_a_secret(&request) {
            true => &self.once,
            false => &self.kept,
        };
        let answer = clients
            .for_request(&request)
            .http_connector(&self.settings, &self.components)
            .call(request);
        HttpConnectorFuture::new(async move {
            let answer = answer.await?;
            Ok(answer.map(|body| SdkBody::from_body_1_x(BoundedBody::new(body, until))))
        })
    }
}

/// Why an answer is not read to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unbounded {
    #[error("the answer was still coming when its time was over")]
    Slow,
    #[error("the answer is longer than {} MiB", LONGEST_ANSWER >> 20)]
    Long,
}

struct BoundedBody {
    body: SdkBody,
    left: usize,
    until: Option<Pin<Box<Sleep>>>,
}

impl BoundedBody {
    fn new(body: SdkBody, until: Option<Instant>) -> Self {
        BoundedBody {
            body,
            left: LONGEST_ANSWER,
            until: until.map(|until| Box::pin(sleep_until(until))),
        }
    }
}

impl Body for BoundedBody {
    type Data = <SdkBody as Body>::Data;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, BoxError>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        match &frame {
            Poll::Ready(Some(Ok(frame))) => {
                let size = frame.data_ref().map_or(0, |data| data.len());
                match self.left.checked_sub(size) {
                    Some(left) => self.left = left,
                    None => return Poll::Ready(Some(Err(Unbounded::Long.into()))),
                }
            }
            Poll::Ready(_) => return frame,
            Poll::Pending => {}
        }
        // Asked for beside each frame: a body that always has one more is never pending.
        let until = self.until.as_mut();
        match until.is_some_and(|until| until.as_mut().poll(context).is_ready()) {
            true => Poll::Ready(Some(Err(Unbounded::Slow.into()))),
            false => frame,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        Body::size_hint(&self.body)
    }
}
