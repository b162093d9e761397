//! A PostgreSQL cluster of Debian's server for one test program, with a fresh database for each who asks.
//! It lives as long as the program: a keeper process holds its other end, and takes it down however the program ends.

use std::fs::{self, File};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};
use nix::unistd::{User, geteuid};
use sea_orm::{ConnectionTrait as _, Database};

const PREFIX: &str = "lavafed-postgres-";
const START: Duration = Duration::from_secs(30);
/// Ends the server when its standard input ends, which only the test program holds; then nothing is left of it.
const KEEPER: &str = r#"dir=$1; shift
echo $$ > "$dir/keeper.pid"
"$@" </dev/null >"$dir/log" 2>&1 &
read -r _
kill -QUIT $!
wait $!
rm -rf "$dir"
"#;

/// How sure the server makes that what it committed is on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Nothing waits for the disk: for tests that never end the server.
    Fast,
    Full,
}

struct Cluster {
    folder: PathBuf,
    databases: AtomicU32,
    /// Its standard input keeps the server.
    _keeper: Child,
}

/// The URL of a fresh database in this program's cluster. None: there is no server here, and that may be so.
///
/// # Errors
/// When the server does not start; and under `CI` when there is none.
pub async fn fresh(durability: Durability) -> Result<Option<String>> {
    static CLUSTER: OnceLock<Result<Option<Cluster>, String>> = OnceLock::new();
    let cluster = CLUSTER.get_or_init(|| start(durability).map_err(|error| format!("{error:#}")));
    let Some(cluster) = cluster.as_ref().map_err(|error| anyhow!("{error}"))? else {
        return Ok(None);
    };
    let name = format!("t{}", cluster.databases.fetch_add(1, Ordering::Relaxed));
    let admin = Database::connect(url(&cluster.folder, "postgres")).await?;
    admin
        .execute_unprepared(&format!("CREATE DATABASE {name}"))
        .await?;
    admin.close().await?;
    Ok(Some(url(&cluster.folder, &name)))
}

/// Lets nobody into a database of the cluster and cuts all its connections, as when the server is away; or lets all in
/// again.
///
/// # Errors
/// When the server does not do so.
pub async fn let_in(database_url: &str, all: bool) -> Result<()> {
    let mut server = reqwest::Url::parse(database_url)?;
    let name = server.path().trim_start_matches('/').to_owned();
    server.set_path("/postgres");
    let admin = Database::connect(server.as_str()).await?;
    admin
        .execute_unprepared(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS {all}"))
        .await?;
    if !all {
        let cut = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        );
        admin.execute_unprepared(&cut).await?;
    }
    Ok(admin.close().await?)
}

fn url(folder: &Path, database: &str) -> String {
    format!(
        "postgres://postgres@localhost/{database}?host={}",
        folder.display()
    )
}

fn start(durability: Durability) -> Result<Option<Cluster>> {
    let Some(programs) = programs()? else {
        return Ok(None);
    };
    clean_up();
    let user = user()?;
    let folder = tempfile::Builder::new().prefix(PREFIX).tempdir()?.keep();
    if let Some(user) = &user {
        chown(&folder, Some(user.uid.as_raw()), Some(user.gid.as_raw()))?;
    }
    let data = folder.join("data");
    let mut initdb = Command::new(programs.join("initdb"));
    initdb
        .args(["--auth=trust", "--username=postgres", "--encoding=UTF8"])
        .args(["--locale=C.UTF-8", "--no-sync", "--pgdata"])
        .arg(&data)
        .current_dir(&folder);
    let made = as_user(&mut initdb, user.as_ref()).output()?;
    if !made.status.success() {
        bail!("initdb: {}", String::from_utf8_lossy(&made.stderr));
    }
    let durable = match durability {
        Durability::Fast => "off",
        Durability::Full => "on",
    };
    let mut keeper = Command::new("sh");
    keeper
        .args(["-c", KEEPER, "keeper"])
        .arg(&folder)
        .arg(programs.join("postgres"))
        .arg("-D")
        .arg(&data)
        .arg("-k")
        .arg(&folder)
        .args(["-c", "listen_addresses=", "-c", "max_connections=300"])
        .args(["-c", &format!("fsync={durable}")])
        .args(["-c", &format!("synchronous_commit={durable}")])
        .args(["-c", &format!("full_page_writes={durable}")])
        .current_dir(&folder)
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let cluster = Cluster {
        _keeper: as_user(&mut keeper, user.as_ref()).spawn()?,
        databases: AtomicU32::new(0),
        folder,
    };
    wait_until_ready(&programs, &cluster.folder)?;
    Ok(Some(cluster))
}

fn wait_until_ready(programs: &Path, folder: &Path) -> Result<()> {
    let started = Instant::now();
    loop {
        let ready = Command::new(programs.join("pg_isready"))
            .args(["--quiet", "--host"])
            .arg(folder)
            .status()?;
        if ready.success() {
            return Ok(());
        }
        if started.elapsed() > START {
            let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
            bail!("PostgreSQL does not start:\n{log}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The server refuses to run as root; then it runs as the user its package made.
fn user() -> Result<Option<User>> {
    if !geteuid().is_root() {
        return Ok(None);
    }
    let user = User::from_name("postgres")?;
    Ok(Some(user.context("there is no user postgres")?))
}

fn as_user<'c>(command: &'c mut Command, user: Option<&User>) -> &'c mut Command {
    match user {
        Some(user) => command.uid(user.uid.as_raw()).gid(user.gid.as_raw()),
        None => command,
    }
}

/// Where the server's programs are; installs them when nobody would be surprised.
fn programs() -> Result<Option<PathBuf>> {
    if let Some(folder) = find() {
        return Ok(Some(folder));
    }
    if geteuid().is_root() {
        eprintln!("installing PostgreSQL by apt-get");
        let install = "apt-get update -qq && \
            DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql";
        let log = File::options().write(true).open("/dev/null")?;
        Command::new("sh")
            .args(["-c", install])
            .stdout(log)
            .status()?;
        return find()
            .map(Some)
            .context("apt-get did not install PostgreSQL");
    }
    if std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false") {
        bail!("there is no PostgreSQL server; type: sudo apt-get install postgresql");
    }
    Ok(None)
}

/// Debian's folder of the newest release, or one that is searched for programs.
fn find() -> Option<PathBuf> {
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut releases: Vec<(u32, PathBuf)> = debian
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            Some((path.file_name()?.to_str()?.parse().ok()?, path.join("bin")))
        })
        .collect();
    releases.sort();
    let searched = std::env::var_os("PATH").unwrap_or_default();
    releases
        .into_iter()
        .rev()
        .map(|(_, folder)| folder)
        .chain(std::env::split_paths(&searched))
        .find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
}

/// What is left of a program whose keeper was killed with it.
fn clean_up() {
    let temporary = fs::read_dir(std::env::temp_dir()).into_iter().flatten();
    for entry in temporary.flatten() {
        let folder = entry.path();
        let ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        let Ok(keeper) = fs::read_to_string(folder.join("keeper.pid")) else {
            continue;
        };
        if !ours || is_alive(keeper.trim(), "keeper") {
            continue;
        }
        let server = fs::read_to_string(folder.join("data/postmaster.pid")).unwrap_or_default();
        let server = server.lines().next().unwrap_or_default().trim();
        if is_alive(server, &folder.to_string_lossy())
            && let Ok(pid) = server.parse()
        {
            let pid = nix::unistd::Pid::from_raw(pid);
            let _gone = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGQUIT);
        }
        let _busy = fs::remove_dir_all(&folder);
    }
}

/// Whether a process of that number has `word` in its command line.
fn is_alive(pid: &str, word: &str) -> bool {
    !pid.is_empty()
        && fs::read(format!("/proc/{pid}/cmdline"))
            .is_ok_and(|line| String::from_utf8_lossy(&line).contains(word))
}
