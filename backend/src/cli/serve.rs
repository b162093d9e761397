//! The server, composed.

use std::{io::ErrorKind, pin::pin, sync::Arc};

use lavafed::{
    app::App,
    config::Config,
    db::Db,
    http,
    worker::{self, Driving},
};
use tokio::{net::TcpListener, sync::oneshot, task::JoinSet};

use super::place::{self, Lock};

pub(crate) async fn serve(config: Config) -> Result<(), String> {
    let place = Place::take(config).await?;
    let app = App::open(place.config, place.db, false).await?;
    let duties = worker::start(&app);
    let driving = worker::drive(&app)?;
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        "lavafed listens on http://{}",
        app.config.listen
    );
    until_stopped(app, place.listener, duties, driving).await
}

/// Serves until the system wants it to stop. A server of which a duty has ended
/// would take notifications and store none: it ends too.
pub(crate) async fn until_stopped(
    app: Arc<App>,
    listener: TcpListener,
    mut duties: JoinSet<()>,
    driving: Option<Driving>,
) -> Result<(), String> {
    let signal = http::stop_signal()?;
    let (tell, told) = oneshot::channel::<()>();
    let stop = async move {
        signal.await;
        drop(tell);
    };
    // What is under way for readers and for labs ends side by side: the system does not wait for long.
    let mut driven = pin!(async move {
        let _told = told.await;
        if let Some(driving) = driving {
            driving.end().await;
        }
    });
    let served = async {
        tokio::join!(http::serve(app, listener, stop), &mut driven);
        tracing::info!("stopped");
    };
    tokio::select! {
        () = served => return Ok(()),
        _ = duties.join_next() => {}
    }
    driven.await;
    Err("A duty of the server broke off, see the lines before. Start it again.".to_owned())
}

/// What a server needs for itself: address, database, and the lock on it.
pub(crate) struct Place {
    pub(crate) config: Config,
    pub(crate) db: Db,
    pub(crate) listener: TcpListener,
    _lock: Option<Lock>,
}

impl Place {
    pub(crate) async fn take(mut config: Config) -> Result<Self, String> {
        place::make(&config)?;
        let mut lock = if shares_database(&config) {
            None
        } else {
            Some(place::lock_to_serve(&config).await?.ok_or_else(|| {
                format!(
                    "Another lavafed serves from {}. Stop it, or choose another folder by --data-dir.",
                    config.data_dir.display()
                )
            })?)
        };
        let listener = listen(&config).await?;
        // Port 0 has become a real one.
        config.listen = listener
            .local_addr()
            .map_err(|error| format!("The address to listen on is unknown: {error}."))?;
        if let Some(lock) = &mut lock {
            lock.announce(&config.public_url())?;
        }
        let db = Db::open(&config).await?;
        db.migrate().await?;
        Ok(Self {
            config,
            db,
            listener,
            _lock: lock,
        })
    }
}

/// With PostgreSQL any number of servers may run.
fn shares_database(config: &Config) -> bool {
    config
        .database_url
        .as_deref()
        .is_some_and(|url| url.starts_with("postgres"))
}

async fn listen(config: &Config) -> Result<TcpListener, String> {
    let address = config.listen;
    TcpListener::bind(address).await.map_err(|error| {
        let what = match error.kind() {
            ErrorKind::AddrInUse => "another program listens there".to_owned(),
            _ => error.to_string(),
        };
        format!("Cannot listen on {address}: {what}. Choose another address by --listen.")
    })
}
