//! The log: a file, never the screen. Only certdeck's own words go there; libraries, which know tokens and
//! bodies, are not asked.

use std::path::Path;
use std::{fs, io};

use tracing::Level;
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::paths;

/// A longer file is put aside at the start, in place of the one before it.
const LONGEST: u64 = 4 * 1024 * 1024;

/// Opens the log. What is written goes to disk as long as the guard lives. `level` is `CERTDECK_LOG`: error,
/// warn, info, debug, trace or off.
pub(crate) fn open(path: &Path, level: Option<&str>) -> io::Result<WorkerGuard> {
    if path.metadata().is_ok_and(|file| file.len() > LONGEST) {
        fs::rename(path, path.with_extension("log.1"))?;
    }
    let file = paths::private_append(path)?;
    // Room for as many lines is taken at once; the default, 128,000, is four megabytes.
    let (writer, guard) = NonBlockingBuilder::default().buffered_lines_limit(4_000).finish(file);
    let level = level
        .and_then(|text| text.parse::<LevelFilter>().ok())
        .unwrap_or(LevelFilter::from_level(Level::INFO));
    let lines = tracing_subscriber::fmt::layer().json().with_writer(writer);
    // A second call, as in tests, keeps the first log.
    let _ = tracing_subscriber::registry()
        .with(lines)
        .with(Targets::new().with_target("certdeck", level))
        .try_init();
    Ok(guard)
}
