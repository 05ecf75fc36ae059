//! Keys in the list of operations, the newest first. The operations themselves belong to the program.

use super::{Act, Answer, PAGE, motion};
use crate::app::detail::step;
use crate::app::key::{Key, KeyCode};
use crate::app::operations::{Operations, Outcome};

/// A key on the operation at `cursor`.
pub(super) fn press(cursor: &mut usize, operations: &Operations, key: Key) -> Answer {
    let here = operations.iter().rev().nth(*cursor);
    match key.code {
        KeyCode::Esc | KeyCode::Char('q' | 't') => return Answer::Close,
        KeyCode::Enter => {
            if let Some((_, Outcome::Failed(problem))) = here.and_then(|one| one.ended.as_ref()) {
                return Answer::Do(Act::ShowProblem(problem.clone()));
            }
        }
        KeyCode::Char('x') if !key.ctrl => {
            if let Some(running) = here.filter(|one| one.is_running()) {
                return Answer::Do(Act::Unwatch(running.ask));
            }
        }
        _ => {
            if let Some(motion) = motion(key, true) {
                *cursor = step(*cursor, motion, operations.len(), PAGE);
            }
        }
    }
    Answer::Stay
}
