//! What a query looks at: a cell with its names. Says what the query
//! language's words mean in terms of the grid.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entity::{
    device_type::{self, DeviceTypeId},
    feature::{self, FeatureAction, FeatureId},
    lab::{self, LabId},
    version::{self, VersionId, VersionKind},
};
use query::{Action, OfVersion, Query, Row, Term};

use super::{CellVerdict, catalog::Catalog, fold::Told, slice::Spot};
use crate::{
    change::Change,
    error::{Error, Result},
    lava,
};

/// # Errors
/// `BAD_USER_INPUT` with the place in the text.
pub fn parse(text: &str) -> Result<Query> {
    let ordinal = |name: &str| Some(lava::version::parse(name).ok()?.ordinal);
    Query::parse(text, ordinal)
        .map_err(|fault| Error::input("query", fault.message).in_text(fault.at, fault.length))
}

/// Whether a query asks which labs tried a cell.
pub(super) fn asks_for_labs(query: &Query) -> bool {
    query.names(|term| matches!(term, Term::Name(query::Name::Lab, _)))
}

pub(super) fn of_version(version: &version::Model) -> OfVersion<'_> {
    OfVersion {
        name: &version.name,
        ordinal: version.ordinal,
        is_release: version.kind == VersionKind::Release,
    }
}

/// Which labs tried which cells.
#[derive(Debug, Default)]
pub(super) struct Labs {
    pub(super) rows: HashMap<LabId, lab::Model>,
    pub(super) of_cell: HashMap<(VersionId, Spot), BTreeSet<LabId>>,
}

impl Labs {
    /// By name.
    pub(super) fn of(&self, version: VersionId, spot: Spot) -> Vec<&lab::Model> {
        let ids = self.of_cell.get(&(version, spot)).into_iter().flatten();
        let mut labs: Vec<_> = ids.filter_map(|id| self.rows.get(id)).collect();
        labs.sort_by(|a, b| a.name.cmp(&b.name));
        labs
    }
}

/// The names of a catalogue, each with its rank there.
pub(super) struct Names<'c> {
    pub(super) features: HashMap<FeatureId, (usize, &'c feature::Model)>,
    device_types: HashMap<DeviceTypeId, (usize, &'c device_type::Model)>,
}

impl<'c> Names<'c> {
    pub(super) fn of(catalog: &'c Catalog) -> Self {
        let features = catalog.features.iter().enumerate();
        let device_types = catalog.device_types.iter().enumerate();
        Self {
            features: features.map(|(at, row)| (row.id, (at, row))).collect(),
            device_types: device_types.map(|(at, row)| (row.id, (at, row))).collect(),
        }
    }

    /// A cell with its names; None when it is none: nobody tried or expects it,
    /// and nothing was lost.
    pub(super) fn candidate(
        &self,
        version: &'c version::Model,
        spot: Spot,
        told: Told,
        last_at: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
        labs: &'c Labs,
    ) -> Option<Candidate<'c>> {
        if told.verdict == CellVerdict::NotApplicable && told.change.is_none() {
            return None;
        }
        let (feature_rank, feature) = *self.features.get(&spot.0)?;
        let device_type = match spot.1 {
            Some(id) => Some(*self.device_types.get(&id)?),
            None => None,
        };
        Some(Candidate {
            version,
            feature,
            device_type: device_type.map(|(_, row)| row),
            rank: (feature_rank, device_type.map(|(rank, _)| rank)),
            verdict: told.verdict,
            change: told.change,
            last_at,
            age: last_at.map(|at| (now - at).num_seconds().max(0)),
            labs: labs.of(version.id, spot),
        })
    }
}

/// Where a cell stands among those of its version.
pub(super) type Rank = (usize, Option<usize>);

/// A cell that a query may find.
pub(super) struct Candidate<'c> {
    pub(super) version: &'c version::Model,
    pub(super) feature: &'c feature::Model,
    pub(super) device_type: Option<&'c device_type::Model>,
    pub(super) rank: Rank,
    pub(super) verdict: CellVerdict,
    pub(super) change: Option<Change>,
    pub(super) last_at: Option<DateTime<Utc>>,
    /// Seconds since the last attempt.
    pub(super) age: Option<i64>,
    pub(super) labs: Vec<&'c lab::Model>,
}

impl Row for Candidate<'_> {
    fn version(&self) -> OfVersion<'_> {
        of_version(self.version)
    }

    fn feature(&self) -> &str {
        &self.feature.name
    }

    fn device_type(&self) -> Option<&str> {
        self.device_type.map(|row| row.name.as_str())
    }

    fn labs(&self) -> impl Iterator<Item = &str> {
        self.labs.iter().map(|row| row.name.as_str())
    }

    fn verdict(&self) -> query::Verdict {
        verdict_word(self.verdict)
    }

    fn change(&self) -> query::Change {
        change_word(self.change)
    }

    fn age(&self) -> Option<i64> {
        self.age
    }

    fn action(&self) -> Option<Action> {
        self.feature.action.map(|action| match action {
            FeatureAction::Deploy => Action::Deploy,
            FeatureAction::Boot => Action::Boot,
            FeatureAction::Test => Action::Test,
        })
    }
}

/// What a verdict is called in queries and exports.
#[must_use]
pub fn verdict_word(verdict: CellVerdict) -> query::Verdict {
    match verdict {
        CellVerdict::Pass | CellVerdict::PassSoFar => query::Verdict::Pass,
        CellVerdict::Fail => query::Verdict::Fail,
        CellVerdict::Flaky => query::Verdict::Flaky,
        CellVerdict::Infra => query::Verdict::Infra,
        CellVerdict::Running => query::Verdict::Running,
        CellVerdict::Planned => query::Verdict::Planned,
        CellVerdict::NotReached => query::Verdict::NotReached,
        CellVerdict::NotApplicable => query::Verdict::NotApplicable,
    }
}

/// What a change is called in queries and exports.
#[must_use]
pub fn change_word(change: Option<Change>) -> query::Change {
    match change {
        Some(Change::Regression) => query::Change::Regression,
        Some(Change::NewFailure) => query::Change::NewFailure,
        Some(Change::Fixed) => query::Change::Fixed,
        Some(Change::StillFailing) => query::Change::StillFailing,
        Some(Change::Flaky) => query::Change::Flaky,
        Some(Change::Gone) => query::Change::Gone,
        Some(Change::NewPass) => query::Change::NewPass,
        Some(Change::Appeared) => query::Change::Appeared,
        None => query::Change::None,
    }
}
