//! What this page changed itself, for what no event tells of.
//!
//! Must not know what was changed.

use yew::{Callback, hook, use_state};

use super::kept::bound;

/// How often, and how to say that it did again.
#[hook]
pub(crate) fn use_changes() -> (i64, Callback<()>) {
    let count = use_state(|| 0_i64);
    let changed = bound((*count, count.setter()), |(), (count, setter)| {
        setter.set(count + 1);
    });
    (*count, changed)
}
