//! Adding an entity.
