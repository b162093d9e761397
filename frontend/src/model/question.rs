//! Which grid is asked for, and how its rows and columns name a cell.
//!
//! Must not know how the question is sent.

use super::address::AskedCell;
use super::cell::CellKey;
use super::layout::Shape;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Question {
    /// All versions × all features, folded over the device-types or of one.
    Versions { device_type: Option<String> },
    /// The features of one version × the device-types.
    Version {
        name: String,
        baseline: Option<String>,
    },
}

impl Question {
    pub(crate) fn shape(&self) -> Shape {
        match self {
            Self::Versions { .. } => Shape::Versions,
            Self::Version { .. } => Shape::Version,
        }
    }

    /// The cell where a row and a column meet.
    pub(crate) fn key(&self, row: &str, column: &str) -> CellKey {
        match self {
            Self::Versions { device_type } => CellKey {
                version: row.to_owned(),
                feature: column.to_owned(),
                device_type: device_type.clone(),
                baseline: None,
            },
            Self::Version { name, baseline } => CellKey {
                version: name.clone(),
                feature: row.to_owned(),
                device_type: Some(column.to_owned()),
                baseline: baseline.clone(),
            },
        }
    }

    /// The cell an address asks for, and where it stands in this grid.
    pub(crate) fn asked(&self, asked: &AskedCell) -> Option<(CellKey, Place)> {
        match self {
            Self::Versions { device_type } => {
                let version = asked.version.clone()?;
                let place = Place {
                    row: version.clone(),
                    column: Some(asked.feature.clone()),
                };
                let key = CellKey {
                    version,
                    feature: asked.feature.clone(),
                    device_type: asked.device_type.clone().or_else(|| device_type.clone()),
                    baseline: None,
                };
                Some((key, place))
            }
            Self::Version { name, baseline } => {
                let place = Place {
                    row: asked.feature.clone(),
                    column: asked.device_type.clone(),
                };
                let key = CellKey {
                    version: name.clone(),
                    feature: asked.feature.clone(),
                    device_type: asked.device_type.clone(),
                    baseline: baseline.clone(),
                };
                Some((key, place))
            }
        }
    }

    /// What the address says of a cell of this grid.
    pub(crate) fn address(&self, key: &CellKey) -> AskedCell {
        match self {
            Self::Versions { device_type } => AskedCell {
                version: Some(key.version.clone()),
                feature: key.feature.clone(),
                device_type: key
                    .device_type
                    .clone()
                    .filter(|one| Some(one) != device_type.as_ref()),
            },
            Self::Version { .. } => AskedCell {
                version: None,
                feature: key.feature.clone(),
                device_type: key.device_type.clone(),
            },
        }
    }
}

/// Names of a row and a column; without a column the whole row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub row: String,
    pub column: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_survives_its_address() {
        let all = Question::Versions { device_type: None };
        let one = Question::Version {
            name: "2026.11".into(),
            baseline: Some("2026.09".into()),
        };
        for (question, row, column) in [
            (&all, "2026.11", "boot.fastboot"),
            (&one, "boot.fastboot", "x15"),
        ] {
            let key = question.key(row, column);
            let (back, place) = question.asked(&question.address(&key)).unwrap();
            assert_eq!(back, key);
            assert_eq!(
                (place.row.as_str(), place.column.as_deref()),
                (row, Some(column))
            );
        }
    }

    #[test]
    fn a_part_of_a_fold_keeps_the_folds_place() {
        let all = Question::Versions { device_type: None };
        let mut key = all.key("2026.11", "boot.fastboot");
        key.device_type = Some("x15".into());
        let (back, place) = all.asked(&all.address(&key)).unwrap();
        assert_eq!(back.device_type.as_deref(), Some("x15"));
        assert_eq!(place.column.as_deref(), Some("boot.fastboot"));
    }
}
