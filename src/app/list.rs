//! The rows of a pane: filter, sort, selection, marks. Rows are told apart by resource id, never by row
//! number, so a refresh or another order keeps the cursor on the same resource. Nothing is drawn here: a view
//! asks for a slice.

use std::collections::HashSet;
use std::ops::Range;

use super::command::Motion;
use crate::model::ResourceId;
use crate::tables::filter::Filter;
use crate::tables::{SEPARATOR, Searched, SortKey};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    /// The key of the column.
    pub key: &'static str,
    pub reversed: bool,
}

#[derive(Debug, Clone, Default)]
pub struct List {
    ids: Vec<ResourceId>,
    /// The lower-case text of all rows in one piece, so that a filter reads memory straight through.
    haystack: String,
    ends: Vec<usize>,
    /// All rows, in sort order.
    order: Vec<u32>,
    /// The rows that pass the filter, in sort order.
    shown: Vec<u32>,
    filter: Filter,
    /// Whether each row belongs to the scope; none where all do.
    admitted: Option<Vec<bool>>,
    cursor: usize,
    offset: usize,
    page: usize,
    selected: Option<ResourceId>,
    /// The place of the selected row among all, so that a filter need not compare ids.
    selected_at: Option<usize>,
    /// Until a person goes to a row, or all of them are there, rows still come in anywhere: the cursor is on
    /// the first.
    is_settled: bool,
    marks: HashSet<ResourceId>,
}

impl List {
    /// Takes new rows and which of them belong to the scope. `row` writes the text of the columns of one,
    /// each ended by [`SEPARATOR`], and gives its id. Call [`List::sort`] afterwards.
    pub fn fill(
        &mut self,
        count: usize,
        admitted: Option<Vec<bool>>,
        mut row: impl FnMut(usize, &mut String) -> ResourceId,
    ) {
        self.admitted = admitted;
        self.ids.clear();
        self.haystack.clear();
        self.ends.clear();
        self.order.clear();
        self.shown.clear();
        for place in 0..count {
            let start = self.haystack.len();
            self.ids.push(row(place, &mut self.haystack));
            if self.haystack[start..].is_ascii() {
                self.haystack[start..].make_ascii_lowercase();
            } else {
                let lower = self.haystack[start..].to_lowercase();
                self.haystack.replace_range(start.., &lower);
            }
            self.ends.push(self.haystack.len());
        }
        // It may have grown to nearly twice of what it needs.
        self.haystack.shrink_to_fit();
        self.keep_what_was_chosen();
    }

    /// Takes the rows that another list was filled with, in its order, and gives its own for them; cursor and
    /// marks stay.
    #[must_use]
    pub fn take_rows(&mut self, mut filled: Self) -> Self {
        std::mem::swap(&mut self.ids, &mut filled.ids);
        std::mem::swap(&mut self.haystack, &mut filled.haystack);
        std::mem::swap(&mut self.ends, &mut filled.ends);
        std::mem::swap(&mut self.order, &mut filled.order);
        std::mem::swap(&mut self.admitted, &mut filled.admitted);
        self.keep_what_was_chosen();
        self.narrow();
        filled
    }

    /// Drops the rows; cursor and marks stay, by id.
    pub fn forget_rows(&mut self) {
        let empty = Self {
            selected: self.selected.take(),
            marks: std::mem::take(&mut self.marks),
            filter: std::mem::take(&mut self.filter),
            ..Self::default()
        };
        let old = std::mem::replace(self, empty);
        (self.cursor, self.offset, self.page) = (old.cursor, old.offset, old.page);
        self.is_settled = old.is_settled;
    }

    /// Puts the cursor on a resource as soon as its row is there.
    pub fn want(&mut self, id: &ResourceId) {
        (self.selected, self.selected_at, self.is_settled) = (Some(id.clone()), None, true);
    }

    /// The cursor and the marks, by id, among rows that are new.
    fn keep_what_was_chosen(&mut self) {
        self.selected_at =
            self.selected.as_ref().and_then(|wanted| self.ids.iter().position(|id| id == wanted));
        if !self.marks.is_empty() {
            self.marks = self.ids.iter().filter(|id| self.marks.contains(*id)).cloned().collect();
        }
    }

    /// Orders the rows by the keys of a column; rows with equal keys keep the order they came in.
    pub fn sort(&mut self, column: usize, key: impl Fn(usize) -> SortKey, reversed: bool) {
        let count = u32::try_from(self.ids.len()).unwrap_or(u32::MAX);
        // What decides nearly every comparison stands beside the place; the whole text is found once a row,
        // not once a comparison.
        let (mut ranked, mut last) = (Vec::with_capacity(self.ids.len()), Vec::new());
        for place in 0..count {
            let text = match key(place as usize) {
                SortKey::Number(number) => {
                    ranked.push((number.cast_unsigned() ^ (1 << 63), "", place));
                    continue;
                }
                SortKey::Text => self.column_text(place, column),
                SortKey::None => "",
            };
            if text.is_empty() { last.push(place) } else { ranked.push((beginning(text), text, place)) }
        }
        ranked.sort_unstable_by(|(a, text_a, at_a), (b, text_b, at_b)| {
            let keys = a.cmp(b).then_with(|| text_a.cmp(text_b));
            (if reversed { keys.reverse() } else { keys }).then(at_a.cmp(at_b))
        });
        self.order = ranked.into_iter().map(|(.., place)| place).chain(last).collect();
        self.narrow();
    }

    /// Says which rows belong to the scope; none where all do.
    pub fn admit(&mut self, admitted: Option<Vec<bool>>) {
        self.admitted = admitted;
        self.narrow();
    }

    /// What the filter looks for in a column, in lower case.
    pub fn sought_in(&self, column: usize) -> impl Iterator<Item = &str> {
        self.filter.sought_in(column)
    }

    /// Why the filter lets nothing through.
    pub fn refusal(&self) -> Option<&str> {
        self.filter.refusal()
    }

    /// Filters by the text a person typed.
    pub fn filter(&mut self, text: &str, columns: &[Searched]) {
        self.filter = Filter::parse(text, columns);
        self.narrow();
    }

    fn narrow(&mut self) {
        // In the order of memory, not of the rows: that is several times as fast.
        let is_admitted = |place: usize| {
            self.admitted.as_ref().is_none_or(|admitted| admitted.get(place).copied().unwrap_or(true))
        };
        let passes = |place: usize| is_admitted(place) && self.filter.holds(self.row_text(place));
        let passes: Vec<bool> = (0..self.ids.len()).map(passes).collect();
        self.shown.clear();
        self.shown.extend(self.order.iter().filter(|place| passes[**place as usize]));
        let again = self.selected_at.and_then(|at| self.shown.iter().position(|place| *place as usize == at));
        // What is gone leaves the cursor where it was; what is only hidden must not lend it to a neighbour.
        let otherwise = if self.selected_at.is_none() { self.cursor } else { 0 };
        self.put(if self.is_settled { again.unwrap_or(otherwise) } else { 0 });
    }

    /// From now on the cursor stays on its resource, wherever that goes.
    pub fn settle(&mut self) {
        self.is_settled = true;
    }

    fn row_text(&self, place: usize) -> &str {
        let start = if place == 0 { 0 } else { self.ends[place - 1] };
        &self.haystack[start..self.ends[place]]
    }

    fn column_text(&self, place: u32, column: usize) -> &str {
        self.row_text(place as usize).split(SEPARATOR).nth(column).unwrap_or_default()
    }

    pub fn total(&self) -> usize {
        self.ids.len()
    }

    pub fn len(&self) -> usize {
        self.shown.len()
    }

    pub fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }

    pub fn selected(&self) -> Option<&ResourceId> {
        self.selected.as_ref().filter(|_| !self.shown.is_empty())
    }

    /// The id of the row at a place in what the pane was filled from.
    pub fn id(&self, place: usize) -> Option<&ResourceId> {
        self.ids.get(place)
    }

    /// The place of the selected row in what the pane was filled from.
    pub fn selected_place(&self) -> Option<usize> {
        self.shown.get(self.cursor).map(|place| *place as usize)
    }

    /// Puts the cursor on a resource if the filter lets it through; returns whether it does.
    pub fn select(&mut self, id: &ResourceId) -> bool {
        let found = self.shown.iter().position(|place| self.ids[*place as usize] == *id);
        self.is_settled |= found.is_some();
        found.map(|row| self.put(row)).is_some()
    }

    pub fn step(&mut self, motion: Motion) {
        self.settle();
        let last = self.shown.len().saturating_sub(1);
        let page = self.page.max(1);
        // A page further, the cursor stays on its line of the screen.
        match motion {
            Motion::PageDown => self.offset += page,
            Motion::PageUp => self.offset = self.offset.saturating_sub(page),
            _ => {}
        }
        self.put(match motion {
            Motion::Down => self.cursor + 1,
            Motion::Up => self.cursor.saturating_sub(1),
            Motion::Top => 0,
            Motion::Bottom => last,
            Motion::HalfDown => self.cursor + page.div_ceil(2),
            Motion::HalfUp => self.cursor.saturating_sub(page.div_ceil(2)),
            Motion::PageDown => self.cursor + page,
            Motion::PageUp => self.cursor.saturating_sub(page),
        });
    }

    /// Says how many rows fit on screen.
    pub fn set_page(&mut self, rows: usize) {
        // Said after every update: a row that is wanted and not there yet must not be given up for it.
        if self.page != rows {
            self.page = rows;
            self.put(self.cursor);
        }
    }

    fn put(&mut self, row: usize) {
        if self.shown.is_empty() {
            return;
        }
        self.cursor = row.min(self.shown.len().saturating_sub(1));
        if let Some(place) = self.selected_place().filter(|place| self.selected_at != Some(*place)) {
            (self.selected, self.selected_at) = (Some(self.ids[place].clone()), Some(place));
        }
        let page = self.page.max(1);
        let highest = self.shown.len().saturating_sub(page);
        self.offset = self.offset.clamp((self.cursor + 1).saturating_sub(page), self.cursor).min(highest);
    }

    /// The rows to draw: place in what the pane was filled from, whether it is under the cursor, whether it
    /// is marked.
    pub fn visible(&self) -> impl Iterator<Item = (usize, bool, bool)> {
        self.window().map(|row| {
            let place = self.shown[row] as usize;
            (place, row == self.cursor, self.marks.contains(&self.ids[place]))
        })
    }

    /// The number of the row under the cursor among those shown, from one.
    pub fn position(&self) -> Option<usize> {
        (!self.shown.is_empty()).then_some(self.cursor + 1)
    }

    pub fn window(&self) -> Range<usize> {
        self.offset..(self.offset + self.page).min(self.shown.len())
    }

    pub fn mark(&mut self) {
        if let Some(id) = self.selected().cloned()
            && !self.marks.remove(&id)
        {
            self.marks.insert(id);
        }
    }

    pub fn marks(&self) -> impl Iterator<Item = &ResourceId> {
        self.ids.iter().filter(|id| self.marks.contains(*id))
    }

    /// The places of the marked rows in what the pane was filled from, in the order of the list.
    pub fn marked_places(&self) -> Vec<usize> {
        if self.marks.is_empty() {
            return Vec::new();
        }
        let places = self.order.iter().map(|place| *place as usize);
        places.filter(|place| self.marks.contains(&self.ids[*place])).collect()
    }

    pub fn marked(&self) -> usize {
        self.marks.len()
    }

    pub fn unmark(&mut self, ids: &[ResourceId]) {
        self.marks.retain(|id| !ids.contains(id));
    }

    pub fn unmark_all(&mut self) {
        self.marks.clear();
    }
}

/// The first eight bytes as a number, which sorts as they do.
fn beginning(text: &str) -> u64 {
    let mut first = [0; 8];
    let length = text.len().min(8);
    first[..length].copy_from_slice(&text.as_bytes()[..length]);
    u64::from_be_bytes(first)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tables::filter::searched;

    fn id(n: usize) -> ResourceId {
        ResourceId::subscription(&n.to_string())
    }

    fn fill(list: &mut List, rows: impl ExactSizeIterator<Item = String>) {
        let mut rows = rows.enumerate();
        list.fill(rows.len(), None, |_, text| {
            let (n, row) = rows.next().unwrap_or_default();
            text.push_str(&row);
            id(n)
        });
    }

    fn list(words: &[String]) -> List {
        let mut list = List::default();
        fill(&mut list, words.iter().map(|word| format!("{word}{SEPARATOR}x")));
        list.sort(0, |_| SortKey::Text, false);
        list.set_page(5);
        list
    }

    fn words() -> impl Strategy<Value = Vec<String>> {
        prop::collection::vec("[a-c]{0,4}", 0..40)
    }

    proptest! {
        #[test]
        fn the_cursor_stays_on_its_resource_when_the_order_turns_round(words in words(), down in 0usize..40) {
            let mut list = list(&words);
            list.settle();
            for _ in 0..down {
                list.step(Motion::Down);
            }
            let before = list.selected().cloned();
            list.sort(0, |_| SortKey::Text, true);
            prop_assert_eq!(list.selected().cloned(), before);
        }

        #[test]
        fn sorted_by_text_the_rows_stand_as_their_words_do(words in prop::collection::vec("[a-cä]{1,12}", 0..40)) {
            let list = list(&words);
            let found: Vec<&String> = list.order.iter().map(|place| &words[*place as usize]).collect();
            let mut expected: Vec<&String> = words.iter().collect();
            expected.sort();
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn a_filter_and_its_inverse_share_the_rows_between_them(words in words(), sought in "[a-c]{1,2}") {
            let mut list = list(&words);
            list.filter(&sought, &searched(&["name"]));
            let with = list.len();
            list.filter(&format!("!{sought}"), &searched(&["name"]));
            prop_assert_eq!(with + list.len(), words.len());
        }

        #[test]
        fn the_cursor_is_always_among_the_rows_drawn(words in words(), keys in prop::collection::vec(0u8..8, 0..30)) {
            let motions = [Motion::Down, Motion::Up, Motion::Top, Motion::Bottom, Motion::HalfDown, Motion::HalfUp,
                           Motion::PageDown, Motion::PageUp];
            let mut list = list(&words);
            for key in keys {
                list.step(motions[usize::from(key)]);
                let seen = list.visible().filter(|(_, here, _)| *here).count();
                prop_assert_eq!(seen, usize::from(!words.is_empty()));
            }
        }
    }

    #[test]
    fn until_somebody_moves_it_the_cursor_is_at_the_top_of_the_rows_that_come_in() {
        let words = |from: u8| (from..b'z').map(|letter| char::from(letter).to_string()).collect::<Vec<_>>();
        // The ids count from the first row, so the same row has another id each time.
        let come = |list: &mut List, from| {
            list.fill(words(from).len(), None, |place, text| {
                text.push_str(&words(from)[place]);
                id(usize::from(from) + place)
            });
            list.sort(0, |_| SortKey::Text, false);
        };
        let mut list = List::default();
        list.set_page(5);
        for from in [b'p', b'h', b'd'] {
            come(&mut list, from);
            assert_eq!((list.selected(), list.window().start), (Some(&id(usize::from(from))), 0));
        }
        list.step(Motion::Down);
        come(&mut list, b'a');
        assert_eq!(list.selected(), Some(&id(usize::from(b'e'))), "then it stays on its resource");
    }

    #[test]
    fn a_row_that_is_wanted_before_it_is_there_is_gone_to_once_it_is() {
        let mut list = list(&["a", "b", "c"].map(str::to_owned));
        list.step(Motion::Bottom);
        list.want(&id(3));
        list.set_page(5);
        fill(&mut list, ["a", "b", "c", "d"].map(|word| format!("{word}{SEPARATOR}x")).into_iter());
        list.sort(0, |_| SortKey::Text, false);
        assert_eq!(list.selected(), Some(&id(3)));
    }

    #[test]
    fn when_the_row_under_the_cursor_is_filtered_out_the_cursor_goes_to_the_first_match_a3() {
        let mut list = list(&["fabrikam", "intranet", "intranet-old", "shop", "wiki"].map(str::to_owned));
        list.step(Motion::Bottom);
        list.filter("intranet", &searched(&["name"]));
        assert_eq!((list.len(), list.selected()), (2, Some(&id(1))));
        list.filter("fabrikam", &searched(&["name"]));
        assert_eq!(list.selected(), Some(&id(0)));
    }

    #[test]
    fn a_filter_can_ask_for_one_column() {
        let mut list = List::default();
        fill(&mut list, [format!("shop{SEPARATOR}managed"), format!("managed{SEPARATOR}shop")].into_iter());
        list.sort(0, |place| SortKey::Number(i64::try_from(place).unwrap_or_default()), false);
        list.filter("source:managed", &searched(&["name", "source"]));
        assert_eq!(list.selected(), Some(&id(0)));
        assert_eq!(list.len(), 1);
        list.filter("~mgd", &searched(&["name", "source"]));
        assert_eq!(list.len(), 2);
    }
}
