//! The daemons of a LAVA server: PostgreSQL, web server, scheduler and publisher of events.
//!
//! Must not know what the server is used for.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use super::client::Client;
use super::room::{Room, run};
use super::wait::eventually;

const START: Duration = Duration::from_secs(90);

/// Starts all of them and returns the administrator's access and LAVA's version when the API answers.
pub(super) async fn start(room: &Room, logs: &Path) -> Result<(Client, String)> {
    // a secret of this server alone: others on this machine can reach its port
    let secret = [
        uuid::Uuid::new_v4().simple().to_string(),
        uuid::Uuid::new_v4().simple().to_string(),
    ]
    .concat();
    start_database(room, logs, &secret).await?;

    let lava = |program: &str| {
        let mut command = room.command("lava-server");
        command.args(["manage", program, "--level", "DEBUG", "--log-file", "-"]);
        command
    };
    let mut publisher = lava("lava-publisher");
    publisher.args(["--host", "127.0.0.1", "--port", "0"]);
    room.daemon(publisher, &logs.join("publisher.log"))?;
    let mut scheduler = lava("lava-scheduler");
    scheduler.args(["--event-url", "ipc:///run/lava-events-out"]);
    room.daemon(scheduler, &logs.join("scheduler.log"))?;
    let web_log = logs.join("gunicorn.log");
    let mut web = room.command("gunicorn3");
    web.args([
        "lava_server.wsgi",
        "--user",
        "lavaserver",
        "--group",
        "lavaserver",
    ])
    .args([
        "--workers",
        "2",
        "--worker-class",
        "gthread",
        "--threads",
        "4",
        "--timeout",
        "120",
    ])
    .args([
        "--log-level",
        "INFO",
        "--log-file",
        "-",
        "--bind",
        "127.0.0.1:0",
    ]);
    room.daemon(web, &web_log)?;

    // it chose a free port and says which
    let url = eventually("the web server listens", START, || async {
        room.all_alive()?;
        let said = fs::read_to_string(&web_log)?;
        let address = said
            .split_once("Listening at: ")
            .and_then(|(_, rest)| rest.split_whitespace().next());
        Ok(address.map(str::to_owned))
    })
    .await?;
    let admin = Client::new(&url, &secret)?;
    let version = eventually("the API answers", START, || async {
        room.all_alive()?;
        let Ok(answer) = admin.get("system/version/").await else {
            return Ok(None);
        };
        Ok(answer
            .get("version")
            .and_then(|version| version.as_str())
            .map(str::to_owned))
    })
    .await?;
    Ok((admin, version))
}

/// Starts PostgreSQL and gives LAVA's administrator an API token.
async fn start_database(room: &Room, logs: &Path, secret: &str) -> Result<()> {
    let as_postgres = |program: &str| {
        let mut command = room.command("setpriv");
        command.args([
            "--reuid=postgres",
            "--regid=postgres",
            "--init-groups",
            "--",
        ]);
        command.arg(format!("/usr/local/lib/postgresql-bin/{program}"));
        command
    };
    let mut postgres = as_postgres("postgres");
    postgres.args(["-D", "/var/lib/postgresql/lavafed"]);
    room.daemon(postgres, &logs.join("postgres.log"))?;
    let set_secret = format!("UPDATE linaro_django_xmlrpc_authtoken SET secret = '{secret}'");
    eventually("PostgreSQL answers", START, || async {
        room.all_alive()?;
        let mut psql = as_postgres("psql");
        psql.args([
            "-h",
            "/run/postgresql",
            "-d",
            "lava",
            "-v",
            "ON_ERROR_STOP=1",
            "-c",
            &set_secret,
        ]);
        Ok(run(&mut psql).ok())
    })
    .await?;
    Ok(())
}
