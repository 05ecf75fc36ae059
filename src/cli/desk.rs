//! Where a command asks a person to sign in: words on standard error, with what is left of the time.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedReceiver;

use super::{consent, words};
use crate::azure::{Desk, SignIn};
use crate::model::{DeviceCode, SignInReply};
use crate::runtime::clipboard::{self, Between};

/// A desk where somebody sits at it; a script is never kept waiting for a person.
pub fn if_somebody_is_there() -> Option<Desk> {
    consent::can_ask().then(|| open(false))
}

/// `copies` puts the code on the clipboard of the person's terminal.
pub fn open(copies: bool) -> Desk {
    let (desk, asked) = Desk::open();
    tokio::spawn(serve(desk.clone(), asked, copies && io::stderr().is_terminal()));
    desk
}

async fn serve(desk: Desk, mut asked: UnboundedReceiver<SignIn>, copies: bool) {
    let counts_down = io::stderr().is_terminal();
    let mut shown: Option<DeviceCode> = None;
    loop {
        let next = tokio::select! {
            next = asked.recv() => next,
            () = tokio::time::sleep(Duration::from_secs(1)), if counts_down && shown.is_some() => {
                if let Some(code) = &shown {
                    say(&format!("\r{} ", line(code, Timestamp::now())));
                }
                continue;
            }
        };
        let was_shown = shown.take().is_some();
        if was_shown && counts_down {
            say("\r\x1b[K");
        }
        match next {
            Some(SignIn::Asked(code)) => {
                words(&format!("sign in to go on: {}", code.why));
                words(&format!("open {} on any machine and type the code", code.address));
                say(&format!("{}{}", line(&code, Timestamp::now()), if counts_down { "" } else { "\n" }));
                if let Some(sequence) = copies.then(|| clipboard::copy(&code.code, Between::of_this_process()).ok()).flatten() {
                    say(&sequence);
                }
                shown = Some(code);
            }
            // The command ends with the words of what to run; it goes on where it stood when it is run again.
            Some(SignIn::Tool(_)) => desk.answer(SignInReply::GiveUp),
            Some(SignIn::Ended(Ok(who))) => words(&format!("signed in as {who}")),
            // Whatever waited for it says why it did not go on.
            Some(SignIn::Ended(Err(_))) => {}
            None => return,
        }
    }
}

/// `    ABCD12345    (14:32 left)`
fn line(code: &DeviceCode, now: Timestamp) -> String {
    let left = (code.expires.as_second() - now.as_second()).max(0);
    format!("    {}    ({}:{:02} left)", code.code, left / 60, left % 60)
}

fn say(text: &str) {
    let mut err = io::stderr();
    let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
}
