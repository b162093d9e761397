//! The log, on standard error: for people on a terminal, else JSON.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

pub(crate) const HELP: &str = "\
Every setting can also be given as LAVAFED_DATA_DIR, LAVAFED_LISTEN and so on, or in the TOML file.
LAVAFED_LOG sets what is logged (such as debug, or lavafed=debug), LAVAFED_LOG_FORMAT how: text or json.";

pub(crate) fn start() {
    let filter = EnvFilter::try_from_env("LAVAFED_LOG")
        .unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn,sea_orm_migration=warn"));
    let text = match std::env::var("LAVAFED_LOG_FORMAT").as_deref() {
        Ok("json") => false,
        Ok("text") => true,
        Ok(_) | Err(_) => std::io::stderr().is_terminal(),
    };
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    if text {
        log.init();
    } else {
        log.json().init();
    }
}
