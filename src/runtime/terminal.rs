//! The terminal taken over and given back: one list of modes, switched on and off together, in every way that
//! the program ends.

use std::io::{self, Write};
use std::os::fd::AsFd;
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use ratatui::Frame;
use ratatui::layout::{Rect, Size};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

use super::ansi::Ansi;
use crate::model::printable;

/// What is switched on to enter, and off, from the last to the first, to leave. No mouse is captured, so that
/// the terminal's own selection keeps working; the wheel arrives as arrow keys (1007), whose old setting is
/// saved and restored.
const MODES: [(&str, &str); 5] = [
    ("\x1b[?1049h", "\x1b[?1049l"),
    ("\x1b[?1007s\x1b[?1007h", "\x1b[?1007r"),
    ("\x1b[?2004h", "\x1b[?2004l"),
    ("\x1b[?25l", "\x1b[?25h"),
    // A frame cut off by a dying link must not leave the pen coloured or the picture frozen.
    ("\x1b[m", "\x1b[?2026l\x1b[m"),
];

static TAKEN: AtomicBool = AtomicBool::new(false);

#[derive(Debug)]
pub(crate) struct Terminal(ratatui::Terminal<Ansi<Tty>>);

impl Terminal {
    /// Takes the terminal over. It is given back when this value is dropped, on a panic, and by `leave`.
    pub(crate) fn enter() -> io::Result<Self> {
        let terminal = ratatui::Terminal::new(Ansi::new(Tty, size))?;
        restore_on_panic();
        take()?;
        Ok(Self(terminal))
    }

    pub(crate) fn draw(&mut self, view: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        self.0.draw(view).map(drop)
    }

    /// Columns and rows as they are now.
    pub(crate) fn size() -> (u16, u16) {
        let Size { width, height } = size();
        (width, height)
    }

    /// Makes the next frame a whole one. `Terminal::clear` would ask the terminal for its cursor; this does
    /// not.
    pub(crate) fn repaint(&mut self) -> io::Result<()> {
        let Size { width, height } = size();
        self.0.resize(Rect::new(0, 0, width, height))
    }

    /// Gives the terminal back for a while, as before a suspension.
    pub(crate) fn leave() {
        give_back();
    }

    /// Takes it again, after any change that was made to it meanwhile.
    pub(crate) fn resume(&mut self) -> io::Result<()> {
        give_back();
        take()?;
        self.0.backend_mut().forget();
        self.repaint()
    }

    /// Sends something that is no part of the picture.
    pub(crate) fn send(&mut self, sequence: &str) -> io::Result<()> {
        self.0.backend_mut().send(sequence)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        give_back();
    }
}

fn take() -> io::Result<()> {
    TAKEN.store(true, Ordering::SeqCst);
    enable_raw_mode()?;
    Tty.write_all(MODES.map(|(on, _)| on).concat().as_bytes())
}

/// May be called at any time, from any thread, any number of times. A terminal that is gone cannot be given
/// back, so failures have no hearer.
fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let mut off = MODES.map(|(_, off)| off);
        off.reverse();
        let _ = Tty.write_all(off.concat().as_bytes());
        let _ = disable_raw_mode();
    }
}

/// The thread whose panics end one request and not the program.
#[cfg(feature = "practice")]
const SURVIVOR: Option<&str> = Some(crate::practice::THREAD);
#[cfg(not(feature = "practice"))]
const SURVIVOR: Option<&str> = None;

/// A panic in any thread ends the program: first the terminal is given back, then the report goes where it
/// can be read. Without this a panic in a task would leave half a program behind a screen that looks alive.
fn restore_on_panic() {
    panic::set_hook(Box::new(|info| {
        // The practice cloud answers for its own mistakes, and goes on.
        let is_survived = SURVIVOR.is_some() && thread::current().name() == SURVIVOR;
        if !is_survived {
            give_back();
        }
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let payload = info.payload();
        let owned = payload.downcast_ref::<String>().map(String::as_str);
        let words = owned.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no words were left");
        tracing::error!(place, words, "panic");
        if is_survived {
            return;
        }
        let _ = writeln!(
            io::stderr(),
            "certdeck made a mistake and had to end: {} ({place})\nNothing is lost: the next start looks at what is there. Please report this line.",
            printable(words)
        );
        std::process::exit(101);
    }));
}

/// The size in columns and rows; a terminal that does not know its own is taken for 80x24.
fn size() -> Size {
    match rustix::termios::tcgetwinsize(io::stdout()) {
        Ok(window) if window.ws_col > 0 && window.ws_row > 0 => Size::new(window.ws_col, window.ws_row),
        _ => Size::new(80, 24),
    }
}

/// Standard output without the buffer of the standard library, which would cut a frame at its line feeds.
#[derive(Debug)]
struct Tty;

impl Write for Tty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let out = io::stdout();
        loop {
            match rustix::io::write(&out, bytes) {
                // Another program may have made the shared terminal non-blocking.
                Err(Errno::AGAIN) => {
                    poll(&mut [PollFd::from_borrowed_fd(out.as_fd(), PollFlags::OUT)], None)?;
                }
                Err(Errno::INTR) => {}
                other => return Ok(other?),
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
