//! What a DryRun says about access.

use super::error::{Cause, KmsError};

/// The answer of a dry run. KMS gives it as an error whichever way it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// `DryRunOperationException`: the request would be carried out.
    WouldSucceed,
    /// `AccessDeniedException`.
    Denied,
    /// Refused for another reason: the key's state or usage, no such key, a bad parameter.
    WouldFail,
    /// Throttled, no network, no credentials, a fault inside KMS: nothing is known about access.
    NotKnown,
}

impl Verdict {
    /// The verdict that `error` carries, when it answered a DryRun.
    pub fn of(error: &KmsError) -> Verdict {
        if error.is_dry_run_success() {
            return Verdict::WouldSucceed;
        }
        if error.is_access_denied() {
            return Verdict::Denied;
        }
        let passing = error.status.is_some_and(|status| status >= 500)
            || error.is_of_credentials()
            || matches!(
                error.code.as_str(),
                "UnknownOperationException"
                    | "KeyUnavailableException"
                    | "DependencyTimeoutException"
                    | "KMSInternalException"
            );
        match error.cause {
            Cause::Service if !passing => Verdict::WouldFail,
            _ => Verdict::NotKnown,
        }
    }

    /// A sign that tells the four apart without colour.
    pub fn glyph(self) -> &'static str {
        match self {
            Verdict::WouldSucceed => "✓",
            Verdict::Denied => "✗",
            Verdict::WouldFail => "!",
            Verdict::NotKnown => "?",
        }
    }

    pub fn text(self) -> &'static str {
        match self {
            Verdict::WouldSucceed => "Would succeed",
            Verdict::Denied => "Denied",
            Verdict::WouldFail => "Would fail",
            Verdict::NotKnown => "Not known",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(code: &str, status: u16) -> KmsError {
        KmsError {
            status: Some(status),
            fix: None,
            ..KmsError::local(Cause::Service, code, "", "")
        }
    }

    #[test]
    fn each_answer_of_a_dry_run_has_its_verdict() {
        let verdict = |code, status| Verdict::of(&service(code, status));
        assert_eq!(
            verdict("DryRunOperationException", 400),
            Verdict::WouldSucceed
        );
        assert_eq!(verdict("AccessDeniedException", 400), Verdict::Denied);
        assert_eq!(verdict("DisabledException", 400), Verdict::WouldFail);
        assert_eq!(verdict("NotFoundException", 400), Verdict::WouldFail);
        assert_eq!(verdict("ValidationException", 400), Verdict::WouldFail);
        assert_eq!(verdict("KMSInternalException", 500), Verdict::NotKnown);
        assert_eq!(verdict("ExpiredTokenException", 400), Verdict::NotKnown);
        let throttled = KmsError {
            cause: Cause::Throttled,
            ..service("ThrottlingException", 400)
        };
        assert_eq!(Verdict::of(&throttled), Verdict::NotKnown);
        assert_eq!(Verdict::of(&KmsError::cancelled()), Verdict::NotKnown);
    }
}
