//! The task of a practice cloud: what its scenario asks for, and how that stands. The cloud itself judges it;
//! here it is asked for again after everything that may have changed it.

use jiff::Timestamp;

use super::dialog::{Answer, Dialog, motion};
use super::effect::Effect;
use super::key::{Key, KeyCode};
use super::operations::elapsed;
use super::{App, Tone};
use crate::model::Problem;

/// A task as the practice cloud tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Goal {
    pub title: String,
    /// Paragraphs.
    pub briefing: Vec<String>,
    pub parts: Vec<GoalPart>,
    pub deadline: Option<Timestamp>,
    /// When everything was reached.
    pub reached: Option<Timestamp>,
}

/// One thing to reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoalPart {
    pub words: String,
    /// What keeps it from being reached; nothing when it is.
    pub missing: Vec<String>,
}

impl Goal {
    /// The state in a few words, and how it looks: `goal 1/3, 1h52m left`.
    pub fn standing(&self, now: Timestamp) -> (String, Tone) {
        let done = self.parts.iter().filter(|part| part.missing.is_empty()).count();
        let left = self.deadline.map(|deadline| deadline.as_second() - now.as_second());
        match (self.reached, left) {
            (Some(_), _) => ("goal reached".to_owned(), Tone::Good),
            (None, None) => (format!("goal {done}/{}", self.parts.len()), Tone::Soon),
            (None, Some(left)) if left < 0 => {
                (format!("goal {done}/{}, too late", self.parts.len()), Tone::Urgent)
            }
            (None, Some(left)) => {
                (format!("goal {done}/{}, {} left", self.parts.len(), span(left)), Tone::Soon)
            }
        }
    }

    /// Whether the time that is left is running out.
    pub fn is_counting(&self, now: Timestamp) -> bool {
        self.reached.is_none() && self.deadline.is_some_and(|deadline| deadline > now)
    }

    /// What came of it, once it is reached.
    pub fn verdict(&self) -> Option<String> {
        let reached = self.reached?;
        Some(match self.deadline {
            Some(deadline) if reached > deadline => {
                format!(
                    "You reached the goal, {} too late.",
                    span(reached.as_second() - deadline.as_second())
                )
            }
            Some(deadline) => {
                format!(
                    "You reached the goal with {} to spare.",
                    span(deadline.as_second() - reached.as_second())
                )
            }
            None => "You reached the goal.".to_owned(),
        })
    }
}

/// `13d`, `1h52m`.
fn span(seconds: i64) -> String {
    const DAY: i64 = 86_400;
    if seconds >= 2 * DAY { format!("{}d", seconds / DAY) } else { elapsed(seconds) }
}

impl App {
    /// Asks how the task stands, in a cloud that may have one.
    pub(super) fn ask_goal(&mut self) {
        if self.settings.practice {
            self.emit(Effect::ReadGoal);
        }
    }

    /// The first answer opens the briefing; so does the one that says that all is done.
    pub(super) fn take_goal(&mut self, result: Result<Option<Goal>, Problem>) {
        match result {
            Ok(Some(goal)) => {
                let is_news = self
                    .goal
                    .as_ref()
                    .is_none_or(|before| before.reached.is_none() && goal.reached.is_some());
                self.goal = Some(goal);
                if is_news && !self.layers.iter().any(|dialog| matches!(dialog, Dialog::Briefing { .. })) {
                    self.open_briefing();
                }
            }
            Ok(None) => self.goal = None,
            // The practice goes on without it, and the next change asks again.
            Err(problem) => self.say(format!("{}: {}", problem.what, problem.why), Tone::Dim),
        }
    }

    pub(super) fn open_briefing(&mut self) {
        self.layers.push(Dialog::Briefing { scroll: 0 });
    }
}

/// A key in the briefing, of which `scroll` lines are above the screen.
pub(super) fn press(scroll: &mut usize, key: Key) -> Answer {
    use super::command::Motion;
    match key.code {
        KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q') => Answer::Close,
        _ => {
            match motion(key, true) {
                Some(Motion::Down) => *scroll += 1,
                Some(Motion::HalfDown | Motion::PageDown) => *scroll += 5,
                Some(Motion::Up) => *scroll = scroll.saturating_sub(1),
                Some(Motion::HalfUp | Motion::PageUp) => *scroll = scroll.saturating_sub(5),
                Some(Motion::Top) => *scroll = 0,
                _ => {}
            }
            Answer::Stay
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn goal(missing: &[&str], reached: Option<&str>) -> Goal {
        let part = |missing: &[&str]| GoalPart {
            words: "The shop is safe".to_owned(),
            missing: missing.iter().map(|line| (*line).to_owned()).collect(),
        };
        Goal {
            title: "Emergency".to_owned(),
            briefing: Vec::new(),
            parts: vec![part(&[]), part(missing)],
            deadline: Some("2026-11-23T12:00:00Z".parse().unwrap()),
            reached: reached.map(|time| time.parse().unwrap()),
        }
    }

    #[test]
    fn the_state_says_how_much_is_done_and_how_much_time_is_left() {
        let at = |time: &str| goal(&["shop: expired"], None).standing(time.parse().unwrap()).0;
        assert_eq!(at("2026-11-23T10:08:00Z"), "goal 1/2, 1h52m left");
        assert_eq!(at("2026-11-10T10:00:00Z"), "goal 1/2, 13d left");
        assert_eq!(at("2026-11-23T12:00:01Z"), "goal 1/2, too late");
    }

    #[test]
    fn what_was_reached_stays_reached_and_says_whether_in_time() {
        let in_time = goal(&[], Some("2026-11-23T11:00:00Z"));
        assert_eq!(in_time.standing("2026-12-01T00:00:00Z".parse().unwrap()).0, "goal reached");
        assert_eq!(in_time.verdict().unwrap(), "You reached the goal with 1h00m to spare.");
        assert_eq!(
            goal(&[], Some("2026-11-23T12:05:00Z")).verdict().unwrap(),
            "You reached the goal, 5m00s too late."
        );
    }
}
