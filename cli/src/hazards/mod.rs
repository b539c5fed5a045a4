//! What a call would do to many objects, and the question before it is made.
//!
//! The same call with `validate_only` says what is affected ([`affected`]); a person at a terminal sees it and agrees or
//! not ([`ask`]). In an environment that looks like production ([`environments`]) the ID has to be typed.

pub mod affected;
pub mod ask;
pub mod environments;
