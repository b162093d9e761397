//! A room: processes that see a chroot of their own and cannot outlive the process that opened it.
//!
//! A room has its own mount, process and IPC namespaces. Its first process waits for the end of its standard input,
//! whose other end only we hold: when we close it, or die in whatever way, the kernel ends every process of the room
//! and takes its mounts away. So nothing is searched for or killed by name, and a crashed run leaves nothing behind.
//!
//! Must not know what runs in it.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Mutex;

use anyhow::{Context as _, Result, bail};

const FIRST_PROCESS: &str = include_str!("script/room.sh");
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What becomes of the files that processes in the room write.
pub enum Writes<'a> {
    /// They stay in the chroot.
    Kept,
    /// They live in memory and end with the room; only logs, those below `/var/log/lava-server`, go to a folder.
    /// `view` is an empty folder, and to all who are not in the room it stays empty.
    Forgotten { view: &'a Path, logs: &'a Path },
}

pub struct Room {
    /// The room's end. `None` once it is closed.
    lifeline: Option<ChildStdin>,
    keeper: Child,
    /// Process id, on the host, of the room's first process.
    pid: u32,
    daemons: Mutex<Vec<Child>>,
}

impl Room {
    /// Opens a room on a chroot. Needs root.
    pub fn open(chroot: &Path, writes: &Writes<'_>) -> Result<Self> {
        let (view, logs) = match *writes {
            Writes::Kept => (Path::new(""), Path::new("")),
            Writes::Forgotten { view, logs } => (view, logs),
        };
        let mut keeper = Command::new("unshare")
            .args([
                "--mount",
                "--ipc",
                "--pid",
                "--fork",
                "--kill-child=KILL",
                "--propagation",
                "private",
            ])
            .args(["--", "bash", "-c", FIRST_PROCESS, "room"])
            .args([chroot, view, logs])
            .env_clear()
            .env("PATH", PATH)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot run unshare (package util-linux)")?;
        let lifeline = keeper.stdin.take();
        let mut line = String::new();
        if let Some(stdout) = keeper.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let Ok(pid) = line.trim().parse() else {
            drop(lifeline);
            keeper.wait()?;
            bail!(
                "no room could be opened on {}: see the lines above",
                chroot.display()
            );
        };
        Ok(Self {
            lifeline,
            keeper,
            pid,
            daemons: Mutex::default(),
        })
    }

    /// Process id of the room's first process, as the host counts: while it lives, the room does.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// A command that will run in the room, as root, with a clean environment.
    #[must_use]
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command
            .arg(format!("--target={}", self.pid))
            .args(["--mount", "--ipc", "--pid", "--root", "--wd", "--", program])
            .env_clear()
            .env("PATH", PATH)
            .env("HOME", "/root")
            .env("LC_ALL", "C.UTF-8")
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdin(Stdio::null());
        command
    }

    /// Starts a process that runs until the room is closed; what it prints goes to `log`.
    pub fn daemon(&self, mut command: Command, log: &Path) -> Result<()> {
        let log = File::options().create(true).append(true).open(log)?;
        let child = command
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("cannot run nsenter")?;
        if let Ok(mut daemons) = self.daemons.lock() {
            daemons.push(child);
        }
        Ok(())
    }

    /// Fails if one of the daemons has ended by itself.
    pub fn all_alive(&self) -> Result<()> {
        let Ok(mut daemons) = self.daemons.lock() else {
            bail!("a thread died while it held the daemons")
        };
        for daemon in daemons.iter_mut() {
            if let Some(status) = daemon.try_wait()? {
                bail!("a daemon ended by itself: {status}");
            }
        }
        Ok(())
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        // all processes of the room are dead before this returns, so nothing is in use any more
        let _ = self.keeper.wait();
        if let Ok(daemons) = self.daemons.get_mut() {
            for daemon in daemons {
                let _ = daemon.wait();
            }
        }
    }
}

/// Runs a command to its end and returns what it printed.
pub fn run(command: &mut Command) -> Result<String> {
    let output = command.output().context("cannot run nsenter")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        bail!(
            "{command:?}: {}\n{text}{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(text)
}
