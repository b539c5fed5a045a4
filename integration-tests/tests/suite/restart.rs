//! The server and PostgreSQL killed and restarted.
