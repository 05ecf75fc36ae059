//! What comes from the terminal: a thread that blocks in `crossterm::event::read`, and one that waits for the
//! terminal to go away. Neither costs anything while nothing happens.

use std::thread;

use crossterm::event::{self, Event, KeyEvent, KeyEventKind, KeyModifiers};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use tokio::sync::mpsc::UnboundedSender;

use super::Happened;
use crate::app::key::{Key, KeyCode};
use crate::app::message::Message;

/// Starts both threads; they end with the process.
pub(crate) fn listen(to: &UnboundedSender<Happened>) {
    let (keys, hangup) = (to.clone(), to.clone());
    thread::spawn(move || {
        let reason = loop {
            match event::read() {
                Ok(event) => {
                    if message(event).is_some_and(|message| keys.send(Happened::Message(message)).is_err()) {
                        return;
                    }
                }
                Err(error) => break error,
            }
        };
        tracing::info!(%reason, "no more input");
        let _ = keys.send(Happened::TerminalGone);
    });
    thread::spawn(move || {
        wait_for_hangup();
        let _ = hangup.send(Happened::TerminalGone);
    });
}

/// Returns when the terminal was hung up. crossterm's reader spins for ever then, and no signal comes where
/// SIGHUP is ignored, as under nohup.
fn wait_for_hangup() {
    let stdin = std::io::stdin();
    let mut fds = [PollFd::new(&stdin, PollFlags::empty())];
    while poll(&mut fds, None) == Err(Errno::INTR) {}
}

fn message(event: Event) -> Option<Message> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => own_key(key).map(Message::KeyPressed),
        Event::Paste(text) => Some(Message::Pasted(text)),
        Event::Resize(width, height) => Some(Message::Resized { width, height }),
        _ => None,
    }
}

fn own_key(key: KeyEvent) -> Option<Key> {
    use crossterm::event::KeyCode as Their;
    let mut shift = key.modifiers.contains(KeyModifiers::SHIFT);
    let mut ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    let code = match key.code {
        // Some terminals send C-h for the backspace key.
        Their::Char('h') if ctrl => {
            ctrl = false;
            KeyCode::Backspace
        }
        Their::Char(c) => {
            shift = false;
            KeyCode::Char(c)
        }
        Their::BackTab => {
            shift = true;
            KeyCode::Tab
        }
        Their::Enter => KeyCode::Enter,
        Their::Esc => KeyCode::Esc,
        Their::Tab => KeyCode::Tab,
        Their::Backspace => KeyCode::Backspace,
        Their::Delete => KeyCode::Delete,
        Their::Up => KeyCode::Up,
        Their::Down => KeyCode::Down,
        Their::Left => KeyCode::Left,
        Their::Right => KeyCode::Right,
        Their::Home => KeyCode::Home,
        Their::End => KeyCode::End,
        Their::PageUp => KeyCode::PageUp,
        Their::PageDown => KeyCode::PageDown,
        Their::F(n) => KeyCode::F(n),
        _ => return None,
    };
    Some(Key { code, ctrl, alt: key.modifiers.contains(KeyModifiers::ALT), shift })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn written(code: event::KeyCode, modifiers: KeyModifiers) -> String {
        own_key(KeyEvent::new(code, modifiers)).unwrap().to_string()
    }

    #[test]
    fn keys_arrive_under_the_names_that_the_keymap_uses() {
        assert_eq!(written(event::KeyCode::Char('G'), KeyModifiers::SHIFT), "G");
        assert_eq!(written(event::KeyCode::Char('d'), KeyModifiers::CONTROL), "<C-d>");
        assert_eq!(written(event::KeyCode::BackTab, KeyModifiers::SHIFT), "<S-Tab>");
        assert_eq!(written(event::KeyCode::Char('h'), KeyModifiers::CONTROL), "<BS>");
        assert_eq!(written(event::KeyCode::Char(' '), KeyModifiers::NONE), "<Space>");
    }
}
