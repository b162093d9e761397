//! The chroot of one LAVA release: made once, kept in the cache folder, never written to by a test.
//!
//! It is built under another name and renamed when all is in it, so one that exists is complete. It remembers the
//! recipe it was made by; another recipe makes a new one. Delete the folder to get a newer LAVA of the same release.
//!
//! Must not know how the servers are run.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use super::room::{Room, Writes};
use super::{Release, cache, say};

const PACKAGES: &str = include_str!("script/packages.sh");
const DATABASE: &str = include_str!("script/database.sh");
const IMAGE: &str = include_str!("script/image.sh");
/// Nobody reads manuals and translations here. (LAVA's web server does want its own documentation.)
const DPKG: &str =
    "force-unsafe-io\npath-exclude=/usr/share/locale/*\npath-exclude=/usr/share/man/*\n";

/// A complete chroot. While this lives, no other process replaces it.
pub struct Chroot {
    pub path: PathBuf,
    _lock: File,
}

/// Why LAVA cannot be run here at all, in words for the person who started the tests.
#[must_use]
pub fn missing() -> Option<String> {
    let uid = fs::metadata("/proc/self").map(|me| std::os::unix::fs::MetadataExt::uid(&me));
    if !matches!(uid, Ok(0)) {
        return Some("chroots and namespaces need root: run the tests as root".into());
    }
    for program in ["unshare", "nsenter", "bash"] {
        if !on_path(program) {
            return Some(format!("the program {program} is missing"));
        }
    }
    let namespaces = Command::new("unshare")
        .args(["--mount", "--pid", "--ipc", "--fork", "true"])
        .output();
    if !namespaces.is_ok_and(|output| output.status.success()) {
        return Some("this container may not make namespaces: it needs CAP_SYS_ADMIN".into());
    }
    if !on_path("debootstrap") && !on_path("apt-get") {
        return Some("debootstrap is missing and there is no apt-get to install it".into());
    }
    None
}

fn on_path(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(program).is_file()))
}

/// The chroot of a release, installed now if it is not there. Takes minutes then, and says so.
pub fn installed(release: Release) -> Result<Chroot> {
    let cache = cache();
    fs::create_dir_all(&cache)?;
    let path = cache.join(release.suite());
    let lock = File::create(cache.join(format!("{}.lock", release.suite())))?;
    let recipe = [release.apt_release(), PACKAGES, DATABASE, IMAGE, DPKG].concat();
    let stamp = path.join("etc/lavafed-recipe");
    let complete = || fs::read_to_string(&stamp).is_ok_and(|made_by| made_by == recipe);

    lock.lock_shared()?;
    if !complete() {
        lock.unlock()?;
        if lock.try_lock().is_err() {
            say(release, "another process installs it: waiting for that");
            lock.lock()?;
        }
        if !complete() {
            install(release, &path, &recipe)
                .with_context(|| format!("cannot install LAVA of {}", release.suite()))?;
        }
        lock.unlock()?;
        lock.lock_shared()?;
        if !complete() {
            bail!(
                "the LAVA of {} was replaced by another version of these tests",
                release.suite()
            );
        }
    }
    Ok(Chroot { path, _lock: lock })
}

fn install(release: Release, path: &Path, recipe: &str) -> Result<()> {
    let started = Instant::now();
    let new = path.with_extension("new");
    say(
        release,
        &format!(
            "installing it in {} (some 700 MiB, a few minutes, once)",
            path.display()
        ),
    );
    if new.exists() {
        fs::remove_dir_all(&new)?;
    }
    let mut step = Steps {
        release,
        started,
        log: File::create(path.with_extension("install.log"))?,
    };
    if !on_path("debootstrap") {
        step.run("apt-get update", Command::new("apt-get").arg("update"))?;
        let install = ["install", "-y", "--no-install-recommends", "debootstrap"];
        step.run(
            "apt-get install debootstrap",
            Command::new("apt-get").args(install),
        )?;
    }
    let mirror = mirror()?;
    step.run(
        "debootstrap",
        // in a process namespace of its own: it ends with us and its mounts are not left behind
        Command::new("unshare")
            .args([
                "--mount",
                "--pid",
                "--fork",
                "--kill-child=KILL",
                "--propagation",
                "private",
                "--mount-proc",
                "--",
            ])
            .args(["debootstrap", "--variant=minbase", release.suite()])
            .arg(&new)
            .arg(&mirror),
    )?;
    configure_apt(release, &new, &mirror)?;
    let room = Room::open(&new, &Writes::Kept)?;
    for (name, script) in [
        ("packages", PACKAGES),
        ("database", DATABASE),
        ("QEMU image", IMAGE),
    ] {
        step.run(
            name,
            room.command("sh")
                .args(["-c", script, name, release.apt_release()]),
        )?;
    }
    drop(room);
    fs::write(new.join("etc/lavafed-recipe"), recipe)?;
    if path.exists() {
        fs::remove_dir_all(path)?;
    }
    fs::rename(&new, path)?;
    say(
        release,
        &format!("installed in {} s", started.elapsed().as_secs()),
    );
    Ok(())
}

fn configure_apt(release: Release, root: &Path, mirror: &str) -> Result<()> {
    let suite = release.suite();
    let security = mirror.strip_suffix("/debian").map_or_else(
        || "http://security.debian.org/debian-security".into(),
        |host| format!("{host}/debian-security"),
    );
    let mut sources = format!(
        "deb {mirror} {suite} main\ndeb {mirror} {suite}-updates main\ndeb {security} {suite}-security main\n"
    );
    if release.apt_release() != suite {
        sources.push_str(&format!("deb {mirror} {} main\n", release.apt_release()));
    }
    fs::write(root.join("etc/apt/sources.list"), sources)?;
    fs::write(
        root.join("etc/apt/apt.conf.d/90lavafed"),
        transport_settings(),
    )?;
    fs::write(root.join("etc/dpkg/dpkg.cfg.d/lavafed"), DPKG)?;
    fs::copy("/etc/resolv.conf", root.join("etc/resolv.conf"))?;
    // installing a package must start no daemon, and the cluster Debian would make is not the one we use
    let policy = root.join("usr/sbin/policy-rc.d");
    fs::write(&policy, "#!/bin/sh\nexit 101\n")?;
    fs::set_permissions(&policy, fs::Permissions::from_mode(0o755))?;
    fs::create_dir_all(root.join("etc/postgresql-common"))?;
    fs::write(
        root.join("etc/postgresql-common/createcluster.conf"),
        "create_main_cluster = false\n",
    )?;
    Ok(())
}

/// `TEST_LAVA_MIRROR`, or the one this host's apt uses.
fn mirror() -> Result<String> {
    if let Ok(mirror) = std::env::var("TEST_LAVA_MIRROR") {
        return Ok(mirror.trim_end_matches('/').into());
    }
    let targets = [
        "indextargets",
        "--format",
        "$(REPO_URI)",
        "Created-By: Packages",
    ];
    apt(Command::new("apt-get").args(targets))
        .lines()
        .map(|line| line.trim_end_matches('/'))
        .find(|uri| uri.ends_with("/debian"))
        .map(str::to_owned)
        .context("apt names no Debian mirror; name one in TEST_LAVA_MIRROR")
}

/// How the host's apt reaches its mirrors: proxies, time-outs, checks of dates.
fn transport_settings() -> String {
    let wanted = [
        "Acquire::http",
        "Acquire::Check-",
        "Acquire::Retries",
        "Acquire::ForceIP",
    ];
    apt(Command::new("apt-config").arg("dump"))
        .lines()
        .filter(|line| wanted.iter().any(|start| line.starts_with(start)))
        .flat_map(|line| [line, "\n"])
        .collect()
}

/// What one of apt's programs says; nothing on a host that has none.
fn apt(command: &mut Command) -> String {
    command
        .output()
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default()
}

/// Runs the steps of an installation: all output to a log, a line now and then to the person who waits.
struct Steps {
    release: Release,
    started: Instant,
    log: File,
}

impl Steps {
    fn run(&mut self, name: &str, command: &mut Command) -> Result<()> {
        say(self.release, &format!("{name} ..."));
        let (reader, writer) = std::io::pipe()?;
        let mut child = command
            .stdin(Stdio::null())
            .stdout(writer.try_clone()?)
            .stderr(writer)
            .spawn()?;
        // the command still holds writing ends of the pipe, and reading would never end
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut said = Instant::now();
        let mut last = String::new();
        for line in BufReader::new(reader).split(b'\n') {
            last = String::from_utf8_lossy(&line?).into_owned();
            writeln!(self.log, "{last}")?;
            if said.elapsed() > Duration::from_secs(10) {
                said = Instant::now();
                let short: String = last.chars().take(100).collect();
                say(
                    self.release,
                    &format!("{name} ({} s): {short}", self.started.elapsed().as_secs()),
                );
            }
        }
        let status = child.wait()?;
        if !status.success() {
            let log = cache().join(format!("{}.install.log", self.release.suite()));
            bail!(
                "{name}: {status}; the last line was: {last}; all is in {}",
                log.display()
            );
        }
        Ok(())
    }
}
