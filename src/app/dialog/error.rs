//! An error stays until it is dismissed; it scrolls, and can be copied for a colleague or for support.

use super::{Act, Answer, PAGE, motion};
use crate::app::detail::step;
use crate::app::key::{Key, KeyCode};
use crate::model::Problem;

#[derive(Debug, Clone)]
pub struct ErrorText {
    pub problem: Problem,
    /// The first line shown.
    pub scroll: usize,
}

impl ErrorText {
    pub fn new(problem: Problem) -> Self {
        Self { problem, scroll: 0 }
    }

    /// The paragraphs: what, why, what to do, for support.
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.problem.why.lines().map(str::to_owned).collect();
        if !self.problem.remedy.is_empty() {
            lines.push(String::new());
            lines.push(format!("What to do: {}", self.problem.remedy));
        }
        if self.problem.service_code().is_some() || self.problem.request_id.is_some() {
            lines.push(String::new());
        }
        lines.extend(self.problem.service_code().map(|code| format!("Code: {code}")));
        lines.extend(self.problem.request_id.as_ref().map(|id| format!("Request id: {id}")));
        lines.extend(self.problem.correlation_id.as_ref().map(|id| format!("Correlation id: {id}")));
        lines
    }

    pub fn press(&mut self, key: Key) -> Answer {
        match key.code {
            KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q') => Answer::Close,
            KeyCode::Char('c') if !key.ctrl => Answer::Do(Act::Copy(self.problem.to_string())),
            _ => {
                if let Some(motion) = motion(key, true) {
                    self.scroll = step(self.scroll, motion, self.lines().len(), PAGE);
                }
                Answer::Stay
            }
        }
    }
}
