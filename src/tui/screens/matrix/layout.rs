//! Where the parts of the matrix stand: known once, for drawing and for the mouse.

/// Lines above the rows: title, contexts, progress, changes, the name of the column under the
/// cursor, the column heads.
pub(super) const HEAD: usize = 6;

/// Columns of the keys' names, with the cursor's mark.
pub(super) const NAMES: usize = 28;

/// Lines of what KMS said: a long denial is of about 360 characters.
pub(super) fn said(columns: u16, rows: usize) -> usize {
    let whole = 360_usize.div_ceil(columns.saturating_sub(2).max(1).into());
    whole.clamp(2, (rows / 6).max(2))
}

/// Lines below the rows: a rule, which cell it is, and what KMS said to it.
pub(super) fn foot(columns: u16, rows: usize) -> usize {
    2 + said(columns, rows)
}
