//! The use cases: each checks, transacts, commits, and then wakes the readers.
//! One file per resource, one function per use case. Knows nothing of HTTP or
//! GraphQL.

// the catalogue
pub mod device;
pub mod device_type;
pub mod feature;
pub mod lab;
pub mod plan;
pub mod version;

// results
pub mod ingest;
pub mod job;
pub mod receipt;

// borrowing
pub mod alert;
pub mod badge;
pub mod lease;
pub mod round;
pub mod transition;

// reading the results
pub mod blame;
pub mod compare;
pub mod grid;
pub mod release;
pub mod waiver;

pub mod lookup;
pub mod name;
pub mod page;
pub mod tell;
pub mod token;
