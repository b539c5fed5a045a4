//! What depends on what: how a walk goes from an object to its dependents. `options.proto` has the rules.

/// What a reference says of dependence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dependence {
    /// The holder depends on the named.
    Depends,
    /// The holder lives in the named, and has means of its own.
    LivesIn,
    /// The holder uses the named.
    Uses,
    /// The holder depends on the named and carries it.
    Carries,
    /// Neither depends on the other.
    None,
}

/// How dependants are reached over a relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crossing {
    /// They depend on this end.
    Depends,
    /// They live here.
    LivesIn,
    /// They use this end.
    Uses,
    /// They are carried by this end.
    Rises,
}

/// What a walk has crossed so far, as far as it decides where it may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mood {
    /// At the start, and among what depends on it or lives in it.
    AtHome,
    /// Among those that use it.
    Abroad,
    /// Among what these carry.
    Rising,
}

impl Dependence {
    pub(crate) fn from_number(number: i32) -> Self {
        match number {
            2 => Self::LivesIn,
            3 => Self::Uses,
            4 => Self::Carries,
            5 => Self::None,
            _ => Self::Depends,
        }
    }

    /// From the named to its holders.
    pub(crate) fn of_holder(self) -> Option<Crossing> {
        match self {
            Self::Depends | Self::Carries => Some(Crossing::Depends),
            Self::LivesIn => Some(Crossing::LivesIn),
            Self::Uses => Some(Crossing::Uses),
            Self::None => None,
        }
    }

    /// From a holder to the named.
    pub(crate) fn of_named(self) -> Option<Crossing> {
        (self == Self::Carries).then_some(Crossing::Rises)
    }
}

impl Mood {
    /// The mood after a crossing; `None` if the walk does not take it.
    pub fn after(self, crossing: Crossing) -> Option<Self> {
        match (self, crossing) {
            (_, Crossing::Rises) => Some(Self::Rising),
            (Self::Rising, _) | (Self::Abroad, Crossing::LivesIn) => None,
            (_, Crossing::Uses) => Some(Self::Abroad),
            (mood, Crossing::Depends | Crossing::LivesIn) => Some(mood),
        }
    }
}
