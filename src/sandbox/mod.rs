//! The embedded KMS: accounts, keys, grants and principals behind the AWS
//! SDK's own HTTP connector, or over loopback HTTP ([`serve`]).
//!
//! It answers as the KMS API reference (2014-11-01) and the KMS developer
//! guide say. Nothing here uses the SDK's KMS types, so that a misreading of
//! the API is not shared by both ends.

mod account;
mod auth;
mod authorize;
mod call;
mod crypto;
pub mod faults;
mod grants;
mod handlers;
mod keypair;
mod seed;
pub mod serve;
mod spec;
mod state_file;
mod states;
mod sts;
mod wire;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, SystemTime};

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::HttpError;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use futures_util::StreamExt;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{Full, StreamBody};
use hyper::body::Frame;
use kmsdeck_policy::PolicyDocument;

use account::{Home, State};
use auth::{AuthError, Authorization};
use call::Call;
use faults::{Faults, Strike};
use wire::{ApiError, Millis, Params};

/// What a [`Sandbox`] is made with.
#[derive(Debug, Clone)]
pub struct SandboxOptions {
    /// Keys to generate beside the seeded ones, in the first account.
    pub extra_keys: usize,
    pub faults: Faults,
    /// The service's clock.
    pub now: fn() -> SystemTime,
    /// How long a new grant needs to take effect without its token.
    pub grant_delay: Duration,
    /// Where the state is kept between runs; it is made if it is not there.
    pub state_file: Option<PathBuf>,
}

impl Default for SandboxOptions {
    fn default() -> SandboxOptions {
        SandboxOptions {
            extra_keys: 0,
            faults: Faults::default(),
            now: SystemTime::now,
            grant_delay: Duration::from_secs(5),
            state_file: None,
        }
    }
}

/// Why a sandbox could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    #[error("the sandbox's {file} cannot be read: {what}")]
    Seed { file: &'static str, what: String },
    #[error(
        "the state file {} cannot be used: {what}. It is left as it is; move it away to start anew",
        path.display()
    )]
    StateFile { path: PathBuf, what: String },
    #[error("generated keys are not kept in a state file: leave out one of the two")]
    GeneratedKeysInStateFile,
}

/// A principal of the sandbox. Its credentials are made up, and good for
/// nothing but the sandbox.
#[derive(Clone)]
pub struct Principal {
    /// The name by which the user chooses it, unique in the sandbox.
    pub name: String,
    pub arn: String,
    /// 12 digits.
    pub account_id: String,
    pub access_key_id: String,
    pub secret_access_key: String,
}

impl fmt::Debug for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Principal")
            .field("name", &self.name)
            .field("arn", &self.arn)
            .field("account_id", &self.account_id)
            .field("access_key_id", &self.access_key_id)
            .field("secret_access_key", &"** redacted **")
            .finish()
    }
}

/// The names of the seeded principals, without a sandbox.
pub fn principal_names() -> &'static [String] {
    static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
        let identities = seed::identities().unwrap_or_default().into_iter();
        identities.map(|identity| identity.principal.name).collect()
    });
    &NAMES
}

/// A principal with what only the service knows of it.
#[derive(Debug)]
struct Identity {
    principal: Principal,
    user: String,
    policies: Vec<PolicyDocument>,
}

impl Identity {
    /// The unique ID of an IAM user: `AIDA` and more.
    fn user_id(&self) -> String {
        let tail: String = self
            .principal
            .access_key_id
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect();
        format!("AIDA{tail}")
    }
}

/// The whole service. Share it as `Arc<Sandbox>`.
pub struct Sandbox {
    options: SandboxOptions,
    principals: Vec<Principal>,
    identities: Vec<Identity>,
    regions: Vec<String>,
    state: RwLock<State>,
    requests: AtomicU64,
    draws: AtomicU64,
    made: AtomicU64,
    /// There are changes that the state file does not have.
    changed: AtomicBool,
    saving: Mutex<()>,
    started: Millis,
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("regions", &self.regions)
            .field("principals", &self.principals)
            .finish_non_exhaustive()
    }
}

impl Sandbox {
    /// Reads the state file, if there is one, else the embedded seed.
    ///
    /// Errors: a state file that cannot be read or written, is damaged or of
    /// another version; a state file together with generated keys.
    pub fn new(options: SandboxOptions) -> Result<Sandbox, SandboxError> {
        let now = Millis::of((options.now)());
        let identities = seed::identities()?;
        if options.state_file.is_some() && options.extra_keys > 0 {
            return Err(SandboxError::GeneratedKeysInStateFile);
        }
        let refuse = |path: &Path, what: String| SandboxError::StateFile {
            path: path.to_owned(),
            what,
        };
        let kept = match &options.state_file {
            Some(path) => state_file::read(path).map_err(|what| refuse(path, what))?,
            None => None,
        };
        let is_kept = kept.is_some();
        let (mut state, made) = match kept {
            Some(kept) => kept,
            None => (seed::state(now)?, 0),
        };
        if let (Some(path), false) = (&options.state_file, is_kept) {
            // Found out now, not at the first change.
            state_file::write(path, &state, made)
                .map_err(|error| refuse(path, error.to_string()))?;
        }
        if let Some(first) = identities.first() {
            let account = &first.principal.account_id;
            seed::add_extra_keys(&mut state, account, options.extra_keys, now);
        }
        let mut regions: Vec<String> = state
            .homes()
            .filter(|(_, store)| !store.keys.is_empty())
            .map(|(home, _)| home.region.to_string())
            .collect();
        // us-east-1 has the most of the seed and comes first.
        regions.sort_by_key(|region| (region != "us-east-1", region.clone()));
        regions.dedup();
        Ok(Sandbox {
            principals: identities
                .iter()
                .map(|identity| identity.principal.clone())
                .collect(),
            identities,
            regions,
            state: RwLock::new(state),
            requests: AtomicU64::new(0),
            draws: AtomicU64::new(0),
            made: AtomicU64::new(made),
            changed: AtomicBool::new(false),
            saving: Mutex::new(()),
            started: now,
            options,
        })
    }

    /// The seeded principals; the first is the default ("admin").
    pub fn principals(&self) -> &[Principal] {
        &self.principals
    }

    /// The Regions that the seed has keys in, the main one first.
    pub fn regions(&self) -> &[String] {
        &self.regions
    }

    fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn state_mut(&self) -> RwLockWriteGuard<'_, State> {
        self.touch();
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether keys and grants outlive it, in a state file.
    pub fn is_kept(&self) -> bool {
        self.options.state_file.is_some()
    }

    /// Notes a change that the state file must have.
    fn touch(&self) {
        self.changed.store(true, Ordering::Release);
    }

    /// Writes the state file, if there is one and something changed.
    fn save(&self) -> Result<(), ApiError> {
        let Some(path) = &self.options.state_file else {
            return Ok(());
        };
        // One writer at a time; the last one writes what all have changed.
        let _saving = self.saving.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.changed.swap(false, Ordering::AcqRel) {
            return Ok(());
        }
        // A copy shares the keys, so that the lock is not held while writing.
        let state = self.state().clone();
        let made = self.made.load(Ordering::Relaxed);
        state_file::write(path, &state, made).map_err(|error| {
            self.touch();
            ApiError::new(
                "KMSInternalException",
                format!("The sandbox cannot write its state file: {error}"),
            )
        })
    }

    /// Counts what is made at run time, for its identifiers.
    fn next_made(&self) -> u64 {
        self.made.fetch_add(1, Ordering::Relaxed)
    }

    /// A request ID: a UUID's shape around a counter, so that runs are alike.
    fn next_request_id(&self) -> String {
        let number = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        seed::uuid(0x5A4D_B0C5_0000_0000, number)
    }

    /// Answers one request, faults included.
    async fn answer(self: Arc<Sandbox>, request: Request<Bytes>) -> Answer {
        let request_id = self.next_request_id();
        let operation = operation_of(&request);
        let verdict = self.options.faults.draw(&operation, &self.draws);
        if !verdict.delay.is_zero() {
            tokio::time::sleep(verdict.delay).await;
        }
        let response = match verdict.strike {
            Some(Strike::Drop) => return Answer::Dropped,
            Some(Strike::Throttle) => refuse(
                &request,
                &ApiError::new("ThrottlingException", "Rate exceeded"),
                &request_id,
            ),
            Some(Strike::Error) => refuse(&request, &ApiError::internal(), &request_id),
            None if HEAVY.contains(&operation.as_str()) => {
                let sandbox = self.clone();
                let id = request_id.clone();
                let work = move || sandbox.respond(&request, &id);
                tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| {
                    let error = ApiError::bare("InternalFailure");
                    refuse(&Request::default(), &error, &request_id)
                })
            }
            None => self.respond(&request, &request_id),
        };
        Answer::Response(response.map(|bytes| body(bytes, verdict.slow)))
    }

    /// Answers one request, without faults. Never panics, whatever it says.
    fn respond(&self, request: &Request<Bytes>, request_id: &str) -> Response<Bytes> {
        let result = if is_query(request) {
            self.respond_sts(request, request_id)
        } else {
            self.respond_kms(request, request_id)
        };
        match result {
            Ok(response) => response,
            Err(error) => refuse(request, &error, request_id),
        }
    }

    fn respond_kms(
        &self,
        request: &Request<Bytes>,
        request_id: &str,
    ) -> Result<Response<Bytes>, ApiError> {
        let unknown = || ApiError::bare("UnknownOperationException");
        if request.method() != Method::POST {
            return Err(unknown());
        }
        let target = header(request.headers(), "x-amz-target").unwrap_or_default();
        let (operation, handler) = target
            .strip_prefix("TrentService.")
            .and_then(handlers::find)
            .ok_or_else(unknown)?;
        let (identity, region) = self.authenticate(request, "kms")?;
        self.dispatch(
            identity,
            region,
            operation,
            handler,
            request.body(),
            request_id,
        )
    }

    fn dispatch(
        &self,
        identity: &Identity,
        region: &str,
        operation: &'static str,
        handler: handlers::Handler,
        body: &[u8],
        request_id: &str,
    ) -> Result<Response<Bytes>, ApiError> {
        let mut params = Params::parse(body)?;
        let call = Call {
            sandbox: self,
            identity,
            home: Arc::new(Home {
                account: identity.principal.account_id.as_str().into(),
                region: region.into(),
            }),
            operation,
            now: Millis::of((self.options.now)()),
            request_id,
        };
        let reply = serde_json::Value::from(handler(&call, &mut params)?);
        self.save()?;
        // Operations without an output answer with an empty body.
        let body = match reply.as_object() {
            Some(members) if members.is_empty() => Bytes::new(),
            _ => Bytes::from(reply.to_string()),
        };
        Ok(response(
            200,
            "application/x-amz-json-1.1",
            body,
            request_id,
        ))
    }

    /// Answers a KMS request as if this principal, by its place in
    /// [`Sandbox::principals`], had signed it. For fuzzing, where signatures
    /// would be most of the work.
    #[doc(hidden)]
    pub fn respond_unsigned(
        &self,
        principal: usize,
        region: &str,
        operation: &str,
        body: &[u8],
    ) -> Response<Bytes> {
        let request_id = self.next_request_id();
        let result = match (self.identities.get(principal), handlers::find(operation)) {
            (Some(identity), Some((operation, handler))) => {
                self.dispatch(identity, region, operation, handler, body, &request_id)
            }
            _ => Err(ApiError::bare("UnknownOperationException")),
        };
        result.unwrap_or_else(|error| refuse(&Request::default(), &error, &request_id))
    }

    /// Who signed, and for which Region.
    fn authenticate<'r>(
        &self,
        request: &'r Request<Bytes>,
        service: &str,
    ) -> Result<(&Identity, &'r str), ApiError> {
        let authorization = Authorization::read(request.headers()).map_err(|error| match error {
            AuthError::Missing => ApiError::new(
                "MissingAuthenticationTokenException",
                "Missing Authentication Token",
            ),
            _ => ApiError::new(
                "IncompleteSignatureException",
                "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' parameters.",
            ),
        })?;
        if authorization.service != service {
            return Err(ApiError::new(
                "InvalidSignatureException",
                format!("Credential should be scoped to correct service: '{service}'."),
            ));
        }
        let identity = self
            .identities
            .iter()
            .find(|identity| identity.principal.access_key_id == authorization.access_key_id)
            .ok_or_else(|| {
                ApiError::new(
                    "UnrecognizedClientException",
                    "The security token included in the request is invalid.",
                )
            })?;
        let secret = &identity.principal.secret_access_key;
        if !auth::is_signed_with(request, &authorization, secret) {
            return Err(ApiError::new(
                "InvalidSignatureException",
                "The request signature we calculated does not match the signature you provided. \
                 Check your AWS Secret Access Key and signing method. \
                 Consult the service documentation for details.",
            ));
        }
        if request.extensions().get::<OverHttp>().is_some() {
            check_signing_time(request)?;
        }
        Ok((identity, authorization.region))
    }
}

/// Marks a request that came over HTTP: only there the signing time is
/// checked, since in the process the client's clock may be a test's.
#[derive(Clone, Copy)]
struct OverHttp;

/// A signature is good for five minutes, either way.
fn check_signing_time(request: &Request<Bytes>) -> Result<(), ApiError> {
    let now = Millis::of(SystemTime::now()).0 / 1000;
    match auth::signed_at(request.headers()) {
        Some(at) if (now - at).abs() <= 300 => Ok(()),
        Some(at) if at < now => Err(ApiError::new(
            "InvalidSignatureException",
            format!(
                "Signature expired: signed {} seconds ago, good for 300.",
                now - at
            ),
        )),
        _ => Err(ApiError::new(
            "InvalidSignatureException",
            "Signature not yet current: the signing time is in the future.",
        )),
    }
}

/// Operations that may draw an RSA key or do as much work: they run where
/// blocking is no harm.
const HEAVY: &[&str] = &[
    "Decrypt",
    "Encrypt",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GetPublicKey",
    "ReEncrypt",
    "Sign",
    "Verify",
];

type Body = BoxBody<Bytes, std::convert::Infallible>;

/// What goes back over the connection.
enum Answer {
    Response(Response<Body>),
    /// The connection closes.
    Dropped,
}

/// A body that takes `slow` to arrive, in pieces.
fn body(bytes: Bytes, slow: Duration) -> Body {
    const PIECES: u32 = 8;
    if slow.is_zero() {
        return BoxBody::new(Full::new(bytes));
    }
    let step = bytes.len().div_ceil(PIECES as usize).max(1);
    let stream = futures_util::stream::unfold(bytes, move |mut left| async move {
        if left.is_empty() {
            return None;
        }
        tokio::time::sleep(slow / PIECES).await;
        let piece = left.split_to(step.min(left.len()));
        Some((Ok(Frame::data(piece)), left))
    });
    // The SDK polls a body again after its end.
    BoxBody::new(StreamBody::new(stream.fuse()))
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// STS speaks the query protocol; KMS never sends forms.
fn is_query(request: &Request<Bytes>) -> bool {
    header(request.headers(), "content-type")
        .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
}

/// The operation's name, for faults; empty if it cannot be told.
fn operation_of(request: &Request<Bytes>) -> String {
    if is_query(request) {
        return sts::action(request.body()).unwrap_or_default();
    }
    header(request.headers(), "x-amz-target")
        .and_then(|target| target.rsplit('.').next())
        .unwrap_or_default()
        .to_owned()
}

fn response(status: u16, kind: &'static str, body: Bytes, request_id: &str) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert("content-type", HeaderValue::from_static(kind));
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert("x-amzn-requestid", id);
    }
    response
}

fn refuse(request: &Request<Bytes>, error: &ApiError, request_id: &str) -> Response<Bytes> {
    if is_query(request) {
        return sts::refuse(error, request_id);
    }
    let body = Bytes::from(error.body());
    response(error.status, "application/x-amz-json-1.1", body, request_id)
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[ignore = "a measurement: run it alone, with --nocapture"]
    fn cost_of_100_000_keys() {
        let resident = || {
            let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
            status
                .lines()
                .find_map(|line| line.strip_prefix("VmRSS:"))
                .map(str::trim)
                .map(str::to_owned)
        };
        let before = resident();
        let started = std::time::Instant::now();
        let sandbox = Sandbox::new(SandboxOptions {
            extra_keys: 100_000,
            ..SandboxOptions::default()
        });
        println!(
            "{:?}, RSS {before:?} to {:?}",
            started.elapsed(),
            resident()
        );
        drop(sandbox);
    }
}
