//! `lavafed demo`: a year of believable history, written through the use cases
//! that real data comes through, so that what it shows is what lavafed does.
//! The same for the same end time. Must know nothing of HTTP or the pages.
//!
//! - what there is: `features`, `device_types`, `labs`, `versions`
//! - what happens: `script` (what goes wrong), `plan` (what is expected when),
//!   `outcome` (how one job ends), `schedule` (which jobs ran where and when)
//! - how it gets there: `catalogue` and `write`; `live` goes on while it is
//!   shown, `lend` lends devices that do not exist; `place` keeps it apart from
//!   real data

mod catalogue;
mod device_types;
mod features;
mod labs;
pub mod lend;
mod live;
mod outcome;
mod place;
mod plan;
mod schedule;
mod script;
mod versions;
mod write;

#[cfg(test)]
mod tests;

pub use live::go_on;
pub use place::{Filled, clear, default_dir, fill};
pub use write::{Written, history};
