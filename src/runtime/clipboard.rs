//! Copying through the terminal (OSC 52): it reaches the clipboard of the machine where the person sits, over
//! SSH too.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::model::Problem;

/// What common terminals take at most, in Base64 (xterm, tmux).
const LONGEST: usize = 100_000;
/// GNU screen cuts a string that it passes on after 768 bytes.
const SCREEN_CHUNK: usize = 512;

/// What stands between us and the terminal that has the clipboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Between {
    Nothing,
    Tmux,
    Screen,
}

impl Between {
    pub(crate) fn of_this_process() -> Self {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        match (set("TMUX"), set("STY")) {
            (true, _) => Self::Tmux,
            (false, true) => Self::Screen,
            (false, false) => Self::Nothing,
        }
    }
}

/// The sequence that puts a text on the clipboard. No terminal says whether it obeyed. It may be a password:
/// wiped.
pub(crate) fn copy(text: &str, between: Between) -> Result<Zeroizing<String>, Problem> {
    let encoded = Zeroizing::new(STANDARD.encode(text));
    if encoded.len() > LONGEST {
        let why =
            format!("the text has {} bytes, and terminals take {} at most", text.len(), LONGEST / 4 * 3);
        return Err(Problem::new("Copy to the clipboard", why));
    }
    let plain = Zeroizing::new(format!("\x1b]52;c;{}\x07", *encoded));
    Ok(match between {
        Between::Nothing => plain,
        // tmux obeys the plain form with `set-clipboard on`, and passes the wrapped one on with
        // `allow-passthrough on`.
        Between::Tmux => {
            Zeroizing::new(format!("{}\x1bPtmux;{}\x1b\\", *plain, plain.replace('\x1b', "\x1b\x1b")))
        }
        Between::Screen => {
            let chunks = plain.as_bytes().chunks(SCREEN_CHUNK).map(String::from_utf8_lossy);
            Zeroizing::new(chunks.flat_map(|chunk| ["\x1bP".into(), chunk, "\x1b\\".into()]).collect())
        }
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_text_reaches_the_clipboard_through_what_stands_between() {
        assert_eq!(*copy("abc", Between::Nothing).unwrap(), "\x1b]52;c;YWJj\x07");
        assert!(copy("abc", Between::Tmux).unwrap().ends_with("\x1bPtmux;\x1b\x1b]52;c;YWJj\x07\x1b\\"));
        let long = copy(&"x".repeat(1000), Between::Screen).unwrap();
        assert!(long.split("\x1b\\").all(|part| part.len() <= SCREEN_CHUNK + 2));
    }

    #[test]
    fn a_text_too_long_for_terminals_is_refused_with_the_limit() {
        assert!(copy(&"x".repeat(80_000), Between::Nothing).unwrap_err().why.contains("75000"));
    }
}
