//! Where in a list the elements with some key are. The keys themselves stay in the list, so that this takes some ten
//! octets an element; whoever asks says how to find the key of an element again.

use std::hash::{BuildHasher, Hash, RandomState};

use hashbrown::HashTable;

#[derive(Debug, Clone, Default)]
pub(super) struct Places {
    /// The first place of each key.
    first: HashTable<u32>,
    /// For each place the next one with the same key; itself where there is none.
    next: Vec<u32>,
    hashes: RandomState,
}

impl Places {
    /// Of `count` elements by their `key`; what has none is left out.
    pub(super) fn of<K: Hash + Eq>(count: usize, key: impl Fn(usize) -> Option<K>) -> Self {
        // More than four thousand million certificates are nobody's.
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        let mut places = Self { next: (0..count).collect(), ..Self::default() };
        let hash = |place: u32| places.hashes.hash_one(key(place as usize));
        // From the end, so that the first of equal ones comes to stand first.
        for place in (0..count).rev() {
            let Some(own) = key(place as usize) else { continue };
            let is_same = |other: &u32| key(*other as usize).as_ref() == Some(&own);
            if let Some(first) = places.first.find_mut(hash(place), is_same) {
                places.next[place as usize] = std::mem::replace(first, place);
            } else {
                places.first.insert_unique(hash(place), place, |place| hash(*place));
            }
        }
        places
    }

    /// The places with this key, in the order of the list.
    pub(super) fn get<K: Hash + Eq>(&self, wanted: K, key: impl Fn(usize) -> Option<K>) -> impl Iterator<Item = usize> {
        let wanted = Some(wanted);
        let first = self.first.find(self.hashes.hash_one(&wanted), |place| key(*place as usize) == wanted);
        let following = |place: &u32| Some(self.next[*place as usize]).filter(|next| next != place);
        std::iter::successors(first.copied(), following).map(|place| place as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::Places;

    #[test]
    fn every_place_of_a_key_is_found_in_order_and_no_other() {
        let words = ["a", "b", "", "a", "c", "a"];
        let key = |place: usize| Some(words[place]).filter(|word| !word.is_empty());
        let places = Places::of(words.len(), key);
        let found = |word| places.get(word, key).collect::<Vec<_>>();
        assert_eq!((found("a"), found("b"), found("d")), (vec![0, 3, 5], vec![1], vec![]));
    }
}
