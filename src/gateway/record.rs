//! Every SDK call on record, by an interceptor of the clients, so that an operation's own file
//! says nothing of it: attempts, latency and request ID for the outcome, and a [`CallRecord`] for
//! the call log and the log file.

use std::cell::RefCell;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use aws_sdk_kms::config::interceptors::{
    BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
    FinalizerInterceptorContextRef,
};
use aws_sdk_kms::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_kms::error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, Metadata};
use aws_smithy_types::config_bag::{Storable, StoreReplace};
use aws_smithy_types::date_time::{DateTime, Format};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc::UnboundedSender;

use crate::kms::error::is_code_of_refusal;
use crate::kms::{CallMeta, CallRecord, NOT_SENT, Request, Signer};

/// Where records go beside the log file.
#[derive(Debug, Clone, Default)]
pub struct CallSink {
    sender: Option<UnboundedSender<CallRecord>>,
    /// Whether they are of a lesson's own sandbox.
    in_lesson: bool,
}

impl CallSink {
    pub fn new(sender: UnboundedSender<CallRecord>) -> Self {
        CallSink {
            sender: Some(sender),
            in_lesson: false,
        }
    }

    /// The same, for the calls of a lesson's sandbox.
    pub fn of_lesson(&self) -> Self {
        CallSink {
            in_lesson: true,
            ..self.clone()
        }
    }

    pub(super) fn is_of_lesson(&self) -> bool {
        self.in_lesson
    }

    fn put(&self, record: CallRecord) {
        tracing::info!(
            target: "kmsdeck::call",
            service = record.service,
            region = record.region,
            operation = record.operation,
            key = record.key,
            dry_run = record.dry_run,
            error = record.error,
            latency_ms = record.latency.as_secs_f64() * 1e3,
            attempts = record.attempts,
            request_id = record.request_id,
        );
        if let Some(sender) = &self.sender {
            // Nobody listens any more when the app ends.
            let _ = sender.send(record);
        }
    }
}

tokio::task_local! {
    static METER: RefCell<Meter>;
}

#[derive(Default)]
struct Meter {
    meta: CallMeta,
    signer: Option<Signer>,
    clock_ahead: Option<SignedDuration>,
    request: Option<Arc<Request>>,
}

/// Runs one SDK call that `request` stands for, and tells how it went. The SDK drives its
/// interceptors from the caller's own task, so that what they note can only belong to this call.
pub async fn metered<T>(request: &Arc<Request>, call: impl Future<Output = T>) -> (T, CallMeta) {
    let started = Instant::now();
    let meter = Meter {
        request: Some(request.clone()),
        ..Meter::default()
    };
    METER
        .scope(RefCell::new(meter), async move {
            let answer = call.await;
            let mut meta = METER.with(RefCell::take).meta;
            meta.latency = started.elapsed();
            (answer, meta)
        })
        .await
}

/// Runs one SDK call, and tells whose credentials signed it last.
pub async fn signed<T>(call: impl Future<Output = T>) -> (T, Option<Signer>) {
    METER
        .scope(RefCell::default(), async move {
            let answer = call.await;
            (answer, METER.with(RefCell::take).signer)
        })
        .await
}

/// Runs one SDK call, and tells how far this machine's clock is ahead of the one that dated the
/// last answer, to the second; None where no answer had a date.
pub async fn dated<T>(call: impl Future<Output = T>) -> (T, Option<SignedDuration>) {
    METER
        .scope(RefCell::default(), async move {
            let answer = call.await;
            (answer, METER.with(RefCell::take).clock_ahead)
        })
        .await
}

/// The interceptor of every client.
#[derive(Debug)]
pub(super) struct Recorder {
    service: &'static str,
    region: String,
    sink: CallSink,
}

impl Recorder {
    pub(super) fn new(service: &'static str, region: &str, sink: &CallSink) -> Self {
        Recorder {
            service,
            region: region.to_owned(),
            sink: sink.clone(),
        }
    }
}

/// A call under way, in the SDK's bag of the call: when that is dropped before the call's end, the
/// call was given up.
#[derive(Debug)]
struct UnderWay(Mutex<Option<Box<OpenCall>>>);

#[derive(Debug)]
struct OpenCall {
    record: CallRecord,
    started: Instant,
    sink: CallSink,
}

impl Storable for UnderWay {
    type Storer = StoreReplace<Self>;
}

impl UnderWay {
    fn with(&self, change: impl FnOnce(&mut CallRecord)) {
        let mut call = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(call) = call.as_mut() {
            change(&mut call.record);
        }
    }

    fn end(&self, change: impl FnOnce(&mut CallRecord)) {
        let call = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut call) = call {
            change(&mut call.record);
            call.record.latency = call.started.elapsed();
            call.sink.put(call.record);
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.end(|record| record.error = Some("Cancelled".to_owned()));
    }
}

impl Intercept for Recorder {
    fn name(&self) -> &'static str {
        "kmsdeck recorder"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = METER.try_with(|meter| meter.borrow().request.clone());
        let record = CallRecord {
            in_lesson: self.sink.in_lesson,
            caller: None,
            at: Timestamp::now(),
            service: self.service,
            region: self.region.clone(),
            operation: String::new(),
            key: None,
            dry_run: false,
            error: None,
            refusal: None,
            latency: std::time::Duration::default(),
            attempts: 0,
            request_id: None,
            signer: None,
            // What the user gave to be encrypted or signed does not stay with the log.
            request: request
                .ok()
                .flatten()
                .map(|request| match request.holds_secret() {
                    true => Arc::new(request.without_secrets()),
                    false => request,
                }),
        };
        let call = OpenCall {
            record,
            started: Instant::now(),
            sink: self.sink.clone(),
        };
        cfg.interceptor_state()
            .store_put(UnderWay(Mutex::new(Some(Box::new(call)))));
        Ok(())
    }

    fn read_before_serialization(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // The operation's own settings are not there any earlier.
        if let (Some(call), Some(metadata)) = (cfg.load::<UnderWay>(), cfg.load::<Metadata>()) {
            call.with(|record| record.operation = metadata.name().to_owned());
        }
        Ok(())
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let signer = signer(context.request());
        let _ = METER.try_with(|meter| {
            let mut meter = meter.borrow_mut();
            meter.meta.attempts += 1;
            meter.signer = signer;
        });
        if let Some(call) = cfg.load::<UnderWay>() {
            call.with(|record| {
                record.attempts += 1;
                record.signer = signer;
                if record.attempts == 1
                    && let Some(body) = context.request().body().bytes()
                {
                    (record.key, record.dry_run) = key_and_dry_run(body);
                }
            });
        }
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let headers = context.response().map(|response| response.headers());
        if let Some(date) = headers.and_then(|headers| headers.get("date")) {
            let ahead = clock_ahead(date, Timestamp::now());
            let _ = METER.try_with(|meter| meter.borrow_mut().clock_ahead = ahead);
        }
        let id = headers.and_then(|headers| {
            headers
                .get("x-amzn-requestid")
                .or_else(|| headers.get("x-amz-request-id"))
        });
        if let Some(id) = id {
            let _ =
                METER.try_with(|meter| meter.borrow_mut().meta.request_id = Some(id.to_owned()));
            if let Some(call) = cfg.load::<UnderWay>() {
                call.with(|record| record.request_id = Some(id.to_owned()));
            }
        }
        Ok(())
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(call) = cfg.load::<UnderWay>() {
            call.end(|record| {
                record.error = error_code(context);
                if record.error.as_deref().is_some_and(is_code_of_refusal) {
                    let answer = context.response();
                    let body = answer.and_then(|answer| answer.body().bytes());
                    record.refusal = body.and_then(message_of_answer).map(Into::into);
                }
            });
        }
        Ok(())
    }
}

/// How far `now` is after an answer's Date (RFC 9110, 6.6.1); None for what is no date.
fn clock_ahead(date: &str, now: Timestamp) -> Option<SignedDuration> {
    let date = DateTime::from_str(date, Format::HttpDate).ok()?;
    let date = Timestamp::from_second(date.secs()).ok()?;
    // A date has no fractions.
    let now = Timestamp::from_second(now.as_second()).ok()?;
    Some(now.duration_since(date))
}

/// The interceptor of a client whose calls go out by one signature alone.
#[derive(Debug)]
pub(super) struct OnlyBy(pub Signer);

/// That other credentials have signed a call, which was not sent.
#[derive(Debug, thiserror::Error)]
#[error("other credentials signed it")]
pub(super) struct OtherSigner;

impl Intercept for OnlyBy {
    fn name(&self) -> &'static str {
        "kmsdeck signer"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        match signer(context.request()) {
            Some(signer) if signer != self.0 => Err(OtherSigner.into()),
            _ => Ok(()),
        }
    }
}

/// Whose credentials a request is signed with, read off its Authorization.
fn signer(request: &HttpRequest) -> Option<Signer> {
    let signature = request.headers().get("authorization")?;
    let (_, scope) = signature.split_once("Credential=")?;
    Some(Signer::new(scope.split('/').next()?))
}

/// What the call log says of a request: the key, and whether it is a dry run.
fn key_and_dry_run(body: &[u8]) -> (Option<String>, bool) {
    /// The rest, which may be secret, is not even read.
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Said {
        key_id: Option<String>,
        source_key_id: Option<String>,
        destination_key_id: Option<String>,
        alias_name: Option<String>,
        #[serde(default)]
        dry_run: bool,
    }
    match serde_json::from_slice::<Said>(body) {
        Ok(said) => {
            let key = said.key_id.or(said.source_key_id);
            let key = key.or(said.destination_key_id).or(said.alias_name);
            (key, said.dry_run)
        }
        // STS speaks another protocol, and names no key.
        Err(_) => (None, false),
    }
}

/// The code of the error that the call ended with. The SDK's own error has no type here, so that
/// a service's code is read off the answer.
fn error_code(context: &FinalizerInterceptorContextRef<'_>) -> Option<String> {
    let error = context.output_or_error()?.err()?;
    let code = if error.is_operation_error() {
        let body = context
            .response()
            .and_then(|response| response.body().bytes());
        return Some(
            body.and_then(code_of_answer)
                .unwrap_or_else(|| "UnknownError".to_owned()),
        );
    } else if error.is_timeout_error() {
        "TimedOut"
    } else if error.is_connector_error() {
        "EndpointNotReachable"
    } else if error.is_response_error() {
        "UnreadableResponse"
    } else {
        NOT_SENT
    };
    Some(code.to_owned())
}

/// `__type` of KMS's JSON, or `<Code>` of STS's XML.
fn code_of_answer(body: &[u8]) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Said {
        #[serde(rename = "__type")]
        kind: String,
    }
    if let Ok(said) = serde_json::from_slice::<Said>(body) {
        let code = said.kind.rsplit('#').next().unwrap_or_default();
        return Some(code.to_owned());
    }
    let text = std::str::from_utf8(body).ok()?;
    let (_, rest) = text.split_once("<Code>")?;
    Some(rest.split_once("</Code>")?.0.to_owned())
}

/// `message` of KMS's JSON, or `<Message>` of STS's XML; empty where a refusal says no more.
fn message_of_answer(body: &[u8]) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Said {
        #[serde(alias = "Message", default)]
        message: String,
    }
    if let Ok(said) = serde_json::from_slice::<Said>(body) {
        return Some(said.message);
    }
    let text = std::str::from_utf8(body).ok()?;
    let (_, rest) = text.split_once("<Message>")?;
    Some(rest.split_once("</Message>")?.0.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_read_off_either_protocol() {
        let json = br#"{"__type":"com.amazonaws.kms#DisabledException","message":"x"}"#;
        assert_eq!(code_of_answer(json).as_deref(), Some("DisabledException"));
        let xml = b"<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>";
        assert_eq!(code_of_answer(xml).as_deref(), Some("AccessDenied"));
        assert_eq!(code_of_answer(b"<html>"), None);
        assert_eq!(message_of_answer(json).as_deref(), Some("x"));
        let xml = b"<Error><Code>AccessDenied</Code><Message>who may not</Message></Error>";
        assert_eq!(message_of_answer(xml).as_deref(), Some("who may not"));
        assert_eq!(message_of_answer(b"<html>"), None);
    }

    #[test]
    fn the_clock_is_held_against_an_answers_date() {
        let now = "2026-06-01T12:05:00.9Z".parse().unwrap();
        let ahead = |date| clock_ahead(date, now).map(|ahead| ahead.as_secs());
        assert_eq!(ahead("Mon, 01 Jun 2026 12:00:00 GMT"), Some(300));
        assert_eq!(ahead("Mon, 01 Jun 2026 12:06:00 GMT"), Some(-60));
        assert_eq!(ahead("yesterday"), None);
    }

    #[test]
    fn of_a_request_only_the_key_and_the_dry_run_are_read() {
        let body = br#"{"KeyId":"alias/x","Plaintext":"c2VjcmV0","DryRun":true}"#;
        assert_eq!(key_and_dry_run(body), (Some("alias/x".to_owned()), true));
        assert_eq!(key_and_dry_run(b"Action=GetCallerIdentity"), (None, false));
    }
}
