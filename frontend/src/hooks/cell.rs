//! One cell in full, as the card and the panel need it.
//!
//! Must not know where it is shown.

use yew::hook;

use super::load::{Loaded, use_load};
use crate::api::read;
use crate::model::cell::{CellDetail, CellKey};

/// Data of `None` mean that there is no such cell.
#[hook]
pub(crate) fn use_cell(key: Option<&CellKey>, stamp: i64) -> Loaded<Option<CellDetail>> {
    let texts = key.map(|key| {
        vec![
            Some(key.version.clone()),
            Some(key.feature.clone()),
            key.device_type.clone(),
            key.baseline.clone(),
            key.at.map(|event| event.to_string()),
        ]
    });
    let key = key.cloned();
    use_load(texts, stamp, move || {
        let key = key.clone();
        async move {
            match key {
                Some(key) => read::cell(&key).await,
                None => Ok(None),
            }
        }
    })
}
