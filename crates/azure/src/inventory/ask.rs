//! The requests of an inventory, each with its answer.

use super::doors::{IndexAsk, IndexTopic};
use super::index::GraphPage;
use super::kind::ResourceKind;
use super::lists;
use crate::client::Client;
use crate::error::AzureError;
use certdeck_model::{EstateRows, ResourceId};

/// A request to ARM that was not sent yet.
pub(super) enum ListAsk {
    /// The list of a subscription or a resource group.
    List { kind: ResourceKind, scope: ResourceId },
    /// One app or slot.
    Site(ResourceId),
    /// The certificates of a single app or slot: only its own list has them.
    OwnCertificates(ResourceId),
}

/// The answer to one of them. After an error, `part` has what was read before it.
pub(super) struct ListAnswer {
    pub ask: ListAsk,
    pub part: EstateRows,
    pub result: Result<(), AzureError>,
}

impl ListAsk {
    pub(super) async fn answer(self, client: Client) -> ListAnswer {
        let client = &client;
        let mut part = EstateRows::default();
        let result = match &self {
            Self::List { kind, scope } => lists::read(client, *kind, scope, &mut part).await,
            Self::Site(id) => lists::site(client, id, &mut part).await,
            Self::OwnCertificates(app) => lists::own_certificates(client, app, &mut part).await,
        };
        ListAnswer { ask: self, part, result }
    }
}

/// A page of the index, or why there is none.
pub(super) struct IndexAnswer {
    pub number: u64,
    pub topic: IndexTopic,
    pub among: Vec<usize>,
    pub is_first: bool,
    pub page: Result<GraphPage, AzureError>,
}

impl IndexAsk {
    pub(super) async fn answer(self, number: u64, client: &Client) -> IndexAnswer {
        let Self { topic, question, among, is_first, .. } = self;
        IndexAnswer { number, topic, among, is_first, page: question.ask(client).await }
    }
}
