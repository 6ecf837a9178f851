//! A sandbox for the tests of kmsdeck: in the process, and over HTTP. Its own tests are in its crate.

use std::sync::Arc;

use aws_sdk_kms::Client;
use aws_sdk_kms::config::retry::RetryConfig;
use aws_sdk_kms::config::{BehaviorVersion, Credentials, Region};
use kmsdeck_sandbox::{Sandbox, SandboxOptions, ServeOptions, http_client, serve};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

pub(crate) const PAYMENTS: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";
pub(crate) const PAYMENTS_ARN: &str =
    "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

pub(crate) fn sandbox() -> Arc<Sandbox> {
    let options = SandboxOptions {
        // A replica can be used as soon as it is made.
        settling: std::time::Duration::ZERO,
        ..SandboxOptions::default()
    };
    Arc::new(Sandbox::new(options).expect("a sandbox"))
}

/// A client of its administrator's.
pub(crate) fn admin(sandbox: &Arc<Sandbox>) -> Client {
    let admin = &sandbox.principals()[0];
    let config = aws_sdk_kms::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new(
            admin.access_key_id.clone(),
            admin.secret_access_key.clone(),
            None,
            None,
            "test",
        ))
        .retry_config(RetryConfig::disabled())
        .http_client(http_client(sandbox.clone()))
        .build();
    Client::from_conf(config)
}

pub(crate) struct Server {
    pub address: String,
    pub stop: oneshot::Sender<()>,
    pub task: tokio::task::JoinHandle<std::io::Result<()>>,
}

pub(crate) async fn start(sandbox: Arc<Sandbox>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address").to_string();
    let (stop, stopped) = oneshot::channel::<()>();
    let task = tokio::spawn(serve(sandbox, listener, ServeOptions::default(), async {
        let _ = stopped.await;
    }));
    Server {
        address,
        stop,
        task,
    }
}
