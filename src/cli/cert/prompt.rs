//! Asks for a password on the terminal itself, wherever standard output goes, and shows nothing of it.

use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use secrecy::SecretString;
use zeroize::Zeroizing;

use super::password::LONGEST;
use crate::cli::CliError;
use crate::model::secret_line;

/// Asks for one line; `None` where no person sits there, so that a script never waits for an answer.
pub(crate) fn line(question: &str) -> Result<Option<SecretString>, CliError> {
    if !io::stdin().is_terminal() {
        return Ok(None);
    }
    let Ok(tty) = File::options().read(true).write(true).open("/dev/tty") else { return Ok(None) };
    let failed = |why| CliError::machine("ask on the terminal", why);
    let answer = Quiet::new(tty).and_then(|mut quiet| quiet.ask(question)).map_err(failed)?;
    match std::str::from_utf8(&answer) {
        Ok(text) => Ok(Some(secret_line(text).into())),
        Err(_) => Err(CliError::Usage("the password is not UTF-8 text".to_owned())),
    }
}

/// What Ctrl-C and Ctrl-D arrive as.
const CANCEL: [u8; 2] = [0x03, 0x04];

/// The terminal without echo, given back as it was when this is dropped.
pub(in crate::cli) struct Quiet {
    tty: File,
    before: Termios,
}

impl Quiet {
    /// The terminal of this process, if it has one.
    pub(in crate::cli) fn open() -> io::Result<Self> {
        Self::new(File::options().read(true).write(true).open("/dev/tty")?)
    }

    fn new(tty: File) -> io::Result<Self> {
        let before = tcgetattr(&tty)?;
        let mut modes = before.clone();
        // Without ISIG, Ctrl-C arrives as a key, so that it cannot end the program while the echo is off.
        modes.local_modes -= LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
        tcsetattr(&tty, OptionalActions::Flush, &modes)?;
        Ok(Self { tty, before })
    }

    /// One line of at most `longest` bytes; nothing once `stop` says so. An error where the person gives up.
    pub(in crate::cli) fn line_until(
        &mut self,
        longest: usize,
        stop: &AtomicBool,
    ) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
        let mut typed = Zeroizing::new(Vec::with_capacity(longest));
        let mut key = [0];
        while !stop.load(Ordering::Relaxed) {
            let mut waits = [PollFd::new(&self.tty, PollFlags::IN)];
            let pause = Timespec { tv_sec: 0, tv_nsec: 200_000_000 };
            if poll(&mut waits, Some(&pause))? == 0 {
                continue;
            }
            if self.tty.read(&mut key)? == 0 || CANCEL.contains(&key[0]) {
                return Err(io::Error::new(io::ErrorKind::Interrupted, "given up"));
            }
            match key[0] {
                b'\r' | b'\n' => return Ok(Some(typed)),
                octet if typed.len() < longest => typed.push(octet),
                _ => typed.clear(),
            }
        }
        Ok(None)
    }

    fn ask(&mut self, question: &str) -> io::Result<Zeroizing<Vec<u8>>> {
        self.tty.write_all(question.as_bytes())?;
        let mut typed = Zeroizing::new(Vec::with_capacity(LONGEST));
        let mut key = [0];
        loop {
            if self.tty.read(&mut key)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            match key[0] {
                b'\r' | b'\n' => break,
                octet if CANCEL.contains(&octet) => {
                    self.tty.write_all(b"\n")?;
                    return Err(io::Error::new(io::ErrorKind::Interrupted, "given up"));
                }
                0x08 | 0x7F => drop_last_character(&mut typed),
                0x15 => typed.clear(),
                octet if typed.len() < LONGEST => typed.push(octet),
                _ => return Err(io::Error::new(io::ErrorKind::InvalidInput, "the password is too long")),
            }
        }
        self.tty.write_all(b"\n")?;
        Ok(typed)
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        let _ = tcsetattr(&self.tty, OptionalActions::Flush, &self.before);
    }
}

fn drop_last_character(typed: &mut Vec<u8>) {
    const CONTINUES: std::ops::Range<u8> = 0x80..0xC0;
    while typed.pop().is_some_and(|octet| CONTINUES.contains(&octet)) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backspace_takes_a_whole_character() {
        let mut typed = "k🔑".as_bytes().to_vec();
        drop_last_character(&mut typed);
        assert_eq!(typed, b"k");
        drop_last_character(&mut typed);
        drop_last_character(&mut typed);
        assert!(typed.is_empty());
    }
}
