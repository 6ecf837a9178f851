//! Why a call gave no answer, and what the user can do about it.

/// Where an error arose. It decides what advice is given where KMS's own code says nothing, and
/// the verdict of a dry run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The service answered with an error.
    Service,
    /// The service, or the SDK's own rate limiter, held the call back.
    Throttled,
    /// No answer came in time.
    Timeout,
    /// No connection, or it broke.
    Network,
    /// No usable credentials; nothing was sent.
    Credentials,
    /// The profile's role asks for an MFA code: there is none yet, or STS refused it.
    Mfa,
    /// No Region is set; nothing was sent.
    Region,
    /// Something else in the configuration; nothing was sent.
    Config,
    /// The answer could not be read as KMS's.
    Response,
    /// The user gave the call up.
    Cancelled,
}

/// Who failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// KMS, or the endpoint that stands for it.
    Kms,
    /// AWS Security Token Service, which gives the credentials of roles and says who one is.
    Sts,
    /// AWS Identity and Access Management.
    Iam,
    /// The portal of IAM Identity Center.
    SsoPortal,
    /// The session of `aws login`.
    SignIn,
    /// The instance metadata service of an EC2 machine.
    Imds,
    /// The endpoint that gives a container its credentials.
    ContainerEndpoint,
    /// The program that a profile names as `credential_process`.
    CredentialProcess,
    /// The file that holds a web identity token.
    WebIdentityFile,
    /// A proxy between here and the endpoint.
    Proxy,
    /// The TLS connection: its certificate cannot be trusted, or the other side speaks no TLS.
    Tls,
    /// The network, or who does not answer on it.
    Network,
    /// What the user configured: a file, a setting, a code.
    User,
    /// The SDK or kmsdeck itself.
    Sdk,
}

/// An error of a call: the service's own code, message and request ID where it answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct KmsError {
    /// `AccessDeniedException`, or a name of kmsdeck's where no service answered (`NoRegion`).
    pub code: String,
    /// In the service's words. Untrusted: make it printable before it is drawn.
    pub message: String,
    pub request_id: Option<String>,
    /// The HTTP status, where there was an answer.
    pub status: Option<u16>,
    pub cause: Cause,
    pub who: Who,
    /// The fix, where the place that made the error knows one better than the code's.
    pub fix: Option<String>,
}

/// What an error means and what to do, in words for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    pub means: String,
    pub todo: String,
}

/// The code of what KMS does not offer for a key.
const NOT_FOR_KEY: &str = "UnsupportedOperationException";

/// The code of a dry run that would succeed.
pub const DRY_RUN_SUCCEEDED: &str = "DryRunOperationException";

/// code, what it means, what the user can do (KMS API reference, and KMS.md's table).
#[rustfmt::skip]
pub const ADVICE: &[(&str, &str, &str)] = &[
    ("NotFoundException", "There is no such key or alias in this account and Region.", "Check the Region and the spelling; another account's key needs its ARN."),
    ("AlreadyExistsException", "There is something of that name already: an alias names one key in its account and Region.", "Choose another name; UpdateAlias moves an alias to another key."),
    ("MalformedPolicyDocumentException", "KMS does not take the policy: its form, a principal that is not there (deleted, or made seconds ago), or nobody could put another one.", "Correct what the message names, and put it again."),
    ("DisabledException", "The key is disabled.", "Enable it, or choose another key."),
    ("KeyUnavailableException", "The key is not available now.", "Try again in a moment."),
    ("DependencyTimeoutException", "KMS timed out inside.", "Try again in a moment."),
    ("InvalidKeyUsageException", "The key's KeyUsage or KeySpec does not fit the operation.", "Choose a key that fits the operation: its KeySpec and KeyUsage say what it can do."),
    ("InvalidGrantTokenException", "A grant token is not valid.", "Get a new token, or leave it out once the grant has spread (minutes)."),
    ("KMSInternalException", "Something failed inside KMS.", "Try again in a moment."),
    ("KMSInvalidStateException", "The key's state forbids this: pending deletion, pending import, creating, or its key store is disconnected.", "Look at the key's state; cancel the deletion, import the material, or reconnect the key store."),
    (DRY_RUN_SUCCEEDED, "The dry run succeeded: the request would have been carried out.", "Nothing: it is the good answer."),
    ("AccessDeniedException", "This principal may not do this.", "Ask for the permission in the key policy, an IAM policy or a grant; where they demand an encryption context, check that."),
    ("ValidationException", "KMS refuses a parameter.", "Correct the field that the message names."),
    ("ThrottlingException", "The account's request quota for this Region is used up, by all its workloads together.", "Wait a little, then try again."),
    ("LimitExceededException", "A quota of the account is used up.", "Free something, or ask AWS for a higher quota."),
    ("InvalidCiphertextException", "The ciphertext is damaged, or the encryption context is not the one it was made with.", "Give the very same pairs: keys and values are case-sensitive."),
    ("InvalidArnException", "The ARN is not valid.", "Check its Region, account and key."),
    ("InvalidMarkerException", "The list changed under the paging.", "Refresh."),
    ("UnsupportedOperationException", "The operation, or a parameter of it, is not offered for this key.", "Choose another key or parameter."),
    ("UnknownOperationException", "This endpoint does not know the operation.", "Use AWS, or an endpoint that offers it."),
    ("ExpiredTokenException", "The credentials have expired.", "Get new ones as the profile has them (aws sso login, aws login, new keys in its file), then retry."),
    ("UnrecognizedClientException", "AWS does not know these credentials.", "Check the profile and its access key; a Region that the account has not enabled answers so, too."),
    ("InvalidClientTokenId", "AWS does not know these credentials.", "Check the profile and its access key."),
    ("InvalidSignatureException", "The request's signature does not match.", "Check the secret access key and this machine's clock."),
    ("IncompleteSignature", "The endpoint could not read the request's signature.", "Check the endpoint and the credentials."),
    ("MissingAuthenticationToken", "The request carried no credentials.", "Choose a profile that has some."),
    ("OptInRequired", "The account has no access to this Region or service.", "Enable the Region, or choose another."),
    ("ServiceUnavailable", "The service is not available now.", "Try again in a moment."),
    ("InternalFailure", "Something failed inside the service.", "Try again in a moment."),
];

/// What a refusal names as its reason, in AWS's own words (IAM user guide, "Troubleshoot access
/// denied error messages"); what it means, and what the user can do. An explicit deny is no missing
/// permission: asking for one helps nobody.
#[rustfmt::skip]
pub const DENIALS: &[(&str, &str, &str)] = &[
    ("explicit deny in a service control policy", "A service control policy of the organization forbids it.", "Ask who runs the organization: nothing in this account can allow it."),
    ("explicit deny in a resource control policy", "A resource control policy of the organization forbids it.", "Ask who runs the organization of the key: nothing in its account can allow it."),
    ("explicit deny in a VPC endpoint policy", "The policy of the VPC endpoint forbids it.", "Ask who runs the VPC endpoint, or call from elsewhere."),
    ("explicit deny in a permissions boundary", "The permissions boundary of this principal forbids it.", "Ask who set the boundary: a permission beside it does not help."),
    ("explicit deny in a session policy", "The policy of this session forbids it.", "Begin a session without that policy."),
    ("explicit deny in a resource-based policy", "The key policy forbids it, whatever else allows it.", "Look for its Deny on the key's policy tab: a context, a source or another principal may be what it asks for."),
    ("explicit deny in an identity-based policy", "A policy of this principal forbids it, whatever else allows it.", "Look for its Deny: a context, MFA or another principal may be what it asks for."),
    ("explicit deny", "A policy forbids it, whatever else allows it.", "Look for the Deny in the key policy and in the principal's policies."),
    ("no service control policy allows", "No service control policy of the organization allows it.", "Ask who runs the organization: nothing in this account can allow it."),
    ("no resource control policy allows", "No resource control policy of the organization allows it.", "Ask who runs the organization of the key."),
    ("no VPC endpoint policy allows", "The policy of the VPC endpoint does not allow it.", "Ask who runs the VPC endpoint, or call from elsewhere."),
    ("no permissions boundary allows", "The permissions boundary of this principal does not allow it.", "Ask who set the boundary: a permission beside it does not help."),
    ("no session policy allows", "The policy of this session does not allow it.", "Begin a session whose policy allows it, or without one."),
];

/// Codes by which AWS services say that who signed is not known to them, or no more.
const OF_CREDENTIALS: &[&str] = &[
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];

/// Whether an error of that code is a refusal of access.
pub fn is_code_of_refusal(code: &str) -> bool {
    matches!(code, "AccessDeniedException" | "AccessDenied")
}

/// Whether a code says that who signed is not known, or no more.
pub fn is_code_of_credentials(code: &str) -> bool {
    OF_CREDENTIALS.contains(&code)
}

impl KmsError {
    /// What KMS does not offer for a key, said without asking it.
    pub fn not_for_key(what: &str) -> KmsError {
        KmsError::local(
            Cause::Service,
            NOT_FOR_KEY,
            format!("There is no {what} of such a key."),
            "Choose another key.",
        )
    }

    /// Whether KMS does not offer that for such a key: nothing is missing then.
    pub fn is_not_for_key(&self) -> bool {
        self.code == NOT_FOR_KEY
    }

    /// Whether other credentials, or the same ones read anew, may mend it: the request itself was
    /// not judged.
    pub fn is_of_credentials(&self) -> bool {
        matches!(self.cause, Cause::Credentials | Cause::Mfa) || is_code_of_credentials(&self.code)
    }

    /// An error that arose on this side, before or without an answer.
    pub fn local(
        cause: Cause,
        code: &str,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        KmsError {
            code: code.to_owned(),
            message: message.into(),
            request_id: None,
            status: None,
            cause,
            who: match cause {
                Cause::Service | Cause::Throttled | Cause::Response => Who::Kms,
                Cause::Timeout | Cause::Network => Who::Network,
                Cause::Mfa => Who::Sts,
                Cause::Credentials | Cause::Region | Cause::Config | Cause::Cancelled => Who::User,
            },
            fix: Some(fix.into()),
        }
    }

    /// The same, where it is known better who failed.
    pub fn by(self, who: Who) -> Self {
        KmsError { who, ..self }
    }

    pub fn cancelled() -> Self {
        KmsError::local(
            Cause::Cancelled,
            "Cancelled",
            "The call was given up before an answer came.",
            "Send it again when you like.",
        )
    }

    pub fn is_access_denied(&self) -> bool {
        is_code_of_refusal(&self.code)
    }

    pub fn is_dry_run_success(&self) -> bool {
        self.code == DRY_RUN_SUCCEEDED
    }

    /// What the error means, and what to do. Never empty.
    pub fn advice(&self) -> Advice {
        if self.is_access_denied()
            && let Some((_, means, todo)) = DENIALS
                .iter()
                .find(|(reason, ..)| self.message.contains(reason))
        {
            return Advice {
                means: (*means).to_owned(),
                todo: (*todo).to_owned(),
            };
        }
        let known = ADVICE.iter().find(|(code, ..)| *code == self.code);
        let (means, todo) = match (known, self.cause) {
            (Some((_, means, todo)), _) => (*means, *todo),
            (None, _) if self.is_access_denied() => {
                return KmsError {
                    code: "AccessDeniedException".into(),
                    ..self.clone()
                }
                .advice();
            }
            (None, Cause::Throttled) => (
                "The service is holding calls back.",
                "Wait a little, then try again.",
            ),
            (None, Cause::Timeout) => (
                "No answer came in time; the request may have arrived.",
                "Check the network, or raise --read-timeout.",
            ),
            (None, Cause::Network) => (
                "The endpoint could not be reached.",
                "Check the network, the proxy, and the endpoint.",
            ),
            (None, Cause::Credentials) => (
                "There are no usable credentials.",
                "Choose a profile with --profile, or sign in.",
            ),
            (None, Cause::Mfa) => (
                "The profile's role asks for an MFA code.",
                "Type the code that the device shows.",
            ),
            (None, Cause::Region) => (
                "No Region is set.",
                "Give one with --region, AWS_REGION or the profile.",
            ),
            (None, Cause::Config) => (
                "The configuration cannot be used.",
                "Correct it and start again.",
            ),
            (None, Cause::Response) => (
                "The answer is not one that KMS gives.",
                "Check that the endpoint is a KMS endpoint.",
            ),
            (None, Cause::Cancelled) => ("You gave the call up.", "Send it again when you like."),
            (None, Cause::Service) => (
                "The service refused the request.",
                "Read its message, and correct the request.",
            ),
        };
        Advice {
            means: means.to_owned(),
            todo: self.fix.clone().unwrap_or_else(|| todo.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_has_advice_even_one_that_is_new() {
        let mut error = KmsError::local(Cause::Service, "BrandNewException", "?", "x");
        error.fix = None;
        assert!(!error.advice().means.is_empty() && !error.advice().todo.is_empty());
        error.code = "AccessDeniedException".into();
        assert!(error.advice().todo.contains("Ask for the permission"));
        error.message = "User: x is not authorized to perform: kms:Decrypt with an explicit deny in a service control policy".into();
        assert!(error.advice().todo.contains("the organization"));
        error.message = "User: x is not authorized to perform: kms:Decrypt because no session policy allows the kms:Decrypt action".into();
        assert!(error.advice().todo.contains("session"));
        error.code = "DisabledException".into();
        assert_eq!(error.advice().means, "The key is disabled.");
    }
}
