//! The SDK clients. A service is added here and nowhere else: its client is made of a connection's
//! configuration, with the interceptor that puts each call on record.

use aws_config::SdkConfig;

use super::endpoint::Endpoints;
use super::record::{CallSink, Recorder};

/// The clients of the services beside KMS itself.
#[derive(Clone)]
pub(crate) struct OtherClients {
    pub sts: aws_sdk_sts::Client,
}

impl OtherClients {
    pub(super) fn new(
        config: &SdkConfig,
        region: &str,
        endpoints: &Endpoints,
        calls: &CallSink,
    ) -> Self {
        OtherClients {
            sts: sts(config, region, endpoints, calls),
        }
    }
}

pub(super) fn kms(
    config: &SdkConfig,
    region: &str,
    endpoints: &Endpoints,
    calls: &CallSink,
) -> aws_sdk_kms::Client {
    let mut config =
        aws_sdk_kms::config::Builder::from(config).interceptor(Recorder::new("kms", region, calls));
    if let Some(url) = &endpoints.kms {
        config = config.endpoint_url(url);
    }
    aws_sdk_kms::Client::from_conf(config.build())
}

pub(super) fn sts(
    config: &SdkConfig,
    region: &str,
    endpoints: &Endpoints,
    calls: &CallSink,
) -> aws_sdk_sts::Client {
    let mut config =
        aws_sdk_sts::config::Builder::from(config).interceptor(Recorder::new("sts", region, calls));
    if let Some(url) = &endpoints.sts {
        config = config.endpoint_url(url);
    }
    aws_sdk_sts::Client::from_conf(config.build())
}

/// IAM's is made when it is asked for: no list of keys waits for it.
pub(super) fn iam(
    config: &SdkConfig,
    region: &str,
    endpoints: &Endpoints,
    calls: &CallSink,
) -> aws_sdk_iam::Client {
    let mut config =
        aws_sdk_iam::config::Builder::from(config).interceptor(Recorder::new("iam", region, calls));
    if let Some(url) = &endpoints.iam {
        config = config.endpoint_url(url);
    }
    aws_sdk_iam::Client::from_conf(config.build())
}
