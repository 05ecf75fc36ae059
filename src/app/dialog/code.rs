//! Signing in by code: what to type where, and how long it is good.

use super::{Act, Answer, is_plain};
use crate::app::key::{Key, KeyCode};
use crate::model::DeviceCode;

#[derive(Debug, Clone)]
pub struct SignInCode(pub DeviceCode);

impl SignInCode {
    pub fn press(&mut self, key: Key) -> Answer {
        match key.code {
            KeyCode::Esc => Answer::CloseAnd(Act::GiveUpSignIn),
            _ if is_plain(key, 'c') => Answer::Do(Act::Copy(self.0.code.clone())),
            _ if is_plain(key, 'a') => Answer::Do(Act::Copy(self.0.address.clone())),
            _ => Answer::Stay,
        }
    }
}
