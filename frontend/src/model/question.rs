//! Which grid is asked for, and how its rows and columns name a cell.
//!
//! Must not know how the question is sent.

use super::address::AskedCell;
use super::cell::CellKey;
use super::layout::Shape;
use super::names;

/// Which grid, and which of its cells.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Question {
    pub of: Of,
    /// Only the cells that this finds.
    pub query: Option<String>,
    /// As of this event, instead of now.
    pub at: Option<i64>,
}

/// What a grid is of.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Of {
    /// All versions × all features, folded over the device-types or of one.
    Versions { device_type: Option<String> },
    /// All versions × the device-types with this feature.
    Feature { name: String },
    /// The features of one version × the device-types.
    Version {
        name: String,
        baseline: Option<String>,
    },
}

impl Question {
    pub(crate) fn shape(&self) -> Shape {
        match &self.of {
            Of::Feature { name } if !names::is_generic(name) => Shape::Feature,
            Of::Versions { .. } | Of::Feature { .. } => Shape::Versions,
            Of::Version { .. } => Shape::Version,
        }
    }

    /// Whether the same grid is asked for, whatever is found in it.
    pub(crate) fn is_of_same_grid(&self, other: &Self) -> bool {
        self.of == other.of && self.at == other.at
    }

    /// The cell where a row and a column meet.
    pub(crate) fn key(&self, row: &str, column: &str) -> CellKey {
        match &self.of {
            Of::Versions { device_type } => CellKey {
                version: row.to_owned(),
                feature: column.to_owned(),
                device_type: device_type.clone(),
                baseline: None,
                at: self.at,
            },
            Of::Feature { name } => CellKey {
                version: row.to_owned(),
                feature: name.clone(),
                device_type: (column != name).then(|| column.to_owned()),
                baseline: None,
                at: self.at,
            },
            Of::Version { name, baseline } => CellKey {
                version: name.clone(),
                feature: row.to_owned(),
                device_type: Some(column.to_owned()),
                baseline: baseline.clone(),
                at: self.at,
            },
        }
    }

    /// The cell an address asks for, and where it stands in this grid.
    pub(crate) fn asked(&self, asked: &AskedCell) -> Option<(CellKey, Place)> {
        let key = CellKey {
            version: match &self.of {
                Of::Versions { .. } | Of::Feature { .. } => asked.version.clone()?,
                Of::Version { name, .. } => name.clone(),
            },
            feature: asked.feature.clone(),
            device_type: match &self.of {
                Of::Versions { device_type } => {
                    asked.device_type.clone().or_else(|| device_type.clone())
                }
                Of::Feature { .. } | Of::Version { .. } => asked.device_type.clone(),
            },
            baseline: match &self.of {
                Of::Versions { .. } | Of::Feature { .. } => None,
                Of::Version { baseline, .. } => baseline.clone(),
            },
            at: self.at,
        };
        let place = match &self.of {
            Of::Versions { .. } => Place {
                row: key.version.clone(),
                column: Some(asked.feature.clone()),
            },
            Of::Feature { name } => Place {
                row: key.version.clone(),
                column: Some(asked.device_type.as_ref().unwrap_or(name).clone()),
            },
            Of::Version { .. } => Place {
                row: asked.feature.clone(),
                column: asked.device_type.clone(),
            },
        };
        Some((key, place))
    }

    /// What the address says of a cell of this grid.
    pub(crate) fn address(&self, key: &CellKey) -> AskedCell {
        let version = match &self.of {
            Of::Versions { .. } | Of::Feature { .. } => Some(key.version.clone()),
            Of::Version { .. } => None,
        };
        let device_type = match &self.of {
            Of::Versions { device_type } => key
                .device_type
                .clone()
                .filter(|one| Some(one) != device_type.as_ref()),
            Of::Feature { .. } | Of::Version { .. } => key.device_type.clone(),
        };
        AskedCell {
            version,
            feature: key.feature.clone(),
            device_type,
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

    fn of(of: Of) -> Question {
        Question {
            of,
            query: None,
            at: None,
        }
    }

    #[test]
    fn a_cell_survives_its_address() {
        let all = of(Of::Versions { device_type: None });
        let one = of(Of::Version {
            name: "2026.11".into(),
            baseline: Some("2026.09".into()),
        });
        let feature = |name: &str| of(Of::Feature { name: name.into() });
        for (question, row, column) in [
            (&all, "2026.11", "boot.fastboot"),
            (&one, "boot.fastboot", "x15"),
            (&feature("boot.fastboot"), "2026.11", "x15"),
            (&feature("generic.xmlrpc"), "2026.11", "generic.xmlrpc"),
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
        let all = of(Of::Versions { device_type: None });
        let mut key = all.key("2026.11", "boot.fastboot");
        key.device_type = Some("x15".into());
        let (back, place) = all.asked(&all.address(&key)).unwrap();
        assert_eq!(back.device_type.as_deref(), Some("x15"));
        assert_eq!(place.column.as_deref(), Some("boot.fastboot"));
    }
}
