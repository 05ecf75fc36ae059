//! Signals: TERM, HUP, INT and QUIT end the program in order; TSTP and CONT suspend and repaint it.

use std::io;
use std::time::Duration;

use rustix::process::{Signal, getpgrp, getsid, kill_current_process_group};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::UnboundedSender;

use super::Happened;

/// How long the end in order may take before the program just ends: a terminal may be stopped (C-s) or gone.
const PATIENCE: Duration = Duration::from_millis(400);

/// Begins to listen; the tasks end with the runtime.
pub(crate) fn listen(to: &UnboundedSender<Happened>) -> io::Result<()> {
    for kind in [SignalKind::terminate(), SignalKind::hangup(), SignalKind::interrupt(), SignalKind::quit()] {
        let (mut signals, to) = (signal(kind)?, to.clone());
        tokio::spawn(async move {
            signals.recv().await;
            let _ = to.send(Happened::Told(kind.as_raw_value()));
            tokio::time::sleep(PATIENCE).await;
            std::process::exit(128 + kind.as_raw_value());
        });
    }
    forward(Signal::TSTP, to, || Happened::AskedToStop)?;
    forward(Signal::CONT, to, || Happened::Continued)?;
    Ok(())
}

fn forward(number: Signal, to: &UnboundedSender<Happened>, happened: fn() -> Happened) -> io::Result<()> {
    let (mut signals, to) = (signal(SignalKind::from_raw(number.as_raw()))?, to.clone());
    tokio::spawn(async move { while signals.recv().await.is_some() && to.send(happened()).is_ok() {} });
    Ok(())
}

/// Stops this process group, as C-z in a shell does; `Happened::Continued` follows when the shell goes on
/// with it. False where no shell could ever go on with it, as in a container or under `ssh HOST certdeck`.
pub(crate) fn stop() -> bool {
    let alone = getsid(None).is_ok_and(|session| session == getpgrp());
    !alone && kill_current_process_group(Signal::STOP).is_ok()
}
