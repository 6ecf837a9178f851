//! How a call went: attempts, latency, request ID, read off the SDK by an interceptor, so that
//! an operation's own file says nothing of it.

use std::cell::RefCell;
use std::future::Future;
use std::time::Instant;

use aws_sdk_kms::config::interceptors::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_sdk_kms::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_kms::error::BoxError;

use crate::kms::CallMeta;

tokio::task_local! {
    static METER: RefCell<CallMeta>;
}

/// Runs one SDK call and tells how it went. The SDK drives its interceptors from the caller's
/// own task, so that what [`Meter`] notes can only belong to this call.
pub async fn metered<T>(call: impl Future<Output = T>) -> (T, CallMeta) {
    let started = Instant::now();
    METER
        .scope(RefCell::default(), async move {
            let answer = call.await;
            let mut meta = METER.with(RefCell::take);
            meta.latency = started.elapsed();
            (answer, meta)
        })
        .await
}

/// The interceptor of every client.
#[derive(Debug)]
pub(super) struct Meter;

impl Intercept for Meter {
    fn name(&self) -> &'static str {
        "kmsdeck meter"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let _ = METER.try_with(|meter| meter.borrow_mut().attempts += 1);
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let id = context.response().and_then(|response| {
            let headers = response.headers();
            headers
                .get("x-amzn-requestid")
                .or_else(|| headers.get("x-amz-request-id"))
        });
        if let Some(id) = id {
            let _ = METER.try_with(|meter| meter.borrow_mut().request_id = Some(id.to_owned()));
        }
        Ok(())
    }
}
