//! How far a read of a tab has come.

use crate::kms::KmsError;
use crate::reads::ReadAnswer;
use crate::tui::jobs::JobId;

pub(super) enum Load {
    /// Waits for the key ID that DescribeKey gives.
    NotAsked,
    Loading(JobId),
    Ready(ReadAnswer),
    Failed(Box<KmsError>),
}
