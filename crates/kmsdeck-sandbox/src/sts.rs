//! sts:GetCallerIdentity, in the query protocol and XML.
//!
//! Source: STS API reference, GetCallerIdentity. No permission is needed.

use bytes::Bytes;
use http::{Request, Response};

use crate::Sandbox;
use crate::answer::response;
use crate::wire::ApiError;

/// The `Action` of a form body.
pub(crate) fn action(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    text.split('&')
        .find_map(|pair| pair.strip_prefix("Action="))
        .map(str::to_owned)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

impl Sandbox {
    pub(super) fn respond_sts(
        &self,
        request: &Request<Bytes>,
        request_id: &str,
    ) -> Result<Response<Bytes>, ApiError> {
        match action(request.body()).as_deref() {
            Some("GetCallerIdentity") => {}
            other => {
                return Err(ApiError::new(
                    "InvalidAction",
                    format!(
                        "Could not find operation {}",
                        other.unwrap_or("(no Action)")
                    ),
                ));
            }
        }
        let (identity, _) = self.authenticate(request, "sts")?;
        let xml = format!(
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
             <GetCallerIdentityResult><Arn>{}</Arn><UserId>{}</UserId><Account>{}</Account>\
             </GetCallerIdentityResult><ResponseMetadata><RequestId>{request_id}</RequestId>\
             </ResponseMetadata></GetCallerIdentityResponse>",
            escape(&identity.principal.arn),
            escape(&identity.user_id()),
            escape(&identity.principal.account_id),
        );
        Ok(response(200, "text/xml", Bytes::from(xml), request_id))
    }
}

/// An error of the query protocol. STS has its own names and codes for the
/// errors of authentication.
pub(crate) fn refuse(error: &ApiError, request_id: &str) -> Response<Bytes> {
    let (code, status) = match error.name {
        "UnrecognizedClientException" => ("InvalidClientTokenId", 403),
        "InvalidSignatureException" => ("SignatureDoesNotMatch", 403),
        "MissingAuthenticationTokenException" => ("MissingAuthenticationToken", 403),
        "IncompleteSignatureException" => ("IncompleteSignature", 400),
        "ThrottlingException" => ("Throttling", 400),
        "KMSInternalException" => ("InternalFailure", 500),
        other => (other, error.status),
    };
    let fault = if status < 500 { "Sender" } else { "Receiver" };
    let xml = format!(
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error>\
         <Type>{fault}</Type><Code>{code}</Code><Message>{}</Message></Error>\
         <RequestId>{request_id}</RequestId></ErrorResponse>",
        escape(error.message.as_deref().unwrap_or_default()),
    );
    response(status, "text/xml", Bytes::from(xml), request_id)
}
