//! The sandbox over HTTP/1.1, for the AWS CLI, boto3 and any other client.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::Sandbox;
use crate::answer::{Answer, Body, OverHttp, refuse};
use crate::wire::ApiError;

/// No KMS request is larger than a few hundred kilobytes.
const MAX_BODY: usize = 1024 * 1024;
/// How long connections may take to end once the server stops.
const GRACE: Duration = Duration::from_secs(2);

/// Serves until `shutdown` is done, then lets calls in flight end.
///
/// # Errors
/// None once it listens; a connection that fails ends by itself.
pub async fn serve(
    sandbox: Arc<Sandbox>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let (stop, stopped) = watch::channel(());
    let mut connections = JoinSet::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                let _ = stream.set_nodelay(true);
                connections.spawn(connection(sandbox.clone(), stream, stopped.clone()));
            }
            // Too many open files and the like pass; do not spin on them.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
    drop(stop);
    let ended = async { while connections.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(GRACE, ended).await;
    Ok(())
}

async fn connection(
    sandbox: Arc<Sandbox>,
    stream: tokio::net::TcpStream,
    mut stopped: watch::Receiver<()>,
) {
    let service = service_fn(move |request: Request<Incoming>| handle(sandbox.clone(), request));
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(30))
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stopped.changed() => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}

/// An error of the service function closes the connection without an answer.
#[derive(Debug, thiserror::Error)]
#[error("dropped by a fault")]
struct Dropped;

async fn handle(
    sandbox: Arc<Sandbox>,
    request: Request<Incoming>,
) -> Result<Response<Body>, Dropped> {
    let (mut parts, body) = request.into_parts();
    parts.extensions.insert(OverHttp);
    let body = match Limited::new(body, MAX_BODY).collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => {
            let request = Request::from_parts(parts, Bytes::new());
            let error = ApiError::bare("RequestEntityTooLargeException");
            let id = sandbox.next_request_id();
            let response = refuse(&request, &error, &id);
            return Ok(response.map(|bytes| crate::answer::body(bytes, Duration::ZERO)));
        }
    };
    match sandbox.answer(Request::from_parts(parts, body)).await {
        Answer::Dropped => Err(Dropped),
        Answer::Response(response) => Ok(response),
    }
}
