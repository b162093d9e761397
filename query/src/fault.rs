//! What is wrong with a query, and where.

use std::fmt;

/// The first place that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Byte at which it begins; behind the last one when something is missing.
    pub at: usize,
    /// Bytes it has; 0 when something is missing.
    pub length: usize,
    /// A sentence.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

/// Signs of a query that a sentence repeats.
const MOST_REPEATED: usize = 40;

/// A piece of the query within a sentence.
pub(crate) fn said(text: &str) -> String {
    let mut said: String = text.chars().take(MOST_REPEATED).collect();
    if said.len() < text.len() {
        said.push('…');
    }
    format!("\"{said}\"")
}
