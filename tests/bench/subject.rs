//! A lavafed with data, and room for a peer beside it.

use std::{net::SocketAddr, sync::Arc};

use anyhow::{Result, anyhow};
use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    job::{JobHealth, JobState, JobType},
    token::Scope,
    verdict::Verdict,
};
use lavafed::{
    app::App,
    auth::{self, Actor},
    config::Config,
    db::Db,
    service::{
        feature,
        job::{Batch, JobReport, Told},
        token::{self, NewToken},
    },
    verdict::FeatureVerdict,
    worker,
};
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinSet};

pub(crate) struct Subject {
    pub(crate) app: Arc<App>,
    pub(crate) address: SocketAddr,
    pub(crate) data_dir: TempDir,
    _tasks: JoinSet<()>,
}

impl Subject {
    /// An empty one on SQLite, served on a port of its own.
    pub(crate) async fn start() -> Result<Self> {
        let data_dir = TempDir::new()?;
        let config = Config {
            data_dir: data_dir.path().to_owned(),
            ..Config::default()
        };
        let db = Db::open(&config).await.map_err(|error| anyhow!(error))?;
        db.migrate().await.map_err(|error| anyhow!(error))?;
        let app = App::open(config, db, false)
            .await
            .map_err(|error| anyhow!(error))?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let mut tasks = worker::start(&app);
        tasks.spawn(lavafed::http::serve(
            Arc::clone(&app),
            listener,
            std::future::pending(),
        ));
        Ok(Self {
            app,
            address,
            data_dir,
            _tasks: tasks,
        })
    }

    pub(crate) async fn declare(&self, features: &[String]) -> Result<()> {
        for name in features {
            feature::declare(&self.app, &Actor::Operator, name, None, Utc::now()).await?;
        }
        Ok(())
    }

    pub(crate) async fn report_token(&self) -> Result<String> {
        let new = NewToken {
            description: "bench".to_owned(),
            scope: Scope::Report,
            speaks_for: Some("federated".to_owned()),
            expires_at: None,
        };
        Ok(token::create(&self.app, &Actor::Operator, &new, Utc::now())
            .await?
            .jwt)
    }

    /// Records reports in one transaction, as the applier does.
    pub(crate) async fn record(&self, reports: &[JobReport]) -> Result<()> {
        let txn = self.app.db.begin().await?;
        let mut batch = Batch::begin(&txn).await?;
        for report in reports {
            batch.record(report, Utc::now()).await?;
        }
        let newest = batch.finish().await?;
        txn.commit().await?;
        self.app.head.advance(newest.unwrap_or_default());
        Ok(())
    }

    pub(crate) async fn job(
        &self,
        number: usize,
        version: &str,
        features: &[String],
        verdict: Verdict,
    ) -> Result<JobReport> {
        let source = auth::source_named(self.app.db.read(), "federated").await?;
        let said = features.iter().map(|feature| FeatureVerdict {
            feature: feature.clone(),
            verdict,
            message: None,
        });
        Ok(JobReport {
            told: Told::ByReport,
            source: source.id,
            external_id: number.to_string(),
            submitted_at: DateTime::UNIX_EPOCH + TimeDelta::hours(i64::try_from(number)?),
            job_type: JobType::Fed,
            description: "bench".to_owned(),
            version: Some(version.to_owned()),
            device_type: Some("qemu".to_owned()),
            device: Some("qemu-01".to_owned()),
            state: JobState::Finished,
            health: JobHealth::Complete,
            started_at: None,
            ended_at: None,
            error_type: None,
            error_message: None,
            failing_action: None,
            log_line: None,
            url: None,
            features: features.to_vec(),
            verdicts: Some(said.collect()),
        })
    }
}
