//! Asks for a password on the terminal itself, wherever standard output goes, and shows nothing of it.

use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use secrecy::SecretString;
use zeroize::Zeroizing;

use super::password::LONGEST;
use crate::cli::CliError;

/// Asks for one line; `None` where nobody sits, so that a script never waits for an answer.
pub fn line(question: &str) -> Result<Option<SecretString>, CliError> {
    if !io::stdin().is_terminal() {
        return Ok(None);
    }
    let Ok(tty) = File::options().read(true).write(true).open("/dev/tty") else { return Ok(None) };
    let failed = |why| CliError::machine("ask on the terminal", why);
    let answer = Quiet::new(tty).and_then(|mut quiet| quiet.ask(question)).map_err(failed)?;
    match std::str::from_utf8(&answer) {
        Ok(text) => Ok(Some(text.into())),
        Err(_) => Err(CliError::Usage("the password is not UTF-8 text".to_owned())),
    }
}

/// The terminal without echo, given back as it was when this is dropped.
struct Quiet {
    tty: File,
    before: Termios,
}

impl Quiet {
    fn new(tty: File) -> io::Result<Self> {
        let before = tcgetattr(&tty)?;
        let mut modes = before.clone();
        // Without ISIG, Ctrl-C arrives as a key, so that it cannot end the program while the echo is off.
        modes.local_modes -= LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
        tcsetattr(&tty, OptionalActions::Flush, &modes)?;
        Ok(Self { tty, before })
    }

    fn ask(&mut self, question: &str) -> io::Result<Zeroizing<Vec<u8>>> {
        const CANCEL: [u8; 2] = [0x03, 0x04];
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
