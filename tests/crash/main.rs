//! Kills of the real server.
