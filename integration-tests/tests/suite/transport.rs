//! Malformed and oversized calls.
