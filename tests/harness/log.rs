//! What lavafed logs, kept for who wants to search it.

use std::io;
use std::sync::{Mutex, OnceLock};

use tracing_subscriber::fmt::MakeWriter;

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Keeper;

impl io::Write for Keeper {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if let Ok(mut log) = LOG.lock() {
            log.extend_from_slice(line);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Keeper {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        Self
    }
}

/// From now on everything that this program logs is kept.
pub fn keep() {
    static KEPT: OnceLock<()> = OnceLock::new();
    KEPT.get_or_init(|| {
        let all = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(Keeper)
            .finish();
        // Another subscriber is none of ours: then the log stays empty, which who reads it must check.
        let _other = tracing::subscriber::set_global_default(all);
    });
}

/// Everything logged so far.
#[must_use]
pub fn kept() -> String {
    let log = LOG.lock().map(|log| log.clone()).unwrap_or_default();
    String::from_utf8_lossy(&log).into_owned()
}
