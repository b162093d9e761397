//! The comparison of two versions.

use async_graphql::{Context, Object, SimpleObject};
use chrono::Utc;

use super::{
    connection::{List, connection},
    context::{self, Window},
    device_type::DeviceType,
    feature::Feature,
    scalar::{CellVerdict, ChangeClass, EventNumber},
    version::Version,
    waiver::Waiver,
};
use crate::service::{compare, page};

#[derive(SimpleObject)]
pub(super) struct ChangeCount {
    class: ChangeClass,
    count: i32,
}

/// A cell that changed.
pub(super) struct CellChange(compare::CellChange);

impl From<compare::CellChange> for CellChange {
    fn from(change: compare::CellChange) -> Self {
        Self(change)
    }
}

#[Object]
impl CellChange {
    async fn feature(&self) -> Feature {
        Feature(self.0.feature.clone())
    }

    async fn device_type(&self) -> Option<DeviceType> {
        self.0.device_type.clone().map(DeviceType)
    }

    async fn class(&self) -> ChangeClass {
        self.0.class.into()
    }

    async fn base(&self) -> CellVerdict {
        self.0.base.into()
    }

    async fn head(&self) -> CellVerdict {
        self.0.head.into()
    }

    /// The waiver of the head's cell.
    async fn waiver(&self) -> Option<Waiver> {
        self.0.waiver.clone().map(Waiver)
    }

    /// First version of the run of failing versions that ends with the head.
    async fn failing_since(&self) -> Option<Version> {
        self.0.failing_since.clone().map(Version)
    }

    /// Versions in that run.
    async fn failing_versions(&self) -> u32 {
        self.0.failing_versions
    }
}

/// Two versions compared cell by cell; own verdicts only.
pub(super) struct Comparison(compare::Comparison);

#[Object]
impl Comparison {
    async fn event(&self) -> EventNumber {
        EventNumber(self.0.event)
    }

    async fn base(&self) -> Version {
        Version(self.0.base.clone())
    }

    async fn head(&self) -> Version {
        Version(self.0.head.clone())
    }

    /// How many cells changed in which way; sums never cancel.
    async fn counts(&self) -> Vec<ChangeCount> {
        let counts = compare::counts(&self.0);
        let number = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
        counts
            .into_iter()
            .map(|(class, count)| ChangeCount {
                class: class.into(),
                count: number(count),
            })
            .collect()
    }

    /// The changed cells, loudest first.
    async fn changes(
        &self,
        #[graphql(desc = "Left out: all classes.")] classes: Option<Vec<ChangeClass>>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> async_graphql::Result<List<CellChange>> {
        let window = Window {
            first,
            after,
            last,
            before,
        };
        page_of(&self.0.changes, classes.as_deref(), &window)
    }
}

/// A page of the changes of some classes.
pub(super) fn page_of(
    changes: &[compare::CellChange],
    classes: Option<&[ChangeClass]>,
    window: &Window,
) -> async_graphql::Result<List<CellChange>> {
    let mut changes = changes.to_vec();
    changes.retain(|change| classes.is_none_or(|classes| classes.contains(&change.class.into())));
    let page = page::of_list(&changes, window, |change| &change.cursor)?;
    Ok(connection(page, changes.len() as u64))
}

#[derive(Default)]
pub(super) struct CompareQuery;

#[Object]
impl CompareQuery {
    /// Compares two versions cell by cell.
    async fn compare(
        &self,
        ctx: &Context<'_>,
        base: String,
        head: String,
        as_of: Option<EventNumber>,
    ) -> async_graphql::Result<Comparison> {
        let as_of = as_of.map(|event| event.0);
        let app = context::app(ctx)?;
        Ok(Comparison(
            compare::compare(app, &base, &head, as_of, Utc::now()).await?,
        ))
    }
}
