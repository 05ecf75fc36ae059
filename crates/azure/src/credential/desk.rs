//! The channel to the person who can be asked to sign in: prompts to them, and their replies.

use tokio::sync::{broadcast, mpsc};

use super::super::error::AzureError;
use certdeck_model::{BrowserPage, DeviceCode, SignInReply, ToolCommand};

/// What a person who is asked to sign in has to see.
#[derive(Debug)]
pub enum SignIn {
    /// The person has to type a code on a page.
    Asked(DeviceCode),
    /// The person has to sign in on a page in a browser.
    Browser(BrowserPage),
    /// Another program has to sign in, whose sign-in is used; it continues after `SignInReply::GoOn`.
    Tool(ToolCommand),
    /// The sign-in is over: who signed in, or why it failed.
    Ended(Result<String, AzureError>),
}

/// The maximum number of unread replies; a person gives one at a time.
const WAITING: usize = 4;

/// Cheap to clone; without one no person is asked.
#[derive(Debug, Clone)]
pub struct Desk {
    tells: mpsc::UnboundedSender<SignIn>,
    answers: broadcast::Sender<SignInReply>,
}

impl Desk {
    /// A desk, and the receiver of what it shows to the person.
    pub fn open() -> (Self, mpsc::UnboundedReceiver<SignIn>) {
        let (tells, told) = mpsc::unbounded_channel();
        (Self { tells, answers: broadcast::Sender::new(WAITING) }, told)
    }

    /// Passes on the person's reply; without a prompt it has no effect.
    pub fn answer(&self, reply: SignInReply) {
        let _ = self.answers.send(reply);
    }

    pub(super) fn tell(&self, sign_in: SignIn) {
        // There is no receiver after the screen has ended; then no reply comes either.
        let _ = self.tells.send(sign_in);
    }

    /// Receives the replies from now on.
    pub(super) fn hear(&self) -> PersonReplies {
        PersonReplies(self.answers.subscribe())
    }
}

/// A person's replies while a prompt is shown.
#[derive(Debug)]
pub(super) struct PersonReplies(broadcast::Receiver<SignInReply>);

impl PersonReplies {
    pub(super) async fn next(&mut self) -> SignInReply {
        loop {
            match self.0.recv().await {
                Ok(reply) => return reply,
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                // The prompt goes through the desk, so the desk exists as long as a sign-in waits.
                Err(broadcast::error::RecvError::Closed) => std::future::pending::<()>().await,
            }
        }
    }

    /// Waits for one of these replies.
    pub(super) async fn one_of(&mut self, meant: &[SignInReply]) -> SignInReply {
        loop {
            let reply = self.next().await;
            if meant.contains(&reply) {
                return reply;
            }
        }
    }
}

pub(super) fn given_up() -> AzureError {
    AzureError::SignIn { code: None, message: "it was given up".to_owned() }
}

/// Reports the end in any case, even if no request waits for the token any more.
pub(super) struct ShownPrompt<'d> {
    desk: &'d Desk,
    is_over: bool,
}

impl<'d> ShownPrompt<'d> {
    pub(super) fn at(desk: &'d Desk) -> Self {
        Self { desk, is_over: false }
    }

    pub(super) fn end(&mut self, outcome: Result<String, AzureError>) {
        self.is_over = true;
        self.desk.tell(SignIn::Ended(outcome));
    }
}

impl Drop for ShownPrompt<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.end(Err(AzureError::SignIn { code: None, message: "nothing waits for it".to_owned() }));
        }
    }
}
