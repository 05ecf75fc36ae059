//! Where a person is who can be asked to sign in: what they are told, and what they answer.

use tokio::sync::{broadcast, mpsc};

use super::super::error::AzureError;
use certdeck_model::{BrowserPage, DeviceCode, SignInReply, ToolCommand};

/// What a person who is asked to sign in has to be told.
#[derive(Debug)]
pub enum SignIn {
    Asked(DeviceCode),
    Browser(BrowserPage),
    /// Another program has to sign in, whose sign-in is borrowed; it goes on after `SignInReply::GoOn`.
    Tool(ToolCommand),
    /// It is over: who signed in, or why nobody did.
    Ended(Result<String, AzureError>),
}

/// Answers that wait to be taken; a person gives one at a time.
const WAITING: usize = 4;

/// Cheap to clone; without one nobody is asked.
#[derive(Debug, Clone)]
pub struct Desk {
    tells: mpsc::UnboundedSender<SignIn>,
    answers: broadcast::Sender<SignInReply>,
}

impl Desk {
    /// A desk, and what is to be shown to the person at it.
    pub fn open() -> (Self, mpsc::UnboundedReceiver<SignIn>) {
        let (tells, told) = mpsc::unbounded_channel();
        (Self { tells, answers: broadcast::Sender::new(WAITING) }, told)
    }

    /// What the person says to what is shown; where nothing is shown it is nothing.
    pub fn answer(&self, reply: SignInReply) {
        let _ = self.answers.send(reply);
    }

    pub(super) fn tell(&self, sign_in: SignIn) {
        // Nobody listens where the screen has ended; then nobody answers either.
        let _ = self.tells.send(sign_in);
    }

    /// The answers from now on.
    pub(super) fn hear(&self) -> Answers {
        Answers(self.answers.subscribe())
    }
}

/// What a person answers while something is shown to them.
#[derive(Debug)]
pub(super) struct Answers(broadcast::Receiver<SignInReply>);

impl Answers {
    pub(super) async fn next(&mut self) -> SignInReply {
        loop {
            match self.0.recv().await {
                Ok(reply) => return reply,
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                // The desk is asked through, so it is there as long as somebody waits.
                Err(broadcast::error::RecvError::Closed) => std::future::pending::<()>().await,
            }
        }
    }

    /// The next of these.
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

/// The end is told whatever happens, also when nobody waits for the token any more.
pub(super) struct Shown<'d> {
    desk: &'d Desk,
    is_over: bool,
}

impl<'d> Shown<'d> {
    pub(super) fn at(desk: &'d Desk) -> Self {
        Self { desk, is_over: false }
    }

    pub(super) fn end(&mut self, outcome: Result<String, AzureError>) {
        self.is_over = true;
        self.desk.tell(SignIn::Ended(outcome));
    }
}

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.end(Err(AzureError::SignIn {
                code: None,
                message: "nothing waits for it any more".to_owned(),
            }));
        }
    }
}
