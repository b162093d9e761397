//! The query language: text to a predicate over cells, the same in the search
//! box, the URL, GraphQL, exports and feeds. Must not know where cells come
//! from, nor how versions are ordered.
//!
//! ```text
//! query = [ or ]
//! or    = and   { "or" and }
//! and   = unary { [ "and" ] unary }
//! unary = ( "not" | "-" ) unary | "(" or ")" | term
//! term  = [ field ( ":" | "=" | "!=" | "<" | "<=" | ">" | ">=" ) ] value { "," value }
//! value = bare | '"' { any character, \" or \\ } '"'
//! ```
//!
//! A bare value has no white space and none of `( ) " , : = < > !`, is no
//! keyword and does not begin with `-`; a `*` in it stands for any characters.

mod ast;
mod fault;
mod pattern;
mod read;
mod row;
mod show;
mod term;
mod word;

#[cfg(test)]
mod tests;

pub use ast::{Age, Expression, Field, Name, Order, Query, Term, Unit, VersionBound};
pub use fault::Fault;
pub use pattern::Pattern;
pub use row::{OfVersion, Row};
pub use word::{Action, Change, Kind, Verdict, Word};

/// Characters of a query at most.
pub const MOST_CHARACTERS: usize = 2_000;
/// Parentheses and negations within each other at most.
pub const MOST_DEPTH: usize = 32;
/// Values of a query at most.
pub const MOST_TERMS: usize = 100;

/// Where a version stands among all; None for what is no version.
pub type Ordinal = fn(&str) -> Option<i64>;

impl Query {
    /// An empty text asks for everything.
    ///
    /// # Errors
    /// The first place that cannot be understood.
    pub fn parse(text: &str, ordinal: Ordinal) -> Result<Self, Fault> {
        read::query(text, ordinal)
    }
}
