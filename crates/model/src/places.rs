//! The indices of the elements of a list by key. The keys themselves stay in the list, so this takes some ten
//! bytes per element; the caller passes a function that returns the key of an element.

use std::hash::{BuildHasher, Hash};

use hashbrown::{DefaultHashBuilder, HashTable};

#[derive(Debug, Clone, Default)]
pub(super) struct Places {
    /// The first and the last index of each key.
    ends: HashTable<(u32, u32)>,
    /// For each index the next one with the same key; itself if there is none.
    next: Vec<u32>,
    hashes: DefaultHashBuilder,
}

impl Places {
    /// Adds the elements that the list has gained since, up to `count`; elements without a `key` are omitted.
    pub(super) fn grow<K: Hash + Eq>(&mut self, count: usize, key: impl Fn(usize) -> Option<K>) {
        // No estate has more than four thousand million certificates.
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        let hash = |place: u32| self.hashes.hash_one(key(place as usize));
        for place in u32::try_from(self.next.len()).unwrap_or(u32::MAX)..count {
            self.next.push(place);
            let Some(own) = key(place as usize) else { continue };
            let is_same = |(first, _): &(u32, u32)| key(*first as usize).as_ref() == Some(&own);
            if let Some((_, last)) = self.ends.find_mut(hash(place), is_same) {
                self.next[*last as usize] = place;
                *last = place;
            } else {
                self.ends.insert_unique(hash(place), (place, place), |(first, _)| hash(*first));
            }
        }
    }

    /// The number of elements that were added.
    pub(super) fn len(&self) -> usize {
        self.next.len()
    }

    /// The indices with this key, in the order of the list.
    pub(super) fn get<K: Hash + Eq>(
        &self,
        wanted: K,
        key: impl Fn(usize) -> Option<K>,
    ) -> impl Iterator<Item = usize> {
        let wanted = Some(wanted);
        let ends = self.ends.find(self.hashes.hash_one(&wanted), |(first, _)| key(*first as usize) == wanted);
        let following = |place: &u32| Some(self.next[*place as usize]).filter(|next| next != place);
        std::iter::successors(ends.map(|(first, _)| *first), following).map(|place| place as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::Places;

    #[test]
    fn every_place_of_a_key_is_found_in_order_and_no_other() {
        let words = ["a", "b", "", "a", "c", "a"];
        let key = |place: usize| Some(words[place]).filter(|word| !word.is_empty());
        let mut places = Places::default();
        for count in [2, words.len()] {
            places.grow(count, key);
        }
        let found = |word| places.get(word, key).collect::<Vec<_>>();
        assert_eq!((found("a"), found("b"), found("d")), (vec![0, 3, 5], vec![1], vec![]));
    }
}
