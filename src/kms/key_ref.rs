//! Which key is meant, from the list to the outcome.

/// A key of a Region. It stays right when the list is begun anew, and when other Regions are
/// listed beside.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyRef {
    /// `eu-west-1`: where calls about the key go.
    pub region: String,
    /// In any of the four notations of [`key_id`](super::key_id), as calls name it; empty where
    /// no key is meant.
    pub id: String,
}

impl KeyRef {
    pub fn new(region: impl Into<String>, id: impl Into<String>) -> Self {
        KeyRef {
            region: region.into(),
            id: id.into(),
        }
    }

    /// No key, and where a key would be looked for.
    pub fn none(region: impl Into<String>) -> Self {
        KeyRef::new(region, "")
    }

    /// The same Region's key of another notation.
    pub fn with_id(&self, id: impl Into<String>) -> Self {
        KeyRef::new(self.region.clone(), id)
    }

    pub fn is_none(&self) -> bool {
        self.id.is_empty()
    }
}
