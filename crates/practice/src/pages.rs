//! Pages that web servers outside Azure serve over plain HTTP: where a CA looks for an HTML verification
//! token.

use serde::{Deserialize, Serialize};

use super::{
    error::StoreError,
    store::{Collection, Transaction},
};

const PAGES: Collection<WebPage> = Collection::new("page");

/// One page: `{"host": "contoso.com", "path": "/.well-known/pki-validation/godaddy.html", "content": "…"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct WebPage {
    pub host: String,
    pub path: String,
    pub content: String,
}

/// Publishes a page; it replaces one of the same host and path.
pub(crate) fn publish(tx: &Transaction, page: &WebPage) -> Result<(), StoreError> {
    tx.put(&PAGES, &key(&page.host, &page.path), page)
}

/// Removes a page.
pub(crate) fn withdraw(tx: &Transaction, host: &str, path: &str) -> Result<bool, StoreError> {
    tx.remove(&PAGES, &key(host, path))
}

/// The content that a GET of `http://host/path` returns.
pub(crate) fn fetch(tx: &Transaction, host: &str, path: &str) -> Result<Option<String>, StoreError> {
    Ok(tx.get(&PAGES, &key(host, path))?.map(|page| page.content))
}

/// Every page there is.
pub(crate) fn all(tx: &Transaction) -> Result<Vec<WebPage>, StoreError> {
    let pages = tx.scan(&PAGES, "")?;
    Ok(pages.into_iter().map(|(_, page)| page).collect())
}

fn key(host: &str, path: &str) -> String {
    format!("{}|/{}", host.to_ascii_lowercase(), path.trim_start_matches('/'))
}
