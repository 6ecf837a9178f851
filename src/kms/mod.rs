//! The domain: keys, requests, outcomes and errors of AWS KMS, in the API's own names.
//! It knows neither the SDK nor a screen.

pub mod blob;
pub mod call_record;
pub mod encoding;
pub mod encryption_context;
pub mod error;
pub mod field;
pub mod field_error;
pub mod key;
pub mod key_id;
pub mod key_ref;
pub mod key_store;
pub mod outcome;
pub mod principal;
pub mod regions;
pub mod request;
pub mod secret;
pub mod table_file;
pub mod tags;
pub mod text;
pub mod times;
pub mod value;
pub mod verdict;

pub use blob::{Blob, BlobForm};
pub use call_record::{CallEnd, CallRecord, NOT_SENT, Signer};
pub use error::{Cause, KmsError, Who};
pub use field::{Field, FieldKind};
pub use field_error::FieldError;
pub use key_ref::KeyRef;
pub use outcome::{CallMeta, Outcome, OutcomeKind, ResponseField, ResponseSpec, ResponseValue};
pub use request::{OpId, Request};
pub use secret::SecretBytes;
pub use value::Value;
pub use verdict::Verdict;
