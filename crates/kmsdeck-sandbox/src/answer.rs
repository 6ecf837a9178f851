//! A request comes in, an answer goes out: faults, the protocol, who signed, and the handler.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::StreamExt;
use http::{HeaderMap, Method, Request, Response};
use http_body_util::combinators::BoxBody;
use http_body_util::{Full, StreamBody};
use hyper::body::Frame;

use crate::account::Home;
use crate::auth::{self, AuthError, Authorization};
use crate::call::Call;
use crate::faults::Strike;
use crate::identity::Identity;
use crate::query::{QueryService, is_query};
use crate::regions::is_region;
use crate::service::Sandbox;
use crate::trail::Event;
use crate::wire::{ApiError, Millis, Params, response};
use crate::{handlers, hosts, query, seed};

impl Sandbox {
    /// A request ID: a UUID's shape around a counter, so that runs are alike.
    pub(crate) fn next_request_id(&self) -> String {
        let number = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        seed::uuid(0x5A4D_B0C5_0000_0000, number)
    }

    /// Answers one request, faults included.
    pub(crate) async fn answer(self: Arc<Sandbox>, request: Request<Bytes>) -> Answer {
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
            // Whoever keeps the state waits for the disk.
            None if self.is_kept() || HEAVY.contains(&operation.as_str()) => {
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
        let mut signer = None;
        let service = query_service(request);
        let result = match service {
            Some(QueryService::Sts) => self.respond_sts(request, request_id, &mut signer),
            Some(QueryService::Iam) => self.respond_iam(request, request_id, &mut signer),
            None => self.respond_kms(request, request_id, &mut signer),
        };
        if let Some(trail) = &self.trail {
            let error_code = result.as_ref().err().map(|error| match service {
                Some(service) => service.code(error).0,
                None => error.name,
            });
            trail.note(&Event {
                request,
                operation: &operation_of(request),
                service: service.map_or("kms", QueryService::name),
                error_code,
                signer: signer.as_deref(),
                at: Millis::of((self.options.now)()),
                error: result.as_ref().err(),
                request_id,
            });
        }
        match result {
            Ok(response) => response,
            Err(error) => refuse(request, &error, request_id),
        }
    }

    fn respond_kms(
        &self,
        request: &Request<Bytes>,
        request_id: &str,
        signer: &mut Option<Arc<Identity>>,
    ) -> Result<Response<Bytes>, ApiError> {
        let target = header(request.headers(), "x-amz-target").unwrap_or_default();
        let unknown = || {
            ApiError::new(
                "UnknownOperationException",
                format!("The operation '{target}' is none of this service."),
            )
        };
        if request.method() != Method::POST {
            return Err(unknown());
        }
        let (operation, handler) = target
            .strip_prefix("TrentService.")
            .and_then(handlers::find)
            .ok_or_else(unknown)?;
        let (identity, region) = self.authenticate(request, "kms")?;
        self.dispatch(
            signer.insert(identity),
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
        self.settle(call.now);
        let done = handler(&call, &mut params);
        // Before any answer: a refusal tells of the state as well.
        self.save()?;
        let reply = serde_json::Value::from(done?);
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
        let identity = self.accounts.identities.get(principal);
        let result = match (identity, handlers::find(operation)) {
            (Some(identity), Some((operation, handler))) => {
                self.dispatch(identity, region, operation, handler, body, &request_id)
            }
            _ => Err(ApiError::bare("UnknownOperationException")),
        };
        result.unwrap_or_else(|error| refuse(&Request::default(), &error, &request_id))
    }

    /// Who signed, and for which Region.
    pub(crate) fn authenticate<'r>(
        &self,
        request: &'r Request<Bytes>,
        service: &str,
    ) -> Result<(Arc<Identity>, &'r str), ApiError> {
        let authorization = Authorization::read(request.headers()).map_err(|error| match error {
            AuthError::Missing => ApiError::new(
                "MissingAuthenticationTokenException",
                "Missing Authentication Token",
            ),
            AuthError::Incomplete => ApiError::new(
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
        // What is asked for must be signed, or the signature is good for anything.
        let of_target = |name| request.headers().contains_key(name) && !authorization.signs(name);
        if of_target("x-amz-target") {
            return Err(ApiError::new(
                "InvalidSignatureException",
                "'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization.",
            ));
        }
        check_region(request, authorization.region)?;
        // Temporary credentials come with their token, and no others with one.
        let token = header(request.headers(), "x-amz-security-token");
        let identity = self
            .identity(authorization.access_key_id)
            .filter(|identity| identity.session.as_ref().map(|s| s.token.as_str()) == token)
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
        let now = Millis::of((self.options.now)());
        if identity.session.as_ref().is_some_and(|s| s.expires <= now) {
            return Err(ApiError::new(
                "ExpiredTokenException",
                "The security token included in the request is expired",
            ));
        }
        Ok((identity, authorization.region))
    }
}

/// The Region that was signed is a Region, and the one whose endpoint was called, where the name of
/// the endpoint says so (`kms.REGION.amazonaws.com`).
fn check_region(request: &Request<Bytes>, signed: &str) -> Result<(), ApiError> {
    let host = header(request.headers(), "host")
        .or_else(|| request.uri().host())
        .map(hosts::without_port);
    let called = host.and_then(|host| match host.split('.').collect::<Vec<_>>()[..] {
        ["kms" | "kms-fips" | "sts", region, ..] => Some(region),
        _ => None,
    });
    match called.filter(|region| is_region(region)) {
        Some(region) if region != signed => Err(ApiError::new(
            "InvalidSignatureException",
            format!(
                "Credential should be scoped to a valid region, not '{signed}': the endpoint is of {region}."
            ),
        )),
        _ if !is_region(signed) => Err(ApiError::new(
            "InvalidSignatureException",
            "Credential should be scoped to a valid region.",
        )),
        _ => Ok(()),
    }
}

/// Marks a request that came over HTTP: only there the signing time is
/// checked, since in the process the client's clock may be a test's.
#[derive(Clone, Copy)]
pub(crate) struct OverHttp;

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
    "GetParametersForImport",
    "GetPublicKey",
    "ImportKeyMaterial",
    "ReEncrypt",
    "Sign",
    "Verify",
];

pub(crate) type Body = BoxBody<Bytes, std::convert::Infallible>;

/// What goes back over the connection.
pub(crate) enum Answer {
    Response(Response<Body>),
    /// The connection closes.
    Dropped,
}

/// A body that takes `slow` to arrive, in pieces.
pub(crate) fn body(bytes: Bytes, slow: Duration) -> Body {
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

/// STS or IAM, where it is for one of them.
fn query_service(request: &Request<Bytes>) -> Option<QueryService> {
    is_query(request.headers()).then(|| QueryService::of(request))
}

/// The operation's name, for faults; empty if it cannot be told.
fn operation_of(request: &Request<Bytes>) -> String {
    if is_query(request.headers()) {
        return query::action(request.body()).unwrap_or_default();
    }
    header(request.headers(), "x-amz-target")
        .and_then(|target| target.rsplit('.').next())
        .unwrap_or_default()
        .to_owned()
}

pub(crate) fn refuse(
    request: &Request<Bytes>,
    error: &ApiError,
    request_id: &str,
) -> Response<Bytes> {
    if let Some(service) = query_service(request) {
        return query::refuse(service, error, request_id);
    }
    let body = Bytes::from(error.body());
    response(error.status, "application/x-amz-json-1.1", body, request_id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::tests::sign;
    use crate::options::SandboxOptions;

    const ALL: &str = "host;x-amz-date;x-amz-target";

    /// What the administrator's signed ListKeys is answered with.
    fn told(host: &str, region: &str, names: &str) -> String {
        let sandbox = Sandbox::new(SandboxOptions::default()).unwrap();
        let admin = &sandbox.principals()[0];
        let request = Request::post("/")
            .header("host", host)
            .header("x-amz-date", "20260101T000000Z")
            .header("x-amz-target", "TrentService.ListKeys")
            .body(Bytes::from_static(b"{}"))
            .unwrap();
        let (id, secret) = (&admin.access_key_id, &admin.secret_access_key);
        let request = sign(request, id, secret, ["20260101", region, "kms"], names);
        let response = sandbox.respond(&request, "id");
        String::from_utf8(response.into_body().to_vec()).unwrap()
    }

    #[test]
    fn the_operation_must_be_signed() {
        assert!(told("127.0.0.1", "us-east-1", ALL).contains("KeyArn"));
        let answer = told("127.0.0.1", "us-east-1", "host;x-amz-date");
        assert!(
            answer.contains("'X-Amz-Target' must be a 'SignedHeader'"),
            "{answer}"
        );
    }

    #[test]
    fn the_region_that_is_signed_is_the_one_that_is_called() {
        for (host, region, is_taken) in [
            ("127.0.0.1:4599", "eu-west-1", true),
            ("localhost", "us-gov-west-1", true),
            ("kms.eu-west-1.amazonaws.com", "eu-west-1", true),
            ("kms-fips.us-east-1.amazonaws.com", "us-east-1", true),
            ("kms.eu-west-1.localhost:4599", "eu-west-1", true),
            ("kms.eu-west-1.amazonaws.com", "us-east-1", false),
            ("kms.eu-west-1.localhost:4599", "us-east-1", false),
            ("127.0.0.1", "nowhere", false),
            ("127.0.0.1", "", false),
            ("127.0.0.1", "US-EAST-1", false),
            ("127.0.0.1", "us-east-1;", false),
        ] {
            let answer = told(host, region, ALL);
            assert_eq!(
                answer.contains("\"Keys\""),
                is_taken,
                "{host} {region}: {answer}"
            );
            assert!(is_taken || answer.contains("valid region"), "{answer}");
        }
    }
}
