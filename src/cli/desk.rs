//! Where a command asks a person to sign in: words on standard error, with what is left of the time. The
//! address at which a browser elsewhere ended is pasted into the terminal, which does not show it.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedReceiver;

use super::cert::prompt::Quiet;
use super::{can_rewrite, consent, words};
use crate::azure::{Desk, SignIn};
use crate::model::{BrowserPage, DeviceCode, Redirected, SignInReply};
use crate::runtime::browser;
use crate::runtime::clipboard::{self, Between};

/// The longest address that is taken; a code has some thousand characters.
const LONGEST: usize = 16 * 1024;

/// A desk where a person sits at it; a script is never kept waiting for a person.
pub(super) fn if_somebody_is_there() -> Option<Desk> {
    consent::can_ask().then(|| open(false))
}

/// `copies` puts the code on the clipboard of the person's terminal.
pub(super) fn open(copies: bool) -> Desk {
    let (desk, asked) = Desk::open();
    tokio::spawn(serve(desk.clone(), asked, copies && io::stderr().is_terminal()));
    desk
}

async fn serve(desk: Desk, mut asked: UnboundedReceiver<SignIn>, copies: bool) {
    let counts_down = can_rewrite();
    let mut shown: Option<DeviceCode> = None;
    let mut pasting: Option<Pasting> = None;
    let mut opened = String::new();
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
        // What was shown before is over, and with it what is typed for it.
        drop(pasting.take());
        match next {
            Some(SignIn::Asked(code)) => {
                words(&format!("sign in to go on: {}", code.why));
                words(&format!("open {} on any machine and type the code", code.address));
                say(&format!("{}{}", line(&code, Timestamp::now()), if counts_down { "" } else { "\n" }));
                if let Some(sequence) =
                    copies.then(|| clipboard::copy(&code.code, Between::of_this_process()).ok()).flatten()
                {
                    say(&sequence);
                }
                shown = Some(code);
            }
            Some(SignIn::Browser(page)) => {
                show(&page);
                // Once: it is shown again where something else was pasted.
                if opened != page.address {
                    browser::open(&page.address);
                    opened = page.address;
                }
                pasting = Pasting::begin(&desk);
            }
            // The command ends with the words of what to run; it goes on where it stood when it is run again.
            Some(SignIn::Tool(_)) => desk.answer(SignInReply::GiveUp),
            Some(SignIn::Ended(Ok(who))) => words(&format!("signed in as {who}")),
            // The request that waited for it says why it did not go on.
            Some(SignIn::Ended(Err(_))) => {}
            None => return,
        }
    }
}

fn show(page: &BrowserPage) {
    let var = |name: &str| std::env::var(name).ok();
    words(&format!("sign in to go on: {}", page.why));
    words("open this page in a browser of this machine:");
    say(&format!("{}\n", page.address));
    if browser::is_over_ssh(&var) {
        words("with the browser on your own machine, run this there first:");
        say(&format!("{}\n", browser::tunnel(page.port, &var)));
    }
}

/// A terminal into which an address can be pasted, until this is dropped.
struct Pasting(Arc<AtomicBool>);

impl Pasting {
    /// Nothing where there is no terminal.
    fn begin(desk: &Desk) -> Option<Self> {
        if !io::stdin().is_terminal() {
            return None;
        }
        let mut quiet = Quiet::open().ok()?;
        words("or paste the address at which the browser ends, and press Enter (it is not shown)");
        let stop = Arc::new(AtomicBool::new(false));
        let (desk, until) = (desk.clone(), stop.clone());
        std::thread::spawn(move || {
            let reply = match quiet.line_until(LONGEST, &until) {
                Ok(Some(line)) => SignInReply::Pasted(Redirected::from(&*String::from_utf8_lossy(&line))),
                Ok(None) => return,
                Err(_) => SignInReply::GiveUp,
            };
            // The terminal is as it was before the next output.
            drop(quiet);
            desk.answer(reply);
        });
        Some(Self(stop))
    }
}

impl Drop for Pasting {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
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
