//! The server of lavafed as a library; the binary only composes it.

pub mod change;
pub mod lava;
pub mod rollup;
pub mod verdict;
