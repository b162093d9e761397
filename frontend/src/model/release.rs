//! Whether a version can be released, and the lists behind that.
//!
//! Must not know how they are shown.

use super::answer::plural;
use super::cell::HoleReason;
use super::change::ChangeClass;
use super::verdict::CellVerdict;

/// A cell of the version in question, by its names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub feature: String,
    pub device_type: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Changed {
    pub place: Place,
    pub class: ChangeClass,
    pub base: CellVerdict,
    pub head: CellVerdict,
    pub failing_since: Option<String>,
    pub failing_versions: u32,
    pub waiver: Option<Terms>,
}

/// Why a failure does not count, where that is followed up, and until when.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Terms {
    pub reason: String,
    pub url: String,
    pub until: String,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Waiver {
    pub place: Place,
    pub terms: Terms,
    pub at: String,
    pub by: String,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Missing {
    pub place: Place,
    pub verdict: CellVerdict,
    /// `None`: it is being tested.
    pub reason: Option<HoleReason>,
}

/// As many as the server gives at once, of how many.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Listed<T> {
    pub read: Vec<T>,
    pub total: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Release {
    pub event: i64,
    pub changes: Listed<Changed>,
    pub missing: Listed<Missing>,
    pub missing_counts: Vec<(Option<HoleReason>, u32)>,
    pub waivers: Vec<Waiver>,
}

/// Where most of what broke broke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Worst {
    pub feature: String,
    /// "3 of the 5 are in ".
    pub share: String,
    /// Since which version, when all of them fail since the same.
    pub since: Option<String>,
}

/// The feature in which more than one cell broke, if there is one.
pub(crate) fn worst(release: &Release) -> Option<Worst> {
    let broke: Vec<&Changed> = release
        .changes
        .read
        .iter()
        .filter(|change| is_broken(change.class) && change.waiver.is_none())
        .collect();
    let of = |feature: &str| {
        let feature = feature.to_owned();
        broke
            .iter()
            .copied()
            .filter(move |change| change.place.feature == feature)
    };
    let most = broke
        .iter()
        .rev()
        .max_by_key(|change| of(&change.place.feature).count())?;
    let feature = most.place.feature.clone();
    let count = of(&feature).count();
    if count < 2 {
        return None;
    }
    let same = of(&feature).all(|change| change.failing_since == most.failing_since);
    let share = if count == broke.len() {
        "All of them are in ".to_owned()
    } else {
        format!("{count} of the {} are in ", broke.len())
    };
    Some(Worst {
        share,
        since: most.failing_since.clone().filter(|_| same),
        feature,
    })
}

/// What keeps a version from release.
pub(crate) fn is_broken(class: ChangeClass) -> bool {
    matches!(class, ChangeClass::Regression | ChangeClass::NewFailure)
}

/// "25 without a verdict: infra failed 4, planned 7"; empty when none is.
pub(crate) fn holes(release: &Release) -> String {
    if release.missing.total == 0 {
        return String::new();
    }
    let counts: Vec<String> = release
        .missing_counts
        .iter()
        .map(|(reason, count)| format!("{} {count}", reason.map_or("running", HoleReason::words)))
        .collect();
    format!(
        "{} without a verdict: {}",
        plural(release.missing.total, "cell"),
        counts.join(", ")
    )
}

/// "since 2026.10.0036, 5 versions".
pub(crate) fn failing(change: &Changed) -> Option<(&str, String)> {
    let since = change.failing_since.as_deref()?;
    Some((since, plural(change.failing_versions, "version")))
}

/// Of each group of features, how many cells changed in which way.
pub(crate) fn matrix(changes: &[Changed]) -> Vec<(&'static str, Vec<(ChangeClass, u32)>)> {
    ["generic", "deploy", "boot", "test"]
        .into_iter()
        .filter_map(|group| {
            let mut counts: Vec<(ChangeClass, u32)> = Vec::new();
            for change in changes {
                let of = change.place.feature.split('.').next();
                if of != Some(group) {
                    continue;
                }
                match counts.iter_mut().find(|(class, _)| *class == change.class) {
                    Some((_, count)) => *count += 1,
                    None => counts.push((change.class, 1)),
                }
            }
            (!counts.is_empty()).then_some((group, counts))
        })
        .collect()
}

/// The classes there are, loudest first, with how many cells.
pub(crate) fn classes(changes: &[Changed]) -> Vec<(ChangeClass, u32)> {
    let mut classes: Vec<(ChangeClass, u32)> = Vec::new();
    for change in changes {
        match classes.iter_mut().find(|(class, _)| *class == change.class) {
            Some((_, count)) => *count += 1,
            None => classes.push((change.class, 1)),
        }
    }
    classes.sort_by_key(|(class, _)| *class);
    classes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(feature: &str, class: ChangeClass, since: &str) -> Changed {
        Changed {
            place: Place {
                feature: feature.into(),
                device_type: Some("x15".into()),
            },
            class,
            base: CellVerdict::Pass,
            head: CellVerdict::Fail,
            failing_since: (!since.is_empty()).then(|| since.into()),
            failing_versions: 5,
            waiver: None,
        }
    }

    fn release(changes: Vec<Changed>) -> Release {
        Release {
            event: 1,
            changes: Listed {
                total: 4,
                read: changes,
            },
            missing: Listed {
                read: vec![],
                total: 11,
            },
            missing_counts: vec![(Some(HoleReason::InfraFailed), 4), (None, 7)],
            waivers: vec![],
        }
    }

    #[test]
    fn the_worst_feature_is_named_with_its_beginning() {
        use ChangeClass::{Fixed, NewFailure, Regression};
        let mut changes = vec![
            changed("deploy.nbd", Regression, "2026.11"),
            changed("boot.fastboot", Regression, "2026.10.0036"),
            changed("boot.fastboot", NewFailure, "2026.10.0036"),
            changed("test.shell", Fixed, ""),
        ];
        let found = worst(&release(changes.clone())).unwrap();
        assert_eq!(
            (
                found.feature.as_str(),
                found.share.as_str(),
                found.since.as_deref()
            ),
            ("boot.fastboot", "2 of the 3 are in ", Some("2026.10.0036"))
        );
        if let Some(change) = changes.get_mut(1) {
            change.failing_since = Some("2026.11".into());
        }
        assert_eq!(worst(&release(changes.clone())).unwrap().since, None);
        // what is waived is nobody's worst
        if let Some(change) = changes.get_mut(2) {
            change.waiver = Some(Terms {
                reason: "r".into(),
                url: "u".into(),
                until: "t".into(),
            });
        }
        assert_eq!(worst(&release(changes)), None);
        let all = vec![
            changed("boot.x", Regression, "v"),
            changed("boot.x", Regression, "v"),
        ];
        assert_eq!(worst(&release(all)).unwrap().share, "All of them are in ");
    }

    #[test]
    fn holes_and_runs_are_counted() {
        assert_eq!(
            holes(&release(vec![])),
            "11 cells without a verdict: infra failed 4, running 7"
        );
        let change = changed("a.b", ChangeClass::Regression, "2026.10");
        assert_eq!(failing(&change), Some(("2026.10", "5 versions".to_owned())));
    }

    #[test]
    fn changes_are_summed_by_group() {
        use ChangeClass::{Fixed, Regression};
        let changes = [
            changed("boot.a", Fixed, ""),
            changed("boot.b", Regression, ""),
            changed("generic.c", Regression, ""),
        ];
        assert_eq!(
            matrix(&changes),
            [
                ("generic", vec![(Regression, 1)]),
                ("boot", vec![(Fixed, 1), (Regression, 1)])
            ]
        );
        assert_eq!(classes(&changes), [(Regression, 2), (Fixed, 1)]);
    }
}
