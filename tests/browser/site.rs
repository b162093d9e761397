//! A lavafed that serves its page, and can be stopped and started again at the same address.
//! Must not know what is in its grid.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use lavafed_tests::app::TestApp;
use lavafed_tests::database::{Database, Home};
use lavafed_tests::notification::Notification;
use lavafed_tests::postgres::Durability;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(crate) struct Site {
    pub(crate) app: TestApp,
    address: SocketAddr,
    served: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl Site {
    /// An empty one, on a port of its own.
    pub(crate) async fn start() -> Result<Self> {
        let home = Home::make(Database::Sqlite, Durability::Fast).await?;
        let mut site = Self {
            app: TestApp::start(home.context("SQLite is always there")?).await?,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            served: None,
        };
        site.serve().await?;
        Ok(site)
    }

    /// Opens its doors: again, at the address it had before.
    pub(crate) async fn serve(&mut self) -> Result<()> {
        let listener = TcpListener::bind(self.address).await?;
        self.address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let app = Arc::clone(&self.app.app);
        let serving = tokio::spawn(async move {
            // who lets go of the other end wants it to stop, too
            let stop = async { drop(stopped.await) };
            lavafed::http::serve(app, listener, stop).await;
        });
        self.served = Some((stop, serving));
        Ok(())
    }

    /// Closes its doors, as for an update: open sockets are ended.
    pub(crate) async fn close(&mut self) -> Result<()> {
        if let Some((stop, serving)) = self.served.take() {
            drop(stop);
            serving.await?;
        }
        Ok(())
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Posts a notification to LAVA's door, as LAVA does, and waits until it counts.
    pub(crate) async fn notify(&self, token: &str, told: &Notification) -> Result<()> {
        let answer = self
            .app
            .http
            .post(self.url("/api/lava/callback"))
            .header("Authorization", token)
            .header("Content-Type", &told.content_type)
            .body(told.body(token))
            .send()
            .await?;
        let status = answer.status();
        ensure!(status.is_success(), "{status}: {}", answer.text().await?);
        self.app.settled().await
    }
}
