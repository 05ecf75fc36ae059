//! When to draw: at once after something changed, but never sooner than 16 ms after the last frame. Pure; no
//! clock.

use std::time::{Duration, Instant};

/// The shortest time between two frames; faster cannot be seen, and costs bytes on a slow link.
const APART: Duration = Duration::from_millis(16);

#[derive(Debug, Default)]
pub(crate) struct FrameRate {
    due: bool,
    last: Option<Instant>,
}

impl FrameRate {
    /// Something changed that may show.
    pub(crate) fn mark_due(&mut self) {
        self.due = true;
    }

    /// When the next frame may be drawn; none while nothing changed.
    pub(crate) fn next(&self, now: Instant) -> Option<Instant> {
        self.due.then(|| self.last.map_or(now, |last| now.max(last + APART)))
    }

    pub(crate) fn drawn(&mut self, now: Instant) {
        (self.due, self.last) = (false, Some(now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_drawn_while_nothing_changes() {
        let start = Instant::now();
        let mut rate = FrameRate::default();
        assert_eq!(rate.next(start), None);
        rate.mark_due();
        rate.drawn(start);
        assert_eq!(rate.next(start + APART * 100), None);
    }

    #[test]
    fn the_first_change_is_drawn_at_once_and_the_next_after_the_pause() {
        let start = Instant::now();
        let mut rate = FrameRate::default();
        rate.mark_due();
        assert_eq!(rate.next(start), Some(start));
        rate.drawn(start);
        rate.mark_due();
        rate.mark_due();
        assert_eq!(rate.next(start + Duration::from_millis(5)), Some(start + APART));
        assert_eq!(rate.next(start + APART * 2), Some(start + APART * 2));
    }
}
