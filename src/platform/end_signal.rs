//! What asks a program from outside to end: Unix's signals, or the events of a Windows console.

/// Waits until it is asked to; the number of the signal. A terminal's hangup asks only who does not
/// serve others.
pub async fn end_signal(heeds_hangup: bool) -> i32 {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [
            SignalKind::interrupt(),
            SignalKind::terminate(),
            SignalKind::quit(),
        ];
        let [Ok(mut interrupt), Ok(mut terminate), Ok(mut quit)] = kinds.map(signal) else {
            return std::future::pending().await;
        };
        let mut hangup = match heeds_hangup {
            true => signal(SignalKind::hangup()).ok(),
            false => None,
        };
        let hung_up = async {
            match &mut hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        let kind = tokio::select! {
            _ = interrupt.recv() => kinds[0],
            _ = terminate.recv() => kinds[1],
            _ = quit.recv() => kinds[2],
            _ = hung_up => SignalKind::hangup(),
        };
        kind.as_raw_value()
    }
    #[cfg(windows)]
    {
        use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close};
        let (Ok(mut interrupt), Ok(mut stop), Ok(mut close)) =
            (ctrl_c(), ctrl_break(), ctrl_close())
        else {
            return std::future::pending().await;
        };
        let hung_up = async {
            match heeds_hangup {
                true => close.recv().await,
                false => std::future::pending().await,
            }
        };
        // By the numbers that Unix has for the same.
        tokio::select! {
            _ = interrupt.recv() => 2,
            _ = stop.recv() => 15,
            _ = hung_up => 1,
        }
    }
}
