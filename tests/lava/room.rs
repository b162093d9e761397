//! What the whole suite relies on: nothing of a LAVA server outlives the process that started it, however that ended.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use lavafed_tests::lava::install;
use lavafed_tests::lava::room::{Room, Writes};
use tempfile::TempDir;

/// Set for the copy of this program that opens a room and is then killed.
const HOLDER: &str = "TEST_LAVA_ROOM";

/// The part of the copy; without its variable it has nothing to do.
#[test]
fn holds_a_room_until_it_is_killed() -> Result<()> {
    let Some(folder) = std::env::var_os(HOLDER) else {
        return Ok(());
    };
    let folder = Path::new(&folder);
    // the host itself serves as the chroot: the view of it is as private as any other
    let room = Room::open(
        Path::new("/"),
        &Writes::Forgotten {
            view: &folder.join("view"),
            logs: Path::new(""),
        },
    )?;
    let mut sleep = room.command("setsid");
    sleep.args(["sleep", "1000"]);
    room.daemon(sleep, &folder.join("log"))?;
    writeln!(std::io::stderr(), "room {}", room.pid())?;
    std::thread::sleep(Duration::from_secs(1000));
    bail!("nobody killed this process")
}

#[test]
fn a_killed_test_leaves_no_process_and_no_file() -> Result<()> {
    if let Some(reason) = install::missing() {
        ensure!(!crate::site::under_ci(), "{reason}");
        return Ok(());
    }
    let folder = TempDir::new()?;
    std::fs::create_dir(folder.path().join("view"))?;
    let mut holder = Command::new(std::env::current_exe()?)
        .args([
            "--exact",
            "room::holds_a_room_until_it_is_killed",
            "--nocapture",
        ])
        .env(HOLDER, folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let lines = BufReader::new(holder.stderr.take().context("no stderr")?).lines();
    let room = lines
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix("room ").map(str::to_owned));
    let room = format!("/proc/{}", room.context("no room was opened")?);
    ensure!(Path::new(&room).exists());

    holder.kill()?;
    holder.wait()?;
    let started = Instant::now();
    while Path::new(&room).exists() {
        ensure!(
            started.elapsed() < Duration::from_secs(10),
            "the room outlived the process that opened it"
        );
        std::thread::yield_now();
    }
    ensure!(
        std::fs::read_dir(folder.path().join("view"))?
            .next()
            .is_none(),
        "a view is still mounted"
    );
    Ok(())
}
