//! What a badge says: of a version, a feature, a device-type or a lab, in a few
//! words. Must not know how it is drawn.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use query::{Expression, Name, Pattern, Query, Term};

use super::{
    grid::{self, CellVerdict, Summary, search::Search},
    job::{self, JobNames},
    lab,
};
use crate::{app::App, error::Result};

/// What a badge is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    Version,
    Feature,
    DeviceType,
    Lab,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Good,
    Bad,
    /// Neither: not enough is known, or both.
    Open,
    Plain,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Badge {
    pub label: String,
    pub message: String,
    pub tone: Tone,
}

/// How many times a few versions are read to find the last that was tested.
const STEPS: usize = 8;

/// # Errors
/// `NOT_FOUND` for a name that is not known.
pub async fn badge(
    app: &Arc<App>,
    subject: Subject,
    name: &str,
    now: DateTime<Utc>,
) -> Result<Badge> {
    match subject {
        Subject::Version => {
            let summary = grid::summary(app, name, None, None, now).await?;
            Ok(of_version(name, &summary))
        }
        Subject::Feature => {
            grid::cache::catalog(app).await?.feature(name)?;
            of_latest(app, Name::Feature, name, now).await
        }
        Subject::DeviceType => {
            grid::cache::catalog(app).await?.device_type(name)?;
            of_latest(app, Name::DeviceType, name, now).await
        }
        Subject::Lab => {
            let db = app.db.read();
            lab::get(db, name).await?;
            let names = JobNames {
                lab: Some(name.to_owned()),
                ..JobNames::default()
            };
            let jobs = job::count(db, &job::filter(db, &names).await?).await?;
            Ok(Badge {
                label: format!("lab {name}"),
                message: counted(jobs, "job", "jobs"),
                tone: Tone::Plain,
            })
        }
    }
}

fn of_version(name: &str, summary: &Summary) -> Badge {
    let standing = &summary.standing;
    let broken: Vec<_> = [
        (standing.regressions, "regression", "regressions"),
        (standing.new_failures, "new failure", "new failures"),
    ]
    .into_iter()
    .filter(|(count, ..)| *count > 0)
    .map(|(count, one, many)| counted(count.into(), one, many))
    .collect();
    let (message, tone) = if summary.ready {
        ("ready".to_owned(), Tone::Good)
    } else if broken.is_empty() {
        let (tested, expected) = (standing.tested, standing.expected);
        (format!("{tested} of {expected} tested"), Tone::Open)
    } else {
        (broken.join(", "), Tone::Bad)
    };
    Badge {
        label: format!("LAVA {name}"),
        message,
        tone,
    }
}

/// Of the newest version in which one of its cells has a verdict.
async fn of_latest(app: &Arc<App>, field: Name, name: &str, now: DateTime<Utc>) -> Result<Badge> {
    let own = Term::Name(field, vec![Pattern::exact(name)]);
    let query = Query(Some(Expression::Term(own)));
    let mut search = Search::open(app, query, None, false, now).await?;
    for _ in 0..STEPS {
        let Some(mut found) = search.next().await? else {
            break;
        };
        // A query makes no difference between capitals and small letters.
        found.retain(|cell| match field {
            Name::DeviceType => cell
                .device_type
                .as_ref()
                .is_some_and(|row| row.name == name),
            Name::Feature | Name::Version | Name::Lab => cell.feature.name == name,
        });
        let tested = found.iter().find(|cell| is_real(cell.verdict));
        let Some(version) = tested.map(|cell| cell.version.clone()) else {
            continue;
        };
        let verdicts = found
            .iter()
            .filter(|cell| cell.version.id == version.id)
            .map(|cell| cell.verdict)
            .filter(|verdict| *verdict != CellVerdict::NotApplicable);
        return Ok(of_verdicts(name, &version.name, verdicts));
    }
    Ok(Badge {
        label: name.to_owned(),
        message: "not tested".to_owned(),
        tone: Tone::Open,
    })
}

fn is_real(verdict: CellVerdict) -> bool {
    match verdict {
        CellVerdict::Pass | CellVerdict::PassSoFar | CellVerdict::Fail | CellVerdict::Flaky => true,
        CellVerdict::Infra
        | CellVerdict::Running
        | CellVerdict::Planned
        | CellVerdict::NotReached
        | CellVerdict::NotApplicable => false,
    }
}

fn of_verdicts(
    name: &str,
    version: &str,
    verdicts: impl Iterator<Item = CellVerdict> + Clone,
) -> Badge {
    let count = |wanted| {
        verdicts
            .clone()
            .filter(|verdict| *verdict == wanted)
            .count()
    };
    let total = verdicts.clone().count();
    let passed = count(CellVerdict::Pass);
    let tone = if count(CellVerdict::Fail) > 0 {
        Tone::Bad
    } else if passed == total {
        Tone::Good
    } else {
        Tone::Open
    };
    Badge {
        label: name.to_owned(),
        message: format!("{passed} of {total} pass in {version}"),
        tone,
    }
}

fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::Standing;

    #[test]
    fn a_version_says_what_keeps_it_from_release() {
        let mut summary = Summary {
            standing: Standing {
                expected: 10,
                tested: 4,
                ..Standing::default()
            },
            ..Summary::default()
        };
        let said = |summary: &Summary| {
            let badge = of_version("2026.10", summary);
            (badge.message, badge.tone)
        };
        assert_eq!(said(&summary), ("4 of 10 tested".to_owned(), Tone::Open));
        summary.standing.regressions = 1;
        assert_eq!(said(&summary), ("1 regression".to_owned(), Tone::Bad));
        summary.standing.new_failures = 2;
        assert_eq!(
            said(&summary),
            ("1 regression, 2 new failures".to_owned(), Tone::Bad)
        );
        summary.ready = true;
        assert_eq!(said(&summary), ("ready".to_owned(), Tone::Good));
    }

    #[test]
    fn holes_are_neither_good_nor_bad() {
        use CellVerdict::{Fail, Flaky, Pass, Planned};
        for (verdicts, message, tone) in [
            (&[Pass, Pass][..], "2 of 2 pass in 2026.10", Tone::Good),
            (&[Pass, Planned], "1 of 2 pass in 2026.10", Tone::Open),
            (&[Pass, Flaky], "1 of 2 pass in 2026.10", Tone::Open),
            (&[Pass, Fail, Planned], "1 of 3 pass in 2026.10", Tone::Bad),
        ] {
            let badge = of_verdicts("boot.u-boot", "2026.10", verdicts.iter().copied());
            assert_eq!((badge.message.as_str(), badge.tone), (message, tone));
        }
    }
}
