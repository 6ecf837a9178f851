//! Where the parts of the matrix stand: known once, for drawing and for the mouse.

/// Lines above the rows: title, contexts, progress, changes, the column heads.
pub(super) const HEAD: usize = 5;

/// Lines below them: a rule, and what the cell under the cursor says.
pub(super) const FOOT: usize = 4;

/// Columns of the keys' names, with the cursor's mark.
pub(super) const NAMES: usize = 28;
