//! Where passwords come from: standard input, a file, the environment or the terminal. Never an argument,
//! which every process of the machine could read.

use std::env::VarError;
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::prompt;
use crate::cli::{CliError, words};
use crate::file;
use crate::model::{quoted, secret_line, shown};
use crate::pki;
use crate::workbench;

/// Bytes of a password; more is refused rather than moved about in memory, which would leave copies.
pub(super) const LONGEST: usize = 4096;

/// The password of a file that is read.
#[derive(Debug, Clone, Default, clap::Args)]
#[group(multiple = false)]
pub(crate) struct Known {
    /// Read the password from a line of standard input
    #[arg(id = "password-stdin", long = "password-stdin")]
    stdin: bool,
    /// Read the password from the first line of this file
    #[arg(id = "password-file", long = "password-file", value_name = "FILE")]
    file: Option<PathBuf>,
    /// Take the password from this environment variable
    #[arg(id = "password-env", long = "password-env", value_name = "NAME")]
    variable: Option<String>,
}

impl Known {
    /// The password that was given; `None` where none was.
    pub(crate) fn get(&self) -> Result<Option<SecretString>, CliError> {
        given(self.stdin, self.file.as_deref(), self.variable.as_deref())
    }
}

/// The password that a new file is to have.
#[derive(Debug, Clone, Default, clap::Args)]
#[group(multiple = false)]
pub(crate) struct New {
    /// Read the new password from a line of standard input (the line after the old one's, if both are read
    /// there)
    #[arg(id = "new-password-stdin", long = "new-password-stdin")]
    stdin: bool,
    /// Read the new password from the first line of this file
    #[arg(id = "new-password-file", long = "new-password-file", value_name = "FILE")]
    file: Option<PathBuf>,
    /// Take the new password from this environment variable
    #[arg(id = "new-password-env", long = "new-password-env", value_name = "NAME")]
    variable: Option<String>,
}

impl New {
    pub(crate) fn get(&self) -> Result<Option<SecretString>, CliError> {
        given(self.stdin, self.file.as_deref(), self.variable.as_deref())
    }
}

/// The password of a private key's own file.
#[derive(Debug, Clone, Default, clap::Args)]
#[group(multiple = false)]
pub(crate) struct OfKey {
    /// Read the password of the private key from the first line of this file
    #[arg(id = "key-password-file", long = "key-password-file", value_name = "FILE")]
    file: Option<PathBuf>,
    /// Take the password of the private key from this environment variable
    #[arg(id = "key-password-env", long = "key-password-env", value_name = "NAME")]
    variable: Option<String>,
}

impl OfKey {
    pub(crate) fn get(&self) -> Result<Option<SecretString>, CliError> {
        given(false, self.file.as_deref(), self.variable.as_deref())
    }
}

/// Makes a password and keeps it in a new file that only its owner can read: shown nowhere, and good for
/// `--password-file` wherever it is needed later.
pub(crate) fn generate(into: &Path) -> Result<SecretString, CliError> {
    let password = pki::generate_password().map_err(|why| CliError::Refused(why.to_string()))?;
    let line = Zeroizing::new(format!("{}\n", password.expose_secret()).into_bytes());
    workbench::write_new(into, &line)?;
    words(&format!("{}: the new password, readable by you only", workbench::shown(into)));
    Ok(password)
}

/// Asks for the password of a file that is read; `None` where no person can be asked.
pub(crate) fn ask(whose: &str) -> Result<Option<SecretString>, CliError> {
    prompt::line(&format!("Password of {whose}: "))
}

/// Asks twice for the password of a file that is written (A142).
pub(crate) fn ask_twice(whose: &str) -> Result<SecretString, CliError> {
    const NOBODY: &str = "a new password is needed, and there is no terminal to ask on; give it by standard input, a file or the environment (--help names the options)";
    let nobody = || CliError::Usage(NOBODY.to_owned());
    let first = prompt::line(&format!("New password of {whose}: "))?.ok_or_else(nobody)?;
    let again = prompt::line("Confirm password: ")?.ok_or_else(nobody)?;
    if first.expose_secret() == again.expose_secret() {
        Ok(first)
    } else {
        Err(CliError::Usage("the two passwords differ; nothing was written".to_owned()))
    }
}

fn given(stdin: bool, path: Option<&Path>, name: Option<&str>) -> Result<Option<SecretString>, CliError> {
    if stdin {
        let failed = |why| CliError::machine("read the password from standard input", why);
        let line = line_of_standard_input().map_err(failed)?;
        return first_line(&line, "standard input").map(Some);
    }
    if let Some(path) = path {
        let whole = file::read(path).map_err(|why| CliError::Usage(format!("{}: {why}", shown(path))))?;
        return first_line(&whole, &shown(path)).map(Some);
    }
    let Some(name) = name else { return Ok(None) };
    match std::env::var(name) {
        Ok(password) => Ok(Some(secret_line(&password).into())),
        Err(VarError::NotPresent) => {
            Err(CliError::Usage(format!("the environment has no password in {}", quoted(name))))
        }
        Err(VarError::NotUnicode(_)) => Err(not_text(&quoted(name))),
    }
}

/// Byte by byte and past the buffer of the standard library, which would keep a copy, and the next line too.
fn line_of_standard_input() -> io::Result<Zeroizing<Vec<u8>>> {
    let mut line = Zeroizing::new(Vec::with_capacity(LONGEST));
    let mut octet = [0];
    while rustix::io::read(io::stdin().as_fd(), &mut octet)? == 1 && octet[0] != b'\n' {
        if line.len() == LONGEST {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the line is too long"));
        }
        line.push(octet[0]);
    }
    Ok(line)
}

fn first_line(bytes: &[u8], whence: &str) -> Result<SecretString, CliError> {
    // What follows the line may be anything.
    let line = bytes.split(|&octet| octet == b'\n').next().unwrap_or_default();
    std::str::from_utf8(line).map(|text| secret_line(text).into()).map_err(|_| not_text(whence))
}

fn not_text(whence: &str) -> CliError {
    CliError::Usage(format!("the password from {whence} is not UTF-8 text: save it again as UTF-8"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_password_is_the_first_line_of_its_file_whatever_follows() {
        for (bytes, expected) in
            [(&b"secret\r\nmore\n"[..], "secret"), (b"\xEF\xBB\xBFsecret\n\xFF", "secret"), (b"", "")]
        {
            assert_eq!(first_line(bytes, "here").unwrap().expose_secret(), expected);
        }
        assert!(first_line(b"\xff\xfe", "here").is_err());
    }
}
