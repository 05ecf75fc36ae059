//! The durable store: typed collections of JSON documents in one redb file, one transaction per request or
//! job.
//!
//! Everything in a response has been committed (synced) before the response is sent, so the process may be
//! killed at any moment. A `Collection` names a set of documents; `Collection::private` ones are in a table
//! of their own, so that no response contains them by accident (keys, PFX, passwords).
//!
//! ```ignore
//! const RECORDS: Collection<DnsRecord> = Collection::new("dns-record");
//! tx.put(&RECORDS, "contoso.com|TXT", &record)?;
//! let of_zone = tx.scan(&RECORDS, "contoso.com|")?;   // in key order
//! ```

use std::{
    cell::Cell,
    fmt,
    fs::{self, OpenOptions},
    marker::PhantomData,
    path::Path,
};

use redb::{
    Database, Durability, ReadableTable as _, TableDefinition, WriteTransaction, backends::FileBackend,
};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    error::{EmulatorError, StoreError},
    rename,
};

type StoreTable = TableDefinition<'static, &'static str, &'static [u8]>;
const DOCUMENTS: StoreTable = TableDefinition::new("documents");
const PRIVATE: StoreTable = TableDefinition::new("private");
const VERSION: Collection<u32> = Collection::new("version");
/// 3: a vault's PFX is stored as the certificate and key that it is made of.
const FORMAT: u32 = 3;
const FILE: &str = "cloud.redb";
/// The size of the page cache in bytes: a fleet is planted in one transaction, and what does not fit is
/// written twice.
const CACHE: usize = 64 << 20;
/// Sorts after every possible continuation of a key.
pub(crate) const LAST: char = '\u{10ffff}';
/// The number of entries read at a time.
const CHUNK: usize = 256;

/// A named set of documents of type `T`.
pub(crate) struct Collection<T> {
    name: &'static str,
    table: StoreTable,
    of: PhantomData<fn() -> T>,
}

impl<T> fmt::Debug for Collection<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Collection({})", self.name)
    }
}

impl<T> Collection<T> {
    /// A collection that clients may see.
    pub(crate) const fn new(name: &'static str) -> Self {
        Self { name, table: DOCUMENTS, of: PhantomData }
    }

    /// A collection that no client may see.
    pub(crate) const fn private(name: &'static str) -> Self {
        Self { name, table: PRIVATE, of: PhantomData }
    }

    fn key(&self, key: &str) -> String {
        format!("{}|{key}", self.name)
    }
}

/// The database file of one data directory; opening it in a second process is refused.
#[derive(Debug)]
pub(crate) struct Store {
    database: Database,
}

impl Store {
    /// Opens or creates `cloud.redb` in `dir`.
    pub(crate) fn open(dir: &Path) -> Result<Self, EmulatorError> {
        let database = lock(dir)?;
        let store = Self { database };
        let tx = store.begin()?;
        match tx.get(&VERSION, "store")? {
            Some(FORMAT) => {}
            None => tx.put(&VERSION, "store", &FORMAT)?,
            Some(found) => {
                return Err(EmulatorError::Version { dir: dir.to_owned(), found, expected: FORMAT });
            }
        }
        tx.commit()?;
        Ok(store)
    }

    /// Deletes everything in `dir`, even if it is damaged or of another format, but not if a process uses it.
    pub(crate) fn destroy(dir: &Path) -> Result<(), EmulatorError> {
        if let Err(in_use @ EmulatorError::InUse(_)) = lock(dir) {
            return Err(in_use);
        }
        let path = dir.join(FILE);
        fs::remove_file(&path).map_err(|source| EmulatorError::File { action: "remove", path, source })
    }

    /// Makes the changes of `commit_unsynced` durable.
    pub(crate) fn sync(&self) -> Result<(), StoreError> {
        Ok(self.database.begin_write()?.commit()?)
    }

    /// Starts a transaction; dropped without `commit`, it changes nothing.
    pub(crate) fn begin(&self) -> Result<Transaction, StoreError> {
        Ok(Transaction { write: self.database.begin_write()?, dirty: Cell::new(false) })
    }
}

/// Opens the file, which only one process at a time can do.
fn lock(dir: &Path) -> Result<Database, EmulatorError> {
    let path = dir.join(FILE);
    let mut how = OpenOptions::new();
    how.read(true).write(true).create(true).truncate(false);
    // The file holds private keys.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut how, 0o600);
    let file = how.open(&path).map_err(|source| EmulatorError::File { action: "open", path, source })?;
    let refused = |error| match error {
        redb::DatabaseError::DatabaseAlreadyOpen => EmulatorError::InUse(dir.to_owned()),
        other => EmulatorError::Unreadable { dir: dir.to_owned(), source: other.into() },
    };
    let backend = FileBackend::new(file).map_err(refused)?;
    Database::builder().set_cache_size(CACHE).create_with_backend(backend).map_err(refused)
}

/// All reads and writes of one request or one job.
pub(crate) struct Transaction {
    write: WriteTransaction,
    dirty: Cell<bool>,
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Transaction(dirty: {})", self.dirty.get())
    }
}

impl Transaction {
    /// The document at `key`.
    pub(crate) fn get<T: DeserializeOwned>(
        &self,
        of: &Collection<T>,
        key: &str,
    ) -> Result<Option<T>, StoreError> {
        let key = of.key(key);
        let table = self.write.open_table(of.table)?;
        let found = table.get(key.as_str())?;
        found.map(|bytes| decode(&key, bytes.value())).transpose()
    }

    /// Writes the document at `key`, new or changed.
    pub(crate) fn put<T: Serialize>(
        &self,
        of: &Collection<T>,
        key: &str,
        document: &T,
    ) -> Result<(), StoreError> {
        let key = of.key(key);
        let bytes =
            serde_json::to_vec(document).map_err(|source| StoreError::Json { key: key.clone(), source })?;
        self.dirty.set(true);
        let mut table = self.write.open_table(of.table)?;
        table.insert(key.as_str(), bytes.as_slice())?;
        Ok(())
    }

    /// Removes the document at `key`; returns whether there was one.
    pub(crate) fn remove<T>(&self, of: &Collection<T>, key: &str) -> Result<bool, StoreError> {
        let key = of.key(key);
        let mut table = self.write.open_table(of.table)?;
        let was = table.remove(key.as_str())?.is_some();
        if was {
            self.dirty.set(true);
        }
        Ok(was)
    }

    /// All documents whose key begins with `prefix`, in key order, with their keys.
    pub(crate) fn scan<T: DeserializeOwned>(
        &self,
        of: &Collection<T>,
        prefix: &str,
    ) -> Result<Vec<(String, T)>, StoreError> {
        let mut all = Vec::new();
        self.walk(of, prefix, None, |key, document| {
            all.push((key.to_owned(), document));
            true
        })?;
        Ok(all)
    }

    /// The first document whose key begins with `prefix`.
    pub(crate) fn first<T: DeserializeOwned>(
        &self,
        of: &Collection<T>,
        prefix: &str,
    ) -> Result<Option<(String, T)>, StoreError> {
        let mut first = None;
        self.walk(of, prefix, None, |key, document| {
            first = Some((key.to_owned(), document));
            false
        })?;
        Ok(first)
    }

    /// Passes every document under `prefix` after the key `after` to `visit`, in key order, until it returns
    /// false. `visit` may itself read and write: no table is held open while it runs.
    pub(crate) fn walk<T: DeserializeOwned>(
        &self,
        of: &Collection<T>,
        prefix: &str,
        after: Option<&str>,
        visit: impl FnMut(&str, T) -> bool,
    ) -> Result<(), StoreError> {
        self.walk_by(of, prefix, after, &|bytes| serde_json::from_slice(bytes), visit)
    }

    /// The same, where `read` extracts the wanted part of a document.
    pub(crate) fn walk_by<T, U>(
        &self,
        of: &Collection<T>,
        prefix: &str,
        after: Option<&str>,
        read: &dyn Fn(&[u8]) -> serde_json::Result<U>,
        mut visit: impl FnMut(&str, U) -> bool,
    ) -> Result<(), StoreError> {
        let begin = of.key(prefix);
        // The smallest key greater than `after` is `after` with one more zero byte.
        let mut from = after.map_or_else(|| begin.clone(), |after| format!("{}\0", of.key(after)));
        loop {
            let chunk = self.chunk(of.table, &begin, &from)?;
            for (key, bytes) in &chunk {
                let document = read(bytes).map_err(|source| StoreError::Json { key: key.clone(), source })?;
                if !visit(&key[of.name.len() + 1..], document) {
                    return Ok(());
                }
            }
            match chunk.last() {
                Some((last, _)) if chunk.len() == CHUNK => from = format!("{last}\0"),
                _ => return Ok(()),
            }
        }
    }

    /// The first key at or after `from`.
    pub(crate) fn key_from<T>(&self, of: &Collection<T>, from: &str) -> Result<Option<String>, StoreError> {
        let (begin, end) = (of.key(from), of.key(&LAST.to_string()));
        let table = self.write.open_table(of.table)?;
        let first = table.range(begin.as_str()..end.as_str())?.next().transpose()?;
        Ok(first.map(|(key, _)| key.value()[of.name.len() + 1..].to_owned()))
    }

    /// The last key that begins with `prefix`.
    pub(crate) fn last_key<T>(&self, of: &Collection<T>, prefix: &str) -> Result<Option<String>, StoreError> {
        let begin = of.key(prefix);
        let end = format!("{begin}{LAST}");
        let table = self.write.open_table(of.table)?;
        let last = table.range(begin.as_str()..end.as_str())?.next_back().transpose()?;
        Ok(last.map(|(key, _)| key.value()[of.name.len() + 1..].to_owned()))
    }

    /// The number of documents whose key begins with `prefix`; none of them is read.
    pub(crate) fn count<T>(&self, of: &Collection<T>, prefix: &str) -> Result<usize, StoreError> {
        let begin = of.key(prefix);
        let end = format!("{begin}{LAST}");
        let table = self.write.open_table(of.table)?;
        let mut count = 0;
        for entry in table.range(begin.as_str()..end.as_str())? {
            entry?;
            count += 1;
        }
        Ok(count)
    }

    /// Renames `from`, and everything below it, to `to`: in every key and in every document that mentions it.
    /// It reads the whole store, so it is only for rare operations.
    pub(crate) fn rename(&self, from: &str, to: &str) -> Result<(), StoreError> {
        for of in [DOCUMENTS, PRIVATE] {
            let mut table = self.write.open_table(of)?;
            let mut renamed = Vec::new();
            for entry in table.iter()? {
                let (key, document) = entry?;
                let text = String::from_utf8_lossy(document.value());
                if let (None, None) =
                    (rename::in_text(key.value(), from, to), rename::in_text(&text, from, to))
                {
                    continue;
                }
                let new = |text: &str| rename::in_text(text, from, to).unwrap_or_else(|| text.to_owned());
                renamed.push((key.value().to_owned(), new(key.value()), new(&text)));
            }
            for (before, after, document) in renamed {
                table.remove(before.as_str())?;
                table.insert(after.as_str(), document.as_bytes())?;
                self.dirty.set(true);
            }
        }
        Ok(())
    }

    /// Up to `CHUNK` raw entries from the key `from` on that begin with `prefix`.
    fn chunk(
        &self,
        table: StoreTable,
        prefix: &str,
        from: &str,
    ) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let table = self.write.open_table(table)?;
        let mut chunk = Vec::new();
        for entry in table.range(from..)? {
            let (key, bytes) = entry?;
            if !key.value().starts_with(prefix) || chunk.len() == CHUNK {
                break;
            }
            chunk.push((key.value().to_owned(), bytes.value().to_vec()));
        }
        Ok(chunk)
    }

    /// Makes the changes visible; the next `commit` or `Store::sync` makes them durable. Returns whether
    /// there are any.
    pub(crate) fn commit_unsynced(mut self) -> Result<bool, StoreError> {
        let changed = self.dirty.get();
        if changed {
            self.write.set_durability(Durability::None)?;
            self.write.commit()?;
        } else {
            self.write.abort()?;
        }
        Ok(changed)
    }

    /// Makes the changes durable. A transaction that changed nothing costs no sync.
    pub(crate) fn commit(self) -> Result<(), StoreError> {
        if self.dirty.get() {
            self.write.commit()?;
        } else {
            self.write.abort()?;
        }
        Ok(())
    }
}

fn decode<T: DeserializeOwned>(key: &str, bytes: &[u8]) -> Result<T, StoreError> {
    serde_json::from_slice(bytes).map_err(|source| StoreError::Json { key: key.to_owned(), source })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    const WORDS: Collection<String> = Collection::new("word");
    const SECRETS: Collection<String> = Collection::private("word");

    #[test]
    fn what_was_committed_is_there_after_reopening() {
        let dir = tempfile::tempdir().unwrap();
        {
            let store = Store::open(dir.path()).unwrap();
            let tx = store.begin().unwrap();
            tx.put(&WORDS, "a", &"kept".to_owned()).unwrap();
            tx.commit().unwrap();
            let tx = store.begin().unwrap();
            tx.put(&WORDS, "b", &"dropped".to_owned()).unwrap();
            drop(tx);
        }
        let store = Store::open(dir.path()).unwrap();
        let tx = store.begin().unwrap();
        assert_eq!(tx.get(&WORDS, "a").unwrap().as_deref(), Some("kept"));
        assert_eq!(tx.get(&WORDS, "b").unwrap(), None);
    }

    #[test]
    fn a_second_opener_is_refused_with_the_directory() {
        let dir = tempfile::tempdir().unwrap();
        let _first = Store::open(dir.path()).unwrap();
        let second = Store::open(dir.path()).unwrap_err();
        assert!(matches!(second, EmulatorError::InUse(_)), "{second}");
    }

    #[test]
    fn a_directory_of_another_format_is_refused_with_the_way_out() {
        let dir = tempfile::tempdir().unwrap();
        {
            let store = Store::open(dir.path()).unwrap();
            let tx = store.begin().unwrap();
            tx.put(&VERSION, "store", &(FORMAT + 1)).unwrap();
            tx.commit().unwrap();
        }
        let refused = Store::open(dir.path()).unwrap_err();
        assert!(refused.to_string().contains("--fresh"), "{refused}");
        Store::destroy(dir.path()).unwrap();
        Store::open(dir.path()).unwrap();
    }

    #[test]
    fn a_file_of_something_else_is_refused_with_the_way_out() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(FILE), "this is no database".repeat(500)).unwrap();
        let refused = Store::open(dir.path()).unwrap_err();
        assert!(refused.to_string().contains("--fresh"), "{refused}");
        Store::destroy(dir.path()).unwrap();
        Store::open(dir.path()).unwrap();
    }

    #[test]
    fn what_was_committed_without_a_sync_is_seen_at_once_and_kept_after_one() {
        let dir = tempfile::tempdir().unwrap();
        {
            let store = Store::open(dir.path()).unwrap();
            let tx = store.begin().unwrap();
            tx.put(&WORDS, "a", &"kept".to_owned()).unwrap();
            tx.commit_unsynced().unwrap();
            assert!(store.begin().unwrap().get(&WORDS, "a").unwrap().is_some());
            store.sync().unwrap();
            std::mem::forget(store);
        }
        let copy = tempfile::tempdir().unwrap();
        fs::copy(dir.path().join(FILE), copy.path().join(FILE)).unwrap();
        let store = Store::open(copy.path()).unwrap();
        assert!(store.begin().unwrap().get(&WORDS, "a").unwrap().is_some());
    }

    #[test]
    fn a_scan_stays_within_its_collection_and_prefix_and_resumes_after_a_key() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let tx = store.begin().unwrap();
        for key in ["x/1", "x/2", "x/3", "y/1"] {
            tx.put(&WORDS, key, &key.to_owned()).unwrap();
        }
        tx.put(&SECRETS, "x/9", &"hidden".to_owned()).unwrap();
        let keys: Vec<_> = tx.scan(&WORDS, "x/").unwrap();
        assert_eq!(keys.len(), 3);
        let mut rest = Vec::new();
        tx.walk(&WORDS, "x/", Some("x/1"), |key, _| {
            rest.push(key.to_owned());
            true
        })
        .unwrap();
        assert_eq!(rest, ["x/2", "x/3"]);
    }
}
