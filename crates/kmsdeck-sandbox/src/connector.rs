//! The sandbox behind the SDK's own HTTP connector.

use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::HttpError;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;

use crate::Sandbox;
use crate::answer::Answer;

/// An HTTP client for the SDK's configuration that answers from the sandbox;
/// no socket is opened. Works for KMS and STS clients.
pub fn http_client(sandbox: Arc<Sandbox>) -> SharedHttpClient {
    let connector = SharedHttpConnector::new(Connector(sandbox));
    http_client_fn(move |_, _| connector.clone())
}

#[derive(Debug)]
struct Connector(Arc<Sandbox>);

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let sandbox = self.0.clone();
        HttpConnectorFuture::new(async move {
            let request = request
                .try_into_http1x()
                .map_err(|error| ConnectorError::user(error.into()))?;
            let request = request.map(|body| match body.bytes() {
                Some(bytes) => Bytes::copy_from_slice(bytes),
                // KMS and STS requests are never streams.
                None => Bytes::new(),
            });
            match sandbox.answer(request).await {
                Answer::Dropped => Err(ConnectorError::io(
                    "the sandbox dropped the connection".into(),
                )),
                Answer::Response(response) => {
                    let response = response.map(SdkBody::from_body_1_x);
                    response
                        .try_into()
                        .map_err(|error: HttpError| ConnectorError::other(error.into(), None))
                }
            }
        })
    }
}
