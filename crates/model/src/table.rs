//! Writes repeated texts only once: while a table is open on a thread, a [`Text`] that was written before is
//! written as its number. Rows on disk are half as long, and when they are read equal texts share memory
//! again.

use std::cell::RefCell;
use std::thread::LocalKey;

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use super::Text;

// A serializer cannot pass anything to the texts that it meets, so the table is a thread-local while it
// works.
thread_local! {
    static WRITTEN: RefCell<Option<HashMap<Text, u32>>> = const { RefCell::new(None) };
    static READ: RefCell<Option<Vec<Text>>> = const { RefCell::new(None) };
}

/// The form of a text in rows with a table.
#[derive(Serialize, Deserialize)]
pub(super) enum TableEntry<'t> {
    New(&'t str),
    /// The index among all new texts.
    Again(u32),
}

/// Everything that `work` writes uses a table.
pub fn writing<T>(work: impl FnOnce() -> T) -> T {
    let _open = Open::of(&WRITTEN);
    work()
}

/// Everything that `work` reads was written with a table.
pub fn reading<T>(work: impl FnOnce() -> T) -> T {
    let _open = Open::of(&READ);
    work()
}

/// A table that is closed on drop: one that outlived a panic would corrupt what the thread serialises
/// next.
struct Open<T: 'static>(&'static LocalKey<RefCell<Option<T>>>);

impl<T: Default> Open<T> {
    fn of(table: &'static LocalKey<RefCell<Option<T>>>) -> Self {
        table.set(Some(T::default()));
        Self(table)
    }
}

impl<T> Drop for Open<T> {
    fn drop(&mut self) {
        self.0.set(None);
    }
}

/// The form in which to write this text; `None` if no table is open.
pub(super) fn entry(text: &Text) -> Option<TableEntry<'_>> {
    WRITTEN.with_borrow_mut(|table| {
        let table = table.as_mut()?;
        if let Some(place) = table.get(text) {
            return Some(TableEntry::Again(*place));
        }
        table.insert(text.clone(), u32::try_from(table.len()).ok()?);
        Some(TableEntry::New(text))
    })
}

pub(super) fn is_reading() -> bool {
    READ.with_borrow(Option::is_some)
}

/// The text of an entry; `None` if the table has no such index.
pub(super) fn text(entry: &TableEntry<'_>) -> Option<Text> {
    READ.with_borrow_mut(|table| {
        let table = table.as_mut()?;
        match entry {
            TableEntry::New(text) => {
                let text = Text::from(*text);
                table.push(text.clone());
                Some(text)
            }
            TableEntry::Again(place) => table.get(usize::try_from(*place).ok()?).cloned(),
        }
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    #[test]
    fn a_text_that_repeats_is_written_once_and_shares_its_memory_when_it_is_read() {
        let texts: Vec<Text> =
            ["westeurope", "northeurope", "westeurope", "westeurope"].map(Text::from).to_vec();
        let plain = postcard::to_stdvec(&texts).unwrap();
        let written = writing(|| postcard::to_stdvec(&texts)).unwrap();
        assert!(written.len() < plain.len(), "{} octets", written.len());
        let read: Vec<Text> = reading(|| postcard::from_bytes(&written)).unwrap();
        assert_eq!(read, texts);
        assert!(std::ptr::eq(read[0].as_str(), read[3].as_str()));
        assert_eq!(postcard::from_bytes::<Vec<Text>>(&plain).unwrap(), texts, "without a table as ever");
    }

    #[test]
    fn a_panic_leaves_no_table_behind() {
        let _ = std::panic::catch_unwind(|| reading(|| panic!("in the middle")));
        assert!(!is_reading());
    }

    #[test]
    fn a_number_that_no_text_has_is_refused() {
        let damaged = postcard::to_stdvec(&[TableEntry::New("a"), TableEntry::Again(7)]).unwrap();
        assert!(reading(|| postcard::from_bytes::<[Text; 2]>(&damaged)).is_err());
    }
}
