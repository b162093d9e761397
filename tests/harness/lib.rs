//! What the tests stand on: the real things around lavafed, started and stopped by the tests that need them.
//! Must not know what any single test wants to prove.

pub mod app;
pub mod browser;
pub mod client;
pub mod database;
pub mod lava;
pub mod log;
pub mod notification;
pub mod postgres;
pub mod result;
pub mod server;
pub mod story;
pub mod sums;
