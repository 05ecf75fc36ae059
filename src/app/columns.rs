//! Which columns of a pane are shown, and how wide: what a row needs first, what there is room for after it,
//! none wider than what it holds. Widths are measured when a pane is filled, so that nothing moves while a
//! person scrolls. Nothing is drawn here.

use std::collections::HashMap;

use unicode_width::UnicodeWidthStr;

use crate::tables::{Basis, Heading, PaneName};

/// Blank columns of the terminal between two columns of a table.
pub const GAP: u16 = 1;
/// The cursor and the mark before the first column.
pub const MARKER: u16 = 2;
/// So many rows are measured, spread over all; a longer text further down is cut.
const MEASURED: usize = 500;
/// A text longer than this keeps no other column off the screen.
const LONG: u16 = 32;
/// The sign of the sort order and the blank before it.
const ARROW: u16 = 2;
/// What more of a cell than its text may need: its mark.
const MARK: usize = 2;

/// The columns of one pane.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    measured: Vec<Measure>,
    /// The keys that a person chose, in this order; none where the room decides.
    chosen: Option<Vec<&'static str>>,
}

/// What a column holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Measure {
    /// The longest text, in columns of the terminal.
    content: u16,
    /// What most of the texts begin with, up to a hyphen: where one is cut, this says least.
    prefix: String,
}

/// A column as it is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    pub heading: Heading,
    pub width: u16,
    /// What most of the texts begin with.
    pub prefix: String,
}

impl Columns {
    /// Only these columns, in this order; the room decides where there are none.
    pub fn choose(&mut self, keys: Option<Vec<&'static str>>) {
        self.chosen = keys;
    }

    /// Shows a column or leaves it out, beside those that are shown now.
    pub fn turn(&mut self, key: &'static str, shown_now: &[Shown]) {
        let mut keys: Vec<_> = shown_now.iter().map(|one| one.heading.key).collect();
        let before = keys.len();
        keys.retain(|shown| *shown != key);
        if keys.len() == before {
            keys.push(key);
        }
        self.chosen = Some(keys).filter(|keys| !keys.is_empty());
    }

    /// Measures what the columns hold, in the rows that are admitted.
    pub fn measure(&mut self, name: PaneName, admitted: Option<&[bool]>, basis: &Basis<'_>) {
        let table = name.table();
        let count = table.count(basis.estate);
        let is_admitted =
            |place: &usize| admitted.is_none_or(|admitted| admitted.get(*place).copied().unwrap_or(true));
        let places = || (0..count).step_by(count.div_ceil(MEASURED).max(1)).filter(is_admitted);
        let measure = |heading: &Heading| {
            let mut measure = Measure::default();
            let mut prefixes: HashMap<String, usize> = HashMap::new();
            for place in places() {
                let cell = table.cell(basis, place, heading.key);
                let width = match cell.checks {
                    Some(checks) => checks.len(),
                    None => cell.text.width() + if cell.marked { MARK } else { 0 },
                };
                measure.content = measure.content.max(u16::try_from(width).unwrap_or(u16::MAX));
                if let Some((first, _)) = cell.text.split_once('-') {
                    *prefixes.entry(format!("{first}-")).or_default() += 1;
                }
            }
            let most = prefixes.into_iter().max_by_key(|(_, times)| *times);
            let is_common = |times: usize| times > 1 && times * 2 >= places().count();
            measure.prefix =
                most.filter(|(_, times)| is_common(*times)).map(|(prefix, _)| prefix).unwrap_or_default();
            measure
        };
        self.measured = table.headings().iter().map(measure).collect();
    }

    /// What was measured elsewhere; the choice stays.
    pub fn take_measures(&mut self, other: Self) {
        self.measured = other.measured;
    }

    /// The columns that are shown in this room, from left to right.
    pub fn shown(&self, name: PaneName, sorted_by: &str, room: u16) -> Vec<Shown> {
        let headings = name.table().headings();
        let none = Measure::default();
        let candidates: Vec<Candidate<'_>> = headings
            .into_iter()
            .enumerate()
            .filter_map(|(at, heading)| {
                let measure = self.measured.get(at).unwrap_or(&none);
                let title = u16::try_from(heading.title.width()).unwrap_or(u16::MAX);
                let arrow = if heading.key == sorted_by { ARROW } else { 0 };
                let wanted = measure.content.max(title + arrow);
                let rank = match &self.chosen {
                    Some(chosen) => {
                        let at = chosen.iter().position(|key| *key == heading.key)?;
                        u8::MAX.saturating_sub(u8::try_from(at).unwrap_or(u8::MAX))
                    }
                    None => heading.rank?,
                };
                let is_sorted = heading.key == sorted_by;
                Some(Candidate {
                    heading,
                    is_sorted,
                    rank,
                    width: wanted.min(heading.least),
                    wanted,
                    measure,
                })
            })
            .collect();
        let mut kept = fitting(candidates, room);
        widen(&mut kept, room);
        if self.chosen.is_some() {
            kept.sort_by_key(|one| std::cmp::Reverse(one.rank));
        }
        let shown = |one: Candidate<'_>| Shown {
            heading: one.heading,
            width: one.width,
            prefix: one.measure.prefix.clone(),
        };
        kept.into_iter().map(shown).collect()
    }
}

struct Candidate<'m> {
    heading: Heading,
    is_sorted: bool,
    rank: u8,
    /// At first the least that it may be cut to.
    width: u16,
    wanted: u16,
    measure: &'m Measure,
}

fn together(widths: impl ExactSizeIterator<Item = u16>) -> u16 {
    let gaps = GAP * u16::try_from(widths.len().saturating_sub(1)).unwrap_or(0);
    widths.fold(MARKER + gaps, u16::saturating_add)
}

/// The columns that fit. What a row needs may be cut for that; the rest only come where nothing is cut.
fn fitting(mut candidates: Vec<Candidate<'_>>, room: u16) -> Vec<Candidate<'_>> {
    // The column that decides the order stays, so that its arrow does.
    while let Some(last) =
        (0..candidates.len()).min_by_key(|at| (candidates[*at].is_sorted, candidates[*at].rank))
    {
        let is_needed = candidates[last].rank >= Heading::NEEDED || candidates[last].is_sorted;
        let width = |one: &Candidate<'_>| if is_needed { one.width } else { one.wanted.min(LONG) };
        if candidates.len() <= 2 || together(candidates.iter().map(width)) <= room {
            break;
        }
        candidates.remove(last);
    }
    candidates
}

/// Shares the room that is left among what is still cut; the most important gets the odd column.
fn widen(kept: &mut [Candidate<'_>], room: u16) {
    let mut spare = room.saturating_sub(together(kept.iter().map(|one| one.width)));
    let mut by_rank: Vec<usize> = (0..kept.len()).collect();
    by_rank.sort_by_key(|at| std::cmp::Reverse(kept[*at].rank));
    while spare > 0 {
        let before = spare;
        for at in &by_rank {
            if spare > 0 && kept[*at].width < kept[*at].wanted {
                kept[*at].width += 1;
                spare -= 1;
            }
        }
        if spare == before {
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(shown: &[Shown]) -> Vec<&'static str> {
        shown.iter().map(|one| one.heading.key).collect()
    }

    /// Every column holds texts of this width.
    fn columns(name: PaneName, content: u16) -> Columns {
        let measure = Measure { content, ..Measure::default() };
        Columns { measured: vec![measure; name.table().headings().len()], chosen: None }
    }

    #[test]
    fn where_it_is_narrow_the_thumbprint_goes_before_anything_is_cut() {
        let shown = columns(PaneName::Bindings, 14).shown(PaneName::Bindings, "hostname", 78);
        assert_eq!(keys(&shown), ["hostname", "app", "tls", "certificate", "expires"]);
        assert!(shown.iter().all(|one| one.width == 14), "{shown:?}");
    }

    #[test]
    fn more_room_brings_more_columns_and_none_wider_than_what_it_holds() {
        let columns = columns(PaneName::Private, 12);
        let mut before = 0;
        for room in 20..250 {
            let shown = columns.shown(PaneName::Private, "expires", room);
            assert!(together(shown.iter().map(|one| one.width)) <= room.max(40), "{room}: {shown:?}");
            assert!(shown.iter().all(|one| one.width <= 16), "{shown:?}");
            assert!(shown.len() >= before, "{room}");
            before = shown.len();
        }
        assert!(before > 8, "{before}");
    }

    #[test]
    fn what_a_person_chose_is_shown_in_that_order() {
        let mut columns = columns(PaneName::Private, 12);
        columns.choose(Some(vec!["issuer", "name", "tags"]));
        assert_eq!(keys(&columns.shown(PaneName::Private, "name", 100)), ["issuer", "name", "tags"]);
    }

    #[test]
    fn the_name_of_the_sorted_column_has_room_for_its_arrow_a20() {
        let columns = columns(PaneName::Private, 3);
        let shown = columns.shown(PaneName::Private, "who_acts", 78);
        let who = shown.iter().find(|one| one.heading.key == "who_acts").map(|one| one.width);
        assert_eq!(who, Some(10), "{shown:?}");
    }
}
