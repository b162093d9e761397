//! Plain results, as a CI script reports them.

use serde_json::{Value, json};

#[derive(Clone, Debug)]
pub struct PlainResult(pub Value);

impl PlainResult {
    /// A META job of a version that has passed; the id also says when it was submitted.
    #[must_use]
    pub fn of(id: u32, version: &str) -> Self {
        let (day, hour, minute) = (id / 1440 % 28 + 1, id / 60 % 24, id % 60);
        Self(json!({
            "externalId": id.to_string(),
            "submittedAt": format!("2026-10-{day:02}T{hour:02}:{minute:02}:00Z"),
            "type": "META",
            "version": version,
            "state": "FINISHED",
            "health": "COMPLETE",
            "verdicts": [],
        }))
    }

    /// On a device-type, as a job of type FED.
    #[must_use]
    pub fn on(self, device_type: &str) -> Self {
        self.with("type", "FED").with("deviceType", device_type)
    }

    /// Its verdicts: `boot.u-boot=PASS deploy.tftp=FAIL`.
    #[must_use]
    pub fn says(self, verdicts: &str) -> Self {
        let verdicts: Vec<Value> = verdicts
            .split_whitespace()
            .filter_map(|said| said.split_once('='))
            .map(|(feature, verdict)| json!({ "feature": feature, "verdict": verdict }))
            .collect();
        self.with("verdicts", verdicts)
    }

    /// Not over yet, and submitted at a time such as `2026-11-22T10:00:00Z`.
    #[must_use]
    pub fn running(self, submitted_at: &str) -> Self {
        self.with("state", "RUNNING")
            .with("health", "UNKNOWN")
            .with("submittedAt", submitted_at)
    }

    #[must_use]
    pub fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        if let Some(fields) = self.0.as_object_mut() {
            fields.insert(field.to_owned(), value.into());
        }
        self
    }
}
