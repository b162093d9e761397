//! LAVA's own words and bytes: what a LAVA server sends is read here, into
//! values that say what LAVA meant. Knows nothing of our tables but the enums
//! that spell LAVA's states, and decides nothing about cells.
//!
//! The bytes come from servers that are not ours: whatever they hold, reading
//! them ends soon, with a value or with a place and a reason.

pub mod client;
pub mod definition;
pub mod feature;
pub mod notification;
pub mod results;
pub mod tag;
pub mod version;
pub mod yaml;
