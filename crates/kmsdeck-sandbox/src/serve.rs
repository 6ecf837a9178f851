//! The sandbox over HTTP/1.1, for the AWS CLI, boto3 and any other client.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::answer::{Answer, Body, OverHttp, refuse};
use crate::control;
use crate::hosts;
use crate::service::Sandbox;
use crate::wire::{ApiError, ApiResult};

/// No KMS request is larger than a few hundred kilobytes.
const MAX_BODY: usize = 1024 * 1024;
/// What the SDKs send in headers is some kilobytes and a dozen.
const MAX_HEADER_BYTES: usize = 64 * 1024;
const MAX_HEADERS: usize = 100;
/// How long a request that has begun may still take to come once the server stops, and its answer
/// to be taken.
const GRACE: Duration = Duration::from_secs(2);
/// How long the work on an answer may take then.
const LONGEST_WORK: Duration = Duration::from_secs(60);

/// How a sandbox is served.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// Names by which it may be called, beside IP addresses and `localhost`. Any other is refused,
    /// so that no web page reaches it by a name of its own.
    pub hosts: Vec<String>,
    /// Whether `POST /_kmsdeck/reset` puts all back as it was at the beginning.
    pub allows_reset: bool,
    /// How long the headers of a request may take, and a connection wait for the next.
    pub header_timeout: Duration,
    /// How long a request's body may take.
    pub body_timeout: Duration,
}

impl Default for ServeOptions {
    fn default() -> ServeOptions {
        ServeOptions {
            hosts: Vec::new(),
            allows_reset: false,
            header_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(30),
        }
    }
}

/// Serves until `shutdown` is done. Then what has come is still answered, and nothing new is taken.
/// What comes from a web page is refused, be it signed or not.
///
/// Beside the API it answers `GET /_kmsdeck/health`, which nobody signs, and `POST /_kmsdeck/reset`
/// where [`ServeOptions::allows_reset`] says so.
///
/// # Errors
/// None once it listens; a connection that fails ends by itself.
pub async fn serve(
    sandbox: Arc<Sandbox>,
    listener: TcpListener,
    options: ServeOptions,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let options = Arc::new(options);
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
                let (sandbox, options) = (sandbox.clone(), options.clone());
                connections.spawn(connection(sandbox, stream, options, stopped.clone()));
            }
            // Too many open files and the like pass; do not spin on them.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
    drop(listener);
    drop(stop);
    while connections.join_next().await.is_some() {}
    Ok(())
}

async fn connection(
    sandbox: Arc<Sandbox>,
    stream: tokio::net::TcpStream,
    options: Arc<ServeOptions>,
    mut stopped: watch::Receiver<()>,
) {
    let header_timeout = options.header_timeout;
    let is_working = Arc::new(AtomicBool::new(false));
    let working = is_working.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        handle(sandbox.clone(), options.clone(), request, working.clone())
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEADER_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stopped.changed() => {}
    }
    connection.as_mut().graceful_shutdown();
    let until = Instant::now() + LONGEST_WORK;
    while timeout(GRACE, connection.as_mut()).await.is_err() {
        if !is_working.load(Ordering::Relaxed) || Instant::now() > until {
            return;
        }
    }
}

/// An error of the service function closes the connection without an answer.
#[derive(Debug, thiserror::Error)]
#[error("dropped by a fault")]
struct Dropped;

async fn handle(
    sandbox: Arc<Sandbox>,
    options: Arc<ServeOptions>,
    request: Request<Incoming>,
    is_working: Arc<AtomicBool>,
) -> Result<Response<Body>, Dropped> {
    let (mut parts, body) = request.into_parts();
    parts.extensions.insert(OverHttp);
    let body = match hosts::check(&parts.uri, &parts.headers, &options.hosts) {
        Ok(()) => read(body, options.body_timeout).await,
        Err(error) => Err(error),
    };
    let body = match body {
        Ok(body) => body,
        Err(error) => {
            let request = Request::from_parts(parts, Bytes::new());
            let mut response = refuse(&request, &error, &sandbox.next_request_id());
            // What of the body is still to come is not waited for.
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(header::CONNECTION, close);
            return Ok(response.map(|bytes| crate::answer::body(bytes, Duration::ZERO)));
        }
    };
    let request = Request::from_parts(parts, body);
    is_working.store(true, Ordering::Relaxed);
    let answer = answer(sandbox, &options, request).await;
    is_working.store(false, Ordering::Relaxed);
    match answer {
        Answer::Dropped => Err(Dropped),
        Answer::Response(response) => Ok(response),
    }
}

async fn answer(sandbox: Arc<Sandbox>, options: &ServeOptions, request: Request<Bytes>) -> Answer {
    match control::answer(&sandbox, &request, options.allows_reset) {
        Some(response) => {
            let response = response.map(|bytes| crate::answer::body(bytes, Duration::ZERO));
            Answer::Response(response)
        }
        None => sandbox.answer(request).await,
    }
}

/// A body, bounded in size and in time.
async fn read(body: Incoming, limit: Duration) -> ApiResult<Bytes> {
    let body = Limited::new(body, MAX_BODY).collect();
    match timeout(limit, body).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            Err(ApiError::bare("RequestEntityTooLargeException"))
        }
        Ok(Err(_)) => Err(ApiError::bare("SerializationException")),
        Err(_) => Err(ApiError::new(
            "RequestTimeoutException",
            format!("The body did not come within {} s.", limit.as_secs_f32()),
        )),
    }
}
