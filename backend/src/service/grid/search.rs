//! The cells that a query finds, the newest version first, read a few versions
//! at a time: neither a page nor a whole export holds all of them in memory.

use std::{
    cmp::Reverse,
    collections::{BTreeSet, VecDeque},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use entity::{
    device_type, feature, lab,
    version::{self, VersionId},
};
use query::Query;
use tokio::sync::Semaphore;

use super::{
    CellVerdict, View,
    catalog::Catalog,
    cell::Attempts,
    fold,
    found::{self, Candidate, Labs, Names, Rank},
    view::{Rolling, Wanted},
};
use crate::{
    app::App,
    change::Change,
    error::{Error, Result},
    service::{
        job,
        page::{Page, Window},
    },
};

/// Versions whose cells are read at once.
const AT_ONCE: usize = 8;
/// Searches that read at once; a search that is written out slowly holds up none.
static TURNS: Semaphore = Semaphore::const_new(2);

/// A cell that a query found.
#[derive(Clone, Debug)]
pub struct Found {
    pub version: version::Model,
    pub feature: feature::Model,
    pub device_type: Option<device_type::Model>,
    /// What its change is told against.
    pub baseline: Option<version::Model>,
    pub verdict: CellVerdict,
    pub change: Option<Change>,
    pub attempts: Attempts,
    pub last_at: Option<DateTime<Utc>>,
    /// Seconds since then.
    pub age: Option<i64>,
    /// By name; empty unless they were asked for.
    pub labs: Vec<lab::Model>,
    place: Place,
}

/// Where a cell stands among all: the newest version first, then as the
/// catalogue has features and device-types.
type Place = (Reverse<i64>, Reverse<VersionId>, Rank);

impl Found {
    /// Tells the cell apart from the others.
    #[must_use]
    pub fn cursor(&self) -> String {
        let names = [&self.version.name, &self.feature.name].map(String::as_str);
        let device_type = self.device_type.as_ref().map(|row| row.name.as_str());
        let names: Vec<_> = names.into_iter().chain(device_type).collect();
        names.join("/")
    }
}

/// Reads what a query finds, a few versions at each step, all as of one event.
pub struct Search {
    app: Arc<App>,
    query: Query,
    labs: bool,
    pub event: i64,
    now: DateTime<Utc>,
    /// No reading is of another event, whatever happens meanwhile.
    asked_as_of: Option<i64>,
    catalog: Arc<Catalog>,
    ahead: VecDeque<VersionId>,
}

pub(super) struct Chosen<'a>(pub(super) &'a [VersionId]);

impl Wanted for Chosen<'_> {
    fn versions(&self, catalog: &Catalog) -> Result<BTreeSet<VersionId>> {
        let baselines = self.0.iter().filter_map(|id| catalog.release_before(*id));
        Ok(baselines.map(|row| row.id).chain(self.0.to_vec()).collect())
    }
}

impl Search {
    /// With `labs` it is read which labs tried what it finds.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` for an event that is not yet.
    pub async fn open(
        app: &Arc<App>,
        query: Query,
        as_of: Option<i64>,
        labs: bool,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        let view = View::open(app, as_of, &Chosen(&[]), now).await?;
        let versions = view.catalog.versions.iter();
        let ahead = versions
            .filter(|row| query.may_find_in(&found::of_version(row)))
            .map(|row| row.id)
            .collect();
        Ok(Self {
            app: Arc::clone(app),
            labs: labs || found::asks_for_labs(&query),
            query,
            event: view.event,
            now: view.now,
            asked_as_of: as_of,
            catalog: view.catalog,
            ahead,
        })
    }

    #[must_use]
    pub fn query(&self) -> &Query {
        &self.query
    }

    /// What is found in the next few versions, maybe nothing; None behind the last.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn next(&mut self) -> Result<Option<Vec<Found>>> {
        let many = self.ahead.len().min(AT_ONCE);
        let versions: Vec<_> = self.ahead.drain(..many).collect();
        self.read(&versions).await
    }

    /// The same from the other end.
    async fn next_back(&mut self) -> Result<Option<Vec<Found>>> {
        let rest = self.ahead.len().saturating_sub(AT_ONCE);
        let versions: Vec<_> = self.ahead.drain(rest..).collect();
        self.read(&versions).await
    }

    async fn read(&self, versions: &[VersionId]) -> Result<Option<Vec<Found>>> {
        if versions.is_empty() {
            return Ok(None);
        }
        let _turn = TURNS.acquire().await.map_err(Error::internal)?;
        let wanted = Chosen(versions);
        let mut view = View::read(&self.app, self.asked_as_of, &wanted, self.now).await?;
        if view.event != self.event {
            view = View::read(&self.app, Some(self.event), &wanted, self.now).await?;
        }
        view.now = self.now;
        let labs = if self.labs {
            labs(&self.app, versions, self.event).await?
        } else {
            Labs::default()
        };
        Ok(Some(found(&view, versions, &self.query, &labs)))
    }

    /// Where a cursor stands.
    fn place(&self, field: &str, cursor: &str) -> Result<Place> {
        let unknown = || Error::input(field, "The cursor is not one of this list.");
        let mut names = cursor.split('/');
        let mut next = || names.next();
        let (version, feature, device_type) = (next(), next(), next());
        let version = self.catalog.version(version.unwrap_or_default());
        let version = version.map_err(|_| unknown())?;
        let rank_of = |name: &str| {
            let mut features = self.catalog.features.iter();
            features.position(|row| row.name == name)
        };
        let feature = feature.and_then(rank_of).ok_or_else(unknown)?;
        let device_type = match device_type {
            Some(name) => {
                let mut rows = self.catalog.device_types.iter();
                Some(rows.position(|row| row.name == name).ok_or_else(unknown)?)
            }
            None => None,
        };
        Ok((
            Reverse(version.ordinal),
            Reverse(version.id),
            (feature, device_type),
        ))
    }

    /// Passes over the versions before a place, or behind it.
    fn narrow(&mut self, after: Option<&Place>, before: Option<&Place>) {
        let catalog = &self.catalog;
        self.ahead.retain(|id| {
            let Some(row) = catalog.version_by_id(*id) else {
                return false;
            };
            let own = (Reverse(row.ordinal), Reverse(row.id));
            after.is_none_or(|(ordinal, id, _)| own >= (*ordinal, *id))
                && before.is_none_or(|(ordinal, id, _)| own <= (*ordinal, *id))
        });
    }
}

/// A page of what a query finds.
///
/// # Errors
/// `BAD_USER_INPUT` for a query, window or event that is none.
pub async fn page(
    app: &Arc<App>,
    query: Query,
    as_of: Option<i64>,
    window: &Window,
    labs: bool,
    now: DateTime<Utc>,
) -> Result<Page<Found>> {
    let (length, from_end) = window.length()?;
    let mut search = Search::open(app, query, as_of, labs, now).await?;
    let place = |field, cursor: &Option<String>| {
        let cursor = cursor.as_deref();
        cursor.map(|cursor| search.place(field, cursor)).transpose()
    };
    let after = place("after", &window.after)?;
    let before = place("before", &window.before)?;
    search.narrow(after.as_ref(), before.as_ref());
    let mut rows: VecDeque<Found> = VecDeque::new();
    while rows.len() <= length {
        let next = if from_end {
            search.next_back().await?
        } else {
            search.next().await?
        };
        let Some(mut cells) = next else { break };
        cells.retain(|cell| {
            after.is_none_or(|place| cell.place > place)
                && before.is_none_or(|place| cell.place < place)
        });
        if from_end {
            cells
                .into_iter()
                .rev()
                .for_each(|cell| rows.push_front(cell));
        } else {
            rows.extend(cells);
        }
    }
    let more = rows.len() > length;
    if from_end {
        rows.drain(..rows.len().saturating_sub(length));
    } else {
        rows.truncate(length);
    }
    Ok(Page {
        rows: rows.into_iter().map(|cell| (cell.cursor(), cell)).collect(),
        has_previous: if from_end { more } else { after.is_some() },
        has_next: if from_end { before.is_some() } else { more },
    })
}

/// How many cells a query finds on all pages.
///
/// # Errors
/// `BAD_USER_INPUT` for an event that is not yet.
pub async fn count(
    app: &Arc<App>,
    query: Query,
    as_of: Option<i64>,
    now: DateTime<Utc>,
) -> Result<u64> {
    let mut search = Search::open(app, query, as_of, false, now).await?;
    let mut total = 0;
    while let Some(cells) = search.next().await? {
        total += cells.len() as u64;
    }
    Ok(total)
}

/// Which labs tried the cells of versions, as of an event.
pub(super) async fn labs(app: &App, versions: &[VersionId], as_of: i64) -> Result<Labs> {
    let db = app.db.read();
    let rows = crate::service::lab::all(db).await?;
    let mut labs = Labs {
        rows: rows.into_iter().map(|row| (row.id, row)).collect(),
        ..Labs::default()
    };
    for (version, spot, lab) in job::labs_of_versions(db, versions, as_of).await? {
        let of_cell = labs.of_cell.entry((version, spot)).or_default();
        of_cell.insert(lab);
    }
    Ok(labs)
}

/// What a query finds in these versions, in their order.
fn found(view: &View, versions: &[VersionId], query: &Query, labs: &Labs) -> Vec<Found> {
    let names = Names::of(&view.catalog);
    let mut cells = Vec::new();
    for id in versions {
        let (Some(version), Some(slice)) = (view.catalog.version_by_id(*id), view.slice(*id))
        else {
            continue;
        };
        let baseline = view.catalog.release_before(*id);
        let base = baseline.and_then(|row| view.slice(row.id));
        let begin = cells.len();
        for (spot, told) in fold::tell_all(view, slice, base, &Rolling::default()) {
            let numbers = slice.spots.get(&spot).and_then(|entry| entry.numbers);
            let last_at = numbers.map(|numbers| numbers.last_at);
            let candidate = names.candidate(version, spot, told, last_at, view.now, labs);
            let Some(candidate) = candidate.filter(|cell| query.matches(cell)) else {
                continue;
            };
            let mut attempts = Attempts::default();
            if let Some(entry) = slice.spots.get(&spot) {
                attempts.add(entry);
            }
            cells.push(Found::of(&candidate, baseline, attempts));
        }
        if let Some(own) = cells.get_mut(begin..) {
            own.sort_by_key(|cell| cell.place);
        }
    }
    cells
}

impl Found {
    fn of(cell: &Candidate<'_>, baseline: Option<&version::Model>, attempts: Attempts) -> Self {
        Self {
            version: cell.version.clone(),
            feature: cell.feature.clone(),
            device_type: cell.device_type.cloned(),
            baseline: baseline.cloned(),
            verdict: cell.verdict,
            change: cell.change,
            attempts,
            last_at: cell.last_at,
            age: cell.age,
            labs: cell.labs.iter().map(|row| (*row).clone()).collect(),
            place: (
                Reverse(cell.version.ordinal),
                Reverse(cell.version.id),
                cell.rank,
            ),
        }
    }
}
