//! A terminal for tests: a pseudo-terminal, a screen model behind it, and bounded waits for what shows on it.
#![allow(dead_code)]

use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use certdeck::app::key::{Key, KeyCode};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tempfile::TempDir;

/// Long enough for a debug build on a busy machine; nothing waits that long unless it fails.
const PATIENCE: Duration = Duration::from_secs(40);

pub(crate) struct Pty {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    keyboard: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    model: vt100::Parser,
    wire: Vec<u8>,
    modes_before: String,
    home: TempDir,
}

impl Pty {
    /// `certdeck demo` at 80x24 with a home of its own.
    pub(crate) fn demo() -> Self {
        Self::start(&[env!("CARGO_BIN_EXE_certdeck"), "demo"], &[])
    }

    /// A shell script that finds the program in `$CERTDECK`.
    pub(crate) fn shell(script: &str) -> Self {
        Self::start(&["/bin/sh", "-c", script], &[])
    }

    /// Any command at 80x24, with these variables beside the few that it needs.
    pub(crate) fn start(command: &[&str], environment: &[(&str, String)]) -> Self {
        Self::sized(command, environment, 80, 24)
    }

    /// The same in a terminal that has this size from the beginning.
    pub(crate) fn sized(command: &[&str], environment: &[(&str, String)], columns: u16, rows: u16) -> Self {
        let home = tempfile::tempdir().unwrap();
        let pty = native_pty_system().openpty(size(columns, rows)).unwrap();
        let mut builder = CommandBuilder::new(command[0]);
        builder.args(&command[1..]);
        builder.env_clear();
        builder.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        builder.env("HOME", home.path());
        builder.env("TERM", "xterm-256color");
        builder.env("LANG", "C.UTF-8");
        builder.env("CERTDECK", env!("CARGO_BIN_EXE_certdeck"));
        for (name, value) in environment {
            builder.env(name, value);
        }
        builder.cwd(home.path());
        let modes_before = modes(&*pty.master);
        let child = pty.slave.spawn_command(builder).unwrap();
        drop(pty.slave);
        let mut reader = pty.master.try_clone_reader().unwrap();
        let (to, output) = channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 8192];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                if to.send(bytes[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        let keyboard = pty.master.take_writer().unwrap();
        let model = vt100::Parser::new(rows.try_into().unwrap(), columns.try_into().unwrap(), 0);
        Self { child, master: pty.master, keyboard, output, model, wire: Vec::new(), modes_before, home }
    }

    /// Everything that shows now, one line a row.
    pub(crate) fn screen(&self) -> String {
        self.model.screen().contents()
    }

    /// Everything that was ever written, control sequences included.
    pub(crate) fn wire(&mut self) -> String {
        while let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(200)) {
            self.take(&bytes);
        }
        String::from_utf8_lossy(&self.wire).into_owned()
    }

    /// Waits until this text shows.
    pub(crate) fn wait_for(&mut self, text: &str) {
        self.wait_until(text, |screen| screen.contains(text));
    }

    /// Waits until this text shows no more.
    pub(crate) fn wait_without(&mut self, text: &str) {
        self.wait_until(text, |screen| !screen.contains(text));
    }

    pub(crate) fn wait_until(&mut self, what: &str, holds: impl Fn(&str) -> bool) {
        let until = Instant::now() + PATIENCE;
        while !holds(&self.screen()) {
            let left = until.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.take(&bytes),
                Err(why) => {
                    panic!("waited in vain for {what:?} ({why}); the screen shows:\n{}", self.screen())
                }
            }
        }
    }

    /// Presses keys in their written form: `:purchase<Enter>`.
    pub(crate) fn keys(&mut self, written: &str) {
        let bytes: Vec<u8> = Key::parse_all(written).unwrap().into_iter().flat_map(encode).collect();
        self.keyboard.write_all(&bytes).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// Sends bytes as a terminal would: what is pasted, or keys in another form.
    pub(crate) fn send(&mut self, bytes: &str) {
        self.keyboard.write_all(bytes.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    pub(crate) fn resize(&mut self, columns: u16, rows: u16) {
        while let Ok(bytes) = self.output.try_recv() {
            self.take(&bytes);
        }
        self.model.screen_mut().set_size(rows.try_into().unwrap(), columns.try_into().unwrap());
        self.master.resize(size(columns, rows)).unwrap();
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_raw(self.id()).unwrap(), signal).unwrap();
    }

    /// Waits for the end of the program and of its output; gives the exit code.
    pub(crate) fn wait_exit(&mut self) -> u32 {
        let until = Instant::now() + PATIENCE;
        while let Ok(bytes) = self.output.recv_timeout(until.saturating_duration_since(Instant::now())) {
            self.take(&bytes);
        }
        assert!(Instant::now() < until, "still running; the screen shows:\n{}", self.screen());
        self.child.wait().unwrap().exit_code()
    }

    /// Alternate screen, cursor, paste mode and line discipline are as they were.
    pub(crate) fn assert_given_back(&self) {
        let screen = self.model.screen();
        assert!(!screen.alternate_screen(), "the alternate screen is left on");
        assert!(!screen.hide_cursor(), "the cursor is left hidden");
        assert!(!screen.bracketed_paste(), "bracketed paste is left on");
        assert_eq!(modes(&*self.master), self.modes_before, "the line discipline is left changed");
    }

    pub(crate) fn home(&self) -> &std::path::Path {
        self.home.path()
    }

    /// The process id.
    pub(crate) fn id(&self) -> i32 {
        self.child.process_id().and_then(|id| i32::try_from(id).ok()).unwrap()
    }

    fn take(&mut self, bytes: &[u8]) {
        self.wire.extend_from_slice(bytes);
        self.model.process(bytes);
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until a directory has a file in it that is whole.
pub(crate) fn wait_for_file(dir: &std::path::Path) {
    let until = Instant::now() + PATIENCE;
    let is_there = || {
        let names = std::fs::read_dir(dir).into_iter().flatten().map(|entry| entry.unwrap().path());
        names.into_iter().any(|path| path.extension().is_some_and(|ending| ending != "new"))
    };
    while !is_there() {
        assert!(Instant::now() < until, "no file came to {}", dir.display());
        std::thread::yield_now();
    }
}

/// Waits until a process that is not a child is gone, or waits to be collected by whoever inherited it.
pub(crate) fn wait_gone(id: i32) {
    let until = Instant::now() + PATIENCE;
    let alive = || {
        let state = std::fs::read_to_string(format!("/proc/{id}/stat"));
        let dead = state
            .is_ok_and(|stat| stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z')));
        !dead && test_kill_process(Pid::from_raw(id).unwrap()).is_ok()
    };
    while alive() {
        assert!(Instant::now() < until, "still alive after the terminal is gone");
        std::thread::yield_now();
    }
}

fn size(cols: u16, rows: u16) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

fn modes(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios())
}

/// As a terminal sends it.
fn encode(key: Key) -> Vec<u8> {
    let text = match key.code {
        KeyCode::Char(c) if key.ctrl => return vec![(c.to_ascii_lowercase() as u8) & 0x1f],
        KeyCode::Char(c) => return c.to_string().into_bytes(),
        KeyCode::Enter => "\r",
        KeyCode::Esc => "\x1b",
        KeyCode::Tab if key.shift => "\x1b[Z",
        KeyCode::Tab => "\t",
        KeyCode::Backspace => "\x7f",
        KeyCode::Delete => "\x1b[3~",
        KeyCode::Up => "\x1b[A",
        KeyCode::Down => "\x1b[B",
        KeyCode::Right => "\x1b[C",
        KeyCode::Left => "\x1b[D",
        KeyCode::Home => "\x1b[H",
        KeyCode::End => "\x1b[F",
        KeyCode::PageUp => "\x1b[5~",
        KeyCode::PageDown => "\x1b[6~",
        KeyCode::F(_) => panic!("no test presses function keys"),
    };
    text.as_bytes().to_vec()
}
