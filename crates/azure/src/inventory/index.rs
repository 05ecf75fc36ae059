//! Azure Resource Graph: one query over many subscriptions, a thousand rows per page. The index lags minutes
//! behind, and its pages are linked by tokens.

use serde_json::json;

use crate::budget::QuotaWindow;
use crate::client::{Client, MOST_PAGES};
use crate::error::AzureError;
use crate::request::{Body, Repeat, Request};
use crate::rows::RawRow;
use crate::{json, version};

/// The maximum number of rows in a page, and of subscriptions in a query.
pub(super) const MOST: usize = 1000;

/// A query, and where its next page begins.
#[derive(Debug, Clone)]
pub(super) struct GraphQuery {
    query: String,
    subscriptions: Vec<String>,
    token: Option<String>,
    /// The number of earlier pages.
    pages: usize,
}

#[derive(Debug)]
pub(super) struct GraphPage {
    pub rows: Vec<RawRow>,
    /// The number of rows of the whole answer.
    pub total: usize,
    /// The query for the next page.
    pub rest: Option<GraphQuery>,
}

/// What is known of the window of queries.
pub(super) fn window(client: &Client) -> Result<QuotaWindow, AzureError> {
    client.window(&request())
}

fn request() -> Request {
    let path = "/providers/Microsoft.ResourceGraph/resources";
    Request::post("Ask Resource Graph", path, version::RESOURCE_GRAPH).repeat(Repeat::Safe)
}

impl GraphQuery {
    pub(super) fn new(query: String, subscriptions: Vec<String>) -> Self {
        Self { query, subscriptions, token: None, pages: 0 }
    }

    /// Whether a page of the answer was read.
    pub(super) fn has_begun(&self) -> bool {
        self.pages > 0
    }

    /// The number of pages that were read.
    pub(super) fn pages(&self) -> usize {
        self.pages
    }

    /// Requests one page.
    pub(super) async fn ask(self, client: &Client) -> Result<GraphPage, AzureError> {
        let mut options = json!({ "$top": MOST, "resultFormat": "objectArray" });
        if let Some(token) = &self.token {
            options["$skipToken"] = token.as_str().into();
        }
        let body = json!({ "subscriptions": self.subscriptions, "query": self.query, "options": options });
        let request = request().with_body(Body::new(body));
        let (answer, rows) = client.ask_rows(&request, "data").await?;
        let malformed =
            |why: &str| AzureError::Malformed { host: "Resource Graph".to_owned(), why: why.to_owned() };
        let rows = rows.ok_or_else(|| malformed("it has no rows"))?;
        let total = answer["totalRecords"]
            .as_u64()
            .and_then(|total| usize::try_from(total).ok())
            .unwrap_or(rows.len());
        let token = answer["$skipToken"].as_str().filter(|token| !token.is_empty()).map(str::to_owned);
        if token.is_none() && json::flag(&answer, "/resultTruncated") {
            return Err(malformed("it leaves rows out and does not say how to get them"));
        }
        let rest = self.rest(token, rows.is_empty()).map_err(|why| malformed(&why))?;
        Ok(GraphPage { rows, total, rest })
    }

    /// The query for the next page, if there is one: each page must make progress, and their number is
    /// limited.
    fn rest(self, token: Option<String>, is_empty: bool) -> Result<Option<Self>, String> {
        let pages = self.pages + 1;
        match token {
            None => Ok(None),
            Some(_) if is_empty || token == self.token => {
                Err("a page of the answer leads to itself".to_owned())
            }
            Some(_) if pages >= MOST_PAGES => Err(format!("it has no end after {MOST_PAGES} pages")),
            Some(_) => Ok(Some(Self { token, pages, ..self })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_that_each_lead_to_a_new_one_have_an_end() {
        let (mut question, mut pages) = (GraphQuery::new(String::new(), Vec::new()), 0);
        let why = loop {
            match question.clone().rest(Some(pages.to_string()), false) {
                Ok(Some(next)) => question = next,
                Ok(None) => break String::new(),
                Err(why) => break why,
            }
            pages += 1;
            assert!(pages <= MOST_PAGES);
        };
        assert!(why.contains("no end after 2000 pages"), "{why}");
        assert!(question.rest(None, false).is_ok_and(|rest| rest.is_none()));
    }
}
