//! What can be known of a key beside its name: facts, each told by one call a key.

/// A fact that one call a key tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fact {
    Details,
    Tags,
    Rotation,
    LastUsage,
    Grants,
}

impl Fact {
    pub const ALL: [Fact; 5] = [
        Fact::Details,
        Fact::Tags,
        Fact::Rotation,
        Fact::LastUsage,
        Fact::Grants,
    ];

    /// The call that tells it.
    pub fn operation(self) -> &'static str {
        match self {
            Fact::Details => "DescribeKey",
            Fact::Tags => "ListResourceTags",
            Fact::Rotation => "GetKeyRotationStatus",
            Fact::LastUsage => "GetKeyLastUsage",
            Fact::Grants => "ListGrants",
        }
    }

    /// Its place in [`ALL`](Self::ALL).
    pub(super) fn place(self) -> usize {
        self as usize
    }
}

/// Several facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FactSet(u8);

impl FactSet {
    pub fn of(fact: Fact) -> FactSet {
        FactSet(1 << fact.place())
    }

    pub fn has(self, fact: Fact) -> bool {
        self.0 & (1 << fact.place()) != 0
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn and(self, others: FactSet) -> FactSet {
        FactSet(self.0 | others.0)
    }

    pub fn without(self, others: FactSet) -> FactSet {
        FactSet(self.0 & !others.0)
    }

    /// In the order in which they are asked.
    pub fn iter(self) -> impl Iterator<Item = Fact> {
        Fact::ALL.into_iter().filter(move |fact| self.has(*fact))
    }
}

impl FromIterator<Fact> for FactSet {
    fn from_iter<T: IntoIterator<Item = Fact>>(facts: T) -> Self {
        facts
            .into_iter()
            .fold(FactSet::default(), |set, fact| set.and(FactSet::of(fact)))
    }
}
