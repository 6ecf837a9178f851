//! The HTTP client of every AWS client, but the sandbox's.
//!
//! It reads the trust store when the first TLS connection is wanted and once in all, where the
//! SDK's own client reads it for each client that is made, and for plain HTTP, too. It bounds the
//! time and the size of an answer's body, which the SDK does not.

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
use tokio::time::{Instant, Sleep, sleep_until};

/// The most bytes of an answer that are read. KMS's own are below 1 MiB; a page of IAM's account
/// details can have several.
const LONGEST_ANSWER: usize = 32 << 20;

/// A client that goes by the proxies of the environment, and trusts what `trust` says.
pub(super) fn http_client(trust: TlsContext) -> SharedHttpClient {
    SharedHttpClient::new(AwsHttpClient(Arc::new(Clients {
        plain: Builder::new().build_with_connector_fn(|settings, components| {
            connector_builder(settings, components).build_http()
        }),
        encrypted: OnceLock::new(),
        trust,
    })))
}

#[derive(Debug)]
struct AwsHttpClient(Arc<Clients>);

impl HttpClient for AwsHttpClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(AwsHttpConnector {
            clients: self.0.clone(),
            settings: settings.clone(),
            components: components.clone(),
        })
    }
}

/// Each keeps its connections for further requests.
#[derive(Debug)]
struct Clients {
    plain: SharedHttpClient,
    encrypted: OnceLock<SharedHttpClient>,
    trust: TlsContext,
}

impl Clients {
    fn for_request(&self, request: &HttpRequest) -> &SharedHttpClient {
        match request.uri().starts_with("http://") && !has_https_proxy() {
            true => &self.plain,
            false => self.encrypted.get_or_init(|| {
                let trust = self.trust.clone();
                Builder::new().build_with_connector_fn(move |settings, components| {
                    let crypto = tls::rustls_provider::CryptoMode::AwsLc;
                    connector_builder(settings, components)
                        .tls_provider(tls::Provider::rustls(crypto))
                        .tls_context(trust.clone())
                        .build()
                })
            }),
        }
    }
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
    settings: Option<&HttpConnectorSettings>,
    components: Option<&RuntimeComponents>,
) -> ConnectorBuilder {
    let mut builder = Connector::builder().proxy_config(ProxyConfig::from_env());
    builder.set_connector_settings(settings.cloned());
    builder.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
    builder
}

#[derive(Debug)]
struct AwsHttpConnector {
    clients: Arc<Clients>,
    settings: HttpConnectorSettings,
    components: RuntimeComponents,
}

impl HttpConnector for AwsHttpConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let until = self
            .settings
            .read_timeout()
            .map(|longest| Instant::now() + longest);
        let answer = self
            .clients
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
