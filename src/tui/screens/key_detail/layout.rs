//! Where the parts of the details stand: known once, for drawing and for the mouse.

/// The row of the tabs' titles in the body.
pub(super) const TABS_ROW: u16 = 2;
