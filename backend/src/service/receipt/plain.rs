//! A result told without LAVA's notification, as CI tells META and PACKAGE results.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::{
    job::{JobHealth, JobState, JobType},
    source::SourceId,
    verdict::Verdict,
};
use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Result},
    lava::notification,
    service::{
        job::{JobReport, Told},
        name,
    },
    verdict::FeatureVerdict,
};

/// The stored form of `reportJob`'s plain result.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PlainResult {
    pub external_id: String,
    pub submitted_at: DateTime<Utc>,
    #[serde(with = "stored")]
    pub job_type: JobType,
    pub version: String,
    pub device_type: Option<String>,
    pub device: Option<String>,
    #[serde(with = "stored")]
    pub state: JobState,
    #[serde(with = "stored")]
    pub health: JobHealth,
    pub started_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    pub description: Option<String>,
    pub url: Option<String>,
    pub error_type: Option<String>,
    pub error_message: Option<String>,
    pub verdicts: Vec<PlainVerdict>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PlainVerdict {
    pub feature: String,
    #[serde(with = "stored")]
    pub verdict: Verdict,
    pub message: Option<String>,
}

impl PlainResult {
    /// # Errors
    /// `BAD_USER_INPUT` for a time that no database holds, or a feature with
    /// more than one verdict.
    pub(super) fn check(&self) -> Result<()> {
        let mut said = BTreeSet::new();
        let twice = self
            .verdicts
            .iter()
            .find(|verdict| !said.insert(&verdict.feature));
        if let Some(PlainVerdict { feature, .. }) = twice {
            let name = name::shortened(feature);
            let message = format!("There is more than one verdict on {name:?}.");
            return Err(Error::input("verdicts", message));
        }
        for (field, time) in [
            ("submittedAt", Some(&self.submitted_at)),
            ("startedAt", self.started_at.as_ref()),
            ("endedAt", self.ended_at.as_ref()),
        ] {
            if time.is_some_and(|time| !notification::is_of_a_calendar(time)) {
                return Err(Error::input(
                    field,
                    format!("The year of {field} is not one of 1 to 9999."),
                ));
            }
        }
        Ok(())
    }

    pub(super) fn into_report(self, source: SourceId) -> JobReport {
        let features = self
            .verdicts
            .iter()
            .map(|verdict| verdict.feature.clone())
            .collect();
        let said = self.verdicts.into_iter().map(|verdict| FeatureVerdict {
            feature: verdict.feature,
            verdict: verdict.verdict,
            message: verdict.message,
        });
        let finished = self.state == JobState::Finished;
        JobReport {
            told: Told::ByReport,
            source,
            external_id: self.external_id,
            submitted_at: self.submitted_at,
            job_type: self.job_type,
            description: self.description.unwrap_or_default(),
            version: Some(self.version),
            device_type: self.device_type,
            device: self.device,
            state: self.state,
            health: self.health,
            started_at: self.started_at,
            ended_at: self.ended_at,
            error_type: self.error_type,
            error_message: self.error_message,
            failing_action: None,
            log_line: None,
            url: self.url,
            features,
            // Of a job that is not over nothing is known yet.
            verdicts: finished.then(|| said.collect()),
        }
    }
}

/// Enums of the rows, stored as the database stores them.
mod stored {
    use super::*;

    pub(super) fn serialize<E, S>(value: &E, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        E: sea_orm::ActiveEnum<Value: Serialize>,
        S: serde::Serializer,
    {
        value.to_value().serialize(serializer)
    }

    pub(super) fn deserialize<'de, E, D>(deserializer: D) -> std::result::Result<E, D::Error>
    where
        E: sea_orm::ActiveEnum<Value: Deserialize<'de>>,
        D: serde::Deserializer<'de>,
    {
        let value = E::Value::deserialize(deserializer)?;
        E::try_from_value(&value).map_err(serde::de::Error::custom)
    }
}
