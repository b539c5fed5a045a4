//! The server's start and end.
