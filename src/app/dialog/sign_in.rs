//! Signing in: what to type where and how long it is good, or which command of another program to run.

use super::{Act, Answer, is_plain};
use crate::app::key::{Key, KeyCode};
use crate::model::{SignInAsk, SignInReply};

#[derive(Debug, Clone)]
pub struct SignIn(pub SignInAsk);

impl SignIn {
    pub fn press(&mut self, key: Key) -> Answer {
        match (&self.0, key.code) {
            (_, KeyCode::Esc) => Answer::CloseAnd(Act::AnswerSignIn(SignInReply::GiveUp)),
            (SignInAsk::Code(code), _) if is_plain(key, 'c') => Answer::Do(Act::Copy(code.code.clone())),
            (SignInAsk::Code(code), _) if is_plain(key, 'a') => Answer::Do(Act::Copy(code.address.clone())),
            (SignInAsk::Tool(tool), _) if is_plain(key, 'c') => Answer::Do(Act::Copy(tool.lines.join("\n"))),
            (SignInAsk::Tool(_), KeyCode::Enter) => Answer::CloseAnd(Act::AnswerSignIn(SignInReply::GoOn)),
            _ => Answer::Stay,
        }
    }

    /// Whether what is left of the time is shown.
    pub fn counts_down(&self) -> bool {
        matches!(self.0, SignInAsk::Code(_))
    }
}
