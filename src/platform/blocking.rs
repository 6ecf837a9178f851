//! Work that blocks, out of the way of the tasks.

/// Runs `work` on a thread that may block. A panic of it goes on here. Where the runtime ends before
/// the work has begun, nothing comes any more.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(value) => value,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // It was cancelled, and so is whoever waits here.
            Err(_) => std::future::pending().await,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_is_cancelled_is_no_panic() {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .max_blocking_threads(1)
            .build()
            .unwrap();
        let (begin, begun) = std::sync::mpsc::channel::<()>();
        let holds = runtime.spawn(blocking(move || begun.recv()));
        let waits = runtime.spawn(blocking(|| {}));
        std::thread::sleep(std::time::Duration::from_millis(50));
        // What has not begun yet is cancelled.
        runtime.shutdown_background();
        begin.send(()).unwrap();
        let watcher = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        for task in [watcher.block_on(waits), watcher.block_on(holds).map(drop)] {
            assert!(!task.is_err_and(|error| error.is_panic()));
        }
    }
}
