//! What comes back from lavafed, and picking it apart.

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

/// An answer of one of the doors.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Answer {
    /// The data of a GraphQL answer without errors.
    ///
    /// # Errors
    /// When it has errors.
    pub fn data(mut self) -> Result<Value> {
        if let Some(errors) = self.body.get("errors") {
            bail!("{} {errors}", self.status);
        }
        self.body
            .get_mut("data")
            .map(Value::take)
            .with_context(|| format!("{} without data", self.status))
    }

    /// The code of a refusal: of the first GraphQL error, or of a door that speaks no GraphQL.
    #[must_use]
    pub fn code(&self) -> &str {
        text(&self.body, "/errors/0/extensions/code")
            .or_else(|| text(&self.body, "/code"))
            .unwrap_or_default()
    }

    /// Status and code, for tables.
    #[must_use]
    pub fn refusal(&self) -> (u16, &str) {
        (self.status, self.code())
    }
}

/// The text at a JSON pointer.
#[must_use]
pub fn text<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    value.pointer(pointer)?.as_str()
}

/// The value at a JSON pointer; null when there is none.
#[must_use]
pub fn at<'v>(value: &'v Value, pointer: &str) -> &'v Value {
    value.pointer(pointer).unwrap_or(&Value::Null)
}

/// The members of the list at a JSON pointer; none when there is no list.
#[must_use]
pub fn list<'v>(value: &'v Value, pointer: &str) -> &'v [Value] {
    at(value, pointer).as_array().map_or(&[], Vec::as_slice)
}

/// One text of each member of a list.
#[must_use]
pub fn texts<'v>(value: &'v Value, pointer: &str, field: &str) -> Vec<&'v str> {
    list(value, pointer)
        .iter()
        .filter_map(|member| text(member, field))
        .collect()
}
