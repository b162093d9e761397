//! The server of lavafed as a library; the binary only composes it.

pub mod lava;
