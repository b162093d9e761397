//! Settings: defaults, then the TOML file, then `LAVAFED_…` in the environment,
//! then the command line. Knows nothing of what is done with them.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use clap::Args;
use figment::{
    Figment,
    providers::{Env, Format as _, Serialized, Toml},
};
use serde::{Deserialize, Serialize};

/// Settings every command takes.
#[derive(Args, Clone, Debug, Default, Serialize)]
pub struct CommonArgs {
    /// Where the database and the signing key are kept [default: ./lavafed-data]
    #[arg(long, global = true, value_name = "DIR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_dir: Option<PathBuf>,
    /// A PostgreSQL server, such as postgres://user@host/database [default: SQLite in DIR]
    #[arg(long, global = true, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database_url: Option<String>,
    /// A file with the key that signs tokens; with SQLite made at first start
    #[arg(long, global = true, value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signing_key_file: Option<PathBuf>,
    /// A TOML file with settings [default: DIR/lavafed.toml if it is there]
    #[arg(long, global = true, value_name = "FILE")]
    #[serde(skip)]
    pub config: Option<PathBuf>,
}

/// Settings of `serve` and `demo`.
#[derive(Args, Clone, Debug, Default, Serialize)]
pub struct ServeArgs {
    /// Address and port to listen on [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS:PORT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,
    /// The address under which others reach this server [default: http://LISTEN]
    #[arg(long, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_url: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub listen: SocketAddr,
    pub public_url: Option<String>,
    pub data_dir: PathBuf,
    pub database_url: Option<String>,
    pub signing_key_file: Option<PathBuf>,
    /// False: reading needs a token too.
    pub public_read: bool,
    /// Days for which events can be resumed from.
    pub keep_events_days: u32,
    /// Days for which notifications are kept as they came.
    pub keep_receipts_days: u32,
    /// Percent of the expected cells a version needs tested to be ready.
    pub ready_percent: u32,
    /// Hours after which an unfinished job counts as never reported.
    pub job_lost_hours: u32,
    /// The federated LAVA server, whose version is tested. None: nothing is borrowed.
    pub federation_url: Option<String>,
    /// A file with the API token of a superuser there.
    pub federation_token_file: Option<PathBuf>,
    /// Where dispatchers in labs reach the federated server, if not by `federation_url`.
    pub dispatcher_url: Option<String>,
    /// Where LAVA servers reach lavafed's callback, if not by `public_url`.
    pub callback_url: Option<String>,
    /// The dispatcher's container image; `{{ version }}` stands for the server's.
    pub dispatcher_image: String,
    /// The image is on the lab's host already and is not pulled.
    pub dispatcher_image_local: bool,
    /// A folder with job templates, instead of those that come along.
    pub templates: Option<PathBuf>,
    /// What job templates may use beside what lavafed tells them.
    pub template_vars: BTreeMap<String, serde_json::Value>,
    /// Labs may have loopback and private addresses.
    pub allow_private_labs: bool,
    /// Where alerts are told.
    pub webhook_url: Option<String>,
    /// Seconds between looks at servers while something is on.
    pub poll_seconds: u32,
    /// Seconds before the end of a lab's window at which giving back begins.
    pub closing_seconds: u32,
    /// A round or a device is not begun with less than these seconds before that.
    pub worthwhile_seconds: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            public_url: None,
            data_dir: PathBuf::from("lavafed-data"),
            database_url: None,
            signing_key_file: None,
            public_read: true,
            keep_events_days: 30,
            keep_receipts_days: 90,
            ready_percent: 90,
            job_lost_hours: 24,
            federation_url: None,
            federation_token_file: None,
            dispatcher_url: None,
            callback_url: None,
            dispatcher_image: "docker.io/lavasoftware/lava-dispatcher:{{ version }}".to_owned(),
            dispatcher_image_local: false,
            templates: None,
            template_vars: BTreeMap::new(),
            allow_private_labs: false,
            webhook_url: None,
            poll_seconds: 10,
            closing_seconds: 180,
            worthwhile_seconds: 300,
        }
    }
}

impl Config {
    /// # Errors
    /// A sentence that names the file or variable and what is wrong with it.
    pub fn load(common: &CommonArgs, serve: &ServeArgs) -> Result<Self, String> {
        let env = Env::prefixed("LAVAFED_").ignore(&["config", "log", "log_format"]);
        let from_args = Figment::new()
            .merge(Serialized::defaults(common))
            .merge(Serialized::defaults(serve));
        let base = Figment::from(Serialized::defaults(Self::default()));
        let named = common
            .config
            .clone()
            .or_else(|| std::env::var_os("LAVAFED_CONFIG").map(PathBuf::from));
        let file = match named {
            Some(file) => Some(file),
            None => {
                let early = base.clone().merge(env.clone()).merge(from_args.clone());
                let data_dir: PathBuf = early
                    .extract_inner("data_dir")
                    .map_err(|error| explain(&error))?;
                Some(data_dir.join("lavafed.toml")).filter(|file| file.exists())
            }
        };
        if let Some(file) = &file {
            readable(file)?;
        }
        let settings = match file {
            Some(file) => base.merge(Toml::file_exact(file)),
            None => base,
        };
        settings
            .merge(env)
            .merge(from_args)
            .extract()
            .map_err(|error| explain(&error))
    }

    /// Where a LAVA server's callback goes.
    #[must_use]
    pub fn callback_url(&self) -> String {
        let base = self
            .callback_url
            .clone()
            .unwrap_or_else(|| self.public_url());
        format!("{}/api/lava/callback", base.trim_end_matches('/'))
    }

    /// Where dispatchers reach the federated server, without a slash at its end.
    #[must_use]
    pub fn dispatcher_url(&self) -> String {
        let url = self
            .dispatcher_url
            .as_ref()
            .or(self.federation_url.as_ref());
        url.map_or_else(String::new, |url| url.trim_end_matches('/').to_owned())
    }

    /// Under which address others reach this server, without a slash at its end.
    #[must_use]
    pub fn public_url(&self) -> String {
        match &self.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("http://{}", self.listen),
        }
    }
}

/// The reader of settings takes a file that it cannot read for an empty one.
fn readable(file: &Path) -> Result<(), String> {
    std::fs::read_to_string(file).map(drop).map_err(|error| {
        format!(
            "Cannot read the settings in {}: {error}. Correct the name or the file's rights.",
            file.display()
        )
    })
}

fn explain(error: &figment::Error) -> String {
    format!("The settings are wrong: {error}. Correct it and start again.")
}
