//! What the tests stand on: the real things around lavafed, started and stopped by the tests that need them.
//! Must not know what any single test wants to prove.

pub mod lava;
