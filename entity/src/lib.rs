//! The rows of lavafed: one table per file, an id newtype for each, and the
//! filters everybody must apply as scopes.
//!
//! Knows nothing of HTTP, GraphQL or of how rows come to be.

// the catalogue: what is tested, where and with what
pub mod device;
pub mod device_health;
pub mod device_type;
pub mod feature;
pub mod lab;
pub mod plan;
pub mod version;
pub mod veto_day;

// results: from the notification as it came to the cell of the grid
pub mod cell;
pub mod cell_change;
pub mod event;
pub mod fold;
pub mod job;
pub mod job_feature;
pub mod receipt;
pub mod verdict;
pub mod waiver;

// borrowing: rounds, their leases and jobs, and what was done about them
pub mod alert;
pub mod lab_driver;
pub mod lease;
pub mod replica;
pub mod round;
pub mod submission;
pub mod trail;

// who may call
pub mod source;
pub mod token;

/// Declares the newtype of a table's numeric primary key.
macro_rules! id {
    ($name:ident) => {
        #[derive(
            Clone,
            Copy,
            Debug,
            Hash,
            PartialEq,
            Eq,
            PartialOrd,
            Ord,
            serde::Serialize,
            serde::Deserialize,
            sea_orm::DeriveValueType,
        )]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}
pub(crate) use id;

/// A state as a statement's own text has it. A database uses an index over the
/// rows in some states only where it reads the states before the values.
pub(crate) fn written(
    state: &impl sea_orm::ActiveEnum<Value = String>,
) -> sea_orm::sea_query::Expr {
    sea_orm::sea_query::Expr::Constant(state.to_value().into())
}
