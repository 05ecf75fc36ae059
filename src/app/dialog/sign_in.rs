//! Signing in: what to type where and how long it is good, which page to open, or which command of another
//! program to run.

use super::{Act, Answer, is_plain};
use crate::app::key::{Key, KeyCode};
use crate::model::{Redirected, SignInAsk, SignInReply};

#[derive(Debug, Clone)]
pub struct SignInDialog(pub SignInAsk);

impl SignInDialog {
    pub fn press(&mut self, key: Key) -> Answer {
        match (&self.0, key.code) {
            (_, KeyCode::Esc) => Answer::CloseAnd(Act::AnswerSignIn(SignInReply::GiveUp)),
            (SignInAsk::Code(code), _) if is_plain(key, 'c') => Answer::Do(Act::Copy(code.code.clone())),
            (SignInAsk::Code(code), _) if is_plain(key, 'a') => Answer::Do(Act::Copy(code.address.clone())),
            (SignInAsk::Code(_), _) if is_plain(key, 'b') => {
                Answer::Do(Act::AnswerSignIn(SignInReply::ByBrowser))
            }
            (SignInAsk::Browser(page), _) if is_plain(key, 'a') => {
                Answer::Do(Act::Copy(page.address.clone()))
            }
            (SignInAsk::Browser(_), _) if is_plain(key, 'd') => {
                Answer::Do(Act::AnswerSignIn(SignInReply::ByCode))
            }
            (SignInAsk::Tool(tool), _) if is_plain(key, 'c') => Answer::Do(Act::Copy(tool.lines.join("\n"))),
            (SignInAsk::Tool(_), KeyCode::Enter) => Answer::CloseAnd(Act::AnswerSignIn(SignInReply::GoOn)),
            _ => Answer::Stay,
        }
    }

    /// Where the browser ended, if it is asked for.
    pub fn paste(&self, text: &str) -> Answer {
        match &self.0 {
            SignInAsk::Browser(_) => {
                Answer::Do(Act::AnswerSignIn(SignInReply::Pasted(Redirected::from(text))))
            }
            SignInAsk::Code(_) | SignInAsk::Tool(_) => Answer::Stay,
        }
    }

    /// Whether what is left of the time is shown.
    pub fn counts_down(&self) -> bool {
        matches!(self.0, SignInAsk::Code(_) | SignInAsk::Browser(_))
    }
}
