//! Secret bytes.

use zeroize::Zeroizing;

use crate::wire::{ApiError, ApiResult};

/// Bytes that are wiped when dropped.
pub(crate) type Secret = Zeroizing<Vec<u8>>;

/// Bytes from the system's RNG.
pub(crate) fn random(len: usize) -> ApiResult<Secret> {
    let mut bytes = Zeroizing::new(vec![0; len]);
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| ApiError::internal())?;
    Ok(bytes)
}
